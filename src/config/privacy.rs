//! `PRIVACY_KEY`, `MASK_FIELDS`, `RETENTION_DAYS`.

use super::{ConfigError, given, secret, wrong};
use crate::privacy::{Keys, Mask, Privacy};

/// Shorter keys can be guessed.
const SHORTEST: usize = 32;
/// A thousand years: more is a slip.
const LONGEST: u32 = 365_000;

pub(super) fn read(
    mask_fields: Option<&str>,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<Privacy, ConfigError> {
    let mask: Mask = mask_fields.unwrap_or_default().parse().map_err(|reason: String| wrong("MASK_FIELDS", reason))?;
    let key = secret::read("PRIVACY_KEY", environment)?;
    match &key {
        Some(key) if key.reveal().len() < SHORTEST => Err(wrong(
            "PRIVACY_KEY",
            format!("has fewer than {SHORTEST} characters; make one with `openssl rand -hex 32`"),
        )),
        None if !mask.is_empty() => Err(wrong(
            "PRIVACY_KEY",
            "is not set, and MASK_FIELDS needs it, for hashes and for bodies that cannot be read; \
             make one with `openssl rand -hex 32`, and keep it apart from the database",
        )),
        key => Ok(Privacy { keys: key.as_ref().map(Keys::derive), mask }),
    }
}

pub(super) fn retention(value: Option<&str>) -> Result<Option<u32>, ConfigError> {
    let Some(value) = given(value) else { return Ok(None) };
    let days = value.parse().ok().filter(|days| (1..=LONGEST).contains(days));
    let reason = || format!("`{value}` is no number of days; write one such as 90");
    days.map(Some).ok_or_else(|| wrong("RETENTION_DAYS", reason()))
}

#[cfg(test)]
mod tests {
    use crate::config::{Config, Options};

    const KEY: &str = "0123456789abcdef0123456789abcdef";

    #[test]
    fn wrong_values_are_named() {
        let load = |mask: &str, days: &str, key: &'static str| {
            let given = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
            let options = Options { mask_fields: given(mask), retention_days: given(days), ..Options::default() };
            Config::load_with(&options, &|name| (name == "PRIVACY_KEY" && !key.is_empty()).then(|| key.to_owned()))
        };
        for (mask, days, key, part) in [
            ("customer_email", "", "", "PRIVACY_KEY: is not set, and MASK_FIELDS needs it"),
            ("customer_email:hash", "", "", "PRIVACY_KEY: is not set"),
            ("", "", "short", "PRIVACY_KEY: has fewer than 32 characters"),
            ("customer_email:md5", "", KEY, "MASK_FIELDS: `md5` is no way to mask"),
            ("customer email", "", KEY, "MASK_FIELDS: `customer email` is no name of a field"),
            (":hash", "", KEY, "MASK_FIELDS: `` is no name"),
            ("code", "", KEY, "MASK_FIELDS: `code` cannot be masked"),
            ("", "0", "", "RETENTION_DAYS: `0` is no number of days"),
            ("", "ninety", "", "RETENTION_DAYS"),
            ("", "-1", "", "RETENTION_DAYS"),
        ] {
            let error = load(mask, days, key).expect_err(part).to_string();
            assert!(error.starts_with(part), "{error}");
        }
        let config = load("customer_email:hash, source_ip,Diet", "90", KEY).expect("valid");
        assert_eq!(config.retention_days, Some(90));
        assert!(!config.privacy.mask.is_empty());
        assert!(!format!("{config:?}").contains(KEY));
        assert!(load(" , ", "", "").expect("nothing to mask").privacy.mask.is_empty());
    }
}
