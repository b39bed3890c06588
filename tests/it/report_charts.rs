//! The charts of the reports' pages: all of the range that was asked for, evenly, and no more than what is known.

use serde_json::{Value, json};

use crate::support::{TestApp, on_both};

const HOST: &str = "harbour-tours.checkfront.example";

/// A chart as its table has it.
#[derive(Debug, PartialEq)]
struct Chart {
    title: String,
    bars: Vec<(String, String)>,
}

impl Chart {
    fn filled(&self) -> Vec<(&str, &str)> {
        let bars = self.bars.iter().map(|(label, value)| (label.as_str(), value.as_str()));
        bars.filter(|(_, value)| !["0.00", "0"].contains(value)).collect()
    }
}

fn between<'t>(text: &'t str, before: &str, behind: &str) -> &'t str {
    text.split_once(before).unwrap_or_else(|| panic!("no {before} in {text}")).1.split_once(behind).unwrap().0
}

async fn charts(app: &TestApp, path: &str) -> Vec<Chart> {
    let answer = app.client.get(format!("{}/reports/{path}", app.url)).send().await.unwrap();
    let page = answer.text().await.unwrap();
    let figures = page.split("<figure class=\"chart\">").skip(1).map(|rest| rest.split("</figure>").next().unwrap());
    let chart = |figure: &str| {
        let rows = between(figure, "<tbody>", "</tbody>").split("<tr>").skip(1);
        let cell = |row: &str, tag: &str| between(row, tag, "</").replace('\u{202f}', "");
        Chart {
            title: between(figure, "<figcaption>", "</figcaption>").to_owned(),
            bars: rows.map(|row| (cell(row, "<th scope=\"row\">"), cell(row, "<td class=\"number\">"))).collect(),
        }
    };
    figures.map(chart).collect()
}

async fn text(app: &TestApp, path: &str) -> String {
    app.client.get(format!("{}/reports/{path}", app.url)).send().await.unwrap().text().await.unwrap()
}

/// Noon on a day, in seconds since 1970.
fn noon(day: &str) -> i64 {
    let day: chrono::NaiveDate = day.parse().unwrap();
    day.and_hms_opt(12, 0, 0).unwrap().and_utc().timestamp()
}

/// A sale made and begun on these days, with so many lines of two each.
fn sale(code: &str, created: &str, start: &str, total: &str, currency: &str, lines: usize) -> String {
    let start = noon(start).to_string();
    let line = |number: usize| {
        json!({"@attributes": {"line_id": (number + 1).to_string(), "item_id": "1"}, "qty": "2", "total": if number == 0 { total } else { "0.00" },
            "status": "PAID", "start_date": start, "end_date": start})
    };
    let items: Vec<Value> = (0..lines).map(line).collect();
    json!({"@attributes": {"host": HOST}, "booking": {"code": code, "status": "PAID", "created_date": noon(created).to_string(),
        "start_date": start, "end_date": start, "order": {"@attributes": {"currency_id": currency}, "sub_total": total,
            "tax_total": "0.00", "paid_total": total, "total": total, "items": {"item": items}}}})
    .to_string()
}

fn sold(code: &str, created: &str, total: &str, currency: &str) -> String {
    sale(code, created, created, total, currency, 1)
}

