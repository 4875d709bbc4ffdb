//! Requests that open nothing.

use std::time::Duration;

use crate::conform::case::{Capability, Judged, missed};
use crate::conform::probe::session::POLLING;
use crate::conform::probe::{Answer, Heard, Probe, ProbeError, Request};
use crate::summary::conformance::{Missed, Outcome};

/// What a refusal is.
const REFUSED: &str = "HTTP 400";
/// What counts as at once.
const QUICK: Duration = Duration::from_secs(2);

/// What was asked, and what came, if it is no refusal.
fn refused(asked: &str, answer: &Answer) -> Result<(), Outcome> {
    if answer.status == 400 {
        return Ok(());
    }
    Err(missed(REFUSED, format!("{asked}: {answer}")))
}

/// Gets a query that has to be refused.
async fn get_refused(probe: &Probe, query: &str) -> Result<(), Outcome> {
    refused(query, &probe.get(query).await?)
}

/// Asks for a WebSocket that has to be refused, or closed with nothing said.
async fn websocket_refused(probe: &Probe, query: &str) -> Result<(), Outcome> {
    let Ok(mut ws) = probe.websocket(query).await? else {
        // Whatever else it is, no session was opened.
        return Ok(());
    };
    match ws.next().await {
        // Node's server changes its mind behind the opening: what comes is an HTTP 400, which is no frame, and the end.
        Ok(Heard::Close(_) | Heard::End) | Err(ProbeError::Frame(_)) => Ok(()),
        Err(error) => Err(error.into()),
        Ok(heard) => Err(missed(
            "no WebSocket, or one that is closed at once",
            format!("{query}: {heard:?}"),
        )),
    }
}

/// That the target still opens sessions.
async fn lives(probe: &Probe, after: &str) -> Result<(), Outcome> {
    probe.opens().await.map(drop).map_err(|outcome| {
        let why = outcome.detail();
        missed("sessions as before", format!("after {after}: {why}"))
    })
}

/// HS-03.
pub(super) async fn versions(probe: Probe) -> Judged {
    for version in ["", "EIO=&", "EIO=abc&", "EIO=5&", "EIO=-1&", "EIO=4x&"] {
        if probe.offers(Capability::Polling) {
            get_refused(&probe, &format!("{version}transport=polling")).await?;
        }
        if probe.offers(Capability::WebSocket) {
            websocket_refused(&probe, &format!("{version}transport=websocket")).await?;
        }
    }
    Ok(Outcome::Pass)
}

/// HS-04.
pub(super) async fn revision_3(probe: Probe) -> Judged {
    let query = "EIO=3&transport=polling";
    let answer = probe.get(query).await?;
    if is_revision_3(&answer) {
        return Ok(Outcome::Skip("the target serves revision 3".to_owned()));
    }
    refused(query, &answer)?;
    if !answer.text().to_ascii_lowercase().contains("version") {
        return Err(missed(
            "a body that says the version is not served",
            answer.to_string(),
        ));
    }
    Ok(Outcome::Pass)
}

/// Whether a session of that revision was opened: its packets have their length before them.
fn is_revision_3(answer: &Answer) -> bool {
    let text = answer.text();
    let length = text.split_once(":0{").map(|(length, _)| length);
    answer.status == 200
        && length.is_some_and(|length| {
            !length.is_empty() && length.bytes().all(|byte| byte.is_ascii_digit())
        })
}

/// HS-07.
pub(super) async fn transports(probe: Probe) -> Judged {
    for query in [
        "EIO=4",
        "EIO=4&transport=",
        "EIO=4&transport=carrier-pigeon",
        "EIO=4&transport=__proto__",
        "EIO=4&transport=constructor",
        "EIO=4&transport=toString",
        "EIO=4&transport=webtransport",
    ] {
        get_refused(&probe, query).await?;
    }
    lives(&probe, "transports that are none").await?;
    Ok(Outcome::Pass)
}

/// HS-08.
pub(super) async fn plain_websocket(probe: Probe) -> Judged {
    get_refused(&probe, "EIO=4&transport=websocket").await?;
    Ok(Outcome::Pass)
}

