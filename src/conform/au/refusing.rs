//! Credentials that are not good.

use std::time::Duration;

use serde_json::{Value, json};

use crate::conform::case::Capability::{Logout, OtherApp, Push, SessionEnd};
use crate::conform::case::{Judged, missed};
use crate::conform::driver::{Credentials, To};
use crate::conform::probe::listening;
use crate::conform::probe::packet::Packet;
use crate::conform::probe::socket::{Came, Socket};
use crate::conform::probe::{PATIENCE, Probe};
use crate::protocol::socket::PacketType;
use crate::scenario::conformance::SessionEnd as Policy;
use crate::summary::conformance::Outcome;

/// How long a refused socket is listened to.
const REFUSED: Duration = Duration::from_millis(700);
/// How long a socket is watched that is to stay.
const STAYS: Duration = Duration::from_millis(700);
/// Refusals of each kind whose times are compared.
const SAMPLES: usize = 9;
/// Times that are further apart tell something.
const APART: Duration = Duration::from_millis(25);

/// AU-03.
pub(super) async fn nothing_shown(probe: Probe) -> Judged {
    let (user, _seat) = probe.user().await?;
    let mut shows = probe.log_in(&user).await?;
    shows.presents = probe.presents_nothing();
    probe
        .refused("a socket that shows nothing", &shows.with_auth_text(""))
        .await?;
    Ok(Outcome::Pass)
}

/// AU-04.
pub(super) async fn malformed(probe: Probe) -> Judged {
    let (user, _seat) = probe.user().await?;
    let shows = probe.log_in(&user).await?;
    let proof = shows.proof_key()?;
    let good = shows.auth().get(&proof).cloned().unwrap_or_default();
    let wrong = [
        ("no", None),
        ("an empty", Some(json!(""))),
        ("null for", Some(Value::Null)),
        ("true for", Some(json!(true))),
        ("a number for", Some(json!(7))),
        ("an array for", Some(json!([good]))),
        ("an object for", Some(json!({"id": good, "length": 32}))),
    ];
    for key in shows.app_key().into_iter().chain([proof]) {
        for (word, value) in &wrong {
            let what = format!("{word} {key}");
            probe
                .refused(&what, &shows.with(&key, value.clone()))
                .await?;
        }
    }
    Ok(Outcome::Pass)
}

/// AU-05.
pub(super) async fn mismatched(probe: Probe) -> Judged {
    let (user, _seat) = probe.user().await?;
    let shows = probe.log_in(&user).await?;
    shows.proof_key()?;
    let unknown = probe.bad(&shows);
    probe.refused("a session that nobody has", &unknown).await?;
    let Some(app) = shows.app_key() else {
        return Ok(Outcome::Pass);
    };
    let nowhere = shows.with(&app, Some("no-such-app".into()));
    probe.refused("an app that is not there", &nowhere).await?;
    if probe.offers(OtherApp) {
        let other = Some(probe.other_app().into());
        let crossed = shows.with(&app, other);
        probe.refused("a session of another app", &crossed).await?;
    }
    Ok(Outcome::Pass)
}

/// AU-06.
pub(super) async fn ended(probe: Probe) -> Judged {
    let (user, _seat) = probe.user().await?;
    let mut shows = probe.log_in(&user).await?;
    if let Some(expired) = &probe.section().expired {
        shows.presents = probe.presents_nothing();
        let expired = shows.with_auth_text(expired);
        probe
            .refused("a session that has expired", &expired)
            .await?;
    }
    if !probe.offers(Logout) {
        return Ok(Outcome::Pass);
    }
    let shows = probe.log_in(&user).await?;
    let mut socket = probe.socket(&shows).await?;
    probe.log_out(&shows).await?;
    probe.refused("a session that was ended", &shows).await?;
    if !probe.offers(SessionEnd) {
        return Ok(Outcome::Pass);
    }
    if probe.section().session_end == Some(Policy::Disconnect) {
        is_ended(&probe, &mut socket).await?;
    } else {
        socket.quiet(STAYS).await?;
    }
    Ok(Outcome::Pass)
}

/// That a socket comes to its end, which leaving its namespace is as well.
async fn is_ended(probe: &Probe, socket: &mut Socket) -> Result<(), Outcome> {
    let until = probe.elapsed() + PATIENCE;
    loop {
        let left = until.saturating_sub(probe.elapsed());
        match socket.next_within(left).await {
            Some(Came::Ended(..)) => return Ok(()),
            Some(Came::Packet(packet)) if packet.kind == PacketType::Disconnect => return Ok(()),
            Some(_) => {}
            None => break,
        }
    }
    let allowed = "the end of the socket whose session was ended, as is stated";
    let seen = format!("a socket that is there after {PATIENCE:?}");
    Err(missed(allowed, seen))
}

/// The `CONNECT_ERROR` for credentials that are not good, which is missed if the connection ends without one.
async fn refusal(probe: &Probe, what: &str, shows: &Credentials) -> Result<Packet, Outcome> {
    let answer = probe.refused(what, shows).await?;
    answer.ok_or_else(|| missed("CONNECT_ERROR", "the end of the connection"))
}

