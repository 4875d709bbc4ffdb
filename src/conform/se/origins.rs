//! Pages of other origins, and what they may read; cookies.

use super::bystander::Bystander;
use crate::conform::case::{Capability, Judged, missed};
use crate::conform::probe::link::Over;
use crate::conform::probe::packet::connect;
use crate::conform::probe::session::{POLLING, Polling, WEBSOCKET};
use crate::conform::probe::trace::escaped;
use crate::conform::probe::{Answer, Heard, Probe, ProbeError, Request};
use crate::summary::conformance::Outcome;

const ALLOW_ORIGIN: &str = "access-control-allow-origin";
const ALLOW_CREDENTIALS: &str = "access-control-allow-credentials";

/// Origins that nobody means, like the one that may or not.
fn foreign(probe: &Probe) -> Vec<String> {
    let own = probe.section().origin.as_deref();
    let own = own.unwrap_or("https://pushproof.example");
    vec![
        "https://foreign.pushproof.example".to_owned(),
        format!("{own}.foreign.example"),
        "null".to_owned(),
    ]
}

fn opening(probe: &Probe, origin: &str) -> Request {
    probe.request("GET", POLLING).header("Origin", origin)
}

/// Whether a page of this origin may read the answer.
fn may_read(answer: &Answer, origin: &str) -> bool {
    let allowed = answer.header(ALLOW_ORIGIN);
    allowed.is_some_and(|allowed| allowed == "*" || allowed == origin)
}

/// Whether a page of this origin gets a WebSocket that says something.
async fn opens(probe: &Probe, origin: &str) -> Result<bool, Outcome> {
    let opened = probe.websocket_from(WEBSOCKET, origin).await?;
    let Ok(mut ws) = opened else {
        return Ok(false);
    };
    match ws.next().await {
        Ok(Heard::Text(_) | Heard::Binary(_)) => Ok(true),
        Ok(Heard::Close(_) | Heard::End) | Err(ProbeError::Frame(_) | ProbeError::Ended) => {
            Ok(false)
        }
        Err(error) => Err(error.into()),
    }
}

/// SE-20.
pub(super) async fn policy(probe: Probe) -> Judged {
    let bystander = Bystander::new(&probe).await?;
    let own = probe.section().origin.clone().unwrap_or_default();
    if probe.offers(Capability::Polling) {
        let answer = probe.ask(&opening(&probe, &own)).await?;
        if !answer.is_open() || !may_read(&answer, &own) {
            let seen = format!("{own} on long-polling: {answer}");
            return Err(missed("a session that the page may read", seen));
        }
        for origin in foreign(&probe) {
            let answer = probe.ask(&opening(&probe, &origin)).await?;
            if may_read(&answer, &origin) {
                let seen = format!("{origin} on long-polling: {answer}, which the page may read");
                return Err(missed("no answer that a foreign page may read", seen));
            }
        }
    }
    if probe.offers(Capability::WebSocket) {
        if !opens(&probe, &own).await? {
            let seen = format!("{own} on WebSocket: none");
            return Err(missed("a session for the page", seen));
        }
        for origin in foreign(&probe) {
            if opens(&probe, &origin).await? {
                let seen = format!("{origin} on WebSocket: a session");
                return Err(missed("no WebSocket for a foreign page", seen));
            }
        }
    }
    bystander.unharmed("foreign pages").await?;
    Ok(Outcome::Pass)
}

/// SE-21.
pub(super) async fn credentials(probe: Probe) -> Judged {
    let bystander = Bystander::new(&probe).await?;
    for origin in foreign(&probe) {
        for request in [
            opening(&probe, &origin),
            preflight(&probe, &origin),
            probe.request("GET", "EIO=4").header("Origin", &origin),
        ] {
            let answer = probe.ask(&request).await?;
            let credentials = answer.header(ALLOW_CREDENTIALS) == Some("true");
            if credentials && may_read(&answer, &origin) {
                let allowed = answer.header(ALLOW_ORIGIN).unwrap_or_default();
                return Err(missed(
                    "no credentials for pages of any origin",
                    format!("{origin}: {ALLOW_ORIGIN}: {allowed}, {ALLOW_CREDENTIALS}: true"),
                ));
            }
        }
    }
    bystander.unharmed("foreign pages").await?;
    Ok(Outcome::Pass)
}

fn preflight(probe: &Probe, origin: &str) -> Request {
    probe
        .request("OPTIONS", POLLING)
        .header("Origin", origin)
        .header("Access-Control-Request-Method", "POST")
        .header("Access-Control-Request-Headers", "content-type")
}

/// SE-22.
pub(super) async fn preflights(probe: Probe) -> Judged {
    let bystander = Bystander::new(&probe).await?;
    let own = probe.section().origin.clone().unwrap_or_default();
    let answer = probe.ask(&preflight(&probe, &own)).await?;
    if !matches!(answer.status, 200 | 204) || answer.is_open() || !may_read(&answer, &own) {
        let allowed = answer.header(ALLOW_ORIGIN).unwrap_or("none");
        return Err(missed(
            "HTTP 200 or 204 with the page's origin, and no session",
            format!("{answer}, {ALLOW_ORIGIN}: {allowed}"),
        ));
    }
    bystander.unharmed("a preflight").await?;
    Ok(Outcome::Pass)
}

/// SE-24.
pub(super) async fn cookies(probe: Probe) -> Judged {
    let (bystander, shows) = Bystander::beside(&probe).await?;
    let asking = probe.presenting(&shows);
    let opened = asking.get(POLLING).await?;
    let session = asking.session(Over::Polling).await?;
    let polling = Polling::of(asking.clone(), session.sid.clone());
    let connect = connect(&shows.hello);
    let posted = polling.post(&polling.query(), &connect).await?;
    let polled = polling.poll().await?;
    let mut cookies = 0;
    for answer in [&opened, &posted, &polled] {
        let all = answer.headers.iter();
        for (_, cookie) in all.filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie")) {
            cookies += 1;
            let (pair, attributes) = cookie.split_once(';').unwrap_or((cookie, ""));
            let attributes = attributes.to_ascii_lowercase();
            let secrets = [shows.user.name.as_str(), shows.session.as_str()];
            let mut secrets = secrets.iter();
            let tells = secrets.any(|one| !one.is_empty() && pair.contains(one));
            let lacks = [
                (tells, "which says who its reader is"),
                (!attributes.contains("httponly"), "without HttpOnly"),
                (!attributes.contains("samesite="), "without SameSite"),
            ];
            if let Some((_, what)) = lacks.iter().find(|(lacks, _)| *lacks) {
                // Its value may be a secret.
                let name = pair.split('=').next().unwrap_or_default();
                return Err(missed(
                    "cookies with HttpOnly and SameSite that say nobody's name and no login",
                    format!("a cookie {:?} {what}", escaped(name)),
                ));
            }
        }
    }
    probe.note_at(0, "·", &format!("({cookies} cookies)"));
    bystander.unharmed("a session on long-polling").await?;
    Ok(Outcome::Pass)
}
