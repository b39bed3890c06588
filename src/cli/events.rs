//! `events list|show|retry`

mod list;
mod show;

use std::process::ExitCode;

use clap::Subcommand;

use super::{output, replay};
use crate::config::Config;
use crate::db::Database;
use crate::db::events::Selection;
use crate::db::types::EventState;

const EXAMPLE: &str = "Example:
  checkfront-mirror events list --state failed";
const RETRY_EXAMPLE: &str = "Examples:
  checkfront-mirror events retry 1780000000000000
  checkfront-mirror events retry --all";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List deliveries, newest first
    #[command(after_help = list::EXAMPLE)]
    List(list::Args),
    /// Show a delivery: its body, what was decided and why, and the rows it wrote last
    #[command(after_help = show::EXAMPLE)]
    Show(show::Args),
    /// Project failed deliveries again
    #[command(after_help = RETRY_EXAMPLE)]
    Retry {
        /// The event's id
        #[arg(required_unless_present = "all")]
        id: Option<i64>,
        /// All that failed
        #[arg(long, conflicts_with = "id")]
        all: bool,
    },
}

pub(super) fn run(args: &Args, config: &Config) -> anyhow::Result<ExitCode> {
    let database = Database::open(&config.database_url)?;
    match &args.command {
        Command::List(args) => list::run(args, &database),
        Command::Show(args) => show::run(args, &database, config.privacy.keys.as_ref()),
        Command::Retry { id, .. } => retry(*id, &database, config),
    }
}

fn retry(id: Option<i64>, database: &Database, config: &Config) -> anyhow::Result<ExitCode> {
    let selection = Selection { from_id: id, to_id: id, states: vec![EventState::Failed], ..Selection::default() };
    if let Some(id) = id
        && database.read(|tx| selection.count(tx))? == 0
    {
        anyhow::bail!("there is no failed event {id}; `events list --state failed` lists them");
    }
    let count = replay::again(&selection, config)?;
    let failed = database.read(|tx| selection.count(tx))?;
    output::print(&format!("{count} events were tried again, {failed} failed again"))?;
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
