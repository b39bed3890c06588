//! The service, in this process, with real HTTP and a real database.

use checkfront_mirror::app::{AppState, router};
use checkfront_mirror::config::{Config, Options};
use checkfront_mirror::db::{Database, Result, Tx, events};
use checkfront_mirror::limits::Limits;
use checkfront_mirror::metrics::Metrics;
use checkfront_mirror::project::{Projector, Wake};
use checkfront_mirror::record::Recorder;
use checkfront_mirror::serve::{Listener, serve};
use checkfront_mirror::tls::Tls;
use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text};
use reqwest::{Client, Response};
use tempfile::TempDir;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::block_in_place;
use tokio_util::sync::CancellationToken;

use super::cluster;

/// Which database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Backend {
    Sqlite,
    Postgres,
}

impl Backend {
    /// The URL of a new, empty database; a SQLite file goes into the folder.
    pub(crate) fn new_url(self, folder: &TempDir) -> String {
        match self {
            Self::Sqlite => format!("sqlite://{}/mirror.db", folder.path().display()),
            Self::Postgres => cluster::new_database(),
        }
    }
}

/// The service without its projector: a test projects when it wants to.
pub(crate) struct TestApp {
    pub(crate) backend: Backend,
    pub(crate) config: Config,
    pub(crate) url: String,
    pub(crate) database: Database,
    pub(crate) metrics: Metrics,
    pub(crate) client: Client,
    shutdown: CancellationToken,
    _folder: TempDir,
}

impl TestApp {
    pub(crate) async fn start(backend: Backend) -> Self {
        Self::start_with(backend, Options::default(), &[]).await
    }

    /// With options, and secrets of the environment.
    pub(crate) async fn start_with(backend: Backend, options: Options, environment: &[(&str, &str)]) -> Self {
        Self::start_limited(backend, options, environment, Limits::default()).await
    }

    /// With limits of connections, too.
    pub(crate) async fn start_limited(
        backend: Backend,
        options: Options,
        environment: &[(&str, &str)],
        limits: Limits,
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database_url = block_in_place(|| backend.new_url(&folder));
        let spool_path = folder.path().join("spool.db").display().to_string();
        let options = Options { database_url: Some(database_url), spool_path: Some(spool_path), ..options };
        let lookup =
            |name: &str| environment.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        let config = Config { limits, ..Config::load_with(&options, &lookup).unwrap() };
        let database = Database::open(&config.database_url).unwrap();
        let (recorder, _) = Recorder::start(&config, &database, Wake::default()).await.unwrap();
        let metrics = recorder.metrics().clone();
        let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("{}://{}", config.scheme(), socket.local_addr().unwrap());
        let shutdown = CancellationToken::new();
        let tls = config.tls.as_ref().map(|files| Tls::load(files).unwrap());
        let listener = Listener { socket, passed_in: false, tls, limits: config.limits };
        let router = router(AppState::new(&config, database.clone(), recorder));
        tokio::spawn(serve(listener, router, shutdown.clone()));
        Self { backend, config, url, database, metrics, client: client(), shutdown, _folder: folder }
    }

    /// Posts a body to `/webhook`.
    pub(crate) async fn post(&self, body: impl Into<Vec<u8>>, content_type: &str) -> Response {
        let request = self.client.post(format!("{}/webhook", self.url)).header("content-type", content_type);
        request.body(body.into()).send().await.unwrap()
    }

    /// Posts a body that has to be accepted.
    pub(crate) async fn deliver(&self, body: impl Into<Vec<u8>>) {
        let answer = self.post(body, "application/json").await;
        assert_eq!(answer.status(), 200);
    }

    /// Posts bodies in order, then projects them.
    pub(crate) async fn apply(&self, bodies: impl IntoIterator<Item = impl Into<Vec<u8>>>) {
        for body in bodies {
            self.deliver(body).await;
        }
        self.project();
    }

    /// Projects all that is pending, as a process that starts now would.
    pub(crate) fn project(&self) -> usize {
        self.project_with(checkfront_mirror::project::Projector::drain)
    }

    /// The same, as the test wants it.
    pub(crate) fn project_with<T>(&self, work: impl FnOnce(&mut Projector) -> Result<T>) -> T {
        let mut projector = Projector::new(&self.database, self.config.accounts.clone()).counted_by(&self.metrics);
        block_in_place(|| work(&mut projector)).unwrap()
    }

    /// The first column of a query, as text.
    pub(crate) fn texts(&self, query: &str) -> Vec<Option<String>> {
        block_in_place(|| read_sql(&self.database, query))
    }

    /// The one value of a query, as text; `NULL` is "".
    pub(crate) fn text(&self, query: &str) -> String {
        let values = self.texts(query);
        assert_eq!(values.len(), 1, "{query}: {values:?}");
        values[0].clone().unwrap_or_default()
    }

    /// Runs a statement on the database, as a user might.
    pub(crate) fn execute(&self, statement: &str) {
        block_in_place(|| {
            let mut session = self.database.session();
            session.transaction(|tx| {
                Ok(match tx {
                    Tx::Postgres(connection) => diesel::sql_query(statement).execute(&mut **connection)?,
                    Tx::Sqlite(connection) => diesel::sql_query(statement).execute(&mut **connection)?,
                })
            })
        })
        .unwrap();
    }

    /// A raw connection.
    pub(crate) async fn connect(&self) -> TcpStream {
        let address = self.url.rsplit('/').next().unwrap();
        TcpStream::connect(address).await.unwrap()
    }

    /// The path of the SQLite file.
    pub(crate) fn file(&self) -> String {
        self.config.database_url.to_string().trim_start_matches("sqlite://").to_owned()
    }

    /// How many events are in each state, as `applied 2, failed 1`.
    pub(crate) fn states(&self) -> String {
        let states =
            self.texts("SELECT state || ' ' || count(*) AS v FROM webhook_events GROUP BY state ORDER BY state");
        states.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        self.shutdown.cancel();
        if !std::thread::panicking() {
            let pending = block_in_place(|| self.database.read(events::count_pending)).unwrap();
            assert_eq!(pending, 0, "the test left events pending");
        }
    }
}

/// The first column of a query, which has to be named `v`, as text.
pub(crate) fn read_sql(database: &Database, query: &str) -> Vec<Option<String>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Nullable<Text>)]
        v: Option<String>,
    }
    let rows: Vec<Row> = database
        .read(|tx| {
            Ok(match tx {
                Tx::Postgres(connection) => diesel::sql_query(query).load(&mut **connection)?,
                Tx::Sqlite(connection) => diesel::sql_query(query).load(&mut **connection)?,
            })
        })
        .unwrap_or_else(|error| panic!("{query}: {error}"));
    rows.into_iter().map(|row| row.v).collect()
}

/// An HTTP client that goes through no proxy of the machine.
pub(crate) fn client() -> Client {
    // Only the first call sets it.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder().no_proxy().build().unwrap()
}
