//! A shadow that is a copy of the mirror, for the rehearsal of a replay.

use super::carry;
use super::tables::{Names, Rule, Table, list};
use crate::db::events::{self, Selection};
use crate::db::row::Row;
use crate::db::rows::Event;
use crate::db::shadow::Shadow;
use crate::db::statement::{execute, numbers};
use crate::db::{Result, Tx};

/// Ids that are handled in one statement.
const STEP: i64 = 1_000;

/// Copies all rows, and the settled and the selected events.
pub(super) fn copy(tx: &mut Tx<'_>, names: &Names, tables: &[Table], selection: &Selection) -> Result<()> {
    for table in tables.iter().filter(|table| table.rule != Rule::Decisions) {
        carry::copy(tx, names, table)?;
    }
    let selected = names.shadow("selected");
    execute(tx, &format!("{} (id BIGINT PRIMARY KEY)", names.create(&selected)))?;
    let mut after = 0;
    loop {
        let ids = selection.ids(tx, after, STEP)?;
        let Some(last) = ids.last() else { break };
        after = *last;
        let values: Vec<_> = ids.iter().map(|id| format!("({id})")).collect();
        execute(tx, &format!("INSERT INTO {selected} (id) VALUES {}", values.join(", ")))?;
    }
    let (live, columns) = (names.live("webhook_events"), list(Event::COLUMNS, ""));
    let values: Vec<_> = Event::COLUMNS
        .iter()
        .map(|column| match *column {
            "state" => "COALESCE(e.prior_state, e.state)".to_owned(),
            "prior_state" => "CAST(NULL AS TEXT)".to_owned(),
            name => format!("e.\"{name}\""),
        })
        .collect();
    let (values, events) = (values.join(", "), names.shadow("webhook_events"));
    let wanted = format!(
        "e.state <> 'pending' OR e.prior_state IS NOT NULL OR EXISTS (SELECT 1 FROM {selected} s WHERE s.id = e.id)"
    );
    execute(tx, &format!("INSERT INTO {events} ({columns}) SELECT {values} FROM {live} e WHERE {wanted}"))?;
    execute(tx, &names.index("webhook_events", &["entity_key", "kind", "account_id", "id"])).map(drop)
}

/// Sets the selected events again to pending, as a replay does.
pub(super) fn set_pending(shadow: &mut Shadow, names: &Names) -> Result<()> {
    let selected = names.shadow("selected");
    let mut session = shadow.database().session();
    let mut after = 0;
    loop {
        let query = format!("SELECT id AS v FROM {selected} WHERE id > {after} ORDER BY id LIMIT {STEP}");
        let ids = shadow.transaction(|tx| numbers(tx, &query))?;
        let Some(last) = ids.last() else { return Ok(()) };
        after = *last;
        session.transaction(|tx| events::set_pending(tx, &ids))?;
    }
}
