//! Tables for people: columns side by side, cut where the terminal ends. Pure.
//!
//! What comes from a store may hold anything. Characters that would steer a terminal are replaced.

use serde_json::Value;
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use crate::output::harmless;

/// Between two columns.
const GAP: &str = "  ";
/// Narrower than this no column is cut.
const NARROWEST: usize = 6;

/// The columns of a table, and how wide they are. The first page decides.
#[derive(Debug)]
pub(super) struct Table {
    columns: Vec<String>,
    widths: Vec<usize>,
    /// Whether there is a terminal, into which a line has to fit.
    cuts: bool,
}

impl Table {
    /// Columns that are wide enough for these rows, or as wide as the terminal allows.
    pub(super) fn fitting(columns: &[&str], rows: &[Value], width: Option<usize>) -> Self {
        let columns: Vec<String> = columns.iter().map(|it| (*it).to_owned()).collect();
        let mut widths: Vec<usize> = columns
            .iter()
            .map(|column| {
                let cells = rows.iter().map(|row| cell(row, column).width());
                cells.chain([column.width()]).max().unwrap_or(0)
            })
            .collect();
        if let Some(width) = width {
            let gaps = GAP.len() * columns.len().saturating_sub(1);
            shrink(&mut widths, width.saturating_sub(gaps));
        }
        Self {
            columns,
            widths,
            cuts: width.is_some(),
        }
    }

    /// The names of the columns.
    pub(super) fn head(&self) -> String {
        self.line(self.columns.iter().map(|column| column.to_uppercase()))
    }

    /// One row.
    pub(super) fn row(&self, row: &Value) -> String {
        self.line(self.columns.iter().map(|column| cell(row, column)))
    }

    fn line(&self, cells: impl Iterator<Item = String>) -> String {
        let mut line = String::new();
        for (place, (text, width)) in cells.zip(&self.widths).enumerate() {
            if place > 0 {
                line.push_str(GAP);
            }
            let text = if self.cuts { cut(&text, *width) } else { text };
            let padding = width.saturating_sub(text.width());
            line.push_str(&text);
            line.extend(std::iter::repeat_n(' ', padding));
        }
        line.truncate(line.trim_end().len());
        line.push('\n');
        line
    }
}

/// One object, a field on each line: `name  value`.
pub(super) fn fields(object: &Value, width: Option<usize>) -> String {
    let Value::Object(fields) = object else {
        return shown(object);
    };
    let longest = fields.keys().map(|name| name.width()).max().unwrap_or(0);
    let mut text = String::new();
    for (name, value) in fields {
        let value = in_short(value);
        let room = width.map(|width| width.saturating_sub(longest + GAP.len()).max(NARROWEST));
        // A secret that is cut is worth nothing.
        let whole = name.ends_with("ecret") || name == "token";
        let value = match room {
            Some(room) if !whole => cut(&value, room),
            _ => value,
        };
        let padding = longest.saturating_sub(name.width());
        let line = format!("{name}{}{GAP}{value}", " ".repeat(padding));
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// Of things that have keys, their keys: whoever wants to know all has --json.
fn in_short(value: &Value) -> String {
    let keys = value.as_array().and_then(|items| {
        let keys = items.iter().map(|item| item.get("key")?.as_str());
        keys.collect::<Option<Vec<_>>>()
    });
    match keys {
        Some(keys) => shown(&Value::String(keys.join(", "))),
        None => shown(value),
    }
}

/// Takes from the widest columns until all fit.
fn shrink(widths: &mut [usize], room: usize) {
    while widths.iter().sum::<usize>() > room {
        let widest = widths.iter_mut().max_by_key(|width| **width);
        match widest {
            Some(width) if *width > NARROWEST => *width -= 1,
            _ => return,
        }
    }
}

/// What stands in a column, which may be a path: `element.key`.
fn cell(row: &Value, column: &str) -> String {
    let found = column
        .split('.')
        .try_fold(row, |value, name| value.get(name));
    found.map(shown).unwrap_or_default()
}

fn shown(value: &Value) -> String {
    let text = match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    harmless(&text)
}

/// `text`, no wider than `width`; what is cut ends with `…`.
fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut kept = String::new();
    let mut used = 0;
    for c in text.chars() {
        let wide = c.width().unwrap_or(0);
        if used + wide + 1 > width {
            break;
        }
        used += wide;
        kept.push(c);
    }
    kept.push('…');
    kept
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn rows() -> Vec<Value> {
        vec![
            json!({"id": 7, "name": "Frodo Baggins of Bag End", "element": {"key": "ring"}}),
            json!({"id": 12, "name": "山田", "element": null}),
        ]
    }

    fn table(width: Option<usize>) -> Vec<String> {
        let rows = rows();
        let table = Table::fitting(&["id", "name", "element.key"], &rows, width);
        let lines = rows.iter().map(|row| table.row(row));
        [table.head()].into_iter().chain(lines).collect()
    }

    #[test]
    fn columns_are_as_wide_as_what_is_in_them() {
        assert_eq!(
            table(None),
            [
                "ID  NAME                      ELEMENT.KEY\n",
                "7   Frodo Baggins of Bag End  ring\n",
                "12  山田\n",
            ]
        );
        assert_eq!(table(Some(80)), table(None));
    }

    #[test]
    fn a_narrow_terminal_cuts_the_widest() {
        let lines = table(Some(30));
        assert_eq!(
            lines,
            [
                "ID  NAME           ELEMENT.KEY\n",
                "7   Frodo Baggin…  ring\n",
                "12  山田\n",
            ]
        );
        assert!(lines.iter().all(|line| line.trim_end().width() <= 30));
    }

    #[test]
    fn nothing_steers_the_terminal() {
        let row = json!({"name": "a\u{1b}[31mb\nc\u{202e}d\u{85}"});
        let expected = "a\u{fffd}[31mb\u{fffd}c\u{fffd}d\u{fffd}";
        assert_eq!(cell(&row, "name"), expected);
        assert_eq!(fields(&row, None), format!("name  {expected}\n"));
    }

    #[test]
    fn an_object_is_shown_field_by_field_and_secrets_whole() {
        let object = json!({"id": 7, "firstName": "Frodo Baggins", "organizationSecret": "to_0123456789", "roles": [1], "phone": null});
        assert_eq!(
            fields(&object, Some(29)),
            "id                  7\nfirstName           Frodo Ba…\norganizationSecret  to_0123456789\nroles               [1]\nphone\n"
        );
    }

    #[test]
    fn wide_characters_are_not_cut_in_half() {
        assert_eq!(cut("山田太郎", 6), "山田…");
        assert_eq!(cut("山田太郎", 8), "山田太郎");
    }
}
