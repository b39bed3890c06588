//! Reads the views out of the data dictionary.

use super::{Described, Report};
use crate::db::catalogue::Kind;

/// The column by which a view's rows are of a day, where it is not called `day` or `month`.
const DAYS: [(&str, &str); 4] = [
    ("balances_due", "start_on"),
    ("add_on_sales", "start_on"),
    ("booking_fields", "start_on"),
    ("status_changes", "recorded_on"),
];

/// The views of the dictionary: a heading, a text, and a table of columns for each.
pub(super) fn views(dictionary: &'static str) -> Vec<Report> {
    let views = dictionary.split("\n# ").find(|part| part.starts_with("Views\n")).unwrap_or_default();
    views.split("\n## `").skip(1).filter_map(view).collect()
}

fn view(section: &'static str) -> Option<Report> {
    let (name, rest) = section.split_once('`')?;
    let (about, table) = rest.split_once("\n| column ")?;
    let columns: Vec<_> = table.lines().filter_map(column).collect();
    let is_of_days = |column: &&Described| ["day", "month"].contains(&column.name);
    let named = DAYS.iter().find(|(view, _)| *view == name).map(|(_, day)| *day);
    let day = named.or_else(|| columns.iter().find(is_of_days).map(|column| column.name));
    Some(Report { name, about: about.trim(), day, columns })
}

/// ``| `name` | type | meaning |``
fn column(line: &'static str) -> Option<Described> {
    let mut cells = line.strip_prefix("| `")?.strip_suffix(" |")?.splitn(3, " | ");
    let (name, type_name, about) = (cells.next()?.strip_suffix('`')?, cells.next()?, cells.next()?);
    let kind = match type_name {
        "int" => Kind::Int,
        "bigint" => Kind::BigInt,
        "bool" => Kind::Bool,
        "money" => Kind::Money,
        "date" => Kind::Date,
        "instant" => Kind::Instant,
        "json" => Kind::Json,
        _ => Kind::Text,
    };
    Some(Described { name, kind, type_name, about })
}
