//! What the platform does with events that clients send.
//!
//! No client event reaches another client, and none triggers anything of a connection's life.

use super::config::PlatformConfig;
use super::conn::{array, encode, encode_binary};
use super::frame::Frame;
use super::socket::ClientEvent;
use crate::protocol::socket::PacketType;

/// The packets that answer an event, to go out next to each other.
pub(crate) fn answer(config: &PlatformConfig, event: &ClientEvent<'_>) -> Vec<Frame> {
    let namespace = config.namespace_name(event.namespace);
    match (config.echo, event.name.as_str(), event.id) {
        (true, "message", None) => echo(
            [PacketType::Event, PacketType::BinaryEvent],
            namespace,
            event,
            Some("\"message-back\""),
        ),
        (true, "message-with-ack", Some(_)) => echo(
            [PacketType::Ack, PacketType::BinaryAck],
            namespace,
            event,
            None,
        ),
        (_, _, Some(id)) => vec![encode(PacketType::Ack, namespace, Some(id), "[]")],
        (_, _, None) => Vec::new(),
    }
}

/// The event's arguments, behind a name if there is one, with the same attachments under the same numbers.
fn echo(
    [plain, binary]: [PacketType; 2],
    namespace: &str,
    event: &ClientEvent<'_>,
    name: Option<&str>,
) -> Vec<Frame> {
    let data = array(name.unwrap_or_default(), &event.args);
    let count = event.attachments.len();
    let kind = if count == 0 { plain } else { binary };
    let head = encode_binary(kind, namespace, event.id, &data, count);
    let attachments = event.attachments.iter().map(|a| Frame::binary(a));
    std::iter::once(head).chain(attachments).collect()
}
