//! `migrate [status|distribute]`

use std::process::ExitCode;

use clap::Subcommand;

use super::{output, run_projector};
use crate::config::Config;
use crate::db::statement::number;
use crate::db::{Database, Session, distribute, figures, migrate};

const EXAMPLE: &str = "Example:
  checkfront-mirror migrate --database-url postgres://mirror@db/mirror";
const STATUS_EXAMPLE: &str = "Example:
  checkfront-mirror migrate status --json";
const DISTRIBUTE_EXAMPLE: &str = "Example:
  checkfront-mirror migrate distribute --dry-run --database-url postgres://mirror@coordinator/mirror

While a table is distributed nothing can be written to it; servers keep deliveries in their spools meanwhile.";

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
    /// Distribute a PostgreSQL mirror over the nodes of a Citus cluster
    #[command(after_help = DISTRIBUTE_EXAMPLE)]
    Distribute {
        /// Print the statements, and run none
        #[arg(long)]
        dry_run: bool,
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
            count(&mut session)?;
        }
        Some(Command::Distribute { dry_run }) => distribute(&mut session, dry_run)?,
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

/// Counts what views add up, such as bookings that some other program wrote.
fn count(session: &mut Session) -> anyhow::Result<()> {
    let uncounted = "SELECT count(*) AS v FROM (SELECT DISTINCT account_id, booking_code FROM uncounted) q";
    let uncounted = session.read(|tx| number(tx, uncounted))?;
    let bar = run_projector::bar(uncounted.unsigned_abs(), "counting for the views");
    figures::count_all(session, |counted| bar.inc(counted as u64))?;
    bar.finish_and_clear();
    Ok(())
}

fn distribute(session: &mut Session, dry_run: bool) -> anyhow::Result<()> {
    let plan = distribute::plan(session)?;
    if plan.is_empty() {
        output::print("every table is distributed")?;
    } else if dry_run {
        plan.iter().try_for_each(|statement| output::print(&format!("{statement};")))?;
    } else {
        migrate::run(session)?;
        let mut printed = Ok(());
        distribute::run(session, |table| printed = output::print(&format!("distributed {table}")))?;
        printed?;
    }
    Ok(())
}
