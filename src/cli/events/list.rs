//! `events list`

use std::process::ExitCode;

use crate::cli::{output, replay};
use crate::db::Database;

pub(super) const EXAMPLE: &str = "Examples:
  checkfront-mirror events list --state failed
  checkfront-mirror events list --booking KMVQ-060314 --json";

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    which: replay::Which,
    /// How many at the most
    #[arg(long, default_value_t = 50)]
    limit: i64,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args, database: &Database) -> anyhow::Result<ExitCode> {
    let events = database.read(|tx| args.which.selection().newest(tx, args.limit))?;
    if args.json {
        for event in &events {
            output::print(&serde_json::to_string(event)?)?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    let header = ["ID", "RECEIVED", "KIND", "KEY", "ACTION", "STATE", "ERROR"];
    let rows = events.iter().map(|event| {
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        vec![
            event.id.to_string(),
            event.received_at.0.format("%F %T").to_string(),
            event.type_name.clone().or_else(|| event.kind.clone()).unwrap_or_default(),
            text(&event.entity_key),
            text(&event.action),
            event.state.as_str().to_owned(),
            text(&event.error),
        ]
    });
    output::print(&output::table(&header, rows).to_string())?;
    Ok(ExitCode::SUCCESS)
}
