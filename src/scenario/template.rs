//! Texts with places for values, as `{{user}}`: how a target is spoken to.

use std::fmt;

/// What can stand in a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Name {
    /// The app id.
    App,
    /// The user's name.
    User,
    /// The user's password.
    Password,
    /// What the login gave.
    Session,
    /// The user's token.
    Token,
    /// What a list of users has in a further column.
    Column(Column),
    /// The name of the user whose socket emits.
    From,
    /// The event name.
    Event,
    /// The payload: JSON as it stands.
    Message,
    /// The payload's JSON as a text.
    MessageText,
    /// The payload's bytes in base64.
    MessageBase64,
}

impl Name {
    /// What is known of a user who logs in.
    pub const LOGIN: &[Self] = &[
        Self::App,
        Self::User,
        Self::Password,
        Self::Token,
        Self::Column(Column::ANY),
    ];
    /// What is known of a socket that connects, and of a user who logs out.
    pub const SOCKET: &[Self] = &[
        Self::App,
        Self::User,
        Self::Password,
        Self::Session,
        Self::Token,
        Self::Column(Column::ANY),
    ];
    /// What a token can claim.
    pub const CLAIMS: &[Self] = &[Self::App, Self::User, Self::Column(Column::ANY)];
    /// What is known of a push.
    pub const PUSH: &[Self] = &[
        Self::App,
        Self::User,
        Self::Column(Column::ANY),
        Self::Event,
        Self::Message,
        Self::MessageText,
    ];
    /// What is known of a push that a socket emits.
    pub const EMITTED: &[Self] = &[
        Self::App,
        Self::User,
        Self::Column(Column::ANY),
        Self::From,
        Self::Event,
        Self::Message,
        Self::MessageText,
    ];
    /// What is known of a push that carries bytes.
    pub const BINARY: &[Self] = &[
        Self::App,
        Self::User,
        Self::Column(Column::ANY),
        Self::Event,
        Self::MessageBase64,
    ];
    /// What a room of one user can be called after.
    pub const ROOM: &[Self] = &[Self::App, Self::User, Self::Column(Column::ANY)];

    /// As it is written.
    pub fn name(self) -> &'static str {
        match self {
            Self::App => "app",
            Self::User => "user",
            Self::Password => "password",
            Self::Session => "session",
            Self::Token => "token",
            Self::Column(_) => COLUMN,
            Self::From => "from",
            Self::Event => "event",
            Self::Message => "message",
            Self::MessageText => "message_text",
            Self::MessageBase64 => "message_base64",
        }
    }
}

/// How any column is written.
const COLUMN: &str = "user.<column>";

/// The name of a column: short, so that it can be passed around as the other names are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    len: u8,
    bytes: [u8; Column::LONGEST],
}

impl Column {
    /// Most bytes of a name.
    pub const LONGEST: usize = 40;
    /// Stands for all of them.
    const ANY: Self = Self {
        len: 0,
        bytes: [0; Self::LONGEST],
    };

    /// A column of this name; `None`: no column has it.
    pub fn new(name: &str) -> Option<Self> {
        let mut bytes = [0; Self::LONGEST];
        bytes
            .get_mut(..name.len())?
            .copy_from_slice(name.as_bytes());
        let len = name.len() as u8;
        (len > 0).then_some(Self { len, bytes })
    }

    /// Whether this is its name.
    pub fn is(self, name: &str) -> bool {
        &self.bytes[..usize::from(self.len)] == name.as_bytes()
    }
}

impl fmt::Display for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = &self.bytes[..usize::from(self.len)];
        f.write_str(&String::from_utf8_lossy(name))
    }
}

/// How a value is written where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Escape {
    /// Inside of a JSON text; a [`Name::Message`] as it is, outside of any.
    Json,
    /// As a value of a path, query or form.
    Url,
    /// As it is.
    Plain,
}

/// A text with places for values.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Template {
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Value(Name),
}

