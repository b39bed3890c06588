//! Settings: those that stop a start, and those that leave the door open.

use super::{Check, Finding, Severity};
use crate::config::{Config, ConfigError};
use crate::tls::Tls;

/// A secret that nobody guesses.
pub(super) const SECRET: &str =
    "set WEBHOOK_SECRET=$(openssl rand -hex 16), and paste the URL that `serve --show-url` prints into Checkfront";

/// Characters below which a secret can be guessed.
const LEAST: usize = 16;

/// With a setting that is wrong nothing else can be looked at.
pub(super) fn wrong(error: &ConfigError) -> Finding {
    let mend = format!("set {} as it says", error.name());
    Finding::new(Check::Configuration, Severity::Error, error.to_string(), mend)
}

pub(super) fn examine(config: &Config) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Some(Err(error)) = config.tls.as_ref().map(Tls::load) {
        let mend = "set TLS_CERT and TLS_KEY to a certificate chain and its private key, PEM files";
        findings.push(Finding::new(Check::Configuration, Severity::Error, format!("{error:#}"), mend));
    }
    if let Err(error) = config.check_reach(config.bind) {
        let seen = format!("`serve` does not start: {error}");
        findings.push(Finding::new(Check::Verification, Severity::Error, seen, SECRET));
    } else if !config.verifier.is_configured() {
        let seen = format!("no secret is set: whoever reaches {} can send bookings", config.bind);
        findings.push(Finding::new(Check::Verification, Severity::Warning, seen, SECRET));
    }
    let secrets = [("WEBHOOK_SECRET", &config.verifier.secret), ("ADMIN_TOKEN", &config.admin_token)];
    for (name, secret) in secrets {
        let length = secret.as_ref().map_or(LEAST, |secret| secret.reveal().chars().count());
        if length < LEAST {
            let seen = format!("{name} has {length} characters: somebody could guess it");
            let mend = format!("set {name}=$(openssl rand -hex 16), and use it where the old one was used");
            findings.push(Finding::new(Check::Configuration, Severity::Warning, seen, mend));
        }
    }
    findings
}
