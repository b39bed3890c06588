//! PHP's `http_build_query`: `booking[order][items][item][0][sku]=paddle`.

use std::borrow::Cow;

use encoding_rs::Encoding;
use percent_encoding::percent_decode;

use super::node::storable;
use super::{Budget, Map, Node, Notes, ParseError, charset, json, xml};

pub(super) fn parse(
    body: &str,
    hint: Option<&'static Encoding>,
    notes: &mut Notes,
) -> Result<Node, ParseError> {
    let fields: Vec<_> = body.trim_end().split('&').filter(|field| !field.is_empty()).collect();
    if let [only] = fields[..] {
        let (_, value) = only.split_once('=').unwrap_or((only, ""));
        let value = decode(value, hint, notes);
        // A proxy may wrap the whole document in one field.
        match value.trim_start().as_bytes().first() {
            Some(b'{') => return json::parse(value.trim_start(), notes),
            Some(b'<') => return xml::parse(value.trim_start(), notes),
            _ => {}
        }
    }
    let mut budget = Budget::default();
    let mut root = Map::new();
    for field in fields {
        let (key, value) = field.split_once('=').unwrap_or((field, ""));
        let key = storable(decode(key, hint, notes).into_owned(), notes);
        let value = Node::text(decode(value, hint, notes), notes);
        let path: Vec<_> = segments(&key).collect();
        (0..path.len()).try_for_each(|depth| budget.take(depth))?;
        insert(&mut root, &path, value);
    }
    Ok(indexed(root))
}

fn decode<'f>(field: &'f str, hint: Option<&'static Encoding>, notes: &mut Notes) -> Cow<'f, str> {
    if !field.contains(['+', '%']) {
        return Cow::Borrowed(field);
    }
    let spaced = field.replace('+', " ");
    let bytes = percent_decode(spaced.as_bytes()).collect::<Vec<_>>();
    charset::decode_field(Cow::Owned(bytes), hint, notes)
}

/// `a[b][]` is `a`, `b` and the empty segment that means "append". Brackets that do not close are text.
fn segments(key: &str) -> impl Iterator<Item = &str> {
    let (name, mut rest) = match key.find('[') {
        Some(open) if open > 0 && key[open..].contains(']') => key.split_at(open),
        _ => (key, ""),
    };
    let inner = std::iter::from_fn(move || {
        let (segment, tail) = rest.strip_prefix('[')?.split_once(']')?;
        rest = tail;
        Some(segment)
    });
    std::iter::once(name).chain(inner)
}

fn insert(map: &mut Map, path: &[&str], value: Node) {
    let Some((&segment, rest)) = path.split_first() else { return };
    let key = if segment.is_empty() { next_index(map) } else { segment.to_owned() };
    if rest.is_empty() {
        map.insert(key, value);
        return;
    }
    let slot = map.entry(key).or_default();
    // What came before under the same name is overwritten, as in PHP.
    if !matches!(slot, Node::Map(_)) {
        *slot = Node::Map(Map::new());
    }
    if let Node::Map(inner) = slot {
        insert(inner, rest, value);
    }
}

fn next_index(map: &Map) -> String {
    let highest = map.keys().filter_map(|key| key.parse::<u32>().ok()).max();
    highest.map_or(0, |highest| highest.saturating_add(1)).to_string()
}

/// PHP writes a list as the keys 0 to n-1; a map with just these keys was a list.
fn indexed(map: Map) -> Node {
    let is_list = (0..map.len()).all(|index| map.contains_key(&index.to_string()));
    let mut map: Map = map
        .into_iter()
        .map(|(key, node)| (key, if let Node::Map(inner) = node { indexed(inner) } else { node }))
        .collect();
    if is_list {
        Node::list((0..map.len()).filter_map(|index| map.remove(&index.to_string())).collect())
    } else {
        Node::map(map)
    }
}
