//! The scenarios of a platform file.

use super::tree::{Node, Table, Walk, there};
use super::{NAME, entries, is_name, values};
use crate::platform::config::AppConfig;
use crate::platform::scenarios::{Change, Create, Endpoint, Scenario, SendPush, Step, Trigger};
use crate::platform::template::Template;

pub(super) fn read(walk: &mut Walk<'_>, at: (&Node, String), app: &AppConfig) -> Option<Scenario> {
    let table = walk.table(at, &["name", "on", "steps"])?;
    let name = walk.needed(&table, "name");
    if let Some(name) = &name
        && app.scenarios.iter().any(|other| other.name == *name)
    {
        walk.wrong_at(&table, "name", &format!("{name:?} is there already"));
    }
    if table.get("on").is_none() {
        walk.wrong_in(&table, "on is missing: what makes it run");
    }
    let on = table.get("on").and_then(|at| trigger(walk, at, app));
    let called = on
        .as_ref()
        .is_none_or(|(on, _)| matches!(on, Trigger::Endpoint(_) | Trigger::Event(_)));
    if table.get("steps").is_none() {
        walk.wrong_in(&table, "steps is missing: what it does");
    }
    let mut steps = Vec::new();
    for entry in entries(walk, &table, "steps") {
        steps.extend(step(walk, entry, app, called));
    }
    let (on, needs) = on?;
    Some(Scenario {
        name: name?,
        on,
        needs,
        steps,
    })
}

/// The one key of these that a table has.
fn one_of<'k>(walk: &mut Walk<'_>, table: &Table<'_>, keys: &[&'k str]) -> Option<&'k str> {
    let mut there = keys.iter().filter(|key| table.get(key).is_some());
    if let (Some(one), None) = (there.next(), there.next()) {
        return Some(one);
    }
    walk.wrong_in(table, &format!("has to have one of {}", keys.join(", ")));
    None
}

fn trigger(
    walk: &mut Walk<'_>,
    at: (&Node, String),
    app: &AppConfig,
) -> Option<(Trigger, Vec<String>)> {
    const WAYS: [&str; 5] = ["endpoint", "created", "changed", "webhook", "event"];
    let mut allowed = WAYS.to_vec();
    allowed.extend(["needs", "session", "sync"]);
    let table = walk.table(at, &allowed)?;
    let way = one_of(walk, &table, &WAYS)?;
    let mut needs = Vec::new();
    for (node, key) in walk.list(&table, "needs") {
        needs.extend(walk.is_text((node, &key)));
    }
    for key in ["session", "sync"] {
        if way != "endpoint" && table.get(key).is_some() {
            walk.wrong_at(&table, key, "goes with endpoint alone");
        }
    }
    let (session, sync) = (
        walk.switch(&table, "session", false),
        walk.switch(&table, "sync", true),
    );
    let what = walk.needed(&table, way)?;
    let on = match way {
        "endpoint" => {
            let path = what.split_once('/');
            let Some((structure, method)) = path.filter(|(a, b)| is_name(a) && is_name(b)) else {
                let wrong =
                    format!("has to be a structure and a method, as requests/submit; each {NAME}");
                walk.wrong_at(&table, way, &wrong);
                return None;
            };
            Trigger::Endpoint(Endpoint {
                structure: structure.to_owned(),
                method: method.to_owned(),
                session,
                sync,
            })
        }
        "created" | "changed" => {
            let name = structure(walk, &table, way, app)?;
            if way == "created" {
                Trigger::Created(name)
            } else {
                Trigger::Changed(name)
            }
        }
        "webhook" => Trigger::Webhook(what),
        _ => Trigger::Event(what),
    };
    let is_taken = |one: &Endpoint| {
        let mut others = app.scenarios.iter();
        others.any(|other| other.on.endpoint(&one.structure, &one.method).is_some())
    };
    if matches!(&on, Trigger::Endpoint(one) if is_taken(one)) {
        walk.wrong_at(&table, way, "there is a scenario for it already");
    }
    Some((on, needs))
}

/// The name of a structure of the app.
fn structure(walk: &mut Walk<'_>, table: &Table<'_>, key: &str, app: &AppConfig) -> Option<String> {
    let name = walk.needed(table, key)?;
    if app.structures.iter().any(|one| one.name == name) {
        return Some(name);
    }
    let names: Vec<_> = app.structures.iter().map(|one| one.name.as_str()).collect();
    let others = there(&names.join(", "));
    walk.wrong_at(
        table,
        key,
        &format!("there is no structure {name:?}; {others}"),
    );
    None
}

fn step(walk: &mut Walk<'_>, at: (&Node, String), app: &AppConfig, called: bool) -> Option<Step> {
    const KINDS: [&str; 4] = ["push", "create", "change", "reply"];
    let table = walk.table(at, &KINDS)?;
    let kind = one_of(walk, &table, &KINDS)?;
    if kind == "reply" {
        if !called {
            walk.wrong_at(
                &table,
                kind,
                "nobody waits for it: it goes with endpoint and event alone",
            );
        }
        return Some(Step::Reply(Template::new(&walk.text(&table, kind)?)));
    }
    let at = table.get(kind)?;
    Some(match kind {
        "push" => Step::SendPush(push(walk, at)?),
        "create" => {
            let table = walk.table(at, &["structure", "fields"])?;
            let structure = structure(walk, &table, "structure", app)?;
            let fields = fields(walk, &table, &structure, app);
            Step::Create(Create { structure, fields })
        }
        _ => {
            let table = walk.table(at, &["structure", "id", "fields"])?;
            let structure = structure(walk, &table, "structure", app);
            let id = walk.needed(&table, "id");
            let structure = structure?;
            Step::Change(Change {
                fields: fields(walk, &table, &structure, app),
                structure,
                id: Template::new(&id?),
            })
        }
    })
}

fn fields(
    walk: &mut Walk<'_>,
    table: &Table<'_>,
    structure: &str,
    app: &AppConfig,
) -> Vec<(String, Template)> {
    let Some(at) = table.get("fields") else {
        walk.wrong_in(table, "fields is missing: what the object gets");
        return Vec::new();
    };
    let own = app.structures.iter().find(|one| one.name == structure);
    let own = own.map_or(&[][..], |one| &one.fields);
    values(walk, at, own).unwrap_or_default()
}

fn push(walk: &mut Walk<'_>, at: (&Node, String)) -> Option<SendPush> {
    let table = walk.table(at, &["user", "event", "message", "message_base64"])?;
    let (user, event) = (walk.needed(&table, "user"), walk.needed(&table, "event"));
    let message = walk.text(&table, "message");
    let bytes = walk.text(&table, "message_base64");
    if message.is_some() && bytes.is_some() {
        walk.wrong_in(&table, "message and message_base64 cannot both be there");
    }
    let template = |text: String| Template::new(&text);
    Some(SendPush {
        user_id: template(user?),
        event_name: template(event?),
        message: message.map(template),
        message_base64: bytes.map(template),
    })
}
