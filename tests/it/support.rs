//! What tests share: a throw-away PostgreSQL, the service on a free port, and ways to look at its tables.

mod app;
mod blocked;
mod browser;
mod cluster;
mod dump;
mod everything;
pub(crate) mod exports;
mod process;
mod scrape;
mod truth;

pub(crate) use app::{Backend, TestApp, client, read_sql};
pub(crate) use blocked::Blocked;
pub(crate) use browser::Browser;
pub(crate) use cluster::{Cluster, free_port};
pub(crate) use dump::{Dump, contents, dump};
pub(crate) use everything::{assert_nowhere, everything};
pub(crate) use process::{Server, exe};
pub(crate) use scrape::Scrape;
#[cfg(feature = "failpoints")]
pub(crate) use truth::truth;
pub(crate) use truth::{assert_complete, assert_complete_but_late, bodies, deliver, open};

/// Makes two tests of one body: on SQLite and on PostgreSQL.
macro_rules! on_both {
    ($($(#[$meta:meta])* async fn $name:ident($app:ident: TestApp) $body:block)+) => {$(
        $(#[$meta])*
        mod $name {
            use super::*;

            async fn check($app: TestApp) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                check(TestApp::start($crate::support::Backend::Sqlite).await).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                check(TestApp::start($crate::support::Backend::Postgres).await).await;
            }
        }
    )+};
}
pub(crate) use on_both;

/// A body from `tests/payloads`.
pub(crate) fn payload(name: &str) -> Vec<u8> {
    let path = format!("{}/tests/payloads/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}
