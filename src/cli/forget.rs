//! `forget`: erases a person.

mod print;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Context;
use print::{list, summary};

use super::{output, run_projector};
use crate::config::{Config, wrong};
use crate::db::{Database, events, migrate};
use crate::forget::{Erased, Person, Who, count, erase, mark, search};
use crate::privacy::Keys;
use crate::record::{Drained, drain};

/// How long a server may take to empty its spool.
const PATIENCE: Duration = Duration::from_secs(30);
/// Between two looks at it.
const LOOK: Duration = Duration::from_millis(200);

const EXAMPLE: &str = "Examples:
  checkfront-mirror forget --email zoe@example.com --dry-run
  checkfront-mirror forget --code HT4-112-908 --yes

Erases the person from all tables, histories, raw bodies and dead letters. What was booked and paid stays, under a
customer_key that is a keyed hash. Whatever comes of these bookings later, or is projected again, is told without the
person; a new booking of the same person is kept. Needs PRIVACY_KEY. Backups are not covered.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub(super) struct Args {
    /// The person's mail address, in any case of its letters
    #[arg(long, value_name = "ADDRESS", required_unless_present = "code", conflicts_with = "code")]
    email: Option<String>,
    /// The person's customer code, as in `customers.code`; not the code of a booking
    #[arg(long, value_name = "CODE")]
    code: Option<String>,
    /// Only in the account of this host [default: all accounts]
    #[arg(long, value_name = "HOST")]
    account: Option<String>,
    /// Only list what would go
    #[arg(long, conflicts_with = "yes")]
    dry_run: bool,
    /// Erase it: there is no way back
    #[arg(long)]
    yes: bool,
    /// One JSON object a line: each booking, then how much in all
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args, config: &Config) -> anyhow::Result<ExitCode> {
    if !args.yes && !args.dry_run {
        output::complain("error: a person is erased for good; add --yes, or --dry-run to list what would go");
        return Ok(ExitCode::from(super::USAGE));
    }
    let who = match (&args.email, &args.code) {
        (Some(email), _) if email.trim().len() >= 3 && email.contains('@') => Who::Email(email.clone()),
        (None, Some(code)) if !code.trim().is_empty() => Who::Code(code.clone()),
        _ => {
            output::complain(
                "error: write an address such as --email zoe@example.com, or a code such as --code HT4-112-908",
            );
            return Ok(ExitCode::from(super::USAGE));
        }
    };
    let missing =
        "is not set, and `forget` needs it; make one with `openssl rand -hex 32`, keep it apart from the database";
    let keys = config.privacy.keys.as_ref().ok_or_else(|| wrong("PRIVACY_KEY", missing))?;
    let database = Database::open(&config.database_url)?;
    let account = args.account.as_deref();
    let people = if args.yes {
        migrate::run(&mut database.session()).context("the database must be of this version")?;
        // What waits may be the person's; nobody knows yet what it says.
        empty_spool(&database, config)?;
        run_projector::until_done(&database, config)?;
        let people = search(&database, &who, account, keys)?;
        people.iter().try_for_each(|person| mark(&database, person, keys))?;
        // What was projected before the mark, and after the search, is found now.
        search(&database, &who, account, keys)?
    } else {
        let pending = database.read(events::count_pending)?;
        if pending > 0 {
            output::complain(&format!("{pending} deliveries wait to be projected; nobody knows yet whose they are"));
        }
        search(&database, &who, account, keys)?
    };
    list(args, &people)?;
    let mut total = if args.dry_run { count(&people) } else { Erased::default() };
    if args.yes {
        for person in &people {
            total += erase_one(&database, person, keys)?;
        }
        run_projector::until_done(&database, config)
            .context("the person is erased, but bookings are still to be told anew")?;
        if !database.checkpoint()? {
            output::complain(
                "the file's log still holds old pages, because it is being read; the next checkpoint ends that",
            );
        }
    }
    output::print(&summary(args, &total))?;
    Ok(ExitCode::SUCCESS)
}

/// Sees to it that no delivery is left in the spool: a server moves its own, and any other is moved here.
fn empty_spool(database: &Database, config: &Config) -> anyhow::Result<()> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        match drain(config, database)? {
            Drained::Moved(_) | Drained::Held(0) => return Ok(()),
            Drained::Held(waiting) if Instant::now() > deadline => anyhow::bail!(
                "the server still has {waiting} deliveries in its spool {}; try again when they are in the database",
                config.spool_path.display()
            ),
            Drained::Held(_) => std::thread::sleep(LOOK),
        }
    }
}

fn erase_one(database: &Database, person: &Person, keys: &Keys) -> anyhow::Result<Erased> {
    mark(database, person, keys)?;
    let bar = run_projector::bar((person.events.len() + person.mentions.len()) as u64, "rewriting bodies");
    let erased = erase(database, person, keys, |count| bar.inc(count as u64))?;
    bar.finish_and_clear();
    Ok(erased)
}
