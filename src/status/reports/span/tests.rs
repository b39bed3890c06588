use super::*;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn unit(from: &str, to: &str) -> Unit {
    Unit::of(day(from), day(to), Unit::Day)
}

#[test]
fn a_long_range_has_longer_spans() {
    assert_eq!(unit("2026-01-01", "2026-04-30"), Unit::Day, "120 days");
    assert_eq!(unit("2026-01-01", "2026-05-01"), Unit::Week, "121 days");
    assert_eq!(unit("2026-01-01", "2026-12-31"), Unit::Week);
    assert_eq!(unit("2020-01-01", "2026-12-31"), Unit::Month);
    assert_eq!(unit("2000-01-01", "2100-01-01"), Unit::Years(1));
    assert_eq!(unit("0001-01-01", "9999-12-31"), Unit::Years(100));
    assert_eq!(Unit::of(day("2026-01-01"), day("2026-02-01"), Unit::Month), Unit::Month, "rows are of months");
}

#[test]
fn spans_leave_no_day_out_and_fit() {
    let ranges = [
        ("2024-02-27", "2024-03-02"),
        ("2025-12-30", "2026-12-31"),
        ("2015-06-15", "2026-01-31"),
        ("0001-01-01", "9999-12-31"),
    ];
    for (from, to) in ranges {
        let unit = unit(from, to);
        let spans: Vec<_> = unit.spans(day(from), day(to)).collect();
        assert!(spans.len() <= 120, "{from} to {to}: {}", spans.len());
        assert_eq!(spans.first(), Some(&unit.begin(day(from))));
        assert_eq!(spans.last(), Some(&unit.begin(day(to))));
        assert!(spans.iter().all(|span| unit.begin(*span) == *span));
        assert!(spans.windows(2).all(|pair| unit.between(pair[0], pair[1]) == 1), "{from} to {to}");
    }
}

#[test]
fn one_day_is_one_span() {
    assert_eq!(Unit::Day.spans(day("2026-01-01"), day("2026-01-01")).count(), 1);
    assert_eq!(Unit::Day.spans(day("2026-01-02"), day("2026-01-01")).count(), 0);
    assert_eq!(Unit::Week.begin(day("2026-11-25")), day("2026-11-23"), "a Monday");
}
