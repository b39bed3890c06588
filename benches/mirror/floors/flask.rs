//! The receiver one would write by hand, in `benches/flask`, under gunicorn with four workers.

use std::path::Path;
use std::process::Command;

use crate::load::{self, Answers};
use crate::place::Place;
use crate::server::Server;

/// Posts to one that has stored a booking's rows when it answers. `connects`: for each request anew.
pub(crate) fn post(
    place: &Place<'_>,
    python: &Path,
    connects: bool,
    bookings: u32,
    connections: usize,
) -> anyhow::Result<Answers> {
    let mut command = Command::new(python);
    command.args(["-m", "gunicorn", "--bind", "127.0.0.1:0", "--preload", "--workers", "4"]);
    command.args(["--worker-class", "gthread", "--threads", "1", "--keep-alive", "60", "receiver:app"]);
    command.current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/benches/flask"));
    command.env("DATABASE_URL", &place.url).env("CONNECT_EACH_TIME", if connects { "1" } else { "" });
    let server = Server::spawn(&mut command)?;
    load::post(server.address, 0..200, connections, None)?;
    let answers = load::post(server.address, 200..200 + bookings, connections, None)?;
    let stored = place.texts("SELECT CAST(count(*) AS TEXT) AS v FROM bookings")?;
    anyhow::ensure!(stored == [(200 + bookings).to_string()], "Flask stored {stored:?} bookings");
    Ok(answers)
}
