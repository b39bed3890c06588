//! A payment or refund.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use super::reader::{Extra, Reader};
use super::rejected::Rejected;
use crate::parse::{Node, Notes};

/// What a body says of a transaction. It may arrive before its booking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transaction {
    pub transaction_id: String,
    /// Empty where absent: part of the key.
    pub gateway_id: String,
    /// `PAID`, `REFUND`; empty where absent: part of the key.
    pub status: String,
    /// The public reference of its booking; the webhook calls it `booking_id`.
    pub booking_code: Option<String>,
    pub date: Option<DateTime<Utc>>,
    /// As sent: the sign of a refund is Checkfront's.
    pub amount: Option<Decimal>,
    pub payment_type: Option<String>,
    pub payment_mask: Option<String>,
    pub payer: Option<String>,
    pub extra: Extra,
}

impl Transaction {
    pub(super) fn read(node: Node) -> Result<(Self, Notes), Rejected> {
        let mut transaction = Reader::new(node, "transaction").with_attributes();
        let id = transaction.key("transaction_id")?;
        let read = Self {
            transaction_id: id.ok_or(Rejected::NoKey("transaction", "transaction_id"))?,
            gateway_id: transaction.key("gateway_id")?.unwrap_or_default(),
            status: transaction.key("status")?.unwrap_or_default(),
            booking_code: transaction.key("booking_id")?,
            date: transaction.instant("date"),
            amount: transaction.money("amount"),
            payment_type: transaction.text("payment_type"),
            payment_mask: transaction.text("payment_mask"),
            payer: transaction.text("payment_customer"),
            extra: Extra::new(),
        };
        let (extra, notes) = transaction.finish();
        Ok((Self { extra, ..read }, notes))
    }
}
