//! A column of a group of rows, as Parquet stores it: the values there are, and where there is none.

use std::sync::Arc;

use chrono::NaiveDate;
use parquet::basic::{LogicalType, Repetition, TimeUnit, Type as Physical};
use parquet::column::writer::ColumnWriter;
use parquet::data_type::{ByteArray, FixedLenByteArray};
use parquet::schema::types::{Type, TypePtr};
use rust_decimal::Decimal;

use crate::db::catalogue::{Column, Kind};
use crate::db::cell::Cell;
use crate::export::{Error, Result};

/// Digits of an amount, and those behind the point.
const PRECISION: i32 = 38;
const SCALE: u32 = 6;

/// What each value costs beside its bytes.
const OVERHEAD: usize = 48;

/// The values of a column.
pub(super) struct Chunk {
    values: Values,
    /// 1 where there is a value, 0 for NULL.
    levels: Vec<i16>,
}

enum Values {
    Int(Vec<i32>),
    BigInt(Vec<i64>),
    Bool(Vec<bool>),
    Money(Vec<FixedLenByteArray>),
    Bytes(Vec<ByteArray>),
}

/// The column in the file's schema.
pub(super) fn field(column: &Column) -> Result<TypePtr> {
    let (physical, logical) = match column.kind {
        Kind::Int => (Physical::INT32, None),
        Kind::BigInt => (Physical::INT64, None),
        Kind::Bool => (Physical::BOOLEAN, None),
        Kind::Date => (Physical::INT32, Some(LogicalType::Date)),
        Kind::Instant => (Physical::INT64, Some(LogicalType::timestamp(true, TimeUnit::MICROS))),
        Kind::Money => {
            (Physical::FIXED_LEN_BYTE_ARRAY, Some(LogicalType::decimal(i32::try_from(SCALE).unwrap_or(0), PRECISION)))
        }
        Kind::Text | Kind::Json => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
        Kind::Bytes => (Physical::BYTE_ARRAY, None),
    };
    let mut field = Type::primitive_type_builder(&column.name, physical)
        .with_repetition(Repetition::OPTIONAL)
        .with_logical_type(logical);
    if column.kind == Kind::Money {
        field = field.with_length(16).with_precision(PRECISION).with_scale(i32::try_from(SCALE).unwrap_or(0));
    }
    Ok(Arc::new(field.build()?))
}

impl Chunk {
    pub(super) fn new(kind: Kind) -> Self {
        let values = match kind {
            Kind::Int | Kind::Date => Values::Int(Vec::new()),
            Kind::BigInt | Kind::Instant => Values::BigInt(Vec::new()),
            Kind::Bool => Values::Bool(Vec::new()),
            Kind::Money => Values::Money(Vec::new()),
            Kind::Text | Kind::Json | Kind::Bytes => Values::Bytes(Vec::new()),
        };
        Self { values, levels: Vec::new() }
    }

    /// Adds a value, and returns how much memory it takes.
    pub(super) fn push(&mut self, cell: Cell) -> Result<usize> {
        let bytes = match (&mut self.values, cell) {
            (_, Cell::Null) => {
                self.levels.push(0);
                return Ok(2);
            }
            (Values::Int(values), Cell::Int(value)) => {
                values.push(i32::try_from(value).map_err(|_| wrong(&value.to_string()))?);
                4
            }
            (Values::Int(values), Cell::Date(day)) => {
                let days = day.signed_duration_since(NaiveDate::default()).num_days();
                values.push(i32::try_from(days).map_err(|_| wrong(&day.to_string()))?);
                4
            }
            (Values::BigInt(values), Cell::Int(value)) => {
                values.push(value);
                8
            }
            (Values::BigInt(values), Cell::Instant(at)) => {
                values.push(at.0.timestamp_micros());
                8
            }
            (Values::Bool(values), Cell::Bool(value)) => {
                values.push(value);
                1
            }
            (Values::Money(values), Cell::Money(amount)) => {
                values.push(money(amount)?);
                OVERHEAD
            }
            (Values::Bytes(values), cell) => {
                let bytes = match cell {
                    Cell::Text(text) => text.into_bytes(),
                    Cell::Json(value) => value.to_string().into_bytes(),
                    Cell::Bytes(bytes) => bytes,
                    other => return Err(wrong(&format!("{other:?}"))),
                };
                let length = bytes.len();
                values.push(bytes.into());
                length + OVERHEAD
            }
            (_, other) => return Err(wrong(&format!("{other:?}"))),
        };
        self.levels.push(1);
        Ok(bytes + 2)
    }

    /// Writes the values, and forgets them.
    pub(super) fn write(&mut self, writer: &mut ColumnWriter<'_>) -> Result<()> {
        let levels = Some(&self.levels[..]);
        match (&self.values, writer) {
            (Values::Int(values), ColumnWriter::Int32ColumnWriter(writer)) => {
                writer.write_batch(values, levels, None)?
            }
            (Values::BigInt(values), ColumnWriter::Int64ColumnWriter(writer)) => {
                writer.write_batch(values, levels, None)?
            }
            (Values::Bool(values), ColumnWriter::BoolColumnWriter(writer)) => {
                writer.write_batch(values, levels, None)?
            }
            (Values::Money(values), ColumnWriter::FixedLenByteArrayColumnWriter(writer)) => {
                writer.write_batch(values, levels, None)?
            }
            (Values::Bytes(values), ColumnWriter::ByteArrayColumnWriter(writer)) => {
                writer.write_batch(values, levels, None)?
            }
            _ => return Err(wrong("a column")),
        };
        self.levels.clear();
        match &mut self.values {
            Values::Int(values) => values.clear(),
            Values::BigInt(values) => values.clear(),
            Values::Bool(values) => values.clear(),
            Values::Money(values) => values.clear(),
            Values::Bytes(values) => values.clear(),
        }
        Ok(())
    }
}

/// A number as two's complement, the highest byte first. Averages of views are rounded to the scale.
fn money(mut amount: Decimal) -> Result<FixedLenByteArray> {
    amount.rescale(SCALE);
    if amount.scale() != SCALE {
        return Err(wrong(&amount.to_string()));
    }
    Ok(FixedLenByteArray::from(amount.mantissa().to_be_bytes().to_vec()))
}

fn wrong(value: &str) -> Error {
    Error::Unknown(format!("`{value}` does not fit its column"))
}
