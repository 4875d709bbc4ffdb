//! Platform files: apps with their users, data structures and scenarios, in TOML or JSON. All that is wrong is told at once, with its key and place.

mod scenario;
mod tree;

use super::config::AppConfig;
use super::scenarios::Scenario;
use super::store::{Reading, Structure};
use super::template::Template;
use tree::{Node, Table, Walk, there};

pub use tree::FileError;

/// The platform that is served if nothing else is asked for.
const BUILT_IN: &str = include_str!("default.toml");

/// Most objects that a structure can be told to keep.
const MOST_KEPT: usize = 1_000_000;
/// Most entries of a list in a file.
const MOST_ENTRIES: usize = 1_000;

impl AppConfig {
    /// The apps of a platform file. `name`: what the file is called in errors; JSON begins with `{`, everything else is TOML.
    pub fn read_all(name: &str, text: &str) -> Result<Vec<Self>, FileError> {
        let mut walk = Walk::new(name, text);
        let mut apps = Vec::new();
        if let Some(root) = walk.parse()
            && let Some(table) = walk.table((&root, String::new()), &["apps"])
        {
            let entries = walk.list(&table, "apps");
            if entries.is_empty() && table.get("apps").is_none() {
                walk.wrong_in(
                    &table,
                    "apps is missing: a platform has at least one, as [[apps]]",
                );
            }
            for (node, key) in entries {
                if let Some(app) = app(&mut walk, (node, key.clone())) {
                    if apps.iter().any(|other: &Self| other.name == app.name) {
                        let what = format!("there is an app {:?} already", app.name);
                        walk.wrong((node, &key), &what);
                    }
                    apps.push(app);
                }
            }
        }
        walk.end(apps)
    }

    /// The apps of the platform that is served if nothing else is asked for: `demo` and `other`, whose users' passwords everybody is told.
    pub fn built_in() -> Vec<Self> {
        // A test reads it.
        let apps = Self::read_all("built-in", BUILT_IN).unwrap_or_default();
        let tells = |app| Self { hints: true, ..app };
        apps.into_iter().map(tells).collect()
    }

    /// The same without what only a platform of one process can have: data structures, and the scenarios that need them.
    #[must_use]
    pub fn without_data(self) -> Self {
        Self {
            structures: Vec::new(),
            scenarios: vec![Scenario::push_send()],
            ..self
        }
    }
}

/// A name that can stand in a path.
fn is_name(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    !text.is_empty() && text.len() <= 100 && text.chars().all(fits)
}

const NAME: &str = "has to be of letters, digits, '-', '_' and '.', at most 100";

/// A name that can stand in a path, and that no other entry has.
fn own_name(walk: &mut Walk<'_>, table: &Table<'_>, others: &[&str]) -> Option<String> {
    let name = walk.needed(table, "name")?;
    if !is_name(&name) {
        walk.wrong_at(table, "name", NAME);
        return None;
    }
    if others.contains(&name.as_str()) {
        walk.wrong_at(table, "name", &format!("{name:?} is there already"));
    }
    Some(name)
}

/// The entries of a list of tables, of which there may be so many.
fn entries<'n>(walk: &mut Walk<'_>, table: &Table<'n>, name: &str) -> Vec<(&'n Node, String)> {
    let mut all = walk.list(table, name);
    if all.len() > MOST_ENTRIES {
        walk.wrong_at(
            table,
            name,
            &format!("has more than {MOST_ENTRIES} entries"),
        );
        all.truncate(MOST_ENTRIES);
    }
    all
}

