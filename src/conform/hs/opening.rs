//! What an open packet says, and when what follows it comes.

use std::time::Duration;

use serde_json::Value;

use crate::conform::case::{Capability, Judged, missed};
use crate::conform::probe::session::{POLLING, WEBSOCKET, open_data, sid_of, timings};
use crate::conform::probe::{Heard, Probe};
use crate::protocol::engine::SEPARATOR;
use crate::summary::conformance::Outcome;

/// A time in milliseconds below this is one in seconds, or none that can be meant.
const LEAST_MS: u64 = 50;
/// The longest interval between pings that is waited for.
const LONGEST: Duration = Duration::from_secs(40);

/// HS-01.
pub(super) async fn fields(probe: Probe) -> Judged {
    for (transport, data) in probe.opens().await? {
        if let Some(wrong) = wrong_field(&data) {
            return Err(missed(
                "a JSON object with sid, upgrades, pingInterval, pingTimeout (50 ms or more) and maxPayload",
                format!("{wrong}, on {transport}: {data}"),
            ));
        }
    }
    Ok(Outcome::Pass)
}

/// The first field that is not as it has to be, and how it is.
fn wrong_field(data: &str) -> Option<String> {
    let Ok(Value::Object(fields)) = serde_json::from_str(data) else {
        return Some("no JSON object".to_owned());
    };
    let sid = fields.get("sid").and_then(Value::as_str);
    if sid.is_none_or(str::is_empty) {
        return Some("no sid".to_owned());
    }
    let upgrades = fields.get("upgrades").and_then(Value::as_array);
    if upgrades.is_none_or(|all| !all.iter().all(Value::is_string)) {
        return Some("upgrades that are no array of strings".to_owned());
    }
    for (key, least) in [
        ("pingInterval", LEAST_MS),
        ("pingTimeout", LEAST_MS),
        ("maxPayload", 1),
    ] {
        match fields.get(key) {
            None => return Some(format!("no {key}")),
            Some(value) if value.as_u64().is_some_and(|value| value >= least) => {}
            Some(value) => return Some(format!("{key} {value}")),
        }
    }
    None
}

/// HS-02.
pub(super) async fn upgrades(probe: Probe) -> Judged {
    let allowed =
        "no upgrades on a WebSocket, and on long-polling those that answer 2probe with 3probe";
    if probe.offers(Capability::WebSocket) {
        let (_ws, data) = probe.websocket_open().await?;
        let upgrades = named(&data);
        if !upgrades.is_empty() {
            return Err(missed(allowed, format!("{upgrades:?} on a WebSocket")));
        }
    }
    if !probe.offers(Capability::Polling) {
        return Ok(Outcome::Pass);
    }
    let data = probe.polling_open().await?;
    let Some(sid) = sid_of(&data) else {
        return Err(Outcome::Unknown("the open packet has no sid".to_owned()));
    };
    for name in named(&data) {
        // It goes over HTTP/3, which is not spoken here.
        if name == "webtransport" {
            continue;
        }
        let sid = crate::client::http::query_value(&sid);
        let name_in_query = crate::client::http::query_value(&name);
        let query = format!("EIO=4&transport={name_in_query}&sid={sid}");
        let leads = match probe.websocket(&query).await? {
            Err(answer) => Err(answer.to_string()),
            Ok(mut ws) => {
                ws.send("2probe").await?;
                match ws.next().await? {
                    Heard::Text(text) if text == "3probe" => Ok(()),
                    heard => Err(format!("{heard:?}")),
                }
            }
        };
        if let Err(seen) = leads {
            let seen = format!("the upgrade {name:?} came to {seen}");
            return Err(missed(allowed, seen));
        }
    }
    Ok(Outcome::Pass)
}

/// The upgrades that an open packet names.
fn named(data: &str) -> Vec<String> {
    let fields: Value = serde_json::from_str(data).unwrap_or_default();
    let upgrades = fields.get("upgrades").and_then(Value::as_array);
    let names = upgrades.into_iter().flatten().filter_map(Value::as_str);
    names.map(str::to_owned).collect()
}

