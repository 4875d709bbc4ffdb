//! Socket.IO packets as they go out.

use super::frame::Frame;
use super::said::Said;
use crate::protocol::binary::ONLY_PLACEHOLDER;
use crate::protocol::socket::{self, PacketType};

/// The JSON array of an event's or ack's data: a name and arguments as they stand in JSON, of which either may be missing.
pub(crate) fn array(name: &str, args: &str) -> String {
    let mut data = String::with_capacity(name.len() + args.len() + 3);
    data.push('[');
    data.push_str(name);
    if !name.is_empty() && !args.is_empty() {
        data.push(',');
    }
    data.push_str(args);
    data.push(']');
    data
}

/// One Socket.IO packet without attachments, as it goes out.
pub(crate) fn encode(kind: PacketType, namespace: &str, id: Option<u64>, data: &str) -> Frame {
    encode_binary(kind, namespace, id, data, 0)
}

/// One Socket.IO packet that announces attachments.
pub(crate) fn encode_binary(
    kind: PacketType,
    namespace: &str,
    id: Option<u64>,
    data: &str,
    attachments: usize,
) -> Frame {
    Frame::text(&packet_text(kind, namespace, id, data, attachments))
}

fn packet_text(
    kind: PacketType,
    namespace: &str,
    id: Option<u64>,
    data: &str,
    attachments: usize,
) -> String {
    let mut text = String::with_capacity(data.len() + namespace.len() + 24);
    text.push('4');
    socket::encode(
        &socket::Packet {
            kind,
            attachments,
            namespace,
            id,
            data,
        },
        &mut text,
    );
    text
}

/// One event as it goes out; its name is JSON.
pub(crate) fn encode_event(namespace: &str, event: &str, said: Option<Said<'_>>) -> Frame {
    match said {
        Some(Said::Bytes(bytes)) => {
            let data = array(event, ONLY_PLACEHOLDER);
            let text = packet_text(PacketType::BinaryEvent, namespace, None, &data, 1);
            Frame::with_attachment(&text, bytes)
        }
        Some(Said::Json(json)) => encode(PacketType::Event, namespace, None, &array(event, json)),
        None => encode(PacketType::Event, namespace, None, &array(event, "")),
    }
}

/// The text of an event whose one attachment goes out by itself.
pub(crate) fn encode_head(namespace: &str, event: &str) -> Frame {
    let data = array(event, ONLY_PLACEHOLDER);
    encode_binary(PacketType::BinaryEvent, namespace, None, &data, 1)
}
