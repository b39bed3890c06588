//! `healthcheck`: asks a running server, for containers and monitors.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;

use super::{output, send};
use crate::config::Config;

const EXAMPLE: &str = "Example:
  checkfront-mirror healthcheck --url http://127.0.0.1:8080/readyz";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub(super) struct Args {
    /// What to ask [default: /readyz at BIND]
    #[arg(long)]
    url: Option<String>,
}

pub(super) fn run(args: &Args, config: &Config) -> anyhow::Result<ExitCode> {
    let own = || format!("{}://{}/readyz", config.scheme(), send::reachable(config.bind));
    let url = args.url.clone().unwrap_or_else(own);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (status, body) = runtime.block_on(async {
        let client = send::client(Duration::from_secs(5), args.url.is_none())?;
        let answer = client.get(&url).send().await.with_context(|| format!("nothing answers at {url}"))?;
        anyhow::Ok((answer.status(), answer.text().await?))
    })?;
    output::print(body.trim_end())?;
    Ok(if status.is_success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
