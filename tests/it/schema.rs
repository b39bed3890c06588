//! The two migration folders make the same tables, and every row type fits them.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use checkfront_mirror::db::row::Row;
use checkfront_mirror::db::rows::Booking;

use crate::support::{Backend, TestApp, contents, payload};

/// Table to columns; the name of the column and whether it may be NULL.
pub(crate) type Tables = BTreeMap<String, BTreeSet<(String, bool)>>;

/// The tables and views as the database has them.
pub(crate) fn tables(app: &TestApp) -> Tables {
    let query = match app.backend {
        Backend::Sqlite => {
            "SELECT m.name || ' ' || c.name || ' ' || (c.\"notnull\" = 0 AND c.pk = 0) AS v \
             FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type IN ('table', 'view') AND m.name NOT LIKE '\\_\\_%' ESCAPE '\\' AND m.name NOT LIKE 'sqlite%'"
        }
        Backend::Postgres => {
            "SELECT table_name || ' ' || column_name || ' ' || (CASE is_nullable WHEN 'YES' THEN '1' ELSE '0' END) AS v \
             FROM information_schema.columns WHERE table_schema = 'public' AND table_name NOT LIKE '\\_\\_%'"
        }
    };
    let mut tables = Tables::new();
    for line in app.texts(query).into_iter().flatten() {
        let words: Vec<_> = line.split(' ').collect();
        tables.entry(words[0].to_owned()).or_default().insert((words[1].to_owned(), words[2] == "1"));
    }
    tables
}

#[tokio::test(flavor = "multi_thread")]
async fn both_databases_have_the_same_tables_and_columns() {
    let (sqlite, postgres) = (TestApp::start(Backend::Sqlite).await, TestApp::start(Backend::Postgres).await);
    let mut of_postgres = tables(&postgres);
    of_postgres.remove("projector_in_hand");
    assert_eq!(tables(&sqlite), of_postgres);
    let columns: BTreeSet<_> = Booking::COLUMNS.iter().map(|column| (*column).to_owned()).collect();
    let stored: BTreeSet<_> = of_postgres["bookings"].iter().map(|(column, _)| column.clone()).collect();
    assert_eq!(columns, stored);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_database_gives_back_the_other_does_too() {
    let mut dumps = Vec::new();
    for backend in [Backend::Sqlite, Backend::Postgres] {
        let app = TestApp::start(backend).await;
        for name in ["booking.json", "booking-one-line.xml", "event.txt", "transaction.xml", "item.json", "rate.txt"] {
            app.deliver(payload(name)).await;
        }
        app.project();
        dumps.push(contents(&app.database));
    }
    assert_eq!(dumps[0], dumps[1]);
}

/// The `sqlite3` of a distribution is older than the library inside this binary, and it is what a user has at hand.
#[tokio::test(flavor = "multi_thread")]
async fn the_sqlite3_of_the_system_checks_the_file_and_restores_its_dump() {
    let app = TestApp::start(Backend::Sqlite).await;
    // Bodies that leave many columns empty.
    app.apply([payload("event.json"), payload("item.json"), payload("booking.json"), payload("rate.json")]).await;
    let file = app.file();
    let sqlite3 = |file: &str, command: &str| {
        let output = Command::new("sqlite3").args(["-bail", file, command]).output().unwrap();
        assert!(output.status.success(), "{command}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    assert_eq!(sqlite3(&file, "PRAGMA integrity_check").trim(), "ok");
    let dump = sqlite3(&file, ".dump");
    let copy = tempfile::tempdir().unwrap();
    let (script, copy) = (copy.path().join("dump.sql"), copy.path().join("copy.db"));
    std::fs::write(&script, &dump).unwrap();
    sqlite3(copy.to_str().unwrap(), &format!(".read {}", script.display()));
    assert_eq!(sqlite3(copy.to_str().unwrap(), ".dump"), dump);
}
