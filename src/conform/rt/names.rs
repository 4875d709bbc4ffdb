//! Events of odd names.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::Value;

use crate::conform::case::{Judged, missed};
use crate::conform::driver::{To, exactly};
use crate::conform::probe::Probe;
use crate::conform::probe::packet::Packet;
use crate::conform::probe::trace::escaped;
use crate::history;
use crate::protocol::socket::RESERVED_EVENTS;
use crate::summary::conformance::Outcome;

/// How soon a client is disconnected that sends what it must not.
const SOON: Duration = Duration::from_secs(3);

fn name_of(packet: &Packet) -> String {
    packet.event().map(|(name, _)| name).unwrap_or_default()
}

/// RT-12.
pub(super) async fn exact(probe: Probe) -> Judged {
    let (user, _seat) = probe.user().await?;
    let mut socket = probe.come(&user).await?;
    let mut publisher = probe.publisher();
    let long = "x".repeat(1_000);
    let names = [
        " before",
        "behind ",
        " ",
        "in  side",
        "caf\u{e9}",
        "cafe\u{301}",
        "\u{1f600}\u{5d0}",
        "a\"b'c",
        "a\\b\\\\n",
        "a\nb\tc\r",
        "\u{2028}\u{feff}",
        "123",
        "0",
        "null",
        "Alert",
        "alert",
        &long,
        "",
    ];
    let (mut due, mut messages) = (Vec::new(), Vec::new());
    for (n, name) in names.into_iter().enumerate() {
        let message = probe.message(n as u64);
        let to = To::User(&user);
        if name.is_empty() {
            let asked = publisher.ask(to, name, &message).await;
            if asked.outcome != history::Outcome::Accepted {
                continue;
            }
        } else {
            publisher.push(to, name, &message).await?;
        }
        due.push(name);
        messages.push(message);
    }
    let heard = publisher.heard(&user, &mut socket).await?;
    for (packet, due) in heard.iter().zip(&due) {
        let name = name_of(packet);
        if name != *due {
            let allowed = format!("an event of the name \"{}\"", escaped(due));
            return Err(missed(allowed, format!("\"{}\"", escaped(&name))));
        }
    }
    exactly("each event once", &heard, &messages)?;
    Ok(Outcome::Pass)
}

/// A name as JSON may have it: each letter escaped.
fn in_escapes(name: &str) -> String {
    let mut text = String::new();
    for unit in name.encode_utf16() {
        text.extend(["\\u", &format!("{unit:04x}")]);
    }
    text
}

/// RT-13.
pub(super) async fn escaped_spelling(probe: Probe) -> Judged {
    let mut trip = probe.trip().await?;
    let (name, back) = (trip.echo.event.clone(), trip.echo.back.clone());
    let middle = name.char_indices().nth(1).map_or(0, |(at, _)| at);
    let (first, rest) = name.split_at(middle);
    for spelled in [in_escapes(&name), format!("{first}{}", in_escapes(rest))] {
        let message = probe.message(1);
        trip.socket.send(&format!("42[\"{spelled}\",{message}]"));
        let came = trip.socket.event(&back).await?;
        let what = format!("the echo of an event that is spelled {spelled}");
        exactly(&what, &[came], &[message])?;
    }
    Ok(Outcome::Pass)
}

/// RT-14.
pub(super) async fn reserved(probe: Probe) -> Judged {
    let (user, _seat) = probe.user().await?;
    let mut socket = probe.come(&user).await?;
    let mut publisher = probe.publisher();
    let (mut accepted, mut message) = (Vec::new(), 0);
    for name in RESERVED_EVENTS {
        message += 1;
        let said = probe.message(message);
        let asked = publisher.ask(To::User(&user), name, &said).await;
        match asked.outcome {
            history::Outcome::Rejected => {}
            history::Outcome::Accepted => accepted.push(name),
            history::Outcome::Unknown => {
                // Some fail at it, which is no yes either; that they live is seen below.
                let why = asked.why.unwrap_or_default();
                if !why.starts_with("HTTP 5") {
                    return Err(Outcome::Unknown(why));
                }
            }
        }
    }
    let heard = publisher.heard(&user, &mut socket).await?;
    let mut names = heard.iter().map(name_of);
    if let Some(name) = names.find(|name| RESERVED_EVENTS.contains(&name.as_str())) {
        let allowed = "pushes of reserved names refused";
        return Err(missed(
            allowed,
            format!("the event {name:?}, which ends a client's connection"),
        ));
    }
    if let Some(name) = accepted.first() {
        let seen = format!("the push of {name:?} accepted, and nothing of it delivered");
        return Err(missed("pushes of reserved names refused", seen));
    }
    Ok(Outcome::Pass)
}

/// RT-15.
pub(super) async fn reserved_of_clients(probe: Probe) -> Judged {
    let (user, _seat) = probe.user().await?;
    let shows = probe.log_in(&user).await?;
    let tries = RESERVED_EVENTS.map(|name| {
        let (probe, shows) = (&probe, &shows);
        async move {
            let mut socket = probe.socket(shows).await?;
            socket.emit(None, name, "");
            let ended = socket.ended_within(SOON).await;
            ended.map(drop).map_err(|outcome| match outcome {
                Outcome::Fail(seen) => {
                    missed(format!("{} after {name:?}", seen.allowed), seen.seen)
                }
                other => other,
            })
        }
    });
    let ended: Result<Vec<()>, Outcome> = join_all(tries).await.into_iter().collect();
    ended.map(|_| Outcome::Pass)
}

/// RT-16.
pub(super) async fn unknown(probe: Probe) -> Judged {
    let mut trip = probe.trip().await?;
    let own = probe.event_name();
    for name in [
        own.as_str(),
        "error",
        "__proto__",
        "constructor",
        "toString",
        "hasOwnProperty",
        "",
    ] {
        trip.socket.emit(None, name, "");
        trip.socket
            .emit(None, name, &Value::from(probe.mark()).to_string());
        trip.goes_on(&format!("the event {name:?}")).await?;
    }
    drop(trip);
    // Whoever comes now is let in as before.
    let mut after = probe.trip().await?;
    after.goes_on("all of these").await?;
    Ok(Outcome::Pass)
}
