//! The options of the command line, each also an environment variable. Secrets are variables only.

use clap::{Args, ValueEnum};

/// Options of every command, as typed. `Config::load` checks them.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Options of every command")]
pub struct Options {
    /// Where the mirror lives: `sqlite://FILE` or `postgres://USER@HOST/NAME` [default: `sqlite://checkfront.db`]
    #[arg(long, env = "DATABASE_URL", global = true, hide_env_values = true, value_name = "URL")]
    pub database_url: Option<String>,

    /// File that takes deliveries while the database takes none [default: checkfront-spool.db]
    #[arg(long, env = "SPOOL_PATH", global = true, value_name = "FILE")]
    pub spool_path: Option<String>,

    /// Address and port to listen on [default: 127.0.0.1:8080]
    #[arg(long, env = "BIND", global = true, value_name = "ADDRESS:PORT")]
    pub bind: Option<String>,

    /// Port to listen on, on all addresses, where `--bind` is not given
    #[arg(long, env = "PORT", global = true)]
    pub port: Option<String>,

    /// Networks that deliveries may come from, separated by commas [default: all]
    #[arg(long, env = "WEBHOOK_ALLOW", global = true, value_name = "CIDRS")]
    pub webhook_allow: Option<String>,

    /// Proxies whose X-Forwarded-For is believed, separated by commas
    #[arg(long, env = "TRUSTED_PROXIES", global = true, value_name = "CIDRS")]
    pub trusted_proxies: Option<String>,

    /// Header that holds the HMAC of the body; the key is in `WEBHOOK_HMAC_SECRET` [default: X-Webhook-Signature]
    #[arg(long, env = "WEBHOOK_HMAC_HEADER", global = true, value_name = "NAME")]
    pub webhook_hmac_header: Option<String>,

    /// Hash function of that HMAC: sha256, sha1 or sha512 [default: sha256]
    #[arg(long, env = "WEBHOOK_HMAC_ALGORITHM", global = true, value_name = "NAME")]
    pub webhook_hmac_algorithm: Option<String>,

    /// Certificate chain to speak TLS with, a PEM file; read again when it changes
    #[arg(long, env = "TLS_CERT", global = true, value_name = "FILE")]
    pub tls_cert: Option<String>,

    /// Private key of that certificate, a PEM file
    #[arg(long, env = "TLS_KEY", global = true, value_name = "FILE")]
    pub tls_key: Option<String>,

    /// Listen beyond this machine without a `WEBHOOK_SECRET`
    #[arg(long, env = "ALLOW_UNVERIFIED", global = true, num_args = 0..=1, default_missing_value = "true", value_name = "BOOL")]
    pub allow_unverified: Option<String>,

    /// Host of the account whose bodies name none [default: default]
    #[arg(long, env = "CHECKFRONT_HOST", global = true, value_name = "HOST")]
    pub checkfront_host: Option<String>,

    /// Time zone of all accounts, or `host=zone,host=zone` [default: UTC]
    #[arg(long, env = "ACCOUNT_TIMEZONE", global = true, value_name = "ZONE")]
    pub account_timezone: Option<String>,

    /// Longest body that is taken [default: 4194304]
    #[arg(long, env = "MAX_BODY_BYTES", global = true, value_name = "BYTES")]
    pub max_body_bytes: Option<String>,

    /// Fields that are left out, or replaced by a keyed hash, before anything is stored: `customer_email,source_ip:hash`
    #[arg(long, env = "MASK_FIELDS", global = true, value_name = "FIELDS")]
    pub mask_fields: Option<String>,

    /// Drop raw bodies older than this, but for those not projected [default: never]
    #[arg(long, env = "RETENTION_DAYS", global = true, value_name = "DAYS")]
    pub retention_days: Option<String>,

    /// Log as lines of text, or as one JSON object a line
    #[arg(long, env = "LOG_FORMAT", global = true, default_value = "text")]
    pub log_format: LogFormat,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// For machines.
    Json,
}
