//! Charts as inline SVG, each with its figures as a table beside it.
//!
//! A drawing is as wide as its place: bars stand at shares of the width, while heights and letters keep their size.

use maud::{Markup, html};

/// The height of the bars, in pixels.
const HEIGHT: f64 = 130.0;
/// Room above, for the largest value.
const TOP: f64 = 18.0;
/// Room below, for labels.
const BOTTOM: f64 = 20.0;
/// Bars that all have a label in the narrowest place.
const FEW: usize = 3;
/// Labels of more bars: the second and the fourth only where there is room.
const LABELS: usize = 5;

/// A bar.
pub(super) struct Bar {
    /// What it stands for, in the table and below it: some ten letters.
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
        // Where all are zero, the axis is at the bottom.
        let (top, span) = if highest > lowest { (highest, highest - lowest) } else { (1.0, 1.0) };
        let y = |value: f64| TOP + (top - value) / span * HEIGHT;
        let count = self.bars.len();
        let shown = self.bars.iter().find(|bar| bar.value.total_cmp(&highest).is_eq());
        html! {
            svg width="100%" height=(TOP + HEIGHT + BOTTOM) role="img" aria-labelledby=(format!("{title} {desc}")) {
                title id=(title) { (self.title) }
                desc id=(desc) { (self.description()) }
                line.axis x1="0" x2="100%" y1=(round(y(0.0))) y2=(round(y(0.0))) {}
                @for (index, bar) in self.bars.iter().enumerate() {
                    @let (from, to) = (y(bar.value.max(0.0)), y(bar.value.min(0.0)));
                    rect.bar x=(share(index, 0.1, count)) width=(share(0, 0.8, count)) y=(round(from)) height=(round(to - from)) rx="1" {
                        title { (bar.label) ": " (bar.shown) }
                    }
                }
                @for Label { index, anchor, part, needs_room } in labels(count) {
                    text.label.roomy[needs_room] x=(share(index, part, count)) y=(TOP + HEIGHT + 15.0) text-anchor=(anchor) { (self.bars[index].label) }
                }
                @if let Some(bar) = shown.filter(|_| highest > 0.0) {
                    text.highest x="0" y="12" { (bar.shown) }
                }
            }
        }
    }
}

/// A label below a bar.
struct Label {
    index: usize,
    anchor: &'static str,
    /// Which part of the bar's room it is at: its beginning, its middle or its end.
    part: f64,
    needs_room: bool,
}

/// The labels that fit. The outermost end where the bars do, so that none is cut off.
fn labels(bars: usize) -> Vec<Label> {
    let last = bars.saturating_sub(1);
    let label = |index: usize, needs_room: bool| {
        let (anchor, part) = match index {
            0 if bars > FEW => ("start", 0.0),
            _ if index == last && bars > FEW => ("end", 1.0),
            _ => ("middle", 0.5),
        };
        Label { index, anchor, part, needs_room }
    };
    match bars {
        0..=FEW => (0..bars).map(|index| label(index, false)).collect(),
        4 => (0..bars).map(|index| label(index, !index.is_multiple_of(3))).collect(),
        _ => {
            // Of few bars of an even number none is near enough to the middle.
            let is_off = |place: usize| place == LABELS / 2 && bars < 10 && bars.is_multiple_of(2);
            let place = |place: usize| label(place * last / (LABELS - 1), !place.is_multiple_of(2) || is_off(place));
            (0..LABELS).map(place).collect()
        }
    }
}

/// A place within the room of one of so many bars, as a share of the width.
fn share(index: usize, part: f64, bars: usize) -> String {
    #[allow(clippy::cast_precision_loss, reason = "charts have few bars")]
    let (index, bars) = (index as f64, bars.max(1) as f64);
    format!("{:.2}%", (index + part) / bars * 100.0)
}

/// To a tenth, so that the page stays small.
fn round(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

#[cfg(test)]
mod tests;
