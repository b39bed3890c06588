//! Payments and refunds.

use super::origin::Origin;
use super::reading::Reading;
use super::rows::{Rows, by_account, json, snapshot};
use crate::checkfront::{self, Content};
use crate::db::rows::{Change, Kind, Transaction};
use crate::db::types::{Amount, EventState, Timestamp};
use crate::db::{Result, Tx};

snapshot!(Transaction);

/// Account, transaction, gateway, status.
type Key = (i32, String, String, String);

pub(super) struct Transactions {
    rows: Rows<Key, Transaction>,
}

impl Transactions {
    pub(super) fn load(tx: &mut Tx<'_>, readings: &[(&Reading, Origin)]) -> Result<Self> {
        let ids = readings.iter().filter_map(|(reading, origin)| match reading.content() {
            Some(Content::Transaction(transaction)) => Some((origin.account_id, transaction.transaction_id.clone())),
            _ => None,
        });
        let mut stored = Vec::new();
        for (account_id, ids) in by_account(ids) {
            stored.extend(Transaction::load(tx, account_id, &ids)?);
        }
        Ok(Self { rows: Rows::new(stored.into_iter().map(|row| (key(&row), row))) })
    }

    pub(super) fn apply(
        &mut self,
        body: &checkfront::Transaction,
        action: Option<&str>,
        origin: &Origin,
    ) -> EventState {
        if origin.delete {
            self.delete(body, action, origin)
        } else {
            self.write_one(row(body, action, origin), origin)
        }
    }

    /// Marks all rows of the id, narrowed by gateway and status where the body has them.
    ///
    /// A mark without gateway or status also stands for rows that come late.
    fn delete(&mut self, body: &checkfront::Transaction, action: Option<&str>, origin: &Origin) -> EventState {
        let matching: Vec<_> = self
            .of(origin.account_id, &body.transaction_id)
            .filter(|row| narrows(&body.gateway_id, &row.gateway_id) && narrows(&body.status, &row.status_id))
            .cloned()
            .collect();
        let mark = row(body, action, origin);
        let own = self.write_one(mark, origin);
        let others = matching.into_iter().filter(|row| key(row) != key_of(body, origin.account_id)).collect::<Vec<_>>();
        others.into_iter().map(|row| self.write_one(row, origin)).fold(own, strongest)
    }

    fn write_one(&mut self, row: Transaction, origin: &Origin) -> EventState {
        // Deleted by a newer event that named no gateway or no status.
        let buried = !origin.delete
            && self.of(row.account_id, &row.transaction_id).any(|mark| {
                mark.deleted_at.is_some()
                    && mark.last_event_id > origin.id
                    && narrows(&mark.gateway_id, &row.gateway_id)
                    && narrows(&mark.status_id, &row.status_id)
            });
        if buried {
            return EventState::Superseded;
        }
        self.rows.fold(key(&row), row, origin)
    }

    /// What changed: each row for itself, all by the id.
    pub(super) fn changes(&self) -> impl Iterator<Item = Change> {
        self.rows.changes(Kind::Transaction, |(account_id, id, ..)| (*account_id, id.clone()))
    }

    fn of(&self, account_id: i32, id: &str) -> impl Iterator<Item = &Transaction> {
        let first = (account_id, id.to_owned(), String::new(), String::new());
        let rows: Vec<_> = self
            .rows
            .from(&first)
            .map(|(_, row)| row)
            .filter(|row| row.account_id == account_id && row.transaction_id == id)
            .collect();
        rows.into_iter()
    }

    pub(super) fn write(&self, tx: &mut Tx<'_>) -> Result<()> {
        let rows: Vec<_> = self.rows.changed().map(|(_, row)| row.clone()).collect();
        Transaction::upsert(tx, &rows)
    }
}

/// Of what became of several rows, what became of the event.
pub(super) fn strongest(one: EventState, other: EventState) -> EventState {
    [EventState::Applied, EventState::Unchanged]
        .into_iter()
        .find(|&state| one == state || other == state)
        .unwrap_or(one)
}

fn narrows(wanted: &str, found: &str) -> bool {
    wanted.is_empty() || wanted == found
}

fn key(row: &Transaction) -> Key {
    (row.account_id, row.transaction_id.clone(), row.gateway_id.clone(), row.status_id.clone())
}

fn key_of(body: &checkfront::Transaction, account_id: i32) -> Key {
    (account_id, body.transaction_id.clone(), body.gateway_id.clone(), body.status.clone())
}

fn row(body: &checkfront::Transaction, action: Option<&str>, origin: &Origin) -> Transaction {
    let transacted_at = body.date.map(Timestamp);
    Transaction {
        account_id: origin.account_id,
        transaction_id: body.transaction_id.clone(),
        gateway_id: body.gateway_id.clone(),
        status_id: body.status.clone(),
        booking_code: body.booking_code.clone(),
        transacted_at,
        transacted_on: origin.day(transacted_at),
        amount: body.amount.map(Amount),
        payment_type: body.payment_type.clone(),
        payment_mask: body.payment_mask.clone(),
        payer: body.payer.clone(),
        action: action.map(str::to_owned),
        extra: json(body.extra.clone()),
        first_event_id: origin.id,
        last_event_id: origin.id,
        updated_at: origin.at,
        deleted_at: None,
    }
}
