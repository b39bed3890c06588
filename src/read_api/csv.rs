//! A report as CSV, written while it is read: in memory that does not grow with it.

use std::io::{self, BufWriter, Write};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio::time::timeout;

use super::problem::Problem;
use super::{answer, reports};
use crate::app::AppState;
use crate::export::{self, Format, sheet};
use crate::reports::{Report, Selection};

/// What is sent at once.
const CHUNK: usize = 64 << 10;
/// A client that takes nothing for so long is given up: it holds a connection of the database.
const PATIENCE: Duration = Duration::from_secs(10);

/// One at a time: a client may be slow, and others wait for their pages.
static PLACES: Semaphore = Semaphore::const_new(1);

type Chunk = Result<Bytes, io::Error>;

/// Whether the client asks for CSV rather than JSON.
pub(super) fn is_wanted(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let mut kinds =
        accepted.flat_map(|value| value.split(',')).map(|kind| kind.split(';').next().unwrap_or_default().trim());
    kinds.find(|kind| ["text/csv", "application/json"].contains(kind)) == Some("text/csv")
}

/// Answers with the rows; what fails before the first of them is said as such, and what fails later breaks the answer off.
pub(super) async fn stream(
    app: AppState,
    report: &'static Report,
    host: Option<String>,
    selection: Selection,
) -> Result<Response, Problem> {
    let place = timeout(PATIENCE, PLACES.acquire()).await.ok().and_then(Result::ok);
    let place = place.ok_or_else(Problem::unavailable)?;
    let (sender, mut receiver) = mpsc::channel::<Chunk>(2);
    let writing = tokio::spawn(async move {
        let _place = place;
        write(&app, report, host, selection, sender).await
    });
    let Some(Ok(first)) = receiver.recv().await else {
        let failed = writing.await.ok().and_then(Result::err);
        return Err(failed.unwrap_or_else(Problem::unavailable));
    };
    let mut headers = answer::cached();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
    if let Ok(name) = HeaderValue::from_str(&format!("attachment; filename=\"{}.csv\"", report.name)) {
        headers.insert(header::CONTENT_DISPOSITION, name);
    }
    Ok((headers, Body::from_stream(chunks(Ok(first), receiver))).into_response())
}

fn chunks(first: Chunk, receiver: Receiver<Chunk>) -> impl futures_util::Stream<Item = Chunk> {
    futures_util::stream::unfold((Some(first), receiver), |(first, mut receiver)| async move {
        let next = match first {
            Some(first) => Some(first),
            None => receiver.recv().await,
        };
        next.map(|chunk| (chunk, (None, receiver)))
    })
}

async fn write(
    app: &AppState,
    report: &'static Report,
    host: Option<String>,
    mut selection: Selection,
    sender: Sender<Chunk>,
) -> Result<(), Problem> {
    let failed = sender.clone();
    let runtime = Handle::current();
    let read = app.reader.read_on(move |tx| {
        selection.account_id = reports::account_id(tx, host.as_deref())?;
        let columns = report.selected(tx)?;
        let out = BufWriter::with_capacity(CHUNK, Sending { sender, runtime });
        let mut sheet = sheet(Format::Csv, &columns, out)?;
        report.each_row::<Broken>(tx, &selection, &columns, |cells| Ok(sheet.row(cells)?))?;
        Ok::<_, Broken>(sheet.end()?)
    });
    let Err(Broken(problem)) = read.await else { return Ok(()) };
    // After the first rows nothing else tells the client that there should be more.
    let _ = failed.try_send(Err(io::Error::other("the report was broken off")));
    Err(problem)
}

/// Why a report was not written, or not to its end.
struct Broken(Problem);

impl<E: Into<Problem>> From<E> for Broken {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl From<export::Error> for Problem {
    fn from(error: export::Error) -> Self {
        match error {
            export::Error::Database(error) => error.into(),
            export::Error::Query(error) => error.into(),
            _ => Self::unavailable(),
        }
    }
}

/// Sends what is written to the client.
struct Sending {
    sender: Sender<Chunk>,
    runtime: Handle,
}

impl Write for Sending {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let send = timeout(PATIENCE, self.sender.send(Ok(Bytes::copy_from_slice(bytes))));
        match self.runtime.block_on(send) {
            Ok(Ok(())) => Ok(bytes.len()),
            _ => Err(io::ErrorKind::BrokenPipe.into()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
