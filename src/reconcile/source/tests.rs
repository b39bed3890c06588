//! Files in all encodings and separators.

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
