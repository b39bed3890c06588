//! Configuration: flag, else environment, else `.env`, else the default. A wrong value stops the start.

mod addresses;
mod files;
mod options;
mod privacy;
mod secret;

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use ipnet::IpNet;
use thiserror::Error;

pub(crate) use files::is_same;
pub use options::{LogFormat, Options};
pub use secret::Secret;

use crate::db::DatabaseUrl;
use crate::limits::Limits;
use crate::privacy::Privacy;
use crate::project::{Settings, Zones};
use crate::tls::TlsFiles;
use crate::verify::{Signature, Verifier};

/// The highest limit: several such bodies have to fit into the memory that bodies share.
const LONGEST_BODY: usize = 64 << 20;

/// A wrong setting: which one, and what would be right.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("{name}: {reason}")]
pub struct ConfigError {
    name: &'static str,
    reason: String,
}

impl ConfigError {
    /// The variable.
    pub fn name(&self) -> &'static str {
        self.name
    }
}

/// What the program was told to do, checked.
#[derive(Debug, Clone)]
pub struct Config {
    /// `DATABASE_URL`: where the mirror lives.
    pub database_url: DatabaseUrl,
    /// `SPOOL_PATH`: the file for what the database does not take.
    pub spool_path: PathBuf,
    /// `BIND`, or `PORT` on all addresses: where to listen.
    pub bind: SocketAddr,
    /// `WEBHOOK_SECRET`, `WEBHOOK_HMAC_*`, `WEBHOOK_ALLOW`, `TRUSTED_PROXIES`: who may send.
    pub verifier: Verifier,
    /// `ADMIN_TOKEN`: opens the status page and the API; without one they open on this machine alone.
    pub admin_token: Option<Secret>,
    /// `ALLOW_UNVERIFIED`: whether anyone may send from beyond this machine.
    pub allow_unverified: bool,
    /// `MAX_BODY_BYTES`: the longest body that is taken.
    pub max_body_bytes: usize,
    /// `TLS_CERT` and `TLS_KEY`: files to speak TLS with.
    pub tls: Option<TlsFiles>,
    /// Limits of connections; no settings.
    pub limits: Limits,
    /// `CHECKFRONT_HOST` and `ACCOUNT_TIMEZONE`: what the mirror is told about accounts.
    pub accounts: Settings,
    /// `PRIVACY_KEY`, `MASK_FIELDS`: what is stored of people.
    pub privacy: Privacy,
    /// `ALERT_URL`: where a silence is told; its path may hold a secret.
    pub alert_url: Option<Secret>,
    /// `OTEL_EXPORTER_OTLP_ENDPOINT`: whether a collector is named for traces.
    pub is_traced: bool,
    /// `RETENTION_DAYS`: how long raw bodies are kept; for ever where it is not set.
    pub retention_days: Option<u32>,
}

impl Config {
    /// Checks the options; secrets come from the environment, or from the file that `NAME_FILE` names.
    pub fn load(options: &Options) -> Result<Self, ConfigError> {
        Self::load_with(options, &|name| {
            // What is no text is not taken for unset: a secret must not fail open.
            std::env::var_os(name).map(|value| value.to_string_lossy().into_owned())
        })
    }

    /// The same, from a given environment.
    pub fn load_with(options: &Options, environment: &dyn Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let url = options.database_url.clone().filter(|url| !url.is_empty());
        let url = match url {
            Some(_) if environment("DATABASE_URL_FILE").is_some_and(|path| !path.is_empty()) => {
                return Err(wrong("DATABASE_URL", "is set twice; set either DATABASE_URL or DATABASE_URL_FILE"));
            }
            Some(url) => url,
            None => secret::read("DATABASE_URL", environment)?
                .map_or_else(|| "sqlite://checkfront.db".to_owned(), |url| url.reveal().to_owned()),
        };
        let secret = secret::read("WEBHOOK_SECRET", environment)?;
        let privacy = privacy::read(options.mask_fields.as_deref(), environment)?;
        let database_url = url.parse().map_err(|reason| wrong("DATABASE_URL", reason))?;
        Ok(Self {
            spool_path: files::spool(given(options.spool_path.as_deref()), &database_url)?,
            database_url,
            bind: bind(options)?,
            verifier: Verifier {
                secret,
                hmac: signature(options, secret::read("WEBHOOK_HMAC_SECRET", environment)?)?,
                allow: networks("WEBHOOK_ALLOW", options.webhook_allow.as_deref())?,
                trusted_proxies: networks("TRUSTED_PROXIES", options.trusted_proxies.as_deref())?,
            },
            admin_token: secret::read("ADMIN_TOKEN", environment)?,
            allow_unverified: match options.allow_unverified.as_deref().unwrap_or("false").to_lowercase().as_str() {
                "true" | "1" | "yes" => true,
                "false" | "0" | "no" | "" => false,
                _ => return Err(wrong("ALLOW_UNVERIFIED", "write true or false")),
            },
            max_body_bytes: body_limit(options.max_body_bytes.as_deref())?,
            tls: tls(options)?,
            limits: Limits::default(),
            accounts: Settings {
                default_host: host(options.checkfront_host.as_deref())?,
                zones: zones(options.account_timezone.as_deref())?,
                privacy: privacy.clone(),
            },
            privacy,
            alert_url: addresses::alert_url(secret::read("ALERT_URL", environment)?)?,
            is_traced: addresses::collector(environment)?,
            retention_days: privacy::retention(options.retention_days.as_deref())?,
        })
    }