/// HS-17.
pub(super) async fn first(probe: Probe) -> Judged {
    if probe.offers(Capability::Polling) {
        let answer = probe.get(POLLING).await?;
        let alone = !answer.text().contains(SEPARATOR);
        if open_data(&answer).is_none() || !alone {
            return Err(missed(
                "one packet, the open packet, in the first answer",
                answer.to_string(),
            ));
        }
    }
    if probe.offers(Capability::WebSocket) {
        probe.websocket_open().await?;
    }
    Ok(Outcome::Pass)
}

/// HS-18. On long-polling only where there is no WebSocket: an answer there may wait for reasons of its own.
pub(super) async fn first_ping(probe: Probe) -> Judged {
    // Both are measured so that a slow harness cannot make an early ping: from before the session was asked for, to when it was read.
    let asked = probe.elapsed();
    let (data, pinged) = if probe.offers(Capability::WebSocket) {
        let mut ws = match probe.websocket(WEBSOCKET).await? {
            Ok(ws) => ws,
            Err(answer) => return Err(missed("a WebSocket", answer.to_string())),
        };
        let data = match ws.next().await? {
            Heard::Text(text) if text.starts_with('0') => text[1..].to_owned(),
            heard => return Err(missed("the open packet", format!("{heard:?}"))),
        };
        let latest = latest(&data)?;
        let until = probe.elapsed() + latest;
        loop {
            let left = until.saturating_sub(probe.elapsed());
            match ws.next_within(left).await {
                Ok(Heard::Text(text)) if text == "2" => break (data, probe.elapsed()),
                Ok(Heard::Text(_) | Heard::Binary(_)) => {}
                Ok(heard) => return Err(missed(allowed(&data), format!("{heard:?}"))),
                Err(error) => return Err(missed(allowed(&data), error.to_string())),
            }
        }
    } else {
        let session = probe.polling_open().await?;
        let latest = latest(&session)?;
        let sid = sid_of(&session).unwrap_or_default();
        let sid = crate::client::http::query_value(&sid);
        let request = probe.request("GET", &format!("{POLLING}&sid={sid}"));
        let mut connection = probe.connect().await?;
        let answer = connection.ask_within(&request, latest).await?;
        if !answer.text().split(SEPARATOR).any(|packet| packet == "2") {
            return Err(missed(allowed(&session), answer.to_string()));
        }
        (session, probe.elapsed())
    };
    let (interval, _) = timings(&data)?;
    let came = pinged.saturating_sub(asked);
    if came < interval / 2 {
        let seen = format!("a ping {} ms after the handshake began", came.as_millis());
        return Err(missed(allowed(&data), seen));
    }
    Ok(Outcome::Pass)
}

/// How long the first ping may take, if that is not too long to be waited for.
fn latest(data: &str) -> Result<Duration, Outcome> {
    let (interval, timeout) = timings(data)?;
    if interval > LONGEST {
        let why = format!("a pingInterval of {interval:?} is longer than is waited for");
        return Err(Outcome::Unknown(why));
    }
    Ok(interval + timeout.min(LONGEST / 2))
}

fn allowed(data: &str) -> String {
    match timings(data) {
        Ok((interval, timeout)) => format!(
            "the first ping after {} to {} ms",
            (interval / 2).as_millis(),
            (interval + timeout).as_millis()
        ),
        Err(_) => "a ping".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::wrong_field;

    #[test]
    fn each_field_is_looked_at() {
        let good = r#"{"sid":"s","upgrades":["websocket"],"pingInterval":300,"pingTimeout":200,"maxPayload":1}"#;
        assert_eq!(wrong_field(good), None);
        for (from, to, wrong) in [
            ("\"s\"", "\"\"", "no sid"),
            ("\"s\"", "7", "no sid"),
            (
                "[\"websocket\"]",
                "[1]",
                "upgrades that are no array of strings",
            ),
            ("300", "0", "pingInterval 0"),
            ("300", "25", "pingInterval 25"),
            ("300", "2.5", "pingInterval 2.5"),
            ("200", "\"200\"", "pingTimeout \"200\""),
            (":1}", ":-1}", "maxPayload -1"),
            (",\"maxPayload\":1", "", "no maxPayload"),
            ("}", "", "no JSON object"),
        ] {
            assert_eq!(wrong_field(&good.replace(from, to)).as_deref(), Some(wrong));
        }
    }
}
