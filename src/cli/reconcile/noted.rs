//! What `sync_runs` keeps of a comparison.

use serde_json::json;

use crate::db::types::Json;
use crate::reconcile::{Request, Selection, Summary};

/// What `sync_runs.state` says: `partial` where a part of the report could not be compared.
pub(super) fn state(summary: &Summary) -> &'static str {
    if summary.not_compared.is_empty() { "ok" } else { "partial" }
}

/// What `sync_runs.counts` keeps.
pub(super) fn counts(summary: &Summary, request: &Request, pending: i64) -> Json {
    let differences: Vec<_> = summary.counts.each().collect();
    let differences = differences
        .iter()
        .map(|(kind, difference, of_value, count)| json!({ "kind": kind, "difference": difference, "of_value": of_value, "count": count }));
    let Selection { from, to, statuses, .. } = &request.selection;
    Json(json!({
        "report": summary.kind.name(), "sha256": summary.sha256, "rows": summary.rows, "compared": summary.pairs,
        "differences": differences.collect::<Vec<_>>(), "from": from, "to": to, "by": request.selection.basis(),
        "status": statuses, "pending": pending, "not_compared": summary.not_compared,
    }))
}
