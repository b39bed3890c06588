//! Charts as inline SVG, each with its figures as a table beside it.

use maud::{Markup, html};

/// The width of a chart, in units of its own.
const WIDTH: f64 = 600.0;
/// The height of the bars.
const HEIGHT: f64 = 120.0;
/// Room above, for the largest value.
const TOP: f64 = 16.0;
/// Room below, for labels.
const BOTTOM: f64 = 18.0;
/// Room that a label takes.
const LABEL: f64 = 45.0;
/// Labels that fit below.
const LABELS: usize = 6;

/// A bar.
pub(super) struct Bar {
    /// What it stands for, in the table and below it.
    pub(super) label: String,
    /// How high it is.
    pub(super) value: f64,
    /// The value as people read it.
    pub(super) shown: String,
}

/// A chart of bars.
pub(super) struct Chart<'c> {
    /// Unique on the page.
    pub(super) id: &'c str,
    pub(super) title: &'c str,
    /// What bars stand for, and what their height does: the table's headings.
    pub(super) axes: [&'c str; 2],
    pub(super) bars: &'c [Bar],
}

impl Chart<'_> {
    /// The chart, in one sentence.
    fn description(&self) -> String {
        let highest = self.bars.iter().max_by(|one, other| one.value.total_cmp(&other.value));
        match highest.filter(|bar| bar.value > 0.0) {
            Some(bar) => format!("{} bars; the highest is {}: {}.", self.bars.len(), bar.label, bar.shown),
            None => "Nothing to show.".to_owned(),
        }
    }

    /// A figure with a caption, the drawing, and the same as a table.
    pub(super) fn draw(&self) -> Markup {
        html! {
            figure.chart {
                figcaption { (self.title) }
                (self.svg())
                details {
                    summary { "As a table" }
                    div.scroll tabindex="0" role="region" aria-label=(format!("{}, as a table", self.title)) {
                        table {
                            thead { tr { th scope="col" { (self.axes[0]) } th.number scope="col" { (self.axes[1]) } } }
                            tbody {
                                @for bar in self.bars { tr { th scope="row" { (bar.label) } td.number { (bar.shown) } } }
                            }
                        }
                    }
                }
            }
        }
    }

    fn svg(&self) -> Markup {
        let (title, desc) = (format!("{}-title", self.id), format!("{}-desc", self.id));
        let highest = self.bars.iter().map(|bar| bar.value).fold(0.0, f64::max);
        let lowest = self.bars.iter().map(|bar| bar.value).fold(0.0, f64::min);
        let span = if highest > lowest { highest - lowest } else { 1.0 };
        let y = |value: f64| TOP + (highest - value) / span * HEIGHT;
        #[allow(clippy::cast_precision_loss, reason = "charts have few bars")]
        let (step, place) = (WIDTH / self.bars.len().max(1) as f64, |index: usize| index as f64);
        let every = self.bars.len().div_ceil(LABELS).max(1);
        let shown = self.bars.iter().find(|bar| bar.value.total_cmp(&highest).is_eq());
        html! {
            svg viewBox=(format!("0 0 {WIDTH} {}", TOP + HEIGHT + BOTTOM)) role="img" aria-labelledby=(format!("{title} {desc}")) {
                title id=(title) { (self.title) }
                desc id=(desc) { (self.description()) }
                line.axis x1="0" x2=(WIDTH) y1=(round(y(0.0))) y2=(round(y(0.0))) {}
                @for (index, bar) in self.bars.iter().enumerate() {
                    @let (from, to) = (y(bar.value.max(0.0)), y(bar.value.min(0.0)));
                    rect.bar x=(round(place(index) * step + step * 0.1)) width=(round(step * 0.8))
                        y=(round(from)) height=(round(to - from)) rx=(round((step * 0.1).min(2.0))) {
                        title { (bar.label) ": " (bar.shown) }
                    }
                    @if index % every == 0 && place(index) * step <= WIDTH - LABEL {
                        text x=(round(place(index) * step)) y=(TOP + HEIGHT + 14.0) { (bar.label) }
                    }
                }
                @if let Some(bar) = shown.filter(|_| highest > 0.0) {
                    text.highest x="0" y="11" { (bar.shown) }
                }
            }
        }
    }
}

/// To a tenth, so that the page stays small.
fn round(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chart_tells_its_figures() {
        let bar = |label: &str, value: f64| Bar { label: label.to_owned(), value, shown: format!("{value}") };
        let bars = [bar("<a>", 1.0), bar("b", -2.0)];
        let chart = Chart { id: "c", title: "T", axes: ["day", "sum"], bars: &bars };
        let drawn = chart.draw().into_string();
        assert!(drawn.contains("&lt;a&gt;: 1") && !drawn.contains("<a>"), "{drawn}");
        assert!(drawn.contains("aria-labelledby=\"c-title c-desc\""));
        assert!(drawn.contains("the highest is &lt;a&gt;: 1."));
        assert!(!drawn.contains("style="), "the policy of the page refuses it");
        let empty = Chart { id: "c", title: "T", axes: ["", ""], bars: &[] };
        assert!(empty.draw().into_string().contains("Nothing to show."));
    }
}
