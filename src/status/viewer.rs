//! Who looks, and how: the theme, and whether personal data is hidden. Both are kept in cookies.

use axum::extract::FromRequestParts;
use axum::http::header::COOKIE;
use axum::http::request::Parts;

use crate::admin::Pass;
use crate::app::AppState;
use crate::problem::Problem;

/// The cookie of the theme.
pub(super) const THEME: &str = "checkfront_mirror_theme";
/// The cookie that hides personal data.
pub(super) const HIDE: &str = "checkfront_mirror_hide";
/// What stands for something hidden.
const HIDDEN: &str = "•••";

/// Whoever looks at a page.
#[derive(Debug, Clone)]
pub(crate) struct Viewer {
    pub(super) pass: Pass,
    /// What its forms carry.
    pub(super) form_key: String,
    /// `light` or `dark`; the system's where there is none.
    pub(super) theme: Option<&'static str>,
    /// Whether personal data is hidden.
    pub(super) hides: bool,
    /// The path it looks at, with its query.
    pub(super) here: String,
}

impl FromRequestParts<AppState> for Viewer {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, Problem> {
        let pass = Pass::from_request_parts(parts, app).await?;
        let lines = parts.headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
        let pairs: Vec<_> =
            lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('=')).collect();
        let cookie = |name: &str| pairs.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
        Ok(Self {
            form_key: app.gate.form_key(&pass),
            pass,
            theme: cookie(THEME).and_then(theme),
            hides: cookie(HIDE) == Some("1"),
            here: parts.uri.path_and_query().map_or("/", |path| path.as_str()).to_owned(),
        })
    }
}

/// One of the two there are.
pub(super) fn theme(name: &str) -> Option<&'static str> {
    ["light", "dark"].into_iter().find(|known| *known == name)
}

impl Viewer {
    /// Something about a person, or what stands for it.
    pub(super) fn personal<'t>(&self, text: &'t str) -> &'t str {
        if self.hides && !text.is_empty() { HIDDEN } else { text }
    }

    /// The value of a column, hidden where it tells of a person.
    pub(super) fn column<'t>(&self, name: &str, value: &'t str) -> &'t str {
        if is_personal(name) { self.personal(value) } else { value }
    }
}

/// Whether a column tells of a person, or may.
pub(super) fn is_personal(column: &str) -> bool {
    const COLUMNS: [&str; 20] = [
        "customer_key",
        "customer_name",
        "customer_email",
        "customer_phone",
        "name",
        "email",
        "phone",
        "address",
        "city",
        "region",
        "postal_zip",
        "profile",
        "fields",
        "meta",
        "extra",
        "params",
        "source_ip",
        "payer",
        "payment_mask",
        "value",
    ];
    COLUMNS.contains(&column)
}
