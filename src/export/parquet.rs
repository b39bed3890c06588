//! Apache Parquet, written a group of rows at a time. Every column may be NULL; amounts are decimals of 38 digits, 6 of
//! them behind the point, which holds every amount and any sum of them.

mod column;

use std::io::Write;
use std::sync::Arc;

use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::Type;

use self::column::Chunk;
use super::{Result, Sheet};
use crate::db::catalogue::Column;
use crate::db::cell::Cell;

/// Rows of a group at the most.
const ROWS: usize = 100_000;
/// Bytes of a group at the most: they are held until it is written.
const BYTES: usize = 16 << 20;

pub(super) struct Parquet<W: Write + Send> {
    writer: SerializedFileWriter<W>,
    chunks: Vec<Chunk>,
    rows: usize,
    bytes: usize,
}

impl<W: Write + Send> Parquet<W> {
    pub(super) fn new(columns: &[Column], out: W) -> Result<Self> {
        let fields = columns.iter().map(column::field).collect::<Result<_>>()?;
        let schema = Type::group_type_builder("row").with_fields(fields).build()?;
        let properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .set_created_by(format!("checkfront-mirror {}", env!("CARGO_PKG_VERSION")))
            .build();
        let writer = SerializedFileWriter::new(out, Arc::new(schema), Arc::new(properties))?;
        let chunks = columns.iter().map(|column| Chunk::new(column.kind)).collect();
        Ok(Self { writer, chunks, rows: 0, bytes: 0 })
    }

    fn write_group(&mut self) -> Result<()> {
        if self.rows == 0 {
            return Ok(());
        }
        let mut group = self.writer.next_row_group()?;
        for chunk in &mut self.chunks {
            if let Some(mut column) = group.next_column()? {
                chunk.write(column.untyped())?;
                column.close()?;
            }
        }
        group.close()?;
        (self.rows, self.bytes) = (0, 0);
        Ok(())
    }
}

impl<W: Write + Send> Sheet for Parquet<W> {
    fn row(&mut self, cells: Vec<Cell>) -> Result<()> {
        for (chunk, cell) in self.chunks.iter_mut().zip(cells) {
            self.bytes += chunk.push(cell)?;
        }
        self.rows += 1;
        if self.rows >= ROWS || self.bytes >= BYTES { self.write_group() } else { Ok(()) }
    }

    fn end(mut self: Box<Self>) -> Result<()> {
        self.write_group()?;
        self.writer.close()?;
        Ok(())
    }
}
