//! Bodies that start like a form, through the parser.
#![no_main]

use checkfront_mirror::parse::Format;
use libfuzzer_sys::{Corpus, fuzz_target};

#[path = "../parsed.rs"]
mod parsed;

fuzz_target!(|body: &[u8]| -> Corpus { if parsed::holds(body, Format::Form) { Corpus::Keep } else { Corpus::Reject } });
