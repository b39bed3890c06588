//! Spans of minutes, and percentiles.

use super::*;

fn figures(minutes: &[(i64, i64)], fresh: Vec<f64>) -> Figures {
    let minutes = minutes.iter().copied().collect();
    let (latest, reconciled, migration) = (Vec::new(), None, String::new());
    Figures { latest, pending: 0, oldest_pending: None, failed: 0, minutes, fresh, reconciled, migration }
}

#[test]
fn spans_end_with_the_one_under_way() {
    let now = DateTime::from_timestamp(100 * 60 + 30, 0).unwrap();
    let figures = figures(&[(59, 1), (60, 2), (99, 4), (100, 8)], Vec::new());
    assert_eq!(figures.spans(now, 2, 1), [(99, 4), (100, 8)]);
    assert_eq!(figures.spans(now, 2, 60), [(0, 1), (60, 14)]);
}

#[test]
fn percentiles_are_those_of_deliveries() {
    let fresh = figures(&[], (1..=100).map(f64::from).collect());
    assert_eq!(
        (fresh.percentile(50), fresh.percentile(99), fresh.percentile(100)),
        (Some(51.0), Some(100.0), Some(100.0))
    );
    assert_eq!(figures(&[], vec![7.0]).percentile(95), Some(7.0));
    assert_eq!(figures(&[], Vec::new()).percentile(50), None);
}
