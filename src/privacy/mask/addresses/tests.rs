use super::*;

fn masked(values: &[&str], text: &str) -> Option<String> {
    let values: Vec<_> = values.iter().map(|value| (*value).to_owned()).collect();
    let addresses = Addresses::of(values.iter().map(|value| (value, ())));
    addresses.replace(text, |value, ()| format!("<{}>", value.len()))
}

#[test]
fn addresses_are_replaced_as_words_of_their_own() {
    let both = ["ann@example.org", "ann@example.org.uk"];
    for (text, told) in [
        ("ann@example.org", Some("<15>")),
        ("To ANN@Example.org, ann@example.org.uk.", Some("To <15>, <18>.")),
        ("joann@example.org", None),
        ("", None),
    ] {
        assert_eq!(masked(&both, text).as_deref(), told, "{text}");
    }
    assert_eq!(masked(&[], "ann@example.org"), None);
    // The longer of two that begin together does not hide the other where it is not there as a word.
    assert_eq!(masked(&["a@b.org", "a@b.org/z"], "see a@b.org/zz, a@b.org/z").as_deref(), Some("see <7>/zz, <9>"));
    assert_eq!(masked(&["ann <a@b.org>", "a@b.org"], "Ann <A@b.org> é a@b.org é").as_deref(), Some("<13> é <7> é"));
}

/// A masked field may hold several, or a name beside one; notes may have them alone.
#[test]
fn addresses_within_values() {
    let list = ["a@b.org, c@d.org", "ann <e@f.org>"];
    assert_eq!(masked(&list, "c@d.org and E@F.org").as_deref(), Some("<7> and <7>"));
    assert_eq!(masked(&list, "Ann <e@f.org>").as_deref(), Some("<13>"));
}

/// Whatever the addresses, time and memory are as the text's: a note of a megabyte is masked at once.
#[test]
fn addresses_that_begin_like_each_other() {
    for (part, told) in [("@", true), ("-@", true), ("a@", false)] {
        let values: Vec<_> = (1..319).map(|n| part.repeat(n)).collect();
        let addresses = Addresses::of(values.iter().map(|value| (value, ())));
        let text = part.repeat((1 << 18) / part.len()) + "a";
        assert_eq!(addresses.replace(&text, |_, ()| String::new()).is_some(), told, "{part}");
    }
}

/// A document of 4 MiB may hold a hundred thousand: each of them against each text would take minutes.
#[test]
fn many_addresses_in_many_texts() {
    let values: Vec<_> = (0..50_000).map(|n| format!("guest{n}@example.org")).collect();
    let addresses = Addresses::of(values.iter().map(|value| (value, ())));
    let texts = (0..50_000).map(|n| format!("from guest{n}@example.org"));
    assert!(texts.into_iter().all(|text| addresses.replace(&text, |_, ()| String::new()).as_deref() == Some("from ")));
}