impl Template {
    /// Reads a template in which these values are known. The error is in words.
    pub fn parse(text: &str, known: &[Name]) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some(at) = rest.find("{{") {
            let inside = &rest[at + 2..];
            let end = inside
                .find("}}")
                .ok_or_else(|| format!("`{{{{` has no `}}}}` behind it in {text:?}"))?;
            let name = inside[..end].trim();
            let value = find(known, name).ok_or_else(|| {
                let known: Vec<_> = known.iter().map(|name| name.name()).collect();
                format!(
                    "there is no {{{{{name}}}}} here; known: {}",
                    known.join(", ")
                )
            })?;
            if at > 0 {
                parts.push(Part::Text(rest[..at].to_owned()));
            }
            parts.push(Part::Value(value));
            rest = &inside[end + 2..];
        }
        if !rest.is_empty() {
            parts.push(Part::Text(rest.to_owned()));
        }
        Ok(Self { parts })
    }

    /// The text with its values.
    pub fn fill<'v>(&self, escape: Escape, value: impl Fn(Name) -> &'v str) -> String {
        let mut out = String::new();
        for part in &self.parts {
            match part {
                Part::Text(text) => out.push_str(text),
                Part::Value(name) => write(&mut out, escape, *name, value(*name)),
            }
        }
        out
    }

    /// Whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// The columns that it has places for.
    pub fn columns(&self) -> impl Iterator<Item = Column> {
        self.parts.iter().filter_map(|part| match part {
            Part::Value(Name::Column(column)) => Some(*column),
            _ => None,
        })
    }

    /// Whether it has a place for this.
    pub fn has(&self, name: Name) -> bool {
        self.parts.contains(&Part::Value(name))
    }
}

/// The value of this name, if it is known.
fn find(known: &[Name], name: &str) -> Option<Name> {
    if let Some(column) = name.strip_prefix("user.") {
        let any = known.contains(&Name::Column(Column::ANY));
        return Column::new(column).filter(|_| any).map(Name::Column);
    }
    known.iter().copied().find(|value| value.name() == name)
}

fn write(out: &mut String, escape: Escape, name: Name, value: &str) {
    match escape {
        Escape::Json if name == Name::Message => out.push_str(value),
        Escape::Json => {
            let quoted = serde_json::Value::from(value).to_string();
            out.push_str(&quoted[1..quoted.len() - 1]);
        }
        Escape::Url => {
            // A plus is a space in a query, and a plus in a path; this is a space in both.
            let parts = form_urlencoded::byte_serialize(value.as_bytes());
            out.extend(parts.map(|part| if part == "+" { "%20" } else { part }));
        }
        Escape::Plain => out.push_str(value),
    }
}

/// As it was written.
impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for part in &self.parts {
            match part {
                Part::Text(text) => f.write_str(text)?,
                Part::Value(Name::Column(column)) => write!(f, "{{{{user.{column}}}}}")?,
                Part::Value(name) => write!(f, "{{{{{}}}}}", name.name())?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(name: Name) -> &'static str {
        match name {
            Name::User => "a\"b",
            Name::App => "x&y",
            Name::Event => "a b+c/ä",
            Name::Message | Name::MessageText => "{\"n\":1}",
            _ => "",
        }
    }

    #[test]
    fn values_are_written_as_their_place_asks() {
        for (text, escape, filled) in [
            ("plain {n} {", Escape::Json, "plain {n} {"),
            ("\"{{user}}\"", Escape::Json, "\"a\\\"b\""),
            ("[{{ message }}]", Escape::Json, "[{\"n\":1}]"),
            ("\"{{message_text}}\"", Escape::Json, "\"{\\\"n\\\":1}\""),
            (
                "?a={{app}}&m={{message}}",
                Escape::Url,
                "?a=x%26y&m=%7B%22n%22%3A1%7D",
            ),
            ("{{app}}{{user}}", Escape::Plain, "x&ya\"b"),
            ("/{{event}}", Escape::Url, "/a%20b%2Bc%2F%C3%A4"),
        ] {
            let template = Template::parse(text, Name::PUSH).unwrap();
            assert_eq!(template.fill(escape, value), filled);
        }
    }

    #[test]
    fn what_is_not_known_is_refused() {
        let error = Template::parse("{{sesion}}", Name::SOCKET).unwrap_err();
        assert_eq!(
            error,
            "there is no {{sesion}} here; known: app, user, password, session, token, user.<column>"
        );
        let error = Template::parse("{{user", Name::SOCKET).unwrap_err();
        assert!(error.contains("has no `}}`"), "{error}");
        assert!(Template::parse("{{message}}", Name::LOGIN).is_err());
    }

    #[test]
    fn is_written_as_it_was_read() {
        let text = "a {{user}} b {{app}}";
        let template = Template::parse(text, Name::LOGIN).unwrap();
        assert_eq!(template.to_string(), text);
        assert!(template.has(Name::App) && !template.has(Name::Password));
        assert!(Template::parse("", &[]).unwrap().is_empty());
    }
}
