//! A connection's place: what its client is about to do, and since when.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use parking_lot::Mutex;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::limits::Limits;

/// What the client is about to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// To shake hands, or to send its first byte.
    Fresh,
    /// To send another request: the last one was answered.
    Kept,
    /// To send the rest of a head.
    Head,
    /// To send the rest of a body.
    Body,
    /// To wait for our answer.
    Answer,
}

/// A connection's place.
pub(super) struct Place {
    state: Mutex<(Phase, Instant)>,
    /// Cuts the connection.
    pub(super) cut: CancellationToken,
}

impl Place {
    pub(super) fn new(cut: CancellationToken) -> Self {
        Self { state: Mutex::new((Phase::Fresh, Instant::now())), cut }
    }

    pub(super) fn phase(&self) -> Phase {
        self.state.lock().0
    }

    pub(super) fn enter(&self, phase: Phase) {
        *self.state.lock() = (phase, Instant::now());
    }

    /// Bytes came.
    fn heard(&self) {
        if matches!(self.phase(), Phase::Fresh | Phase::Kept) {
            self.enter(Phase::Head);
        }
    }

    /// Since when the client has kept us waiting, where it does.
    pub(super) fn waiting_since(&self) -> Option<Instant> {
        let (phase, since) = *self.state.lock();
        (phase != Phase::Answer).then_some(since)
    }

    /// When the client will have kept us waiting for too long. `ended`: since when no more connections
    /// are taken.
    pub(super) fn deadline(&self, limits: &Limits, ended: Option<Instant>) -> Option<Instant> {
        let (phase, since) = *self.state.lock();
        let limit = match phase {
            Phase::Fresh | Phase::Head => limits.head,
            Phase::Kept => limits.idle,
            // The handler has limits of its own.
            Phase::Body | Phase::Answer => return None,
        };
        let silent = ended.filter(|_| phase != Phase::Head).map(|ended| ended.max(since) + limits.quiet);
        Some(silent.map_or(since + limit, |silent| silent.min(since + limit)))
    }
}

/// A stream that tells its place when bytes come.
pub(super) struct Heard<S> {
    pub(super) stream: S,
    pub(super) place: Arc<Place>,
}

impl<S: AsyncRead + Unpin> AsyncRead for Heard<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buffer))?;
        if buffer.filled().len() > before {
            self.place.heard();
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Heard<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// A body that tells its place when it has arrived.
pub(super) struct Arriving {
    pub(super) body: Incoming,
    pub(super) place: Arc<Place>,
}

impl Body for Arriving {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
        if frame.is_none() {
            self.place.enter(Phase::Answer);
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
