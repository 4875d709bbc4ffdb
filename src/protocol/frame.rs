//! WebSocket frames (RFC 6455, section 5), the client's side of them: what a server sends is read, what a client sends is written.
//!
//! A [`Reader`] takes bytes however they were cut and gives whole messages. One that lies whole in the bytes it was given is handed out
//! where it lies, without a copy or an allocation; only what is incomplete is kept, and let go as soon as it was handed out.
//!
//! Invariants: no bytes make a reader panic; what it keeps is bounded by its limit, and grows with what has come, never with what was
//! announced; what it takes a usual WebSocket library takes too (a property test holds it beside one). After an error it is of no
//! further use.

mod header;

pub use self::header::Opcode;
use self::header::{Header, extended};

/// What a server sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Message<'a> {
    /// A text message, whole.
    Text(&'a str),
    /// A binary message, whole.
    Binary(&'a [u8]),
    /// To be answered by a pong with the same data.
    Ping(&'a [u8]),
    /// An answer to a ping, or a word without a question.
    Pong(&'a [u8]),
    /// The end: nothing that follows counts.
    Close(Option<Close<'a>>),
}

/// Why a server closes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Close<'a> {
    /// The close code (section 7.4).
    pub code: u16,
    /// In words; may be empty.
    pub reason: &'a str,
}

/// Why bytes are not what a server may send.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// A reserved bit is set: no extension was agreed on.
    #[error(
        "a WebSocket frame has reserved bits set; was an extension used that was not agreed on?"
    )]
    ReservedBits,
    /// No such kind of frame.
    #[error("a WebSocket frame has the unknown opcode {0}")]
    Opcode(u8),
    /// Only clients mask.
    #[error("a WebSocket frame of the server is masked")]
    Masked,
    /// A control frame is in parts, or longer than 125 bytes.
    #[error("a WebSocket control frame is fragmented or too long")]
    Control,
    /// A continuation of nothing.
    #[error("a WebSocket continuation frame continues nothing")]
    Continuation,
    /// A new message before the last was complete.
    #[error("a WebSocket message begins before the last one is complete")]
    Unfinished,
    /// A length in more bytes than it takes.
    #[error("a WebSocket frame's length is not in its shortest form")]
    Length,
    /// A message larger than the limit, in bytes.
    #[error("a WebSocket message is larger than {0} bytes")]
    TooLong(usize),
    /// Text, or the reason of a close, that is not UTF-8.
    #[error("WebSocket text is not UTF-8")]
    Utf8,
    /// A close with half a code.
    #[error("a WebSocket close frame has half a code")]
    CloseTooShort,
    /// A close with a code that may not be sent.
    #[error("a WebSocket close frame has the code {0}, which may not be sent")]
    CloseCode(u16),
}

/// Makes messages of bytes.
#[derive(Debug)]
pub struct Reader {
    limit: usize,
    // Boxed: nearly every one of ten thousand readers keeps nothing.
    kept: Option<Box<Kept>>,
}

/// What is not complete yet, or was handed out last.
#[derive(Debug, Default)]
struct Kept {
    /// The beginning of a frame, header and all.
    frame: Vec<u8>,
    /// The fragments of a message so far, and what it is.
    message: Vec<u8>,
    fragmented: Option<Opcode>,
    /// So many bytes of them are known to be text.
    text: usize,
    /// `frame`, or `message`, is what was handed out last.
    frame_handed: bool,
    message_handed: bool,
}

/// Where a whole frame's payload lies.
enum Place<'a> {
    Input(&'a [u8]),
    Kept,
}

impl Reader {
    /// A reader of messages up to so many bytes.
    pub const fn new(limit_bytes: usize) -> Self {
        Self {
            limit: limit_bytes,
            kept: None,
        }
    }

