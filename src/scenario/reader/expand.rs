//! `${NAME}` and `${NAME:-default}` in the texts of a scenario, filled in from the environment. `$${` stands for `${`.

use std::ops::Range;

use toml::de::DeValue;

/// What the environment has under a name.
pub type Env<'e> = &'e dyn Fn(&str) -> Option<String>;

/// A text with its variables filled in; `None`: there is none in it. The error is in words.
fn expand(text: &str, env: Env<'_>) -> Result<Option<String>, String> {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("${") {
        if rest[..at].ends_with('$') {
            out.push_str(&rest[..at - 1]);
            out.push_str("${");
            rest = &rest[at + 2..];
            continue;
        }
        out.push_str(&rest[..at]);
        let Some(end) = rest[at..].find('}') else {
            return Err(
                "`${` has no `}` behind it; write ${NAME}, or $${ for a `${` of its own".to_owned(),
            );
        };
        out.push_str(&value(&rest[at + 2..at + end], env)?);
        rest = &rest[at + end + 1..];
    }
    if rest.len() == text.len() {
        return Ok(None);
    }
    out.push_str(rest);
    Ok(Some(out))
}

fn value(inside: &str, env: Env<'_>) -> Result<String, String> {
    let (name, default) = match inside.split_once(":-") {
        Some((name, default)) => (name, Some(default)),
        None => (inside, None),
    };
    let ok = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if name.is_empty() || !name.chars().all(ok) || name.starts_with(|c: char| c.is_ascii_digit()) {
        return Err(format!(
            "`{name}` is no name of a variable; write ${{NAME}}, or ${{NAME:-default}}"
        ));
    }
    // As in a shell, an empty one is as good as none where there is a default.
    let found = env(name).filter(|value| default.is_none() || !value.is_empty());
    found.or_else(|| default.map(str::to_owned)).ok_or_else(|| {
        format!("the environment has no variable {name}; set it, or write ${{{name}:-default}}")
    })
}

/// Fills in the variables in all texts of a value; `filled` gets each that had some, and how it was written.
pub(super) fn fill(
    value: &mut DeValue<'_>,
    at: &Span,
    env: Env<'_>,
    filled: &mut Vec<(String, String)>,
) -> Result<(), (Span, String)> {
    match value {
        DeValue::String(text) => {
            let expanded = expand(text, env).map_err(|what| (at.clone(), what))?;
            if let Some(expanded) = expanded {
                filled.push((expanded.clone(), text.to_string()));
                *text = expanded.into();
            }
        }
        DeValue::Array(all) => {
            for one in all.iter_mut() {
                let at = one.span();
                fill(one.get_mut(), &at, env, filled)?;
            }
        }
        DeValue::Table(all) => {
            for (_, one) in all.iter_mut() {
                let at = one.span();
                fill(one.get_mut(), &at, env, filled)?;
            }
        }
        _ => {}
    }
    Ok(())
}

/// The same bytes of a message, but with a value that came from the environment as it was written.
pub(super) fn hidden(message: &str, expanded: &str, written: &str) -> String {
    if expanded.is_empty() {
        return message.to_owned();
    }
    let escaped = format!("{expanded:?}");
    let escaped = &escaped[1..escaped.len() - 1];
    if message.contains(escaped) {
        message.replace(escaped, written)
    } else {
        message.replace(expanded, written)
    }
}

/// A part of a text.
pub(super) type Span = Range<usize>;

#[cfg(test)]
mod tests {
    use super::*;

    fn env(name: &str) -> Option<String> {
        match name {
            "HOST" => Some("example".to_owned()),
            "EMPTY" => Some(String::new()),
            _ => None,
        }
    }

    #[test]
    fn fills_variables_in() {
        for (text, expanded) in [
            ("plain", None),
            ("$HOST {HOST} $", None),
            ("${HOST}", Some("example")),
            (
                "http://${HOST}:${PORT:-3000}/",
                Some("http://example:3000/"),
            ),
            ("${EMPTY}", Some("")),
            ("${EMPTY:-full}", Some("full")),
            ("${NONE:-}", Some("")),
            ("$${HOST}", Some("${HOST}")),
            ("a$${b ${HOST}", Some("a${b example")),
        ] {
            assert_eq!(
                expand(text, &env),
                Ok(expanded.map(str::to_owned)),
                "{text}"
            );
        }
    }

    #[test]
    fn says_what_is_wrong() {
        for (text, says) in [
            ("${HOST", "has no `}`"),
            ("${}", "is no name"),
            ("${a b}", "is no name"),
            ("${1A}", "is no name"),
            ("${NONE}", "no variable NONE; set it"),
        ] {
            let error = expand(text, &env).unwrap_err();
            assert!(error.contains(says), "{text}: {error}");
        }
    }

    #[test]
    fn what_came_from_the_environment_is_not_told() {
        let message = "the text \"s3cr\\\"et\" is not 5";
        assert_eq!(
            hidden(message, "s3cr\"et", "${TOKEN}"),
            "the text \"${TOKEN}\" is not 5"
        );
        assert_eq!(hidden("5 is 5", "5", "${N:-5}"), "${N:-5} is ${N:-5}");
    }
}
