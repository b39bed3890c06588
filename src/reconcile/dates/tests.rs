//! Dates as the world writes them, and what is ambiguous.

use proptest::prelude::*;

use super::*;
use crate::reconcile::inference::{Inference, Reading};

fn said(cell: &str) -> Vec<String> {
    let read = |order: &DateOrder| guess(cell, *order, Tz::America__Vancouver).map(|moment| moment.to_string());
    let mut said: Vec<_> = DateOrder::ALL.iter().filter_map(read).collect();
    said.dedup();
    said
}

#[test]
fn dates_as_locales_write_them() {
    for (cell, expected) in [
        ("16/11/2011 07:13 PM", &["2011-11-16 19:13"][..]),
        ("11/16/11", &["2011-11-16"]),
        ("11/12/16", &["2016-12-11", "2016-11-12"]),
        ("11-12-16", &["2016-12-11", "2016-11-12", "2011-12-16"]),
        ("2011-11-16", &["2011-11-16"]),
        ("2011-11-16 19:13:05", &["2011-11-16 19:13:05"]),
        ("2011-11-16T19:13:05-08:00", &["2011-11-16 19:13:05"]),
        ("2011-11-17T03:13:05.000Z", &["2011-11-16 19:13:05"]),
        ("20111116", &["2011-11-16"]),
        ("2011/11/16 19:13", &["2011-11-16 19:13"]),
        ("16.11.2011, 19:13 Uhr", &["2011-11-16 19:13"]),
        ("16.11.11", &["2011-11-16"]),
        ("Wed 16 Nov 2011", &["2011-11-16"]),
        ("Wednesday, November 16, 2011 7:13 pm", &["2011-11-16 19:13"]),
        ("Nov 16, 11 12:05 a.m.", &["2011-11-16 00:05"]),
        ("16 Nov 11 12:05 PM", &["2011-11-16 12:05"]),
        ("16. November 2011", &["2011-11-16"]),
        ("mer. 16 déc. 2011", &["2011-12-16"]),
        ("mar. 15 mars 2011", &["2011-03-15"]),
        ("16 de diciembre de 2011", &["2011-12-16"]),
        ("29/02/2012", &["2012-02-29"]),
        ("01/01/70", &["1970-01-01"]),
    ] {
        assert_eq!(said(cell), expected, "{cell}");
    }
}

#[test]
fn what_is_no_date() {
    for cell in [
        "",
        "x",
        "16",
        "16/11",
        "30/02/2011",
        "29/02/2011",
        "16/11/2011 25:00",
        "2011-13-01",
        "16/11/2011 7 apples",
        "1/2/3/4",
        "99/99/99",
        "16/11/2011 13:61",
        "12 Foo 2011",
        "00/00/0000",
        "126.00",
        "18446744073709551616/1/1",
    ] {
        assert_eq!(said(cell), [""; 0], "{cell}");
    }
}

fn infer(cells: &[&str], given: Option<DateOrder>) -> Result<DateOrder, String> {
    let mut inference = Inference::new(given);
    for (index, cell) in cells.iter().enumerate() {
        let place = (index as u64 + 2, "Created", *cell);
        inference.see(place, |order| guess(cell, order, Tz::UTC)).map_err(|error| error.to_string())?;
    }
    inference.decide().map_err(|error| error.to_string())
}

#[test]
fn all_rows_together_tell_the_order() {
    assert_eq!(infer(&["11/12/16", "16/11/11", "11/12/16"], None), Ok(DateOrder::DayMonth));
    assert_eq!(infer(&["11/12/16", "11/16/11"], None), Ok(DateOrder::MonthDay));
    assert_eq!(infer(&["2026-01-02", "2026-01-03"], None), Ok(DateOrder::DayMonth), "it does not matter");
    assert_eq!(infer(&["11/11/11"], None), Ok(DateOrder::DayMonth), "it does not matter");
    assert_eq!(infer(&["11/12/16"], Some(DateOrder::MonthDay)), Ok(DateOrder::MonthDay));
}

#[test]
fn what_no_row_tells_is_refused() {
    let said = infer(&["11/11/16", "11/12/16", "10/12/16"], None).expect_err("open");
    assert!(
        said.starts_with("row 3, `Created`, `11/12/16`: may be a date written as day/month/year or as month/day/year"),
        "{said}"
    );
    assert!(said.contains("--date-format DD/MM/YYYY"), "{said}");
}

#[test]
fn what_contradicts_names_both_rows() {
    let said = infer(&["16/11/2011", "11/16/2011"], None).expect_err("both orders");
    assert!(
        said.starts_with(
            "row 3, `Created`, `11/16/2011`: is a date written as month/day/year, but `16/11/2011` in row 2 is not"
        ),
        "{said}"
    );
    let said = infer(&["16/11/2011"], Some(DateOrder::MonthDay)).expect_err("not so");
    assert!(said.contains("is not a date that is understood"), "{said}");
    let said = infer(&["31/02/2011"], None).expect_err("no such day");
    assert!(said.starts_with("row 2, `Created`, `31/02/2011`: is not a date"), "{said}");
}

proptest! {
    #[test]
    fn what_a_locale_writes_is_read(seconds in 1_230_000_000_i64..2_500_000_000) {
        let at = DateTime::from_timestamp(seconds, 0).expect("in range");
        let local = at.with_timezone(&Tz::America__Vancouver).naive_local();
        for (format, order) in [
            ("%d/%m/%Y %I:%M %p", DateOrder::DayMonth), ("%m/%d/%y %I:%M %p", DateOrder::MonthDay), ("%d.%m.%Y %H:%M", DateOrder::DayMonth),
            ("%F %T", DateOrder::MonthDay), ("%a %e %b %Y %l:%M%P", DateOrder::MonthDay), ("%B %d, %Y", DateOrder::DayMonth),
            ("%y-%m-%d", DateOrder::YearMonth), ("%Y-%m-%dT%H:%M:%S", DateOrder::DayMonth), ("%D", DateOrder::MonthDay),
        ] {
            let moment = read(&local.format(format).to_string(), order, Tz::America__Vancouver);
            let moment = moment.expect("a date");
            prop_assert!(moment.is(Timestamp(at), Tz::America__Vancouver), "{}: {}", format, moment);
            prop_assert_eq!(moment.time.is_some(), format.contains(':') || format.contains("%T"));
        }
    }

    #[test]
    fn nothing_makes_it_panic(cell in "\\PC{0,40}") {
        let _ = said(&cell);
    }

    #[test]
    fn so_with_what_looks_alike(cell in "[0-9]{0,5}[-/. ]?[0-9]{0,5}[-/. ]?([A-Za-z]{3})?[0-9]{0,5}[ T]?[0-9:]{0,8} ?[APap]?[Mm]?[-+Z]?[0-9:]{0,5}") {
        let _ = said(&cell);
    }
}
