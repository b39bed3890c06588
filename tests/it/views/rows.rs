//! The same for views of single rows, and of the history.

use super::raw::{Raw, Sums, of, text};
use chrono::Days;
use rust_decimal::Decimal;

pub(crate) fn cancellations_by_day(raw: &Raw) -> Vec<String> {
    let mut sums = Sums::default();
    let cancels =
        |account_id, status: Option<&String>| raw.status(account_id, status).is_some_and(|row| row.is_cancelled);
    for step in &raw.history {
        let booking = raw.booking(step.account_id, Some(&step.booking_code)).filter(|b| b.deleted_at.is_none());
        let Some(booking) = booking else { continue };
        let before = raw.before(step);
        let was = cancels(step.account_id, before.as_ref());
        if cancels(step.account_id, step.status_id.as_ref()) && !was {
            let key = [raw.host(step.account_id), text(step.recorded_on), text(booking.currency_id.clone())];
            sums.add(&key, &[Decimal::ONE, of(step.total), of(step.paid_total)]);
        }
    }
    sums.rows()
}

pub(crate) fn status_changes(raw: &Raw) -> Vec<String> {
    let mut rows = Vec::new();
    for step in &raw.history {
        let booking = raw.booking(step.account_id, Some(&step.booking_code)).filter(|b| b.deleted_at.is_none());
        let (Some(booking), before) = (booking, raw.before(step)) else { continue };
        if before != step.status_id {
            let label = raw.status(step.account_id, step.status_id.as_ref()).map(|status| status.label.clone());
            let money = [step.total, step.paid_total].map(|sum| text(sum.map(|sum| sum.0.normalize())));
            rows.push(
                [
                    raw.host(step.account_id),
                    step.booking_code.clone(),
                    step.event_id.to_string(),
                    text(step.recorded_on),
                    text(before),
                    text(step.status_id.clone()),
                    text(label),
                    text(booking.currency_id.clone()),
                    money.join("|"),
                ]
                .join("|"),
            );
        }
    }
    rows
}

pub(crate) fn arrivals(raw: &Raw) -> Vec<String> {
    let mut rows = Vec::new();
    let cancels =
        |account_id, status: Option<&String>| raw.status(account_id, status).is_some_and(|row| row.is_cancelled);
    for b in raw.bookings.iter().filter(|b| b.deleted_at.is_none() && !cancels(b.account_id, b.status_id.as_ref())) {
        for line in raw.lines_of(b).filter(|line| !cancels(line.account_id, line.status_id.as_ref())) {
            let Some(start) = line.start_on else { continue };
            let days = line.end_on.map_or(0, |end| (end - start).num_days().max(0)).unsigned_abs();
            for number in 0..=days {
                let item =
                    raw.item(b.account_id, line.item_id).and_then(|item| item.name.clone()).or(line.name.clone());
                let who = [&b.customer_key, &b.customer_name, &b.customer_email, &b.customer_phone];
                rows.push(
                    [
                        raw.host(b.account_id),
                        (start + Days::new(number)).to_string(),
                        b.code.clone(),
                        line.line_id.clone(),
                        text(line.parent_line_id.clone()),
                        (number + 1).to_string(),
                        (days + 1).to_string(),
                        text(line.item_id),
                        text(item),
                        text(line.sku.clone()),
                        text(line.qty),
                        text(b.status_id.clone()),
                        who.map(|value| text(value.clone())).join("|"),
                    ]
                    .join("|"),
                );
            }
        }
    }
    rows
}

pub(crate) fn add_on_sales(raw: &Raw) -> Vec<String> {
    let mut rows = Vec::new();
    for b in raw.sales() {
        for line in raw.lines_of(b).filter(|line| line.parent_line_id.is_some()) {
            let parent = raw.lines_of(b).find(|other| Some(&other.line_id) == line.parent_line_id.as_ref());
            let parent_item = parent.and_then(|parent| parent.item_id);
            let name = |item_id, own: Option<String>| {
                raw.item(b.account_id, item_id).and_then(|item| item.name.clone()).or(own)
            };
            rows.push(
                [
                    raw.host(b.account_id),
                    b.code.clone(),
                    line.line_id.clone(),
                    text(line.parent_line_id.clone()),
                    text(line.item_id),
                    text(name(line.item_id, line.name.clone())),
                    text(line.sku.clone()),
                    text(parent_item),
                    text(name(parent_item, parent.and_then(|parent| parent.name.clone()))),
                    text(parent.and_then(|parent| parent.sku.clone())),
                    text(b.created_on),
                    text(line.start_on),
                    text(b.currency_id.clone()),
                    text(line.qty),
                    text(line.tax_total.map(|sum| sum.0.normalize())),
                    text(line.total.map(|sum| sum.0.normalize())),
                ]
                .join("|"),
            );
        }
    }
    rows
}

pub(crate) fn booking_fields(raw: &Raw) -> Vec<String> {
    let mut rows = Vec::new();
    for b in raw.bookings.iter().filter(|b| b.deleted_at.is_none()) {
        for (field, value) in b.fields.iter().filter_map(|fields| fields.0.as_object()).flatten() {
            let days = [b.created_on, b.start_on].map(text).join("|");
            rows.push(format!("{}|{}|{days}|{field}|{}", raw.host(b.account_id), b.code, value.as_str().unwrap()));
        }
    }
    rows
}

pub(crate) fn freshness(raw: &Raw) -> Vec<String> {
    let row = |account: &checkfront_mirror::db::rows::Account| {
        let in_state = |state: &str| {
            let own = raw.events.iter().filter(|event| event.account_id.is_none_or(|id| id == account.account_id));
            own.filter(|event| event.state.as_str() == state).count()
        };
        let follow = i32::from(account.timezone != account.dates_timezone);
        let (pending, failed, zone) = (in_state("pending"), in_state("failed"), &account.timezone);
        format!("{}|{pending}|{failed}|{zone}|{follow}", raw.host(account.account_id))
    };
    raw.accounts.iter().map(row).collect()
}
