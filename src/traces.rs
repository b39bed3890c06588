//! A trace of each delivery, from its receipt to its rows, for an OpenTelemetry collector. Spans say what happened and
//! when, and nothing of people.

mod collector;
mod followed;

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use anyhow::Context as _;
use axum::extract::Request;
use axum::http::StatusCode;
use opentelemetry::propagation::TextMapPropagator;
use opentelemetry::trace::{Span as _, SpanBuilder, SpanContext, SpanKind, Status, TraceContextExt, TracerProvider};
use opentelemetry::{Context, KeyValue};
use opentelemetry_http::HeaderExtractor;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider, Span};
use parking_lot::Mutex;

use crate::config::Config;
use crate::metrics::Tally;
use followed::Followed;

/// How long the end waits for spans that are not sent yet.
const LAST: Duration = Duration::from_secs(1);

/// The traces of one service, or nothing where no collector is named. Cheap to clone.
#[derive(Clone, Default)]
pub struct Traces(Option<Arc<Kept>>);

struct Kept {
    provider: SdkTracerProvider,
    tracer: SdkTracer,
    followed: Mutex<Followed>,
}

/// What takes some time, until it ends; nothing where nothing is traced.
pub(crate) struct Timed(Option<Span>);

impl Traces {
    /// Starts to send, where `OTEL_EXPORTER_OTLP_ENDPOINT` says where to.
    pub fn start(config: &Config) -> anyhow::Result<Self> {
        if !config.is_traced {
            return Ok(Self::default());
        }
        // Only the first call sets it.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let provider = collector::provider().context("traces cannot be sent to OTEL_EXPORTER_OTLP_ENDPOINT")?;
        let tracer = provider.tracer(env!("CARGO_PKG_NAME"));
        Ok(Self(Some(Arc::new(Kept { provider, tracer, followed: Mutex::default() }))))
    }

    /// A request for `/webhook`, as part of its sender's trace where it names one. Its path may hold a secret.
    pub(crate) fn request(&self, request: &Request) -> Timed {
        let start = |kept: &Kept| {
            let parent = TraceContextPropagator::new().extract(&HeaderExtractor(request.headers()));
            let route = match request.uri().path().trim_end_matches('/') {
                "/webhook" => "/webhook",
                _ => "/webhook/{secret}",
            };
            let method = request.method().as_str().to_owned();
            let span = SpanBuilder::from_name(format!("{method} {route}")).with_kind(SpanKind::Server);
            let attributes = [KeyValue::new("http.request.method", method), KeyValue::new("http.route", route)];
            span.with_attributes(attributes).start_with_context(&kept.tracer, &parent)
        };
        Timed(self.0.as_deref().map(start))
    }

    /// A part of what a span's context names.
    pub(crate) fn part(&self, name: &'static str, of: Option<&SpanContext>) -> Timed {
        let start = |kept: &Kept| Some(SpanBuilder::from_name(name).start_with_context(&kept.tracer, &within(of?)));
        Timed(self.0.as_deref().and_then(start))
    }

    /// Remembers where a delivery came in, until its rows are written.
    pub(crate) fn follow(&self, event_id: i64, came_in: Option<SpanContext>) {
        if let (Some(kept), Some(context)) = (&self.0, came_in) {
            kept.followed.lock().add(event_id, context);
        }
    }

    /// The time, where somebody wants to know.
    pub(crate) fn now(&self) -> Option<SystemTime> {
        self.0.as_ref().map(|_| SystemTime::now())
    }

    /// Deliveries were settled in one transaction, which began then.
    pub(crate) fn settled(&self, began: Option<SystemTime>, tally: &Tally) {
        let (Some(kept), Some(began)) = (&self.0, began) else { return };
        for (event_id, state) in tally.firsts() {
            let Some(context) = kept.followed.lock().take(event_id) else { continue };
            let attributes = [
                KeyValue::new("event.id", event_id),
                KeyValue::new("event.state", state),
                KeyValue::new("batch.events", i64::try_from(tally.events()).unwrap_or(i64::MAX)),
            ];
            let span = SpanBuilder::from_name("project").with_start_time(began).with_attributes(attributes);
            span.start_with_context(&kept.tracer, &within(&context)).end();
        }
    }

    /// Sends what is left. Blocks, but not for long.
    pub fn finish(&self) {
        if let Some(kept) = &self.0
            && let Err(error) = kept.provider.shutdown_with_timeout(LAST)
        {
            tracing::warn!(%error, "the last traces were not sent");
        }
    }
}

impl Timed {
    /// What its parts belong to.
    pub(crate) fn context(&self) -> Option<SpanContext> {
        self.0.as_ref().map(|span| span.span_context().clone()).filter(SpanContext::is_sampled)
    }

    /// It stored a delivery, or did not.
    pub(crate) fn stored(self, event_id: Option<i64>) {
        let Some(mut span) = self.0 else { return };
        match event_id {
            Some(id) => span.set_attribute(KeyValue::new("event.id", id)),
            None => span.set_status(Status::error("not stored")),
        }
    }

    /// It was answered.
    pub(crate) fn answered(self, status: StatusCode) {
        let Some(mut span) = self.0 else { return };
        span.set_attribute(KeyValue::new("http.response.status_code", i64::from(status.as_u16())));
        if status.is_server_error() {
            span.set_status(Status::error(""));
        }
    }
}

fn within(context: &SpanContext) -> Context {
    Context::new().with_remote_span_context(context.clone())
}

impl fmt::Debug for Traces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Traces").field(&self.0.is_some()).finish()
    }
}
