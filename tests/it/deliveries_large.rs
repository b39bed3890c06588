//! The page of deliveries of one state, where these are few among many others.

use crate::support::{Backend, TestApp, on_both, payload};

async fn page(app: &TestApp, path: &str) -> String {
    let answer = app.client.get(format!("{}{path}", app.url)).header("accept", "text/html").send().await.unwrap();
    assert_eq!(answer.status(), 200, "{path}");
    answer.text().await.unwrap()
}

fn older(page: &str) -> Option<String> {
    let (_, rest) = page.split_once("rel=\"next\" href=\"")?;
    rest.split('"').next().map(|path| path.replace("&amp;", "&"))
}

on_both! {
    /// More than are looked through at once: the dead letter is in an index, the other one is come to page by page.
    async fn few_are_found_among_many(app: TestApp) {
        app.apply([payload("item.json")]).await;
        let at = if app.backend == Backend::Postgres { "TIMESTAMPTZ " } else { "" };
        app.execute(&format!(
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 21000) \
             INSERT INTO webhook_events (id, receiver, source, received_at, account_id, kind, entity_key, state, attempts) \
             SELECT i, 'r', 'webhook', {at}'2026-07-01 00:00:00.000000+00:00', 1, 'item', 'x', \
             CASE i WHEN 5 THEN 'failed' WHEN 7 THEN 'superseded' ELSE 'applied' END, 1 FROM n"
        ));
        let failed = page(&app, "/deliveries?state=failed").await;
        assert!(failed.contains("/deliveries/5\"") && older(&failed).is_none(), "{failed}");
        let (mut path, mut pages) = ("/deliveries?state=superseded".to_owned(), 0);
        loop {
            let found = page(&app, &path).await;
            pages += 1;
            if found.contains("/deliveries/7\"") {
                assert!(older(&found).is_none(), "{found}");
                break;
            }
            assert!(found.contains("There are none among the deliveries looked through"), "{found}");
            path = older(&found).unwrap();
        }
        assert_eq!(pages, 3);
        let ignored = page(&app, "/deliveries?state=ignored&before=100").await;
        assert!(ignored.contains("There are none.") && older(&ignored).is_none());
        // As many as a page has, and one more.
        assert!(older(&page(&app, "/deliveries?before=51").await).is_none());
        assert_eq!(older(&page(&app, "/deliveries?before=52").await).as_deref(), Some("/deliveries?before=2"));
    }
}
