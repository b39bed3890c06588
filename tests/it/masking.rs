//! `MASK_FIELDS`: what is masked reaches no table, no body and no log, in whatever spelling and place it came.

use checkfront_mirror::config::{Options, Secret};
use checkfront_mirror::parse::parse;
use checkfront_mirror::privacy::{Keys, Mask, Privacy, is_sealed};
use serde_json::{Value, json};

use crate::support::{Backend, TestApp, assert_nowhere, dump, everything, exe, payload};

const KEY: &str = "0123456789abcdef0123456789abcdef";

pub(crate) fn keys() -> Keys {
    Keys::derive(&Secret::new(KEY))
}

pub(crate) async fn masking(backend: Backend, fields: &str) -> TestApp {
    let options = Options { mask_fields: Some(fields.to_owned()), ..Options::default() };
    TestApp::start_with(backend, options, &[("PRIVACY_KEY", KEY)]).await
}

/// The document of a body after masking, as JSON.
fn masked(fields: &str, body: &str) -> Value {
    let privacy = Privacy { keys: Some(keys()), mask: fields.parse::<Mask>().unwrap() };
    let stored = privacy.storable(body.to_owned().into(), None);
    parse(&stored, None).root.unwrap().into_json()
}

#[tokio::test(flavor = "multi_thread")]
async fn masked_values_are_stored_nowhere_in_any_format() {
    for backend in [Backend::Sqlite, Backend::Postgres] {
        let app =
            masking(backend, "customer_email:hash,customer_name,customer_phone,source_ip:hash,payment_mask").await;
        for name in ["booking", "booking-one-line", "event", "transaction"] {
            for ending in ["json", "xml", "txt"] {
                app.deliver(payload(&format!("{name}.{ending}"))).await;
            }
        }
        app.project();
        assert_nowhere(
            &app.database,
            &[
                "zoe@example.com",
                "O’Hara",
                "Söhne",
                "555-0123",
                "198.51.100.23",
                "4242",
                "max@example.com",
                "Max Muster",
            ],
        );
        assert_eq!(app.states(), "applied 4, unchanged 8", "{backend:?}: the formats still say the same");
        let email = keys().hash("zoe@example.com");
        let row = "SELECT customer_email || ' ' || source_ip || ' ' || coalesce(customer_name, '-') AS v FROM bookings WHERE code = 'QZRT-120526'";
        assert_eq!(app.text(row), format!("{email} {} -", keys().hash("198.51.100.23")));
        // What is not masked stays, and figures do.
        assert!(everything(&app.database).iter().any(|line| line.contains("12 Quay <Rear>")));
        assert_eq!(app.text("SELECT email AS v FROM customers WHERE customer_key = 'HT4-112-908'"), email);
        let key = app.text("SELECT customer_key AS v FROM bookings WHERE customer_email <> '' AND code = '990017'");
        assert_eq!(key, format!("email:{}", keys().hash("max@example.com")), "told by its hash, and joined by it");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_cannot_be_read_is_encrypted_never_refused() {
    for backend in [Backend::Sqlite, Backend::Postgres] {
        let app = masking(backend, "customer_email").await;
        app.apply([
            &b"{\"mail\": \"zoe@example.com"[..],
            b"<a>zoe@example.com</zoe@example.com>",
            b"zoe@example.com",
            b"",
            b" \n",
        ])
        .await;
        assert_eq!(app.states(), "failed 3, ignored 2");
        let encrypted = app.texts("SELECT error AS v FROM webhook_events WHERE state = 'failed'");
        assert!(encrypted.iter().flatten().all(|error| error.contains("stored encrypted") && !error.contains("zoe")));
        let bodies = app.texts(match backend {
            Backend::Sqlite => "SELECT hex(body) AS v FROM webhook_bodies WHERE length(body) > 10",
            Backend::Postgres => "SELECT encode(body, 'hex') AS v FROM webhook_bodies WHERE length(body) > 10",
        });
        assert_eq!(bodies.len(), 3);
        for body in bodies.into_iter().flatten() {
            let body = hex::decode(body).unwrap();
            assert!(is_sealed(&body) && !body.windows(3).any(|part| part == b"zoe"));
            assert!(keys().open(&body).unwrap().unwrap().windows(15).any(|part| part == b"zoe@example.com"));
        }
        let id = app.text("SELECT CAST(min(id) AS text) AS v FROM webhook_events");
        let url = match &app.config.database_url {
            checkfront_mirror::db::DatabaseUrl::Postgres(url) => url.clone(),
            checkfront_mirror::db::DatabaseUrl::Sqlite(path) => format!("sqlite://{}", path.display()),
        };
        let show = |key: Option<&str>| {
            let mut command = exe();
            command.envs(key.map(|key| ("PRIVACY_KEY", key)));
            let output = command.args(["events", "show", &id, "--database-url", &url]).output().unwrap();
            String::from_utf8(output.stdout).unwrap()
        };
        assert!(show(Some(KEY)).contains("{\"mail\": \"zoe@example.com"));
        assert!(show(None).contains("set PRIVACY_KEY to see it"));
        assert!(show(Some(&"x".repeat(32))).contains("another PRIVACY_KEY"));
        // Tried again, it stays what it is.
        let before = dump(&app.database);
        app.execute("UPDATE webhook_events SET prior_state = state, state = 'pending'");
        app.project();
        assert_eq!(dump(&app.database), before);
    }
}

/// As after an upgrade that mends the cause.
#[tokio::test(flavor = "multi_thread")]
async fn an_encrypted_body_that_can_be_read_by_now_is_masked_and_projected() {
    for backend in [Backend::Sqlite, Backend::Postgres] {
        let app = masking(backend, "customer_email:hash,customer_name").await;
        app.apply([&b"{"[..]]).await;
        let sealed = hex::encode(keys().seal(&payload("booking.json")));
        app.execute(&match backend {
            Backend::Sqlite => format!("UPDATE webhook_bodies SET body = x'{sealed}'"),
            Backend::Postgres => format!("UPDATE webhook_bodies SET body = decode('{sealed}', 'hex')"),
        });
        app.execute("UPDATE webhook_events SET prior_state = state, state = 'pending'");
        app.project();
        assert_eq!(app.states(), "applied 1");
        assert_eq!(app.text("SELECT customer_email AS v FROM bookings"), keys().hash("zoe@example.com"));
        assert_nowhere(&app.database, &["zoe@example.com", "O’Hara"]);
    }
}

#[test]
fn one_name_means_every_spelling_and_place() {
    let hash = keys().hash("zoe@example.com");
    for body in [
        json!({"booking": {"code": "A-1", "customer": {"email": "Zoe@Example.com"}}}),
        json!({"booking": {"code": "A-1", "customer": {"customer_email": "zoe@example.com"}}}),
        json!({"booking": {"code": "A-1", "customer": {"@attributes": {"email": "zoe@example.com"}}}}),
        json!({"booking": {"code": "A-1", "fields": {"customer_email": "zoe@example.com", "Customer E-Mail": "zoe@example.com"}}}),
        json!({"booking": {"code": "A-1", "fields": {"Email Address": "zoe@example.com", "email2": "zoe@example.com"}}}),
        json!({"booking": {"code": "A-1", "meta": {"customerEmail": "ZOE@example.com ", "raw": "{\"customer\":{\"email\":\"zoe@example.com\"}}"}}}),
        json!({"booking": {"code": "A-1", "meta": {"raw": "<f><customer_email>zoe@example.com</customer_email></f>"}}}),
        json!({"booking": {"code": "A-1", "customer_email": "zoe@example.com"}}),
        json!({"booking": {"code": "A-1", "customer": {"email": ["zoe@example.com", "zoe@example.com"]}}}),
        json!({"booking": {"code": "A-1", "customer": {"email": "zoe@example.com"}, "note": "Write to ZOE@EXAMPLE.COM, please. mailto:zoe@example.com."}}),
    ] {
        let text = masked("customer_email:hash", &body.to_string()).to_string();
        assert!(!text.to_lowercase().contains("zoe@"), "{text}");
        assert!(text.contains(&hash), "{text}");
        let gone = masked("Customer-Email", &body.to_string()).to_string();
        assert!(!gone.to_lowercase().contains("zoe@") && gone.contains("A-1"), "{gone}");
    }
}

#[test]
fn any_name_can_be_masked_and_nothing_else_is() {
    let body = json!({
        "booking": {
            "code": "A-1", "status": "PAID", "source_ip": "198.51.100.23", "tid": "spring",
            "customer": {"name": "Paris", "city": "Paris", "diet": "vegan", "first_name": "P."},
            "fields": {"passport": "X1", "passport_copy": "X1", "city_of_birth": "Paris"}, "meta": {"a": {"b": "1"}, "ip": "198.51.100.23"},
            "order": {"total": "5.00", "items": {"item": {"@attributes": {"line_id": "1"}, "sku": "paris-tour", "name": "Paris"}}},
        }
    });
    let masked = |fields: &str| masked(fields, &body.to_string());
    let at = |value: &Value, path: &str| value.pointer(path).and_then(Value::as_str).map(str::to_owned);
    let name = masked("customer_name");
    assert_eq!(name["booking"]["customer"], json!({"diet": "vegan"}), "the city that repeats the name goes with it");
    assert_eq!(at(&name, "/booking/order/items/item/name").as_deref(), Some("Paris"), "what was booked stays");
    assert_eq!(masked("diet")["booking"]["customer"].get("diet"), None);
    let passport = masked("passport:hash");
    assert_eq!(at(&passport, "/booking/fields/passport"), Some(keys().hash("x1")));
    assert_eq!(
        at(&passport, "/booking/fields/passport_copy"),
        Some(keys().hash("x1")),
        "the same value, under another name"
    );
    let ip = masked("source_ip:hash");
    assert_eq!(at(&ip, "/booking/source_ip"), at(&ip, "/booking/meta/ip"));
    assert_eq!(masked("meta")["booking"].get("meta"), None, "a whole element");
    assert_eq!(at(&masked("meta:hash"), "/booking/meta/a/b"), Some(keys().hash("1")));
    assert_eq!(masked("nothing_of_that_name"), parse(body.to_string().as_bytes(), None).root.unwrap().into_json());
    let payer = r#"{"type":"transaction","transaction":{"transaction_id":"1","payment_customer":"Zoe"}}"#;
    for fields in ["customer_name", "payer", "payment_customer"] {
        assert_eq!(super::masking::masked(fields, payer)["transaction"], json!({"transaction_id": "1"}), "{fields}");
    }
}

#[test]
fn without_anything_to_mask_a_body_is_stored_as_it_came() {
    let privacy = Privacy { keys: Some(keys()), mask: "customer_email".parse().unwrap() };
    for body in ["{ \"booking\" : {\"code\":\"A-1\"} }", "<a  x='1' />", "booking[code]=A-1&", " "] {
        assert_eq!(privacy.storable(body.into(), None), body);
    }
    assert_eq!(Privacy::default().storable("{".into(), None), "{");
}
