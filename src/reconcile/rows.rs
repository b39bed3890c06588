//! The rows of a CSV file, one at a time, none longer than a limit.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, Read};
use std::rc::Rc;

use csv::StringRecord;
use encoding_rs_io::DecodeReaderBytes;

use super::source::Source;
use super::{Error, Unreadable};

/// Longest row in bytes: what is longer is no row, but a quotation mark that nobody closed.
const LONGEST: usize = 1 << 20;
/// Bytes that are taken apart at once.
const BUFFER: usize = 64 << 10;

/// What stands after a file's own text: a row that shows whether a quotation mark was still open.
const END: &str = ".";

/// A CSV file being read.
pub(super) struct Rows {
    reader: csv::Reader<Bounded>,
    record: StringRecord,
    number: u64,
    since: Rc<Cell<usize>>,
    taken: Rc<Cell<u64>>,
}

impl Rows {
    pub(super) fn open(source: &Source, separator: u8) -> Result<Self, Error> {
        let (since, taken) = (Rc::new(Cell::new(0)), Rc::new(Cell::new(0)));
        let end = io::Cursor::new(format!("\n{END}"));
        let text = Bounded { text: source.text()?, end, since: since.clone(), taken: taken.clone() };
        let mut reader = csv::ReaderBuilder::new();
        reader.has_headers(false).flexible(true).delimiter(separator).buffer_capacity(BUFFER);
        Ok(Self { reader: reader.from_reader(text), record: StringRecord::new(), number: 0, since, taken })
    }

    /// The number of the last row, from 1.
    pub(super) fn number(&self) -> u64 {
        self.number
    }

    /// About how many bytes of text were read.
    pub(super) fn taken(&self) -> u64 {
        self.taken.get()
    }

    /// The next row, whatever is in it.
    pub(super) fn record(&mut self) -> Result<Option<&StringRecord>, Error> {
        self.since.set(0);
        let read = self.reader.read_record(&mut self.record);
        let next = self.number + 1;
        match read {
            Ok(false) => Ok(None),
            // Beyond the line break that ends the file's last row.
            Ok(true) if self.reader.position().byte() > self.taken.get() + 1 => {
                if self.record.len() == 1 && &self.record[0] == END {
                    return Ok(None);
                }
                let problem = "has a quotation mark that is never closed; close it, or leave it out";
                Err(Unreadable::new(problem).in_row(next).into())
            }
            Ok(true) => {
                self.number = next;
                Ok(Some(&self.record))
            }
            Err(error) => Err(match error.into_kind() {
                csv::ErrorKind::Io(error) if error.kind() == io::ErrorKind::FileTooLarge => {
                    Unreadable::new("is longer than 1 MiB; is a quotation mark left open, or is this no CSV file?")
                        .in_row(next)
                        .into()
                }
                csv::ErrorKind::Io(error) => error.into(),
                other => Unreadable::new(format!("{other:?}")).in_row(next).into(),
            }),
        }
    }
}

/// Text that ends in an error when a row does not end.
struct Bounded {
    text: DecodeReaderBytes<File, Vec<u8>>,
    end: io::Cursor<String>,
    since: Rc<Cell<usize>>,
    taken: Rc<Cell<u64>>,
}

impl Read for Bounded {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.since.get() > LONGEST {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let count = self.text.read(buffer)?;
        if count == 0 {
            return self.end.read(buffer);
        }
        self.since.set(self.since.get() + count);
        self.taken.set(self.taken.get() + count as u64);
        Ok(count)
    }
}
