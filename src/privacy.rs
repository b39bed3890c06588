//! People in deliveries: leaving fields out before anything is stored, and forgetting a person afterwards.
//!
//! Pure: bytes in, bytes out. [`without_person`] rewrites a delivery of a forgotten booking, [`Mask`] one that has not
//! been stored yet, [`Traces`] whatever else names a person; [`Keys`] hashes and encrypts.

mod keys;
mod mask;
mod person;
mod traces;
mod words;

pub use keys::{Keys, SEALED, Sealed, is_sealed};
pub use mask::Mask;
pub use person::{figures, without_person};
pub use traces::Traces;

use std::panic::catch_unwind;

use bytes::Bytes;

use crate::parse;

/// What the configuration says of people: `PRIVACY_KEY` and `MASK_FIELDS`.
#[derive(Debug, Clone, Default)]
pub struct Privacy {
    /// Derived from `PRIVACY_KEY`; always there where fields are masked.
    pub keys: Option<Keys>,
    /// `MASK_FIELDS`.
    pub mask: Mask,
}

impl Privacy {
    /// Whether bodies are stored as they came.
    pub fn keeps_bodies(&self) -> bool {
        self.mask.is_empty()
    }

    /// What may be stored of a body: itself, the masked document, or, where it cannot be read, its encryption.
    ///
    /// Never refuses a body. A sealed one is opened again with [`Keys::open`].
    pub fn storable(&self, body: Bytes, content_type: Option<&str>) -> Bytes {
        let Some(keys) = self.keys.as_ref().filter(|_| !self.mask.is_empty()) else { return body };
        // A bug met by one body must not refuse it, nor let it through.
        let masked = catch_unwind(|| self.masked(&body, content_type, keys));
        match masked.unwrap_or(Masked::Unread) {
            Masked::Nothing => body,
            Masked::Document(bytes) => bytes.into(),
            Masked::Unread => keys.seal(&body).into(),
        }
    }

    /// What may be stored of a sealed body now that it can be read; `None` where it still cannot.
    pub fn unsealed(&self, body: &[u8], content_type: Option<&str>) -> Option<Bytes> {
        let opened = self.keys.as_ref()?.open(body)?.ok()?;
        parse::parse(&opened, content_type).root.is_ok().then(|| self.storable(opened.into(), content_type))
    }

    fn masked(&self, body: &[u8], content_type: Option<&str>, keys: &Keys) -> Masked {
        let document = parse::parse(body, content_type);
        match (document.format, document.root) {
            (None, _) => Masked::Nothing,
            (Some(format), Ok(root)) => match self.mask.apply(&root, keys) {
                Some(masked) => Masked::Document(parse::write(&masked, format)),
                None => Masked::Nothing,
            },
            (Some(_), Err(_)) => Masked::Unread,
        }
    }
}

/// What masking made of a body.
enum Masked {
    /// There was nothing to mask.
    Nothing,
    Document(Vec<u8>),
    /// It could not be read, so that nobody knows what is in it.
    Unread,
}
