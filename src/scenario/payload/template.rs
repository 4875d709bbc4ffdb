//! A payload with places for values, and one for the tag.

use serde_json::Value;

/// Most characters of one `{{random n}}`.
const MOST_RANDOM: usize = 10_000;
const KNOWN: &str = "user, app, event, seq, random, tag";
/// The same where nothing is pushed.
const UNTAGGED: &str = "user, app, event, seq, random";

/// A JSON text with places.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::scenario) struct Template {
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    User,
    App,
    Event,
    Seq,
    Random(usize),
    Tag,
}

/// What stands in the places of one push.
pub(in crate::scenario) trait Values {
    /// The name of the user, or what everyone is called.
    fn user(&self) -> String;
    fn app(&self) -> &str;
    fn event(&self) -> &str;
    /// Its number in the schedule.
    fn seq(&self) -> u64;
    /// The next of the letters and digits that only it has.
    fn random(&mut self) -> char;
}

/// What a payload's JSON is, as far as that says where there is room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::scenario) enum Room {
    /// An object, that has members or not.
    Object {
        empty: bool,
    },
    Array {
        empty: bool,
    },
    Text,
}

impl Template {
    /// Reads JSON with places.
    pub(super) fn json(text: &str) -> Result<Self, String> {
        Self {
            parts: parts(text)?,
        }
        .with_tag(text)
    }

    /// Reads a plain text with places.
    pub(super) fn text(text: &str) -> Result<Self, String> {
        let mut parts = parts(text)?;
        for part in &mut parts {
            if let Part::Text(text) = part {
                *text = escaped(text);
            }
        }
        parts.insert(0, Part::Text("\"".to_owned()));
        parts.push(Part::Text("\"".to_owned()));
        Self { parts }.with_tag(text)
    }

    /// JSON without places.
    pub(super) fn literal(text: &str) -> Result<Self, String> {
        let parts = vec![Part::Text(text.to_owned())];
        Self { parts }.with_tag(text)
    }

    /// Reads JSON with places, but for the tag: what is no push.
    pub(in crate::scenario) fn untagged(text: &str) -> Result<Self, String> {
        let template = Self {
            parts: parts(text)?,
        };
        if template.parts.contains(&Part::Tag) {
            return Err(format!("there is no {{{{tag}}}} here; known: {UNTAGGED}"));
        }
        serde_json::from_str::<Value>(&template.filled("", &mut Sample).0)
            .map_err(|error| format!("{} is not JSON: {error}", start(text)))?;
        Ok(template)
    }

    /// Sees to it that there is one place for the tag, and that it is JSON whatever stands in the places.
    fn with_tag(mut self, written: &str) -> Result<Self, String> {
        let sample = self.filled("pp1", &mut Sample).0;
        let value: Value = serde_json::from_str(&sample)
            .map_err(|error| format!("{} is not JSON: {error}", start(written)))?;
        match self.parts.iter().filter(|part| **part == Part::Tag).count() {
            0 => {}
            1 => return Ok(self),
            _ => return Err("there can be one {{tag}}".to_owned()),
        }
        let room = room(&value).ok_or_else(|| {
            format!(
                "{} has no room for the tag that tells one push from another; give it an event of its own and write exact = true",
                start(written)
            )
        })?;
        if value.get("pp").is_some() {
            return Err(
                "it has a member `pp`, where the tag would stand; write {{tag}} where it is to go"
                    .to_owned(),
            );
        }
        let Some(Part::Text(last)) = self.parts.last_mut() else {
            return Err(format!("{} is not JSON", start(written)));
        };
        last.truncate(last.trim_end().len());
        last.pop();
        let (before, after) = match room {
            Room::Object { empty: true } => ("\"pp\":\"", "\"}"),
            Room::Object { empty: false } => (",\"pp\":\"", "\"}"),
            Room::Array { empty: true } => ("\"", "\"]"),
            Room::Array { empty: false } => (",\"", "\"]"),
            Room::Text => (" ", "\""),
        };
        last.push_str(before);
        self.parts.push(Part::Tag);
        self.parts.push(Part::Text(after.to_owned()));
        Ok(self)
    }

    /// The payload with its values, and where its tag begins.
    pub(in crate::scenario) fn filled(
        &self,
        tag: &str,
        values: &mut impl Values,
    ) -> (String, usize) {
        let (mut out, mut at) = (String::new(), 0);
        for part in &self.parts {
            match part {
                Part::Text(text) => out.push_str(text),
                Part::User => out.push_str(&escaped(&values.user())),
                Part::App => out.push_str(&escaped(values.app())),
                Part::Event => out.push_str(&escaped(values.event())),
                Part::Seq => out.push_str(&values.seq().to_string()),
                Part::Random(n) => out.extend((0..*n).map(|_| values.random())),
                Part::Tag => {
                    at = out.len();
                    out.push_str(tag);
                }
            }
        }
        (out, at)
    }
}

