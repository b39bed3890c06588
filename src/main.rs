//! The `checkfront-mirror` program: see the library's documentation.

use std::process::ExitCode;

use checkfront_mirror::cli;

/// Every value of a document is a small allocation: the system's allocator takes twice as long for them. This one also
/// gives memory back to the system, some seconds after it is free, by a thread that sleeps while none is.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    cli::main()
}
