//! Sessions hold for their time, and for their key.

use super::*;

#[test]
fn a_session_ends_with_its_time_or_its_token() {
    let (keys, now) = (Keys::new(Some(&Secret::new("one"))), SystemTime::now());
    let value = keys.session(now);
    assert!(keys.is_session(&value, now));
    assert!(Keys::new(Some(&Secret::new("one"))).is_session(&value, now), "another process of the same token");
    assert!(!Keys::new(Some(&Secret::new("two"))).is_session(&value, now));
    assert!(!keys.is_session(&value, now + LIFE), "ended");
    assert!(!keys.is_session(&value, now - LIFE), "longer than a login lasts: the clock was wrong");
    assert!(!value.contains("one"), "the token is not in it");
}

#[test]
fn a_changed_cookie_is_refused() {
    let (keys, now) = (Keys::new(Some(&Secret::new("one"))), SystemTime::now());
    let value = keys.session(now);
    let later = format!("9{value}");
    for wrong in ["", ".", "a.b.c", &value[1..], &later, &value[..value.len() - 2]] {
        assert!(!keys.is_session(wrong, now), "{wrong}");
    }
    assert_ne!(keys.form_key(&value), keys.form_key(""), "forms belong to a session");
    assert!(!keys.is_session(&format!("{value}.{}", keys.form_key(&value)), now));
}

#[test]
fn without_a_token_keys_are_of_this_process() {
    assert_ne!(Keys::new(None).form_key(""), Keys::new(None).form_key(""));
}
