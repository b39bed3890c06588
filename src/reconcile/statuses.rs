//! Statuses by the labels that the account gave them, and by their codes.

use super::Unreadable;
use crate::db::rows::Status;

/// The statuses of an account.
pub(super) struct Statuses(Vec<Status>);

impl Statuses {
    pub(super) fn new(statuses: Vec<Status>) -> Self {
        Self(statuses)
    }

    /// The codes with this label, whatever its case; none where it is unknown.
    pub(super) fn codes(&self, label: &str) -> Vec<&str> {
        let label = label.trim().to_lowercase();
        let is_so =
            |status: &&Status| status.label.trim().to_lowercase() == label || status.status_id.to_lowercase() == label;
        self.0.iter().filter(is_so).map(|status| status.status_id.as_str()).collect()
    }

    /// Whether its bookings are sales; a booking without a status is one.
    pub(super) fn is_sale(&self, status_id: Option<&str>) -> bool {
        self.0.iter().find(|status| Some(status.status_id.as_str()) == status_id).is_none_or(|status| status.is_sale)
    }

    /// The codes that `--status` names.
    pub(super) fn chosen(&self, labels: &[String]) -> Result<Vec<String>, Unreadable> {
        let mut chosen = Vec::new();
        for label in labels {
            let codes = self.codes(label);
            if codes.is_empty() {
                let known = self.0.iter().map(|status| format!("{} ({})", status.status_id, status.label));
                let known = known.collect::<Vec<_>>().join(", ");
                return Err(Unreadable::new(format!(
                    "--status: `{label}` is no status of the account; it has {known}"
                )));
            }
            chosen.extend(codes.into_iter().map(str::to_owned));
        }
        Ok(chosen)
    }
}
