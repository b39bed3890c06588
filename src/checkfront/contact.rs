//! The customer of a booking: contact data from three places and two spellings.

use serde_json::Value;

use super::reader::{Extra, Reader, bounded};
use super::rejected::Rejected;
use crate::parse::Node;

/// Contact data as one booking states it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Contact {
    /// `BT5-386-579`; absent for bookings in unlocked statuses, and before 2018.
    pub code: Option<String>,
    pub name: Option<String>,
    pub email: Option<String>,
    pub phone: Option<String>,
    pub address: Option<String>,
    pub city: Option<String>,
    pub region: Option<String>,
    pub country: Option<String>,
    pub postal_zip: Option<String>,
    /// The account's own profile fields.
    pub profile: Extra,
    /// Stands for a customer who was forgotten: `forgotten:` and a hash. No body holds it.
    pub forgotten: Option<String>,
}

impl Contact {
    /// Reads `customer`, then `fields`, then `meta` of a booking; older bodies prefix each field with `customer_`.
    pub(super) fn read(booking: &mut Reader, fields: &Node, meta: &Node) -> Result<Self, Rejected> {
        let mut customer = booking.element("customer");
        let code = customer.key("code")?;
        let older = customer.key("customer_code")?;
        let mut take = |name: &str| -> Option<String> {
            let prefixed = format!("customer_{name}");
            let own = customer.text(name);
            let older = customer.text(&prefixed);
            let elsewhere = || [fields, meta].iter().find_map(|node| text(node, &prefixed));
            own.or(older).or_else(elsewhere)
        };
        let mut contact = Self {
            code: code.or(older).or_else(|| [fields, meta].iter().find_map(|node| text(node, "customer_code"))),
            name: take("name"),
            email: take("email"),
            phone: take("phone"),
            address: take("address"),
            city: take("city"),
            region: take("region"),
            country: take("country"),
            postal_zip: take("postal_zip"),
            profile: Extra::new(),
            forgotten: None,
        };
        if let Some(code) = &contact.code {
            bounded(code.trim(), "customer.code")?;
        }
        contact.key()?;
        booking.notes.extend(std::mem::take(&mut customer.notes));
        // Whatever else a customer has is a profile field of the account's own making.
        contact.profile = customer.finish().0;
        Ok(contact)
    }

    /// The key of the `customers` row: the code, else `email:` and the address in lower case.
    pub fn key(&self) -> Result<Option<String>, Rejected> {
        if let Some(forgotten) = &self.forgotten {
            return Ok(Some(forgotten.clone()));
        }
        if let Some(code) = &self.code {
            return Ok(Some(code.trim().to_owned()));
        }
        let email = self.email.as_deref().map(str::trim).filter(|email| !email.is_empty());
        email.map(|email| bounded(&format!("email:{}", email.to_lowercase()), "customer.email")).transpose()
    }

    /// Whether the body said anything about a customer.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The fields that a customer keeps until a newer value comes, by column name.
    pub fn columns(&self) -> [(&'static str, &Option<String>); 9] {
        [
            ("code", &self.code),
            ("name", &self.name),
            ("email", &self.email),
            ("phone", &self.phone),
            ("address", &self.address),
            ("city", &self.city),
            ("region", &self.region),
            ("country", &self.country),
            ("postal_zip", &self.postal_zip),
        ]
    }

    /// The same as JSON, for comparing two states.
    pub fn to_json(&self) -> Value {
        let columns =
            self.columns().into_iter().filter_map(|(name, value)| Some((name.to_owned(), value.clone()?.into())));
        columns.chain([("profile".to_owned(), Value::Object(self.profile.clone()))]).collect()
    }
}

fn text(node: &Node, name: &str) -> Option<String> {
    node.get(name)?.as_text().filter(|text| text.len() <= 2_000).map(str::to_owned)
}
