//! Instants are written digit by digit, and read again.

use proptest::prelude::*;

use super::*;

proptest! {
    #[test]
    fn digits_are_what_the_pattern_says(micros in DateTime::<Utc>::MIN_UTC.timestamp_micros()..=DateTime::<Utc>::MAX_UTC.timestamp_micros()) {
        same(micros);
    }

    #[test]
    fn so_for_usual_years(micros in 0..4_102_444_800_000_000_i64) {
        same(micros);
    }

    #[test]
    fn what_is_written_otherwise_is_read_as_the_pattern_says(text in "[0-9]{4}-[01][0-9]-[0-3][0-9] [0-2][0-9]:[0-6][0-9]:[0-6][0-9]\\.[0-9]{6}\\+0[0-9]:00") {
        prop_assert_eq!(read(&text), DateTime::parse_from_str(&text, "%F %T%.f%:z").map(|at| at.to_utc()));
    }
}

fn same(micros: i64) {
    let at = DateTime::from_timestamp_micros(micros).expect("in range");
    assert_eq!(column(&at), at.format(COLUMN).to_string());
    assert_eq!(json(&at), at.format(JSON).to_string());
    if (0..=9_999).contains(&at.year()) {
        assert_eq!(read(&column(&at)), Ok(at));
    }
}
