//! What a rebuild or a replay would change: rows to stdout, counts and sums to stderr.

use std::process::ExitCode;

use anyhow::Context;
use indicatif::ProgressBar;
use serde_json::Value;

use super::{output, run_projector};
use crate::config::Config;
use crate::db::events::Selection;
use crate::db::{Database, migrate};
use crate::rebuild::{Change, Figures, Rebuild};

/// Prints what a replay of the selected events would change.
pub(super) fn rehearse(selection: &Selection, config: &Config, json: bool) -> anyhow::Result<ExitCode> {
    let database = Database::open(&config.database_url)?;
    migrate::run(&mut database.session()).context("the database must be of this version")?;
    let mut rebuild =
        Rebuild::rehearse(&config.database_url, &config.accounts, selection).context("cannot make the shadow")?;
    let bar = run_projector::bar(0, "projecting");
    let done = rebuild.project(&mut |done, total| show(&bar, done, total));
    let figures = done.and_then(|()| rebuild.compare(false));
    bar.finish_and_clear();
    let printed = figures.map_err(anyhow::Error::from).and_then(|figures| print(&mut rebuild, &figures, json));
    let removed = rebuild.end();
    printed?;
    removed?;
    Ok(ExitCode::SUCCESS)
}

/// Moves the bar.
pub(super) fn show(bar: &ProgressBar, done: u64, total: u64) {
    bar.set_length(total);
    bar.set_position(done);
}

/// Prints the rows that would change.
pub(super) fn print(rebuild: &mut Rebuild, figures: &[Figures], json: bool) -> anyhow::Result<()> {
    rebuild.changes(|change| -> anyhow::Result<()> {
        if json {
            return Ok(output::print(&serde_json::to_string(&change)?)?);
        }
        output::print(&headline(&change))?;
        for (column, pair) in &change.columns {
            output::print(&format!("    {column}: {} -> {}", word(&pair[0]), word(&pair[1])))?;
        }
        Ok(())
    })?;
    summarize(rebuild, figures)
}

/// Counts and sums, before and after.
pub(super) fn summarize(rebuild: &mut Rebuild, figures: &[Figures]) -> anyhow::Result<()> {
    let header = ["TABLE", "ROWS", "AFTER", "INSERTED", "UPDATED", "DELETED", "SUMS"];
    let rows = figures.iter().zip(rebuild.counts()).map(|(figures, counts)| {
        let sums = figures.sums.iter().map(|(column, [before, after])| {
            if before == after { format!("{column} {before}") } else { format!("{column} {before} -> {after}") }
        });
        let mut row = vec![figures.table.to_owned()];
        row.extend(figures.rows.iter().map(ToString::to_string));
        row.extend([counts.inserted, counts.updated, counts.deleted].map(|count| count.to_string()));
        row.push(sums.collect::<Vec<_>>().join(", "));
        row
    });
    output::complain(&output::table(&header, rows).to_string());
    let moved = rebuild.moved()?;
    if moved > 0 {
        output::complain(&format!(
            "Warning: {moved} events go to another account; is CHECKFRONT_HOST here what it is for the server?"
        ));
    }
    Ok(())
}

fn headline(change: &Change) -> String {
    let key = change.key.iter().map(|(column, value)| format!("{column}={}", word(value)));
    format!("{} {} {}", change.op, change.table, key.collect::<Vec<_>>().join(" "))
}

fn word(value: &Value) -> String {
    match value {
        Value::Null => "NULL".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