/// Where there is room in a value; `None`: nowhere.
fn room(value: &Value) -> Option<Room> {
    match value {
        Value::Object(members) => Some(Room::Object {
            empty: members.is_empty(),
        }),
        Value::Array(elements) => Some(Room::Array {
            empty: elements.is_empty(),
        }),
        Value::String(_) => Some(Room::Text),
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
}

struct Sample;

impl Values for Sample {
    fn user(&self) -> String {
        "user".to_owned()
    }
    fn app(&self) -> &'static str {
        "app"
    }
    fn event(&self) -> &'static str {
        "event"
    }
    fn seq(&self) -> u64 {
        1
    }
    fn random(&mut self) -> char {
        'x'
    }
}

fn parts(text: &str) -> Result<Vec<Part>, String> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find("{{") {
        let inside = &rest[at + 2..];
        let end = inside
            .find("}}")
            .ok_or_else(|| format!("`{{{{` has no `}}}}` behind it in {}", start(text)))?;
        if at > 0 {
            parts.push(Part::Text(rest[..at].to_owned()));
        }
        parts.push(part(inside[..end].trim())?);
        rest = &inside[end + 2..];
    }
    if !rest.is_empty() {
        parts.push(Part::Text(rest.to_owned()));
    }
    Ok(parts)
}

fn part(name: &str) -> Result<Part, String> {
    if let Some(n) = name.strip_prefix("random") {
        let n: Option<usize> = n.trim().parse().ok();
        return n
            .filter(|n| (1..=MOST_RANDOM).contains(n))
            .map(Part::Random)
            .ok_or_else(|| {
                format!("{{{{{name}}}}}: write how many letters and digits, as {{{{random 16}}}}, at most {MOST_RANDOM}")
            });
    }
    Ok(match name {
        "user" => Part::User,
        "app" => Part::App,
        "event" => Part::Event,
        "seq" => Part::Seq,
        "tag" => Part::Tag,
        _ => {
            return Err(format!("there is no {{{{{name}}}}} here; known: {KNOWN}"));
        }
    })
}

/// As it stands inside of a JSON text.
fn escaped(text: &str) -> String {
    let quoted = Value::from(text).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

/// The start of what was written, in quotes.
pub(super) fn start(text: &str) -> String {
    const MOST: usize = 60;
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{:?}…", &text[..end]),
        None => format!("{text:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(template: Result<Template, String>) -> String {
        template.unwrap().filled("TAG", &mut Sample).0
    }

    #[test]
    fn the_tag_stands_where_it_is_written_or_at_the_end() {
        for (template, payload) in [
            (Template::json(r#"{"a":1}"#), r#"{"a":1,"pp":"TAG"}"#),
            (Template::json(" { } "), r#" { "pp":"TAG"}"#),
            (Template::json(r#"[{"n":{{seq}}}]"#), r#"[{"n":1},"TAG"]"#),
            (Template::json("[]"), r#"["TAG"]"#),
            (Template::json("\"a\""), "\"a TAG\""),
            (Template::json(r#"{"id":"<{{tag}}>"}"#), r#"{"id":"<TAG>"}"#),
            (Template::text("say \"{{user}}\""), r#""say \"user\" TAG""#),
            (Template::text("{{tag}}: {{random 3}}"), r#""TAG: xxx""#),
            (Template::text(""), "\" TAG\""),
            (Template::literal(r#"["{{x}}"]"#), r#"["{{x}}","TAG"]"#),
        ] {
            let filled = filled(template);
            assert_eq!(filled, payload);
            serde_json::from_str::<Value>(&filled).unwrap();
        }
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (text, says) in [
            ("5", "no room for the tag"),
            ("{{seq}}", "no room for the tag"),
            ("null", "no room for the tag"),
            (r#"{"a":}"#, "is not JSON"),
            (r#"{"a":{{tag}}}"#, "is not JSON"),
            (r#"{"a":"{{tag}}","b":"{{tag}}"}"#, "one {{tag}}"),
            (r#"{"pp":1}"#, "has a member `pp`"),
            (r#"{"a":"{{usr}}"}"#, "there is no {{usr}} here"),
            (r#"{"a":"{{random}}"}"#, "as {{random 16}}"),
            (r#"{"a":"{{random 99999}}"}"#, "at most 10000"),
            (r#"{"a":"{{user}"}"#, "has no `}}` behind it"),
        ] {
            let error = Template::json(text).unwrap_err();
            assert!(error.contains(says), "{text}: {error}");
        }
    }
}
