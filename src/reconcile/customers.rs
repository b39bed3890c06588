//! Customers: by code, and those that only one side knows a code of by their address.

use std::cmp::Ordering;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::columns::Column;
use super::comparing::{Comparing, of};
use super::difference::{Difference, Subject};
use super::load::{Reader, Report, Row};
use super::sorter::{Kept, Sorted, Sorter};
use super::{Error, Step};
use crate::db::Tx;
use crate::db::in_order::{self, OrderedCustomer};

/// Words that are compared, and their names in the mirror.
const WORDS: [(Column, &str); 8] = [
    (Column::Customer, "name"),
    (Column::Email, "email"),
    (Column::Phone, "phone"),
    (Column::Address, "address"),
    (Column::City, "city"),
    (Column::Region, "region"),
    (Column::Country, "country"),
    (Column::PostalZip, "postal_zip"),
];

/// A customer of either side.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Person {
    key: String,
    row: u64,
    words: [String; WORDS.len()],
    bookings: Option<Decimal>,
    total: Option<Decimal>,
}

/// Compares the whole report; returns what was assumed.
pub(super) fn compare(
    tx: &mut Tx<'_>,
    account_id: i32,
    report: &mut Report,
    comparing: &mut Comparing<'_>,
    step: Step<'_>,
) -> Result<Vec<String>, Error> {
    step("comparing", 0, 0);
    let mut of_mirror = mirrored(tx, account_id, comparing)?;
    let mut of_report = listed(report, comparing)?;
    // Whoever has no partner by key may have one by address.
    let (mut rest, mut other_rest) = (Sorter::new()?, Sorter::new()?);
    merge(&mut of_report, &mut of_mirror, &mut |pair| match pair {
        (Some(listed), Some(mirrored)) => both(comparing, &listed, &mirrored),
        (Some(alone), None) => keep(&mut rest, &by_address(&alone), &alone),
        (None, Some(alone)) => keep(&mut other_rest, &by_address(&alone), &alone),
        (None, None) => Ok(()),
    })?;
    merge(&mut rest.sort()?, &mut other_rest.sort()?, &mut |pair| match pair {
        (Some(listed), Some(mirrored)) if !listed.words[1].is_empty() => both(comparing, &listed, &mirrored),
        (listed, mirrored) => {
            listed.map_or(Ok(()), |person| alone(comparing, &person, Difference::MissingInMirror))?;
            mirrored.map_or(Ok(()), |person| alone(comparing, &person, Difference::MissingInReport))
        }
    })?;
    let counted = [Column::Bookings, Column::Total].into_iter().any(|column| report.headings.has(column));
    let assumed = "`Bookings` and `Total` are compared with the customer's bookings whose status is a sale";
    Ok(counted.then(|| assumed.to_owned()).into_iter().collect())
}

/// The mirror's customers with their sales, by key.
fn mirrored(tx: &mut Tx<'_>, account_id: i32, comparing: &Comparing<'_>) -> Result<Sorted, Error> {
    let mut sales = Sorter::new()?;
    let mut sum: (String, u64, Decimal) = Default::default();
    in_order::bookings_of_customers(tx, account_id, |(key, status, total)| -> Result<(), Error> {
        let key = key.unwrap_or_default();
        if key != sum.0 {
            let (key, bookings, total) = std::mem::replace(&mut sum, (key, 0, Decimal::ZERO));
            sales.keep(&key, 0, &serde_json::json!([bookings, total]).to_string())?;
        }
        if comparing.statuses.is_sale(status.as_deref()) {
            sum.1 += 1;
            sum.2 += of(total).unwrap_or_default();
        }
        Ok(())
    })?;
    sales.keep(&sum.0, 0, &serde_json::json!([sum.1, sum.2]).to_string())?;
    let mut sales = sales.sort()?;
    let mut sales = sales.rows()?.peekable();
    let mut people = Sorter::new()?;
    in_order::customers(tx, account_id, |row: OrderedCustomer| {
        let mut sold: (u64, Decimal) = Default::default();
        while let Some(next) = sales.next_if(|next| next.as_ref().map_or(true, |(key, ..)| *key <= row.customer_key)) {
            let (key, _, data) = next?;
            if key == row.customer_key {
                sold = serde_json::from_str(&data).unwrap_or_default();
            }
        }
        if row.customer_key.starts_with("forgotten:") {
            return Ok(());
        }
        let words = [row.name, row.email, row.phone, row.address, row.city, row.region, row.country, row.postal_zip];
        let words = words.map(Option::unwrap_or_default);
        let (bookings, total) = (Some(sold.0.into()), Some(sold.1));
        keep(&mut people, &row.customer_key.clone(), &Person { key: row.customer_key, row: 0, words, bookings, total })
    })?;
    people.sort()
}

