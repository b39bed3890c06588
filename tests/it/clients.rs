//! Programs that people read the mirror with: Datasette, pandas, `DuckDB`; connected as `docs/BI.md` says.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::task::block_in_place;

use crate::granting::{as_role, drop_role, role};
use crate::rebuild_command::{run, said};
use crate::reports;
use crate::support::{Backend, TestApp, free_port, payload};

/// Sales by the day they were made, as all of them have to say: day, bookings, total.
const DAYS: [(&str, i64, &str); 3] =
    [("2026-06-01", 1, "252.00"), ("2026-06-03", 1, "84.00"), ("2026-06-07", 1, "84.00")];

/// A program of the virtual environment.
pub(crate) fn installed(name: &str) -> Command {
    let path = format!("{}/target/python/bin/{name}", env!("CARGO_MANIFEST_DIR"));
    assert!(std::path::Path::new(&path).exists(), "{path} is not there; `./test` installs it");
    Command::new(path)
}

/// Runs a script of `tests/python`, which prints JSON.
fn script(name: &str, argument: &str) -> Value {
    let path = format!("{}/tests/python/{name}.py", env!("CARGO_MANIFEST_DIR"));
    let output = block_in_place(|| installed("python").args([&path, argument]).output().unwrap());
    serde_json::from_str(&said(&output)).unwrap()
}

struct Stopped(Child);

impl Drop for Stopped {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn datasette_reads_while_the_server_writes() {
    let app = reports::mirror(Backend::Sqlite).await;
    let port = free_port().to_string();
    let mut command = installed("datasette");
    let command = command.args(["serve", &app.file(), "--port", &port]).stdout(Stdio::null()).stderr(Stdio::null());
    let _datasette = Stopped(command.spawn().unwrap());
    let ask = async |path: &str| {
        let deadline = Instant::now() + Duration::from_mins(1);
        loop {
            match app.client.get(format!("http://127.0.0.1:{port}/mirror{path}")).send().await {
                Ok(answer) => return answer,
                // It is starting.
                Err(error) => assert!(error.is_connect() && Instant::now() < deadline, "{error}"),
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let days = async || {
        let answer =
            ask("/sales_by_day.json?basis=created&_sort=day&_shape=array&_col=day&_col=bookings&_col=total").await;
        serde_json::from_str::<Value>(&answer.text().await.unwrap()).unwrap()
    };
    let told = DAYS.map(
        |(day, bookings, total)| json!({"day": day, "bookings": bookings, "total": total.parse::<f64>().unwrap()}),
    );
    assert_eq!(days().await, json!(told));
    // What comes while it has the file open, it sees at once.
    app.apply([payload("booking.json")]).await;
    let more = days().await;
    assert_eq!(more.as_array().unwrap().len(), DAYS.len() + 1, "{more}");
    let written = ask(".json?sql=delete+from+bookings").await;
    assert_eq!(written.status(), 400, "it may not write");
}

#[tokio::test(flavor = "multi_thread")]
async fn pandas_reads_postgres_as_a_read_only_role() {
    let app = reports::mirror(Backend::Postgres).await;
    let role = role(&app);
    said(&run(&app, &["grant-readonly", &role]));
    let read = script("read_with_pandas", &as_role(&app, &role).replacen("postgres://", "postgresql+psycopg://", 1));
    assert_read(&read);
    for refused in ["body", "delete"] {
        let refused = read[refused].as_str().unwrap();
        assert!(refused.contains("permission denied"), "{refused}");
    }
    drop_role(&app, &role);
}

#[tokio::test(flavor = "multi_thread")]
async fn pandas_reads_a_sqlite_file_by_a_read_only_uri() {
    let app = reports::mirror(Backend::Sqlite).await;
    let read = script("read_with_pandas", &format!("sqlite:///file:{}?mode=ro&uri=true", app.file()));
    assert_read(&read);
    assert_eq!(read["delete"], "attempt to write a readonly database");
}

fn assert_read(read: &Value) {
    assert_eq!(read["days"], json!(DAYS));
    assert_eq!((&read["months"], &read["dates"]), (&json!({"2026-06": 3}), &json!(true)));
}

async fn duckdb_adds_up_what_was_exported(backend: Backend) {
    let app: TestApp = reports::mirror(backend).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("sales.parquet").display().to_string();
    said(&run(&app, &["export", "sales_by_day", "--output", &file]));
    let rows = script("read_with_duckdb", &file);
    let rows = rows.as_array().unwrap();
    assert_eq!(rows.len(), DAYS.len(), "{rows:?}");
    for (row, (day, bookings, total)) in rows.iter().zip(DAYS) {
        let (said, total) = (row[2].as_str().unwrap(), total.parse::<rust_decimal::Decimal>().unwrap());
        assert_eq!((&row[0], &row[1], said.parse()), (&json!(day), &json!(bookings), Ok(total)));
        assert_eq!(row[3], "DATE");
        assert!(row[4].as_str().unwrap().starts_with("DECIMAL"), "{row}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn duckdb_adds_up_what_was_exported_sqlite() {
    duckdb_adds_up_what_was_exported(Backend::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn duckdb_adds_up_what_was_exported_postgres() {
    duckdb_adds_up_what_was_exported(Backend::Postgres).await;
}
