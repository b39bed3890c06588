//! Bodies that are rewritten: whatever was read reads the same again, but for what had to go.

use checkfront_mirror::parse::{Format, Map, Node, Notes, parse, write};
use checkfront_mirror::privacy::{Mask, without_person};
use checkfront_mirror::samples::{Element, form, json_of_xml, xml};
use proptest::prelude::*;
use serde_json::json;

use crate::masking::keys;
use crate::support::payload;

#[test]
fn every_payload_is_rewritten_without_its_person() {
    for name in ["booking", "booking-one-line", "event", "transaction"] {
        let trees: Vec<_> = ["json", "xml", "txt"]
            .into_iter()
            .map(|ending| {
                let body = payload(&format!("{name}.{ending}"));
                let rewritten = without_person(&body, None).unwrap();
                assert_eq!(
                    parse(&rewritten, None).format,
                    parse(&body, None).format,
                    "{name}.{ending} stays what it was"
                );
                assert_eq!(without_person(&rewritten, None), None, "nothing is left to go");
                let text = String::from_utf8(rewritten.clone()).unwrap().to_lowercase();
                for part in ["zoe", "zo%c3", "hara", "muster", "4242", "vegan", "quay <", "v8w", "555"] {
                    assert!(!text.contains(part), "{name}.{ending}: {part} in {text}");
                }
                parse(&rewritten, None).root.unwrap()
            })
            .collect();
        // XML has elements of its own around events and transactions.
        let same = if name.starts_with("booking") { &trees[..] } else { &trees[..1] };
        assert!(same.iter().all(|tree| *tree == trees[0]), "{name}: the formats say the same");
    }
}

fn trees() -> impl Strategy<Value = Node> {
    let name = prop_oneof![
        prop::sample::select(vec![
            "booking",
            "customer",
            "email",
            "item",
            "0",
            "1",
            "2",
            "@attributes",
            "a b",
            "x[y",
            "z]",
            "é"
        ])
        .prop_map(str::to_owned),
        "[ -~]{0,5}",
    ];
    let leaf = "[\u{9}\u{a}\u{d}\u{20}-\u{7e}\u{a0}-\u{2ff}\u{1f600}-\u{1f640}]{0,12}";
    let leaf = leaf.prop_map(|text| Node::text(text, &mut Notes::default()));
    leaf.prop_recursive(4, 40, 5, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Node::list),
            prop::collection::btree_map(name.clone(), inner, 0..4).prop_map(|map: Map| Node::map(map)),
        ]
    })
}

fn elements() -> impl Strategy<Value = Element> {
    let name = prop::sample::select(vec!["booking", "customer", "email", "item", "note"]);
    let attribute = ("[a-z]{1,3}", "[\u{9}\u{a}\u{d} -~]{0,6}");
    let leaf =
        (name.clone(), "[\u{20}-\u{7e}\u{a0}-\u{2ff}\n\r]{0,12}").prop_map(|(name, text)| Element::text(name, text));
    leaf.prop_recursive(4, 40, 5, move |inner| {
        let attributes = prop::collection::btree_map(attribute.0, attribute.1, 0..2);
        (name.clone(), prop::collection::vec(inner, 0..5), attributes).prop_map(|(name, children, attributes)| {
            attributes
                .into_iter()
                .fold(Element::parent(name, children), |element, (key, value)| element.with(&key, value))
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn whatever_was_read_is_written_so_that_it_reads_the_same(tree in trees()) {
        let tree = match tree {
            // A list alone is no form.
            Node::List(_) => Node::map(Map::from([("list".to_owned(), tree)])),
            other => other,
        };
        for format in [Format::Json, Format::Form, Format::Xml] {
            let bytes = write(&tree, format);
            prop_assert_eq!(parse(&bytes, None).root.unwrap(), tree.clone(), "{}", String::from_utf8_lossy(&bytes));
        }
    }

    #[test]
    fn what_came_in_a_format_goes_out_in_it(root in elements()) {
        let json = json_of_xml(&root);
        for (text, format) in [(xml(&root), Format::Xml), (json.to_string(), Format::Json), (form(&json), Format::Form)] {
            let document = parse(text.as_bytes(), None);
            let (Some(found), Ok(tree)) = (document.format, document.root) else { continue };
            if found != format {
                continue;
            }
            let written = parse(&write(&tree, format), None);
            prop_assert_eq!(written.format, Some(format));
            prop_assert_eq!(written.root.unwrap(), tree);
        }
    }

    #[test]
    fn a_booking_without_its_person_says_the_same_in_figures(tree in trees(), name in "[A-Za-z]{5,9}", cents in 0..10_000_000_i64) {
        let total = format!("{}.{:02}", cents / 100, cents % 100);
        let text = |text: &str| Node::Text(text.to_owned());
        let map = |fields: Vec<(&str, Node)>| Node::map(fields.into_iter().map(|(name, node)| (name.to_owned(), node)).collect());
        let booking = map(vec![
            ("code", text("A-1")),
            ("status", text("PAID")),
            ("customer", map(vec![("name", text(&name)), ("email", text("zoe@example.com")), ("rest", tree.clone())])),
            (&name, text("zoe@example.com")),
            ("fields", tree.clone()),
            ("order", map(vec![("total", text(&total)), (&name, tree), ("items", map(vec![("item", map(vec![("sku", text(&format!("x {name}"))), ("slip", text("zoe@example.com"))]))]))])),
        ]);
        for format in [Format::Json, Format::Form] {
            let rewritten = without_person(&write(&map(vec![("booking", booking.clone())]), format), None).unwrap();
            let document = parse(&rewritten, None);
            prop_assert_eq!(document.format, Some(format));
            let kept = document.root.unwrap().into_json();
            let expected = json!({"booking": {"code": "A-1", "status": "PAID", "order": {"total": total.clone()}}});
            prop_assert_eq!(kept, expected);
            prop_assert_eq!(without_person(&rewritten, None), None);
        }
    }

    #[test]
    fn a_masked_address_is_nowhere_in_the_document(tree in trees(), before in "[a-z ]{0,5}") {
        let address = "zoe@example.com";
        let body = Node::map(Map::from([
            ("customer".to_owned(), Node::map(Map::from([("email".to_owned(), Node::Text(address.to_owned()))]))),
            ("note".to_owned(), Node::Text(format!("{before} Zoe@Example.com"))),
            ("rest".to_owned(), tree),
        ]));
        let masked = "customer_email".parse::<Mask>().unwrap().apply(&body, &keys()).unwrap();
        prop_assert!(!masked.into_json().to_string().to_lowercase().contains(address));
    }
}
