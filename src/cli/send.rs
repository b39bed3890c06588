//! `send`: posts sample deliveries, so that a newcomer sees rows within a minute.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use chrono::Utc;
use clap::ValueEnum;
use rand::SeedableRng;
use rand::rngs::StdRng;
use reqwest::{Client, header::CONTENT_TYPE};

use super::{output, run_projector};
use crate::config::{Config, Secret};
use crate::parse::Format;
use crate::samples::Account;

const EXAMPLE: &str = "Examples:
  checkfront-mirror send --count 20
  checkfront-mirror send --format xml --rate 5 --count 100";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub(super) struct Args {
    /// How many deliveries
    #[arg(long, default_value_t = 12)]
    count: usize,
    /// In which format
    #[arg(long, default_value = "all")]
    format: Choice,
    /// How many a second, at the most [default: as fast as they are answered]
    #[arg(long, value_name = "PER_SECOND", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    rate: Option<u32>,
    /// The webhook's URL [default: /webhook at BIND, with `WEBHOOK_SECRET`]
    #[arg(long)]
    url: Option<String>,
    /// The account that the samples are from; not your own, or they mix
    #[arg(long, default_value = "sample.checkfront.example")]
    host: String,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Choice {
    Json,
    Xml,
    Form,
    /// In turn.
    All,
}

pub(super) fn run(args: &Args, config: &Config) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let sent = runtime.block_on(post_all(args, config))?;
    output::print(&format!("{sent} sample deliveries were sent and accepted"))?;
    Ok(ExitCode::SUCCESS)
}

async fn post_all(args: &Args, config: &Config) -> anyhow::Result<usize> {
    let url = args.url.clone().unwrap_or_else(|| default_url(config));
    let formats = match args.format {
        Choice::Json => vec![Format::Json],
        Choice::Xml => vec![Format::Xml],
        Choice::Form => vec![Format::Form],
        Choice::All => vec![Format::Json, Format::Xml, Format::Form],
    };
    let client = client(Duration::from_secs(30), args.url.is_none())?;
    let mut account = Account::new(&args.host, StdRng::from_rng(&mut rand::rng()));
    let mut pace = args.rate.map(|rate| tokio::time::interval(Duration::from_secs(1) / rate));
    let bar = run_projector::bar(args.count as u64, "sending");
    let mut sent = 0;
    'sending: loop {
        for sample in account.story(Utc::now().timestamp()) {
            if sent == args.count {
                break 'sending;
            }
            if let Some(pace) = &mut pace {
                pace.tick().await;
            }
            let (body, content_type) = sample.body(formats[sent % formats.len()]);
            let answer = client.post(&url).header(CONTENT_TYPE, content_type).body(body).send().await;
            let answer = answer.map_err(reqwest::Error::without_url);
            let status =
                answer.context("no answer; is the server running? `checkfront-mirror serve` starts it")?.status();
            match status.as_u16() {
                200..=299 => sent += 1,
                401 => anyhow::bail!("the server does not know this sender; set the same WEBHOOK_SECRET here as there"),
                code => anyhow::bail!("the server answered {code} after {sent} deliveries"),
            }
            bar.inc(1);
        }
    }
    bar.finish_and_clear();
    Ok(sent)
}

/// An HTTP client with TLS of its own. Asking our own server at its address, it does not check the certificate, which
/// is for the public host.
pub(super) fn client(timeout: Duration, own_server: bool) -> anyhow::Result<Client> {
    // Only the first call sets it.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Ok(Client::builder().timeout(timeout).no_proxy().tls_danger_accept_invalid_certs(own_server).build()?)
}

/// Where a server that listens on this address is reached from the same machine.
pub(super) fn reachable(bind: SocketAddr) -> SocketAddr {
    if bind.ip().is_unspecified() { SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), bind.port()) } else { bind }
}

fn default_url(config: &Config) -> String {
    let address = reachable(config.bind);
    let secret = config.verifier.secret.as_ref().map(Secret::url_encoded);
    let path = secret.map_or_else(|| "/webhook".to_owned(), |secret| format!("/webhook/{secret}"));
    format!("{}://{address}{path}", config.scheme())
}
