//! Amounts as the world writes them.

use proptest::prelude::*;

use super::*;

fn both(cell: &str) -> [Option<String>; 2] {
    [DecimalMark::Point, DecimalMark::Comma].map(|mark| read(cell, mark).map(|amount| amount.to_string()))
}

#[test]
fn amounts_as_people_write_them() {
    let (same, point, comma) = (
        |text: &str| [Some(text.to_owned()), Some(text.to_owned())],
        |text: &str| [Some(text.to_owned()), None],
        |text: &str| [None, Some(text.to_owned())],
    );
    for (cell, expected) in [
        ("126", same("126")),
        ("126.00", point("126.00")),
        ("126,5", comma("126.5")),
        ("$1,234.50", point("1234.50")),
        ("CA$ 1,234,567.50", point("1234567.50")),
        ("1.234,50 €", comma("1234.50")),
        ("1\u{a0}234,50 kr", comma("1234.50")),
        ("Fr. 1’234.50", point("1234.50")),
        ("(12.50)", point("-12.50")),
        ("-$12.50", point("-12.50")),
        ("12,50-", comma("-12.50")),
        ("\u{2212}12.50", point("-12.50")),
        ("12,34,567.00", point("1234567.00")),
        (".50", point("0.50")),
        ("1,234", [Some("1234".to_owned()), Some("1.234".to_owned())]),
        ("0,125", comma("0.125")),
        ("1234,567", comma("1234.567")),
        ("-0.00", point("0.00")),
        ("R$ 1.234,50", comma("1234.50")),
        ("1 234,50 zł", comma("1234.50")),
        ("12,50 Kč", comma("12.50")),
        ("Rs.500", same("500")),
        ("S/.12.50", point("12.50")),
        ("CHF1'234.50", point("1234.50")),
        ("12.50USD", point("12.50")),
        ("$1,234.50 CAD", point("1234.50")),
        ("-US $ 12.50", point("-12.50")),
        ("$U 12,50", comma("12.50")),
        ("12,50 руб.", comma("12.50")),
        ("\u{200f}12.50 ر.س.", point("12.50")),
        ("1,200円", [Some("1200".to_owned()), Some("1.200".to_owned())]),
        ("12,-", comma("12")),
        ("€ 12,--", comma("12")),
        ("Fr. 1'234.–", point("1234")),
        ("'+12.50", point("12.50")),
        ("5.", same("5")),
    ] {
        assert_eq!(both(cell), expected, "{cell}");
    }
}

#[test]
fn what_is_no_amount() {
    for cell in [
        "",
        "-",
        "abc",
        "Room 5",
        "12%",
        "1.2.3",
        "1,23,4",
        "(5",
        "-(5)",
        "1e9",
        "12:30",
        "1234567890123456",
        "2026-07-01",
        "5 of 6",
        "1108.84x",
        "abc1108.84def",
        "x1108.84",
        "1108.84 abc",
        "abc 1108.84",
        "5 pax",
        "No. 5",
        "top 3",
        "usd 5",
        "5k",
        "€5$",
        "CAD 5 USD",
        "$5€",
        "C-A$5",
        "1108.84#",
        "~5",
        "((5))",
        ")5(",
        "--5",
        "-5-",
        "+-5",
        "½",
        "5 ½",
        ". 5",
    ] {
        assert_eq!(both(cell), [None, None], "{cell}");
    }
}

/// Written by the rules of a locale, by code that shares nothing with the reader.
fn written(cents: i64, group: &str, point: char, wrap: usize) -> String {
    let digits = (cents.abs() / 100).to_string();
    let mut whole = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            whole.push_str(group);
        }
        whole.push(digit);
    }
    let plain = format!("{whole}{point}{:02}", cents.abs() % 100);
    match (cents < 0, wrap % 4) {
        (false, 0) => plain,
        (false, 1) => format!("${plain}"),
        (false, 2) => format!("{plain} €"),
        (false, _) => format!("CAD {plain}"),
        (true, 0) => format!("-{plain}"),
        (true, 1) => format!("({plain})"),
        (true, 2) => format!("-${plain}"),
        (true, _) => format!("{plain}-"),
    }
}

proptest! {
    #[test]
    fn what_a_locale_writes_is_read_exactly(cents in -99_999_999_999_i64..99_999_999_999, wrap in 0..8_usize) {
        let amount = Some(Decimal::new(cents, 2));
        for group in [",", "", " ", "\u{202f}", "'"] {
            prop_assert_eq!(read(&written(cents, group, '.', wrap), DecimalMark::Point), amount);
        }
        for group in [".", "", "\u{a0}", "’"] {
            prop_assert_eq!(read(&written(cents, group, ',', wrap), DecimalMark::Comma), amount);
        }
    }

    #[test]
    fn what_is_no_currency_is_no_amount(before in "[wxyWX#%!~_]{0,5}", after in "[wxyWX#%!~_]{0,5}", gap in " ?") {
        let cell = format!("{before}{gap}1108.84{gap}{after}");
        let is_plain = before.is_empty() && after.is_empty();
        prop_assert_eq!(read(&cell, DecimalMark::Point).is_some(), is_plain, "{}", cell);
    }

    #[test]
    fn nothing_makes_it_panic(cell in "\\PC{0,30}") {
        let _ = both(&cell);
    }

    #[test]
    fn so_with_what_looks_alike(cell in "[-(]?[$€ ]?[0-9., ']{0,20}[)-]?") {
        let _ = both(&cell);
    }
}
