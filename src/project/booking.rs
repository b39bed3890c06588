//! A booking as a whole, row, lines and taxes: one delivery folded over what stood before.

use std::collections::BTreeMap;

use super::content;
use super::origin::Origin;
use super::rows::json;
use crate::checkfront::{self, Contact, Line};
use crate::db::rows::{Booking, BookingItem, BookingTax};
use crate::db::types::{Amount, Json, Timestamp};

/// A booking with all that belongs to it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Whole {
    pub booking: Booking,
    pub lines: BTreeMap<String, BookingItem>,
    pub taxes: Vec<BookingTax>,
}

impl Whole {
    /// The state after a delivery. Marks and dates are set; what is not carried stays only where the body is partial.
    pub(super) fn after(before: Option<&Self>, body: &checkfront::Booking, origin: &Origin) -> Self {
        let booking = booking(before.map(|whole| &whole.booking), body, origin);
        // A deletion may hold no more than a code; what is known of the booking stays.
        let keeps = body.partial || origin.delete;
        let lines = match (&body.lines, before) {
            (None, Some(before)) if keeps => before.lines.clone(),
            (lines, _) => {
                lines.iter().flatten().map(|line| (line.line_id.clone(), item(line, &body.code, origin))).collect()
            }
        };
        let taxes = match (&body.taxes, before) {
            (None, Some(before)) if keeps => before.taxes.clone(),
            (taxes, _) => (1..)
                .zip(taxes.iter().flatten())
                .map(|(position, read)| tax(position, read, &body.code, origin))
                .collect(),
        };
        let mut after = Self { booking, lines, taxes };
        if let Some(before) = before {
            after.keep_unchanged_lines(before);
        }
        let contact = (!keeps || !body.contact.is_empty()).then(|| body.contact.to_json());
        let before = before.map(|before| before.booking.content_hash.as_str());
        after.booking.content_hash = content::content_hash(&after, contact.as_ref(), before);
        after
    }

    /// A line that says the same as before was last changed by the event that it was.
    fn keep_unchanged_lines(&mut self, before: &Self) {
        for (line_id, line) in &mut self.lines {
            if let Some(old) = before.lines.get(line_id) {
                let event_id = std::mem::replace(&mut line.last_event_id, old.last_event_id);
                if line != old {
                    line.last_event_id = event_id;
                }
            }
        }
        for (tax, old) in self.taxes.iter_mut().zip(&before.taxes) {
            let event_id = std::mem::replace(&mut tax.last_event_id, old.last_event_id);
            if tax != old {
                tax.last_event_id = event_id;
            }
        }
    }
}

fn booking(before: Option<&Booking>, body: &checkfront::Booking, origin: &Origin) -> Booking {
    let kept = before.filter(|_| body.partial || origin.delete);
    // Takes the body's value, or what stood there where the body leaves it alone.
    macro_rules! carried {
        ($value:expr, $column:ident) => {
            $value.or_else(|| kept.and_then(|row| row.$column.clone()))
        };
    }
    let created_at = carried!(body.created_at.map(Timestamp), created_at);
    let start_at = carried!(body.start_at.map(Timestamp), start_at);
    let end_at = carried!(body.end_at.map(Timestamp), end_at);
    let contact = &body.contact;
    Booking {
        account_id: origin.account_id,
        code: body.code.clone(),
        booking_id: carried!(body.booking_id, booking_id),
        status_id: carried!(body.status.clone(), status_id),
        customer_key: customer_key(contact, kept),
        customer_name: carried!(contact.name.clone(), customer_name),
        customer_email: carried!(contact.email.clone(), customer_email),
        customer_phone: carried!(contact.phone.clone(), customer_phone),
        created_at,
        start_at,
        end_at,
        created_on: origin.day(created_at),
        start_on: origin.day(start_at),
        end_on: origin.day(end_at),
        staff_id: carried!(body.staff_id, staff_id),
        source_ip: carried!(body.source_ip.clone(), source_ip),
        tid: carried!(body.tid.clone(), tid),
        currency_id: carried!(body.currency_id.clone(), currency_id),
        sub_total: carried!(body.sub_total.map(Amount), sub_total),
        tax_total: carried!(body.tax_total.map(Amount), tax_total),
        paid_total: carried!(body.paid_total.map(Amount), paid_total),
        discount: carried!(body.discount.map(Amount), discount),
        total: carried!(body.total.map(Amount), total),
        fields: carried!(body.fields.clone().map(Json), fields),
        meta: carried!(body.meta.clone().map(Json), meta),
        extra: carried!(json(body.extra.clone()), extra),
        content_hash: String::new(),
        // Only the API tells these; no webhook takes them away.
        provider: before.and_then(|row| row.provider.clone()),
        partner_id: before.and_then(|row| row.partner_id),
        checked_in_at: before.and_then(|row| row.checked_in_at),
        checked_out_at: before.and_then(|row| row.checked_out_at),
        tax_inc_total: before.and_then(|row| row.tax_inc_total),
        first_event_id: before.map_or(origin.id, |row| row.first_event_id),
        last_event_id: origin.id,
        updated_at: origin.at,
        deleted_at: origin.delete.then(|| before.and_then(|row| row.deleted_at).unwrap_or(origin.at)),
    }
}

/// A partial body without a code does not take a booking away from the customer whose code it has.
fn customer_key(contact: &Contact, kept: Option<&Booking>) -> Option<String> {
    let kept = kept.and_then(|row| row.customer_key.clone());
    match kept {
        Some(code) if contact.code.is_none() && contact.forgotten.is_none() && !code.starts_with("email:") => {
            Some(code)
        }
        kept => contact.key().ok().flatten().or(kept),
    }
}

fn item(line: &Line, code: &str, origin: &Origin) -> BookingItem {
    let (start_at, end_at) = (line.start_at.map(Timestamp), line.end_at.map(Timestamp));
    BookingItem {
        account_id: origin.account_id,
        booking_code: code.to_owned(),
        line_id: line.line_id.clone(),
        parent_line_id: line.line_id.rsplit_once('.').map(|(parent, _)| parent.to_owned()),
        item_id: line.item_id,
        category_id: line.category_id,
        sku: line.sku.clone(),
        name: line.name.clone(),
        status_id: line.status.clone(),
        qty: line.qty,
        start_at,
        end_at,
        start_on: origin.day(start_at),
        end_on: origin.day(end_at),
        total: line.total.map(Amount),
        tax_total: line.tax_total.map(Amount),
        slip: line.slip.clone(),
        package_id: line.package_id.clone(),
        params: line.params.clone().map(Json),
        extra: json(line.extra.clone()),
        last_event_id: origin.id,
    }
}

fn tax(position: i32, tax: &checkfront::Tax, code: &str, origin: &Origin) -> BookingTax {
    BookingTax {
        account_id: origin.account_id,
        booking_code: code.to_owned(),
        position,
        tax_id: tax.tax_id,
        name: tax.name.clone(),
        amount: tax.amount.map(Amount),
        last_event_id: origin.id,
    }
}
