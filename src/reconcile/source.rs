//! The file itself: its hash, whether it is text at all, and in which encoding.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use encoding_rs_io::{DecodeReaderBytes, DecodeReaderBytesBuilder};
use sha2::{Digest, Sha256};

use super::Unreadable;

/// Bytes that are read at once.
const CHUNK: usize = 64 << 10;

/// First bytes of what is often saved instead of a CSV file.
const OTHERS: [(&[u8], &str); 5] = [
    (b"PK\x03\x04", "an Excel workbook or another ZIP file"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook"),
    (b"%PDF", "a PDF"),
    (b"\x1f\x8b", "compressed"),
    (b"<", "a web page"),
];

/// A report's file.
#[derive(Debug)]
pub(super) struct Source {
    path: PathBuf,
    encoding: &'static Encoding,
    /// Its length in bytes.
    pub(super) bytes: u64,
    /// Of its bytes, in hexadecimal.
    pub(super) sha256: String,
}

impl Source {
    /// Reads the file once.
    pub(super) fn look(path: &Path) -> Result<Self, Unreadable> {
        let failed = |error: io::Error| Unreadable::new(error.to_string());
        let mut file = File::open(path).map_err(failed)?;
        if file.metadata().map_err(failed)?.is_dir() {
            return Err(Unreadable::new("is a folder; name the report's CSV file"));
        }
        let (mut hash, mut chunk, mut look) = (Sha256::new(), vec![0; CHUNK], Look::default());
        loop {
            let count = file.read(&mut chunk).map_err(failed)?;
            if count == 0 {
                break;
            }
            hash.update(&chunk[..count]);
            look.see(&chunk[..count]);
        }
        let encoding = look.encoding().map_err(|problem| {
            let remedy = "save the report from Checkfront as CSV, and name that file";
            Unreadable::new(format!("{problem}; {remedy}"))
        })?;
        Ok(Self { path: path.to_owned(), encoding, bytes: look.bytes, sha256: hex::encode(hash.finalize()) })
    }

    /// The encoding's name.
    pub(super) fn encoding(&self) -> &'static str {
        self.encoding.name()
    }

    /// Its text as UTF-8, without a byte order mark.
    pub(super) fn text(&self) -> io::Result<DecodeReaderBytes<File, Vec<u8>>> {
        let file = File::open(&self.path)?;
        Ok(DecodeReaderBytesBuilder::new().encoding(Some(self.encoding)).bom_override(true).strip_bom(true).build(file))
    }
}

/// What the bytes tell so far.
#[derive(Default)]
struct Look {
    bytes: u64,
    start: Vec<u8>,
    /// The begin of a character that the next bytes may end.
    open: Vec<u8>,
    not_utf8: bool,
    has_nul: bool,
}

impl Look {
    fn see(&mut self, chunk: &[u8]) {
        self.bytes += chunk.len() as u64;
        let missing = 64_usize.saturating_sub(self.start.len()).min(chunk.len());
        self.start.extend_from_slice(&chunk[..missing]);
        self.has_nul |= chunk.contains(&0);
        if self.not_utf8 {
            return;
        }
        self.open.extend_from_slice(chunk);
        self.open = match std::str::from_utf8(&self.open) {
            Ok(_) => Vec::new(),
            Err(error) if error.error_len().is_none() => self.open[error.valid_up_to()..].to_vec(),
            Err(_) => {
                self.not_utf8 = true;
                Vec::new()
            }
        };
    }

    fn encoding(&self) -> Result<&'static Encoding, String> {
        let start = self.start.as_slice();
        let marked = Encoding::for_bom(start);
        let text = marked.map_or(start, |(_, length)| &start[length..]);
        if text.iter().all(|byte| byte.is_ascii_whitespace() || *byte == 0) {
            return Err(if self.bytes <= 64 { "is empty" } else { "does not begin with headings" }.to_owned());
        }
        if let Some((_, what)) = OTHERS.iter().find(|(begin, _)| text.starts_with(begin)) {
            return Err(format!("is {what}, no CSV"));
        }
        Ok(match (marked, start) {
            (Some((encoding, _)), _) => encoding,
            (None, [first, 0, second, 0, ..]) if *first != 0 && *second != 0 => UTF_16LE,
            (None, [0, first, 0, second, ..]) if *first != 0 && *second != 0 => UTF_16BE,
            _ if self.has_nul => return Err("is binary, no text".to_owned()),
            _ if self.not_utf8 || !self.open.is_empty() => WINDOWS_1252,
            _ => UTF_8,
        })
    }
}

#[cfg(test)]
mod tests;
