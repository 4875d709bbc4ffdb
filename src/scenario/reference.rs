//! The reference of scenario files, made of the types: what `docs/scenarios.md` has to contain.

use std::fmt::Write as _;

use serde_json::Value;

use super::file::File;
use super::schema::resolved;

/// A table of keys for each section, in Markdown.
///
/// # Panics
/// Never: the types have a schema, and writing to memory does not fail.
#[must_use]
pub fn reference() -> String {
    let schema = schemars::schema_for!(File).to_value();
    let defaults = serde_json::to_value(File::built_in()).expect("a scenario is JSON");
    let mut out = String::new();
    section(&mut out, "", &schema, &schema, &defaults);
    out
}

fn section(out: &mut String, path: &str, schema: &Value, root: &Value, defaults: &Value) {
    let keys = resolved(schema, root)["properties"].as_object();
    let (sections, keys): (Vec<_>, Vec<_>) = keys
        .into_iter()
        .flatten()
        .partition(|(_, key)| below(key, root).get("properties").is_some());
    let title = if path.is_empty() {
        "Above the first section".to_owned()
    } else {
        format!("`[{path}]`")
    };
    write!(out, "### {title}\n\n").expect("memory");
    if !path.is_empty() {
        write!(out, "{}\n\n", described(schema, root)).expect("memory");
    }
    if !keys.is_empty() {
        out.push_str("| key | what it is | default | |\n|---|---|---|---|\n");
    }
    for (name, key) in keys {
        let default = defaults
            .get(name)
            .map_or_else(String::new, |value| format!("`{value}`"));
        let (kind, words) = (kind(key, root), described(key, root));
        writeln!(out, "| `{name}` | {kind} | {default} | {words} |").expect("memory");
    }
    out.push('\n');
    for (name, key) in sections {
        let path = if path.is_empty() {
            name.clone()
        } else {
            format!("{path}.{name}")
        };
        let defaults = defaults.get(name).unwrap_or(&Value::Null);
        let path = match resolved(key, root).get("items") {
            Some(_) => format!("[{path}]"),
            None => path,
        };
        section(out, &path, below(key, root), root, defaults);
    }
}

/// A section, or what a list has several of.
fn below<'a>(key: &'a Value, root: &'a Value) -> &'a Value {
    let of = resolved(key, root);
    of.get("items").map_or(of, |items| resolved(items, root))
}

fn described(schema: &Value, root: &Value) -> String {
    let own = schema.get("description");
    let words = own.or_else(|| resolved(schema, root).get("description"));
    let words = words.and_then(Value::as_str).unwrap_or_default();
    words.replace('\n', " ").replace('|', "\\|")
}

fn kind(schema: &Value, root: &Value) -> String {
    let named = |name: &str| {
        let refers = |schema: &Value| schema["$ref"].as_str().is_some_and(|to| to.ends_with(name));
        let either = schema["anyOf"].as_array().into_iter().flatten();
        refers(schema) || either.into_iter().any(refers)
    };
    if named("/Span") {
        return "a time".to_owned();
    }
    if named("/Rate") {
        return "a rate".to_owned();
    }
    if named("/Payload") {
        return "a text or a table".to_owned();
    }
    if named("/Size") {
        return "a whole number or a distribution".to_owned();
    }
    let schema = resolved(schema, root);
    let choices = schema["oneOf"].as_array().into_iter().flatten();
    let choices: Vec<_> = choices.filter_map(|one| one["const"].as_str()).collect();
    if !choices.is_empty() {
        return choices
            .iter()
            .map(|one| format!("`\"{one}\"`"))
            .collect::<Vec<_>>()
            .join(", ");
    }
    let types = match &schema["type"] {
        Value::Array(types) => types.first().and_then(Value::as_str),
        one => one.as_str(),
    };
    match types {
        Some("integer") => "a whole number".to_owned(),
        Some("number") => "a number".to_owned(),
        Some("boolean") => "`true`, `false`".to_owned(),
        Some("array") => format!("a list: {}", kind(&schema["items"], root)),
        _ => "a text".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_key_has_a_row() {
        let reference = reference();
        for row in [
            "| `rate` | a rate | `\"200/s\"` | Pushes a second",
            "| `duration` | a time | `\"10s\"` |",
            "| `shapes` | a list: `\"object\"`, `\"array\"`, `\"text\"` |",
            "| `reconnect` | `true`, `false` | `true` |",
            "| `count` | a whole number | `1000` |",
            "### `[churn]`\n\nSockets that leave",
        ] {
            assert!(reference.contains(row), "{row}\n{reference}");
        }
    }
}