    /// The next message, and moves `input` behind it. `None`: `input` is used up. To be called until then: what was handed out is let go
    /// with the next call.
    pub fn read<'a, 'i: 'a>(
        &'a mut self,
        input: &mut &'i [u8],
    ) -> Result<Option<Message<'a>>, FrameError> {
        self.let_go();
        let (opcode, place) = loop {
            let Some((header, place)) = self.frame(input)? else {
                return Ok(None);
            };
            let continues = header.opcode == Opcode::Continuation;
            if header.fin && !continues {
                break (header.opcode, place);
            }
            let kept = self.kept.get_or_insert_default();
            match place {
                Place::Input(payload) => kept.message.extend_from_slice(payload),
                Place::Kept => {
                    kept.message.extend_from_slice(&kept.frame[header.bytes..]);
                    kept.frame = Vec::new();
                }
            }
            if !continues {
                kept.fragmented = Some(header.opcode);
                kept.text = 0;
            }
            kept.check_text()?;
            if continues && header.fin {
                kept.message_handed = true;
                // A continuation was refused unless there is what it continues.
                let opcode = kept.fragmented.take().unwrap_or(Opcode::Binary);
                break (opcode, Place::Kept);
            }
        };
        let payload = match (place, self.kept.as_deref_mut()) {
            (Place::Input(payload), _) => payload,
            (Place::Kept, Some(kept)) if kept.message_handed => &kept.message,
            (Place::Kept, Some(kept)) => {
                kept.frame_handed = true;
                let bytes = 2 + extended(kept.frame[1]);
                &kept.frame[bytes..]
            }
            (Place::Kept, None) => &[],
        };
        message(opcode, payload).map(Some)
    }

    /// What was handed out is no longer needed.
    fn let_go(&mut self) {
        let Some(kept) = &mut self.kept else { return };
        if std::mem::take(&mut kept.frame_handed) {
            kept.frame = Vec::new();
        }
        if std::mem::take(&mut kept.message_handed) {
            kept.message = Vec::new();
        }
        if !kept.is_within() {
            self.kept = None;
        }
    }

    /// The next whole frame, checked against what came before it.
    fn frame<'a>(
        &mut self,
        input: &mut &'a [u8],
    ) -> Result<Option<(Header, Place<'a>)>, FrameError> {
        let (limit, mut fragments) = (self.limit, None);
        if let Some(kept) = &mut self.kept {
            fragments = kept.fragmented.map(|_| kept.message.len());
            if !kept.frame.is_empty() {
                let header = kept.complete(input, limit)?;
                return Ok(header.map(|header| (header, Place::Kept)));
            }
        }
        if input.is_empty() {
            return Ok(None);
        }
        let header = Header::parse(input, fragments, limit)?;
        if let Some(header) = header
            && let Some(payload) = input[header.bytes..].get(..header.payload)
        {
            *input = &input[header.bytes + header.payload..];
            return Ok(Some((header, Place::Input(payload))));
        }
        let kept = self.kept.get_or_insert_default();
        kept.frame.extend_from_slice(input);
        *input = &[];
        Ok(None)
    }
}

impl Kept {
    fn is_within(&self) -> bool {
        let frame = !self.frame.is_empty() && !self.frame_handed;
        frame || self.fragmented.is_some()
    }

    /// Fragments of a text are text, but for a letter that the last one may have cut.
    fn check_text(&mut self) -> Result<(), FrameError> {
        if self.fragmented == Some(Opcode::Text) {
            match std::str::from_utf8(&self.message[self.text..]) {
                Ok(text) => self.text += text.len(),
                Err(cut) if cut.error_len().is_none() => self.text += cut.valid_up_to(),
                Err(_) => return Err(FrameError::Utf8),
            }
        }
        Ok(())
    }

    /// Takes from the input what the frame that is kept lacks.
    fn complete(&mut self, input: &mut &[u8], limit: usize) -> Result<Option<Header>, FrameError> {
        let fragments = self.fragmented.map(|_| self.message.len());
        loop {
            let header = Header::parse(&self.frame, fragments, limit)?;
            let whole = match header {
                Some(header) => header.bytes + header.payload,
                // A header says by its second byte how long it is.
                None => self.frame.get(1).map_or(2, |second| 2 + extended(*second)),
            };
            let lacking = whole - self.frame.len();
            if lacking == 0 {
                return Ok(header);
            }
            if input.is_empty() {
                return Ok(None);
            }
            let (taken, rest) = input.split_at(lacking.min(input.len()));
            self.frame.extend_from_slice(taken);
            *input = rest;
        }
    }
}

