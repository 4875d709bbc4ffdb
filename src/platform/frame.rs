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
    /// The length of the head of what is attached; 0: nothing is. It is a frame of its own that stands behind the first and goes out with it.
    attached: u8,
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
        attached: 0,
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

    /// A text packet with the one binary message that belongs to it: nothing can come between them.
    pub(crate) fn with_attachment(packet: &str, data: &[u8]) -> Self {
        let (first, second) = (Self::text(packet), Self::binary(data));
        let mut wire = BytesMut::with_capacity(first.wire.len() + second.wire.len());
        wire.put_slice(&first.wire);
        wire.put_slice(&second.wire);
        Self {
            wire: wire.freeze(),
            attached: second.head,
            ..first
        }
    }

    /// A WebSocket close frame. It exists on that transport alone and is never queued.
    pub(crate) fn close(code: u16) -> Self {
        build(CLOSE, &code.to_be_bytes())
    }

    /// The bytes of the WebSocket frame, or of two.
    pub(crate) fn wire(&self) -> &Bytes {
        &self.wire
    }

    /// Appends the packet as it stands in a long-polling body.
    pub(crate) fn append_to_poll(&self, body: &mut String) {
        use base64::{Engine as _, engine::general_purpose::STANDARD};
        let payload = self.packet();
        if self.binary {
            body.push('b');
            STANDARD.encode_string(payload, body);
        } else {
            body.push_str(std::str::from_utf8(payload).expect("text frames are made from str"));
        }
        if let Some(attached) = self.attachment() {
            body.extend([crate::protocol::engine::SEPARATOR, 'b']);
            STANDARD.encode_string(attached, body);
        }
    }

    /// The packet behind its head.
    fn packet(&self) -> &[u8] {
        &self.wire[usize::from(self.head)..self.end()]
    }

    /// Where the first frame ends.
    fn end(&self) -> usize {
        if self.attached == 0 {
            return self.wire.len();
        }
        let length = match self.wire[2..usize::from(self.head)] {
            [] => usize::from(self.wire[1]),
            ref bytes => bytes.iter().fold(0, |n, byte| n << 8 | usize::from(*byte)),
        };
        usize::from(self.head) + length
    }

    fn attachment(&self) -> Option<&[u8]> {
        (self.attached > 0).then(|| &self.wire[self.end() + usize::from(self.attached)..])
    }

    /// Bytes of the packet in a long-polling body.
    fn poll_len(&self) -> usize {
        let in_base64 = |bytes: &[u8]| 1 + bytes.len().div_ceil(3) * 4;
        let attached = self.attachment().map_or(0, |bytes| 1 + in_base64(bytes));
        let packet = self.packet();
        let packet = if self.binary {
            in_base64(packet)
        } else {
            packet.len()
        };
        packet + attached
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

    /// Has everything twice: a mutant's way.
    pub(crate) fn double(&mut self) {
        self.bytes *= 2;
        self.frames.extend(self.frames.clone());
    }

    /// Lets the last packet overtake the one before it, for a mutant.
    pub(crate) fn swap_last(&mut self) {
        let len = self.frames.len();
        if len > 1 {
            self.frames.swap(len - 1, len - 2);
        }
    }

    /// Turns the order round, for a mutant.
    pub(crate) fn reverse(&mut self) {
        self.frames.make_contiguous().reverse();
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
    fn what_is_attached_goes_out_behind_its_packet() {
        let frame = Frame::with_attachment("451-[0]", &[1, 255]);
        assert_eq!(&frame.wire()[..], b"\x81\x07451-[0]\x82\x02\x01\xff");
        let mut body = String::new();
        frame.append_to_poll(&mut body);
        assert_eq!(body, "451-[0]\u{1e}bAf8=");
        assert_eq!(frame.poll_len(), body.len());
        for size in [125, 126, 65_536] {
            let frame = Frame::with_attachment(&"4".repeat(size), &vec![7; size]);
            let mut body = String::new();
            frame.append_to_poll(&mut body);
            assert_eq!(frame.poll_len(), body.len());
        }
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
