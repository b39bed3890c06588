//! A page to hand to a bookkeeper: one file that asks nothing of the network.

use chrono::{DateTime, Utc};
use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::chart::chart;
use super::print::{counted, things, verdict};
use crate::db::rows::Account;
use crate::reconcile::{Finding, Request, Summary, money};

const STYLE: &str = ":root{color-scheme:light dark;--line:#8884;--mirror:#3b7dd8;--report:#e08a2e}\
body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}\
h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2rem}table{border-collapse:collapse;width:100%}\
th,td{text-align:left;padding:.25rem .6rem;border-bottom:1px solid var(--line)}\
.wide{overflow-x:auto}.v{min-width:8rem;max-width:20rem;overflow-wrap:anywhere}h1,p,li{overflow-wrap:anywhere}\
.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}.off{font-weight:600}\
svg{width:100%;min-width:36rem;height:auto;margin-top:1.5rem}svg text{font-size:10px;fill:currentColor}rect.mirror{fill:var(--mirror)}rect.report{fill:var(--report)}\
.key span{display:inline-block;width:.8em;height:.8em}.key .mirror{background:var(--mirror)}.key .report{background:var(--report)}\
@media print{body{margin:0;max-width:none;font-size:11px}.wide{overflow:visible}svg{min-width:0}tr{break-inside:avoid}thead{display:table-header-group}}";

/// The page.
pub(super) fn page(
    account: &Account,
    request: &Request,
    summary: &Summary,
    found_first: &[Finding],
    at: DateTime<Utc>,
) -> Markup {
    let file = request.report.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let title = format!("{} of {}", summary.kind.name(), account.host);
    let verdict = verdict(summary);
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                main {
                    h1 { (title) }
                    p { b { (verdict) "." } }
                    p {
                        "Compared on " (at.format("%F %H:%M")) " UTC: " (file) ", " (counted(summary.rows, "row", "rows"))
                        ", with the mirror; " (things(summary)) " on both sides. " (range(request))
                    }
                    (sums(summary))
                    (wide("Chart", &chart(&summary.totals, summary.decimals)))
                    @if !summary.assumed.is_empty() {
                        h2 { "What was assumed" }
                        ul { @for assumed in &summary.assumed { li { (assumed) } } }
                    }
                    (differences(summary, found_first))
                    (days(summary))
                    p { small { "SHA-256 of the file: " (summary.sha256) } }
                }
            }
        }
    }
}

/// What may be wider than a phone: it scrolls by itself, by the keyboard too, and the page does not.
fn wide(label: &str, content: &Markup) -> Markup {
    html! { @if !content.0.is_empty() { div class="wide" tabindex="0" role="region" aria-label=(label) { (content) } } }
}

fn range(request: &Request) -> String {
    let selection = &request.selection;
    let day = |day: Option<chrono::NaiveDate>, none: &str| day.map_or_else(|| none.to_owned(), |day| day.to_string());
    if !selection.is_range() {
        return "All days.".to_owned();
    }
    format!("Days {} to {}.", day(selection.from, "from the first"), day(selection.to, "the last"))
}

fn sums(summary: &Summary) -> Markup {
    let amount = |amount| money(amount, summary.decimals);
    let all = summary.totals.all;
    html! {
        table {
            tr { th { "Sum of the mirror" } td class="n" { (amount(all.mirror)) } }
            tr { th { "Sum of the report" } td class="n" { (amount(all.report)) } }
            tr class="off" { th { "Difference" } td class="n" { (amount(all.difference())) } }
        }
    }
}

fn differences(summary: &Summary, found: &[Finding]) -> Markup {
    let all: u64 = summary.counts.each().map(|(.., count)| count).sum();
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    html! {
        @if !found.is_empty() {
            h2 { "Differences" }
            @if all > found.len() as u64 { p { "The first " (found.len()) " of " (all) "; --csv has all of them." } }
            (wide("Differences", &html! { table {
                thead { tr { th { "Difference" } th { "Kind" } th { "Code" } th { "Field" } th { "Mirror" } th { "Report" } } }
                tbody {
                    @for finding in found {
                        tr {
                            td { (finding.difference.name()) } td { (finding.kind.name()) } td class="v" { (finding.code) }
                            td { (text(&finding.field)) } td class="v" { (text(&finding.mirror)) } td class="v" { (text(&finding.report)) }
                        }
                    }
                }
            } }))
        }
    }
}

fn days(summary: &Summary) -> Markup {
    let amount = |amount| money(amount, summary.decimals);
    html! {
        @if !summary.totals.days.is_empty() {
            h2 { "Days" }
            (wide("Days", &html! { table {
                thead { tr { th { "Day" } th class="n" { "Mirror" } th class="n" { "Report" } th class="n" { "Difference" } } }
                tbody {
                    @for (day, sums) in &summary.totals.days {
                        tr class=[(!sums.difference().is_zero()).then_some("off")] {
                            td { (day) } td class="n" { (amount(sums.mirror)) } td class="n" { (amount(sums.report)) }
                            td class="n" { (amount(sums.difference())) }
                        }
                    }
                }
            } }))
        }
    }
}
