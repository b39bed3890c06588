//! The `checkfront-mirror` program: see the library's documentation.

use std::process::ExitCode;

use checkfront_mirror::cli;

fn main() -> ExitCode {
    cli::main()
}
