//! Connections: accept, serve, and at the end let go of nobody who was let in.

mod connection;
mod place;
mod room;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use self::connection::Shared;
use self::place::Phase;
use self::room::{Room, Ticket};
use crate::limits::Limits;
use crate::tls::Tls;

/// How long connections are still taken from the queue of a socket that closes.
const BACKLOG: Duration = Duration::from_millis(100);
/// Between two tries while the system gives no connection.
const PAUSE: Duration = Duration::from_millis(50);

/// A listening socket, and what holds for its connections.
pub struct Listener {
    /// The socket.
    pub socket: TcpListener,
    /// Whether it was passed in, and stays open for the next process.
    pub passed_in: bool,
    /// Certificate and key, where it speaks TLS.
    pub tls: Option<Tls>,
    /// How long, and how many.
    pub limits: Limits,
}

/// Told to every request: cancelled when the service ends.
#[derive(Debug, Clone)]
pub struct Shutdown(pub CancellationToken);

/// Serves until `shutdown`, then answers what is in flight and returns.
///
/// A connection that was accepted but not yet read is in flight: its request is read, and answered with
/// `Connection: close`.
pub async fn serve(listener: Listener, router: Router, shutdown: CancellationToken) {
    let Listener { socket, passed_in, tls, limits } = listener;
    let (tasks, room) = (TaskTracker::new(), Room::new(&limits));
    if let Some(tls) = tls.clone() {
        let shutdown = shutdown.clone();
        tokio::spawn(async move { shutdown.run_until_cancelled(tls.reload_on_change()).await });
    }
    let closed = CancellationToken::new();
    let shared = Arc::new(Shared { router, tls, limits, shutdown: shutdown.clone(), closed: closed.clone() });
    let open = |stream: TcpStream, peer: SocketAddr, ticket: Ticket| {
        let shared = Arc::clone(&shared);
        tasks.spawn(async move {
            let place = &ticket.place;
            place.cut.run_until_cancelled(shared.connection(stream, peer, place)).await;
        });
    };
    let mut refusing = false;
    while let Some(accepted) = shutdown.run_until_cancelled(accept(&socket, &room)).await {
        match accepted {
            Ok((stream, peer, ticket)) => {
                refusing = false;
                open(stream, peer, ticket);
            }
            Err(error) => {
                // Out of file descriptors, say: wait for some to come free.
                if !std::mem::replace(&mut refusing, true) {
                    tracing::warn!(%error, "cannot accept connections; trying again");
                }
                sleep(PAUSE).await;
            }
        }
    }
    if !passed_in {
        // These were connected by the system; closing the socket would reset them.
        let rest = async {
            while let Ok(Ok((stream, peer, ticket))) = timeout(BACKLOG, accept(&socket, &room)).await {
                open(stream, peer, ticket);
            }
        };
        let _ = timeout(BACKLOG * 3, rest).await;
    }
    drop(socket);
    closed.cancel();
    tasks.close();
    if timeout(limits.quiet + limits.drain, tasks.wait()).await.is_err() {
        tracing::warn!(connections = tasks.len(), "connections are cut: they did not end in time");
        room.cut();
        tasks.wait().await;
    }
}

/// Takes a connection once there is a place for it: until then it waits in the socket's queue.
async fn accept(socket: &TcpListener, room: &Arc<Room>) -> std::io::Result<(TcpStream, SocketAddr, Ticket)> {
    let ticket = room.enter().await;
    let (stream, peer) = socket.accept().await?;
    ticket.place.enter(Phase::Fresh);
    Ok((stream, peer, ticket))
}
