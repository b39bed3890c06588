//! What each view has to say, told from raw rows in plain Rust.

use chrono::{Datelike, Days, NaiveDate};
use rust_decimal::{Decimal, RoundingStrategy};

use super::raw::{Raw, Sums, of, signed, text};
use checkfront_mirror::db::rows::Booking;

const ONE: Decimal = Decimal::ONE;

fn bases(booking: &Booking) -> [(&'static str, Option<NaiveDate>); 3] {
    [("created", booking.created_on), ("start", booking.start_on), ("end", booking.end_on)]
}

fn quantity(raw: &Raw, booking: &Booking) -> Decimal {
    raw.lines_of(booking).map(|line| Decimal::from(line.qty.unwrap_or(0))).sum()
}

fn month(day: Option<NaiveDate>) -> Option<NaiveDate> {
    day.and_then(|day| day.with_day(1))
}

pub(crate) fn sales_by_day(raw: &Raw) -> Vec<String> {
    let mut sums = Sums::default();
    for b in raw.sales() {
        let money = [b.sub_total, b.tax_total, b.total, b.paid_total].map(of);
        for (basis, day) in bases(b) {
            let key = [raw.host(b.account_id), basis.to_owned(), text(day), text(b.currency_id.clone())];
            sums.add(&key, &[&[ONE, quantity(raw, b)], &money[..]].concat());
        }
    }
    sums.rows()
}

fn by_line(raw: &Raw, key: impl Fn(Option<i64>, Option<String>, Option<i64>, i32) -> Vec<String>) -> Vec<String> {
    let mut sums = Sums::default();
    for b in raw.sales() {
        for line in raw.lines_of(b) {
            for (basis, day) in bases(b) {
                let mut keys = vec![raw.host(b.account_id), basis.to_owned(), text(month(day))];
                keys.extend(key(line.item_id, line.sku.clone(), line.category_id, b.account_id));
                keys.push(text(b.currency_id.clone()));
                let money = [line.tax_total, line.total].map(of);
                sums.add(&keys, &[&[ONE, Decimal::from(line.qty.unwrap_or(0))], &money[..]].concat());
            }
        }
    }
    sums.rows()
}

pub(crate) fn sales_by_item(raw: &Raw) -> Vec<String> {
    by_line(raw, |item_id, sku, category_id, account_id| {
        let item = raw.item(account_id, item_id);
        let sku = item.and_then(|item| item.sku.clone()).or(sku);
        let category_id = category_id.or_else(|| item.and_then(|item| item.category_id));
        vec![text(item_id), text(sku), text(item.and_then(|item| item.name.clone())), text(category_id)]
    })
}

pub(crate) fn sales_by_category(raw: &Raw) -> Vec<String> {
    by_line(raw, |item_id, _, category_id, account_id| {
        let item = raw.item(account_id, item_id);
        let category_id = category_id.or_else(|| item.and_then(|item| item.category_id));
        let named = raw.items.iter().filter(|row| row.account_id == account_id && row.category_id == category_id);
        let name = named
            .filter(|row| category_id.is_some() && row.deleted_at.is_none())
            .filter_map(|row| row.category.clone())
            .max();
        vec![text(category_id), text(name)]
    })
}

pub(crate) fn payments_by_day(raw: &Raw) -> Vec<String> {
    let mut sums = Sums::default();
    for p in raw.payments() {
        let currency = raw.booking(p.account_id, p.booking_code.as_ref()).and_then(|b| b.currency_id.clone());
        let key = [raw.host(p.account_id), text(p.transacted_on), text(currency), text(p.payment_type.clone())];
        let (amount, zero) = (signed(p), Decimal::ZERO);
        let refund = p.status_id == "REFUND";
        sums.add(&key, &if refund { [zero, ONE, zero, amount, amount] } else { [ONE, zero, amount, zero, amount] });
    }
    sums.rows()
}

pub(crate) fn balances_due(raw: &Raw) -> Vec<String> {
    let due = raw.sales().filter(|b| b.total.is_some() && of(b.total) > of(b.paid_total));
    due.map(|b| {
        let (total, paid) = (of(b.total), of(b.paid_total));
        let who = [&b.customer_key, &b.customer_name, &b.customer_email, &b.customer_phone].map(|v| text(v.clone()));
        let days = [b.created_on, b.start_on, b.end_on].map(text);
        let money = [total, paid, total - paid].map(|sum| sum.normalize().to_string());
        let first = [raw.host(b.account_id), b.code.clone(), text(b.status_id.clone())];
        [first.join("|"), who.join("|"), days.join("|"), text(b.currency_id.clone()), money.join("|")].join("|")
    })
    .collect()
}

pub(crate) fn unearned_revenue(raw: &Raw) -> Vec<String> {
    let mut rows = Vec::new();
    for account in &raw.accounts {
        let of_account = || raw.sales().filter(|b| b.account_id == account.account_id && b.start_on.is_some());
        let currencies: std::collections::BTreeSet<_> = of_account().map(|b| b.currency_id.clone()).collect();
        for currency in currencies {
            let own = || of_account().filter(|b| b.currency_id == currency);
            let (mut day, last) =
                (own().filter_map(|b| b.start_on).min().unwrap(), own().filter_map(|b| b.start_on).max());
            while Some(day) <= last {
                let on_day = || own().filter(|b| b.start_on == Some(day));
                let paid: Decimal = on_day().map(|b| of(b.paid_total)).sum();
                let later: Decimal = own().filter(|b| b.start_on > Some(day)).map(|b| of(b.paid_total)).sum();
                let host = raw.host(account.account_id);
                let (paid, later, count) = (paid.normalize(), later.normalize(), on_day().count());
                rows.push(format!("{host}|{day}|{}|{count}|{paid}|{later}", text(currency.clone())));
                day = day + Days::new(1);
            }
        }
    }
    rows
}

pub(crate) fn tax_by_day(raw: &Raw) -> Vec<String> {
    let mut sums = Sums::default();
    for b in raw.bookings.iter().filter(|b| b.deleted_at.is_none()) {
        let own = raw.taxes.iter().filter(|t| (t.account_id, &t.booking_code) == (b.account_id, &b.code));
        let mut taxes: Vec<_> = own.map(|t| (text(t.tax_id), text(t.name.clone()), of(t.amount))).collect();
        if taxes.is_empty() && of(b.tax_total) != Decimal::ZERO {
            taxes.push((text(None::<i64>), text(None::<i64>), of(b.tax_total)));
        }
        let sale = raw.status(b.account_id, b.status_id.as_ref()).is_some_and(|status| status.is_sale);
        for (id, name, amount) in taxes {
            let key = |basis: &str, day| {
                [
                    raw.host(b.account_id),
                    basis.to_owned(),
                    text(day),
                    text(b.currency_id.clone()),
                    id.clone(),
                    name.clone(),
                ]
            };
            if sale {
                sums.add(&key("accrual", b.start_on), &[amount]);
            }
            for p in raw.payments().filter(|p| p.account_id == b.account_id && p.booking_code.as_ref() == Some(&b.code))
            {
                if of(b.total) != Decimal::ZERO {
                    let share = signed(p) * amount / of(b.total);
                    let share = share.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero);
                    sums.add(&key("cash", p.transacted_on), &[share]);
                }
            }
        }
    }
    sums.rows()
}

pub(crate) fn lead_times(raw: &Raw) -> Vec<String> {
    let mut sums = Sums::default();
    for b in raw.sales() {
        let (Some(created), Some(start)) = (b.created_on, b.start_on) else { continue };
        let key = [raw.host(b.account_id), text(month(Some(created))), (start - created).num_days().to_string()];
        sums.add(&key, &[ONE, quantity(raw, b)]);
    }
    sums.rows()
}

pub(crate) fn customer_value(raw: &Raw) -> Vec<String> {
    let mut sums = Sums::default();
    for b in raw.sales() {
        let Some(key) = &b.customer_key else { continue };
        let customer = raw.customers.iter().find(|c| c.account_id == b.account_id && c.customer_key == *key);
        let of_customer =
            |column: fn(&checkfront_mirror::db::rows::Customer) -> Option<String>| text(customer.and_then(column));
        let who = [of_customer(|c| c.code.clone()), of_customer(|c| c.name.clone()), of_customer(|c| c.email.clone())];
        let key = [raw.host(b.account_id), key.clone(), who.join("|"), text(b.currency_id.clone())];
        sums.add(&key, &[ONE, quantity(raw, b), of(b.total), of(b.paid_total)]);
    }
    sums.rows()
}
