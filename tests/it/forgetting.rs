//! `forget`: the person is gone from every table and body, the figures stay, and so it remains.

use checkfront_mirror::config::Secret;
use checkfront_mirror::db::events;
use checkfront_mirror::forget::{Erased, Who, erase, mark, search};
use checkfront_mirror::privacy::Keys;
use serde_json::Value;
use tokio::task::block_in_place;

use crate::support::{Backend, TestApp, assert_nowhere, dump, everything, on_both, payload};

pub(crate) const KEY: &str = "0123456789abcdef0123456789abcdef";
/// What tells of Zoë in the payloads.
pub(crate) const ZOE: [&str; 10] = [
    "zoe@example.com",
    "O’Hara",
    "Söhne",
    "HT4-112-908",
    "555-0123",
    "12 Quay",
    "V8W 1T3",
    "198.51.100.23",
    "Window seat",
    "vegan",
];

pub(crate) fn keys() -> Keys {
    Keys::derive(&Secret::new(KEY))
}

/// As the command does it, with the projector of this process.
pub(crate) fn forget(app: &TestApp, who: &Who) -> Erased {
    app.project();
    let mut total = Erased::default();
    block_in_place(|| {
        let find = || search(&app.database, who, None, &keys()).unwrap();
        for person in find() {
            mark(&app.database, &person, &keys()).unwrap();
        }
        for person in find() {
            mark(&app.database, &person, &keys()).unwrap();
            total += erase(&app.database, &person, &keys(), |_| ()).unwrap();
        }
    });
    app.project();
    total
}

pub(crate) fn by_email(email: &str) -> Who {
    Who::Email(email.to_owned())
}

fn replay_all(app: &TestApp) {
    let ids = app.texts("SELECT CAST(id AS text) AS v FROM webhook_events");
    let ids: Vec<i64> = ids.into_iter().flatten().map(|id| id.parse().unwrap()).collect();
    block_in_place(|| app.database.session().transaction(|tx| events::set_pending(tx, &ids))).unwrap();
    app.project();
}

pub(crate) fn edited(name: &str, edits: &[(&str, &str)]) -> Vec<u8> {
    let text = String::from_utf8(payload(name)).unwrap();
    edits
        .iter()
        .fold(text, |text, (from, to)| {
            assert!(text.contains(from), "{name} has no {from}");
            text.replace(from, to)
        })
        .into_bytes()
}

/// Zoë's booking in all formats, changing on the way; her payments; dead letters; and what is not hers.
pub(crate) async fn a_story(app: &TestApp) {
    let moved = edited("booking.json", &[("1 (250) 555-0123", "1 (250) 555-0199"), ("\"PART\"", "\"PAID\"")]);
    let bodies = [
        payload("booking.json"),
        payload("booking.txt"),
        moved,
        edited("booking.xml", &[("<total>126.00</total>", "<total>146.00</total>")]),
        payload("booking.txt"),
        payload("transaction.json"),
        payload("transaction.xml"),
        payload("transaction.txt"),
        payload("event.json"),
        payload("item.json"),
        payload("rate.json"),
        br#"{"type":"newsletter","host":"harbour-tours.checkfront.example","newsletter":{"to":"ZOE@example.com","n":"1"}}"#.to_vec(),
        br#"{"cut": "zoe\u0040example.com"#.to_vec(),
        "<cut><name>Zoë O’Hara".into(),
        br#"{"cut": "nobody"#.to_vec(),
    ];
    app.apply(bodies).await;
}

const FIGURES: &str = "SELECT code || ' ' || status_id || ' ' || CAST(ROUND(total, 2) AS text) || ' ' || CAST(ROUND(paid_total, 2) AS text) \
    || ' ' || CAST(start_at AS text) || ' ' || CAST(staff_id AS text) || ' ' || currency_id AS v FROM bookings ORDER BY code";
