//! A process under test: started, looked at through `/proc`, and stopped.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fs;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, bail};

/// A process that listens.
pub(crate) struct Server {
    process: Child,
    pub(crate) address: SocketAddr,
}

impl Server {
    /// `checkfront-mirror serve` on a port of the system's choice.
    pub(crate) fn mirror(database_url: &str, folder: &Path) -> anyhow::Result<Self> {
        let mut command = mirror();
        command.args(["serve", "--bind", "127.0.0.1:0", "--database-url", database_url]);
        command.env("SPOOL_PATH", folder.join("spool.db")).env("RUST_LOG", "warn").current_dir(folder);
        Self::spawn(&mut command)
    }

    /// Waits for a line on standard error that ends in, or goes on after, an address.
    pub(crate) fn spawn(command: &mut Command) -> anyhow::Result<Self> {
        let mut process = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn()?;
        let mut lines = BufReader::new(process.stderr.take().context("no standard error")?).lines();
        let mut said = String::new();
        let address = loop {
            let Some(line) = lines.next().transpose()? else { bail!("the server did not start: {said}") };
            let url = line.split_once("http://").map(|(_, rest)| rest.split([' ', ')']).next().unwrap_or_default());
            if let Some(address) = url.and_then(|url| url.parse().ok()) {
                break address;
            }
            said.push_str(&line);
        };
        // What goes wrong later is for whoever runs the benchmark.
        std::thread::spawn(move || {
            let lines = lines.map_while(Result::ok).filter(|line| line.contains("ERROR") || line.contains("WARN"));
            lines.for_each(|line| eprintln!("server: {line}"));
        });
        Ok(Self { process, address })
    }

    /// One that was started already, and may not listen yet.
    pub(crate) fn of(process: Child, address: SocketAddr) -> Self {
        Self { process, address }
    }

    /// Resident memory, in MiB: now, and the most there ever was.
    pub(crate) fn memory(&self) -> anyhow::Result<(f64, f64)> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id()))?;
        let field = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name)).context("no such field")?;
            anyhow::Ok(line.trim().trim_end_matches(" kB").parse::<f64>()? / 1_024.0)
        };
        Ok((field("VmRSS:")?, field("VmHWM:")?))
    }

    /// Processor time in seconds, of threads that have ended too; in steps of ten milliseconds.
    pub(crate) fn cpu(&self) -> anyhow::Result<f64> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.process.id()))?;
        // The name, which comes first, is in parentheses; user and system time are the 12th and 13th field after it.
        let (_, fields) = stat.rsplit_once(") ").context("no process")?;
        let ticks = fields.split(' ').skip(11).take(2).map(str::parse::<f64>);
        Ok(ticks.sum::<Result<f64, _>>()? / 100.0)
    }

    /// Processor time of each thread there is, in seconds, to the nanosecond.
    pub(crate) fn cpu_of_threads(&self) -> anyhow::Result<HashMap<OsString, f64>> {
        let mut threads = HashMap::new();
        for task in fs::read_dir(format!("/proc/{}/task", self.process.id()))? {
            let task = task?;
            // One that has just ended is left out.
            let Ok(text) = fs::read_to_string(task.path().join("schedstat")) else { continue };
            let nanoseconds = text.split(' ').next().unwrap_or_default().parse::<f64>()?;
            threads.insert(task.file_name(), nanoseconds / 1e9);
        }
        Ok(threads)
    }

    /// Ends it as an operator would, and waits.
    pub(crate) fn stop(mut self) -> anyhow::Result<()> {
        Command::new("kill").arg(self.process.id().to_string()).status()?;
        let status = self.process.wait()?;
        if !status.success() {
            bail!("the server ended with {status}");
        }
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The program under test, without settings of whoever runs the benchmark.
pub(crate) fn mirror() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_checkfront-mirror"));
    command.env_clear().envs(std::env::vars().filter(|(name, _)| name == "PATH" || name == "HOME"));
    command
}
