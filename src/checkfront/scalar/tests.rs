//! Scalars in all the ways in which they are sent.

use super::*;

#[test]
fn money_is_exact_or_nothing() {
    for plain in ["0", "27.00", "-27.5", "0.000001", "123456789012345", "1234567890.12345", "5.0000000"] {
        assert!(money(plain).is_some(), "{plain}");
    }
    for odd in [
        "",
        "-",
        ".",
        "5.",
        ".5",
        "+5",
        "1,234.00",
        "1 234",
        "1e5",
        "1e400000000",
        "0x10",
        "NaN",
        "12.3.4",
        "1234567890123456",
        "0.0000001",
        "١٢",
        "--5",
        "12 ",
    ] {
        assert_eq!(money(odd), None, "{odd}");
    }
    assert_eq!(money("27.00").map(|amount| amount.to_string()).as_deref(), Some("27.00"));
}

#[test]
fn instants_stay_in_four_digit_years() {
    assert_eq!(instant("1394156618").map(|at| at.to_string()).as_deref(), Some("2014-03-07 01:43:38 UTC"));
    assert_eq!(instant("253402300800"), None);
    assert_eq!(instant("2014-03-07"), None);
    assert_eq!(instant("9223372036854775808"), None);
}

#[test]
fn days_are_eight_digits() {
    assert_eq!(day("20161221"), NaiveDate::from_ymd_opt(2016, 12, 21));
    assert_eq!(day("20161321"), None);
    assert_eq!(day("2016-1-1"), None);
}