const LINES: &str = "SELECT booking_code || line_id || sku || CAST(qty AS text) || CAST(ROUND(total, 2) AS text) AS v FROM booking_items ORDER BY 1";
const MONEY: &str = "SELECT transaction_id || gateway_id || status_id || booking_code || CAST(ROUND(amount, 2) AS text) AS v FROM transactions ORDER BY 1";
const TAXES: &str = "SELECT booking_code || name || CAST(ROUND(amount, 2) AS text) AS v FROM booking_taxes ORDER BY 1";
const STEPS: &str = "SELECT status_id || CAST(ROUND(total, 2) AS text) AS v FROM booking_history ORDER BY event_id";

fn figures(app: &TestApp) -> Vec<Vec<Option<String>>> {
    [FIGURES, LINES, MONEY, TAXES, STEPS].iter().map(|query| app.texts(query)).collect()
}

on_both! {
    async fn the_person_is_nowhere_and_the_figures_stay(app: TestApp) {
        a_story(&app).await;
        let before = figures(&app);
        assert!(before.iter().all(|rows| !rows.is_empty()));
        assert!(everything(&app.database).iter().any(|line| line.contains("vegan")), "the test looks where the person is");
        let erased = forget(&app, &by_email(" zoe@EXAMPLE.com"));
        assert_eq!((erased.bookings, erased.customers), (1, 1));
        assert_nowhere(&app.database, &ZOE);
        assert_eq!(figures(&app), before);
        let key = app.text("SELECT customer_key AS v FROM bookings WHERE code = 'QZRT-120526'");
        assert!(key.starts_with("forgotten:") && key.len() == 42, "{key}");
        assert_eq!(app.text(&format!("SELECT CAST(count(*) AS text) AS v FROM customers WHERE customer_key = '{key}'")), "1");
        assert_eq!(app.text("SELECT name AS v FROM customers WHERE customer_key NOT LIKE 'forgotten:%'"), "Max Muster");
        // Bodies keep their formats.
        let formats = "SELECT format || ' ' || CAST(count(*) AS text) AS v FROM webhook_events WHERE kind = 'booking' GROUP BY format ORDER BY format";
        assert_eq!(app.texts(formats).into_iter().flatten().collect::<Vec<_>>(), ["form 2", "json 3", "xml 1"]);
        // The dead letter of somebody else stays as it is.
        assert!(everything(&app.database).iter().any(|line| line.ends_with("{\"cut\": \"nobody")));
        if app.backend == Backend::Sqlite {
            assert!(block_in_place(|| app.database.checkpoint()).unwrap());
            for ending in ["", "-wal"] {
                let bytes = std::fs::read(app.file() + ending).unwrap_or_default();
                for text in ["zoe@example.com", "Zoe@Example.com", "HT4-112-908", "vegan"] {
                    assert!(!bytes.windows(text.len()).any(|part| part == text.as_bytes()), "{text} is in the file{ending}");
                }
            }
        }
    }

    async fn replay_keeps_the_rows_as_they_are(app: TestApp) {
        a_story(&app).await;
        forget(&app, &by_email("zoe@example.com"));
        let forgotten = dump(&app.database);
        replay_all(&app);
        assert_eq!(dump(&app.database), forgotten);
        assert_eq!(forget(&app, &by_email("zoe@example.com")), Erased::default(), "nothing is left to be found");
        assert_eq!(dump(&app.database), forgotten);
    }

    async fn a_log_told_from_the_beginning_gives_the_same_rows(app: TestApp) {
        a_story(&app).await;
        forget(&app, &by_email("zoe@example.com"));
        let forgotten = dump(&app.database);
        for table in ["bookings", "booking_items", "booking_taxes", "booking_history", "customers", "transactions", "items", "rates", "rate_items", "rate_categories"] {
            app.execute(&format!("DELETE FROM {table}"));
        }
        app.execute("UPDATE webhook_events SET state = 'pending', prior_state = NULL, attempts = 0");
        app.project();
        let told = dump(&app.database);
        for (table, rows) in &forgotten {
            // A customer's time of change is that of the first delivery, once the log is all there is.
            let strip = |rows: &[String]| rows.iter().map(|row| without(row, &["updated_at", "state"])).collect::<Vec<_>>();
            assert_eq!(strip(&told[table]), strip(rows), "{table}");
        }
    }

    async fn what_comes_later_of_the_booking_is_told_without_the_person(app: TestApp) {
        app.apply([payload("booking.json")]).await;
        forget(&app, &Who::Code("HT4-112-908".to_owned()));
        let key = app.text("SELECT customer_key AS v FROM bookings");
        app.apply([
            edited("booking.json", &[("\"PART\"", "\"PAID\"")]),
            edited("booking.xml", &[("<total>126.00</total>", "<total>146.00</total>")]),
            edited("booking.txt", &[("status%5D=PART", "status%5D=STOP")]),
            payload("transaction.json"),
        ]).await;
        assert_nowhere(&app.database, &ZOE);
        assert_eq!(app.states(), "applied 5");
        assert_eq!(app.text("SELECT customer_key || status_id AS v FROM bookings"), format!("{key}STOP"));
        assert_eq!(app.text("SELECT booking_code AS v FROM transactions WHERE payer IS NULL AND payment_mask IS NULL"), "QZRT-120526");
        let before = dump(&app.database);
        replay_all(&app);
        assert_eq!(dump(&app.database), before);
        // The same state once more is no change.
        app.apply([edited("booking.txt", &[("status%5D=PART", "status%5D=STOP")])]).await;
        assert_eq!(app.states(), "applied 5, unchanged 1");
        assert_nowhere(&app.database, &ZOE);
    }

    async fn a_new_booking_of_the_same_person_is_kept_until_it_is_forgotten_too(app: TestApp) {
        app.apply([payload("booking.json")]).await;
        forget(&app, &by_email("zoe@example.com"));
        let new = || edited("booking.json", &[("QZRT-120526", "QZRT-200526"), ("\"4711\"", "\"4712\"")]);
        app.apply([new()]).await;
        let names = "SELECT coalesce(customer_name, '-') AS v FROM bookings ORDER BY code";
        assert_eq!(app.texts(names).into_iter().flatten().collect::<Vec<_>>(), ["-", "Zoë O’Hara & Söhne"]);
        assert_eq!(app.text("SELECT email AS v FROM customers WHERE customer_key = 'HT4-112-908'"), "Zoe@Example.com");
        replay_all(&app);
        assert_eq!(app.texts(names).into_iter().flatten().collect::<Vec<_>>(), ["-", "Zoë O’Hara & Söhne"]);
        assert_eq!(forget(&app, &by_email("zoe@example.com")).bookings, 1);
        assert_nowhere(&app.database, &ZOE);
        assert_eq!(app.text("SELECT CAST(count(DISTINCT customer_key) AS text) AS v FROM bookings"), "1", "one customer, as before");
    }

    async fn what_waits_while_the_person_is_forgotten_is_stripped_when_it_is_projected(app: TestApp) {
        app.apply([payload("booking.json")]).await;
        app.deliver(edited("booking.json", &[("\"PART\"", "\"PAID\"")])).await;
        block_in_place(|| {
            for person in search(&app.database, &by_email("zoe@example.com"), None, &keys()).unwrap() {
                mark(&app.database, &person, &keys()).unwrap();
                erase(&app.database, &person, &keys(), |_| ()).unwrap();
            }
        });
        app.project();
        assert_nowhere(&app.database, &ZOE);
        assert_eq!(app.text("SELECT status_id AS v FROM bookings"), "PAID");
    }
}

fn without(row: &str, names: &[&str]) -> String {
    let mut row: Value = serde_json::from_str(row).unwrap();
    row.as_object_mut().unwrap().retain(|name, _| !names.contains(&name.as_str()));
    row.to_string()
}
