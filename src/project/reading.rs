//! One event, read: from bytes to what it says, or why it says nothing. Pure.

use std::panic::catch_unwind;

use crate::checkfront::{self, Body, Content, Kind};
use crate::db::events::{Delivery, Settlement};
use crate::db::rows::Event;
use crate::db::types::{EventState, Timestamp};
use crate::parse::{self, Format, Notes};
use crate::privacy;
use crate::project::fresh::Fresh;

/// What is kept of an explanation: it may quote the body.
const ERROR_CHARS: usize = 2_000;
/// Says nothing of the body: it could not be masked.
const SEALED: &str = "the body could not be read, so its fields could not be masked; it is stored encrypted, and \
    `events show` shows it where PRIVACY_KEY is set";

/// An event as read.
pub struct Reading {
    /// The event, as recorded.
    pub event: Event,
    /// Told by its content; `None` for a blank body.
    pub format: Option<Format>,
    /// What it says; `None` where it cannot be read, with the decision taken already.
    pub body: Option<Body>,
    /// Taken already for what needs no row.
    pub decision: Option<Decision>,
    /// What was odd about it.
    pub notes: Notes,
    /// What it makes of a booking that is not stored, where that was told already.
    pub(super) fresh: Option<Box<Fresh>>,
}

/// What becomes of an event, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The new state.
    pub state: EventState,
    /// For the operator; goes before the notes.
    pub reason: Option<String>,
}

impl Decision {
    /// A decision that explains itself.
    pub fn plain(state: EventState) -> Self {
        Self { state, reason: None }
    }

    fn because(state: EventState, reason: impl Into<String>) -> Self {
        Self { state, reason: Some(reason.into()) }
    }
}

/// Reads an event.
pub fn read((event, body): Delivery) -> Reading {
    read_body(event, &body.body)
}

/// The same, by its body as received.
pub(super) fn read_body(event: Event, body: &[u8]) -> Reading {
    // A bug met by one body must not stop the others.
    let Understood { format, body, decision, notes } = catch_unwind(|| interpret(&event, body)).unwrap_or_else(|_| {
        Understood::not(Decision::because(EventState::Failed, "reading the body failed: a bug, please report it"))
    });
    Reading { event, format, body, decision, notes, fresh: None }
}

/// What a body says.
struct Understood {
    format: Option<Format>,
    body: Option<Body>,
    decision: Option<Decision>,
    notes: Notes,
}

impl Understood {
    fn not(decision: Decision) -> Self {
        Self { format: None, body: None, decision: Some(decision), notes: Notes::default() }
    }
}

fn interpret(event: &Event, body: &[u8]) -> Understood {
    if privacy::is_sealed(body) {
        return Understood::not(Decision::because(EventState::Failed, SEALED));
    }
    let document = parse::parse(body, event.content_type.as_deref());
    let mut understood = Understood { format: document.format, body: None, decision: None, notes: document.notes };
    if document.format.is_none() {
        understood.decision = Some(Decision::because(EventState::Ignored, "the body is empty"));
        return understood;
    }
    let root = match document.root {
        Ok(root) => root,
        Err(error) => {
            understood.decision = Some(Decision::because(EventState::Failed, error.to_string()));
            return understood;
        }
    };
    let mut body = checkfront::read(root);
    understood.notes.extend(std::mem::take(&mut body.notes));
    understood.decision = match &body.content {
        Ok(Content::Unknown) => Some(Decision::because(EventState::Ignored, unknown(&body))),
        Ok(_) => None,
        Err(rejected) => Some(Decision::because(EventState::Failed, rejected.to_string())),
    };
    understood.body = Some(body);
    understood
}

fn unknown(body: &Body) -> String {
    match &body.type_name {
        Some(name) => format!("`{name}` is not mirrored by this version; replay it after an upgrade"),
        None => "this is no notification of Checkfront's".to_owned(),
    }
}

impl Reading {
    /// What it says, while nothing has been decided.
    pub fn content(&self) -> Option<&Content> {
        self.body.as_ref().filter(|_| self.decision.is_none())?.content.as_ref().ok()
    }

    /// The booking it describes, while nothing has been decided.
    pub fn booking(&self) -> Option<&checkfront::Booking> {
        if let Some(Content::Booking(booking)) = self.content() { Some(booking) } else { None }
    }

    /// Whether its body was encrypted when it came, because it could not be read.
    pub fn is_sealed(&self) -> bool {
        self.decision.as_ref().is_some_and(|decision| decision.reason.as_deref() == Some(SEALED))
    }

    /// The code of the booking it is about, while nothing has been decided.
    pub fn booking_code(&self) -> Option<&str> {
        match self.content()? {
            Content::Booking(booking) => Some(&booking.code),
            Content::Transaction(transaction) => transaction.booking_code.as_deref(),
            _ => None,
        }
    }

    /// The row to settle it with. What was decided before stands, where looking again changed nothing.
    pub fn settle(&self, account_id: Option<i32>, decision: Decision, now: Timestamp) -> Settlement {
        let prior = self.event.prior_state.filter(|prior| prior.is_told() || *prior == EventState::Superseded);
        let changed_nothing = matches!(decision.state, EventState::Unchanged | EventState::Superseded);
        let state = prior.filter(|_| changed_nothing).unwrap_or(decision.state);
        let notes = self.notes.summary();
        let error = match (decision.reason, notes) {
            (Some(reason), Some(notes)) => Some(format!("{reason}; {notes}")),
            (reason, notes) => reason.or(notes),
        };
        let error = error.map(|error| error.replace('\0', "\u{fffd}").chars().take(ERROR_CHARS).collect());
        let body = self.body.as_ref();
        Settlement {
            id: self.event.id,
            account_id,
            format: self.format.map(|format| format.as_str().to_owned()),
            kind: Some(body.map_or(Kind::Unknown, |body| body.kind).as_str().to_owned()),
            type_name: body.and_then(|body| body.type_name.clone()),
            action: body.and_then(|body| body.action.clone()),
            entity_key: body.and_then(|body| body.content.as_ref().ok()?.entity_key()),
            state,
            attempts: self.event.attempts + 1,
            error,
            processed_at: Some(now),
        }
    }
}
