//! A TOML or JSON text as values that know their places, and a walk over them that gathers all that is wrong.

use std::fmt;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// All that is wrong with a file: a line for each, with its place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct FileError(pub(super) Vec<String>);

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("\n"))
    }
}

/// A value, and where it stands; JSON's stand nowhere, and are told by their keys alone.
#[derive(Debug)]
pub(super) struct Node {
    at: Option<usize>,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Text(String),
    Bool(bool),
    Whole(i64),
    List(Vec<Node>),
    Table(Vec<(String, Node)>),
    Other(&'static str),
}

impl Node {
    fn of_toml(value: Spanned<DeValue<'_>>) -> Self {
        let at = Some(value.span().start);
        let kind = match value.into_inner() {
            DeValue::String(text) => Kind::Text(text.into_owned()),
            DeValue::Boolean(is) => Kind::Bool(is),
            DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
                .map_or(Kind::Other("a number"), Kind::Whole),
            DeValue::Array(all) => Kind::List(all.into_iter().map(Self::of_toml).collect()),
            DeValue::Table(table) => Kind::Table(of_table(table)),
            DeValue::Float(_) => Kind::Other("a number"),
            DeValue::Datetime(_) => Kind::Other("a date"),
        };
        Self { at, kind }
    }

    fn of_json(value: serde_json::Value) -> Self {
        use serde_json::Value;
        let kind = match value {
            Value::String(text) => Kind::Text(text),
            Value::Bool(is) => Kind::Bool(is),
            Value::Number(number) => number.as_i64().map_or(Kind::Other("a number"), Kind::Whole),
            Value::Array(all) => Kind::List(all.into_iter().map(Self::of_json).collect()),
            Value::Object(all) => {
                let entry = |(key, value)| (key, Self::of_json(value));
                Kind::Table(all.into_iter().map(entry).collect())
            }
            Value::Null => Kind::Other("null"),
        };
        Self { at: None, kind }
    }

    fn is(&self) -> &'static str {
        match &self.kind {
            Kind::Text(_) => "a text",
            Kind::Bool(_) => "true or false",
            Kind::Whole(_) => "a number",
            Kind::List(_) => "a list",
            Kind::Table(_) => "a table",
            Kind::Other(what) => what,
        }
    }
}

fn of_table(table: DeTable<'_>) -> Vec<(String, Node)> {
    // A key stands before its value: what is wrong with either is told where the value is.
    let entry = |(key, value): (Spanned<_>, _)| {
        let key: std::borrow::Cow<'_, str> = key.into_inner();
        (key.into_owned(), Node::of_toml(value))
    };
    table.into_iter().map(entry).collect()
}

/// A table and its key.
#[derive(Debug, Clone)]
pub(super) struct Table<'n> {
    /// As `apps[0].users[1]`; empty for the whole file.
    key: String,
    at: Option<usize>,
    entries: &'n [(String, Node)],
}

impl<'n> Table<'n> {
    /// An entry and its key.
    pub(super) fn get(&self, name: &str) -> Option<(&'n Node, String)> {
        let (_, node) = self.entries.iter().find(|(own, _)| own == name)?;
        Some((node, self.key_of(name)))
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &'n str> + use<'n> {
        self.entries.iter().map(|(name, _)| name.as_str())
    }

    fn key_of(&self, name: &str) -> String {
        match self.key.as_str() {
            "" => name.to_owned(),
            key => format!("{key}.{name}"),
        }
    }
}

/// What is wrong so far.
#[derive(Debug)]
pub(super) struct Walk<'t> {
    name: &'t str,
    text: &'t str,
    mistakes: Vec<(usize, String)>,
}

impl<'t> Walk<'t> {
    pub(super) fn new(name: &'t str, text: &'t str) -> Self {
        Self {
            name,
            text,
            mistakes: Vec::new(),
        }
    }

    /// The whole text: JSON if it begins with a brace, TOML if not. `None`: it is neither.
    pub(super) fn parse(&mut self) -> Option<Node> {
        if self.text.trim_start().starts_with('{') {
            return match serde_json::from_str(self.text) {
                Ok(value) => Some(Node::of_json(value)),
                Err(error) => {
                    self.mistakes
                        .push((0, format!("{}: not JSON: {error}", self.name)));
                    None
                }
            };
        }
        let (table, errors) = DeTable::parse_recoverable(self.text);
        for error in &errors {
            let at = error.span().map_or(0, |span: Range<usize>| span.start);
            self.add(Some(at), &format!("not TOML: {}", error.message()));
        }
        errors.is_empty().then(|| Node {
            at: Some(0),
            kind: Kind::Table(of_table(table.into_inner())),
        })
    }

    fn add(&mut self, at: Option<usize>, what: &str) {
        let name = self.name;
        let Some(at) = at else {
            return self.mistakes.push((0, format!("{name}: {what}")));
        };
        let before = self.text.get(..at).unwrap_or(self.text);
        let line = before.matches('\n').count() + 1;
        let column = before
            .rsplit('\n')
            .next()
            .unwrap_or_default()
            .chars()
            .count()
            + 1;
        let place = format!("{name}:{line}:{column}: {what}");
        self.mistakes.push((at, place));
    }

