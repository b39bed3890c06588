//! `/`: is it receiving, and what came.

use std::net::SocketAddr;

use axum::extract::{ConnectInfo, State};
use axum::http::HeaderMap;
use chrono::NaiveDate;
use maud::{Markup, html};

use super::chart::{Bar, Chart};
use super::layout::{Page, page};
use super::pulse::Look;
use super::sales::Sums;
use super::text::{amount, count};
use super::viewer::Viewer;
use super::{panels, setup};
use crate::app::AppState;

/// Charts of different currencies that are shown.
const CURRENCIES: usize = 3;

pub(super) async fn show(
    State(app): State<AppState>,
    viewer: Viewer,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
) -> Page {
    let look = app.pulse.look().await;
    if look.figures.as_ref().is_some_and(|figures| figures.latest.is_empty() && look.spool.events == 0) {
        return setup::first_run(&app, &viewer, &look, &setup::origin(&app, peer, &headers));
    }
    let sums = app.sales.sums().await;
    overview(&viewer, &look, sums.as_deref())
}

fn overview(viewer: &Viewer, look: &Look, sums: Option<&Sums>) -> Page {
    let panels: std::collections::HashMap<_, _> = panels::all(look, viewer).into_iter().collect();
    let panel = |id: &str| panels.get(id).cloned().unwrap_or_default();
    let content = html! {
        h1.unseen { "Overview" }
        div data-live="/live" {
            section.hero aria-label="Is it receiving?" {
                div #now { (panel("now")) }
                div #standing { (panel("standing")) }
            }
            section aria-labelledby="rates-title" {
                h2 #rates-title { "Deliveries" }
                div.charts #rates { (panel("rates")) }
            }
            section aria-labelledby="latest-title" {
                h2 #latest-title { "Last deliveries" }
                div #latest { (panel("latest")) }
                p { a href="/deliveries" { "All deliveries" } }
            }
        }
        section aria-labelledby="sales-title" {
            h2 #sales-title { "Bookings and payments, last 30 days" }
            @match sums {
                Some(sums) => div.charts { (sales(sums)) },
                None => p { "The sums cannot be read now, or take long while many deliveries come. Load the page again in a moment." },
            }
        }
        section.standing aria-labelledby="mirror-title" {
            h2 #mirror-title { "Mirror" }
            p {
                "Version " (env!("CARGO_PKG_VERSION")) "; the tables are "
                (look.figures.as_ref().map_or("unknown", |figures| figures.migration.as_str())) ". "
                a href="/reports" { "Reports" } " have the sums by day, item and customer."
            }
        }
    };
    page(viewer, "Overview", &content)
}

fn sales(sums: &Sums) -> Markup {
    let dated = |of: &dyn Fn(NaiveDate) -> (f64, String)| -> Vec<Bar> {
        let bar = |day: &NaiveDate| {
            let (value, shown) = of(*day);
            Bar { label: day.format("%d %b").to_string(), value, shown }
        };
        sums.days.iter().map(bar).collect()
    };
    let number = |decimal: rust_decimal::Decimal| f64::try_from(decimal).unwrap_or_default();
    html! {
        @for (index, (currency, days)) in sums.sales.iter().enumerate().take(CURRENCIES) {
            @let of_day = |day: NaiveDate| days.get(&day).copied().unwrap_or_default();
            @let bookings = dated(&|day| { let sum = of_day(day); (f64::from(i32::try_from(sum.bookings).unwrap_or(i32::MAX)), count(sum.bookings)) });
            @let totals = dated(&|day| { let sum = of_day(day); (number(sum.total), amount(sum.total)) });
            (Chart { id: &format!("bookings-{index}"), title: &format!("Bookings by day created, {currency}"), axes: ["Day", "Bookings"], bars: &bookings }.draw())
            (Chart { id: &format!("revenue-{index}"), title: &format!("Sales by day created, {currency}"), axes: ["Day", "Total"], bars: &totals }.draw())
        }
        @for (index, (currency, days)) in sums.payments.iter().enumerate().take(CURRENCIES) {
            @let net = dated(&|day| { let net = days.get(&day).copied().unwrap_or_default(); (number(net), amount(net)) });
            (Chart { id: &format!("payments-{index}"), title: &format!("Payments less refunds, {currency}"), axes: ["Day", "Net"], bars: &net }.draw())
        }
        (statuses(sums))
    }
}

fn statuses(sums: &Sums) -> Markup {
    let most = sums.statuses.iter().map(|status| status.bookings).max().unwrap_or(1).max(1);
    html! {
        figure.chart {
            figcaption { "Bookings by status" }
            table.shares {
                thead { tr { th scope="col" { "Status" } th.number scope="col" { "Bookings" } th.unseen scope="col" { "Share" } } }
                tbody {
                    @for status in &sums.statuses {
                        tr {
                            th scope="row" { (status.label.as_deref().unwrap_or(&status.code)) }
                            td.number { (count(status.bookings)) }
                            td { meter min="0" max=(most) value=(status.bookings) aria-label=(format!("{} bookings", status.code)) {} }
                        }
                    }
                }
            }
        }
    }
}
