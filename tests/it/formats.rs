//! The three formats of one state make the same rows.

use std::process::Command;

use checkfront_mirror::parse::{Format, Node, parse};
use checkfront_mirror::samples::{Element, form, json_of_xml, xml};
use proptest::prelude::*;

use crate::support::{TestApp, dump, on_both, payload};

on_both! {
    async fn each_payload_is_applied_whatever_its_header_says(app: TestApp) {
        for (name, table) in [("booking", "bookings"), ("booking-one-line", "bookings"), ("event", "bookings"), ("transaction", "transactions"), ("item", "items"), ("rate", "rates")] {
            let mut rows = Vec::new();
            for (ending, wrong) in [("json", "application/xml"), ("xml", "application/x-www-form-urlencoded"), ("txt", "application/json")] {
                for content_type in [wrong, "", "text/html; charset=\"utf-8\""] {
                    assert_eq!(app.post(payload(&format!("{name}.{ending}")), content_type).await.status(), 200);
                }
                app.project();
                let mut state = dump(&app.database);
                state.remove("webhook_events");
                // Marks apart, each format has to leave what the first one made.
                rows.push(state.values().flatten().map(|row| without_marks(row)).collect::<Vec<_>>());
            }
            assert_eq!(rows[0], rows[1], "{name}: XML differs from JSON in {table}");
            assert_eq!(rows[0], rows[2], "{name}: a form differs from JSON in {table}");
        }
        assert_eq!(app.states(), "applied 6, unchanged 48");
    }
}

fn without_marks(row: &str) -> String {
    let mut row: serde_json::Value = serde_json::from_str(row).unwrap();
    row.as_object_mut().unwrap().retain(|name, _| !["last_event_id", "field_events"].contains(&name.as_str()));
    row.to_string()
}

fn element(depth: u32) -> BoxedStrategy<Element> {
    let name = prop::sample::select(vec!["status", "code", "item", "total", "note", "fields"]);
    let attribute = (prop::sample::select(vec!["line_id", "tax_id"]), "[ -~]{0,6}");
    let leaf = (name.clone(), "[\u{20}-\u{7e}\u{a0}-\u{2ff}\u{1f600}-\u{1f640}\n]{0,12}");
    let leaf = leaf.prop_map(|(name, text)| Element::text(name, text));
    leaf.prop_recursive(depth, 40, 5, move |inner| {
        let attributes = prop::collection::btree_map(attribute.0.clone(), attribute.1, 0..2);
        (name.clone(), prop::collection::vec(inner, 0..5), attributes).prop_map(|(name, children, attributes)| {
            attributes
                .into_iter()
                .fold(Element::parent(name, children), |element, (key, value)| element.with(key, value))
        })
    })
    .boxed()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn xml_its_json_and_its_form_are_one_document(root in element(4)) {
        let tree = json_of_xml(&root);
        let read = |text: String, format| {
            let document = parse(text.as_bytes(), None);
            prop_assert!(document.format.is_none_or(|read| read == format));
            Ok(document.root)
        };
        // PHP gives the text of a childless root alone, which is no document.
        prop_assume!(tree.is_object());
        let json = read(tree.to_string(), Format::Json)?;
        prop_assert_eq!(&read(xml(&root), Format::Xml)?, &json);
        let fields = form(&tree);
        // A single field is taken for a wrapped document; Checkfront sends many.
        prop_assume!(fields.contains('&'));
        prop_assert_eq!(&read(fields, Format::Form)?, &json);
    }
}

/// Our encoders against PHP's own: what the property above relies on.
#[test]
fn what_is_no_document_says_what_is_wrong_with_it() {
    let said = |body: &[u8]| parse(body, None).root.unwrap_err().to_string();
    for body in [&b"hello"[..], b"\x1f\x8b\x08\x00=&", b"42", b"\"text\""] {
        assert_eq!(said(body), "not valid form: neither JSON, nor XML, nor fields with values");
    }
    assert_eq!(said(b"{\"a\": "), "not valid json: EOF while parsing a value at line 1 column 6");
    assert_eq!(
        said(format!("[{}]", "9".repeat(5_000)).as_bytes()),
        "not valid json: a number of more than 4300 digits at line 1 column 4303"
    );
    let escaped = parse(b"%7B%22a%22%3A%221%22%7D", None).root.unwrap();
    assert_eq!(escaped.get("a").and_then(Node::as_text), Some("1"), "a document that is only escaped");
}

#[test]
fn the_encoders_are_phps() {
    let script = "$xml = stream_get_contents(STDIN); $tree = simplexml_load_string($xml); \
        echo json_encode(['json' => $tree, 'form' => http_build_query(json_decode(json_encode($tree), true))]);";
    let line = |id: &str| {
        Element::parent("item", [Element::text("sku", "a&b <c>"), Element::text("slip", "")]).with("line_id", id)
    };
    let documents = [
        vec![
            Element::text("status", "PAID"),
            Element::text("tid", ""),
            Element::text("note", " \u{e9}\u{1f600} / \"x\" "),
        ],
        vec![Element::parent("items", [line("1"), line("1.1")]), Element::text("a", "1"), Element::text("a", "")],
        vec![
            Element::parent("items", [line("1")]),
            Element::text("with", "text").with("id", 3),
            Element::parent("empty", []),
        ],
    ];
    for children in documents {
        let root = Element::parent("checkfront-notify", children).with("host", "a.example");
        let mut php = Command::new("php");
        let php = php.args(["-r", script]).stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped());
        let mut php = php.spawn().expect("PHP is not installed; `./test` installs it");
        std::io::Write::write_all(&mut php.stdin.take().unwrap(), xml(&root).as_bytes()).unwrap();
        let output: serde_json::Value = serde_json::from_slice(&php.wait_with_output().unwrap().stdout).unwrap();
        assert_eq!(output["json"], json_of_xml(&root));
        let parsed = |form: &str| {
            let mut fields: Vec<_> = form_urlencoded::parse(form.as_bytes()).into_owned().collect();
            fields.sort();
            fields
        };
        assert_eq!(parsed(output["form"].as_str().unwrap()), parsed(&form(&json_of_xml(&root))));
    }
}
