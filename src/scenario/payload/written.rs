//! Payloads as a file has them: `"object"`, `"null"`, `{ text = "hello {{user}}" }`.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Content, Payload, Size};
use crate::scenario::file::Shape;

const WORDS: [&str; 6] = ["object", "array", "text", "binary", "null", "none"];
const FIELDS: [&str; 10] = [
    "json", "text", "number", "file", "rows", "kind", "event", "weight", "size", "exact",
];
/// As for event names.
const MOST_WEIGHT: u32 = 1_000_000;

/// The content that a word stands for.
fn content(word: &str) -> Option<Content> {
    Some(match word {
        "object" => Content::Shape(Shape::Object),
        "array" => Content::Shape(Shape::Array),
        "text" => Content::Shape(Shape::Text),
        "binary" => Content::Binary,
        "null" => Content::Null,
        "none" => Content::None,
        _ => return None,
    })
}

fn word(content: &Content) -> Option<&'static str> {
    Some(match content {
        Content::Shape(Shape::Object) => "object",
        Content::Shape(Shape::Array) => "array",
        Content::Shape(Shape::Text) => "text",
        Content::Binary => "binary",
        Content::Null => "null",
        Content::None => "none",
        _ => return None,
    })
}

impl Serialize for Payload {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let word = word(&self.content);
        if let Some(word) = word
            && *self == Self::from(self.content.clone())
        {
            return to.serialize_str(word);
        }
        let mut map = to.serialize_map(None)?;
        match (&self.content, word) {
            (_, Some(word)) => map.serialize_entry("kind", word)?,
            (Content::Json(text), _) => map.serialize_entry("json", text)?,
            (Content::Text(text), _) => map.serialize_entry("text", text)?,
            (Content::Number(number), _) => map.serialize_entry("number", number)?,
            (Content::Rows(file, rows), _) => {
                if let Some(file) = file {
                    map.serialize_entry("file", file)?;
                }
                if let Some(rows) = rows {
                    map.serialize_entry("rows", rows)?;
                }
            }
            _ => {}
        }
        if let Some(event) = &self.event {
            map.serialize_entry("event", event)?;
        }
        if self.weight != 1 {
            map.serialize_entry("weight", &self.weight)?;
        }
        if let Some(size) = &self.size {
            map.serialize_entry("size", size)?;
        }
        if self.exact {
            map.serialize_entry("exact", &true)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Payload {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(PayloadVisitor)
    }
}

struct PayloadVisitor;

impl<'de> Visitor<'de> for PayloadVisitor {
    type Value = Payload;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(r#"a payload, as "object" or { text = "hello {{user}}" }"#)
    }

    fn visit_str<E: de::Error>(self, word: &str) -> Result<Payload, E> {
        let content = content(word);
        content
            .map(Payload::from)
            .ok_or_else(|| de::Error::unknown_variant(word, &WORDS))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Payload, A::Error> {
        let mut contents = Vec::new();
        let (mut file, mut rows) = (None, None);
        let mut payload = Payload::from(Content::None);
        while let Some(key) = map.next_key::<Cow<'_, str>>()? {
            match key.as_ref() {
                "json" => contents.push(Content::Json(map.next_value()?)),
                "text" => contents.push(Content::Text(map.next_value()?)),
                "number" => contents.push(Content::Number(map.next_value()?)),
                "kind" => {
                    let word: Cow<'_, str> = map.next_value()?;
                    let content = content(&word);
                    contents
                        .push(content.ok_or_else(|| de::Error::unknown_variant(&word, &WORDS))?);
                }
                "file" => file = Some(map.next_value()?),
                "rows" => rows = Some(map.next_value()?),
                "event" => payload.event = Some(map.next_value()?),
                "weight" => payload.weight = map.next_value()?,
                "size" => payload.size = Some(map.next_value()?),
                "exact" => payload.exact = map.next_value()?,
                other => return Err(de::Error::unknown_field(other, &FIELDS)),
            }
        }
        if file.is_some() || rows.is_some() {
            contents.push(Content::Rows(file, rows));
        }
        let content = contents.pop().filter(|_| contents.is_empty());
        payload.content = content.ok_or_else(|| {
            de::Error::custom(
                "a payload is one of `json`, `text`, `number`, `file`, `rows`, `kind`",
            )
        })?;
        if !(1..=MOST_WEIGHT).contains(&payload.weight) {
            let told = format!("a weight is a whole number from 1 to {MOST_WEIGHT}");
            return Err(de::Error::custom(told));
        }
        Ok(payload)
    }
}

impl JsonSchema for Payload {
    fn schema_name() -> Cow<'static, str> {
        "Payload".into()
    }

    fn json_schema(schemas: &mut SchemaGenerator) -> Schema {
        let size = schemas.subschema_for::<Size>();
        json_schema!({
            "description": "What pushes carry: a word, or an object with one of json, text, number, file, rows and kind.",
            "anyOf": [
                { "enum": WORDS },
                {
                    "type": "object",
                    "properties": {
                        "json": { "type": "string", "description": "JSON with places for values: {{user}}, {{app}}, {{event}}, {{seq}}, {{random 16}}, {{tag}}." },
                        "text": { "type": "string", "description": "A plain text with places for values." },
                        "number": { "type": "number", "description": "This number. Needs an event of its own." },
                        "file": { "type": "string", "description": "A JSON Lines file, of which each push has one row; relative to the scenario." },
                        "rows": { "type": "array", "items": { "type": "string" }, "description": "The same rows in the scenario itself, each JSON." },
                        "kind": { "enum": WORDS, "description": "The word, where something else is said of it." },
                        "event": { "type": "string", "description": "The event name that it is pushed under; left out: one of events." },
                        "weight": { "type": "integer", "minimum": 1, "maximum": MOST_WEIGHT, "default": 1, "description": "It is drawn so many times as often as a payload of weight 1." },
                        "size": size,
                        "exact": { "type": "boolean", "default": false, "description": "It goes out as written, without a tag. Needs an event of its own." }
                    },
                    "additionalProperties": false
                }
            ]
        })
    }
}
