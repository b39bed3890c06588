//! URLs as operators write them.

use super::*;

#[test]
fn an_unknown_scheme_is_refused() {
    for wrong in [
        "",
        "checkfront.db",
        "sqlit://x",
        "mysql://x",
        "postgres://",
        "sqlite://",
        "sqlite://:memory:",
        "sqlite://file::memory:?cache=shared",
    ] {
        assert!(wrong.parse::<DatabaseUrl>().is_err(), "{wrong}");
    }
}

#[test]
fn a_schema_goes_beside_other_options() {
    let with_schema = |url| DatabaseUrl::with_schema(url, "s");
    assert_eq!(with_schema("postgres://h/m"), "postgres://h/m?options=-csearch_path%3Ds");
    assert_eq!(with_schema("postgres://h/m?user=a"), "postgres://h/m?user=a&options=-csearch_path%3Ds");
    let both = "postgres://h/m?options=-cgeqo%3Doff%20-csearch_path%3Ds&user=a";
    assert_eq!(with_schema("postgres://h/m?options=-cgeqo%3Doff&user=a"), both);
}

#[test]
fn no_password_is_shown() {
    let url: DatabaseUrl = "postgres://ann:s3cret@db:5432/mirror?password=x".parse().expect("valid");
    assert_eq!(url.to_string(), "postgres://db:5432/mirror");
    assert_eq!(format!("{url:?}"), "DatabaseUrl(postgres://db:5432/mirror)");
}
