//! The sums of days as a chart: two bars for each day, or for each month where there are many days.

use std::collections::BTreeMap;

use maud::{Markup, html};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use crate::reconcile::{Sums, Totals, money};

/// Days that still have bars of their own.
const DAYS: usize = 62;
const WIDTH: f64 = 900.0;
const HEIGHT: f64 = 220.0;
/// Room for labels.
const MARGIN: f64 = 24.0;
/// How wide a label is.
const LABEL: f64 = 60.0;

/// The chart; nothing where no day has a sum.
pub(super) fn chart(totals: &Totals, decimals: u32) -> Markup {
    let bars = bars(totals);
    let most = bars.values().flat_map(|sums| [sums.mirror.abs(), sums.report.abs()]).max().unwrap_or_default();
    if bars.is_empty() || most.is_zero() {
        return html! {};
    }
    let share = |amount: Decimal| (amount.abs() / most).to_f64().unwrap_or_default() * (HEIGHT - MARGIN);
    let slot = WIDTH / f64::from(u32::try_from(bars.len()).unwrap_or(u32::MAX));
    let bar = |place: usize, side: f64, amount: Decimal, class: &str, label: &str| {
        let left = f64::from(u32::try_from(place).unwrap_or(u32::MAX)) * slot + side * slot * 0.42 + slot * 0.08;
        let height = share(amount);
        html! {
            rect class=(class) x=(number(left)) y=(number(HEIGHT - MARGIN - height)) width=(number(slot * 0.4)) height=(number(height)) {
                title { (label) ": " (class) " " (money(amount, decimals)) }
            }
        }
    };
    let each = 1 + bars.len() / 12;
    html! {
        svg viewBox={ "0 0 " (number(WIDTH)) " " (number(HEIGHT)) } role="img" aria-labelledby="chart" aria-describedby="sums" {
            title id="chart" { "Sums of the mirror and the report" }
            desc id="sums" { (said(&bars, decimals)) }
            @for (place, (label, sums)) in bars.iter().enumerate() {
                (bar(place, 0.0, sums.mirror, "mirror", label))
                (bar(place, 1.0, sums.report, "report", label))
                @let left = f64::from(u32::try_from(place).unwrap_or(u32::MAX)) * slot;
                @if place % each == 0 && left + LABEL <= WIDTH {
                    text x=(number(left)) y=(number(HEIGHT - 6.0)) { (label) }
                }
            }
        }
        p class="key" { span class="mirror" {} " mirror " span class="report" {} " report; highest " (money(most, decimals)) }
    }
}

/// Longest list of sums that a chart says; the table of days has all of them.
const SAID: usize = 12;

/// The chart in words: the sums that differ, as many as can be listened to.
fn said(bars: &BTreeMap<String, Sums>, decimals: u32) -> String {
    let differing: Vec<_> = bars.iter().filter(|(_, sums)| !sums.difference().is_zero()).collect();
    if differing.is_empty() {
        let sum: Decimal = bars.values().map(|sums| sums.mirror).sum();
        return format!("Equal in each bar: the mirror has {} in all, the report too.", money(sum, decimals));
    }
    let each = differing.iter().take(SAID).map(|(label, sums)| {
        format!("{label}: the mirror has {}, the report {}", money(sums.mirror, decimals), money(sums.report, decimals))
    });
    let more = differing.len().saturating_sub(SAID);
    let rest = if more > 0 { format!("; {more} more differ") } else { String::new() };
    format!("{}{rest}.", each.collect::<Vec<_>>().join("; "))
}

fn bars(totals: &Totals) -> BTreeMap<String, Sums> {
    let by_month = totals.days.len() > DAYS;
    let mut bars: BTreeMap<String, Sums> = BTreeMap::new();
    for (day, sums) in &totals.days {
        let label = if by_month { day.format("%Y-%m").to_string() } else { day.to_string() };
        let bar = bars.entry(label).or_default();
        bar.mirror += sums.mirror;
        bar.report += sums.report;
    }
    bars
}

fn number(value: f64) -> String {
    format!("{value:.1}")
}
