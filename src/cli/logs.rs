//! Log lines on stderr, as text or JSON, filtered by `RUST_LOG`.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

use crate::config::{ConfigError, LogFormat, wrong};

pub(super) fn init(format: LogFormat) -> Result<(), ConfigError> {
    let wanted = std::env::var_os(EnvFilter::DEFAULT_ENV).map(|wanted| wanted.to_string_lossy().into_owned());
    let wanted = wanted.filter(|wanted| !wanted.trim().is_empty()).unwrap_or_else(|| "info".to_owned());
    let filter = EnvFilter::try_new(&wanted);
    let filter = filter.map_err(|error| {
        wrong(EnvFilter::DEFAULT_ENV, format!("{error}; write one such as info,checkfront_mirror=debug"))
    })?;
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match format {
        LogFormat::Text => lines.with_ansi(std::io::stderr().is_terminal()).init(),
        LogFormat::Json => lines.json().flatten_event(true).init(),
    }
    Ok(())
}
