//! Headings as they are, repeated or translated.

use super::*;

#[test]
fn headings_survive_spreadsheets() {
    for (heading, column) in [
        ("Booking ID", Column::BookingId),
        ("  booking\nid ", Column::BookingId),
        ("Sub-total", Column::SubTotal),
        ("Subtotal", Column::SubTotal),
        ("Zip/Postal", Column::PostalZip),
        ("START DATE", Column::Start),
        ("Booking", Column::Item),
    ] {
        assert_eq!(Column::named(heading), Some(column), "{heading}");
    }
    for heading in ["Booking Date", "Betrag", "", "Amount Refunded", "Provider"] {
        assert_eq!(Column::named(heading), None, "{heading}");
    }
}

#[test]
fn each_report_is_told_by_its_headings() {
    use Column::{Amount, BookingId, Customer, CustomerId, Date, Email, Event, Status, Total, TransactionId};
    let said = |columns: &[Column]| kind(columns).map(ReportKind::name).map_err(|error| error.to_string());
    assert_eq!(said(&[BookingId, Status, Email, CustomerId]), Ok("Booking Index"));
    assert_eq!(said(&[TransactionId, Event, Amount, Date]), Ok("Transactions"));
    assert_eq!(said(&[BookingId, Amount, TransactionId]), Ok("Booking Index"), "a form field");
    assert_eq!(said(&[Customer, CustomerId, Email, Total]), Ok("Customers"));
    assert_eq!(said(&[Date, Total]), Ok("Sales by day"));
    assert!(said(&[TransactionId, Event]).unwrap_err().contains("`Amount` is missing"));
    assert!(said(&[BookingId, Email]).unwrap_err().contains("`Amount` is missing"));
    assert!(said(&[Date]).unwrap_err().contains("`Total` is missing"));
    assert!(said(&[Amount, Status]).unwrap_err().contains("of no report"));
}
