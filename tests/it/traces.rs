//! A delivery's trace, from its receipt to its rows, as a collector gets it.

use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::http::StatusCode;
use axum::routing::post;
use checkfront_mirror::config::{Config, Options};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value::Value};
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::task::block_in_place;
use tokio::time::timeout;

use crate::rebuild_command::url_of;
use crate::support::{Server, TestApp, client, exe, on_both, payload};

/// The server kind, as OTLP numbers it.
const SERVER: i32 = 2;
/// The status of a span that went wrong.
const ERROR: i32 = 2;

/// A collector that passes on what it is sent.
struct Collector {
    url: String,
    requests: UnboundedReceiver<Bytes>,
    seen: Vec<Span>,
}

impl Collector {
    async fn start() -> Self {
        let (sender, requests) = unbounded_channel();
        let take = move |body: Bytes| {
            let _ = sender.send(body);
            async { StatusCode::OK }
        };
        let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", socket.local_addr().unwrap());
        let router = Router::new().route("/v1/traces", post(take));
        tokio::spawn(async move { axum::serve(socket, router).await });
        Self { url, requests, seen: Vec::new() }
    }

    /// Waits for a span that is so.
    async fn span(&mut self, is_so: impl Fn(&Span) -> bool) -> Span {
        loop {
            if let Some(found) = self.seen.iter().find(|span| is_so(span)) {
                return found.clone();
            }
            let names = self.seen.iter().map(|span| span.name.clone()).collect::<Vec<_>>();
            let body = timeout(Duration::from_secs(30), self.requests.recv()).await;
            let body = body.unwrap_or_else(|_| panic!("no such span among {names:?}")).unwrap();
            for secret in ["Katherine", "example.com", "kept-to-itself"] {
                assert!(!String::from_utf8_lossy(&body).contains(secret), "{secret} was sent");
            }
            for spans in ExportTraceServiceRequest::decode(body).unwrap().resource_spans {
                let resource = spans.resource.unwrap();
                assert_eq!(text(&resource.attributes, "service.name"), "checkfront-mirror");
                self.seen.extend(spans.scope_spans.into_iter().flat_map(|scope| scope.spans));
            }
        }
    }
}

fn text(attributes: &[KeyValue], name: &str) -> String {
    let value = attributes.iter().find(|attribute| attribute.key == name).and_then(|found| found.value.clone());
    match value.and_then(|value| value.value) {
        Some(Value::StringValue(text)) => text,
        Some(Value::IntValue(number)) => number.to_string(),
        other => panic!("{name}: {other:?} in {attributes:?}"),
    }
}

fn server(app: &TestApp, collector: &str) -> Server {
    let mut command = exe();
    command.args(["--bind", "127.0.0.1:0", "--database-url", &url_of(app)]);
    command.env("OTEL_EXPORTER_OTLP_ENDPOINT", collector).env("OTEL_BSP_SCHEDULE_DELAY", "50");
    Server::spawn(command.env("WEBHOOK_SECRET", "kept-to-itself"))
}

on_both! {
    async fn a_delivery_is_followed_to_its_rows(app: TestApp) {
        let mut collector = Collector::start().await;
        let server = block_in_place(|| server(&app, &collector.url));
        // A proxy's own trace goes on.
        let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        let request = client().post(format!("{}/webhook/kept-to-itself", server.url)).header("traceparent", parent);
        assert_eq!(request.body(payload("booking.json")).send().await.unwrap().status(), 200);
        let project = collector.span(|span| span.name == "project").await;
        let request = collector.span(|span| span.name == "POST /webhook/{secret}").await;
        let store = collector.span(|span| span.name == "store").await;
        assert_eq!(hex::encode(&request.trace_id), "0af7651916cd43dd8448eb211c80319c");
        assert_eq!(hex::encode(&request.parent_span_id), "b7ad6b7169203331");
        assert_eq!((request.kind, text(&request.attributes, "http.response.status_code").as_str()), (SERVER, "200"));
        let event = app.text("SELECT CAST(id AS TEXT) AS v FROM webhook_events WHERE state = 'applied'");
        for part in [&store, &project] {
            assert_eq!((&part.trace_id, &part.parent_span_id), (&request.trace_id, &request.span_id));
            assert_eq!(text(&part.attributes, "event.id"), event);
        }
        assert_eq!(text(&project.attributes, "event.state"), "applied");
        assert!(request.start_time_unix_nano <= store.start_time_unix_nano);
        assert!(store.end_time_unix_nano <= request.end_time_unix_nano);
        assert!(project.end_time_unix_nano >= project.start_time_unix_nano);
    }

    async fn what_is_not_stored_is_traced_too_and_the_end_sends_what_is_left(app: TestApp) {
        let mut collector = Collector::start().await;
        let mut command = exe();
        command.args(["--bind", "127.0.0.1:0", "--database-url", &url_of(&app)]);
        command.env("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.url).env("WEBHOOK_SECRET", "kept-to-itself");
        // Nothing is sent before the end.
        command.env("OTEL_BSP_SCHEDULE_DELAY", "3600000");
        let mut server = block_in_place(|| Server::spawn(&mut command));
        let answer = client().post(format!("{}/webhook/wrong", server.url)).body("x").send().await.unwrap();
        assert_eq!(answer.status(), 401);
        let answer = client().post(format!("{}/webhook?token=kept-to-itself", server.url)).body("x").send().await.unwrap();
        assert_eq!(answer.status(), 200);
        server.signal("TERM");
        assert_eq!(block_in_place(|| server.wait(Duration::from_secs(20))).code(), Some(0));
        let refused = collector.span(|span| text(&span.attributes, "http.response.status_code") == "401").await;
        assert_ne!(refused.status.map(|status| status.code), Some(ERROR), "a wrong secret is no fault of the server");
        let parts = collector.seen.iter().filter(|span| span.trace_id == refused.trace_id).count();
        assert_eq!((parts, refused.parent_span_id.len()), (1, 0));
        assert!(collector.seen.iter().any(|span| span.name == "POST /webhook"), "{:?}", collector.seen);
        app.project();
    }

    async fn a_collector_that_is_away_holds_up_nothing(app: TestApp) {
        let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", nobody.local_addr().unwrap());
        drop(nobody);
        let (server, client) = (block_in_place(|| server(&app, &address)), client());
        for _ in 0..20 {
            let request = client.post(format!("{}/webhook/kept-to-itself", server.url));
            assert_eq!(request.body(payload("booking.json")).send().await.unwrap().status(), 200);
        }
        server.until_caught_up(&client).await;
        server.until_said("the collector of traces takes nothing").await;
    }
}

#[test]
fn a_wrong_address_is_named() {
    let load = |name: &'static str, value: &'static str| {
        Config::load_with(&Options::default(), &|asked| match asked {
            _ if asked == name => Some(value.to_owned()),
            "OTEL_EXPORTER_OTLP_ENDPOINT" => Some("http://localhost:4318".to_owned()),
            _ => None,
        })
    };
    for wrong in ["localhost:4317", "grpc://localhost:4317", "4318", "http://"] {
        let error = load("OTEL_EXPORTER_OTLP_ENDPOINT", wrong).unwrap_err();
        assert!(error.to_string().contains("such as http://localhost:4318"), "{wrong}: {error}");
    }
    let error = load("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc").unwrap_err();
    assert_eq!(
        (error.name(), error.to_string().contains("write http/protobuf")),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", true)
    );
    assert!(load("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf").unwrap().is_traced);
    assert!(!load("OTEL_EXPORTER_OTLP_ENDPOINT", "").unwrap().is_traced);
}
