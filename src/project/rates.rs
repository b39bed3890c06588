//! Rates, with the items and categories they apply to.

use std::collections::BTreeSet;

use super::origin::Origin;
use super::reading::Reading;
use super::rows::{Rows, Snapshot, by_account, json};
use crate::checkfront::{self, Content};
use crate::db::rows::{Change, Kind, Rate, RateCategory, RateItem};
use crate::db::types::{Amount, EventState, Json, Timestamp};
use crate::db::{Result, Tx};

/// A rate and its sets, which change together.
#[derive(Clone, PartialEq)]
struct Whole {
    rate: Rate,
    items: BTreeSet<i64>,
    categories: BTreeSet<i64>,
}

impl Snapshot for Whole {
    fn marks(&mut self) -> (&mut i64, &mut i64, &mut Timestamp, &mut Option<Timestamp>) {
        let rate = &mut self.rate;
        (&mut rate.first_event_id, &mut rate.last_event_id, &mut rate.updated_at, &mut rate.deleted_at)
    }

    fn last_event_id(&self) -> i64 {
        self.rate.last_event_id
    }

    fn is_deleted(&self) -> bool {
        self.rate.deleted_at.is_some()
    }
}

pub(super) struct Rates {
    rows: Rows<(i32, i64), Whole>,
}

impl Rates {
    pub(super) fn load(tx: &mut Tx<'_>, readings: &[(&Reading, Origin)]) -> Result<Self> {
        let ids = readings.iter().filter_map(|(reading, origin)| match reading.content() {
            Some(Content::Rate(rate)) => Some((origin.account_id, rate.rate_id)),
            _ => None,
        });
        let mut stored = Vec::new();
        for (account_id, ids) in by_account(ids) {
            let items = RateItem::load(tx, account_id, &ids)?;
            let categories = RateCategory::load(tx, account_id, &ids)?;
            for rate in Rate::load(tx, account_id, &ids)? {
                let of_items = items.iter().filter(|row| row.rate_id == rate.rate_id).map(|row| row.item_id);
                let of_categories =
                    categories.iter().filter(|row| row.rate_id == rate.rate_id).map(|row| row.category_id);
                let whole = Whole { items: of_items.collect(), categories: of_categories.collect(), rate };
                stored.push(((account_id, whole.rate.rate_id), whole));
            }
        }
        Ok(Self { rows: Rows::new(stored) })
    }

    pub(super) fn apply(&mut self, body: &checkfront::Rate, origin: &Origin) -> EventState {
        let new = Whole {
            rate: row(body, origin),
            items: body.items.iter().copied().collect(),
            categories: body.categories.iter().copied().collect(),
        };
        self.rows.fold((origin.account_id, body.rate_id), new, origin)
    }

    /// What changed.
    pub(super) fn changes(&self) -> impl Iterator<Item = Change> {
        self.rows.changes(Kind::Rate, |(account_id, rate_id)| (*account_id, rate_id.to_string()))
    }

    pub(super) fn write(&self, tx: &mut Tx<'_>) -> Result<()> {
        let rates: Vec<_> = self.rows.changed().map(|(_, whole)| whole.rate.clone()).collect();
        Rate::upsert(tx, &rates)?;
        for (key, whole) in self.rows.changed() {
            let (account_id, rate_id) = *key;
            let before = self.rows.stored(key);
            if before.map_or(!whole.items.is_empty(), |before| before.items != whole.items) {
                let rows: Vec<_> =
                    whole.items.iter().map(|&item_id| RateItem { account_id, rate_id, item_id }).collect();
                RateItem::replace(tx, account_id, rate_id, &rows)?;
            }
            if before.map_or(!whole.categories.is_empty(), |before| before.categories != whole.categories) {
                let categories = whole.categories.iter();
                let rows: Vec<_> =
                    categories.map(|&category_id| RateCategory { account_id, rate_id, category_id }).collect();
                RateCategory::replace(tx, account_id, rate_id, &rows)?;
            }
        }
        Ok(())
    }
}

fn row(body: &checkfront::Rate, origin: &Origin) -> Rate {
    Rate {
        account_id: origin.account_id,
        rate_id: body.rate_id,
        name: body.name.clone(),
        rate_type: body.rate_type.clone(),
        start_on: body.start_on,
        end_on: body.end_on,
        span: body.span,
        price_src: body.price_src.clone(),
        dynamic_rate: body.dynamic_rate.map(Amount),
        dynamic_type: body.dynamic_type.clone(),
        status_id: body.status.clone(),
        repeat_id: body.repeat_id.clone(),
        enabled: body.enabled,
        rule_set_id: body.rule_set_id,
        vouchers: body.vouchers,
        details: body.details.clone().map(Json),
        repeat_days: body.repeat_days.clone().map(Json),
        all_items: body.all_items,
        extra: json(body.extra.clone()),
        first_event_id: origin.id,
        last_event_id: origin.id,
        updated_at: origin.at,
        deleted_at: None,
    }
}