fn message(opcode: Opcode, payload: &[u8]) -> Result<Message<'_>, FrameError> {
    let text = |bytes| std::str::from_utf8(bytes).map_err(|_| FrameError::Utf8);
    Ok(match opcode {
        Opcode::Text => Message::Text(text(payload)?),
        Opcode::Binary | Opcode::Continuation => Message::Binary(payload),
        Opcode::Ping => Message::Ping(payload),
        Opcode::Pong => Message::Pong(payload),
        Opcode::Close => Message::Close(match payload {
            [] => None,
            [_] => return Err(FrameError::CloseTooShort),
            [high, low, reason @ ..] => {
                let code = u16::from_be_bytes([*high, *low]);
                // Those between are for libraries to report, or for nobody (section 7.4.2).
                if !matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999) {
                    return Err(FrameError::CloseCode(code));
                }
                let reason = text(reason)?;
                Some(Close { code, reason })
            }
        }),
    })
}

/// Appends a whole frame of a client's. The mask should be one that nobody can foretell (section 10.3).
pub fn write(opcode: Opcode, payload: &[u8], mask: [u8; 4], out: &mut Vec<u8>) {
    out.push(0x80 | opcode.bits());
    match payload.len() {
        short @ 0..126 => out.push(0x80 | short as u8),
        medium @ 126..65_536 => {
            out.push(0x80 | 0x7e);
            out.extend_from_slice(&(medium as u16).to_be_bytes());
        }
        long => {
            out.push(0x80 | 0x7f);
            out.extend_from_slice(&(long as u64).to_be_bytes());
        }
    }
    out.extend_from_slice(&mask);
    let masks = mask.iter().cycle();
    out.extend(payload.iter().zip(masks).map(|(byte, mask)| byte ^ mask));
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: usize = 100_000;

    /// A frame as a server sends it.
    fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
        let mut out = vec![first];
        match payload.len() {
            short @ 0..126 => out.push(short as u8),
            medium @ 126..65_536 => {
                out.push(126);
                out.extend((medium as u16).to_be_bytes());
            }
            long => {
                out.push(127);
                out.extend((long as u64).to_be_bytes());
            }
        }
        out.extend(payload);
        out
    }

    /// What a reader makes of pieces, in words.
    fn read<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Result<Vec<String>, FrameError> {
        let mut reader = Reader::new(LIMIT);
        let mut told = Vec::new();
        for mut piece in pieces {
            while let Some(message) = reader.read(&mut piece)? {
                told.push(format!("{message:?}"));
            }
            assert!(piece.is_empty());
        }
        Ok(told)
    }

    fn refused(bytes: &[u8]) -> FrameError {
        let whole = read([bytes]).expect_err("a refusal");
        assert_eq!(read(bytes.chunks(1)), Err(whole));
        whole
    }

    #[test]
    fn whole_frames_are_read_where_they_lie() {
        let mut bytes = frame(0x81, b"2");
        bytes.extend(frame(0x81, &[b'x'; 300]));
        bytes.extend(frame(0x82, &[]));
        let mut input = bytes.as_slice();
        let mut reader = Reader::new(LIMIT);
        assert_eq!(reader.read(&mut input), Ok(Some(Message::Text("2"))));
        let Ok(Some(Message::Text(long))) = reader.read(&mut input) else {
            panic!("a text");
        };
        assert_eq!(long.as_ptr(), bytes[3 + 4..].as_ptr());
        assert_eq!(reader.read(&mut input), Ok(Some(Message::Binary(&[]))));
        assert_eq!(reader.read(&mut input), Ok(None));
        assert!(reader.kept.is_none());
    }

    #[test]
    fn a_cut_anywhere_changes_nothing() {
        let mut bytes = frame(0x81, "42[\"ä\"]".as_bytes());
        bytes.extend(frame(0x01, "in pä".as_bytes()));
        bytes.extend(frame(0x89, b"there?"));
        bytes.extend(frame(0x00, &[b'r'; 200]));
        bytes.extend(frame(0x8a, b""));
        bytes.extend(frame(0x80, b"ts"));
        bytes.extend(frame(0x82, &vec![7; 70_000]));
        bytes.extend(frame(0x88, b"\x03\xf4again"));
        let whole = read([bytes.as_slice()]).expect("messages");
        assert_eq!(whole.len(), 6);
        assert!(whole[2] == "Pong([])" && whole[3].starts_with("Text(\"in pärrr"));
        assert_eq!(
            whole[5],
            "Close(Some(Close { code: 1012, reason: \"again\" }))"
        );
        for size in 1..40 {
            assert_eq!(read(bytes.chunks(size)).as_ref(), Ok(&whole), "{size}");
        }
        for cut in (0..bytes.len()).filter(|cut| !(400..70_000).contains(cut)) {
            let (one, two) = bytes.split_at(cut);
            assert_eq!(read([one, two]).as_ref(), Ok(&whole), "cut at {cut}");
        }
    }

    #[test]
    fn what_was_handed_out_is_let_go() {
        let bytes = frame(0x81, &vec![b'x'; 20_000]);
        let mut reader = Reader::new(LIMIT);
        let (mut one, mut two) = bytes.split_at(9_000);
        assert_eq!(reader.read(&mut one), Ok(None));
        assert!(reader.kept.as_ref().is_some_and(|kept| kept.is_within()));
        assert!(matches!(reader.read(&mut two), Ok(Some(Message::Text(_)))));
        assert_eq!(reader.read(&mut two), Ok(None));
        assert!(reader.kept.is_none());
    }

    #[test]
    fn what_no_server_may_send_is_refused() {
        for (bytes, error) in [
            (&[0xc1, 0][..], FrameError::ReservedBits),
            (&[0x91, 0], FrameError::ReservedBits),
            (&[0x83, 0], FrameError::Opcode(3)),
            (&[0x8b, 0], FrameError::Opcode(11)),
            (&[0x81, 0x80, 0, 0, 0, 0], FrameError::Masked),
            (&[0x09, 0], FrameError::Control),
            (&[0x89, 126, 0, 126], FrameError::Control),
            (&[0x88, 127, 0, 0, 0, 0, 0, 1, 0, 0], FrameError::Control),
            (&[0x80, 0], FrameError::Continuation),
            (&[0x00, 0], FrameError::Continuation),
            (&[0x01, 1, b'a', 0x81, 0], FrameError::Unfinished),
            (&[0x01, 1, b'a', 0x02, 0], FrameError::Unfinished),
            (&[0x81, 126, 0, 125], FrameError::Length),
            (&[0x81, 127, 0, 0, 0, 0, 0, 0, 255, 255], FrameError::Length),
            (
                &[0x81, 127, 0, 0, 0, 0, 0, 1, 0x86, 0xa1],
                FrameError::TooLong(LIMIT),
            ),
            (
                &[0x81, 127, 255, 0, 0, 0, 0, 0, 0, 0],
                FrameError::TooLong(LIMIT),
            ),
            (&[0x81, 1, 0xc3], FrameError::Utf8),
            (&[0x01, 1, 0xc3, 0x80, 1, b'a'], FrameError::Utf8),
            (&[0x88, 1, 3], FrameError::CloseTooShort),
            (&[0x88, 2, 3, 237], FrameError::CloseCode(1005)),
            (&[0x88, 2, 0, 0], FrameError::CloseCode(0)),
            (&[0x88, 3, 3, 232, 0xff], FrameError::Utf8),
        ] {
            assert_eq!(refused(bytes), error, "{bytes:?}");
        }
        let mut fragments = frame(0x01, &vec![b'a'; LIMIT - 1]);
        fragments.extend(frame(0x80, b"bc"));
        assert_eq!(
            read([fragments.as_slice()]),
            Err(FrameError::TooLong(LIMIT))
        );
        // A letter may be cut by its fragments.
        let cut = [0x01, 1, 0xc3, 0x80, 1, 0xa4];
        assert_eq!(read([&cut[..]]), Ok(vec!["Text(\"ä\")".to_owned()]));
    }

    #[test]
    fn what_is_announced_is_not_reserved() {
        let mut reader = Reader::new(16 << 20);
        let header = [0x82, 127, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff];
        assert_eq!(reader.read(&mut &header[..]), Ok(None));
        assert!(reader.kept.expect("it is kept").frame.capacity() < 100);
    }

    #[test]
    fn frames_are_written_masked() {
        let mut out = Vec::new();
        write(Opcode::Text, b"3", [1, 2, 3, 4], &mut out);
        assert_eq!(out, [0x81, 0x81, 1, 2, 3, 4, b'3' ^ 1]);
        for (length, head) in [
            (126, vec![0x82, 0xfe, 0, 126]),
            (70_000, { vec![0x82, 0xff, 0, 0, 0, 0, 0, 1, 0x11, 0x70] }),
        ] {
            out.clear();
            write(Opcode::Binary, &vec![0; length], [9; 4], &mut out);
            assert_eq!(out[..head.len()], head);
            assert!(out[head.len()..].iter().all(|byte| *byte == 9));
            assert_eq!(out.len(), head.len() + 4 + length);
        }
    }
}