/// HS-09.
pub(super) async fn methods(probe: Probe) -> Judged {
    let mut tolerated = Vec::new();
    for method in ["POST", "PUT", "PATCH", "DELETE"] {
        let answer = probe.ask(&probe.request(method, POLLING)).await?;
        match answer.status {
            400 => {}
            405 => tolerated.push(method),
            _ => return Err(missed(REFUSED, format!("{method}: {answer}"))),
        }
    }
    if tolerated.is_empty() {
        return Ok(Outcome::Pass);
    }
    Ok(Outcome::NonStrict(Missed {
        allowed: REFUSED.to_owned(),
        seen: format!("HTTP 405 for {}", tolerated.join(", ")),
        silent: false,
    }))
}

/// HS-10.
pub(super) async fn unknown_sids(probe: Probe) -> Judged {
    let long = "x".repeat(4_000);
    for sid in [
        "AAAAAAAAAAAAAAAAAAAA",
        "00000000000000000000000000000000",
        "__proto__",
        "constructor",
        "..%2F..%2Fetc",
        "a%00b",
        "%00",
        "%FF%FE",
        "%",
        "a%20b",
    ] {
        get_refused(&probe, &format!("{POLLING}&sid={sid}")).await?;
    }
    let answer = probe.get(&format!("{POLLING}&sid={long}")).await?;
    // A server may have a word of its own for what is too long.
    if !matches!(answer.status, 400 | 414 | 431) {
        let seen = format!("a sid of 4,000 letters: {answer}");
        return Err(missed("HTTP 400, 414 or 431", seen));
    }
    if probe.offers(Capability::WebSocket) {
        let query = "EIO=4&transport=websocket&sid=AAAAAAAAAAAAAAAAAAAA";
        websocket_refused(&probe, query).await?;
    }
    lives(&probe, "sids that are none").await?;
    Ok(Outcome::Pass)
}

/// HS-11.
pub(super) async fn empty_sid(probe: Probe) -> Judged {
    let answer = probe.get(&format!("{POLLING}&sid=")).await?;
    Ok(Outcome::Info(if answer.is_open() {
        "opens a session".to_owned()
    } else {
        format!("refused: {answer}")
    }))
}

/// HS-13.
pub(super) async fn prefix(probe: Probe) -> Judged {
    let path = probe.path().trim_end_matches('/').to_owned();
    if path.is_empty() {
        let why = "Engine.IO is at the root, which every path begins with";
        return Ok(Outcome::Skip(why.to_owned()));
    }
    let target = format!("{path}x/?{POLLING}");
    let answer = probe.ask(&Request::new("GET", &target)).await?;
    if answer.is_open() {
        return Err(missed(
            "no session",
            format!("a session at {path}x/: {answer}"),
        ));
    }
    Ok(Outcome::Pass)
}

/// HS-14.
pub(super) async fn no_slash(probe: Probe) -> Judged {
    let path = probe.path().trim_end_matches('/');
    let answer = probe
        .ask(&Request::new("GET", &format!("{path}?{POLLING}")))
        .await?;
    Ok(Outcome::Info(if answer.is_open() {
        "served".to_owned()
    } else {
        format!("not served: HTTP {}", answer.status)
    }))
}

/// HS-19.
pub(super) async fn no_query(probe: Probe) -> Judged {
    let request = Request::new("GET", probe.path());
    let mut connection = probe.connect().await?;
    match connection.ask_within(&request, QUICK).await {
        Ok(answer) => refused("no query", &answer).map(|()| Outcome::Pass),
        Err(error) => Err(missed(
            format!("{REFUSED} within {QUICK:?}"),
            error.to_string(),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conform::probe::answer_of;

    #[test]
    fn a_session_of_revision_3_is_told_from_one_of_4() {
        for (body, is) in [
            ("96:0{\"sid\":\"a\"}2:40", true),
            ("0{\"sid\":\"a\"}", false),
            ("{\"code\":5}", false),
            ("x9:0{}", false),
        ] {
            assert_eq!(is_revision_3(&answer_of(200, body)), is, "{body}");
        }
        assert!(!is_revision_3(&answer_of(400, "9:0{}")));
    }
}
