//! What a push carries: payloads as a scenario writes them.
//!
//! Most carry a tag that says which push they are. One that has no room for it (a number, `null`, no message at all) or is to go out
//! exactly as written has an event name of its own instead, and is told by that ([`Payload::is_untagged`]).

pub(super) mod bytes;
mod check;
mod size;
pub(super) mod template;
mod written;

pub(super) use check::names;
pub use size::{LARGEST, Size};
use template::{Template, start};

use super::file::Shape;

/// Most payloads of a scenario.
pub(super) const MOST_PAYLOADS: usize = 1_000;
/// Most rows of a file: they travel with the plan.
const MOST_ROWS: usize = 10_000;
/// Most bytes of a file of rows.
pub const MOST_FILE_BYTES: usize = 4 << 20;

/// A payload, with what else is said of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Payload {
    /// What it is.
    pub content: Content,
    /// The event name that it is pushed under; `None`: one of `events`.
    pub event: Option<String>,
    /// It is drawn so many times as often as a payload of weight 1.
    pub weight: u32,
    /// Bytes that it has at least, in place of the size of all.
    pub size: Option<Size>,
    /// It goes out exactly as written: no places, no tag.
    pub exact: bool,
}

/// What a payload is.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// Made up, in this shape.
    Shape(Shape),
    /// JSON, with places for values.
    Json(String),
    /// A plain text, with places for values.
    Text(String),
    /// A number.
    Number(serde_json::Number),
    /// `null`.
    Null,
    /// No message at all: an event without arguments.
    None,
    /// Bytes of any value: a binary event with one attachment.
    Binary,
    /// One of these rows, each JSON: the file they are from, if any, and the rows once it has been read.
    Rows(Option<String>, Option<Vec<String>>),
}

impl From<Content> for Payload {
    fn from(content: Content) -> Self {
        Self {
            content,
            event: None,
            weight: 1,
            size: None,
            exact: false,
        }
    }
}

/// A payload, ready to be made.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Made {
    Shape(Shape),
    /// One of these.
    Tagged(Vec<Template>),
    /// Bytes.
    Bytes,
    /// Always this.
    Fixed(String),
}

impl Payload {
    /// The file that its rows are in, if they have not been read.
    pub fn unread(&self) -> Option<&str> {
        match &self.content {
            Content::Rows(Some(file), None) => Some(file),
            _ => None,
        }
    }

    /// Takes in the file of its rows: JSON Lines. The error is in words, with the line.
    pub fn read(&mut self, text: &str) -> Result<(), String> {
        let Content::Rows(file, rows) = &mut self.content else {
            return Ok(());
        };
        let name = file.as_deref().unwrap_or("rows");
        let mut read = Vec::new();
        for (n, line) in text.lines().enumerate() {
            if line.trim().is_empty() {
                continue;
            }
            Template::literal(line).map_err(|error| format!("{name}:{}: {error}", n + 1))?;
            read.push(line.to_owned());
        }
        if read.is_empty() {
            return Err(format!("{name} has no row"));
        }
        if read.len() > MOST_ROWS {
            return Err(format!(
                "{name} has {} rows; at most {MOST_ROWS} are taken",
                read.len()
            ));
        }
        *rows = Some(read);
        Ok(())
    }

    /// Whether it carries no tag, and is told by its event name.
    pub fn is_untagged(&self) -> bool {
        self.exact
            || matches!(
                self.content,
                Content::Number(_) | Content::Null | Content::None
            )
    }

    /// What it is, in a word or two and the start of what was written.
    pub fn in_words(&self) -> String {
        let exactly = if self.exact { "exactly " } else { "" };
        match &self.content {
            Content::Shape(Shape::Object) => "objects".to_owned(),
            Content::Shape(Shape::Array) => "arrays".to_owned(),
            Content::Shape(Shape::Text) => "texts".to_owned(),
            Content::Json(text) => format!("{exactly}JSON {}", start(text)),
            Content::Text(text) => format!("{exactly}text {}", start(text)),
            Content::Number(number) => format!("the number {number}"),
            Content::Null => "null".to_owned(),
            Content::None => "no message".to_owned(),
            Content::Binary => "bytes".to_owned(),
            Content::Rows(file, rows) => {
                let rows = rows.as_ref().map_or(0, Vec::len);
                let from = file
                    .as_ref()
                    .map_or_else(String::new, |f| format!(" of {f}"));
                format!("{rows} rows{from}")
            }
        }
    }

    /// How it is made. The error is in words.
    pub(super) fn made(&self) -> Result<Made, String> {
        let one = |template: Template| Made::Tagged(vec![template]);
        Ok(match &self.content {
            Content::Shape(_) | Content::Binary if self.exact => {
                return Err(
                    "a made-up payload cannot be exact; write it as json or text".to_owned(),
                );
            }
            Content::Shape(shape) => Made::Shape(*shape),
            Content::Binary => Made::Bytes,
            Content::Json(text) if self.exact => {
                serde_json::from_str::<serde::de::IgnoredAny>(text)
                    .map_err(|error| format!("{} is not JSON: {error}", start(text)))?;
                Made::Fixed(text.clone())
            }
            Content::Text(text) if self.exact => {
                Made::Fixed(serde_json::Value::from(text.as_str()).to_string())
            }
            Content::Json(text) => one(Template::json(text)?),
            Content::Text(text) => one(Template::text(text)?),
            Content::Number(number) => Made::Fixed(number.to_string()),
            Content::Null => Made::Fixed("null".to_owned()),
            Content::None => Made::Fixed(String::new()),
            Content::Rows(..) if self.exact => {
                return Err("rows carry a tag each, so they cannot be exact; write one that is to go out as it stands as json".to_owned());
            }
            Content::Rows(_, Some(rows)) if rows.is_empty() => return Err("no row".to_owned()),
            Content::Rows(_, Some(rows)) => {
                let rows = rows.iter().enumerate().map(|(n, row)| {
                    Template::literal(row).map_err(|error| format!("row {}: {error}", n + 1))
                });
                Made::Tagged(rows.collect::<Result<_, _>>()?)
            }
            Content::Rows(file, None) => {
                let file = file.as_deref().unwrap_or_default();
                return Err(format!("{file} has not been read"));
            }
        })
    }

    /// Whether more can be put into it.
    pub(super) fn room_of(payload: &str) -> Option<template::Room> {
        match payload.as_bytes().last()? {
            b'}' => Some(template::Room::Object { empty: false }),
            b']' => Some(template::Room::Array { empty: false }),
            b'"' => Some(template::Room::Text),
            _ => None,
        }
    }
}
