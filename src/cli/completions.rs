//! `completions`: a script for a shell.

use std::process::ExitCode;

use clap_complete::Shell;

const EXAMPLE: &str = "Example:
  checkfront-mirror completions bash > /etc/bash_completion.d/checkfront-mirror";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub(super) struct Args {
    /// The shell
    shell: Shell,
}

pub(super) fn run(args: &Args, command: &mut clap::Command) -> anyhow::Result<ExitCode> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, command, "checkfront-mirror", &mut script);
    super::output::print(String::from_utf8_lossy(&script).trim_end())?;
    Ok(ExitCode::SUCCESS)
}
