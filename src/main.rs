//! The `checkfront-mirror` program: see the library's documentation.

use std::process::ExitCode;

use checkfront_mirror::cli;

/// Every value of a document is a small allocation: the system's allocator takes twice as long for them.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    cli::main()
}
