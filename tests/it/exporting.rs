//! `export`: every table and view, in each format, says what the database says.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

use checkfront_mirror::db::catalogue::{self, Column, Kind};
use checkfront_mirror::export::WITHHELD;
use chrono::{DateTime, NaiveDate};
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;
use rust_decimal::Decimal;
use serde_json::Value;
use tokio::task::block_in_place;

use crate::rebuild_command::{run, said, url_of};
use crate::support::{Backend, TestApp, exe, on_both, payload};

/// Rows of texts, below the names of their columns.
type Sheet = (Vec<String>, Vec<Vec<String>>);

/// What a mirror has after a bit of everything, and what may not come out wrong.
async fn a_bit_of_everything(app: &TestApp) {
    let odd = String::from_utf8(payload("booking.json"))
        .unwrap()
        .replace("QZRT-120526", "ODD-1")
        .replace("\"126.00\"", "\"-0.000001\"");
    let odd = odd.replace("Window seat, please.", "=cmd|' /C calc'!A0, \\\"quoted\\\"\\r; 'single'");
    let large = String::from_utf8(payload("booking.json"))
        .unwrap()
        .replace("QZRT-120526", "BIG-1")
        .replace("\"126.00\"", "\"999999999999999\"");
    let bodies = [
        payload("booking.json"),
        payload("booking-one-line.json"),
        payload("event.json"),
        payload("transaction.json"),
        payload("item.json"),
        payload("rate.json"),
        odd.into_bytes(),
        large.into_bytes(),
        b"{".to_vec(),
        b"".to_vec(),
        String::from_utf8(payload("booking.json")).unwrap().replace("\"PART\"", "\"PAID\"").into_bytes(),
    ];
    app.apply(bodies).await;
    app.execute("CREATE VIEW ours AS SELECT account_id, start_on, count(*) AS bookings, round(sum(total), 2) AS total, max(updated_at) AS newest_at, min(code) AS any_code FROM bookings GROUP BY account_id, start_on");
}

fn columns(app: &TestApp, relation: &str) -> Vec<Column> {
    block_in_place(|| app.database.read(|tx| catalogue::columns(tx, relation))).unwrap()
}

fn relations(app: &TestApp) -> Vec<String> {
    let all = block_in_place(|| app.database.read(catalogue::relations)).unwrap();
    all.into_iter().filter(|name| !WITHHELD.contains(&name.as_str())).collect()
}

fn from_csv(text: &str) -> Sheet {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let fields = |record: &csv::StringRecord| record.iter().map(str::to_owned).collect::<Vec<_>>();
    (fields(reader.headers().unwrap()), reader.records().map(|record| fields(&record.unwrap())).collect())
}

fn from_json(text: &str, names: &[String]) -> Sheet {
    let cell = |value: &Value| match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let row = |line: &str| {
        let row: BTreeMap<String, Value> = serde_json::from_str(line).unwrap();
        assert_eq!(row.len(), names.len());
        names.iter().map(|name| cell(&row[name])).collect()
    };
    (names.to_vec(), text.lines().map(row).collect())
}

fn from_parquet(path: &Path) -> Sheet {
    let reader = SerializedFileReader::new(File::open(path).unwrap()).unwrap();
    let fields = reader.metadata().file_metadata().schema_descr().columns().to_vec();
    let cell = |field: &Field| match field {
        Field::Null => String::new(),
        Field::Bool(value) => value.to_string(),
        Field::Int(value) => value.to_string(),
        Field::Long(value) => value.to_string(),
        Field::Str(text) => text.clone(),
        Field::Date(days) => (NaiveDate::default() + chrono::Duration::days((*days).into())).to_string(),
        Field::TimestampMicros(micros) => {
            DateTime::from_timestamp_micros(*micros).unwrap().format("%FT%T%.6fZ").to_string()
        }
        Field::Decimal(value) => {
            assert_eq!((value.precision(), value.scale()), (38, 6));
            let digits = i128::from_be_bytes(value.data().try_into().unwrap());
            Decimal::from_i128_with_scale(digits, 6).normalize().to_string()
        }
        other => panic!("{other:?}"),
    };
    let rows = reader.get_row_iter(None).unwrap();
    let rows = rows.map(|row| row.unwrap().get_column_iter().map(|(_, field)| cell(field)).collect());
    (fields.iter().map(|field| field.name().to_owned()).collect(), rows.collect())
}

