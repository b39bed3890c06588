//! `docs/TABLES.md` describes every table and column there is, and no other.

use std::collections::{BTreeMap, BTreeSet};

use crate::schema::tables;
use crate::support::{Backend, TestApp, on_both, payload};

#[tokio::test(flavor = "multi_thread")]
async fn the_data_dictionary_is_complete() {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/TABLES.md")).unwrap();
    let mut described = BTreeMap::<String, BTreeSet<String>>::new();
    let mut table = String::new();
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("## `") {
            name.trim_end_matches('`').clone_into(&mut table);
        } else if let Some(cell) = line.strip_prefix("| `") {
            let name = cell.split('`').next().unwrap();
            assert!(line.matches(" | ").count() >= 2, "{table}.{name} lacks a type or a meaning");
            described.entry(table.clone()).or_default().insert(name.to_owned());
        }
    }
    let app = TestApp::start(Backend::Sqlite).await;
    let names = |columns: BTreeSet<(String, bool)>| columns.into_iter().map(|(name, _)| name).collect::<BTreeSet<_>>();
    let stored: BTreeMap<_, _> = tables(&app).into_iter().map(|(table, columns)| (table, names(columns))).collect();
    assert_eq!(described, stored);
}

on_both! {
    async fn every_query_of_the_readme_runs(app: TestApp) {
        app.apply([payload("booking.json"), payload("transaction.json")]).await;
        let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
        let blocks = text.split("```sql\n").skip(1).map(|block| block.split("```").next().unwrap());
        let queries: Vec<_> = blocks.flat_map(|block| block.split_inclusive(";\n")).filter(|query| query.contains("SELECT")).collect();
        assert!(queries.len() >= 4, "{queries:?}");
        for query in queries {
            app.execute(query);
        }
    }
}
