//! `grant-readonly`: a role reads tables and views, no raw bodies, and writes nothing.

use checkfront_mirror::db::Database;
use diesel::{Connection, PgConnection, RunQueryDsl, sql_query};
use tokio::task::block_in_place;

use crate::rebuild_command::{run, said, url_of};
use crate::support::{Backend, TestApp, payload, read_sql};

/// A role of the cluster, which all tests share.
pub(crate) fn role(app: &TestApp) -> String {
    let name = format!("reader \"{}\"", app.url.rsplit(':').next().unwrap());
    app.execute(&format!("CREATE ROLE \"{}\" LOGIN", name.replace('"', "\"\"")));
    name
}

pub(crate) fn as_role(app: &TestApp, role: &str) -> String {
    let role = percent_encoding::utf8_percent_encode(role, percent_encoding::NON_ALPHANUMERIC).to_string();
    url_of(app).replace("postgres@", &format!("{role}@"))
}

pub(crate) fn drop_role(app: &TestApp, role: &str) {
    app.execute(&format!("DROP OWNED BY \"{}\"", role.replace('"', "\"\"")));
    app.execute(&format!("DROP ROLE \"{}\"", role.replace('"', "\"\"")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_reads_all_but_bodies_and_writes_nothing() {
    let app = TestApp::start(Backend::Postgres).await;
    app.apply([payload("booking.json"), payload("transaction.json")]).await;
    let role = role(&app);
    // Too much was granted before.
    app.execute(&format!("GRANT SELECT ON webhook_bodies TO \"{}\"", role.replace('"', "\"\"")));
    let dry = said(&run(&app, &["grant-readonly", &role, "--dry-run"]));
    assert!(dry.contains("GRANT SELECT ON public.sales_by_day TO"), "{dry}");
    assert!(!dry.contains("GRANT SELECT ON public.webhook_bodies"), "{dry}");
    let reads = |query: &str| {
        block_in_place(|| sql_query(query).execute(&mut PgConnection::establish(&as_role(&app, &role)).unwrap()))
    };
    assert!(reads("SELECT * FROM bookings").is_err(), "a dry run grants nothing");
    for _ in 0..2 {
        let done = said(&run(&app, &["grant-readonly", &role]));
        assert!(done.contains("tables and views"), "{done}");
    }

    let names = "SELECT relname AS v FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v') ORDER BY 1";
    let mut read = 0;
    for name in block_in_place(|| read_sql(&app.database, names)).into_iter().flatten() {
        let result = reads(&format!("SELECT * FROM {name}"));
        if name == "webhook_bodies" {
            assert!(result.unwrap_err().to_string().contains("permission denied"));
        } else {
            result.unwrap_or_else(|error| panic!("{name}: {error}"));
            read += 1;
        }
    }
    assert!(read > 35, "{read}");
    let reader = Database::open(&as_role(&app, &role).parse().unwrap()).unwrap();
    let total = "SELECT CAST(sum(total) AS TEXT) AS v FROM sales_by_day WHERE basis = 'start'";
    assert_eq!(block_in_place(|| read_sql(&reader, total)), [Some(app.text(total))]);
    for write in [
        "UPDATE bookings SET total = 1",
        "DELETE FROM uncounted",
        "INSERT INTO mirror VALUES ('x')",
        "CREATE TABLE theirs (id int)",
        "SELECT nextval('projector_in_hand')",
    ] {
        let refused = reads(write).unwrap_err().to_string();
        assert!(refused.contains("permission denied"), "{write}: {refused}");
    }
    drop_role(&app, &role);
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_it_does_not_know_it_says_how_to_make() {
    let app = TestApp::start(Backend::Postgres).await;
    let output = run(&app, &["grant-readonly", "no'body"]);
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("CREATE ROLE \"no'body\" LOGIN"), "{said}");
}

/// What the server needs itself is not taken away.
#[tokio::test(flavor = "multi_thread")]
async fn the_owner_of_the_tables_is_no_reader() {
    let app = TestApp::start(Backend::Postgres).await;
    let role = role(&app);
    let quoted = format!("\"{}\"", role.replace('"', "\"\""));
    app.execute(&format!("ALTER TABLE bookings OWNER TO {quoted}"));
    for role in ["postgres", &role] {
        let output = run(&app, &["grant-readonly", role]);
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.contains("owner of these tables") && said.contains("CREATE ROLE reader"), "{said}");
    }
    assert_eq!(app.text("SELECT CAST(relacl AS TEXT) AS v FROM pg_class WHERE relname = 'webhook_bodies'"), "");
    app.execute("ALTER TABLE bookings OWNER TO postgres");
    drop_role(&app, &role);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sqlite_file_is_opened_read_only() {
    let app = TestApp::start(Backend::Sqlite).await;
    app.apply([payload("booking.json")]).await;
    let output = run(&app, &["grant-readonly", "bi"]);
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let uri = format!("file:{}?mode=ro", app.file());
    assert!(said.contains(&uri), "{said}");
    // As it says, while the server has the file open.
    let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY | rusqlite::OpenFlags::SQLITE_OPEN_URI;
    let reader = rusqlite::Connection::open_with_flags(uri, flags).unwrap();
    let bookings: i64 = reader.query_row("SELECT sum(bookings) FROM sales_by_day", [], |row| row.get(0)).unwrap();
    assert_eq!(bookings, 3, "one for each basis");
    assert!(reader.execute("DELETE FROM bookings", []).unwrap_err().to_string().contains("readonly"));
}