/// A value as SQL prints it, in the form that an export has.
fn canonical(value: Option<String>, kind: Kind) -> String {
    let Some(value) = value else { return String::new() };
    match kind {
        Kind::Bool => matches!(value.as_str(), "1" | "true" | "t").to_string(),
        Kind::Money => {
            value.parse::<Decimal>().or_else(|_| Decimal::from_scientific(&value)).unwrap().normalize().to_string()
        }
        Kind::Instant => {
            let at = DateTime::parse_from_str(&value, "%F %T%.f%:z")
                .or_else(|_| DateTime::parse_from_str(&value, "%F %T%.f%#z"));
            at.unwrap().to_utc().format("%FT%T%.6fZ").to_string()
        }
        Kind::Json => serde_json::from_str::<Value>(&value).unwrap().to_string(),
        _ => value,
    }
}

on_both! {
    async fn every_table_and_view_comes_back_in_every_format(app: TestApp) {
        a_bit_of_everything(&app).await;
        let folder = tempfile::tempdir().unwrap();
        let relations = relations(&app);
        assert!(relations.len() >= 18 && ["current_figures", "ours"].iter().all(|name| relations.iter().any(|known| known == name)), "{relations:?}");
        for relation in relations {
            let file = folder.path().join("out.parquet");
            let (names, rows) = from_csv(&said(&run(&app, &["export", &relation])));
            said(&run(&app, &["export", &relation, "--output", file.to_str().unwrap()]));
            let json = said(&run(&app, &["export", &relation, "--format", "jsonl"]));
            assert_eq!(from_json(&json, &names), (names.clone(), rows.clone()), "{relation}");
            assert_eq!(from_parquet(&file), (names.clone(), rows.clone()), "{relation}");
            let columns = columns(&app, &relation);
            assert_eq!(columns.iter().map(|column| column.name.clone()).collect::<Vec<_>>(), names);
            let count: usize = app.text(&format!("SELECT CAST(count(*) AS text) AS v FROM {relation}")).parse().unwrap();
            assert_eq!(rows.len(), count, "{relation}");
            for (index, column) in columns.iter().enumerate() {
                let stored = app.texts(&format!("SELECT CAST(\"{}\" AS text) AS v FROM {relation}", column.name));
                let mut stored: Vec<_> = stored.into_iter().map(|value| canonical(value, column.kind)).collect();
                let mut written: Vec<_> = rows.iter().map(|row| row[index].clone()).collect();
                stored.sort();
                written.sort();
                assert_eq!(written, stored, "{relation}.{}", column.name);
            }
        }
        let bookings = said(&run(&app, &["export", "bookings", "--columns", "total,code"]));
        for line in ["total,code\r\n", "126,QZRT-120526\r\n", "-0.000001,ODD-1\r\n", "999999999999999,BIG-1\r\n"] {
            assert!(bookings.contains(line), "{bookings}");
        }
    }

    async fn rows_are_chosen_by_account_and_time(app: TestApp) {
        let other = String::from_utf8(payload("booking.json")).unwrap().replace("harbour-tours.", "other.").replace("1783407600", "1783580400");
        app.apply([payload("booking.json").as_slice(), other.as_bytes(), b"{"]).await;
        let codes = |arguments: &[&str]| {
            let printed = said(&run(&app, &[&["export", "bookings", "--columns", "account_id,start_on"], arguments].concat()));
            printed.lines().skip(1).map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(codes(&["--account", "OTHER.checkfront.example"]), ["2,2026-07-09"]);
        assert_eq!(codes(&["--by", "start_on", "--since", "2026-07-08"]), ["2,2026-07-09"]);
        assert_eq!(codes(&["--by", "start_on", "--until", "2026-07-09"]), ["1,2026-07-07"]);
        assert_eq!(codes(&["--by", "start_at", "--since", "2026-07-07T07:00:00Z", "--until", "2026-07-07T07:00:00.000001Z"]), ["1,2026-07-07"]);
        assert_eq!(codes(&["--by", "start_at", "--since", "2026-07-07", "--until", "2026-07-08"]), ["1,2026-07-07"]);
        assert_eq!(codes(&["--by", "updated_at", "--until", "2026-01-01T00:00:00+02:00"]), Vec::<String>::new());
    }

    async fn what_is_not_there_is_refused_with_what_there_is(app: TestApp) {
        app.apply([payload("booking.json")]).await;
        for (arguments, wanted) in [
            (&["export", "boking"][..], "boking is no table or view of this mirror; there are accounts, "),
            (&["export", "webhook_bodies"], "webhook_bodies is not exported: it holds raw bodies and headers"),
            (&["export", "bookings\"; DROP TABLE bookings; --"], "is no table or view"),
            (&["export", "__diesel_schema_migrations"], "is not exported"),
            (&["export", "figures"], "figures is not exported: the views' sums are made of it (export a view, or current_figures)"),
            (&["export", "bookings", "--columns", "code,colour"], "bookings has no column colour; it has account_id, code,"),
            (&["export", "bookings", "--columns", "code,total,code"], "the column code is named twice"),
            (&["export", "bookings", "--account", "x.example"], "there is no account x.example; there are harbour-tours"),
            (&["export", "bookings", "--since", "2026-07-01"], "--by COLUMN, one of created_at"),
            (&["export", "bookings", "--by", "code", "--since", "2026-07-01"], "--by COLUMN"),
            (&["export", "bookings", "--by", "start_on", "--since", "2026-07-01T00:00:00Z"], "start_on holds days"),
            (&["export", "rate_items", "--since", "2026-07-01"], "no column that holds a day or a time"),
            (&["export", "bookings", "--since", "yesterday"], "2026-07-01T09:30:00Z"),
        ] {
            let output = run(&app, arguments);
            assert_eq!(output.status.code(), Some(2), "{output:?}");
            let error = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(error.contains(wanted), "{error}");
            assert!(output.stdout.is_empty());
        }
        assert_eq!(app.texts("SELECT code AS v FROM bookings").len(), 1);
    }

    async fn a_file_is_there_when_it_is_whole(app: TestApp) {
        app.apply([payload("booking.json")]).await;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("bookings.csv");
        std::fs::write(&file, "before").unwrap();
        let wrong = run(&app, &["export", "bookings", "--output", file.to_str().unwrap(), "--columns", "no"]);
        assert_eq!(wrong.status.code(), Some(2));
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "before");
        said(&run(&app, &["export", "bookings", "--output", file.to_str().unwrap()]));
        assert!(std::fs::read_to_string(&file).unwrap().starts_with("account_id,code,"));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing else is left");
        for format in ["csv", "jsonl", "parquet"] {
            let mut full = exe();
            full.args(["export", "bookings", "--format", format, "--database-url", &url_of(&app)]).stdout(File::create("/dev/full").unwrap());
            let full = block_in_place(|| full.output().unwrap());
            assert_eq!(full.status.code(), Some(1), "{format}");
            assert!(String::from_utf8_lossy(&full.stderr).contains("cannot write: "), "{full:?}");
        }
        let nowhere = run(&app, &["export", "bookings", "--output", "/nowhere/bookings.csv"]);
        assert_eq!(nowhere.status.code(), Some(1));
        assert!(String::from_utf8_lossy(&nowhere.stderr).contains("/nowhere"));
    }
}

