//! Which rows of a report: values are checked against their columns before they become SQL.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use thiserror::Error;

use super::Report;
use crate::db::catalogue::{Kind, quoted};

/// Which rows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// Of this account alone.
    pub account_id: Option<i32>,
    /// From this day on.
    pub from: Option<NaiveDate>,
    /// Up to this day, and with it.
    pub to: Option<NaiveDate>,
    /// At most so many.
    pub limit: Option<i64>,
    /// The highest of this column first.
    pub highest: Option<&'static str>,
    /// Conditions on columns, as SQL.
    conditions: Vec<String>,
}

/// What cannot be selected by.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{name}: {reason}")]
pub struct Wrong {
    /// The name that was given.
    pub name: String,
    /// What would be right.
    pub reason: String,
}

impl Selection {
    /// Only rows where a column has this value; an empty one stands for none.
    pub fn equal(&mut self, report: &Report, name: &str, value: &str) -> Result<(), Wrong> {
        let wrong = |reason: String| Wrong { name: name.to_owned(), reason };
        let Some(column) = report.columns.iter().find(|column| column.name == name) else {
            let names: Vec<_> = report.columns.iter().map(|column| column.name).collect();
            return Err(wrong(format!(
                "is no parameter and no column of {}, which has {}",
                report.name,
                names.join(", ")
            )));
        };
        let quoted = quoted(name);
        if value.is_empty() {
            self.conditions.push(format!("{quoted} IS NULL"));
            return Ok(());
        }
        let literal = match column.kind {
            Kind::Text => Ok(format!("'{}'", value.replace('\'', "''"))),
            Kind::Int | Kind::BigInt => {
                value.parse::<i64>().map(|number| number.to_string()).map_err(|_| "write a whole number")
            }
            Kind::Date => value
                .parse::<NaiveDate>()
                .ok()
                .filter(|_| value.len() == 10)
                .map(|day| format!("'{day}'"))
                .ok_or("write a day such as 2026-07-01"),
            Kind::Bool => match value {
                "true" => Ok("(1 = 1)".to_owned()),
                "false" => Ok("(1 = 0)".to_owned()),
                _ => Err("write true or false"),
            },
            Kind::Money | Kind::Instant | Kind::Json | Kind::Bytes => Err("rows are not selected by this column"),
        };
        let literal = literal.map_err(|reason| wrong(reason.to_owned()))?;
        self.conditions.push(format!("{quoted} = {literal}"));
        Ok(())
    }

    /// Only rows where a column has this amount, or a higher one.
    pub(super) fn at_least(&mut self, column: &str, amount: Decimal) {
        self.conditions.push(format!("{} >= {amount}", quoted(column)));
    }

    /// Whether it is of so many days at most.
    pub fn is_within(&self, days: u64) -> bool {
        self.from
            .zip(self.to)
            .is_some_and(|(from, to)| (to - from).num_days() < i64::try_from(days).unwrap_or(i64::MAX))
    }

    /// As SQL.
    pub(super) fn conditions(&self, report: &Report) -> Vec<String> {
        let mut conditions = self.conditions.clone();
        conditions.extend(self.account_id.map(|id| format!("account_id = {id}")));
        if let Some(day) = report.day.map(quoted) {
            conditions.extend(self.from.map(|from| format!("{day} >= '{from}'")));
            conditions.extend(self.to.map(|to| format!("{day} <= '{to}'")));
        }
        conditions
    }
}
