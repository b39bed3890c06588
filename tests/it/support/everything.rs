//! Every column of every table, bodies and all, as text: where to look for what must not be there.

use checkfront_mirror::db::Database;

use super::read_sql;

/// `table.column: value`, of all rows.
pub(crate) fn everything(database: &Database) -> Vec<String> {
    let columns = match database {
        Database::Sqlite(_) => {
            "SELECT m.name || ' ' || c.name || ' ' || lower(c.type) AS v FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table'"
        }
        Database::Postgres(_) => {
            "SELECT table_name || ' ' || column_name || ' ' || udt_name AS v FROM information_schema.columns WHERE table_schema = 'public'"
        }
    };
    let mut found = Vec::new();
    for column in read_sql(database, columns).into_iter().flatten() {
        let words: Vec<_> = column.split(' ').collect();
        // It holds every number and every day there is, and nothing that was sent.
        if words[0] == "calendar" {
            continue;
        }
        let value = match words[2] {
            "bytea" => format!("convert_from({}, 'UTF8')", words[1]),
            _ => format!("CAST(\"{}\" AS text)", words[1]),
        };
        let values = read_sql(database, &format!("SELECT {value} AS v FROM \"{}\"", words[0]));
        found.extend(values.into_iter().flatten().map(|value| format!("{}.{}: {value}", words[0], words[1])));
    }
    assert!(found.iter().any(|line| line.starts_with("webhook_bodies.body: ")), "bodies are looked at too");
    found
}

/// Fails where any of these texts is anywhere in the database, in any case, plain or escaped.
pub(crate) fn assert_nowhere(database: &Database, texts: &[&str]) {
    for line in everything(database) {
        let plain = line.to_lowercase();
        let decoded = percent_encoding::percent_decode_str(&plain.replace('+', " ")).decode_utf8_lossy().into_owned();
        let unescaped = plain.replace("\\u00eb", "ë").replace("\\u2019", "’").replace("\\u00f6", "ö");
        for text in texts {
            let text = text.to_lowercase();
            let held = [&plain, &decoded, &unescaped].iter().any(|line| line.contains(&text));
            assert!(!held, "{text} is still there: {line}");
        }
    }
}