/// The report's customers, each once.
fn listed(report: &mut Report, comparing: &mut Comparing<'_>) -> Result<Sorted, Error> {
    let mut people = Sorter::new()?;
    let (reader, rows) = report.rows()?;
    let mut last: Option<(String, u64)> = None;
    for row in rows {
        let (key, row) = row?;
        if let Some((_, first)) = last.as_ref().filter(|(last, _)| *last == key) {
            let rows = format!("rows {first}, {}", row.number);
            comparing.find(Difference::Duplicate, (Subject::Customer, shown(&key)), Some("row"), None, Some(rows))?;
            continue;
        }
        keep(&mut people, &key, &person(&reader, &row, &key))?;
        last = Some((key, row.number));
    }
    people.sort()
}

fn person(reader: &Reader<'_>, row: &Row, key: &str) -> Person {
    let words = WORDS.map(|(column, _)| reader.text(row, column).to_owned());
    let (bookings, total) = (reader.amount(row, Column::Bookings), reader.amount(row, Column::Total));
    Person { key: key.to_owned(), row: row.number, words, bookings, total }
}

fn keep(people: &mut Sorter, key: &str, person: &Person) -> Result<(), Error> {
    people.keep(key, i64::try_from(person.row).unwrap_or_default(), &serde_json::to_string(person).unwrap_or_default())
}

type Pair<'p> = dyn FnMut((Option<Person>, Option<Person>)) -> Result<(), Error> + 'p;

/// Goes through both sides by key, once; of several equal keys the first belongs to the first.
fn merge(report: &mut Sorted, mirror: &mut Sorted, pair: &mut Pair<'_>) -> Result<(), Error> {
    let (mut report, mut mirror) = (report.rows()?.peekable(), mirror.rows()?.peekable());
    let person = |kept: Option<Result<Kept, Error>>| -> Result<Option<Person>, Error> {
        Ok(kept.transpose()?.map(|(_, _, data)| serde_json::from_str(&data).unwrap_or_default()))
    };
    loop {
        let order = match (report.peek(), mirror.peek()) {
            (None, None) => return Ok(()),
            (Some(Ok((one, ..))), Some(Ok((other, ..)))) => one.cmp(other),
            (Some(_), _) => Ordering::Less,
            (None, _) => Ordering::Greater,
        };
        let listed = if order == Ordering::Greater { None } else { person(report.next())? };
        let mirrored = if order == Ordering::Less { None } else { person(mirror.next())? };
        pair((listed, mirrored))?;
    }
}

fn by_address(person: &Person) -> String {
    person.words[1].trim().to_lowercase()
}

/// The code, or the address alone.
fn shown(key: &str) -> &str {
    key.strip_prefix("email:").unwrap_or(key)
}

fn both(comparing: &mut Comparing<'_>, listed: &Person, mirrored: &Person) -> Result<(), Error> {
    comparing.pairs += 1;
    let about = (Subject::Customer, shown(&listed.key));
    for (place, (_, field)) in WORDS.iter().enumerate() {
        comparing.words(about, field, &mirrored.words[place], &listed.words[place])?;
    }
    if listed.bookings.is_some() {
        comparing.count(about, "bookings", mirrored.bookings, listed.bookings.as_slice())?;
    }
    if listed.total.is_some() {
        comparing.amount(about, "total", mirrored.total, listed.total.as_slice())?;
    }
    comparing.totals.add_report(None, listed.total.unwrap_or_default());
    comparing.totals.add_mirror(None, mirrored.total.unwrap_or_default());
    Ok(())
}

fn alone(comparing: &mut Comparing<'_>, person: &Person, difference: Difference) -> Result<(), Error> {
    let total = person.total.map(|total| comparing.money(total));
    let about = (Subject::Customer, shown(&person.key));
    let total_of = person.total.unwrap_or_default();
    if difference == Difference::MissingInMirror {
        comparing.totals.add_report(None, total_of);
        comparing.find(difference, about, None, None, total)
    } else {
        comparing.totals.add_mirror(None, total_of);
        comparing.find(difference, about, None, total, None)
    }
}
