//! Connections: accept, serve, and at the end let go of nobody who was let in.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use axum::http::header::CONNECTION;
use axum::http::{HeaderValue, Request};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How long a connection may take to send its headers, or stay idle.
const HEADERS: Duration = Duration::from_secs(75);
/// How long, after the end was called, a connection that has sent nothing yet may still send its request.
const QUIET: Duration = Duration::from_secs(1);
/// How long requests in flight may take after that.
const DRAIN: Duration = Duration::from_secs(5);
/// How long connections are still taken from the queue of a socket that closes.
const BACKLOG: Duration = Duration::from_millis(100);

/// A listening socket.
pub struct Listener {
    /// The socket.
    pub socket: TcpListener,
    /// Whether it was passed in, and stays open for the next process.
    pub passed_in: bool,
}

/// Serves until `shutdown`, then answers what is in flight and returns.
///
/// A connection that was accepted but not yet read is in flight: its request is read, and answered with
/// `Connection: close`.
pub async fn serve(listener: Listener, router: Router, shutdown: CancellationToken) {
    let tasks = TaskTracker::new();
    let (closing, cut) = (CancellationToken::new(), CancellationToken::new());
    let open = |stream: TcpStream, peer: SocketAddr| {
        let connection = connection(stream, peer, router.clone(), shutdown.clone(), closing.clone());
        let cut = cut.clone();
        tasks.spawn(async move { cut.run_until_cancelled(connection).await });
    };
    loop {
        tokio::select! {
            biased;
            () = shutdown.cancelled() => break,
            accepted = listener.socket.accept() => match accepted {
                Ok((stream, peer)) => open(stream, peer),
                Err(error) => {
                    // Out of file descriptors, say: wait for some to come free.
                    tracing::warn!(%error, "cannot accept a connection");
                    sleep(Duration::from_millis(50)).await;
                }
            },
        }
    }
    if !listener.passed_in {
        // These were connected by the system; closing the socket would reset them.
        let rest = async {
            while let Ok(Ok((stream, peer))) = timeout(BACKLOG, listener.socket.accept()).await {
                open(stream, peer);
            }
        };
        let _ = timeout(BACKLOG * 3, rest).await;
    }
    drop(listener);
    tasks.close();
    if timeout(QUIET, tasks.wait()).await.is_err() {
        closing.cancel();
        if timeout(DRAIN, tasks.wait()).await.is_err() {
            tracing::warn!(connections = tasks.len(), "connections are cut: they did not end in time");
            cut.cancel();
            tasks.wait().await;
        }
    }
}

async fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    shutdown: CancellationToken,
    closing: CancellationToken,
) {
    // Answers are small, and wait for nothing.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        let (router, shutdown) = (router.clone(), shutdown.clone());
        async move {
            let mut response = tower_service::Service::call(&mut router.into_service(), request).await?;
            if shutdown.is_cancelled() {
                response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
            }
            Ok::<_, std::convert::Infallible>(response)
        }
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEADERS).half_close(true);
    let connection = http.serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    let result = tokio::select! {
        result = &mut connection => result,
        () = closing.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = result {
        tracing::debug!(%error, "a connection ended with an error");
    }
}
