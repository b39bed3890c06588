//! Keys seal, and open what they sealed alone.

use super::*;

#[test]
fn a_sealed_body_opens_with_its_key_alone() {
    let (own, other) = (Keys::derive(&Secret::new("a".repeat(32))), Keys::derive(&Secret::new("b".repeat(32))));
    let sealed = own.seal(b"{\"zoe@example.com\"");
    assert!(is_sealed(&sealed) && !sealed.windows(3).any(|part| part == b"zoe"));
    assert_eq!(own.open(&sealed), Some(Ok(b"{\"zoe@example.com\"".to_vec())));
    assert_eq!(other.open(&sealed), Some(Err(Sealed)));
    assert_eq!(own.open(b"{}"), None);
    let mut changed = sealed.clone();
    *changed.last_mut().expect("not empty") ^= 1;
    assert_eq!(own.open(&changed), Some(Err(Sealed)));
    assert_ne!(own.seal(b"same"), own.seal(b"same"), "no nonce is used twice");
}

#[test]
fn a_hash_tells_equal_values_and_no_key_from_another() {
    let (own, other) = (Keys::derive(&Secret::new("a".repeat(32))), Keys::derive(&Secret::new("b".repeat(32))));
    assert_eq!(own.hash(" Zoe@Example.com"), own.hash("zoe@example.com"));
    assert_ne!(own.hash("zoe@example.com"), own.hash("max@example.com"));
    assert_ne!(own.hash("zoe@example.com"), other.hash("zoe@example.com"));
    assert_eq!(own.hash("x").len(), DIGITS);
}
