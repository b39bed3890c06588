//! What the columns of Checkfront's reports are, by their headings, and which report it is.

use super::Unreadable;

/// Checkfront's reports that can be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReportKind {
    /// One row for each booked item.
    BookingIndex,
    /// One row for each payment or refund.
    Transactions,
    /// One row for each customer.
    Customers,
    /// One row for each day.
    SalesByDay,
}

impl ReportKind {
    /// Its name in Checkfront.
    pub fn name(self) -> &'static str {
        match self {
            Self::BookingIndex => "Booking Index",
            Self::Transactions => "Transactions",
            Self::Customers => "Customers",
            Self::SalesByDay => "Sales by day",
        }
    }
}

/// What a column's cells are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cells {
    Text,
    Dates,
    Amounts,
}

macro_rules! columns {
    ($($column:ident $heading:literal $(or $other:literal)* : $cells:ident,)+) => {
        /// A column that is compared, or by which rows are told apart.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Column {
            $(#[doc = $heading] $column,)+
        }

        impl Column {
            /// All of them.
            pub(super) const ALL: &'static [Self] = &[$(Self::$column),+];

            /// Its heading in Checkfront's English.
            pub(super) fn heading(self) -> &'static str {
                match self { $(Self::$column => $heading,)+ }
            }

            /// What its cells are.
            pub(super) fn cells(self) -> Cells {
                match self { $(Self::$column => Cells::$cells,)+ }
            }

            /// The column with this heading, whatever its case, spaces and signs.
            pub(super) fn named(heading: &str) -> Option<Self> {
                let plain = plain(heading);
                Self::ALL.iter().copied().find(|column| match column {
                    $(Self::$column => [$heading $(, $other)*].iter().any(|known| self::plain(known) == plain),)+
                })
            }
        }
    };
}

columns! {
    BookingId "Booking ID" or "Booking Code": Text,
    Created "Created" or "Date Created": Dates,
    Start "Start date" or "Start": Dates,
    End "End date" or "End": Dates,
    Amount "Amount": Amounts,
    Status "Status": Text,
    Sku "SKU": Text,
    Item "Booking" or "Item": Text,
    Email "Email" or "Email Address": Text,
    CustomerId "Customer ID": Text,
    Paid "Amount Paid" or "Paid": Amounts,
    Due "Amount Due" or "Due": Amounts,
    SubTotal "Sub-total": Amounts,
    Taxes "Taxes" or "Tax": Amounts,
    TransactionId "Transaction ID": Text,
    Date "Date" or "Day": Dates,
    Event "Event": Text,
    ProviderTransaction "Provider Transaction": Text,
    Customer "Customer": Text,
    Bookings "Bookings": Amounts,
    Total "Total": Amounts,
    Quantity "Qty" or "Quantity": Amounts,
    Phone "Phone": Text,
    Address "Address": Text,
    City "City": Text,
    Region "Region": Text,
    Country "Country": Text,
    PostalZip "Zip / Postal" or "Postal / Zip": Text,
}

/// A heading without what spreadsheets and translators change: case, spaces, line breaks and signs.
pub(super) fn plain(heading: &str) -> String {
    heading.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Which report has such columns; an error says which heading is missing.
pub(super) fn kind(columns: &[Column]) -> Result<ReportKind, Unreadable> {
    use Column::{Amount, BookingId, Bookings, Created, CustomerId, Date, Due, Email, End, Event, Paid, Start, Status};
    use Column::{Quantity, SubTotal, Taxes, Total, TransactionId};
    let has = |column: &Column| columns.contains(column);
    let any = |wanted: &[Column]| wanted.iter().any(has);
    // A form field of bookings may be called `Transaction ID`.
    let has_payments = has(&TransactionId) && (!has(&BookingId) || (has(&Event) && has(&Amount)));
    let (kind, missing): (_, &[Column]) = if has_payments {
        let missing = [Event, Amount].iter().position(|column| !has(column));
        (ReportKind::Transactions, missing.map_or(&[], |place| &[Event, Amount][place..=place]))
    } else if has(&BookingId) {
        let compared = [Amount, Status, Created, Start, End, Paid, Due, SubTotal, Taxes];
        (ReportKind::BookingIndex, if any(&compared) { &[] } else { &[Amount] })
    } else if any(&[CustomerId, Email]) {
        (ReportKind::Customers, &[])
    } else if has(&Date) {
        let compared = [Bookings, Total, Amount, SubTotal, Taxes, Paid, Quantity];
        (ReportKind::SalesByDay, if any(&compared) { &[] } else { &[Total] })
    } else {
        return Err(Unreadable::new("its headings are those of no report that can be compared"));
    };
    match missing.first() {
        None => Ok(kind),
        Some(column) => {
            let problem = format!("its headings are those of {}, but `{}` is missing", kind.name(), column.heading());
            Err(Unreadable::new(problem))
        }
    }
}

#[cfg(test)]
mod tests;
