//! Namespaces, and other places that credentials could be taken from.

use std::time::Duration;

use futures_util::future::try_join_all;

use super::again::is_still;
use crate::client::http::query_value;
use crate::conform::case::Capability::Push;
use crate::conform::case::{Judged, missed};
use crate::conform::driver::{Credentials, User, exactly};
use crate::conform::probe::packet::Packet;
use crate::conform::probe::socket::{Came, Socket};
use crate::conform::probe::{Probe, listening};
use crate::protocol::socket::PacketType;
use crate::summary::conformance::Outcome;

/// How long a socket is watched behind what came last.
const LATER: Duration = Duration::from_millis(300);
/// Events that a server, or a library of one, knows by itself.
const LIFECYCLE: [&str; 10] = [
    "connect",
    "connection",
    "connect_error",
    "disconnect",
    "disconnecting",
    "authenticate",
    "login",
    "join",
    "newListener",
    "removeListener",
];

/// That a socket goes on as before.
async fn goes_on(probe: &Probe, user: &User, socket: &mut Socket) -> Result<(), Outcome> {
    if !probe.offers(Push) {
        return socket.quiet(LATER).await;
    }
    let heard = probe.publisher().heard(user, socket).await?;
    exactly("a namespace that is unaffected", &heard, &[])
}

/// What comes in a namespace that a socket asks for besides its own.
async fn answer_in(socket: &mut Socket, shows: &Credentials) -> Result<Packet, Outcome> {
    let namespace = listening::namespace_of(&shows.hello);
    socket.send(&listening::connect(&shows.hello));
    let what = format!("an answer in {namespace}");
    let is = |packet: &Packet| packet.namespace == namespace;
    let mut came = socket.until(&what, is).await?;
    came.pop().ok_or_else(|| missed(what, "nothing"))
}

fn refused(what: &str, answer: &Packet) -> Result<(), Outcome> {
    if answer.kind == PacketType::ConnectError {
        return Ok(());
    }
    Err(missed(format!("CONNECT_ERROR in {what}"), answer.told()))
}

/// AU-18.
pub(super) async fn unknown_namespace(probe: Probe) -> Judged {
    let (user, _seat) = probe.user().await?;
    for way in probe.ways() {
        let shows = probe.log_in(&user).await?;
        let mut socket = probe.socket_over(&shows, way).await?;
        let nowhere = shows.in_namespace(&probe.nowhere());
        let answer = answer_in(&mut socket, &nowhere).await?;
        refused("a namespace that is not there", &answer)?;
        goes_on(&probe, &user, &mut socket).await?;
    }
    Ok(Outcome::Pass)
}

/// AU-19.
pub(super) async fn second_namespace(probe: Probe) -> Judged {
    let (user, _seat) = probe.user().await?;
    let shows = probe.log_in(&user).await?;
    let bad = probe.bad(&shows);
    let namespaces = probe.section().namespaces.clone().unwrap_or_default();
    for namespace in &namespaces {
        let good = shows.in_namespace(namespace);
        let session = probe.presenting(&good).session(probe.usual_way()).await;
        let answer = session?.hello(&good.hello).await?;
        if answer.kind != PacketType::Connect {
            let why = format!(
                "good credentials are refused in {namespace}: {}",
                answer.told()
            );
            return Err(Outcome::Unknown(why));
        }
        let mut socket = probe.socket(&shows).await?;
        for (what, shown) in [
            ("nothing", shows.with_auth_text("")),
            ("a bad session", bad.clone()),
        ] {
            let answer = answer_in(&mut socket, &shown.in_namespace(namespace)).await?;
            let what = format!("{namespace} for a socket that shows {what} there");
            refused(&what, &answer)?;
        }
        goes_on(&probe, &user, &mut socket).await?;
    }
    Ok(Outcome::Pass)
}

/// AU-20.
pub(super) async fn lifecycle(probe: Probe) -> Judged {
    let users = probe.users(1 + LIFECYCLE.len() as u32).await?;
    let (other, users) = users
        .split_last()
        .ok_or_else(|| Outcome::Error("no users".to_owned()))?;
    let shows = probe.log_in(other).await?;
    let _other = probe.socket(&shows).await?;
    let auth = &shows.hello.auth;
    let all = users.iter().zip(LIFECYCLE);
    let all = all.map(|(user, name)| triggers_nothing(&probe, user, other, name, auth));
    try_join_all(all).await?;
    Ok(Outcome::Pass)
}

/// That an event of this name, with what somebody else's CONNECT says, ends the connection at the most.
async fn triggers_nothing(
    probe: &Probe,
    user: &User,
    other: &User,
    name: &str,
    auth: &str,
) -> Result<(), Outcome> {
    let mut socket = probe.come(user).await?;
    // As CONNECT has them, and as the hook of a server would: behind what it knows of the request.
    socket.emit(None, name, auth);
    socket.emit(None, name, &format!("{{}},{auth}"));
    while let Some(came) = socket.next_within(LATER).await {
        match came {
            Came::Ended(..) => return Ok(()),
            Came::Packet(packet) if packet.kind == PacketType::Disconnect => return Ok(()),
            Came::Packet(packet) if packet.kind == PacketType::Connect => {
                let allowed = format!("nothing but an event in the event {name:?}");
                return Err(missed(allowed, packet.told()));
            }
            _ => {}
        }
    }
    is_still(probe, user, other, &mut socket).await
}

/// AU-21.
pub(super) async fn other_places(probe: Probe) -> Judged {
    let users = probe.users(2).await?;
    let (own, other) = (&users[0], &users[1]);
    let others = probe.log_in(other).await?;
    let _other = probe.socket(&others).await?;
    for way in probe.ways() {
        let mut shows = probe.log_in(own).await?;
        let proof = shows.proof_key()?;
        for (key, value) in &others.auth() {
            let value = value.as_str().unwrap_or_default();
            let pair = format!("&{}={}", query_value(key), query_value(value));
            shows.presents.query += &pair;
            if *key == proof {
                let headers = &mut shows.presents.headers;
                headers.push(("Authorization".to_owned(), format!("Bearer {value}")));
                headers.push(("Cookie".to_owned(), format!("{key}={value}")));
            }
        }
        let mut session = probe.presenting(&shows).session(way).await?;
        let answer = session.hello(&shows.hello).await?;
        // Who refuses what disagrees mixes nothing.
        if answer.kind == PacketType::ConnectError {
            continue;
        }
        let mut socket = probe.keep(session, &answer)?;
        is_still(&probe, own, other, &mut socket).await?;
    }
    Ok(Outcome::Pass)
}
