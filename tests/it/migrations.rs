//! Migrations: under a lock, all or nothing, and never backwards.

use checkfront_mirror::db::{Database, DatabaseUrl, migrate};

use crate::support::{Backend, exe, read_sql};

fn both(check: impl Fn(Backend, &str)) {
    for backend in [Backend::Sqlite, Backend::Postgres] {
        let folder = tempfile::tempdir().unwrap();
        check(backend, &backend.new_url(&folder));
    }
}

fn open(url: &str) -> Database {
    Database::open(&url.parse::<DatabaseUrl>().unwrap()).unwrap()
}

#[test]
fn several_instances_may_start_at_once() {
    both(|backend, url| {
        let applied: Vec<_> = std::thread::scope(|scope| {
            let start = || scope.spawn(|| migrate::run(&mut open(url).session()).unwrap().len());
            let started: Vec<_> = (0..6).map(|_| start()).collect();
            started.into_iter().map(|instance| instance.join().unwrap()).collect()
        });
        let all = migrate::status(&mut open(url).session()).unwrap();
        assert_eq!(applied.iter().sum::<usize>(), all.len(), "{backend:?}: {applied:?}");
        assert!(all.iter().all(|migration| migration.applied));
    });
}

#[test]
fn a_newer_database_is_refused() {
    both(|backend, url| {
        let mut session = open(url).session();
        migrate::run(&mut session).unwrap();
        execute(url, "INSERT INTO __diesel_schema_migrations (version) VALUES ('99990101000000')");
        let refused = migrate::run(&mut session).unwrap_err().to_string();
        assert!(refused.contains("newer than this program"), "{backend:?}: {refused}");
        let output = exe().args(["serve", "--bind", "127.0.0.1:0", "--database-url", url]).output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        assert!(String::from_utf8_lossy(&output.stderr).contains("99990101000000"));
    });
}

#[test]
fn a_migration_that_fails_changes_nothing_and_serves_nobody() {
    both(|backend, url| {
        // A table in the way, as of some other program.
        execute(url, "CREATE TABLE transactions (other INTEGER)");
        let output = exe().args(["serve", "--bind", "127.0.0.1:0", "--database-url", url]).output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.contains("a migration failed, nothing was changed"), "{backend:?}: {said}");
        let tables = match backend {
            Backend::Sqlite => "SELECT name AS v FROM sqlite_master WHERE name = 'bookings'",
            Backend::Postgres => "SELECT table_name AS v FROM information_schema.tables WHERE table_name = 'bookings'",
        };
        assert_eq!(read_sql(&open(url), tables), Vec::<Option<String>>::new());
    });
}

#[test]
fn migrate_says_what_it_did() {
    both(|_, url| {
        let run = |arguments: &[&str]| {
            let output = exe().args(arguments).args(["--database-url", url]).output().unwrap();
            (output.status.code(), String::from_utf8(output.stdout).unwrap())
        };
        let names = ["00000000000001_mirror", "00000000000002_mirror_id"];
        let lines = |before: &str, after: &str| names.map(|name| format!("{before}{name}{after}\n")).concat();
        assert_eq!(run(&["migrate", "status"]), (Some(0), lines("pending ", "")));
        let versions = names.map(|name| format!("applied {}\n", name.split('_').next().unwrap())).concat();
        assert_eq!(run(&["migrate"]), (Some(0), versions));
        assert_eq!(run(&["migrate"]), (Some(0), "the database is up to date\n".to_owned()));
        let json = lines("{\"name\":\"", "\",\"applied\":true}");
        assert_eq!(run(&["migrate", "status", "--json"]), (Some(0), json));
    });
}

fn execute(url: &str, statement: &str) {
    use checkfront_mirror::db::Tx;
    use diesel::RunQueryDsl;
    let run = |tx: &mut Tx<'_>| {
        Ok(match tx {
            Tx::Postgres(connection) => diesel::sql_query(statement).execute(&mut **connection)?,
            Tx::Sqlite(connection) => diesel::sql_query(statement).execute(&mut **connection)?,
        })
    };
    open(url).session().transaction(run).unwrap();
}
