//! Bytes to one document tree, whatever the format: pure functions, no I/O, no clock.
//!
//! The three formats that Checkfront sends lose different things (a form has no empty elements, PHP's
//! JSON of an XML body turns them into `{}`), so the tree keeps only what all of them can carry: text,
//! lists and maps. Everything empty is absent.

mod charset;
mod form;
mod json;
mod node;
mod write;
mod xml;

pub use node::{Map, Node, Notes};
pub use write::write;

use thiserror::Error;

/// How deep a document may nest. Checkfront's own bodies stay below 10.
pub const MAX_DEPTH: usize = 64;

/// How many values a document may hold. A booking line takes about 12.
pub const MAX_NODES: usize = 200_000;

/// The three formats a webhook can be set to in Checkfront.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// `application/json`
    Json,
    /// `application/xml`
    Xml,
    /// `application/x-www-form-urlencoded`
    Form,
}

impl Format {
    /// The name stored in `webhook_events.format`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Xml => "xml",
            Self::Form => "form",
        }
    }
}

/// Why a body could not be read, worded for the operator who looks at the dead letter.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum ParseError {
    /// The text breaks the rules of its format.
    #[error("not valid {format}: {reason}", format = .0.as_str(), reason = .1)]
    Syntax(Format, String),
    /// More than [`MAX_DEPTH`] levels.
    #[error("nested more than {MAX_DEPTH} levels deep")]
    TooDeep,
    /// More than [`MAX_NODES`] values.
    #[error("holds more than {MAX_NODES} values")]
    TooLarge,
}

/// A body as read: its format is known even where its content is not.
#[derive(Debug)]
pub struct Document {
    /// Told by the first byte, never by the header; `None` for a blank body.
    pub format: Option<Format>,
    /// The tree, [`Node::Empty`] for a blank body.
    pub root: Result<Node, ParseError>,
    /// What was replaced on the way (broken encoding, NUL, unknown entities).
    pub notes: Notes,
}

/// The text of a body, by its byte order mark, its declaration, or as UTF-8; for searching what could not be read.
pub fn text<'b>(body: &'b [u8], content_type: Option<&str>) -> std::borrow::Cow<'b, str> {
    charset::decode(body, content_type, &mut Notes::default())
}

/// Reads a body. The `Content-Type` only hints at a character set that nothing else declares.
pub fn parse(body: &[u8], content_type: Option<&str>) -> Document {
    let mut notes = Notes::default();
    let text = charset::decode(body, content_type, &mut notes);
    let content = text.trim_start_matches(|c: char| c.is_whitespace() || c == '\0' || c == '\u{feff}');
    let Some(format) = format_of(content) else {
        return Document { format: None, root: Ok(Node::Empty), notes };
    };
    let root = match format {
        Format::Json => json::parse(content, &mut notes),
        Format::Xml => xml::parse(content, &mut notes),
        // Escapes hide the bytes, so a form finds its own character set, field by field.
        Format::Form => form::parse(content, charset::hint(content_type), &mut notes),
    };
    Document { format: Some(format), root, notes }
}

fn format_of(content: &str) -> Option<Format> {
    Some(match content.as_bytes().first()? {
        b'{' | b'[' => Format::Json,
        b'<' => Format::Xml,
        _ => Format::Form,
    })
}

/// Counts values against the limits while a tree grows.
#[derive(Default)]
struct Budget {
    nodes: usize,
}

impl Budget {
    fn take(&mut self, depth: usize) -> Result<(), ParseError> {
        self.nodes += 1;
        if depth > MAX_DEPTH {
            Err(ParseError::TooDeep)
        } else if self.nodes > MAX_NODES {
            Err(ParseError::TooLarge)
        } else {
            Ok(())
        }
    }
}
