//! What serde and the TOML parser say, in the words of somebody who writes a scenario.

/// Most letters that a name may be away from what was meant.
const NEAR: f64 = 0.6;

/// The nearest of some names; nothing if none is near.
pub fn nearest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    let name = name.to_lowercase();
    let likeness = |known: &str| strsim::normalized_damerau_levenshtein(&name, known);
    let best = known
        .iter()
        .copied()
        .max_by(|a, b| likeness(a).total_cmp(&likeness(b)))?;
    (likeness(best) >= NEAR).then_some(best)
}

/// An error in other words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Said {
    pub(super) what: String,
    /// What is allowed instead.
    pub(super) help: Option<String>,
}

/// What serde says of a value of a type of TOML's.
pub(super) fn of_value(message: &str, of: &str) -> Said {
    let said = |what: String| Said { what, help: None };
    match message {
        "invalid IP address syntax" => {
            return said("this is no IP address; write one as 127.0.0.2 or ::1".to_owned());
        }
        // Of one that is chosen by its name.
        "wanted string or table" => {
            return said(format!("a text in quotes is wanted here, not of type {of}"));
        }
        _ => {}
    }
    if let Some((found, wanted)) = parts(message, "invalid type: ") {
        return said(format!(
            "{} is wanted here, not {}",
            kind(wanted),
            if of == "datetime" {
                "a date".to_owned()
            } else {
                value(found)
            }
        ));
    }
    if let Some((found, wanted)) = parts(message, "invalid value: ") {
        return said(format!("{} is not {}", value(found), range(wanted)));
    }
    for (start, noun) in [("unknown variant `", "value"), ("unknown field `", "key")] {
        if let Some(said) = unknown(message, start, noun) {
            return said;
        }
    }
    said(message.to_owned())
}

fn parts<'a>(message: &'a str, start: &str) -> Option<(&'a str, &'a str)> {
    message.strip_prefix(start)?.rsplit_once(", expected ")
}

fn unknown(message: &str, start: &str, noun: &str) -> Option<Said> {
    let (found, allowed) = message.strip_prefix(start)?.split_once('`')?;
    let allowed: Vec<_> = allowed.split('`').skip(1).step_by(2).collect();
    Some(no_such(found, noun, "", &allowed))
}

/// A name that nothing has, in a place.
pub(super) fn no_such(found: &str, noun: &str, place: &str, allowed: &[&str]) -> Said {
    let meant = nearest(found, allowed).map(|near| format!("; did you mean `{near}`?"));
    Said {
        what: format!(
            "there is no {noun} `{found}`{place}{}",
            meant.unwrap_or_default()
        ),
        help: (!allowed.is_empty()).then(|| format!("allowed: {}", allowed.join(", "))),
    }
}

/// What is wanted.
fn kind(wanted: &str) -> String {
    match wanted {
        "u8" | "u16" | "u32" | "u64" | "usize" | "i64" => "a whole number".to_owned(),
        "f32" | "f64" => "a number".to_owned(),
        "a string" | "str" => "a text in quotes".to_owned(),
        "a boolean" => "true or false".to_owned(),
        "a sequence" => "a list in brackets".to_owned(),
        other => match other.strip_prefix("struct ") {
            Some(_) => "a table of keys".to_owned(),
            None => other.to_owned(),
        },
    }
}

fn range(wanted: &str) -> String {
    match wanted {
        "u8" => format!("a whole number from 0 to {}", u8::MAX),
        "u16" => format!("a whole number from 0 to {}", u16::MAX),
        "u32" => format!("a whole number from 0 to {}", u32::MAX),
        "u64" => "a whole number of 0 or more".to_owned(),
        other => kind(other),
    }
}

/// What is there instead, as it is written.
fn value(found: &str) -> String {
    let ticked = |start: &str| {
        found
            .strip_prefix(start)?
            .strip_prefix('`')?
            .strip_suffix('`')
    };
    if let Some(text) = found.strip_prefix("string ") {
        return format!("the text {text}");
    }
    for start in ["integer ", "floating point "] {
        if let Some(number) = ticked(start) {
            return format!("the number {number}");
        }
    }
    match (ticked("boolean "), found) {
        (Some(value), _) => value.to_owned(),
        (None, "sequence") => "a list".to_owned(),
        (None, "map") => "a table".to_owned(),
        (None, other) => other.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_is_wanted_and_what_is_there() {
        for (message, what) in [
            (
                "invalid type: string \"5\", expected u32",
                "a whole number is wanted here, not the text \"5\"",
            ),
            (
                "invalid value: integer `-5`, expected u32",
                "the number -5 is not a whole number from 0 to 4294967295",
            ),
            (
                "invalid type: integer `5`, expected a string",
                "a text in quotes is wanted here, not the number 5",
            ),
            (
                "invalid type: boolean `true`, expected a sequence",
                "a list in brackets is wanted here, not true",
            ),
            ("\"10\" has no unit", "\"10\" has no unit"),
        ] {
            assert_eq!(of_value(message, "").what, what);
        }
    }

    #[test]
    fn an_unknown_name_is_met_with_the_nearest() {
        let said = of_value(
            "unknown variant `realtme`, expected one of `none`, `lane`, `realtime`",
            "string",
        );
        assert_eq!(
            said.what,
            "there is no value `realtme`; did you mean `realtime`?"
        );
        assert_eq!(said.help.as_deref(), Some("allowed: none, lane, realtime"));
        assert_eq!(nearest("zzz", &["count", "name"]), None);
        assert_eq!(nearest("Count", &["count", "name"]), Some("count"));
    }
}
