//! Whether anything of a person is left in a body.

use super::*;

#[test]
fn a_person_is_found_in_every_spelling() {
    let mut traces = Traces::default();
    for value in ["zoe@example.com", "Zoë O’Hara", "Li"] {
        traces.add(value);
    }
    for text in [
        "{\"mail\": \"ZOE@example.com\"",
        "{\"mail\": \"zoe\\u0040example.com\"",
        "<a>zoe&#64;example.com",
        "<a>zoe&#x40;example.com",
        "a=1&\u{1}mail=zoe%40example.com",
        "zo%C3%AB+o%E2%80%99hara",
        "{\"n\": \"Mail:\\nzoe@example.com",
        "{\"n\": \"Zo\\u00eb O\\u2019Hara",
    ] {
        assert!(traces.are_in_bytes(text.as_bytes(), None), "{text}");
    }
    for text in ["{\"mail\": \"max@example.com\"", "& \\u00 &; &#; \\", "Like"] {
        assert!(!traces.are_in_bytes(text.as_bytes(), None), "{text}");
    }
    assert!(!Traces::default().are_in("anything"));
}
