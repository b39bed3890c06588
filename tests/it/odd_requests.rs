//! What the pages answer where the path or the query is odd: nothing of it reaches the database, and nothing is there.

use serde_json::json;

use crate::support::{TestApp, on_both};

async fn ask(app: &TestApp, path: &str) -> (u16, String) {
    let answer = app.client.get(format!("{}{path}", app.url)).header("accept", "text/html").send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

fn booking(code: &str, name: &str) -> String {
    json!({"host": "a.example", "booking": {"code": code, "status": "PAID", "total": "10.00",
        "customer": {"code": format!("C-{code}"), "name": name, "email": "someone@example.com"}}})
    .to_string()
}

on_both! {
    async fn what_has_nul_in_it_is_not_there(app: TestApp) {
        app.apply([booking("NULL-1", "Zoë Quay").into_bytes(), b"{\"code\": \"\x00".to_vec(), b"{".to_vec()]).await;
        assert_eq!(app.states(), "applied 1, failed 2");
        for path in ["/bookings/%00", "/bookings/NULL-1%00", "/bookings/%FF", "/bookings/%00?account=a.example"] {
            let (status, page) = ask(&app, path).await;
            assert_eq!(status, 404, "{path}: {page}");
            assert!(page.contains("There is no such booking") && !page.contains("/deliveries/"), "{path}: {page}");
        }
        for q in ["%FF%00", "%00", "Quay%00", "NULL-1%00", "%00%00"] {
            let (status, page) = ask(&app, &format!("/search?q={q}")).await;
            assert_eq!(status, 200, "{q}: {page}");
            assert!(!page.contains("NULL-1</a>"), "{q}: {page}");
        }
        for path in ["/deliveries/%00", "/deliveries/%FF", "/deliveries/1%00", "/reports/%00", "/reports/%FF"] {
            assert_eq!(ask(&app, path).await.0, 404, "{path}");
        }
        assert_eq!(ask(&app, "/bookings/NULL-1?account=%00").await.0, 404);
        for path in ["/deliveries?state=%00", "/deliveries?state=failed%00", "/deliveries?before=%00", "/deliveries?before=-9223372036854775808"] {
            assert_eq!(ask(&app, path).await.0, 200, "{path}");
        }
    }

    async fn days_that_no_database_has_are_no_days(app: TestApp) {
        app.apply([booking("DAYS-1", "Zoë Quay")]).await;
        for day in ["0000-01-01", "-0044-03-15", "%2B12026-01-01", "2026-02-30", "%00", "2026-01-01%00", "%27"] {
            for range in [format!("from={day}"), format!("to={day}&basis=%00"), format!("from={day}&to={day}")] {
                let (status, page) = ask(&app, &format!("/reports/sales_by_day?{range}")).await;
                assert_eq!(status, 200, "{range}: {page}");
            }
        }
    }
}
