//! The keys that a scenario may have, as its types say: what an unknown one is compared with.

use serde_json::Value;

use crate::scenario::file::File;
use crate::scenario::schema::resolved;

/// A key, and those below it if it is a section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Key {
    pub(super) name: String,
    /// Empty: it has a value and no keys below.
    pub(super) below: Vec<Key>,
}

/// All keys of a scenario.
pub(super) fn all() -> Key {
    let schema = schemars::schema_for!(File).to_value();
    Key {
        name: String::new(),
        below: below(&schema, &schema),
    }
}

fn below(schema: &Value, root: &Value) -> Vec<Key> {
    let Some(keys) = resolved(schema, root).get("properties") else {
        return Vec::new();
    };
    let keys = keys.as_object().into_iter().flatten();
    keys.map(|(name, schema)| Key {
        name: name.clone(),
        below: below(schema, root),
    })
    .collect()
}

impl Key {
    pub(super) fn get(&self, name: &str) -> Option<&Self> {
        self.below.iter().find(|key| key.name == name)
    }

    pub(super) fn is_section(&self) -> bool {
        !self.below.is_empty()
    }

    /// The names below, for a list of what is allowed.
    pub(super) fn names(&self) -> Vec<&str> {
        self.below.iter().map(|key| key.name.as_str()).collect()
    }

    /// Where keys are that are called so, as they are written: `pushes.rate`, or `[users]` of a section.
    pub(super) fn elsewhere(&self, name: &str) -> Vec<String> {
        let mut found = Vec::new();
        self.find(name, "", &mut found);
        found
    }

    fn find(&self, name: &str, path: &str, found: &mut Vec<String>) {
        for key in &self.below {
            let full = join(path, &key.name);
            key.find(name, &full, found);
            if key.name == name {
                found.push(if key.is_section() {
                    format!("[{full}]")
                } else {
                    full
                });
            }
        }
    }
}

/// The full name of a key.
pub(super) fn join(path: &str, name: &str) -> String {
    if path.is_empty() {
        name.to_owned()
    } else {
        format!("{path}.{name}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_have_keys_and_keys_have_none() {
        let all = all();
        assert!(all.get("seed").is_some_and(|key| !key.is_section()));
        assert!(all.get("churn").is_some_and(Key::is_section));
        let users = all.get("users").unwrap();
        assert!(users.get("count").is_some_and(|key| !key.is_section()));
        assert!(users.names().contains(&"sockets_per_user"));
        assert_eq!(all.elsewhere("broadcast"), ["pushes.broadcast"]);
        assert_eq!(all.elsewhere("churn"), ["[churn]"]);
        assert_eq!(
            all.elsewhere("rate"),
            ["churn.rate", "pushes.rate", "requests.rate"]
        );
    }
}
