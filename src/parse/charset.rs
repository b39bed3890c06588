//! Bytes to text: byte order marks, declared encodings, and a marked replacement where neither helps.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

use super::Notes;

const REPLACED: &str = "bytes that are not valid text were replaced";

/// The text of a body: by its byte order mark, its XML declaration, as UTF-8, or by the header's hint.
pub(super) fn decode<'b>(body: &'b [u8], content_type: Option<&str>, notes: &mut Notes) -> Cow<'b, str> {
    if let Some((encoding, _)) = Encoding::for_bom(body).or_else(|| utf16(body)) {
        return with(encoding, body, notes);
    }
    if let Some(encoding) = xml_declaration(body) {
        return with(encoding, body, notes);
    }
    decode_field(body, hint(content_type), notes)
}

/// A piece of text with nothing in it that declares its encoding.
pub(super) fn decode_field<'b>(bytes: &'b [u8], hint: Option<&'static Encoding>, notes: &mut Notes) -> Cow<'b, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => with(hint.unwrap_or(UTF_8), bytes, notes),
    }
}

/// The character set that a `Content-Type` names.
pub(super) fn hint(content_type: Option<&str>) -> Option<&'static Encoding> {
    let (_, parameters) = content_type?.split_once(';')?;
    let label = parameters.split(';').find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("charset").then(|| value.trim().trim_matches('"'))
    })?;
    Encoding::for_label(label.as_bytes())
}

fn with<'b>(encoding: &'static Encoding, body: &'b [u8], notes: &mut Notes) -> Cow<'b, str> {
    let (text, _, broken) = encoding.decode(body);
    if broken {
        notes.add(REPLACED);
    }
    text
}

/// UTF-16 without a mark shows as a NUL beside the first character of any markup.
fn utf16(body: &[u8]) -> Option<(&'static Encoding, usize)> {
    match body {
        [b'<' | b'{' | b'[', 0, ..] => Some((UTF_16LE, 0)),
        [0, b'<' | b'{' | b'[', ..] => Some((UTF_16BE, 0)),
        _ => None,
    }
}

/// `<?xml version="1.0" encoding="ISO-8859-1"?>`
fn xml_declaration(body: &[u8]) -> Option<&'static Encoding> {
    let start = body.iter().position(|byte| !byte.is_ascii_whitespace())?;
    let rest = body[start..].strip_prefix(b"<?xml")?;
    let head = &rest[..rest.iter().position(|&byte| byte == b'>')?];
    let head = std::str::from_utf8(head).ok()?;
    let (_, value) = head.split_once("encoding")?;
    let value = value.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    let label = value[1..].split(quote).next()?;
    // A declaration that could be read byte by byte is not UTF-16, whatever it says.
    Encoding::for_label(label.as_bytes()).filter(|encoding| encoding.is_ascii_compatible())
}
