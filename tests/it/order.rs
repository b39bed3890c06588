//! Nothing but the order of receipt decides, however deliveries interleave and wherever batches end.

use std::collections::BTreeSet;

use checkfront_mirror::db::{
    Database, DatabaseUrl, events, migrate,
    rows::{Event, EventBody},
    types::{Json, Timestamp},
};
use checkfront_mirror::privacy::Privacy;
use checkfront_mirror::project::{Projector, Settings, Zones};
use chrono::DateTime;
use proptest::prelude::*;
use serde_json::json;

use crate::support::{Backend, Dump, TestApp, dump, on_both, payload};

/// One delivery of a made-up booking.
#[derive(Debug, Clone)]
pub(crate) struct Delivery {
    booking: usize,
    status: &'static str,
    lines: Vec<u8>,
    customer: usize,
    phone: Option<u8>,
}

pub(crate) fn delivery() -> impl Strategy<Value = Delivery> {
    let status = prop::sample::select(vec!["HOLD", "PAID", "STOP"]);
    (0..3_usize, status, prop::collection::vec(1..4_u8, 0..3), 0..4_usize, prop::option::of(0..3_u8))
        .prop_map(|(booking, status, lines, customer, phone)| Delivery { booking, status, lines, customer, phone })
}

impl Delivery {
    pub(crate) fn body(&self) -> String {
        let lines: Vec<_> = self
            .lines
            .iter()
            .map(|line| json!({"@attributes": {"line_id": line.to_string()}, "qty": line.to_string()}))
            .collect();
        // Two customers by address, one of whom gets a code; one has none at all.
        let customer = [
            json!({}),
            json!({"email": "a@example.com"}),
            json!({"email": "b@example.com"}),
            json!({"email": "a@example.com", "code": "C-1"}),
        ];
        let mut customer = customer[self.customer].clone();
        if let Some(phone) = self.phone {
            customer["phone"] = json!(phone.to_string());
        }
        json!({"@attributes": {"host": "a.example"}, "booking": {
            "code": format!("B{}", self.booking), "status": self.status, "customer": customer,
            "order": {"total": "1.00", "items": {"item": lines}},
        }})
        .to_string()
    }
}

/// An empty mirror, with these bodies recorded.
fn recorded(backend: Backend, bodies: &[String]) -> (Database, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let database = empty(&backend.new_url(&folder).parse().unwrap());
    record(&database, (1..).zip(bodies));
    (database, folder)
}

/// An empty mirror.
pub(crate) fn empty(url: &DatabaseUrl) -> Database {
    let database = Database::open(url).unwrap();
    migrate::run(&mut database.session()).unwrap();
    database
}

pub(crate) fn record<'b>(database: &Database, bodies: impl Iterator<Item = (i64, &'b String)>) {
    let (events, bodies): (Vec<_>, Vec<_>) = bodies.map(|(id, body)| (event(id), stored(id, body))).unzip();
    database
        .session()
        .transaction(|tx| {
            Event::insert(tx, &events)?;
            EventBody::insert(tx, &bodies)
        })
        .unwrap();
}

fn event(id: i64) -> Event {
    Event::pending(id, "test", Timestamp(DateTime::from_timestamp_micros(id).unwrap()))
}

fn stored(id: i64, body: &str) -> EventBody {
    EventBody { event_id: id, headers: Json(json!({})), body: body.as_bytes().to_vec() }
}

pub(crate) fn projector(database: &Database, batch: usize) -> Projector {
    let mut projector = Projector::new(
        database,
        Settings { default_host: "default".to_owned(), zones: Zones::default(), privacy: Privacy::default() },
    );
    projector.set_batch(batch);
    projector
}

type Deliveries = Vec<(Delivery, usize)>;

fn batch_borders_change_nothing(backend: Backend, deliveries: &Deliveries, batch: usize) -> Result<(), TestCaseError> {
    let repeated = deliveries.iter().flat_map(|(delivery, times)| std::iter::repeat_n(delivery.body(), *times));
    let bodies: Vec<_> = repeated.collect();
    let (one_by_one, _folder) = recorded(backend, &bodies);
    projector(&one_by_one, 1).drain().unwrap();
    let expected = dump(&one_by_one);
    for batch in [batch, 500] {
        let (batched, _folder) = recorded(backend, &bodies);
        projector(&batched, batch).drain().unwrap();
        prop_assert_eq!(&dump(&batched), &expected);
    }
    for booking in 0..3 {
        let last = deliveries.iter().rev().find(|(delivery, _)| delivery.booking == booking);
        let Some((last, _)) = last else { continue };
        let row = expected["bookings"].iter().find(|row| row.contains(&format!("\"code\":\"B{booking}\""))).unwrap();
        prop_assert!(row.contains(&format!("\"status_id\":\"{}\"", last.status)), "{}", row);
        let lines: BTreeSet<_> = last.lines.iter().collect();
        let of_booking = format!("\"booking_code\":\"B{booking}\"");
        let stored = expected["booking_items"].iter().filter(|row| row.contains(&of_booking)).count();
        prop_assert_eq!(stored, lines.len());
    }
    // Told again from the log, it is the same story.
    let everything: Vec<i64> = (1..=i64::try_from(bodies.len()).unwrap()).collect();
    one_by_one.session().transaction(|tx| events::set_pending(tx, &everything)).unwrap();
    projector(&one_by_one, batch).drain().unwrap();
    prop_assert_eq!(&dump(&one_by_one), &expected);
    Ok(())
}

