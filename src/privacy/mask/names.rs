//! The names a field goes by: `booking.customer.email`, `fields.customer_email`, `meta.customerEmail` are one.

/// Elements that tell of people.
const PERSON: [&str; 4] = ["customer", "fields", "meta", "profile"];

/// What rows are told by, and what holds all the rest: without these nothing could be projected.
const KEYS: [&str; 23] = [
    "host",
    "type",
    "action",
    "event",
    "booking",
    "transaction",
    "item",
    "items",
    "order",
    "rate",
    "code",
    "id",
    "bookingid",
    "bookingcode",
    "lineid",
    "transactionid",
    "gatewayid",
    "itemid",
    "rateid",
    "status",
    "bookingid",
    "attributes",
    "tax",
];

/// Other words for a field of a customer.
const SYNONYMS: [(&str, &str); 18] = [
    ("mail", "email"),
    ("emailaddress", "email"),
    ("tel", "phone"),
    ("telephone", "phone"),
    ("phonenumber", "phone"),
    ("mobile", "phone"),
    ("mobilephone", "phone"),
    ("cell", "phone"),
    ("firstname", "name"),
    ("lastname", "name"),
    ("surname", "name"),
    ("fullname", "name"),
    ("zip", "postalzip"),
    ("postcode", "postalzip"),
    ("postalcode", "postalzip"),
    ("street", "address"),
    ("id", "code"),
    ("state", "region"),
];

/// Where in a document a field stands.
#[derive(Debug, Clone, Default)]
pub(super) struct Place {
    parent: String,
    of_person: bool,
}

impl Place {
    /// The place of a field's children. Attributes, and members by position, belong to the element around them.
    pub(super) fn inside(&self, name: &str) -> Self {
        if name == "@attributes" || name.bytes().all(|byte| byte.is_ascii_digit()) {
            return self.clone();
        }
        let parent = normal(name);
        let of_person = self.of_person || is_of_person(&parent);
        Self { parent, of_person }
    }

    /// The names under which a field may be masked.
    pub(super) fn names_of(&self, name: &str) -> Vec<String> {
        let own = normal(name);
        // `address2` is an address.
        let stem = own.trim_end_matches(|c: char| c.is_ascii_digit());
        let mut names = vec![own.clone(), format!("{}{own}", self.parent)];
        let of_customer = stem.strip_prefix("customer").filter(|rest| !rest.is_empty());
        if self.of_person || of_customer.is_some() {
            let field = of_customer.unwrap_or(stem);
            let synonym = SYNONYMS.iter().find(|(other, _)| *other == field).map(|(_, name)| *name);
            names.extend([Some(field), synonym].into_iter().flatten().map(|field| format!("customer{field}")));
        }
        match own.as_str() {
            "paymentcustomer" => names.extend(["payer", "customername"].map(str::to_owned)),
            "ip" | "ipaddress" | "remoteip" => names.push("sourceip".to_owned()),
            _ => {}
        }
        names
    }
}

/// Whether an element tells of people.
pub(super) fn is_of_person(plain: &str) -> bool {
    PERSON.contains(&plain)
}

/// Whether a field is one that the mirror cannot do without.
pub(super) fn is_key(plain: &str) -> bool {
    KEYS.contains(&plain)
}

/// A name without signs and case.
pub(super) fn normal(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}