/// AU-07.
pub(super) async fn says_why(probe: Probe) -> Judged {
    let (user, _seat) = probe.user().await?;
    let shows = probe.log_in(&user).await?;
    let answer = refusal(&probe, "a session that nobody has", &probe.bad(&shows)).await?;
    let value = answer.value();
    let says = value.get("message").is_some_and(Value::is_string);
    if says && answer.attachments.is_empty() {
        return Ok(Outcome::Pass);
    }
    let allowed = "a CONNECT_ERROR with an object that has a message, a string";
    Err(missed(allowed, answer.told()))
}

/// AU-08.
pub(super) async fn tells_nothing(probe: Probe) -> Judged {
    let (user, _seat) = probe.user().await?;
    let shows = probe.log_in(&user).await?;
    shows.proof_key()?;
    let Some(app) = shows.app_key() else {
        return Err(Outcome::Skip(
            "what a socket shows has no app in it".to_owned(),
        ));
    };
    let kinds = [
        ("a bad session", probe.bad(&shows)),
        (
            "an unknown app",
            shows.with(&app, Some("no-such-app".into())),
        ),
    ];
    let mut words = [None, None];
    let mut times = [Vec::new(), Vec::new()];
    for _ in 0..SAMPLES {
        for (n, (what, shows)) in kinds.iter().enumerate() {
            let mut session = probe.presenting(shows).session(probe.usual_way()).await?;
            let begun = probe.elapsed();
            let answer = session.hello(&shows.hello).await?;
            times[n].push(probe.elapsed().saturating_sub(begun));
            if answer.kind != PacketType::ConnectError {
                return Err(missed(format!("CONNECT_ERROR for {what}"), answer.told()));
            }
            words[n] = Some(answer.data);
        }
    }
    let allowed = "the same refusal for a bad session and for an unknown app";
    if words[0] != words[1] {
        let [bad, unknown] = words.map(Option::unwrap_or_default);
        return Err(missed(allowed, format!("{bad} and {unknown}")));
    }
    let [bad, unknown] = times.map(|mut times| {
        times.sort_unstable();
        times[SAMPLES / 2]
    });
    let (less, more) = (bad.min(unknown), bad.max(unknown));
    if more > less + APART && more > 2 * less {
        let seen = format!("{bad:?} for a bad session, {unknown:?} for an unknown app");
        return Err(missed(format!("{allowed}, after as long"), seen));
    }
    Ok(Outcome::Pass)
}

/// AU-10.
pub(super) async fn hears_nothing(probe: Probe) -> Judged {
    let (user, _seat) = probe.user().await?;
    let shows = probe.log_in(&user).await?;
    // Somebody who is there, so that pushes at them are good.
    let mut own = probe.socket(&shows).await?;
    let bad = probe.bad(&shows);
    let mut refused = Vec::new();
    for way in probe.ways() {
        let mut session = probe.presenting(&bad).session(way).await?;
        session.send(&listening::connect(&bad.hello)).await?;
        let answer = session
            .listen_until(PATIENCE, |packets| !packets.is_empty())
            .await;
        if let Some(packet) = answer
            .packets
            .iter()
            .find(|packet| packet.kind != PacketType::ConnectError)
        {
            return Err(missed("a refusal", packet.told()));
        }
        if answer.ended.is_none() {
            refused.push((way, session));
        }
    }
    let mut publisher = probe.publisher();
    let event = probe.event_name();
    publisher
        .push(To::Everyone(&user.app), &event, &probe.message(1))
        .await?;
    publisher
        .push(To::User(&user), &event, &probe.message(2))
        .await?;
    publisher.heard(&user, &mut own).await?;
    let listens = refused
        .iter_mut()
        .map(|(way, session)| async move { (*way, session.listen(REFUSED).await) });
    for (way, listened) in futures_util::future::join_all(listens).await {
        if let Some(event) = listened.event() {
            let seen = format!("over {}: {}", way.name(), event.told());
            return Err(missed("no event at a socket that was refused", seen));
        }
    }
    Ok(Outcome::Pass)
}

/// AU-15.
pub(super) async fn no_object(probe: Probe) -> Judged {
    let (user, _seat) = probe.user().await?;
    let shows = probe.log_in(&user).await?;
    let good = &shows.hello.auth;
    let text = json!(good).to_string();
    let cut = &good[..good.len().saturating_sub(1)];
    let array = format!("[{good}]");
    let joined = format!("{good}{good}");
    let all = [
        "[]", "true", "null", "\"text\"", "{", "{]", &text, cut, &array, &joined,
    ];
    for (n, auth) in all.into_iter().enumerate() {
        // Nothing at all is no payload, and that of another case.
        if auth.is_empty()
            || serde_json::from_str::<Value>(auth).is_ok_and(|value| value.is_object())
        {
            continue;
        }
        let ways = probe.ways();
        let mut session = probe
            .presenting(&shows)
            .session(ways[n % ways.len()])
            .await?;
        let wrong = shows.with_auth_text(auth);
        let namespace = listening::namespace_of(&wrong.hello);
        session.say(&listening::connect(&wrong.hello)).await;
        let heard = session
            .listen_until(REFUSED, |packets| !packets.is_empty())
            .await;
        if let Some(packet) = heard.first(PacketType::Connect, namespace) {
            let allowed = format!("no CONNECT for {auth}");
            return Err(missed(allowed, packet.told()));
        }
    }
    if probe.offers(Push) {
        // The target lives, and lets those in who show what is good.
        probe.socket(&shows).await?;
    }
    Ok(Outcome::Pass)
}
