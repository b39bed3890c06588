//! Dead letters by cause: reasons that differ in numbers alone mean the same.

use std::collections::BTreeMap;

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Text};

use crate::db::rows::Event;
use crate::db::schema::webhook_events;
use crate::db::{Result, Tx, on};

/// What is told of a cause: the rest may quote the body.
const LETTERS: usize = 70;
/// Reasons that are read; the rarest are left out of the causes.
const REASONS: usize = 10_000;

/// Dead letters of one cause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// What they have in common.
    pub cause: String,
    /// How many there are.
    pub count: i64,
    /// The newest of them.
    pub newest: i64,
}

/// The causes, the commonest first.
pub fn causes(tx: &mut Tx<'_>) -> Result<Vec<Group>> {
    #[derive(QueryableByName)]
    struct Reason {
        #[diesel(sql_type = Text)]
        text: String,
        #[diesel(sql_type = BigInt)]
        count: i64,
        #[diesel(sql_type = BigInt)]
        newest: i64,
    }
    let query = format!(
        "SELECT COALESCE(substr(error, 1, {LETTERS}), 'unknown') AS text, count(*) AS count, max(id) AS newest \
         FROM webhook_events WHERE state = 'failed' GROUP BY 1 ORDER BY 2 DESC LIMIT {REASONS}"
    );
    let query = || diesel::sql_query(&query);
    let reasons: Vec<Reason> = on!(tx, |connection| query().load(connection))?;
    let mut groups = BTreeMap::<String, (i64, i64)>::new();
    for Reason { text, count, newest } in reasons {
        let (sum, last) = groups.entry(cause(&text)).or_default();
        (*sum, *last) = (*sum + count, newest.max(*last));
    }
    let groups = groups.into_iter().map(|(cause, (count, newest))| Group { cause, count, newest });
    let mut groups: Vec<_> = groups.collect();
    groups.sort_by_key(|group| std::cmp::Reverse(group.count));
    Ok(groups)
}

/// A page of the dead letters of a cause, by id: those above `after`, out of the next `limit` dead letters, and the last
/// id that was looked at; `None` at the end.
pub fn of_cause(tx: &mut Tx<'_>, wanted: &str, after: i64, limit: i64) -> Result<Option<(Vec<i64>, i64)>> {
    // A literal, so that the partial index serves.
    let query = || webhook_events::table.filter(sql::<Bool>("webhook_events.state = 'failed'"));
    let query = || query().filter(webhook_events::id.gt(after)).order(webhook_events::id).limit(limit);
    let page: Vec<Event> = on!(tx, |connection| query().load(connection))?;
    let Some(last) = page.last().map(|event| event.id) else { return Ok(None) };
    let of_cause = page.iter().filter(|event| cause_of(event) == wanted).map(|event| event.id);
    Ok(Some((of_cause.collect(), last)))
}

/// The cause of a dead letter.
pub fn cause_of(event: &Event) -> String {
    let reason: String = event.error.as_deref().unwrap_or("unknown").chars().take(LETTERS).collect();
    cause(&reason)
}

/// A reason without numbers, by which reasons that mean the same differ, and without what follows its first part.
fn cause(reason: &str) -> String {
    let first = reason.split("; ").next().unwrap_or_default();
    let mut cause = String::new();
    for letter in first.chars().take(LETTERS) {
        match letter {
            digit if digit.is_ascii_digit() => cause.push_str(if cause.ends_with('N') { "" } else { "N" }),
            letter if letter.is_control() => cause.push(' '),
            letter => cause.push(letter),
        }
    }
    cause
}

#[cfg(test)]
mod tests {
    use super::cause;

    #[test]
    fn causes_that_mean_the_same_are_one() {
        assert_eq!(cause("not valid json: end at byte 17; x"), cause("not valid json: end at byte 2034"));
        assert_ne!(cause("not valid json"), cause("not valid xml"));
        assert!(cause(&"x".repeat(500)).len() <= 70);
    }
}
