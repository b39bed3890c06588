//! The figures of a run: medians and spreads, and what was to be reached.

use std::path::Path;

use serde_json::json;

use crate::chart;

/// What was measured, of what, once in each round.
pub(crate) struct Figure {
    pub(crate) measure: String,
    pub(crate) subject: String,
    pub(crate) values: Vec<f64>,
}

#[derive(Default)]
pub(crate) struct Report {
    pub(crate) figures: Vec<Figure>,
}

/// A figure held against a number, or against another figure of the same rounds.
pub(crate) struct Target {
    pub(crate) measure: &'static str,
    pub(crate) subject: &'static str,
    pub(crate) against: Option<(&'static str, &'static str)>,
    /// At least this where it is positive, at most its opposite where it is negative.
    pub(crate) bound: f64,
}

const fn target(
    measure: &'static str,
    subject: &'static str,
    against: Option<(&'static str, &'static str)>,
    bound: f64,
) -> Target {
    Target { measure, subject, against, bound }
}

const PER_SECOND: &str = "mirrored/s";

pub(crate) const TARGETS: [Target; 23] = [
    target(PER_SECOND, "PostgreSQL", Some((PER_SECOND, "Flask")), 20.0),
    target(PER_SECOND, "PostgreSQL", Some((PER_SECOND, "Flask, connecting each time")), 20.0),
    target(PER_SECOND, "SQLite", Some((PER_SECOND, "SQLite alone")), 0.5),
    target("acknowledged/s", "SQLite", None, 15_000.0),
    target("acknowledged/s", "PostgreSQL", None, 10_000.0),
    target("p99 at 1,000/s, ms", "SQLite", None, -10.0),
    target("p99 at 1,000/s, ms", "PostgreSQL", None, -10.0),
    target("p99 from answer to row, ms", "SQLite", None, -50.0),
    target("p99 from answer to row, ms", "PostgreSQL", None, -50.0),
    target("rebuilt/s", "SQLite", Some((PER_SECOND, "SQLite")), 1.5),
    target("rebuilt/s", "PostgreSQL", Some((PER_SECOND, "PostgreSQL")), 1.5),
    target("mirrored/s, large", "SQLite", Some(("mirrored/s, small", "SQLite")), 0.8),
    target("mirrored/s, large", "PostgreSQL", Some(("mirrored/s, small", "PostgreSQL")), 0.8),
    target("memory while idle, MiB", "SQLite", None, -30.0),
    target("memory while idle, MiB", "PostgreSQL", None, -30.0),
    target("memory at full load, MiB", "SQLite", None, -150.0),
    target("memory at full load, MiB", "PostgreSQL", None, -150.0),
    target("start to first answer, ms", "SQLite", None, -150.0),
    target("start to first answer, ms", "PostgreSQL", None, -150.0),
    target("processor time while idle, ms a minute", "SQLite", None, -60.0),
    target("processor time while idle, ms a minute", "PostgreSQL", None, -60.0),
    target("memory in the second half, MiB", "SQLite", Some(("memory in the first half, MiB", "SQLite")), -1.1),
    target("memory in the second half, MiB", "PostgreSQL", Some(("memory in the first half, MiB", "PostgreSQL")), -1.1),
];

impl Report {
    pub(crate) fn add(&mut self, measure: &str, subject: &str, value: f64) {
        eprintln!("{subject}: {measure}: {value:.2}");
        match self.figures.iter_mut().find(|figure| figure.measure == measure && figure.subject == subject) {
            Some(figure) => figure.values.push(value),
            None => {
                self.figures.push(Figure { measure: measure.into(), subject: subject.into(), values: vec![value] });
            }
        }
    }

    fn find(&self, measure: &str, subject: &str) -> Option<&Figure> {
        self.figures.iter().find(|figure| figure.measure == measure && figure.subject == subject)
    }

    /// What the target speaks of: the figure, or its ratio to the other, round by round.
    pub(crate) fn value(&self, target: &Target) -> Option<Figure> {
        let figure = self.find(target.measure, target.subject)?;
        let (name, values) = match target.against {
            None => (figure.measure.clone(), figure.values.clone()),
            Some((measure, subject)) => {
                let other = self.find(measure, subject)?;
                let ratios = figure.values.iter().zip(&other.values).map(|(value, other)| value / other);
                (format!("{} ÷ {measure} of {subject}", figure.measure), ratios.collect())
            }
        };
        Some(Figure { measure: name, subject: figure.subject.clone(), values })
    }

    /// Prints both tables, and writes JSON and chart.
    pub(crate) fn finish(&self, folder: &Path) -> anyhow::Result<()> {
        println!("| measured | of | median | least | most |\n|---|---|---:|---:|---:|");
        for figure in &self.figures {
            println!("{}", figure.row());
        }
        println!("\n| target | of | median | least | most | wanted | |\n|---|---|---:|---:|---:|---|---|");
        for target in &TARGETS {
            let Some(value) = self.value(target) else { continue };
            let wanted = if target.bound > 0.0 { "at least" } else { "at most" };
            let met = if target.is_met(value.median()) { "met" } else { "missed" };
            println!("{} {wanted} {} | {met} |", value.row(), number(target.bound.abs()));
        }
        std::fs::create_dir_all(folder)?;
        let figures = self.figures.iter().map(|figure| {
            json!({ "measure": figure.measure, "subject": figure.subject, "median": figure.median(), "values": figure.values })
        });
        let targets = TARGETS.iter().filter_map(|target| {
            let value = self.value(target)?;
            let met = target.is_met(value.median());
            Some(json!({ "target": value.measure, "subject": value.subject, "median": value.median(), "bound": target.bound, "met": met }))
        });
        let all = json!({ "figures": figures.collect::<Vec<_>>(), "targets": targets.collect::<Vec<_>>() });
        std::fs::write(folder.join("latest.json"), format!("{all:#}\n"))?;
        std::fs::write(folder.join("latest.svg"), chart::draw(self))?;
        Ok(())
    }
}

impl Target {
    pub(crate) fn is_met(&self, value: f64) -> bool {
        if self.bound > 0.0 { value >= self.bound } else { value <= -self.bound }
    }
}

impl Figure {
    pub(crate) fn median(&self) -> f64 {
        let mut values = self.values.clone();
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    }

    fn row(&self) -> String {
        let least = self.values.iter().copied().fold(f64::INFINITY, f64::min);
        let most = self.values.iter().copied().fold(0.0, f64::max);
        let [median, least, most] = [self.median(), least, most].map(number);
        format!("| {} | {} | {median} | {least} | {most} |", self.measure, self.subject)
    }
}

/// Three digits that count.
pub(crate) fn number(value: f64) -> String {
    match value {
        value if value >= 100.0 => format!("{value:.0}"),
        value if value >= 10.0 => format!("{value:.1}"),
        value => format!("{value:.2}"),
    }
}
