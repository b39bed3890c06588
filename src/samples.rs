//! Sample deliveries, written as Checkfront writes them: for `send`, and for tests.

mod account;
mod encode;

pub use account::{Account, Sample};
pub use encode::{Element, form, json_of_xml, xml};

use crate::parse::Format;

impl Sample {
    /// The body in one of the three formats, and its `Content-Type`.
    pub fn body(&self, format: Format) -> (String, &'static str) {
        match format {
            Format::Xml => (xml(&self.xml), "application/xml"),
            Format::Json => (self.json.to_string(), "application/json"),
            Format::Form => (form(&self.json), "application/x-www-form-urlencoded"),
        }
    }
}
