//! What is asked for and shown before one has joined.

use std::time::Duration;

use serde_json::Value;

use super::attack::{Said, Scene, ends_within, say, transports, within};
use super::bystander::Bystander;
use crate::conform::case::{Judged, missed};
use crate::conform::driver::Credentials;
use crate::conform::probe::link::{Over, Session};
use crate::conform::probe::packet::connect;
use crate::conform::probe::socket::Came;
use crate::conform::probe::trace::escaped;
use crate::conform::probe::{PATIENCE, Probe, ProbeError};
use crate::protocol::socket::PacketType;
use crate::summary::conformance::{Missed, Outcome};

/// Namespaces that are asked for on one connection.
const NAMESPACES: usize = 1_000;
/// How many at a time: some servers take no more than sixteen packets in one body.
const BATCH: usize = 10;

/// SE-25.
pub(super) async fn many_namespaces(probe: Probe) -> Judged {
    let mut scene = Scene::of(&probe).await?;
    for over in transports(&probe) {
        let mut session = scene.joined(over).await?;
        let names: Vec<_> = (0..NAMESPACES).map(|n| format!("/pushproof-{n}")).collect();
        for names in names.chunks(BATCH) {
            let packets: Vec<_> = names.iter().map(|name| format!("40{name},")).collect();
            let packets: Vec<_> = packets.iter().map(String::as_str).collect();
            session.send_all(&packets).await?;
        }
        for name in &names {
            answered(&probe, &mut session, name).await?;
        }
        scene.bystander.goes_on("a thousand namespaces").await?;
    }
    scene.unharmed("a thousand namespaces").await
}

/// That the next answer to a CONNECT is that of this namespace.
async fn answered(probe: &Probe, session: &mut Session, name: &str) -> Result<(), Outcome> {
    let allowed = format!("a refusal of each namespace in order, now of {name}");
    loop {
        match session.next_packet(PATIENCE).await {
            Ok(Came::Packet(packet)) if packet.namespace == name => return Ok(()),
            // What others push at everyone.
            Ok(Came::Packet(packet))
                if packet.event().is_some() && !packet.data.contains(probe.mark()) => {}
            Ok(came) => return Err(missed(allowed, came.told())),
            Err(error) => return Err(missed(allowed, error.to_string())),
        }
    }
}

/// SE-26.
pub(super) async fn namespace_names(probe: Probe) -> Judged {
    let (mut bystander, shows) = Bystander::beside(&probe).await?;
    let auth = &shows.hello.auth;
    let long = format!("/{}", "x".repeat(100_000));
    let mut names = vec![
        ("a name of 100 kB", long),
        ("a name that every object has", "/__proto__".to_owned()),
        ("a name that every object has", "/constructor".to_owned()),
        ("a name without a slash", "custom".to_owned()),
        ("the main namespace with a query", "/?x=1".to_owned()),
        ("a name in other letters", "/%2f".to_owned()),
    ];
    if let Some(name) = probe.section().namespaces.iter().flatten().next() {
        names.push(("a namespace with a query", format!("{name}?x=1")));
    }
    let mut silent = None;
    for (what, name) in names {
        for over in transports(&probe) {
            let mut session = probe.presenting(&shows).session(over).await?;
            say(&mut session, &format!("40{name},{auth}").into()).await?;
            let what = format!("{what}, on {}", over.name());
            let refused = is_refused(&mut session, &what).await;
            bystander.goes_on(&what).await?;
            match refused {
                Err(outcome @ Outcome::NonStrict(_)) => {
                    silent.get_or_insert(outcome);
                    break;
                }
                refused => refused?,
            }
        }
    }
    bystander.unharmed("names of namespaces").await?;
    Ok(silent.unwrap_or(Outcome::Pass))
}

/// That an attempt to join is refused. Who passes over it lets nobody in either, but does not say so.
async fn is_refused(session: &mut Session, what: &str) -> Result<(), Outcome> {
    let allowed = "CONNECT_ERROR, or the end of the connection";
    let seen = |seen: String| Missed {
        allowed: allowed.to_owned(),
        seen: format!("{what}: {seen}"),
        silent: false,
    };
    match session.next_packet(PATIENCE).await {
        Ok(Came::Packet(packet)) if packet.kind == PacketType::ConnectError => Ok(()),
        Ok(Came::Ended(..)) | Err(ProbeError::Ended | ProbeError::Frame(_)) => Ok(()),
        Ok(Came::Other(text)) if text == "1" => Ok(()),
        Ok(came) => Err(Outcome::Fail(seen(came.told()))),
        Err(error) => Err(Outcome::NonStrict(seen(error.to_string()))),
    }
}

