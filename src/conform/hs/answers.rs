//! What answers look like.

use serde_json::Value;

use crate::conform::case::{Capability, Judged, missed};
use crate::conform::probe::session::POLLING;
use crate::conform::probe::{Answer, Framing, Probe};
use crate::protocol::engine::SEPARATOR;
use crate::summary::conformance::{Missed, Outcome};

/// What the manual has for each reason, by its code.
const MESSAGES: [&str; 6] = [
    "Transport unknown",
    "Session ID unknown",
    "Bad handshake method",
    "Bad request",
    "Forbidden",
    "Unsupported protocol version",
];

/// HS-12. What is not refused has no such body, and is for other cases.
pub(super) async fn errors(probe: Probe) -> Judged {
    let mut judged = 0;
    for (method, query, code) in [
        ("GET", "EIO=4&transport=carrier-pigeon", 0),
        ("GET", "EIO=4&transport=polling&sid=AAAAAAAAAAAAAAAAAAAA", 1),
        ("POST", POLLING, 2),
        ("GET", "EIO=4&transport=websocket", 3),
        ("GET", "EIO=5&transport=polling", 5),
    ] {
        // Where there is no WebSocket the transport is unknown, or another reason comes first.
        if code == 3 && !probe.offers(Capability::WebSocket) {
            continue;
        }
        let answer = probe.ask(&probe.request(method, query)).await?;
        if answer.status < 400 {
            continue;
        }
        judged += 1;
        if !is_error(&answer, code) {
            return Err(missed(
                format!(
                    "{{\"code\":{code},\"message\":{:?}}}",
                    MESSAGES[code as usize]
                ),
                format!("{method} {query}: {answer}"),
            ));
        }
    }
    if judged == 0 {
        let why = "the target refused nothing that it has to refuse";
        return Ok(Outcome::Unknown(why.to_owned()));
    }
    Ok(Outcome::Pass)
}

fn is_error(answer: &Answer, code: u64) -> bool {
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    body.get("code").and_then(Value::as_u64) == Some(code)
        && body.get("message").and_then(Value::as_str) == MESSAGES.get(code as usize).copied()
}

/// HS-16.
pub(super) async fn polls(probe: Probe) -> Judged {
    // Two on one connection: what is longer than it says is the beginning of the next answer, and what is shorter never ends.
    let mut connection = probe.connect().await?;
    let request = probe.request("GET", POLLING);
    let mut warned = None;
    for _ in 0..2 {
        let answer = connection.ask(&request).await?;
        if !answer.is_open() || answer.cut {
            return Err(missed("an open packet, whole", answer.to_string()));
        }
        let text = answer.text();
        // What follows the open packet is for another case.
        if !text
            .split(SEPARATOR)
            .next()
            .is_some_and(|open| open.ends_with('}'))
        {
            return Err(missed(
                "as many bytes as the answer says",
                format!("{:?}, which end within a packet: {answer}", answer.framing),
            ));
        }
        warned = look(&answer)?;
        if answer.framing == Framing::ToTheEnd {
            return Err(missed(
                "a length, or chunks",
                "a body that ends with its connection",
            ));
        }
    }
    Ok(warned.map_or(Outcome::Pass, Outcome::NonStrict))
}

/// What is wrong with the headers of an answer; the error is one that may not be.
fn look(answer: &Answer) -> Result<Option<Missed>, Outcome> {
    let kind = answer.header("content-type").unwrap_or_default();
    let kind = kind.to_ascii_lowercase();
    let charset = kind.split_once("charset=").map(|(_, name)| name);
    let charset = charset.map(|name| name.trim().trim_matches('"'));
    if !kind.starts_with("text/") || charset.is_some_and(|name| name != "utf-8") {
        let seen = format!("Content-Type {kind:?}");
        return Err(missed("Content-Type: text/plain; charset=UTF-8", seen));
    }
    let control = answer.header("cache-control").unwrap_or_default();
    let control = control.to_ascii_lowercase();
    let kept = ["public", "max-age=", "immutable"];
    let is_kept = kept.iter().any(|word| control.contains(word)) && !control.contains("max-age=0");
    let is_not = ["no-store", "no-cache", "max-age=0"];
    if is_not.iter().any(|word| control.contains(word)) {
        let seen = "a Content-Type without charset";
        return Ok(charset.is_none().then(|| warning("charset=UTF-8", seen)));
    }
    if is_kept {
        let seen = format!("Cache-Control {control:?}");
        return Err(missed("Cache-Control: no-store", seen));
    }
    Ok(Some(warning("Cache-Control: no-store", "none")))
}

fn warning(allowed: &str, seen: &str) -> Missed {
    Missed {
        allowed: allowed.to_owned(),
        seen: seen.to_owned(),
        silent: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conform::probe::answer_of;

    #[test]
    fn an_error_has_the_number_and_the_words_of_the_manual() {
        let is = |body: &str| is_error(&answer_of(400, body), 1);
        assert!(is(r#"{"code":1,"message":"Session ID unknown"}"#));
        assert!(is(
            r#"{"message":"Session ID unknown","code":1,"context":{}}"#
        ));
        for wrong in [
            r#"{"code":"1","message":"Session ID unknown"}"#,
            r#"{"code":2,"message":"Session ID unknown"}"#,
            r#"{"code":1,"message":"session?"}"#,
            r#"{"code":1}"#,
            "Session ID unknown",
        ] {
            assert!(!is(wrong), "{wrong}");
        }
    }

    #[test]
    fn what_caches_may_do_is_read_from_the_headers() {
        let looked = |kind: &str, control: Option<&str>| {
            let mut answer = answer_of(200, "0{}");
            let mut header = |name: &str, value: &str| {
                answer.headers.push((name.to_owned(), value.to_owned()));
            };
            header("Content-Type", kind);
            if let Some(control) = control {
                header("Cache-Control", control);
            }
            match look(&answer) {
                Ok(None) => "pass",
                Ok(Some(_)) => "non-strict",
                Err(_) => "fail",
            }
        };
        let text = "text/plain; charset=UTF-8";
        assert_eq!(looked(text, Some("no-store")), "pass");
        assert_eq!(looked(text, Some("max-age=0, no-cache")), "pass");
        assert_eq!(looked(text, None), "non-strict");
        assert_eq!(looked(text, Some("public, max-age=60")), "fail");
        assert_eq!(looked("text/plain", Some("no-store")), "non-strict");
        assert_eq!(looked("application/json", Some("no-store")), "fail");
        let latin = "text/plain; charset=latin1";
        assert_eq!(looked(latin, Some("no-store")), "fail");
    }
}
