//! The command line: one file per command. Data goes to stdout, logs and progress to stderr.

mod completions;
mod difference;
mod doctor;
mod events;
mod explain;
mod export;
mod forget;
mod grant_readonly;
mod healthcheck;
mod logs;
mod man;
mod migrate;
mod output;
mod prune;
mod rebuild;
mod reconcile;
mod replay;
mod run_projector;
mod send;
mod serve;
mod systemd;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

use crate::config::{Config, ConfigError, Options};
use crate::fault;

/// Exit code of wrong usage or configuration.
const USAGE: u8 = 2;

/// Keeps a local SQL mirror of a Checkfront account, in real time, from its webhooks
///
/// Without a command it serves: it receives webhooks and keeps the tables current.
#[derive(Debug, Parser)]
#[command(name = "checkfront-mirror", version, max_term_width = 100, after_help = EXAMPLE)]
pub struct Cli {
    #[command(flatten)]
    options: Options,
    #[command(subcommand)]
    command: Option<Command>,
}

const EXAMPLE: &str = "Example:
  checkfront-mirror                  serve on 127.0.0.1:8080, into checkfront.db
  checkfront-mirror send --count 20  post sample deliveries to it

Secrets are set in the environment or in .env, never as options: WEBHOOK_SECRET, WEBHOOK_HMAC_SECRET,
ADMIN_TOKEN, PRIVACY_KEY; or as files: WEBHOOK_SECRET_FILE, WEBHOOK_HMAC_SECRET_FILE, ADMIN_TOKEN_FILE,
PRIVACY_KEY_FILE, DATABASE_URL_FILE.";

#[derive(Debug, Subcommand)]
enum Command {
    /// Receive webhooks and keep the tables current (the default)
    Serve(serve::Args),
    /// Bring the database up to this version
    Migrate(migrate::Args),
    /// Look at deliveries, and retry those that failed
    Events(events::Args),
    /// Look for what is wrong, or soon may be, and say what mends it
    Doctor(doctor::Args),
    /// Say why a booking is as it is: its deliveries, where each value comes from, its payments, open doubts
    Explain(explain::Args),
    /// Write a table or view as CSV, JSON lines or Parquet
    Export(export::Args),
    /// Project deliveries again, with the same ids
    Replay(replay::Args),
    /// Erase a person, for good
    Forget(forget::Args),
    /// Let a PostgreSQL role read tables and views, but no raw bodies
    GrantReadonly(grant_readonly::Args),
    /// Drop raw bodies that are old
    Prune(prune::Args),
    /// Project the whole log anew, beside the tables, and apply the difference
    Rebuild(rebuild::Args),
    /// Hold a report exported from Checkfront against the mirror, to the cent
    Reconcile(reconcile::Args),
    /// Post sample deliveries to a running server
    Send(send::Args),
    /// Ask a running server whether it can take deliveries
    Healthcheck(healthcheck::Args),
    /// Print a completion script for a shell
    Completions(completions::Args),
    /// Print the manual page
    Man(man::Args),
}

/// Reads `.env`, the command line and the environment, runs the command, and says how it went.
pub fn main() -> ExitCode {
    if let Err(error) = dotenvy::from_path(".env")
        && !error.not_found()
    {
        return failed(&format!("the file .env cannot be read: {error}"), USAGE);
    }
    let cli = Cli::parse();
    if let Err(wrong) = logs::init(cli.options.log_format) {
        return failed(&wrong.to_string(), USAGE);
    }
    fault::init();
    match cli.run() {
        Ok(code) => code,
        Err(error) if output::is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => match error.downcast_ref::<ConfigError>() {
            Some(wrong) => failed(&wrong.to_string(), USAGE),
            None => failed(&format!("{error:#}"), 1),
        },
    }
}

impl Cli {
    fn run(self) -> anyhow::Result<ExitCode> {
        let options = self.options;
        match self.command.unwrap_or_else(|| Command::Serve(serve::Args::default())) {
            Command::Serve(args) => serve::run(&args, &Config::load(&options)?),
            Command::Migrate(args) => migrate::run(&args, &Config::load(&options)?),
            Command::Events(args) => events::run(&args, &Config::load(&options)?),
            Command::Doctor(args) => doctor::run(&args, Config::load(&options)),
            Command::Explain(args) => explain::run(&args, &Config::load(&options)?),
            Command::Export(args) => export::run(&args, &Config::load(&options)?),
            Command::Replay(args) => replay::run(&args, &Config::load(&options)?),
            Command::Forget(args) => forget::run(&args, &Config::load(&options)?),
            Command::GrantReadonly(args) => grant_readonly::run(&args, &Config::load(&options)?),
            Command::Prune(args) => prune::run(&args, &Config::load(&options)?),
            Command::Rebuild(args) => rebuild::run(&args, &Config::load(&options)?),
            Command::Reconcile(args) => reconcile::run(&args, &Config::load(&options)?),
            Command::Send(args) => send::run(&args, &Config::load(&options)?),
            Command::Healthcheck(args) => healthcheck::run(&args, &Config::load(&options)?),
            Command::Completions(args) => completions::run(&args, &mut Self::command()),
            Command::Man(args) => man::run(&args, Self::command()),
        }
    }
}

fn failed(message: &str, code: u8) -> ExitCode {
    output::complain(&format!("error: {message}"));
    ExitCode::from(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_has_an_example() {
        fn check(command: &clap::Command) {
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(help.contains("Example"), "{} has no example", command.get_name());
            command.get_subcommands().filter(|command| command.get_name() != "help").for_each(check);
        }
        check(&Cli::command());
    }
}
