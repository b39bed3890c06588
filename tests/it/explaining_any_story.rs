//! Whatever comes, `explain` names for each value the delivery after which it was first seen in the tables.

use std::collections::BTreeMap;

use checkfront_mirror::explain::{DoubtKind, Explanation, Found, How, Source, explain};
use serde_json::{Map, Value};
use tokio::task::block_in_place;

use crate::support::{TestApp, bodies, dump, on_both};

/// Of each value of a booking or line, by row and column: what it is, and since which event.
type Seen = BTreeMap<(String, String), (Value, i64)>;

/// Looks at the tables after each delivery.
async fn watch(app: &TestApp, bodies: Vec<Vec<u8>>) -> Seen {
    let mut seen = Seen::new();
    for body in bodies {
        app.apply([body]).await;
        let id: i64 = app.text("SELECT CAST(max(id) AS text) AS v FROM webhook_events").parse().unwrap();
        let rows = dump(&app.database);
        let mut now = BTreeMap::new();
        for (table, part) in [("bookings", ""), ("booking_items", "line_id")] {
            for row in &rows[table] {
                let row: Map<String, Value> = serde_json::from_str(row).unwrap();
                let code = row.get("code").or(row.get("booking_code")).unwrap().as_str().unwrap();
                let line = row.get(part).and_then(Value::as_str).unwrap_or_default();
                for (column, value) in row.iter().filter(|(_, value)| !value.is_null()) {
                    now.insert((format!("{code} {line}"), column.clone()), value.clone());
                }
            }
        }
        seen.retain(|key, _| now.contains_key(key));
        for (key, value) in now {
            let since = seen.get(&key).filter(|(old, _)| *old == value).map_or(id, |(_, since)| *since);
            seen.insert(key, (value, since));
        }
    }
    seen
}

fn explained(app: &TestApp, code: &str) -> Explanation {
    match block_in_place(|| explain(&app.database, code, None, "default", None)).unwrap() {
        Found::One(explained) => *explained,
        other => panic!("{other:?}"),
    }
}

fn agrees(code: &str, line: &str, sources: &[Source], seen: &Seen) -> usize {
    let told = sources.iter().filter(|source| !source.value.is_null());
    told.map(|source| {
        let (value, since) = &seen[&(format!("{code} {line}"), source.column.clone())];
        assert_eq!(source.value, *value, "{code} {line} {}", source.column);
        assert!(matches!(source.how, How::First | How::Changed | How::Derived), "{source:?}");
        if source.how != How::Derived {
            assert_eq!(source.event_id, Some(*since), "{code} {line} {source:?}");
        }
    })
    .count()
}

on_both! {
    async fn each_value_is_as_old_as_was_seen(app: TestApp) {
        let seen = watch(&app, bodies(11, 12)).await;
        let codes = app.texts("SELECT code AS v FROM bookings");
        assert!(codes.len() > 5);
        let mut changed = 0;
        for code in codes.into_iter().flatten() {
            let found = explained(&app, &code);
            let lines: usize = found.lines.iter().map(|line| agrees(&code, &line.id, &line.columns, &seen)).sum();
            assert!(agrees(&code, "", &found.columns, &seen) > 10 && lines > 5, "{found:?}");
            changed += found.columns.iter().filter(|source| source.how == How::Changed).count();
            assert!(found.doubts.iter().all(|doubt| doubt.kind != DoubtKind::Unexplained), "{:?}", found.doubts);
        }
        assert!(changed > 5, "the stories change something: {changed}");
    }
}
