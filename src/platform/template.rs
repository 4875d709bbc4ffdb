//! `{{field}}` templates, filled from the JSON object that a scenario runs on.
//!
//! A template that is exactly one field passes the field's JSON through byte for byte. Any other template makes a text, or, where it
//! is itself a JSON object or array, JSON of the same shape with the fields filled into its strings.

use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// The object that a scenario runs on: each field's JSON as it was sent. Of a field sent twice the last one counts.
pub(crate) type Fields<'a> = BTreeMap<Cow<'a, str>, &'a RawValue>;

/// A text with fields to fill in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    parts: Vec<Part>,
    shape: Shape,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Field(String),
}

/// What a filled template is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// The value of its one field.
    Field,
    /// A text.
    Text,
    /// JSON, fields standing inside of its strings.
    Json,
}

impl Template {
    /// Reads a template. Braces that enclose no field name are plain text.
    pub fn new(text: &str) -> Self {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, field, after)) = next_field(rest) {
            if !before.is_empty() {
                parts.push(Part::Text(before.to_owned()));
            }
            parts.push(Part::Field(field.to_owned()));
            rest = after;
        }
        if !rest.is_empty() {
            parts.push(Part::Text(rest.to_owned()));
        }
        let composite = text.trim_start().starts_with(['{', '[']);
        let shape = match &parts[..] {
            [Part::Field(_)] => Shape::Field,
            _ if composite && serde_json::from_str::<&RawValue>(text).is_ok() => Shape::Json,
            _ => Shape::Text,
        };
        Self { parts, shape }
    }

    /// Whether it has this field in it.
    pub(crate) fn names(&self, field: &str) -> bool {
        let is_it = |part: &Part| matches!(part, Part::Field(name) if name == field);
        self.parts.iter().any(is_it)
    }

    /// Fills the template in; the result is JSON. `None` if it is one field and the object has no such field.
    pub(crate) fn fill<'a>(&self, fields: &Fields<'a>) -> Option<Cow<'a, str>> {
        if let (Shape::Field, [Part::Field(name)]) = (self.shape, &self.parts[..]) {
            return fields.get(name.as_str()).map(|v| Cow::Borrowed(v.get()));
        }
        let mut out = String::new();
        for part in &self.parts {
            match part {
                Part::Text(text) => out.push_str(text),
                Part::Field(name) => {
                    let text = fields.get(name.as_str()).map_or_else(String::new, as_text);
                    if self.shape == Shape::Json {
                        let quoted = quote(&text);
                        out.push_str(&quoted[1..quoted.len() - 1]);
                    } else {
                        out.push_str(&text);
                    }
                }
            }
        }
        Some(Cow::Owned(match self.shape {
            Shape::Json => out,
            _ => quote(&out),
        }))
    }
}

/// The text before the next `{{field}}`, the field's name, and the text after it.
fn next_field(text: &str) -> Option<(&str, &str, &str)> {
    let mut from = 0;
    loop {
        let open = from + text[from..].find("{{")?;
        let close = open + 2 + text[open + 2..].find("}}")?;
        let name = text[open + 2..close].trim();
        if !name.is_empty() && !name.contains(['{', '}', '"']) {
            return Some((&text[..open], name, &text[close + 2..]));
        }
        from = open + 1;
    }
}

/// A value inside of a text: strings without their quotes, everything else as its JSON.
fn as_text(value: &&RawValue) -> String {
    serde_json::from_str(value.get()).unwrap_or_else(|_| value.get().to_owned())
}

fn quote(text: &str) -> String {
    serde_json::to_string(text).expect("a text is always JSON")
}

#[cfg(test)]
mod tests {
    use super::{Fields, Template};

    fn check(template: &str, object: &str, expected: Option<&str>) {
        let fields: Fields<'_> = serde_json::from_str(object).unwrap();
        assert_eq!(
            Template::new(template).fill(&fields).as_deref(),
            expected,
            "{template} on {object}"
        );
    }

    #[test]
    fn one_field_passes_its_json_through() {
        for value in [
            r#"{"b":1.0,"a":[ 1e400 ,-0],"b":"\u0041\ud800"}"#,
            "null",
            "\"x\"",
            "12345678901234567890123",
        ] {
            let object = format!("{{\"m\": {value} }}");
            check("{{m}}", &object, Some(value));
            check("{{ m }}", &object, Some(value));
        }
        check("{{m}}", "{}", None);
        check("{{m}}", r#"{"m":1,"m":2}"#, Some("2"));
    }

    #[test]
    fn fields_inside_a_text() {
        let object = r#"{"name":"Zoë \"Q\"","n":3,"o":{"a":1}}"#;
        check("Hello {{name}}!", object, Some(r#""Hello Zoë \"Q\"!""#));
        check("{{n}}/{{o}}/{{none}}", object, Some(r#""3/{\"a\":1}/""#));
        check("plain", object, Some("\"plain\""));
        check("", object, Some("\"\""));
        check(
            "{{}} {{{name}}} {{x",
            object,
            Some(r#""{{}} {Zoë \"Q\"} {{x""#),
        );
    }

    #[test]
    fn fields_inside_json() {
        check(
            r#"{"message":"Hello {{name}}","n":[1]}"#,
            r#"{"name":"a\"b\n"}"#,
            Some(r#"{"message":"Hello a\"b\n","n":[1]}"#),
        );
        check("[not json {{n}}", r#"{"n":1}"#, Some("\"[not json 1\""));
    }
}
