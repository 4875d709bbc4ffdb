//! What known-bad servers make of what clients send.

use crate::platform::hub::{Audience, Hub};
use crate::platform::mutants::{Mutant, Mutants};
use crate::platform::said::Said;
use crate::platform::socket::{ClientEvent, Membership, Request};
use crate::protocol::socket::{self, Packet, PacketType, RESERVED_EVENTS};
use crate::time::Time;

/// What a message of a joined namespace asks for, where that is not what it should be.
pub(in crate::platform) fn message(
    mutants: Mutants,
    packet: &Packet<'_>,
    data: &str,
) -> Option<Request<'static>> {
    if matches!(packet.kind, PacketType::Ack | PacketType::BinaryAck) {
        let ends = mutants.has(Mutant::CrashOnUnknownAck);
        return ends.then_some(Request::Fatal("an ack of nothing"));
    }
    let event = socket::event(data).ok()?;
    if mutants.has(Mutant::EscapedNameDropped) && data.split('"').nth(1)?.contains('\\') {
        return Some(Request::Nothing);
    }
    if mutants.has(Mutant::ReservedFromClientOk) && RESERVED_EVENTS.contains(&&*event.name) {
        return Some(Request::Nothing);
    }
    if mutants.has(Mutant::KeyOrderSensitive) && data.contains("{\"num\"") {
        return Some(Request::Nothing);
    }
    if mutants.has(Mutant::WsIntolerant) && data.starts_with("[ ") {
        return Some(Request::Fatal("white space"));
    }
    None
}

/// The id that the answer to an event has.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "that is what is wrong with it"
)]
pub(in crate::platform) fn ack_id(mutants: Mutants, id: Option<u64>) -> Option<u64> {
    if mutants.has(Mutant::AckIdFloat) {
        id.map(|id| id as f64 as u64)
    } else {
        id
    }
}

/// Pushes a client's event at everyone of its app, for the mutant that lets it.
pub(in crate::platform) fn publish(
    hub: &Hub,
    sender: Option<Membership>,
    event: &ClientEvent<'_>,
    now: Time,
) {
    if !hub.config.mutants.has(Mutant::ClientCanPublish) {
        return;
    }
    if let Some(sender) = sender {
        let name = serde_json::Value::from(event.name.as_str()).to_string();
        let said = Some(Said::Json(&event.args));
        hub.push(sender.app, Audience::Everyone, &name, said, now);
    }
}
