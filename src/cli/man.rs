//! `man`: the manual page.

use std::process::ExitCode;

const EXAMPLE: &str = "Example:
  checkfront-mirror man | man -l -";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub(super) struct Args {}

/// One page for the program and all its commands.
pub(super) fn run(_: &Args, mut command: clap::Command) -> anyhow::Result<ExitCode> {
    let mut page = Vec::new();
    command.build();
    clap_mangen::Man::new(command.clone()).render(&mut page)?;
    for subcommand in command.get_subcommands().filter(|command| command.get_name() != "help") {
        clap_mangen::Man::new(subcommand.clone()).render_description_section(&mut page)?;
        clap_mangen::Man::new(subcommand.clone()).render_options_section(&mut page)?;
    }
    super::output::print(String::from_utf8_lossy(&page).trim_end())?;
    Ok(ExitCode::SUCCESS)
}
