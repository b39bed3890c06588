//! What the service takes of a machine when nothing comes, and how soon it is there.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::process::Stdio;
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::bench::Bench;
use crate::load;
use crate::place::{Backend, Place};
use crate::server::{Server, mirror};

/// How long it is watched doing nothing.
const IDLE: Duration = Duration::from_secs(10);
/// How long after its last work its memory is looked at.
const REST: Duration = Duration::from_secs(30);

/// On the database of an earlier run.
pub(crate) fn measure(bench: &mut Bench<'_>, backend: Backend, place: &Place<'_>) -> anyhow::Result<()> {
    let began = Instant::now();
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()?));
    let mut command = mirror();
    command.args(["serve", "--bind", &address.to_string(), "--database-url", &place.url]);
    command.env("SPOOL_PATH", place.folder.path().join("spool.db")).env("RUST_LOG", "warn");
    let server = Server::of(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?, address);
    // A sender that comes while it starts.
    while let Err(error) = load::post(address, 0..1, 1, None) {
        anyhow::ensure!(began.elapsed() < Duration::from_secs(10), "it did not start: {error}");
        sleep(Duration::from_millis(1));
    }
    bench.report.add("start to first answer, ms", backend.name(), began.elapsed().as_secs_f64() * 1e3);
    place.until_projected()?;
    place.until_counted()?;
    sleep(Duration::from_secs(3));
    let before = server.cpu_of_threads()?;
    sleep(IDLE);
    let took = |(thread, cpu): (_, f64)| cpu - before.get(&thread).copied().unwrap_or_default();
    let idle = server.cpu_of_threads()?.into_iter().map(took).sum::<f64>() / IDLE.as_secs_f64();
    bench.report.add("processor time while idle, ms a minute", backend.name(), idle * 60e3);
    bench.report.add("memory after the start, MiB", backend.name(), server.memory()?.0);
    server.stop()
}

/// What is left of a burst.
pub(crate) fn memory(
    bench: &mut Bench<'_>,
    backend: Backend,
    place: &Place<'_>,
    server: &Server,
) -> anyhow::Result<()> {
    place.until_counted()?;
    sleep(REST);
    bench.report.add("memory while idle, MiB", backend.name(), server.memory()?.0);
    Ok(())
}

/// A steady load for so many minutes; the memory at the end of each.
pub(crate) fn soak(bench: &mut Bench<'_>, backend: Backend, minutes: u32) -> anyhow::Result<()> {
    let place = Place::new(backend, bench.cluster)?;
    let server = Server::mirror(&place.url, place.folder.path())?;
    for minute in 0..minutes {
        load::post(server.address, minute * 30_000..(minute + 1) * 30_000, 64, Some(500))?;
        place.until_projected()?;
        let (now, most) = server.memory()?;
        eprintln!("{}: minute {}: {now:.1} MiB, at most {most:.1}", backend.name(), minute + 1);
        let name =
            if minute < minutes / 2 { "memory in the first half, MiB" } else { "memory in the second half, MiB" };
        bench.report.add(name, backend.name(), now);
    }
    server.stop()
}

fn free_port() -> anyhow::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}
