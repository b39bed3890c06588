//! `events show ID`

use std::process::ExitCode;

use anyhow::Context;
use serde_json::{Value, json};

use crate::cli::output;
use crate::db::Database;
use crate::db::events::find;
use crate::db::rows::EventBody;
use crate::delivery::{body_of, pretty, rows_of};
use crate::privacy::Keys;

pub(super) const EXAMPLE: &str = "Example:
  checkfront-mirror events show 1780000000000000";

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The event's id
    id: i64,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args, database: &Database, keys: Option<&Keys>) -> anyhow::Result<ExitCode> {
    let found = database.read(|tx| Ok((find(tx, args.id)?, EventBody::find(tx, args.id)?)))?;
    let event = found.0.with_context(|| format!("there is no event {}; `events list` lists them", args.id))?;
    let rows = database.read(|tx| rows_of(tx, &event))?;
    let headers = found.1.as_ref().map_or(Value::Null, |stored| stored.headers.0.clone());
    let body = body_of(found.1, keys);
    if args.json {
        let body = body.as_ref().ok().map(|body| String::from_utf8_lossy(body));
        let shown = json!({ "event": event, "headers": headers, "body": body, "rows": rows });
        output::print(&shown.to_string())?;
        return Ok(ExitCode::SUCCESS);
    }
    let none = || "-".to_owned();
    output::print(&format!("event      {}", event.id))?;
    output::print(&format!("received   {} by {}", event.received_at.0.to_rfc3339(), event.receiver))?;
    output::print(&format!("from       {}", event.remote_ip.clone().unwrap_or_else(none)))?;
    output::print(&format!("kind       {}", event.type_name.clone().or(event.kind.clone()).unwrap_or_else(none)))?;
    output::print(&format!("key        {}", event.entity_key.clone().unwrap_or_else(none)))?;
    output::print(&format!("decision   {}", event.state.as_str()))?;
    if let Some(error) = &event.error {
        output::print(&format!("because    {error}"))?;
    }
    output::print(&format!("rows       {}", if rows.is_empty() { none() } else { rows.join("\n           ") }))?;
    let shown = body.map_or_else(str::to_owned, |body| pretty(&body, event.content_type.as_deref()));
    output::print(&format!("\n{shown}"))?;
    Ok(ExitCode::SUCCESS)
}
