//! Socket.IO packets as they go out.

use super::frame::Frame;
use super::said::Said;
use crate::protocol::binary::ONLY_PLACEHOLDER;
use crate::protocol::socket::{self, PacketType};
use std::borrow::Cow;

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

/// One event as it goes out; its name is JSON. `offset`: its place among those that are kept, where connections can be recovered.
pub(crate) fn encode_event(
    namespace: &str,
    event: &str,
    said: Option<Said<'_>>,
    offset: Option<u64>,
) -> Frame {
    let plain = |args| {
        let data = array(event, &with_offset(args, offset));
        encode(PacketType::Event, namespace, None, &data)
    };
    match said {
        Some(Said::Bytes(bytes)) => {
            let data = array(event, &with_offset(ONLY_PLACEHOLDER, offset));
            let text = packet_text(PacketType::BinaryEvent, namespace, None, &data, 1);
            Frame::with_attachment(&text, bytes)
        }
        Some(Said::Json(json)) => plain(json),
        None => plain(""),
    }
}

/// Arguments with the offset behind them, if there is one: a text, as clients expect it.
pub(crate) fn with_offset(args: &str, offset: Option<u64>) -> Cow<'_, str> {
    let Some(offset) = offset else {
        return Cow::Borrowed(args);
    };
    let comma = if args.is_empty() { "" } else { "," };
    Cow::Owned(format!("{args}{comma}\"{offset:x}\""))
}

/// The offset that a text is. There is one spelling of each.
pub(crate) fn offset(text: &str) -> Option<u64> {
    let offset = u64::from_str_radix(text, 16).ok()?;
    (format!("{offset:x}") == text).then_some(offset)
}

/// The text of an event whose one attachment goes out by itself.
pub(crate) fn encode_head(namespace: &str, event: &str) -> Frame {
    let data = array(event, ONLY_PLACEHOLDER);
    encode_binary(PacketType::BinaryEvent, namespace, None, &data, 1)
}
