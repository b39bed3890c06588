//! Whether a booking's amounts add up.

use rust_decimal::Decimal;

use super::{Payment, Stored};
use crate::db::rows::Booking;
use crate::db::types::Amount;

/// Of more taxes than these not every choice is tried.
const TAXES: usize = 12;

/// More was paid than is to be paid.
pub(super) fn paid_above_total(booking: &Booking) -> Option<String> {
    let (paid, total) = (booking.paid_total?.0, booking.total?.0);
    (paid > total).then(|| format!("paid_total {} is above total {}", plain(paid), plain(total)))
}

/// What was paid is not what its payments add up to.
pub(super) fn payments(booking: &Booking, payments: &[Payment]) -> Option<String> {
    let paid = booking.paid_total.map_or(Decimal::ZERO, |amount| amount.0);
    let sum: Decimal = payments.iter().map(|payment| payment.counts.0).sum();
    if sum == paid {
        return None;
    }
    Some(if payments.is_empty() {
        format!("paid_total is {}, and no payment of it was delivered", plain(paid))
    } else {
        format!("its payments add up to {}, and paid_total is {}", plain(sum), plain(paid))
    })
}

/// The lines are not the total; a discount, or a fee that is listed beside the taxes, explains a difference.
pub(super) fn lines(stored: &Stored) -> Option<String> {
    let booking = stored.booking.as_ref()?;
    let total = booking.total?.0;
    if booking.discount.is_some_and(|discount| !discount.0.is_zero()) || stored.lines.is_empty() {
        return None;
    }
    let sum = sum(stored.lines.iter().map(|line| line.total))?;
    let fees = amounts(stored);
    (sum != total && !is_some_of(total - sum, &fees))
        .then(|| format!("its lines add up to {}, and total is {}", plain(sum), plain(total)))
}

/// No choice of the listed taxes is the tax: inclusive ones and fees are listed, and not counted.
pub(super) fn taxes(stored: &Stored) -> Option<String> {
    let tax_total = stored.booking.as_ref()?.tax_total?.0;
    let listed = amounts(stored);
    (!listed.is_empty() && !is_some_of(tax_total, &listed)).then(|| {
        let listed: Vec<_> = listed.iter().map(|amount| plain(*amount)).collect();
        format!(
            "tax_total is {}, and no choice of the listed taxes adds up to it: {}",
            plain(tax_total),
            listed.join(", ")
        )
    })
}

/// The taxes within the lines are not the tax.
pub(super) fn line_taxes(stored: &Stored) -> Option<String> {
    let booking = stored.booking.as_ref()?;
    let tax_total = booking.tax_total?.0;
    if booking.discount.is_some_and(|discount| !discount.0.is_zero()) || stored.lines.is_empty() {
        return None;
    }
    let sum = sum(stored.lines.iter().map(|line| line.tax_total))?;
    // Each line rounds on its own.
    let rounding = Decimal::new(1, 2) * Decimal::from(stored.lines.len());
    let difference = (tax_total - sum).abs();
    (difference > rounding && !is_some_of(tax_total - sum, &amounts(stored)))
        .then(|| format!("the taxes of its lines add up to {}, and tax_total is {}", plain(sum), plain(tax_total)))
}

fn amounts(stored: &Stored) -> Vec<Decimal> {
    stored.taxes.iter().filter_map(|tax| tax.amount).map(|amount| amount.0).collect()
}

/// `None` where one of them is not known.
fn sum(amounts: impl Iterator<Item = Option<Amount>>) -> Option<Decimal> {
    amounts.map(|amount| amount.map(|amount| amount.0)).sum()
}

/// Whether some of the amounts, all or none of them add up to this.
fn is_some_of(sum: Decimal, amounts: &[Decimal]) -> bool {
    if amounts.len() > TAXES {
        return amounts.iter().sum::<Decimal>() == sum;
    }
    (0..1_usize << amounts.len()).any(|choice| {
        let chosen = amounts.iter().enumerate().filter(|(index, _)| choice >> index & 1 == 1);
        chosen.map(|(_, amount)| amount).sum::<Decimal>() == sum
    })
}

fn plain(amount: Decimal) -> String {
    amount.normalize().to_string()
}
