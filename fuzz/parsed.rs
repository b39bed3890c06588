//! What has to hold for every body that can be parsed.

use checkfront_mirror::parse::{Format, MAX_DEPTH, Node, parse};

/// False for a body of another format.
pub fn holds(body: &[u8], format: Format) -> bool {
    let document = parse(body, None);
    if document.format != Some(format) {
        return false;
    }
    let Ok(root) = document.root else { return true };
    assert!(depth(&root) <= MAX_DEPTH + 1);
    if matches!(root, Node::Map(_) | Node::List(_)) {
        // A tree says all there is to it: written as JSON and read again it is the same.
        let json = root.clone().into_json().to_string();
        assert_eq!(parse(json.as_bytes(), None).root.as_ref(), Ok(&root));
    }
    true
}

fn depth(node: &Node) -> usize {
    match node {
        Node::Empty => 0,
        Node::Text(text) => {
            assert!(!text.contains('\0') && !text.trim().is_empty());
            1
        }
        Node::List(list) => 1 + list.iter().map(depth).max().unwrap_or(0),
        Node::Map(map) => 1 + map.values().map(depth).max().unwrap_or(0),
    }
}
