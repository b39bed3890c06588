//! The load: requests over kept-alive connections, closed loop for throughput, open loop for latency.

use std::net::SocketAddr;
use std::ops::Range;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use hdrhistogram::Histogram;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::runtime::Builder;
use tokio::time::sleep_until;

use crate::bodies::Booking;

/// What came of a load.
pub(crate) struct Answers {
    /// When the first request was sent, and how long after it the last answer came.
    pub(crate) began: Instant,
    pub(crate) took: Duration,
    /// From when a request was due to its answer, in microseconds.
    pub(crate) latency: Histogram<u64>,
    /// When each booking was answered.
    pub(crate) answered: Vec<Instant>,
}

impl Answers {
    /// Answers a second.
    pub(crate) fn rate(&self) -> f64 {
        self.answered.len() as f64 / self.took.as_secs_f64()
    }

    pub(crate) fn milliseconds(&self, quantile: f64) -> f64 {
        self.latency.value_at_quantile(quantile) as f64 / 1e3
    }
}

/// Posts the bookings over so many connections, each sending its next one as soon as it has its answer; or, with a rate
/// a second, each when it is due, however long the others take.
pub(crate) fn post(
    address: SocketAddr,
    bookings: Range<u32>,
    connections: usize,
    rate: Option<u32>,
) -> anyhow::Result<Answers> {
    let requests: Vec<_> = bookings.map(|number| Booking(number).request()).collect();
    let next = AtomicU32::new(0);
    let runtime = Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut open = Vec::new();
        for _ in 0..connections {
            open.push(Connection::open(address).await?);
        }
        let start = Instant::now();
        let senders = open.into_iter().map(|mut connection| {
            let (requests, next) = (&requests, &next);
            async move {
                let mut answered = Vec::new();
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(request) = requests.get(index as usize) else { return anyhow::Ok(answered) };
                    let mut due = Instant::now();
                    if let Some(rate) = rate {
                        due = start + Duration::from_secs(1) * index / rate;
                        sleep_until(due.into()).await;
                    }
                    connection.post(request).await?;
                    answered.push((index, due, Instant::now()));
                }
            }
        });
        let all: Vec<Vec<(u32, Instant, Instant)>> = futures_util::future::try_join_all(senders).await?;
        let mut all: Vec<_> = all.into_iter().flatten().collect();
        all.sort_unstable_by_key(|(index, ..)| *index);
        let mut latency = Histogram::new(3)?;
        for (_, due, answered) in &all {
            latency.record(u64::try_from((*answered - *due).as_micros())?)?;
        }
        let last = all.iter().map(|(.., answered)| *answered).max().context("nothing was sent")?;
        anyhow::Ok(Answers {
            began: start,
            took: last - start,
            latency,
            answered: all.into_iter().map(|(.., at)| at).collect(),
        })
    })
}

struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    async fn open(address: SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::new() })
    }

    /// Sends a request and reads its answer, which has to be 200.
    async fn post(&mut self, request: &[u8]) -> anyhow::Result<()> {
        self.stream.write_all(request).await?;
        self.buffer.clear();
        loop {
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                bail!("the server closed the connection after {:?}", String::from_utf8_lossy(&self.buffer));
            }
            let mut headers = [httparse::EMPTY_HEADER; 16];
            let mut answer = httparse::Response::new(&mut headers);
            let httparse::Status::Complete(head) = answer.parse(&self.buffer)? else { continue };
            if answer.code != Some(200) {
                bail!("answered {:?}", String::from_utf8_lossy(&self.buffer));
            }
            let length = answer.headers.iter().find(|header| header.name.eq_ignore_ascii_case("content-length"));
            let length: usize = length.map_or(Ok(0), |header| String::from_utf8_lossy(header.value).parse())?;
            while self.buffer.len() < head + length {
                self.stream.read_buf(&mut self.buffer).await?;
            }
            return Ok(());
        }
    }
}
