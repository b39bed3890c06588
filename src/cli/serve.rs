//! `serve`: receive webhooks and keep the tables current, until told to stop.

use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::{output, systemd};
use crate::app::{AppState, router};
use crate::config::Config;
use crate::db::{Database, DatabaseUrl};
use crate::project::{Projector, Wake, Worker};
use crate::record::Recorder;
use crate::retention;
use crate::serve::{Listener, serve};
use crate::silence;
use crate::tls::Tls;
use crate::traces::Traces;

/// How long the end waits for what is queued and for the batch in hand; a database may hold them up.
const LAST: Duration = Duration::from_secs(3);

const EXAMPLE: &str = "Example:
  WEBHOOK_SECRET=$(openssl rand -hex 16) checkfront-mirror serve --bind 0.0.0.0:8080 --show-url";

#[derive(Debug, Default, clap::Args)]
#[command(after_help = EXAMPLE)]
pub(super) struct Args {
    /// Print the webhook's URL with the secret in it
    #[arg(long)]
    show_url: bool,
}

pub(super) fn run(args: &Args, config: &Config) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let result = runtime.block_on(run_until_stopped(args, config));
    // A look at a database that does not answer is not waited for.
    runtime.shutdown_timeout(Duration::from_secs(1));
    result.map(|()| ExitCode::SUCCESS)
}

async fn run_until_stopped(args: &Args, config: &Config) -> anyhow::Result<()> {
    let shutdown = on_signal()?;
    let (socket, passed_in) = listen(config).await?;
    let address = socket.local_addr()?;
    config.check_reach(address)?;
    let tls = config.tls.as_ref().map(Tls::load).transpose()?;
    let listener = Listener { socket, passed_in, tls, limits: config.limits };

    let traces = Traces::start(config)?;
    let (database, url) = (Database::open(&config.database_url), &config.database_url);
    let database = database.with_context(|| format!("cannot open {url}"))?;
    let wake = Wake::default();
    let started = Recorder::start(config, &database, wake.clone());
    let Some(started) = shutdown.run_until_cancelled(started).await else { return Ok(()) };
    let (recorder, recording) = started.with_context(|| format!("cannot use {url}"))?;
    let recorder = recorder.traced_by(traces.clone());
    let projector = Projector::new(&database, config.accounts.clone()).counted_by(recorder.metrics());
    let projector = projector.traced_by(&traces);
    let worker = Worker::start(projector, wake, recording.prepared.clone(), shutdown.clone())?;
    announce(args, config, address);
    if !recorder.state.database_is_up() {
        output::complain("Warning: the database cannot be used now. Deliveries go to the spool until it can.");
    }
    systemd::ready();
    if let Some(days) = config.retention_days {
        let old = retention::keep_to(database.clone(), days, shutdown.clone());
        let prepared = recording.prepared.clone();
        tokio::spawn(async move {
            prepared.cancelled().await;
            old.await;
        });
    }

    let (rested, stop) = (database.clone(), shutdown.clone());
    tokio::spawn(async move { stop.run_until_cancelled(rested.rest_between_writes()).await });
    let app = AppState::new(config, database.clone(), recorder);
    silence::watch(config, database, &app.recorder, app.silences.clone(), shutdown.clone());

    serve(listener, router(app), shutdown).await;
    // The last handle on the recorder went with the router; what was queued is stored before it ends.
    let finish = async { tokio::join!(recording.finish(), tokio::task::spawn_blocking(move || worker.join())) };
    if timeout(LAST, finish).await.is_err() {
        tracing::warn!("the database holds up the batch in hand; the next process projects it");
    }
    let _ = tokio::task::spawn_blocking(move || traces.finish()).await;
    tracing::info!("stopped");
    Ok(())
}

/// The socket that was passed in, or one of our own; and whether it was passed in.
async fn listen(config: &Config) -> anyhow::Result<(TcpListener, bool)> {
    if let Some(socket) = listenfd::ListenFd::from_env().take_tcp_listener(0)? {
        socket.set_nonblocking(true)?;
        return Ok((TcpListener::from_std(socket)?, true));
    }
    let socket = TcpListener::bind(config.bind).await;
    let socket =
        socket.with_context(|| format!("cannot listen on {}; choose another with BIND or PORT", config.bind))?;
    Ok((socket, false))
}

/// Cancelled by SIGTERM or Ctrl-C.
fn on_signal() -> anyhow::Result<CancellationToken> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let token = CancellationToken::new();
    let shutdown = token.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping: what is in flight is answered first");
        systemd::stopping();
        token.cancel();
    });
    Ok(shutdown)
}

/// Says where it listens, what it fills, and what to paste into Checkfront.
fn announce(args: &Args, config: &Config, address: SocketAddr) {
    let database = match &config.database_url {
        DatabaseUrl::Sqlite(path) => {
            let path = std::path::absolute(path).unwrap_or_else(|_| path.clone());
            format!("the SQLite file {}", path.display())
        }
        postgres @ DatabaseUrl::Postgres(_) => postgres.to_string(),
    };
    let secret = config
        .verifier
        .secret
        .as_ref()
        .map(|secret| if args.show_url { secret.url_encoded() } else { "********".to_owned() });
    let path = secret.as_ref().map_or_else(|| "/webhook".to_owned(), |secret| format!("/webhook/{secret}"));
    let scheme = config.scheme();
    output::complain(&format!(
        "checkfront-mirror {} listens on {scheme}://{address} and fills {database}\n\
         Paste into Checkfront (Manage > Developer > Webhooks): https://YOUR-PUBLIC-HOST{path}",
        env!("CARGO_PKG_VERSION"),
    ));
    if secret.is_some() && !args.show_url {
        output::complain("  (`serve --show-url` prints the secret)");
    }
    if !config.verifier.is_configured() {
        output::complain(
            "Warning: unverified. Whoever reaches this address can send bookings; set WEBHOOK_SECRET before it is public.",
        );
    }
}