fn app(walk: &mut Walk<'_>, at: (&Node, String)) -> Option<AppConfig> {
    const KEYS: [&str; 6] = [
        "name",
        "title",
        "sockets",
        "users",
        "structures",
        "scenarios",
    ];
    let table = walk.table(at, &KEYS)?;
    let name = walk.needed(&table, "name");
    let mut app = AppConfig::named(name.clone().unwrap_or_default());
    app.title = walk.text(&table, "title");
    app.sockets = walk.switch(&table, "sockets", true);
    for (node, key) in walk.list(&table, "users") {
        user(walk, (node, key), &mut app.users);
    }
    for entry in entries(walk, &table, "structures") {
        if let Some(found) = structure(walk, entry, &app.structures) {
            app.structures.push(found);
        }
    }
    for entry in entries(walk, &table, "scenarios") {
        if let Some(found) = scenario::read(walk, entry, &app) {
            app.scenarios.push(found);
        }
    }
    name.map(|_| app)
}

fn user(walk: &mut Walk<'_>, at: (&Node, String), users: &mut Vec<(String, String)>) {
    let Some(table) = walk.table(at, &["id", "password"]) else {
        return;
    };
    let (id, password) = (walk.needed(&table, "id"), walk.needed(&table, "password"));
    let Some((id, password)) = id.zip(password) else {
        return;
    };
    if id == "*" {
        walk.wrong_at(&table, "id", "\"*\" is everyone, and nobody's id");
    } else if users.iter().any(|(other, _)| *other == id) {
        walk.wrong_at(&table, "id", &format!("{id:?} is there already"));
    }
    users.push((id, password));
}

fn structure(walk: &mut Walk<'_>, at: (&Node, String), others: &[Structure]) -> Option<Structure> {
    let table = walk.table(at, &["name", "fields", "keep", "endpoints"])?;
    let others: Vec<&str> = others.iter().map(|one| one.name.as_str()).collect();
    let name = own_name(walk, &table, &others);
    let mut fields: Vec<String> = Vec::new();
    if table.get("fields").is_none() {
        walk.wrong_in(
            &table,
            "fields is missing: what its objects have, besides id and @when",
        );
    }
    for (node, key) in entries(walk, &table, "fields") {
        let Some(field) = walk.is_text((node, &key)) else {
            continue;
        };
        if field.is_empty() || field == "id" || field.contains(['@', '{', '}', '"']) {
            let what = format!(
                "{field:?} is no field's name: id and names with @ are the platform's, and braces and quotes templates could not name"
            );
            walk.wrong((node, &key), &what);
        } else if fields.contains(&field) {
            walk.wrong((node, &key), &format!("{field:?} is there already"));
        } else {
            fields.push(field);
        }
    }
    let keep = walk.number(&table, "keep", 1..MOST_KEPT + 1, Structure::KEEP);
    let mut readings: Vec<Reading> = Vec::new();
    for entry in entries(walk, &table, "endpoints") {
        readings.extend(reading(walk, entry, &fields, &readings));
    }
    Some(Structure {
        name: name?,
        fields,
        keep,
        readings,
    })
}

fn reading(
    walk: &mut Walk<'_>,
    at: (&Node, String),
    fields: &[String],
    others: &[Reading],
) -> Option<Reading> {
    let table = walk.table(at, &["name", "only", "session"])?;
    let others: Vec<&str> = others.iter().map(|one| one.name.as_str()).collect();
    let name = own_name(walk, &table, &others);
    let mut only = Vec::new();
    for entry in walk.list_or_one(&table, "only") {
        only.extend(values(walk, entry, fields));
    }
    // Before the first question mark: all that is wrong is told at once.
    let session = walk.switch(&table, "session", false);
    Some(Reading {
        name: name?,
        only,
        session,
    })
}

/// Fields of a structure with a template each.
fn values(
    walk: &mut Walk<'_>,
    at: (&Node, String),
    fields: &[String],
) -> Option<Vec<(String, Template)>> {
    let table = walk.any_table(at)?;
    let mut all = Vec::new();
    for name in table.names() {
        if !fields.iter().any(|field| field == name) {
            let others = there(&fields.join(", "));
            let why = format!("there is no such field; {others}");
            walk.wrong_at(&table, name, &why);
        } else if let Some(text) = walk.text(&table, name) {
            all.push((name.to_owned(), Template::new(&text)));
        }
    }
    Some(all)
}

#[cfg(test)]
mod tests;
