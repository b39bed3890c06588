//! Many new bookings at once: they are told ahead, and added without a look at what is stored for each row. What comes of
//! it is what comes of one after the other.

use checkfront_mirror::db::statement::execute;
use checkfront_mirror::db::{Database, figures};
use checkfront_mirror::project::Outcome;

use crate::large_batches::{BATCH, booking, both};
use crate::order::{projector, record};
use crate::support::{dump, read_sql};

fn value(database: &Database, query: &str) -> String {
    read_sql(database, query).remove(0).unwrap_or_default()
}

fn change(database: &Database, statement: &str) {
    assert_eq!(database.session().transaction(|tx| execute(tx, statement)).unwrap(), 1, "{statement}");
}

#[test]
fn what_is_added_is_listed_once_and_counted() {
    const SALES: [&str; 3] = [
        "SELECT sum(n) || ' ' || round(sum(total), 2) || ' ' || sum(quantity) AS v FROM current_figures WHERE kind = 'booking'",
        "SELECT sum(n) || ' ' || round(sum(total), 2) || ' ' || sum(quantity) AS v FROM current_figures WHERE kind = 'item'",
        "SELECT sum(bookings) || ' ' || round(sum(total), 2) || ' ' || sum(quantity) AS v FROM customer_value",
    ];
    both(|new| {
        let (alone, many) = (new(), new());
        let first: Vec<_> = (0..BATCH * 3).map(|number| booking(number, number)).collect();
        record(&many, (1..).zip(&first));
        assert_eq!(projector(&many, BATCH).drain().unwrap(), BATCH * 3);
        let listed = || value(&many, "SELECT CAST(count(*) AS TEXT) AS v FROM uncounted WHERE booking_code <> ''");
        assert_eq!(listed(), (BATCH * 3).to_string());
        // Half of them are counted, then every third changes, and others are new.
        figures::count_some(&mut many.session(), 100).unwrap();
        let more: Vec<_> = (0..BATCH * 3).map(|number| booking(number * 3, number + 1)).collect();
        let ids = i64::try_from(first.len()).unwrap() + 1;
        record(&many, (ids..).zip(&more));
        projector(&many, BATCH).drain().unwrap();
        record(&alone, (1..).zip(first.iter().chain(&more)));
        projector(&alone, 1).drain().unwrap();
        assert_eq!(dump(&many), dump(&alone));
        figures::count_all(&mut alone.session(), |_| ()).unwrap();
        for query in SALES {
            let sales = |database: &Database| value(database, query);
            let counted = sales(&alone);
            assert!(counted.len() > 8, "{counted}");
            assert_eq!(sales(&many), counted);
            figures::count_all(&mut many.session(), |_| ()).unwrap();
            assert_eq!(sales(&many), counted);
        }
    });
}

/// Somebody deleted a booking by hand, and left a line of it.
#[test]
fn a_row_that_was_there_all_the_same_is_no_obstacle() {
    let bodies: Vec<_> = (0..BATCH * 2).map(|number| booking(number, number)).collect();
    both(|new| {
        let (alone, many) = (new(), new());
        for (database, batch) in [(&alone, 1), (&many, BATCH)] {
            change(
                database,
                "INSERT INTO booking_items (account_id, booking_code, line_id, qty, last_event_id) VALUES (1, 'B99', '1', 7, 0)",
            );
            record(database, (1..).zip(&bodies));
            assert_eq!(projector(database, batch).drain().unwrap(), BATCH * 2);
        }
        assert_eq!(dump(&many), dump(&alone));
        let line = "SELECT CAST(qty AS TEXT) AS v FROM booking_items WHERE booking_code = 'B99' AND line_id = '1'";
        assert_eq!(value(&many, line), "1");
    });
}

/// What was told ahead is told again where the account's days are others by then.
#[test]
fn days_are_those_of_the_zone_at_the_time() {
    let dated =
        |number: usize| booking(number, number).replacen("\"status\"", "\"start_date\":\"1790010000\",\"status\"", 1);
    let bodies: Vec<_> = (0..BATCH * 3).map(dated).collect();
    both(|new| {
        let database = new();
        record(&database, (1..).zip(&bodies));
        let mut projector = projector(&database, BATCH);
        // The account is known from the second one on.
        for _ in 0..2 {
            assert_eq!(projector.step().unwrap(), Outcome::Done(BATCH));
        }
        change(&database, "UPDATE accounts SET timezone = 'Asia/Tokyo', dates_timezone = 'Asia/Tokyo'");
        assert_eq!(projector.drain().unwrap(), BATCH);
        let day = |code: &str| {
            value(&database, &format!("SELECT CAST(start_on AS TEXT) AS v FROM bookings WHERE code = '{code}'"))
        };
        assert_eq!([day("B1"), day("B150")], ["2026-09-21", "2026-09-22"]);
    });
}

/// Nor does a person come back who was forgotten after the next batch was told.
#[test]
fn who_was_forgotten_meanwhile_stays_so() {
    let bodies: Vec<_> = (0..BATCH * 3).map(|number| booking(number, number)).collect();
    both(|new| {
        let database = new();
        record(&database, (1..).zip(&bodies));
        let mut projector = projector(&database, BATCH);
        // The account is known from the second one on.
        for _ in 0..2 {
            assert_eq!(projector.step().unwrap(), Outcome::Done(BATCH));
        }
        change(
            &database,
            "INSERT INTO forgotten_bookings (account_id, code, customer_key, forgotten_at) \
             VALUES (1, 'B150', 'forgotten:1', '2026-06-01 00:00:00+00:00')",
        );
        assert_eq!(projector.drain().unwrap(), BATCH);
        let of = |column: &str, code: &str| {
            value(&database, &format!("SELECT {column} AS v FROM bookings WHERE code = '{code}'"))
        };
        assert_eq!([of("customer_email", "B150"), of("customer_key", "B150")], ["", "forgotten:1"]);
        assert_eq!(of("customer_email", "B149"), "g149@example.com");
    });
}
