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
        let failed = |error: io::Error| Unreadable::new(format!("{}: {error}", path.display()));
        let mut file = File::open(path).map_err(failed)?;
        if file.metadata().map_err(failed)?.is_dir() {
            return Err(Unreadable::new(format!("{} is a folder; name the report's CSV file", path.display())));
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
            Unreadable::new(format!("{} {problem}; {remedy}", path.display()))
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
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Result<(String, String), String> {
        let mut file = tempfile::NamedTempFile::new().expect("a file");
        io::Write::write_all(&mut file, bytes).expect("written");
        let source = Source::look(file.path()).map_err(|error| error.to_string())?;
        let mut text = String::new();
        source.text().expect("opened").read_to_string(&mut text).expect("text");
        Ok((source.encoding().to_owned(), text))
    }

    fn utf16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(bytes).collect()
    }

    #[test]
    fn encodings_are_told_apart() {
        let text = "Booking,Zoë\n";
        let latin = text.chars().map(|c| u8::try_from(u32::from(c)).expect("latin")).collect::<Vec<_>>();
        let little = utf16(&format!("\u{feff}{text}"), u16::to_le_bytes);
        let big = utf16(&format!("\u{feff}{text}"), u16::to_be_bytes);
        for (bytes, encoding) in [
            (text.as_bytes().to_vec(), "UTF-8"),
            (format!("\u{feff}{text}").into_bytes(), "UTF-8"),
            (little, "UTF-16LE"),
            (big, "UTF-16BE"),
            (utf16(text, u16::to_le_bytes), "UTF-16LE"),
            (utf16(text, u16::to_be_bytes), "UTF-16BE"),
            (latin, "windows-1252"),
        ] {
            assert_eq!(read(&bytes), Ok((encoding.to_owned(), text.to_owned())));
        }
    }

    #[test]
    fn a_character_may_lie_across_two_chunks() {
        let mut look = Look::default();
        let text = "aé€😀".repeat(50);
        text.as_bytes().chunks(3).for_each(|chunk| look.see(chunk));
        assert_eq!(look.encoding(), Ok(UTF_8));
        look.see(&"é".as_bytes()[..1]);
        assert_eq!(look.encoding(), Ok(WINDOWS_1252), "it ends within a character");
    }

    #[test]
    fn what_is_no_text_is_named() {
        for (bytes, problem) in [
            (&b""[..], "is empty"),
            (b"\xef\xbb\xbf \r\n", "is empty"),
            (b"PK\x03\x04rest", "an Excel workbook"),
            (b"<!doctype html>", "a web page"),
            (b"\x7fELF\x02\x01\x01\x00\x00", "is binary"),
        ] {
            let said = read(bytes).expect_err("no text");
            assert!(said.contains(problem) && said.contains("as CSV"), "{said}");
        }
    }
}
