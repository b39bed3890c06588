//! What HTTP alone takes: an axum that reads the body and answers.

use std::process::Command;

use axum::Router;
use axum::body::Bytes;
use axum::routing::post;

use crate::load::{self, Answers};
use crate::server::Server;

/// Serves until it is killed.
pub(crate) fn serve() -> anyhow::Result<()> {
    tokio::runtime::Runtime::new()?.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        eprintln!("listens on http://{}", listener.local_addr()?);
        let router = Router::new().route("/webhook", post(async |body: Bytes| drop(body)));
        Ok(axum::serve(listener, router).await?)
    })
}

/// Posts to one in a process of its own.
pub(crate) fn post_bookings(bookings: u32, connections: usize) -> anyhow::Result<Answers> {
    let server = Server::spawn(Command::new(std::env::current_exe()?).arg("--serve-axum"))?;
    load::post(server.address, 0..bookings / 4, connections, None)?;
    load::post(server.address, 0..bookings, connections, None)
}
