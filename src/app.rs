//! The application: what handlers share, and which path leads to which.

use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::middleware::{from_fn_with_state, map_response_with_state};
use axum::response::Response;
use axum::routing::get;

use crate::admin::{self, Gate};
use crate::budget::Budget;
use crate::config::Config;
use crate::db::Database;
use crate::health;
use crate::metrics;
use crate::privacy::Privacy;
use crate::problem::Problem;
use crate::read_api;
use crate::reader::Reader;
use crate::receive::{identified, probe, receive};
use crate::record::Recorder;
use crate::silence::Standing;
use crate::status::{self, Pulse, Sales};
use crate::throttle::Throttle;
use crate::verify::Verifier;

/// What handlers share.
pub struct App {
    /// Where the mirror lives.
    pub database: Database,
    /// Who may see the mirror.
    pub gate: Gate,
    /// What pages and the API read through.
    pub reader: Reader,
    /// Accounts that are silent for improbably long.
    pub silences: Standing,
    /// What the overview shows of deliveries.
    pub pulse: Arc<Pulse>,
    /// What it shows of bookings and payments.
    pub sales: Sales,
    /// Places for those who follow the overview.
    pub followers: Arc<tokio::sync::Semaphore>,
    /// What the pages need to know of the settings.
    pub shown: status::Shown,
    /// One look at the database at a time, however many ask.
    pub look: tokio::sync::Mutex<()>,
    /// Stores deliveries.
    pub recorder: Recorder,
    /// Knows our senders.
    pub verifier: Verifier,
    /// The longest body that is taken.
    pub max_body_bytes: usize,
    /// Counts failed logins.
    pub throttle: Throttle,
    /// How long a body may take to arrive.
    pub body_time: Duration,
    /// The memory that bodies share.
    pub budget: Budget,
    /// What may be stored of people.
    pub privacy: Privacy,
}

/// A cheap handle on [`App`], for handlers.
#[derive(Clone)]
pub struct AppState(Arc<App>);

impl AppState {
    /// Puts the application together.
    pub fn new(config: &Config, database: Database, recorder: Recorder) -> Self {
        let reader = Reader::new(&config.database_url);
        let silences = Standing::default();
        Self(Arc::new(App {
            database,
            gate: Gate::new(config),
            pulse: Arc::new(Pulse::new(reader.clone(), Arc::clone(&recorder.state), silences.clone())),
            silences,
            sales: Sales::new(reader.clone()),
            followers: Arc::new(tokio::sync::Semaphore::new(status::FOLLOWERS)),
            shown: status::Shown::new(config),
            reader,
            look: tokio::sync::Mutex::default(),
            recorder,
            verifier: config.verifier.clone(),
            max_body_bytes: config.max_body_bytes,
            throttle: Throttle::default(),
            body_time: config.limits.body,
            budget: Budget::default(),
            privacy: config.privacy.clone(),
        }))
    }
}

impl Deref for AppState {
    type Target = App;

    fn deref(&self) -> &App {
        &self.0
    }
}

/// Which path leads to which handler.
pub fn router(state: AppState) -> Router {
    let pages = admin::behind(status::router(), &state);
    let api = admin::behind(read_api::router(), &state);
    Router::new()
        .merge(admin::login_router(&state))
        .merge(pages)
        .merge(api)
        .merge(status::assets())
        .merge(webhook(&state))
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
        .route("/metrics", get(metrics::metrics))
        .fallback_service(admin::nowhere(&state))
        .method_not_allowed_fallback(async || Problem::MethodNotAllowed)
        .with_state(state)
}

/// Where deliveries come in. What is refused there is counted.
fn webhook(state: &AppState) -> Router<AppState> {
    let count = async |State(app): State<AppState>, response: Response| {
        let status = response.status();
        if status.is_client_error() || status.is_server_error() {
            app.recorder.metrics().refused(status.as_u16());
        }
        response
    };
    Router::new()
        .route("/webhook", get(probe).post(receive))
        .route("/webhook/", get(probe).post(receive))
        .route("/webhook/{secret}", get(probe).post(receive))
        .route_layer(map_response_with_state(state.clone(), count))
        .route_layer(from_fn_with_state(state.recorder.traces.clone(), identified))
}