    /// `https` where it speaks TLS itself, else `http`.
    pub fn scheme(&self) -> &'static str {
        if self.tls.is_some() { "https" } else { "http" }
    }

    /// Refuses to take deliveries from beyond this machine that nobody vouches for.
    pub fn check_reach(&self, listening: SocketAddr) -> Result<(), ConfigError> {
        let reachable = !listening.ip().to_canonical().is_loopback();
        if reachable && !self.verifier.is_configured() && !self.allow_unverified {
            return Err(wrong(
                "WEBHOOK_SECRET",
                format!(
                    "is not set, and {listening} can be reached from other machines, so anyone could send bookings; \
                     set it to a long random word, or set ALLOW_UNVERIFIED=true where the network is your own"
                ),
            ));
        }
        Ok(())
    }
}

pub(crate) fn wrong(name: &'static str, reason: impl Into<String>) -> ConfigError {
    ConfigError { name, reason: reason.into() }
}

fn given(value: Option<&str>) -> Option<&str> {
    value.map(str::trim).filter(|value| !value.is_empty())
}

fn bind(options: &Options) -> Result<SocketAddr, ConfigError> {
    if let Some(bind) = given(options.bind.as_deref()) {
        return bind.parse().map_err(|_| {
            wrong("BIND", format!("`{bind}` is no address with a port; write one such as 127.0.0.1:8080"))
        });
    }
    match given(options.port.as_deref()) {
        None => Ok(SocketAddr::from(([127, 0, 0, 1], 8080))),
        Some(port) => {
            let number =
                port.parse().map_err(|_| wrong("PORT", format!("`{port}` is no port; write one such as 8080")))?;
            Ok(SocketAddr::from(([0, 0, 0, 0], number)))
        }
    }
}

fn networks(name: &'static str, list: Option<&str>) -> Result<Vec<IpNet>, ConfigError> {
    let parts = list.unwrap_or_default().split([',', ' ']).map(str::trim).filter(|part| !part.is_empty());
    parts
        .map(|part| {
            let network = part.parse::<IpNet>().or_else(|_| part.parse::<IpAddr>().map(IpNet::from));
            network.map_err(|_| wrong(name, format!("`{part}` is no network; write one such as 203.0.113.0/24")))
        })
        .collect()
}

fn signature(options: &Options, key: Option<Secret>) -> Result<Option<Signature>, ConfigError> {
    let header = given(options.webhook_hmac_header.as_deref()).unwrap_or("X-Webhook-Signature").parse();
    let header =
        header.map_err(|_| wrong("WEBHOOK_HMAC_HEADER", "is no header name; write one such as X-Webhook-Signature"))?;
    let algorithm = given(options.webhook_hmac_algorithm.as_deref()).unwrap_or("sha256").parse();
    let algorithm = algorithm.map_err(|reason: String| wrong("WEBHOOK_HMAC_ALGORITHM", reason))?;
    Ok(key.map(|key| Signature { key, header, algorithm }))
}

fn tls(options: &Options) -> Result<Option<TlsFiles>, ConfigError> {
    match (given(options.tls_cert.as_deref()), given(options.tls_key.as_deref())) {
        (None, None) => Ok(None),
        (Some(cert), Some(key)) => Ok(Some(TlsFiles { cert: cert.into(), key: key.into() })),
        (Some(_), None) => Err(wrong("TLS_KEY", "is not set; TLS_CERT needs the private key of its certificate")),
        (None, Some(_)) => Err(wrong("TLS_CERT", "is not set; TLS_KEY needs the certificate that it belongs to")),
    }
}

fn body_limit(value: Option<&str>) -> Result<usize, ConfigError> {
    let Some(value) = given(value) else { return Ok(4 << 20) };
    let bytes = value.parse().ok().filter(|bytes| (1..=LONGEST_BODY).contains(bytes));
    let reason = || format!("`{value}` is no length; write a number of bytes up to {LONGEST_BODY}, such as 4194304");
    bytes.ok_or_else(|| wrong("MAX_BODY_BYTES", reason()))
}

fn host(value: Option<&str>) -> Result<String, ConfigError> {
    let Some(value) = given(value) else { return Ok("default".to_owned()) };
    if value.contains(['/', ':', ' ']) || value.len() > 200 {
        return Err(wrong("CHECKFRONT_HOST", "write the host alone, such as your-company.checkfront.com"));
    }
    Ok(value.to_lowercase())
}

fn zones(value: Option<&str>) -> Result<Zones, ConfigError> {
    value.unwrap_or_default().parse().map_err(|reason: String| wrong("ACCOUNT_TIMEZONE", reason))
}
