//! `explain CODE`: why a booking is as it is.

mod text;

use std::process::ExitCode;

use super::output;
use crate::config::Config;
use crate::db::Database;
use crate::explain::{Found, explain};

const EXAMPLE: &str = "Examples:
  checkfront-mirror explain KMVQ-060314
  checkfront-mirror explain KMVQ-060314 --json
  checkfront-mirror explain KMVQ-060314 --account your-company.checkfront.com

It prints what is stored of the customer. docs/EXPLAIN.md describes the JSON.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub(super) struct Args {
    /// The booking's code
    code: String,
    /// The account's host, where several have a booking of this code
    #[arg(long, value_name = "HOST")]
    account: Option<String>,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args, config: &Config) -> anyhow::Result<ExitCode> {
    let database = Database::open_read_only(&config.database_url)?;
    let code = args.code.trim();
    let (default_host, keys) = (&config.accounts.default_host, config.privacy.keys.as_ref());
    match explain(&database, code, args.account.as_deref(), default_host, keys)? {
        Found::One(explanation) if args.json => output::print(&serde_json::to_string(&explanation)?)?,
        Found::One(explanation) => output::print(&text::of(&explanation))?,
        Found::Several(hosts) => {
            let hosts = hosts.join(", ");
            output::complain(&format!(
                "error: several accounts have a booking {code}; add --account HOST, one of {hosts}"
            ));
            return Ok(ExitCode::from(super::USAGE));
        }
        Found::NoAccount(hosts) => {
            let hosts = hosts.join(", ");
            output::complain(&format!("error: there is no such account; write --account HOST, one of {hosts}"));
            return Ok(ExitCode::from(super::USAGE));
        }
        Found::Nothing(near) if near.is_empty() => {
            anyhow::bail!("no booking {code} is known; `events list --kind booking` lists what came")
        }
        Found::Nothing(near) => anyhow::bail!("no booking {code} is known; did you mean {}?", near.join(", ")),
    }
    Ok(ExitCode::SUCCESS)
}
