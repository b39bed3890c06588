//! Addresses of others that the service tells something.

use reqwest::Url;

use super::{ConfigError, Secret, wrong};

/// `ALERT_URL`; its path may hold a secret.
pub(super) fn alert_url(url: Option<Secret>) -> Result<Option<Secret>, ConfigError> {
    match url {
        Some(url) if !is_http(url.reveal()) => {
            Err(wrong("ALERT_URL", "is no address; write one such as https://alerts.example.com/checkfront"))
        }
        url => Ok(url),
    }
}

/// Whether `OTEL_EXPORTER_OTLP_ENDPOINT` names a collector. What else it is told, its library reads from the environment.
pub(super) fn collector(environment: &dyn Fn(&str) -> Option<String>) -> Result<bool, ConfigError> {
    const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
    let Some(endpoint) = environment(ENDPOINT).filter(|endpoint| !endpoint.trim().is_empty()) else {
        return Ok(false);
    };
    if !is_http(endpoint.trim()) {
        let reason =
            "is no address; write that of a collector that takes OTLP over HTTP, such as http://localhost:4318";
        return Err(wrong(ENDPOINT, reason));
    }
    for name in ["OTEL_EXPORTER_OTLP_PROTOCOL", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"] {
        if environment(name).is_some_and(|protocol| !["", "http/protobuf"].contains(&protocol.as_str())) {
            let reason = "write http/protobuf, which is the one protocol spoken; collectors take it on port 4318";
            return Err(wrong(name, reason));
        }
    }
    Ok(true)
}

fn is_http(url: &str) -> bool {
    Url::parse(url).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}