    /// Something is wrong with a value.
    pub(super) fn wrong(&mut self, (node, key): (&Node, &str), what: &str) {
        self.add(node.at, &format!("{key}: {what}"));
    }

    /// Something is wrong with a table as a whole.
    pub(super) fn wrong_in(&mut self, table: &Table<'_>, what: &str) {
        let key = match table.key.as_str() {
            "" => String::new(),
            key => format!("{key}: "),
        };
        self.add(table.at, &format!("{key}{what}"));
    }

    /// A table, and that it has no other entries than these.
    pub(super) fn table<'n>(
        &mut self,
        (node, key): (&'n Node, String),
        allowed: &[&str],
    ) -> Option<Table<'n>> {
        let table = self.any_table((node, key))?;
        for (name, value) in table.entries {
            if !allowed.contains(&name.as_str()) {
                let what = format!("there is no such key; there are {}", allowed.join(", "));
                self.wrong((value, &table.key_of(name)), &what);
            }
        }
        Some(table)
    }

    /// A table with whatever entries.
    pub(super) fn any_table<'n>(&mut self, (node, key): (&'n Node, String)) -> Option<Table<'n>> {
        if let Kind::Table(entries) = &node.kind {
            let at = node.at;
            return Some(Table { key, at, entries });
        }
        self.no(node, &key, "a table");
        None
    }

    fn no(&mut self, node: &Node, key: &str, wanted: &str) {
        self.wrong(
            (node, key),
            &format!("has to be {wanted}, and is {}", node.is()),
        );
    }

    /// The entries of a list, each with its key. None, if it is not there.
    pub(super) fn list<'n>(&mut self, table: &Table<'n>, name: &str) -> Vec<(&'n Node, String)> {
        let Some((node, key)) = table.get(name) else {
            return Vec::new();
        };
        if let Kind::List(all) = &node.kind {
            let keyed = |(at, one)| (one, format!("{key}[{at}]"));
            return all.iter().enumerate().map(keyed).collect();
        }
        self.no(node, &key, "a list");
        Vec::new()
    }

    /// The entries of a list, or the one value that stands in its place.
    pub(super) fn list_or_one<'n>(
        &mut self,
        table: &Table<'n>,
        name: &str,
    ) -> Vec<(&'n Node, String)> {
        match table.get(name) {
            Some((node, key)) if !matches!(node.kind, Kind::List(_)) => vec![(node, key)],
            _ => self.list(table, name),
        }
    }

    pub(super) fn is_text(&mut self, (node, key): (&Node, &str)) -> Option<String> {
        if let Kind::Text(text) = &node.kind {
            return Some(text.clone());
        }
        self.no(node, key, "a text");
        None
    }

    /// A text, if it is there.
    pub(super) fn text(&mut self, table: &Table<'_>, name: &str) -> Option<String> {
        let (node, key) = table.get(name)?;
        self.is_text((node, &key))
    }

    /// A text that has to be there and to have something in it.
    pub(super) fn needed(&mut self, table: &Table<'_>, name: &str) -> Option<String> {
        if table.get(name).is_none() {
            self.wrong_in(table, &format!("{name} is missing"));
        }
        let text = self.text(table, name)?;
        if text.is_empty() {
            self.wrong_at(table, name, "must not be empty");
            return None;
        }
        Some(text)
    }

    /// Something is wrong with an entry of a table.
    pub(super) fn wrong_at(&mut self, table: &Table<'_>, name: &str, what: &str) {
        match table.get(name) {
            Some((node, key)) => self.wrong((node, &key), what),
            None => self.wrong_in(table, what),
        }
    }

    /// A switch; `otherwise`: what it is if it is not there.
    pub(super) fn switch(&mut self, table: &Table<'_>, name: &str, otherwise: bool) -> bool {
        let Some((node, key)) = table.get(name) else {
            return otherwise;
        };
        if let Kind::Bool(is) = node.kind {
            return is;
        }
        self.no(node, &key, "true or false");
        otherwise
    }

    /// A whole number within bounds; `otherwise`: what it is if it is not there.
    pub(super) fn number(
        &mut self,
        table: &Table<'_>,
        name: &str,
        bounds: Range<usize>,
        otherwise: usize,
    ) -> usize {
        let Some((node, key)) = table.get(name) else {
            return otherwise;
        };
        if let Kind::Whole(number) = node.kind
            && let Ok(number) = usize::try_from(number)
            && bounds.contains(&number)
        {
            return number;
        }
        let Range { start, end } = bounds;
        let what = format!("has to be a whole number from {start} to {}", end - 1);
        self.wrong((node, &key), &what);
        otherwise
    }

    /// What was read, if nothing was wrong.
    pub(super) fn end<T>(mut self, read: T) -> Result<T, FileError> {
        if self.mistakes.is_empty() {
            return Ok(read);
        }
        self.mistakes.sort_by_key(|(at, _)| *at);
        let lines = self.mistakes.into_iter().map(|(_, line)| line);
        Err(FileError(lines.collect()))
    }
}

/// What there is in place of something that there is not.
pub(super) fn there(names: &str) -> String {
    if names.is_empty() {
        "there are none".to_owned()
    } else {
        format!("there are {names}")
    }
}
