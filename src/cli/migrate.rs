//! `migrate [status]`

use std::process::ExitCode;

use clap::Subcommand;

use super::output;
use crate::config::Config;
use crate::db::{Database, migrate};

const EXAMPLE: &str = "Example:
  checkfront-mirror migrate --database-url postgres://mirror@db/mirror";
const STATUS_EXAMPLE: &str = "Example:
  checkfront-mirror migrate status --json";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Say which migrations this database has
    #[command(after_help = STATUS_EXAMPLE)]
    Status {
        /// One JSON object a line
        #[arg(long)]
        json: bool,
    },
}

pub(super) fn run(args: &Args, config: &Config) -> anyhow::Result<ExitCode> {
    let mut session = Database::open(&config.database_url)?.session();
    match args.command {
        None => {
            let names = migrate::run(&mut session)?;
            for name in &names {
                output::print(&format!("applied {name}"))?;
            }
            if names.is_empty() {
                output::print("the database is up to date")?;
            }
        }
        Some(Command::Status { json }) => {
            for migration in migrate::status(&mut session)? {
                let word = if migration.applied { "applied" } else { "pending" };
                output::print(&if json {
                    serde_json::to_string(&migration)?
                } else {
                    format!("{word} {}", migration.name)
                })?;
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}
