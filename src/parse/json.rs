//! JSON, read as a stream so that numbers keep their text and limits hold before memory is taken.

use std::borrow::Cow;

use jiter::{Jiter, JiterError, JiterErrorType, JsonErrorType, Peek};

use super::node::storable;
use super::{Budget, Format, Map, Node, Notes, ParseError};

pub(super) fn parse(text: &str, notes: &mut Notes) -> Result<Node, ParseError> {
    let text = without_lone_surrogates(text, notes);
    let mut reader = Reader { jiter: Jiter::new(text.as_bytes()), budget: Budget::default(), notes };
    let peek = reader.jiter.peek().map_err(|error| reader.syntax(&error))?;
    let root = reader.value(peek, 0)?;
    reader.jiter.finish().map_err(|error| reader.syntax(&error))?;
    Ok(root)
}

struct Reader<'j, 'n> {
    jiter: Jiter<'j>,
    budget: Budget,
    notes: &'n mut Notes,
}

impl Reader<'_, '_> {
    fn value(&mut self, peek: Peek, depth: usize) -> Result<Node, ParseError> {
        self.budget.take(depth)?;
        Ok(match peek {
            Peek::Null => {
                self.jiter.known_null().map_err(|error| self.syntax(&error))?;
                Node::Empty
            }
            Peek::True | Peek::False => {
                let yes = self.jiter.known_bool(peek).map_err(|error| self.syntax(&error))?;
                Node::Text(if yes { "1" } else { "0" }.to_owned())
            }
            Peek::String => match self.jiter.known_str() {
                Ok(text) => Node::text(text, self.notes),
                Err(error) => return Err(self.syntax(&error)),
            },
            Peek::Array => self.array(depth)?,
            Peek::Object => self.object(depth)?,
            number => match self.jiter.known_number_bytes(number).map(String::from_utf8_lossy) {
                Ok(text) => Node::Text(text.into_owned()),
                Err(error) => return Err(self.syntax(&error)),
            },
        })
    }

    fn array(&mut self, depth: usize) -> Result<Node, ParseError> {
        let mut list = Vec::new();
        let mut next = self.jiter.known_array().map_err(|error| self.syntax(&error))?;
        while let Some(peek) = next {
            list.push(self.value(peek, depth + 1)?);
            next = self.jiter.array_step().map_err(|error| self.syntax(&error))?;
        }
        Ok(Node::list(list))
    }

    fn object(&mut self, depth: usize) -> Result<Node, ParseError> {
        let mut map = Map::new();
        let mut next = owned(self.jiter.known_object()).map_err(|error| self.syntax(&error))?;
        while let Some(key) = next {
            let peek = self.jiter.peek().map_err(|error| self.syntax(&error))?;
            let value = self.value(peek, depth + 1)?;
            // Of two equal keys the last wins, as in PHP.
            map.insert(storable(key, self.notes), value);
            next = owned(self.jiter.next_key()).map_err(|error| self.syntax(&error))?;
        }
        Ok(Node::map(map))
    }

    fn syntax(&self, error: &JiterError) -> ParseError {
        let position = self.jiter.error_position(error.index);
        let fault = match &error.error_type {
            JiterErrorType::JsonError(JsonErrorType::NumberOutOfRange) => {
                "a number of more than 4300 digits".to_owned()
            }
            other => other.to_string(),
        };
        ParseError::Syntax(Format::Json, format!("{fault} at {position}"))
    }
}

fn owned(key: Result<Option<&str>, JiterError>) -> Result<Option<String>, JiterError> {
    key.map(|key| key.map(str::to_owned))
}

/// Half of a surrogate pair names no character; `\ud83d` alone becomes `\ufffd`.
fn without_lone_surrogates<'t>(text: &'t str, notes: &mut Notes) -> Cow<'t, str> {
    if !text.contains("\\ud") && !text.contains("\\uD") {
        return Cow::Borrowed(text);
    }
    let mut bytes = text.as_bytes().to_vec();
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] != b'\\' {
            at += 1;
            continue;
        }
        match (escape(&bytes, at), escape(&bytes, at + 6)) {
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => at += 12,
            (Some(0xd800..=0xdfff), _) => {
                bytes[at + 2..at + 6].copy_from_slice(b"fffd");
                notes.add("halves of surrogate pairs were replaced");
                at += 6;
            }
            _ => at += 2,
        }
    }
    Cow::Owned(String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned()))
}

/// The code unit of a `\uXXXX` escape that starts at this byte.
fn escape(bytes: &[u8], at: usize) -> Option<u16> {
    let digits = bytes.get(at..at + 6)?.strip_prefix(b"\\u")?;
    digits.iter().all(u8::is_ascii_hexdigit).then_some(())?;
    u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}