/// What PostgreSQL declares, SQLite has to be known to mean.
#[tokio::test(flavor = "multi_thread")]
async fn columns_are_of_the_same_types_on_both_databases() {
    let (sqlite, postgres) = (TestApp::start(Backend::Sqlite).await, TestApp::start(Backend::Postgres).await);
    a_bit_of_everything(&sqlite).await;
    a_bit_of_everything(&postgres).await;
    let of_postgres: Vec<_> = relations(&postgres).into_iter().collect();
    assert_eq!(relations(&sqlite), of_postgres);
    let kinds = |app: &TestApp, relation: &str| {
        columns(app, relation)
            .into_iter()
            .map(|column| format!("{relation}.{} {:?}", column.name, column.kind))
            .collect::<Vec<_>>()
    };
    let all = |app: &TestApp| of_postgres.iter().flat_map(|relation| kinds(app, relation)).collect::<Vec<_>>();
    let (sqlite, postgres) = (all(&sqlite), all(&postgres));
    let differ: Vec<_> = sqlite.iter().zip(&postgres).filter(|(sqlite, postgres)| sqlite != postgres).collect();
    let millionths = ["sub_total", "tax_total", "total", "paid_total"];
    let expected = millionths.map(|name| ["BigInt", "Money"].map(|kind| format!("current_figures.{name} {kind}")));
    let differ: Vec<_> = differ.into_iter().map(|(sqlite, postgres)| [sqlite.clone(), postgres.clone()]).collect();
    assert_eq!(differ, expected, "what the views are made of is in millionths on SQLite");
}
