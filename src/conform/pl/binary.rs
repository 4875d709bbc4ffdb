//! Bytes.

use serde_json::{Value, json};

use crate::conform::case::{Judged, missed};
use crate::conform::driver::{By, Trip, placeholders};
use crate::conform::probe::Probe;
use crate::conform::probe::packet::Packet;
use crate::summary::conformance::Outcome;

/// The arguments of a packet, each placeholder with the bytes that it stands for, as `{"bytes":[…]}`. None: one stands for nothing.
fn filled(packet: &Packet) -> Option<Value> {
    let mut args = packet.value();
    if packet.event().is_some() {
        args.as_array_mut()?.remove(0);
    }
    fill(&mut args, &packet.attachments)?;
    Some(args)
}

fn fill(value: &mut Value, attachments: &[Vec<u8>]) -> Option<()> {
    if value.get("_placeholder") == Some(&Value::Bool(true)) {
        let num = usize::try_from(value.get("num")?.as_u64()?).ok()?;
        *value = json!({ "bytes": attachments.get(num)? });
        return Some(());
    }
    match value {
        Value::Array(items) => items
            .iter_mut()
            .try_for_each(|item| fill(item, attachments)),
        Value::Object(map) => map
            .values_mut()
            .try_for_each(|value| fill(value, attachments)),
        _ => Some(()),
    }
}

/// That a packet has these arguments, once its placeholders are filled.
fn has(packet: &Packet, due: &Value) -> Result<(), Outcome> {
    if filled(packet).as_ref() == Some(due) {
        return Ok(());
    }
    let attached: Vec<_> = packet.attachments.iter().map(|one| shown(one)).collect();
    let seen = format!("{} ({})", packet.told(), attached.join("; "));
    Err(missed(told(due), seen))
}

fn shown(bytes: &[u8]) -> String {
    match bytes.len() {
        0..=16 => format!("{bytes:?}"),
        n => format!("{n} bytes"),
    }
}

fn told(due: &Value) -> String {
    let text = due.to_string();
    crate::conform::probe::trace::escaped(&text)
}

/// Sends the event that comes back, and says that it has to have these arguments.
async fn echoed(
    trip: &mut Trip,
    args: &str,
    attachments: &[Vec<u8>],
    due: &Value,
) -> Result<(), Outcome> {
    trip.send_binary(None, args, attachments);
    let back = trip.echo.back.clone();
    has(&trip.socket.event(&back).await?, due)
}

/// PL-14.
pub(super) async fn equal(probe: Probe) -> Judged {
    let mut ways = probe.carriers()?;
    ways.retain(|by| *by == By::Echo || probe.pushes_bytes());
    if ways.is_empty() {
        let why = "no echo event is named, and the trigger cannot carry bytes";
        return Ok(Outcome::Skip(why.to_owned()));
    }
    let all: Vec<u8> = (0..=255).collect();
    for over in probe.ways() {
        let mut trip = probe.trip_over(over).await?;
        for by in &ways {
            for bytes in [&[][..], &[0], b"text", &all] {
                let came = trip.carry_bytes(*by, bytes).await?;
                has(&came, &json!([{ "bytes": bytes }]))?;
            }
        }
        if !ways.contains(&By::Echo) {
            continue;
        }
        let three = [vec![1, 2, 3], vec![], vec![255, 0]];
        let [a, b, c] = [0, 1, 2].map(|n| json!({ "bytes": three[n] }));
        echoed(&mut trip, &placeholders(3), &three, &json!([a, b, c])).await?;
        let nested = r#"{"a":{"b":[{"_placeholder":true,"num":0},1]}},"text",[{"_placeholder":true,"num":1},{"c":{"_placeholder":true,"num":2}}]"#;
        let due = json!([{"a": {"b": [a, 1]}}, "text", [b, {"c": c}]]);
        echoed(&mut trip, nested, &three, &due).await?;
    }
    Ok(Outcome::Pass)
}

/// PL-15.
pub(super) async fn by_number(probe: Probe) -> Judged {
    let mut trip = probe.trip().await?;
    let three = [vec![10], vec![20, 21], vec![30, 31, 32]];
    let [a, b, c] = [0, 1, 2].map(|n| json!({ "bytes": three[n] }));
    let args = r#"{"_placeholder":true,"num":2},{"x":{"_placeholder":true,"num":0}},{"_placeholder":true,"num":1}"#;
    echoed(&mut trip, args, &three, &json!([c, {"x": a}, b])).await?;
    Ok(Outcome::Pass)
}

/// PL-16.
pub(super) async fn any_key_first(probe: Probe) -> Judged {
    let mut trip = probe.trip().await?;
    let one = [vec![1, 2, 3]];
    let args = r#"{"num":0,"_placeholder":true}"#;
    echoed(&mut trip, args, &one, &json!([{ "bytes": one[0] }])).await?;
    Ok(Outcome::Pass)
}

/// PL-17.
pub(super) async fn twice(probe: Probe) -> Judged {
    let mut trip = probe.trip().await?;
    let one = [vec![7, 8, 9]];
    let args = r#"{"_placeholder":true,"num":0},{"_placeholder":true,"num":0}"#;
    let bytes = json!({ "bytes": one[0] });
    echoed(&mut trip, args, &one, &json!([bytes, bytes])).await?;
    Ok(Outcome::Pass)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::protocol::socket::PacketType;

    #[test]
    fn placeholders_are_filled_by_their_numbers() {
        let mut packet = Packet {
            kind: PacketType::BinaryEvent,
            namespace: "/".to_owned(),
            id: None,
            data: r#"["e",{"num":1,"_placeholder":true},[{"_placeholder":true,"num":0}]]"#
                .to_owned(),
            offset: None,
            attachments: vec![vec![1], vec![2]],
            at: Duration::ZERO,
        };
        let due = json!([{"bytes": [2]}, [{"bytes": [1]}]]);
        assert_eq!(filled(&packet), Some(due));
        packet.attachments.pop();
        assert_eq!(filled(&packet), None);
    }
}
