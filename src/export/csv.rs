//! RFC 4180: a header, CRLF, quotes where they are needed. NULL and an empty text are both an empty field.

use std::io::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use csv::{Terminator, Writer, WriterBuilder};

use super::{Result, Sheet};
use crate::db::catalogue::Column;
use crate::db::cell::Cell;

pub(super) struct Csv<W: Write>(Writer<W>);

impl<W: Write> Csv<W> {
    pub(super) fn new(columns: &[Column], out: W) -> Result<Self> {
        let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(out);
        writer.write_record(columns.iter().map(|column| column.name.as_str()))?;
        Ok(Self(writer))
    }
}

impl<W: Write> Sheet for Csv<W> {
    fn row(&mut self, cells: Vec<Cell>) -> Result<()> {
        for cell in cells {
            self.0.write_field(text(cell))?;
        }
        Ok(self.0.write_record(None::<&[u8]>)?)
    }

    fn end(mut self: Box<Self>) -> Result<()> {
        Ok(self.0.flush()?)
    }
}

/// One form for each value, whichever database it comes from.
fn text(cell: Cell) -> String {
    match cell {
        Cell::Null => String::new(),
        Cell::Bool(value) => value.to_string(),
        Cell::Int(value) => value.to_string(),
        Cell::Text(text) => text,
        Cell::Date(day) => day.to_string(),
        Cell::Instant(at) => at.to_string(),
        Cell::Money(amount) => amount.normalize().to_string(),
        Cell::Json(value) => value.to_string(),
        Cell::Bytes(bytes) => STANDARD.encode(bytes),
    }
}
