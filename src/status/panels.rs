//! The parts of the overview that follow by themselves: each is a fragment with an id, sent anew when it changes.

use maud::{Markup, html};

use super::chart::{Bar, Chart};
use super::deliveries;
use super::figures::Figures;
use super::pulse::Look;
use super::text::{ago, count, deliveries as deliveries_of, distance, milliseconds};
use super::viewer::Viewer;

/// How long the oldest delivery may wait before it counts as being behind, in seconds.
const BEHIND: i64 = 60;

/// The fragments, by the ids of their elements.
pub(super) fn all(look: &Look, viewer: &Viewer) -> Vec<(&'static str, Markup)> {
    let mut panels = vec![("now", now(look)), ("standing", standing(look))];
    if let Some(figures) = &look.figures {
        panels.push(("rates", rates(look, figures)));
        panels.push(("latest", deliveries::table(&figures.latest, viewer, look.at)));
    }
    panels
}

/// Is it receiving?
fn now(look: &Look) -> Markup {
    let last = look.figures.as_ref().and_then(|figures| figures.latest.first());
    let waiting = look.figures.as_ref().and_then(|figures| figures.oldest_pending);
    let behind = waiting.is_some_and(|at| (look.at - at.0).num_seconds() > BEHIND);
    let (class, word) = match (look.is_ready, look.is_up) {
        (false, _) => ("bad", "Not receiving"),
        (true, false) => ("warn", "Receiving into the spool"),
        (true, true) if behind => ("warn", "Receiving, and behind"),
        (true, true) if !look.silent.is_empty() => ("warn", "Silent for improbably long"),
        (true, true) if last.is_none() => ("good", "Ready"),
        (true, true) => ("good", "Receiving"),
    };
    let failed = look.figures.as_ref().map_or(0, |figures| figures.failed);
    html! {
        p.verdict { span class=(format!("light {class}")) {} strong { (word) } }
        p.lead {
            @match last {
                Some(event) => {
                    "The last delivery came " (ago(event.received_at, look.at)) "."
                }
                None if look.figures.is_some() => { "No delivery has come yet." }
                None => { "The database does not answer now." }
            }
            @for silence in &look.silent {
                " " (silence.host) " has sent nothing since " (silence.minute())
                @if let Some(expected) = silence.expected { ", when " (format!("{:.0}", expected.deliveries)) " deliveries would be usual" }
                ": see whether Checkfront still sends, and reaches this server."
            }
            @if !look.is_ready { " Neither the database nor the spool takes deliveries: they are refused with 503. The log says why." }
            @else if !look.is_up { " What comes is kept in the spool, and moved into the database once that answers." }
            @else if behind { " The oldest that waits came " (waiting.map(|at| distance(at, look.at)).unwrap_or_default()) " ago." }
            @if failed > 0 { " " a href="/dead-letters" { (deliveries_of(failed)) } " could not be projected." }
        }
    }
}

/// The figures beside it.
fn standing(look: &Look) -> Markup {
    let figures = look.figures.as_deref();
    let lag = figures.and_then(|figures| figures.oldest_pending).into_iter().chain(look.spool.since).min();
    html! {
        dl.cards {
            div { dt { "Behind" } dd { (lag.map_or_else(|| "0 s".to_owned(), |at| distance(at, look.at))) }
                dd.small { (figures.map_or_else(|| "unknown".to_owned(), |figures| count(figures.pending))) " waiting" } }
            div { dt { "Dead letters" } dd { (figures.map_or_else(|| "–".to_owned(), |figures| count(figures.failed))) }
                dd.small { a href="/dead-letters" { "by cause" } } }
            div { dt { "Spool" } dd { (count(look.spool.events)) }
                dd.small { @match look.spool.since { Some(since) => { "since " (since.0.format("%F %H:%M")) }, None => "empty" } } }
            div { dt { "Freshness" }
                dd { (figures.and_then(|figures| figures.percentile(95)).map_or_else(|| "–".to_owned(), milliseconds)) }
                dd.small { "95 of 100 deliveries" } }
            div { dt { "Reconciled" }
                @match figures.and_then(|figures| figures.reconciled.as_ref()) {
                    Some(run) => { dd { (run.started_at.0.format("%F")) } dd.small { (run.state) } }
                    None => { dd { "never" } dd.small { code { "reconcile" } " a report" } }
                }
            }
        }
    }
}

/// Deliveries per minute and hour, and how soon they are in the tables.
fn rates(look: &Look, figures: &Figures) -> Markup {
    let bars = |spans: Vec<(i64, i64)>, format: &str| -> Vec<Bar> {
        let at = |minute: i64| chrono::DateTime::from_timestamp(minute * 60, 0).unwrap_or_default();
        #[allow(clippy::cast_precision_loss, reason = "counts of an hour stay far below 2^52")]
        let bar = |(minute, number): (i64, i64)| Bar {
            label: at(minute).format(format).to_string(),
            value: number as f64,
            shown: count(number),
        };
        spans.into_iter().map(bar).collect()
    };
    let (minutes, hours) =
        (bars(figures.spans(look.at, 60, 1), "%H:%M"), bars(figures.spans(look.at, 48, 60), "%d. %H h"));
    let percentiles = [50, 95, 99].into_iter().filter_map(|percent| {
        let value = figures.percentile(percent)?;
        Some(Bar { label: format!("{percent} of 100"), value, shown: milliseconds(value) })
    });
    let percentiles: Vec<_> = percentiles.collect();
    let milli = |time: std::time::Duration| time.as_secs_f64() * 1_000.0;
    let answered = look.answered.iter().map(|minute| {
        let value = minute.p99.map_or(0.0, milli);
        let shown = match (minute.p50, minute.p99) {
            (Some(half), Some(most)) => {
                format!("{}; half within {}", milliseconds(milli(most)), milliseconds(milli(half)))
            }
            _ => "–".to_owned(),
        };
        Bar { label: minute.began.format("%H:%M").to_string(), value, shown }
    });
    let answered: Vec<_> = answered.collect();
    let freshness = format!(
        "From receipt to the tables, last {}",
        deliveries_of(i64::try_from(figures.fresh.len()).unwrap_or_default())
    );
    html! {
        (Chart { id: "minutes", title: "Deliveries per minute, last hour", axes: ["Minute", "Deliveries"], bars: &minutes }.draw())
        (Chart { id: "hours", title: "Deliveries per hour, last two days", axes: ["Hour", "Deliveries"], bars: &hours }.draw())
        (Chart { id: "freshness", title: &freshness, axes: ["Deliveries", "Within"], bars: &percentiles }.draw())
        (Chart { id: "answers", title: "Answers, 99 of 100 within, by minute", axes: ["Minute", "Time"], bars: &answered }.draw())
    }
}
