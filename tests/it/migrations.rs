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
        let names = [
            "00000000000001_mirror",
            "00000000000002_mirror_id",
            "00000000000003_privacy",
            "00000000000004_indexes",
            "00000000000005_views",
            "00000000000006_changes",
            "00000000000007_counting",
            "00000000000008_search",
            "00000000000009_writing_less",
            "00000000000010_arrivals",
            "00000000000011_add_ons",
            "00000000000012_customers",
            "00000000000013_best_customers",
            "00000000000014_rare_values",
        ];
        let lines = |before: &str, after: &str| names.map(|name| format!("{before}{name}{after}\n")).concat();
        assert_eq!(run(&["migrate", "status"]), (Some(0), lines("pending ", "")));
        let versions = names.map(|name| format!("applied {}\n", name.split('_').next().unwrap())).concat();
        assert_eq!(run(&["migrate"]), (Some(0), versions));
        assert_eq!(run(&["migrate"]), (Some(0), "the database is up to date\n".to_owned()));
        let json = lines("{\"name\":\"", "\",\"applied\":true}");
        assert_eq!(run(&["migrate", "status", "--json"]), (Some(0), json));
    });
}

/// What Citus has to be told, and in which order; Citus itself is not among the tools of these tests.
#[test]
fn distribute_places_each_table_once() {
    let folder = tempfile::tempdir().unwrap();
    let run = |url: &str, arguments: &[&str]| {
        let output = exe().args(["migrate"]).args(arguments).args(["--database-url", url]).output().unwrap();
        let texts = [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap());
        (output.status.code(), texts.concat())
    };
    let (code, said) = run(&Backend::Sqlite.new_url(&folder), &["distribute"]);
    assert!(code == Some(1) && said.contains("only a PostgreSQL mirror"), "{said}");
    let url = Backend::Postgres.new_url(&folder);
    let (code, said) = run(&url, &["distribute"]);
    assert!(code == Some(1) && said.contains("lacks the extension citus"), "{said}");

    // Stand-ins that take down what they are told.
    execute(&url, "CREATE TABLE pg_dist_partition (logicalrelid regclass, told text)");
    for function in [
        "create_reference_table(t regclass) RETURNS void LANGUAGE sql AS $$ INSERT INTO pg_dist_partition VALUES (t, 'everywhere') $$",
        "create_distributed_table(t regclass, c text, colocate_with text) RETURNS void LANGUAGE sql AS $$ INSERT INTO pg_dist_partition VALUES (t, c || ' ' || colocate_with) $$",
        "truncate_local_data_after_distributing_table(t regclass) RETURNS void LANGUAGE sql AS $$ UPDATE pg_dist_partition SET told = told || ' emptied' WHERE logicalrelid = t $$",
    ] {
        execute(&url, &format!("CREATE FUNCTION {function}"));
    }
    assert_eq!(run(&url, &["distribute", "--dry-run"]).1.lines().count(), 34);
    let (code, said) = run(&url, &["distribute"]);
    assert!(code == Some(0) && said.starts_with("distributed accounts\n"), "{said}");
    assert_eq!(run(&url, &["distribute"]), (Some(0), "every table is distributed\n".to_owned()));
    let told = "SELECT logicalrelid || ': ' || told AS v FROM pg_dist_partition WHERE logicalrelid::text IN ('accounts', 'bookings', 'webhook_bodies') ORDER BY 1";
    let told: Vec<_> = read_sql(&open(&url), told).into_iter().flatten().collect();
    assert_eq!(
        told,
        [
            "accounts: everywhere emptied",
            "bookings: account_id customers emptied",
            "webhook_bodies: event_id webhook_events emptied"
        ]
    );
    let local = "SELECT table_name AS v FROM information_schema.tables t WHERE table_schema = 'public' AND table_type = 'BASE TABLE' AND NOT EXISTS (SELECT 1 FROM pg_dist_partition WHERE logicalrelid = to_regclass(t.table_name)) ORDER BY 1";
    let local: Vec<_> = read_sql(&open(&url), local).into_iter().flatten().collect();
    assert_eq!(
        local,
        [
            "__diesel_schema_migrations",
            "changes",
            "counted_bookings",
            "counted_parts",
            "counted_statuses",
            "customer_sales",
            "figures",
            "mirror",
            "pg_dist_partition",
            "sync_runs",
            "uncounted"
        ]
    );
    let views = "SELECT viewname AS v FROM pg_views WHERE schemaname = 'public' ORDER BY 1";
    let views: Vec<_> = read_sql(&open(&url), views).into_iter().flatten().collect();
    assert_eq!(views, ["add_on_sales", "arrivals", "balances_due", "booking_fields", "freshness", "status_changes"]);
    let triggers = "SELECT tgname::text AS v FROM pg_trigger WHERE NOT tgisinternal";
    assert_eq!(read_sql(&open(&url), triggers), Vec::<Option<String>>::new());
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
