//! One JSON object a line. Amounts are text, since a reader's floats would round them; json columns are nested.

use std::io::{BufWriter, Write};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use super::{Result, Sheet};
use crate::db::catalogue::Column;
use crate::db::cell::Cell;
use crate::db::types::Amount;

pub(super) struct Lines<W: Write> {
    columns: Vec<Column>,
    out: BufWriter<W>,
}

impl<W: Write> Lines<W> {
    pub(super) fn new(columns: &[Column], out: W) -> Self {
        Self { columns: columns.to_vec(), out: BufWriter::new(out) }
    }
}

impl<W: Write> Sheet for Lines<W> {
    fn row(&mut self, cells: Vec<Cell>) -> Result<()> {
        let row = Line { columns: &self.columns, cells: &cells };
        serde_json::to_writer(&mut self.out, &row).map_err(std::io::Error::from)?;
        Ok(self.out.write_all(b"\n")?)
    }

    fn end(mut self: Box<Self>) -> Result<()> {
        Ok(self.out.flush()?)
    }
}

/// A row as an object.
#[derive(Debug)]
pub(crate) struct Line<'l> {
    pub(crate) columns: &'l [Column],
    pub(crate) cells: &'l [Cell],
}

impl Serialize for Line<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.columns.len()))?;
        for (Column { name, .. }, cell) in self.columns.iter().zip(self.cells) {
            match cell {
                Cell::Null => map.serialize_entry(name, &None::<()>)?,
                Cell::Bool(value) => map.serialize_entry(name, value)?,
                Cell::Int(value) => map.serialize_entry(name, value)?,
                Cell::Text(text) => map.serialize_entry(name, text)?,
                Cell::Date(day) => map.serialize_entry(name, day)?,
                Cell::Instant(at) => map.serialize_entry(name, at)?,
                Cell::Money(amount) => map.serialize_entry(name, &Amount(*amount))?,
                Cell::Json(value) => map.serialize_entry(name, value)?,
                Cell::Bytes(bytes) => map.serialize_entry(name, &STANDARD.encode(bytes))?,
            }
        }
        map.end()
    }
}
