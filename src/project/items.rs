//! The inventory: an item, and the children of a product group.

use super::origin::Origin;
use super::reading::Reading;
use super::rows::{Rows, by_account, json, snapshot};
use super::transactions::strongest;
use crate::checkfront::{self, Content};
use crate::db::rows::{Change, Item, Kind};
use crate::db::types::{EventState, Json, Timestamp};
use crate::db::{Result, Tx};

snapshot!(Item);

pub(super) struct Items {
    rows: Rows<(i32, i64), Item>,
}

impl Items {
    pub(super) fn load(tx: &mut Tx<'_>, readings: &[(&Reading, Origin)]) -> Result<Self> {
        let ids = readings.iter().flat_map(|(reading, origin)| {
            let item = if let Some(Content::Item(item)) = reading.content() { Some(item) } else { None };
            let all = item.into_iter().flat_map(|item| all(item));
            all.map(|item| (origin.account_id, item.item_id)).collect::<Vec<_>>()
        });
        let mut stored = Vec::new();
        for (account_id, ids) in by_account(ids) {
            stored.extend(Item::load(tx, account_id, &ids)?);
        }
        Ok(Self { rows: Rows::new(stored.into_iter().map(|row| ((row.account_id, row.item_id), row))) })
    }

    /// A deletion concerns the item alone: its children have events of their own.
    pub(super) fn apply(&mut self, item: &checkfront::Item, origin: &Origin) -> EventState {
        let described = all(item).take(if origin.delete { 1 } else { usize::MAX });
        let key = |item: &checkfront::Item| (origin.account_id, item.item_id);
        let states: Vec<_> = described.map(|item| self.rows.fold(key(item), row(item, origin), origin)).collect();
        states.into_iter().reduce(strongest).unwrap_or(EventState::Unchanged)
    }

    /// What changed.
    pub(super) fn changes(&self) -> impl Iterator<Item = Change> {
        self.rows.changes(Kind::Item, |(account_id, item_id)| (*account_id, item_id.to_string()))
    }

    pub(super) fn write(&self, tx: &mut Tx<'_>) -> Result<()> {
        let rows: Vec<_> = self.rows.changed().map(|(_, row)| row.clone()).collect();
        Item::upsert(tx, &rows)
    }
}

/// The item and all below it.
fn all(item: &checkfront::Item) -> Box<dyn Iterator<Item = &checkfront::Item> + '_> {
    Box::new(std::iter::once(item).chain(item.children.iter().flat_map(all)))
}

fn row(item: &checkfront::Item, origin: &Origin) -> Item {
    Item {
        account_id: origin.account_id,
        item_id: item.item_id,
        sku: item.sku.clone(),
        name: item.name.clone(),
        unit: item.unit.clone(),
        category_id: item.category_id,
        category: item.category.clone(),
        stock: item.stock,
        unlimited: item.unlimited,
        status_id: item.status.clone(),
        item_type: item.item_type.clone(),
        visibility: item.visibility.clone(),
        locked: item.locked,
        position: item.position,
        length: item.length,
        rated: item.rated,
        alias_id: item.alias_id,
        product_group_type: item.product_group_type.clone(),
        parent_item_id: item.parent_item_id,
        url: item.url.clone(),
        summary: item.summary.clone(),
        details: item.details.clone(),
        meta: item.meta.clone().map(Json),
        rules: item.rules.clone().map(Json),
        images: item.images.clone().map(Json),
        video: item.video.clone().map(Json),
        extra: json(item.extra.clone()),
        first_event_id: origin.id,
        last_event_id: origin.id,
        updated_at: origin.at,
        deleted_at: None,
    }
}
