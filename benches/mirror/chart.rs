//! A bar for each subject of the two measures that matter most, as SVG.

use std::fmt::Write;

use crate::report::{Report, number};

const MEASURES: [(&str, &str); 2] = [
    ("mirrored/s", "Bookings mirrored a second, from HTTP to committed rows"),
    ("acknowledged/s", "Deliveries acknowledged a second, each on disk (axum alone stores nothing)"),
];
/// Of the service itself, and of what it is compared with.
const COLOURS: [&str; 2] = ["#2563a8", "#9aa5b1"];

pub(crate) fn draw(report: &Report) -> String {
    let mut bars = String::new();
    let mut y = 0;
    for (measure, title) in MEASURES {
        let figures: Vec<_> = report.figures.iter().filter(|figure| figure.measure == measure).collect();
        let most = figures.iter().map(|figure| figure.median()).fold(1.0, f64::max);
        y += 34;
        let _ = write!(bars, "<text x='8' y='{y}' font-weight='bold'>{title}</text>");
        for figure in figures {
            y += 26;
            let is_other = !["SQLite", "PostgreSQL"].contains(&figure.subject.as_str());
            let (colour, width) = (COLOURS[usize::from(is_other)], 380.0 * figure.median() / most);
            let (subject, value) = (&figure.subject, number(figure.median()));
            let _ = write!(
                bars,
                "<text x='208' y='{y}' text-anchor='end'>{subject}</text>\
                 <rect x='216' y='{}' width='{width:.0}' height='18' rx='2' fill='{colour}'/>\
                 <text x='{:.0}' y='{y}'>{value}</text>",
                y - 14,
                222.0 + width
            );
        }
    }
    let height = y + 16;
    format!(
        "<svg xmlns='http://www.w3.org/2000/svg' width='680' height='{height}' viewBox='0 0 680 {height}' \
         font-family='sans-serif' font-size='13' role='img' aria-label='Throughput beside what it is compared with'>\
         <rect width='100%' height='100%' fill='#ffffff'/>{bars}</svg>\n"
    )
}
