//! Reads `[[target.triggers]]`, and gathers what is wrong with them.

use std::time::Duration;

use super::deal::{MOST_IN_ROUND, reduced};
use super::entry::{Emitter, Entry, Kind};
use super::{CommandWay, RedisWay, SocketWay, Trigger, Way};
use crate::protocol::socket::RESERVED_EVENTS;
use crate::scenario::contract::{self, Reading};
use crate::scenario::problems::Problems;
use crate::scenario::template::{Name, Template};

const KEY: &str = "target.triggers";
const MOST_WEIGHT: u32 = 1_000;
const MOST_TRIGGERS: usize = 16;
const EMIT: &str = "push";
const ARGS: &str = r#"["{{user}}","{{event}}",{{message}}]"#;
const ACCEPTS: &str = "ok";
const PREFIX: &str = "socket.io";
const ROOM: &str = "{{user}}";

/// The triggers that stand there.
pub(in crate::scenario) fn several(entries: &[Entry], problems: &mut Problems) -> Vec<Trigger> {
    problems.check(entries.len() <= MOST_TRIGGERS, KEY, || {
        format!("{} triggers; at most {MOST_TRIGGERS}", entries.len())
    });
    let mut all: Vec<Trigger> = Vec::new();
    for (n, entry) in entries.iter().enumerate() {
        let mut own = Problems::default();
        let Some(trigger) = one(entry, &mut own) else {
            let what = "name its kind: http, socket, redis or command".to_owned();
            problems.add_to_entry(KEY, n, what);
            continue;
        };
        if all.iter().any(|other| other.name == trigger.name) {
            let what = format!(
                "{:?} is the name of another; give it one of its own",
                trigger.name
            );
            own.add("name", what);
        }
        for problem in own.0 {
            problems.add_to_entry(KEY, n, problem.to_string());
        }
        all.push(trigger);
    }
    let weights: Vec<_> = all.iter().map(|trigger| trigger.weight).collect();
    let round: u32 = reduced(&weights).iter().sum();
    problems.check(round <= MOST_IN_ROUND, KEY, || {
        format!("weights whose least whole numbers come to {round}; to at most {MOST_IN_ROUND}, as 3 and 1")
    });
    all
}

/// `None`: it has no kind.
fn one(entry: &Entry, problems: &mut Problems) -> Option<Trigger> {
    let kind = entry.kind?;
    only_its_keys(entry, kind, problems);
    let name = entry.name.clone().unwrap_or_else(|| kind.name().to_owned());
    problems.check(!name.trim().is_empty(), "name", || "it is empty".to_owned());
    let weight = entry.weight.unwrap_or(1);
    let fits = (1..=MOST_WEIGHT).contains(&weight);
    problems.check(fits, "weight", || {
        format!("{weight} is no weight; write a whole number from 1 to {MOST_WEIGHT}")
    });
    let timeout = entry.timeout.map(|span| span.0);
    problems.check(timeout != Some(Duration::ZERO), "timeout", || {
        "nothing is answered in no time; write one above zero, as 10s".to_owned()
    });
    let way = match kind {
        Kind::Http => Way::Http(contract::http(entry, problems)),
        Kind::Socket => Way::Socket(socket(entry, problems)),
        Kind::Redis => Way::Redis(redis(entry, problems)),
        Kind::Command => Way::Command(command(entry, problems)),
    };
    Some(Trigger {
        name,
        weight: weight.clamp(1, MOST_WEIGHT),
        timeout,
        way,
    })
}

fn only_its_keys(entry: &Entry, kind: Kind, problems: &mut Problems) {
    const OF_ALL: [&str; 4] = ["name", "kind", "weight", "timeout"];
    let written = serde_json::to_value(entry).unwrap_or_default();
    for key in written
        .as_object()
        .into_iter()
        .flatten()
        .map(|(key, _)| key)
    {
        if !OF_ALL.contains(&key.as_str()) && !kind.keys().contains(&key.as_str()) {
            let (kind, keys) = (kind.name(), kind.keys().join(", "));
            problems.add(
                "kind",
                format!("no {kind} trigger has {key}; its keys are {keys}"),
            );
        }
    }
}

fn everyone(entry: &Entry) -> String {
    entry.everyone.clone().unwrap_or_else(|| "*".to_owned())
}

fn template(problems: &mut Problems, key: &'static str, known: &[Name], text: &str) -> Template {
    Template::parse(text, known).unwrap_or_else(|why| {
        problems.add(key, why);
        Template::default()
    })
}

fn has_message(template: &Template) -> bool {
    template.has(Name::Message) || template.has(Name::MessageText)
}