on_both! {
    async fn a_year_has_a_bar_for_each_week(app: TestApp) {
        let sales = [
            ("AAAA-1", "2026-01-01", "10.00", "CAD"), ("AAAA-2", "2026-01-04", "20.00", "CAD"), ("AAAA-3", "2026-01-05", "5.00", "CAD"),
            ("AAAA-4", "2026-02-22", "7.50", "CAD"), ("AAAA-5", "2026-12-31", "1.00", "CAD"), ("AAAA-6", "2026-06-30", "9.00", "USD"),
            ("AAAA-7", "2025-12-31", "99.00", "CAD"), ("AAAA-8", "2027-01-01", "99.00", "CAD"),
        ];
        app.apply(sales.map(|(code, day, total, currency)| sold(code, day, total, currency))).await;
        let year = charts(&app, "sales_by_day?from=2026-01-01&to=2026-12-31&basis=created").await;
        let titles: Vec<_> = year.iter().map(|chart| chart.title.as_str()).collect();
        assert_eq!(titles, ["Total CAD by week, 2026-01-01 to 2026-12-31", "Total USD by week, 2026-01-01 to 2026-12-31"]);
        assert!(year.iter().all(|chart| chart.bars.len() == 53), "each week, sold in or not");
        let weeks = [("2026-01-01", "30.00"), ("2026-01-05", "5.00"), ("2026-02-16", "7.50"), ("2026-12-28", "1.00")];
        assert_eq!(year[0].filled(), weeks);
        assert_eq!(year[1].filled(), [("2026-06-29", "9.00")]);
        let days = charts(&app, "sales_by_day?from=2026-01-01&to=2026-04-30&basis=created").await;
        assert_eq!((days[0].title.as_str(), days[0].bars.len()), ("Total CAD by day, 2026-01-01 to 2026-04-30", 120));
        assert_eq!(days[0].filled().len(), 4);
        assert_eq!(days[0].bars[2], ("2026-01-03".to_owned(), "0.00".to_owned()), "an empty day has its place");
        let months = charts(&app, "sales_by_day?from=2024-01-15&to=2027-12-31&basis=created").await;
        assert_eq!(months[0].title, "Total CAD by month, 2024-01-15 to 2027-12-31");
        assert_eq!((months[0].bars.len(), months[0].filled().len()), (48, 5));
        let ever = charts(&app, "sales_by_day?from=0001-01-01&to=9999-12-31&basis=created").await;
        assert!(ever[0].title.starts_with("Total CAD by 100 years"), "{}", ever[0].title);
        assert_eq!((ever[0].bars.len(), ever[0].filled()), (100, vec![("2000", "241.50")]));
    }

    async fn what_is_cut_is_charted_as_far_as_it_is_whole(app: TestApp) {
        let arrival = |code: &str, day: &str, lines| sale(code, "2026-05-01", day, "1.00", "CAD", lines);
        app.apply([arrival("BBBB-1", "2026-06-01", 200), arrival("BBBB-2", "2026-06-03", 250), arrival("BBBB-3", "2026-06-05", 100)]).await;
        let of = |chart: &Chart| (chart.title.clone(), chart.bars.clone());
        let bar = |day: &str, value: &str| (day.to_owned(), value.to_owned());
        let cut = charts(&app, "arrivals?from=2026-06-01&to=2026-12-31").await;
        let days = [("2026-06-01", "400"), ("2026-06-02", "0"), ("2026-06-03", "500"), ("2026-06-04", "0")];
        let title = "Quantity by day, 2026-06-01 to 2026-06-04: the days that are whole among the first 500 rows".to_owned();
        assert_eq!(cut.iter().map(of).collect::<Vec<_>>(), [(title, days.map(|(day, value)| bar(day, value)).into())]);
        let page = text(&app, "arrivals?from=2026-06-01&to=2026-12-31").await;
        assert!(page.contains("The first 500 rows; the CSV file has all."), "{page}");
        app.apply([arrival("BBBB-4", "2026-06-01", 301)]).await;
        assert_eq!(charts(&app, "arrivals?from=2026-06-01&to=2026-12-31").await, [], "the first day alone is not whole");
        assert!(text(&app, "arrivals?from=2026-06-01&to=2026-12-31").await.contains("No chart: the first 500 rows do not hold all of one day."));
        let whole = charts(&app, "arrivals?from=2026-06-03&to=2026-06-05").await;
        assert_eq!(whole[0].filled(), [("2026-06-03", "500"), ("2026-06-05", "200")]);
        assert_eq!(whole[0].title, "Quantity by day, 2026-06-03 to 2026-06-05");
    }

    async fn rows_of_months_have_bars_of_months(app: TestApp) {
        app.apply([sold("CCCC-1", "2026-02-10", "10.00", "CAD"), sold("CCCC-2", "2026-04-20", "20.00", "CAD")]).await;
        for (report, of) in [("sales_by_item", "Total CAD"), ("sales_by_category", "Total CAD"), ("lead_times", "Quantity")] {
            let found = charts(&app, &format!("{report}?from=2026-01-15&to=2026-06-30&basis=created")).await;
            assert_eq!(found.len(), 1, "{report}");
            assert_eq!(found[0].title, format!("{of} by month, 2026-02 to 2026-06"), "January begins before the range");
            let months: Vec<_> = found[0].bars.iter().map(|(month, _)| month.as_str()).collect();
            assert_eq!(months, ["2026-02", "2026-03", "2026-04", "2026-05", "2026-06"], "{report}");
            assert_eq!(found[0].filled().len(), 2, "{report}");
        }
    }

    async fn what_stands_is_not_added_up(app: TestApp) {
        app.apply([sale("DDDD-1", "2026-01-01", "2026-01-02", "1.00", "CAD", 1), sale("DDDD-2", "2026-01-01", "2026-07-01", "10.00", "CAD", 1)]).await;
        let found = charts(&app, "unearned_revenue?from=2026-01-01&to=2026-12-31").await;
        assert_eq!(found[0].title, "Unearned CAD at the end of each week, 2026-01-01 to 2026-12-31");
        assert_eq!(found[0].bars[1], ("2026-01-05".to_owned(), "10.00".to_owned()), "on its Sunday, and not seven times as much");
        let steps = charts(&app, "status_changes?from=2000-01-01&to=2100-01-01").await;
        assert!(steps[0].title.starts_with("Changes CAD by year"), "{}", steps[0].title);
        assert_eq!(steps[0].filled().iter().map(|(_, count)| *count).collect::<Vec<_>>(), ["2"]);
    }
}
