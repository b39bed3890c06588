//! Secrets: from the environment or a file, never shown.

use std::fmt;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::{ConfigError, wrong};

/// What a URL's path carries as it is.
const URL_SAFE: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A secret. Neither `Debug` nor any log shows it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps it.
    pub fn new(secret: impl Into<String>) -> Self {
        Self(secret.into())
    }

    /// As it stands in a URL.
    pub fn url_encoded(&self) -> String {
        utf8_percent_encode(&self.0, URL_SAFE).to_string()
    }

    /// The secret itself: for comparing, and where the user asked to see it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// The value of `NAME`, or the content of the file that `NAME_FILE` names, without the line break at its end.
pub(super) fn read(
    name: &'static str,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<Option<Secret>, ConfigError> {
    let given = |name: &str| environment(name).filter(|value| !value.is_empty());
    match (given(name), given(&format!("{name}_FILE"))) {
        (Some(_), Some(_)) => Err(wrong(name, format!("is set twice; set either {name} or {name}_FILE"))),
        (Some(value), None) if value.trim().is_empty() => Err(wrong(name, "is blank; write a secret, or nothing")),
        (Some(value), None) => Ok(Some(Secret(value))),
        (None, Some(path)) => {
            let text = std::fs::read_to_string(&path)
                .map_err(|error| wrong(name, format!("cannot read the file {path} that {name}_FILE names: {error}")))?;
            let text = text.trim_end_matches(['\n', '\r']);
            if text.trim().is_empty() {
                return Err(wrong(name, format!("the file {path} that {name}_FILE names is empty")));
            }
            Ok(Some(Secret(text.to_owned())))
        }
        (None, None) => Ok(None),
    }
}
