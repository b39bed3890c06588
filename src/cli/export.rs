//! `export TABLE|VIEW`: writes it as a file that is whole or not there.

use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use chrono::DateTime;
use tempfile::NamedTempFile;

use super::{output, run_projector};
use crate::config::Config;
use crate::db::Database;
use crate::db::types::Timestamp;
use crate::export::{Bound, Error, Format, Query, export};

const EXAMPLE: &str = "Examples:
  checkfront-mirror export bookings --output bookings.csv
  checkfront-mirror export booking_items --output lines.parquet --by start_on --since 2026-07-01 --until 2026-08-01
  checkfront-mirror export transactions --format jsonl --columns transaction_id,booking_code,amount

All rows are as of one moment. A file appears under its name when it is complete. docs/EXPORT.md describes the formats.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub(super) struct Args {
    /// The table or view
    table: String,
    /// How it is written [default: by the ending of --output, else csv]
    #[arg(long)]
    format: Option<Format>,
    /// The file [default: stdout]
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Only these columns, in this order, separated by commas
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',')]
    columns: Vec<String>,
    /// Only rows of the account with this host
    #[arg(long, value_name = "HOST")]
    account: Option<String>,
    /// The column that --since and --until are of, where there are several
    #[arg(long, value_name = "COLUMN")]
    by: Option<String>,
    /// Only rows from this day or time on: 2026-07-01 or 2026-07-01T09:30:00Z
    #[arg(long, value_name = "TIME", value_parser = bound)]
    since: Option<Bound>,
    /// Only rows before this day or time
    #[arg(long, value_name = "TIME", value_parser = bound)]
    until: Option<Bound>,
}

pub(super) fn run(args: &Args, config: &Config) -> anyhow::Result<ExitCode> {
    let database = Database::open_read_only(&config.database_url)?;
    let format = args.format.unwrap_or_else(|| by_ending(args.output.as_deref()));
    if args.output.is_none() && format == Format::Parquet && io::stdout().is_terminal() {
        output::complain("error: Parquet is no text; name a file with --output FILE");
        return Ok(ExitCode::from(super::USAGE));
    }
    if let Some(path) = args.output.as_ref().filter(|path| config.is_own(path)) {
        output::complain(&format!("error: {} is the mirror's own; name another file with --output", path.display()));
        return Ok(ExitCode::from(super::USAGE));
    }
    let output = args.output.as_deref().filter(|path| *path != Path::new("/dev/stdout"));
    let written = match output {
        None => write(args, format, &database, BufWriter::new(io::stdout())),
        Some(path) if std::fs::metadata(path).is_ok_and(|there| !there.is_file()) => {
            // A pipe or a device: nothing may take its place.
            let file = std::fs::OpenOptions::new().write(true).open(path);
            let file = file.with_context(|| format!("cannot write {}", path.display()))?;
            write(args, format, &database, BufWriter::new(file))
        }
        // A link stays, and what it leads to is replaced.
        Some(path) if path.is_symlink() => {
            let file = path.canonicalize().with_context(|| format!("{} leads to no file", path.display()))?;
            to_file(args, format, &database, &file)?
        }
        Some(path) => to_file(args, format, &database, path)?,
    };
    match written {
        Ok(rows) => {
            output::complain(&format!("{rows} rows of {} were written", args.table));
            Ok(ExitCode::SUCCESS)
        }
        Err(Error::Unknown(reason)) => {
            output::complain(&format!("error: {reason}"));
            Ok(ExitCode::from(super::USAGE))
        }
        Err(error) if error.is_broken_pipe() => anyhow::bail!("the reader went away: not all rows were written"),
        Err(error) => Err(error.into()),
    }
}

/// Under another name until it is complete and on disk.
fn to_file(args: &Args, format: Format, database: &Database, path: &Path) -> anyhow::Result<Result<u64, Error>> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let name = path.file_name().with_context(|| format!("{} is no file; write --output FILE", path.display()))?;
    let prefix = format!(".{}.", name.to_string_lossy());
    let file = tempfile::Builder::new().prefix(&prefix).suffix(".part").tempfile_in(folder);
    let file = file.with_context(|| format!("cannot write to {}", folder.display()))?;
    let written = write(args, format, database, BufWriter::new(&file));
    if written.is_ok() {
        keep(file, path).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(written)
}

fn keep(file: NamedTempFile, path: &Path) -> io::Result<()> {
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}

fn write(args: &Args, format: Format, database: &Database, mut out: impl Write + Send) -> Result<u64, Error> {
    let query = Query {
        relation: args.table.clone(),
        columns: args.columns.iter().map(|name| name.trim().to_owned()).collect(),
        account: args.account.clone(),
        by: args.by.clone(),
        since: args.since,
        until: args.until,
    };
    let bar = run_projector::bar(0, "rows");
    let rows = export(database, &query, format, &mut out, io::stderr().is_terminal(), |done, total| {
        bar.set_length(total.unwrap_or(done).max(done));
        bar.set_position(done);
    })?;
    bar.finish_and_clear();
    out.flush()?;
    Ok(rows)
}

fn by_ending(path: Option<&Path>) -> Format {
    match path.and_then(Path::extension).and_then(|ending| ending.to_str()) {
        Some("jsonl" | "ndjson") => Format::Jsonl,
        Some("parquet") => Format::Parquet,
        _ => Format::Csv,
    }
}

fn bound(text: &str) -> Result<Bound, String> {
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return Ok(Bound::Time(Timestamp(at.to_utc())));
    }
    let wrong = |_| "write a day such as 2026-07-01, or a time such as 2026-07-01T09:30:00Z".to_owned();
    text.parse().map(Bound::Day).map_err(wrong)
}
