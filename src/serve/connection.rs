//! One connection: its handshake, its requests, and how long it may keep us waiting.

use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::header::{CONNECTION, TRANSFER_ENCODING};
use axum::http::{HeaderValue, Request, Response};
use hyper::body::{Body as _, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use super::Shutdown;
use super::place::{Arriving, Heard, Phase, Place};
use crate::limits::Limits;
use crate::tls::Tls;

/// The longest head of a request, in bytes.
const LONGEST_HEAD: usize = 64 << 10;
/// Says that the head of a request did not arrive in time: no handler has seen it, so none answers.
const TOO_SLOW: &str = "HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";

/// What connections share.
pub(super) struct Shared {
    pub(super) router: Router,
    pub(super) tls: Option<Tls>,
    pub(super) limits: Limits,
    pub(super) shutdown: CancellationToken,
    /// No more connections are taken.
    pub(super) closed: CancellationToken,
}

impl Shared {
    /// Serves a connection to its end.
    pub(super) async fn connection(&self, stream: TcpStream, peer: SocketAddr, place: &Arc<Place>) {
        // Answers are small, and wait for nothing.
        let _ = stream.set_nodelay(true);
        let Some(tls) = &self.tls else { return self.http(stream, peer, place).await };
        match self.in_time(pin!(tls.accept(stream)), place).await {
            Some(Ok(stream)) => {
                place.enter(Phase::Fresh);
                self.http(stream, peer, place).await;
            }
            Some(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
            None => tracing::debug!("a TLS handshake took too long"),
        }
    }

    async fn http(&self, stream: impl AsyncRead + AsyncWrite + Unpin, peer: SocketAddr, place: &Arc<Place>) {
        let service = service_fn(|request| self.answer(request, peer, place));
        let mut http = http1::Builder::new();
        // The head's time is ours to keep; see `Place::deadline`.
        http.header_read_timeout(None).half_close(true).max_buf_size(LONGEST_HEAD);
        let stream = Heard { stream, place: Arc::clone(place) };
        let mut connection = http.serve_connection(TokioIo::new(stream), service);
        let mut result = self.in_time(Pin::new(&mut connection), place).await;
        if result.is_none() && place.phase() == Phase::Head {
            let mut stream = connection.into_parts().io.into_inner();
            let _ = timeout(self.limits.quiet, async {
                stream.write_all(TOO_SLOW.as_bytes()).await?;
                stream.shutdown().await
            })
            .await;
            return;
        }
        if result.is_none() {
            Pin::new(&mut connection).graceful_shutdown();
            // A client that does not read its answers is not waited for.
            result = timeout(self.limits.drain, &mut connection).await.ok();
        }
        if let Some(Err(error)) = result {
            tracing::debug!(%error, "a connection ended with an error");
        }
    }

    async fn answer(
        &self,
        mut request: Request<Incoming>,
        peer: SocketAddr,
        place: &Arc<Place>,
    ) -> Result<Response<Body>, Infallible> {
        place.enter(if request.body().is_end_stream() { Phase::Answer } else { Phase::Body });
        request.extensions_mut().insert(ConnectInfo(peer));
        // What is streamed has to end with the service.
        request.extensions_mut().insert(Shutdown(self.shutdown.clone()));
        // A proxy that does not read this header may see another end of the body than we do.
        let chunked = request.headers().contains_key(TRANSFER_ENCODING);
        let request = request.map(|body| Arriving { body, place: Arc::clone(place) });
        let mut response = tower_service::Service::call(&mut self.router.clone().into_service(), request).await?;
        place.enter(Phase::Kept);
        if chunked || self.shutdown.is_cancelled() {
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        Ok(response)
    }

    /// Waits as long as the client may keep us waiting, then for no longer.
    async fn in_time<F: Future>(&self, mut future: Pin<&mut F>, place: &Place) -> Option<F::Output> {
        let mut closed = pin!(self.closed.cancelled());
        let mut ended = None;
        let mut timer = pin!(sleep_until(Instant::now()));
        poll_fn(|cx| {
            if let Poll::Ready(output) = future.as_mut().poll(cx) {
                return Poll::Ready(Some(output));
            }
            if ended.is_none() && closed.as_mut().poll(cx).is_ready() {
                ended = Some(Instant::now());
            }
            let Some(deadline) = place.deadline(&self.limits, ended) else { return Poll::Pending };
            if timer.deadline() != deadline {
                timer.as_mut().reset(deadline);
            }
            timer.as_mut().poll(cx).map(|()| None)
        })
        .await
    }
}
