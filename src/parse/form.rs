//! PHP's `http_build_query`: `booking[order][items][item][0][sku]=paddle`.

use std::borrow::Cow;
use std::collections::BTreeMap;

use encoding_rs::Encoding;
use percent_encoding::percent_decode;

use super::node::storable;
use super::{Budget, Format, Map, Node, Notes, ParseError, charset, json, xml};

pub(super) fn parse(body: &str, hint: Option<&'static Encoding>, notes: &mut Notes) -> Result<Node, ParseError> {
    let fields: Vec<_> = body.trim_end().split('&').filter(|field| !field.is_empty()).collect();
    if let [only] = fields[..] {
        // A proxy may wrap the whole document in one field, or only escape it.
        let value = decode(only.split_once('=').map_or(only, |(_, value)| value), hint, notes);
        match value.trim_start().as_bytes().first() {
            Some(b'{') => return json::parse(value.trim_start(), notes),
            Some(b'<') => return xml::parse(value.trim_start(), notes),
            _ => {}
        }
    }
    if body.starts_with(char::is_control) || !body.contains('=') {
        return Err(ParseError::Syntax(Format::Form, "neither JSON, nor XML, nor fields with values".to_owned()));
    }
    let mut budget = Budget::default();
    let mut root = Branch::default();
    for field in fields {
        let (key, value) = field.split_once('=').unwrap_or((field, ""));
        let key = storable(decode(key, hint, notes).into_owned(), notes);
        let value = Node::text(decode(value, hint, notes), notes);
        let path: Vec<_> = segments(&key).collect();
        (0..path.len()).try_for_each(|depth| budget.take(depth))?;
        root.insert(&path, value);
    }
    Ok(root.into_node())
}

fn decode<'f>(field: &'f str, hint: Option<&'static Encoding>, notes: &mut Notes) -> Cow<'f, str> {
    if !field.contains(['+', '%']) {
        return Cow::Borrowed(field);
    }
    let spaced = field.replace('+', " ");
    let bytes = percent_decode(spaced.as_bytes()).collect::<Vec<_>>();
    Cow::Owned(charset::decode_field(&bytes, hint, notes).into_owned())
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

/// What a key names while the fields are read.
#[derive(Default)]
struct Branch {
    children: BTreeMap<String, Slot>,
    /// The place that `[]` takes.
    next: u32,
}

enum Slot {
    Leaf(Node),
    Branch(Branch),
}

impl Branch {
    fn insert(&mut self, path: &[&str], value: Node) {
        let Some((&segment, rest)) = path.split_first() else { return };
        let key = if segment.is_empty() { self.next.to_string() } else { segment.to_owned() };
        if let Ok(place) = key.parse::<u32>() {
            self.next = self.next.max(place.saturating_add(1));
        }
        if rest.is_empty() {
            self.children.insert(key, Slot::Leaf(value));
            return;
        }
        let slot = self.children.entry(key).or_insert_with(|| Slot::Branch(Self::default()));
        // What came before under the same name is overwritten, as in PHP.
        if matches!(slot, Slot::Leaf(_)) {
            *slot = Slot::Branch(Self::default());
        }
        if let Slot::Branch(inner) = slot {
            inner.insert(rest, value);
        }
    }

    /// PHP writes a list as the keys 0 to n-1; a branch with just these keys was a list.
    fn into_node(self) -> Node {
        let is_list = (0..self.children.len()).all(|place| self.children.contains_key(&place.to_string()));
        let mut map: Map = self
            .children
            .into_iter()
            .map(|(key, slot)| {
                (
                    key,
                    match slot {
                        Slot::Leaf(node) => node,
                        Slot::Branch(branch) => branch.into_node(),
                    },
                )
            })
            .collect();
        if is_list {
            Node::list((0..map.len()).filter_map(|place| map.remove(&place.to_string())).collect())
        } else {
            Node::map(map)
        }
    }
}
