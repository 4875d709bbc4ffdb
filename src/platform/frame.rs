//! Packets on their way out: encoded once, shared by every receiver and every transport.

use bytes::{BufMut, Bytes, BytesMut};
use std::collections::VecDeque;

/// One Engine.IO packet, encoded as a WebSocket frame. Frames of a server are not masked, so all receivers share the same bytes;
/// long-polling takes the packet from behind the frame's head.
#[derive(Debug, Clone)]
pub(crate) struct Frame {
    wire: Bytes,
    head: u8,
    binary: bool,
}

const TEXT: u8 = 0x1;
const BINARY: u8 = 0x2;
const CLOSE: u8 = 0x8;

fn build(opcode: u8, payload: &[u8]) -> Frame {
    let mut wire = BytesMut::with_capacity(payload.len() + 10);
    wire.put_u8(0x80 | opcode);
    match payload.len() {
        short @ 0..126 => wire.put_u8(short as u8),
        medium @ 126..=0xffff => {
            wire.put_u8(126);
            wire.put_u16(medium as u16);
        }
        long => {
            wire.put_u8(127);
            wire.put_u64(long as u64);
        }
    }
    let head = wire.len() as u8;
    wire.put_slice(payload);
    Frame {
        wire: wire.freeze(),
        head,
        binary: opcode == BINARY,
    }
}

impl Frame {
    /// A text packet, its type digit first.
    pub(crate) fn text(packet: &str) -> Self {
        build(TEXT, packet.as_bytes())
    }

    /// A binary message.
    pub(crate) fn binary(data: &[u8]) -> Self {
        build(BINARY, data)
    }

    /// A WebSocket close frame. It exists on that transport alone and is never queued.
    pub(crate) fn close(code: u16) -> Self {
        build(CLOSE, &code.to_be_bytes())
    }

    /// The bytes of the WebSocket frame.
    pub(crate) fn wire(&self) -> &Bytes {
        &self.wire
    }

    /// Appends the packet as it stands in a long-polling body.
    pub(crate) fn append_to_poll(&self, body: &mut String) {
        use base64::{Engine as _, engine::general_purpose::STANDARD};
        let payload = &self.wire[usize::from(self.head)..];
        if self.binary {
            body.push('b');
            STANDARD.encode_string(payload, body);
        } else {
            body.push_str(std::str::from_utf8(payload).expect("text frames are made from str"));
        }
    }

    /// Bytes of the packet in a long-polling body.
    fn poll_len(&self) -> usize {
        let payload = self.wire.len() - usize::from(self.head);
        if self.binary {
            1 + payload.div_ceil(3) * 4
        } else {
            payload
        }
    }
}

/// The packets that wait for one connection, in order.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    frames: VecDeque<Frame>,
    bytes: usize,
}

impl Queue {
    pub(crate) fn push(&mut self, frame: Frame) {
        self.bytes += frame.wire.len();
        self.frames.push_back(frame);
    }

    pub(crate) fn pop(&mut self) -> Option<Frame> {
        let frame = self.frames.pop_front()?;
        self.bytes -= frame.wire.len();
        // A burst must not cost memory for the rest of a quiet connection's life.
        if self.frames.is_empty() && self.frames.capacity() > 64 {
            self.frames = VecDeque::new();
        }
        Some(frame)
    }

    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.frames.is_empty()
    }

    /// Packets waiting.
    pub(crate) fn len(&self) -> usize {
        self.frames.len()
    }

    /// Bytes waiting.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Moves packets into a long-polling body of at most `max` bytes; the first one goes in whatever its size.
    pub(crate) fn fill_poll(&mut self, max: usize, body: &mut String) {
        while let Some(front) = self.frames.front() {
            if !body.is_empty() {
                if body.len() + 1 + front.poll_len() > max {
                    return;
                }
                body.push(crate::protocol::engine::SEPARATOR);
            }
            if let Some(frame) = self.pop() {
                frame.append_to_poll(body);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Frame, Queue};

    #[test]
    fn the_head_has_the_three_lengths() {
        for (size, head) in [
            (0, 2),
            (125, 2),
            (126, 4),
            (127, 4),
            (65_535, 4),
            (65_536, 10),
        ] {
            let text = "x".repeat(size);
            let frame = Frame::text(&text);
            assert_eq!(frame.wire().len(), size + head, "{size}");
            assert_eq!(frame.wire()[0], 0x81);
            let mut body = String::new();
            frame.append_to_poll(&mut body);
            assert_eq!(body, text);
        }
        assert_eq!(&Frame::text("4a").wire()[..], b"\x81\x024a");
        assert_eq!(&Frame::binary(&[255]).wire()[..], b"\x82\x01\xff");
        assert_eq!(&Frame::close(1000).wire()[..], b"\x88\x02\x03\xe8");
    }

    #[test]
    fn a_poll_takes_what_fits_and_at_least_one() {
        let mut queue = Queue::default();
        for text in ["4aaaa", "4b", "4cccccc"] {
            queue.push(Frame::text(text));
        }
        queue.push(Frame::binary(&[1, 2, 3, 4]));
        let mut take = |max| {
            let mut body = String::new();
            queue.fill_poll(max, &mut body);
            body
        };
        assert_eq!(take(1), "4aaaa");
        assert_eq!(take(10), "4b\u{1e}4cccccc");
        assert_eq!(take(10), "bAQIDBA==");
        assert_eq!(take(10), "");
        assert_eq!(queue.bytes(), 0);
    }
}