/// SE-28.
pub(super) async fn not_joined(probe: Probe) -> Judged {
    let Some(stated) = probe.section().connect_timeout else {
        return Err(Outcome::Unknown("no time is stated".to_owned()));
    };
    let bystander = Bystander::new(&probe).await?;
    let patience = within(stated.0);
    let unfinished = r#"452-["x",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]"#;
    let elsewhere =
        r#"452-/pushproof,["x",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]"#;
    let shapes: [(&str, Vec<Said>); 5] = [
        ("a connection that says nothing", Vec::new()),
        (
            "a connection that waits for attachments",
            vec![unfinished.into()],
        ),
        (
            "a connection that has sent an attachment",
            vec![unfinished.into(), Said::Binary(vec![0; 1_000])],
        ),
        ("a connection that waits elsewhere", vec![elsewhere.into()]),
        (
            "a connection that asked for nothing that is there",
            vec!["40/pushproof,".into()],
        ),
    ];
    let mut waiting = tokio::task::JoinSet::new();
    for (what, shape) in shapes {
        for over in transports(&probe) {
            let (probe, shape) = (probe.clone(), shape.clone());
            let what = format!("{what}, on {}", over.name());
            waiting
                .spawn(async move { ends_unjoined(&probe, &what, &shape, over, patience).await });
        }
    }
    while let Some(ended) = waiting.join_next().await {
        ended.map_err(|error| Outcome::Error(error.to_string()))??;
    }
    bystander.unharmed("connections that do not join").await?;
    Ok(Outcome::Pass)
}

async fn ends_unjoined(
    probe: &Probe,
    what: &str,
    shape: &[Said],
    over: Over,
    patience: Duration,
) -> Result<(), Outcome> {
    let mut session = probe.session(over).await?;
    for said in shape {
        say(&mut session, said).await?;
    }
    ends_within(probe, &mut session, what, patience).await
}

/// Signs of a stack trace, in the languages of the usual servers.
const TRACES: [&str; 8] = [
    "\\n    at ",
    ".js:",
    ".ts:",
    "node:internal",
    "Traceback (most recent",
    "File \\\"",
    "panicked at",
    ".rs:",
];

/// SE-35.
pub(super) async fn refusals(probe: Probe) -> Judged {
    let (bystander, shows) = Bystander::beside(&probe).await?;
    let auth = shows.auth();
    let mut told = false;
    let mut attempts: Vec<(String, String)> = Vec::new();
    for (key, value) in &auth {
        let Value::String(value) = value else {
            continue;
        };
        // One thing is wrong at a time: what is right besides must not come back either.
        let wrong = format!("{value}~{}", probe.mark());
        let mut other = auth.clone();
        other.insert(key.clone(), wrong.clone().into());
        attempts.push((Value::Object(other).to_string(), wrong));
    }
    attempts.push((r#"{"session_id":{"a":null}}"#.to_owned(), String::new()));
    let right = auth.values().filter_map(Value::as_str);
    let right: Vec<_> = right.chain([shows.session.as_str()]).collect();
    for (auth, wrong) in attempts {
        let secrets = [&[wrong.as_str()][..], &right[..]].concat();
        told |= says_little(&probe, &shows.with_auth_text(&auth), &secrets).await?;
    }
    bystander.unharmed("refusals").await?;
    if told {
        Ok(Outcome::Pass)
    } else {
        Err(Outcome::Unknown("nothing was refused in words".to_owned()))
    }
}

/// That a refusal has neither of these in it, nor where in the code it comes from. False: there was no refusal in words.
async fn says_little(
    probe: &Probe,
    shows: &Credentials,
    secrets: &[&str],
) -> Result<bool, Outcome> {
    /// What is shorter is no secret: an app's name may be said.
    const SHORTEST: usize = 6;
    let mut own = probe.presenting(shows).session(probe.usual_way()).await?;
    own.send(&connect(&shows.hello)).await?;
    loop {
        match own.next_packet(PATIENCE).await {
            Ok(Came::Packet(packet)) if packet.kind == PacketType::ConnectError => {
                let mut data = packet.data.clone();
                for secret in secrets.iter().filter(|one| one.len() >= SHORTEST) {
                    // The report must not say it either.
                    data = data.replace(secret, "…");
                }
                let traced = TRACES.iter().any(|sign| data.contains(sign));
                if data != packet.data || traced {
                    let allowed = "a refusal without what was shown, and without a stack trace";
                    return Err(missed(allowed, escaped(&data)));
                }
                return Ok(true);
            }
            // What is taken for a mistake that does not matter is for other cases to judge.
            Ok(Came::Packet(packet)) if packet.kind == PacketType::Connect => return Ok(false),
            Ok(Came::Packet(_)) => {}
            _ => return Ok(false),
        }
    }
}
