//! `grant-readonly`: lets a role of PostgreSQL read tables and views.

use std::process::ExitCode;

use super::output;
use crate::config::Config;
use crate::db::{Database, DatabaseUrl, grants, migrate};

const EXAMPLE: &str = "Example:
  psql -c \"CREATE ROLE bi LOGIN PASSWORD '..'\" \"$DATABASE_URL\"
  checkfront-mirror grant-readonly bi --dry-run
  checkfront-mirror grant-readonly bi

The role may read every table and view but `webhook_bodies`: raw bodies and headers stay with the owner. Run it again
after an upgrade that brings new tables. Connect as the tables' owner. docs/REPORTS.md says how to open a SQLite file so that
it can only be read.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub(super) struct Args {
    /// A role that exists
    role: String,
    /// Print the statements, and run none
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn run(args: &Args, config: &Config) -> anyhow::Result<ExitCode> {
    if let DatabaseUrl::Sqlite(path) = &config.database_url {
        output::complain(&format!(
            "error: a SQLite file has no roles; whoever may read the file opens it with `file:{}?mode=ro`",
            path.display()
        ));
        return Ok(ExitCode::from(super::USAGE));
    }
    let mut session = Database::open(&config.database_url)?.session();
    if args.dry_run {
        let statements = grants::plan(&mut session, &args.role)?;
        statements.iter().try_for_each(|statement| output::print(&format!("{statement};")))?;
        return Ok(ExitCode::SUCCESS);
    }
    migrate::run(&mut session)?;
    let statements = grants::grant(&mut session, &args.role)?;
    let readable = statements.iter().filter(|statement| statement.starts_with("GRANT SELECT")).count();
    output::print(&format!("{} may read {readable} tables and views", args.role))?;
    Ok(ExitCode::SUCCESS)
}