fn socket(entry: &Entry, problems: &mut Problems) -> SocketWay {
    let emit = entry.emit.clone().unwrap_or_else(|| EMIT.to_owned());
    let reserved = RESERVED_EVENTS.contains(&emit.as_str());
    problems.check(!reserved, "emit", || {
        format!("{emit:?} is reserved: no client can emit it")
    });
    let from = entry.from.unwrap_or_default();
    let args = entry.args.as_deref().unwrap_or(ARGS);
    let args = Reading::new(problems).array("args", Name::EMITTED, args);
    problems.check(has_message(&args), "args", || {
        "the payload has no place in it; write {{message}} where it goes".to_owned()
    });
    who(entry, from, args.has(Name::From), problems);
    let ack = entry.ack.unwrap_or(true);
    let told = entry.answer.is_some() || entry.accepts.is_some();
    problems.check(ack || !told, "ack", || {
        "without an ack nothing answers; leave answer and accepts out".to_owned()
    });
    let fits = |pointer: &String| pointer.is_empty() || pointer.starts_with('/');
    problems.check(entry.answer.as_ref().is_none_or(fits), "answer", || {
        let answer = entry.answer.as_deref().unwrap_or_default();
        format!("{answer:?} is no JSON Pointer; write it as /0/status")
    });
    problems.check(
        entry.accepts.is_none() || entry.answer.is_some(),
        "accepts",
        || "where does the ack say so? Name the place as answer = \"/0/status\"".to_owned(),
    );
    let accepts = entry.accepts.clone().unwrap_or_else(|| ACCEPTS.to_owned());
    SocketWay {
        from,
        emit,
        args,
        everyone: everyone(entry),
        user: entry.user.clone().unwrap_or_default(),
        password: entry.password.clone(),
        token: entry.token.clone(),
        ack,
        answer: entry.answer.clone().map(|pointer| (pointer, accepts)),
    }
}

/// Checks who emits against what is said of who does.
fn who(entry: &Entry, from: Emitter, is_told: bool, problems: &mut Problems) {
    match from {
        Emitter::Publisher => {
            problems.check(entry.user.is_some(), "user", || {
                "who publishes? Name a user of the target who is none of the run's, or write from = \"users\" to have the run's own emit".to_owned()
            });
            problems.check(!is_told, "args", || {
                "{{from}} is the user of the run whose socket emits, and a publisher is none; write the publisher's name, or from = \"users\"".to_owned()
            });
        }
        Emitter::Users => {
            let given = [
                ("user", &entry.user),
                ("password", &entry.password),
                ("token", &entry.token),
            ];
            for (key, given) in given {
                problems.check(given.is_none(), key, || {
                    "with from = \"users\" the run's own users emit, who are logged in already; leave it out".to_owned()
                });
            }
        }
    }
}

fn redis(entry: &Entry, problems: &mut Problems) -> RedisWay {
    let url = entry.url.clone().unwrap_or_default();
    // The URL may have a password in it: it is not told.
    let tls = url.starts_with("rediss://");
    let place = url
        .strip_prefix("rediss://")
        .or_else(|| url.strip_prefix("redis://"));
    let fits = place.is_some_and(|place| !place.is_empty());
    problems.check(fits, "url", || {
        "where is Redis? Write it as redis://127.0.0.1:6379, or rediss:// for TLS".to_owned()
    });
    problems.check(!url.contains('#'), "url", || {
        "what follows # is not read; target.tls.insecure (--insecure) says whether any certificate will do".to_owned()
    });
    let url = format!("redis://{}", place.unwrap_or_default());
    let namespace = entry.namespace.clone().unwrap_or_else(|| "/".to_owned());
    problems.check(namespace.starts_with('/'), "namespace", || {
        format!("{namespace:?} is no namespace; begin it with /")
    });
    let (room, broadcast) = (entry.room.as_deref(), entry.broadcast_room.as_deref());
    let room = template(problems, "room", Name::ROOM, room.unwrap_or(ROOM));
    let own = room.has(Name::User) || room.columns().next().is_some();
    problems.check(own, "room", || {
        "it is the same for every user; write {{user}} where the name goes".to_owned()
    });
    RedisWay {
        url,
        tls,
        key: entry.key.clone().unwrap_or_else(|| PREFIX.to_owned()),
        namespace,
        room,
        broadcast_room: template(
            problems,
            "broadcast_room",
            &[Name::App],
            broadcast.unwrap_or_default(),
        ),
    }
}

fn command(entry: &Entry, problems: &mut Problems) -> CommandWay {
    let words = entry.command.clone().unwrap_or_default();
    let named = words.first().is_some_and(|program| !program.is_empty());
    problems.check(named, "command", || {
        "no program; write it with its arguments, as [\"./push\", \"{{user}}\"]".to_owned()
    });
    let command: Vec<_> = words
        .iter()
        .map(|word| template(problems, "command", Name::PUSH, word))
        .collect();
    let stdin = entry.stdin.as_deref().unwrap_or("{{message}}");
    let stdin = template(problems, "stdin", Name::PUSH, stdin);
    let placed = has_message(&stdin) || command.iter().any(has_message);
    problems.check(placed, "stdin", || {
        "the payload has no place in it nor in command; write {{message}} where it goes".to_owned()
    });
    CommandWay {
        command,
        stdin,
        everyone: everyone(entry),
    }
}