fn late_events_overwrite_nothing(backend: Backend, deliveries: &[Delivery], late: usize) -> Result<(), TestCaseError> {
    let bodies: Vec<_> = deliveries.iter().map(Delivery::body).collect();
    let late = late % bodies.len();
    let (database, _folder) = recorded(backend, &[]);
    record(&database, (1..).zip(&bodies).filter(|(id, _)| usize::try_from(id - 1) != Ok(late)));
    projector(&database, 500).drain().unwrap();
    let before = dump(&database);
    record(&database, (1..).zip(&bodies).skip(late).take(1));
    projector(&database, 500).drain().unwrap();
    let newer = deliveries[late + 1..].iter().any(|delivery| delivery.booking == deliveries[late].booking);
    let after = dump(&database);
    for table in ["bookings", "booking_items", "booking_history"] {
        prop_assert!(!newer || before[table] == after[table]);
    }
    // A customer with a code is the same in whatever order its deliveries came.
    let (in_order, _folder) = recorded(backend, &bodies);
    projector(&in_order, 500).drain().unwrap();
    prop_assert_eq!(customers_by_code(&after), customers_by_code(&dump(&in_order)));
    let id = format!("\"id\":{},", late + 1);
    let event = after["webhook_events"].iter().find(|event| event.contains(&id)).unwrap();
    prop_assert_eq!(event.contains("\"state\":\"superseded\""), newer);
    Ok(())
}

fn customers_by_code(dump: &Dump) -> Vec<String> {
    let rows = dump["customers"].iter().filter(|row| !row.contains("\"customer_key\":\"email:"));
    rows.map(|row| row.split(",\"updated_at\"").next().unwrap().to_owned()).collect()
}

/// So many cases, or as many as `PROPTEST_CASES` says.
pub(crate) fn cases(cases: u32) -> ProptestConfig {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(cases);
    ProptestConfig { cases, max_shrink_iters: 100, failure_persistence: None, ..ProptestConfig::default() }
}

fn deliveries() -> impl Strategy<Value = Deliveries> {
    prop::collection::vec((delivery(), 1..3_usize), 1..14)
}

proptest! {
    #![proptest_config(cases(60))]

    #[test]
    fn batch_borders_sqlite(deliveries in deliveries(), batch in 2..6_usize) {
        batch_borders_change_nothing(Backend::Sqlite, &deliveries, batch)?;
    }

    #[test]
    fn late_events_sqlite(deliveries in prop::collection::vec(delivery(), 2..10), late in 0..9_usize) {
        late_events_overwrite_nothing(Backend::Sqlite, &deliveries, late)?;
    }
}

proptest! {
    #![proptest_config(cases(12))]

    #[test]
    fn batch_borders_postgres(deliveries in deliveries(), batch in 2..6_usize) {
        batch_borders_change_nothing(Backend::Postgres, &deliveries, batch)?;
    }

    #[test]
    fn late_events_postgres(deliveries in prop::collection::vec(delivery(), 2..10), late in 0..9_usize) {
        late_events_overwrite_nothing(Backend::Postgres, &deliveries, late)?;
    }
}

on_both! {
    async fn a_b_a_ends_in_a(app: TestApp) {
        let a = String::from_utf8(payload("booking.json")).unwrap();
        let b = a.replace("\"PART\"", "\"PAID\"");
        app.apply([&a, &b, &a, &a].map(String::as_str)).await;
        assert_eq!(app.text("SELECT status_id AS v FROM bookings"), "PART");
        assert_eq!(app.states(), "applied 3, unchanged 1");
        assert_eq!(app.texts("SELECT status_id AS v FROM booking_history ORDER BY event_id").into_iter().flatten().collect::<Vec<_>>(), ["PART", "PAID", "PART"]);
        let behind = "SELECT CAST(max(e.id) - max(b.last_event_id) AS text) AS v FROM webhook_events e, bookings b";
        assert_eq!(app.text(behind), "0", "a confirmation counts as the last word");
    }

    async fn a_payment_may_come_before_its_booking(app: TestApp) {
        app.apply([payload("transaction.txt")]).await;
        app.apply([payload("booking.txt")]).await;
        assert_eq!(app.text("SELECT t.payer || ' ' || b.status_id AS v FROM transactions t JOIN bookings b ON b.code = t.booking_code"), "Zoë O’Hara PART");
    }
}

#[test]
fn an_id_that_is_taken_is_not_overwritten() {
    for backend in [Backend::Sqlite, Backend::Postgres] {
        let (database, _folder) = recorded(backend, &["a=1".to_owned()]);
        let mut other = event(1);
        other.receiver = "another".to_owned();
        let mut taken = database.session().transaction(|tx| Event::insert(tx, &[other, event(2)])).unwrap();
        taken.sort();
        assert_eq!(taken, [(1, "test".to_owned()), (2, "test".to_owned())]);
    }
}
