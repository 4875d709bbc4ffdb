//! Where the frames of a stream begin and end: as little of WebSocket as counting needs.

/// Longest head: two bytes, eight of length, and the two of the payload that tell what it is.
const HEAD: usize = 12;

/// One frame of the server, seen as soon as its head is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) opcode: u8,
    pub(crate) length: u64,
    /// The first bytes of the payload; zeros where it is shorter.
    pub(crate) kind: [u8; 2],
}

/// How far one stream has been read.
#[derive(Debug, Default)]
pub(crate) struct Cursor {
    /// The beginning of a head that was cut.
    head: [u8; HEAD],
    held: usize,
    /// Bytes of the current frame that are still to come.
    rest: u64,
}

impl Cursor {
    /// Takes bytes, and tells what frames begin in them.
    pub(crate) fn read(&mut self, mut bytes: &[u8], mut seen: impl FnMut(Frame)) {
        while !bytes.is_empty() {
            if self.rest > 0 {
                let here = self.rest.min(bytes.len() as u64);
                self.rest -= here;
                bytes = &bytes[here as usize..];
                continue;
            }
            if self.held == 0
                && let Some((frame, total)) = parse(bytes)
            {
                self.rest = total;
                seen(frame);
                continue;
            }
            self.head[self.held] = bytes[0];
            self.held += 1;
            bytes = &bytes[1..];
            if let Some((frame, total)) = parse(&self.head[..self.held]) {
                self.rest = total - std::mem::take(&mut self.held) as u64;
                seen(frame);
            }
        }
    }
}

/// The frame that begins here, and all of its bytes. `None`: its head is not all there.
fn parse(bytes: &[u8]) -> Option<(Frame, u64)> {
    let (length, head) = match bytes.get(1)? {
        126 => (
            u16::from_be_bytes(bytes.get(2..4)?.try_into().ok()?).into(),
            4,
        ),
        127 => (u64::from_be_bytes(bytes.get(2..10)?.try_into().ok()?), 10),
        // A server masks nothing.
        short => (u64::from(*short), 2),
    };
    let told = length.min(2) as usize;
    let mut kind = [0; 2];
    kind[..told].copy_from_slice(bytes.get(head..head + told)?);
    let opcode = bytes[0] & 0x0f;
    Some((
        Frame {
            opcode,
            length,
            kind,
        },
        head as u64 + length,
    ))
}

/// A text of a client, masked with zeros, or of a server, which masks nothing.
pub(crate) fn text(text: &str, masked: bool) -> Vec<u8> {
    let mask_bit = if masked { 0x80 } else { 0 };
    let mut frame = vec![0x81];
    match text.len() {
        short @ 0..126 => frame.push(mask_bit | short as u8),
        long => {
            frame.push(mask_bit | 0x7e);
            frame.extend((long as u16).to_be_bytes());
        }
    }
    if masked {
        frame.extend([0; 4]);
    }
    frame.extend(text.as_bytes());
    frame
}
