//! Acknowledgements.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::conform::case::{Judged, missed};
use crate::conform::driver::Trip;
use crate::conform::probe::packet::Packet;
use crate::conform::probe::socket::Came;
use crate::conform::probe::{PATIENCE, Probe};
use crate::protocol::socket::{PacketType, array_items};
use crate::summary::conformance::Outcome;

/// How long a second ack, and one that may not come, is waited for.
const LATER: Duration = Duration::from_millis(500);

fn is_ack(packet: &Packet) -> bool {
    matches!(packet.kind, PacketType::Ack | PacketType::BinaryAck)
}

/// The next ack; events that come before it are none.
async fn next_ack(trip: &mut Trip, patience: Duration) -> Option<Came> {
    loop {
        match trip.socket.next_within(patience).await? {
            Came::Packet(packet) if !is_ack(&packet) => {}
            came => return Some(came),
        }
    }
}

/// OR-12.
pub(super) async fn each_once(probe: Probe) -> Judged {
    const MANY: u64 = 100;
    let mut trip = probe.trip().await?;
    for id in 0..MANY {
        trip.socket
            .emit(Some(id), &trip.echo.ack, &probe.message(id));
    }
    let mut acks: BTreeMap<u64, u32> = BTreeMap::new();
    // Those that come twice come among the others, or shortly behind the last.
    loop {
        let patience = if acks.len() as u64 == MANY {
            LATER
        } else {
            PATIENCE
        };
        let packet = match next_ack(&mut trip, patience).await {
            Some(Came::Packet(packet)) => packet,
            // Pings and their answers wait behind so many events.
            Some(Came::Ended(how, at)) if at >= trip.socket.timings.1 => {
                let why = format!("{how} after {at:?}: a ping may have waited for too long");
                return Err(Outcome::Unknown(why));
            }
            Some(other) => return Err(missed("acks", other.told())),
            None => break,
        };
        let id = packet.id.unwrap_or(u64::MAX);
        let own = array_items(&packet.data).is_ok_and(|args| {
            let value = |text: &str| serde_json::from_str::<serde_json::Value>(text).ok();
            value(args) == value(&probe.message(id))
        });
        if id >= MANY || !own {
            let allowed = "each ack with its event's id and arguments";
            return Err(missed(allowed, packet.told()));
        }
        *acks.entry(id).or_default() += 1;
    }
    let lost: Vec<_> = (0..MANY).filter(|id| !acks.contains_key(id)).collect();
    if let Some(first) = lost.first() {
        let seen = format!(
            "{} of them missing, the first has the id {first}",
            lost.len()
        );
        return Err(missed(format!("{MANY} acks"), seen));
    }
    if let Some((id, times)) = acks.iter().find(|(_, times)| **times > 1) {
        let seen = format!("that of the id {id} {times} times");
        return Err(missed(format!("{MANY} acks, each once"), seen));
    }
    Ok(Outcome::Pass)
}

/// OR-13.
pub(super) async fn large_ids(probe: Probe) -> Judged {
    let mut trip = probe.trip().await?;
    let event = serde_json::Value::from(trip.echo.ack.as_str());
    let message = probe.message(1);
    // The second is whether it has to come back.
    for (id, has_to) in [
        ("0", true),
        ("2147483648", true),
        ("9007199254740991", true),
        ("9007199254740993", false),
        ("18446744073709551615", false),
        ("12345678901234567890123", false),
    ] {
        trip.socket.send(&format!("42{id}[{event},{message}]"));
        let patience = if has_to { PATIENCE } else { LATER };
        let came = next_ack(&mut trip, patience).await;
        let allowed = || {
            let or = if has_to { "" } else { ", or none at all" };
            format!("an ack of the id {id}{or}")
        };
        match came {
            None if !has_to => {}
            // One that it does not take may end the connection.
            Some(Came::Ended(..)) if !has_to => trip.socket = again(&probe, &trip).await?,
            None => return Err(missed(allowed(), format!("nothing within {PATIENCE:?}"))),
            Some(Came::Packet(packet)) if packet.id.is_some_and(|own| own.to_string() == id) => {}
            // A number that no reader here holds is compared as it stands.
            Some(Came::Other(text)) if text.starts_with(&format!("43{id}[")) => {}
            Some(other) => return Err(missed(allowed(), other.told())),
        }
    }
    Ok(Outcome::Pass)
}

/// Another socket of the same user.
async fn again(
    probe: &Probe,
    trip: &Trip,
) -> Result<crate::conform::probe::socket::Socket, Outcome> {
    probe.come(&trip.user).await
}

/// OR-14.
pub(super) async fn unknown(probe: Probe) -> Judged {
    let mut trip = probe.trip().await?;
    for ack in ["43999[]", "430[1,\"two\"]", "439007199254740991[null]"] {
        trip.socket.send(ack);
        trip.goes_on(&format!("the ack {ack}, which nobody asked for"))
            .await?;
    }
    Ok(Outcome::Pass)
}
