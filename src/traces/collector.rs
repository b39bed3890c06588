//! The way to the collector: a thread of its own sends spans in batches. What it cannot send in time is dropped, and no
//! delivery waits for it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use opentelemetry_otlp::{ExporterBuildError, SpanExporter as Otlp};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{BatchConfigBuilder, BatchSpanProcessor, SdkTracerProvider, SpanData, SpanExporter};

/// Spans that may wait, and that go in one request, where `OTEL_BSP_*` say nothing else: a burst of deliveries.
const WAITING: usize = 16_384;
const BATCH: usize = 2_048;

/// Starts the thread. Address, headers, sampling and the rest come from the environment, by their usual names.
pub(super) fn provider() -> Result<SdkTracerProvider, ExporterBuildError> {
    let exporter = Told { exporter: Otlp::builder().with_http().build()?, is_refused: AtomicBool::new(false) };
    let is_set = |name| std::env::var_os(name).is_some();
    let mut batches = BatchConfigBuilder::default();
    if !is_set("OTEL_BSP_MAX_QUEUE_SIZE") {
        batches = batches.with_max_queue_size(WAITING);
    }
    if !is_set("OTEL_BSP_MAX_EXPORT_BATCH_SIZE") {
        batches = batches.with_max_export_batch_size(BATCH);
    }
    let processor = BatchSpanProcessor::builder(exporter).with_batch_config(batches.build()).build();
    let mut resource = Resource::builder();
    if !is_set("OTEL_SERVICE_NAME") {
        resource = resource.with_service_name(env!("CARGO_PKG_NAME"));
    }
    Ok(SdkTracerProvider::builder().with_span_processor(processor).with_resource(resource.build()).build())
}

/// Says in the log when the collector takes nothing, and when it does again.
#[derive(Debug)]
struct Told {
    exporter: Otlp,
    is_refused: AtomicBool,
}

impl SpanExporter for Told {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let result = self.exporter.export(batch).await;
        let was_refused = self.is_refused.swap(result.is_err(), Ordering::Relaxed);
        match &result {
            Err(error) if !was_refused => tracing::warn!(%error, "the collector of traces takes nothing"),
            Ok(()) if was_refused => tracing::info!("the collector of traces takes them again"),
            Ok(()) | Err(_) => {}
        }
        result
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.exporter.force_flush()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }
}
