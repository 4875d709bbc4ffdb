//! A frame's header, checked against what came before it.

use super::FrameError;

/// Longest payload of a control frame.
const MAX_CONTROL: usize = 125;

/// What kind a frame is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opcode {
    /// More of a message.
    Continuation,
    /// The beginning of a text message.
    Text,
    /// The beginning of a binary message.
    Binary,
    /// The end.
    Close,
    /// A question.
    Ping,
    /// Its answer.
    Pong,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Header {
    pub(super) opcode: Opcode,
    pub(super) fin: bool,
    /// Bytes of the header, and of what follows it.
    pub(super) bytes: usize,
    pub(super) payload: usize,
}

/// Bytes of a length that does not fit in a header's second byte.
pub(super) const fn extended(second: u8) -> usize {
    match second & 0x7f {
        126 => 2,
        127 => 8,
        _ => 0,
    }
}

impl Header {
    /// `None`: it is not all there. `fragments`: so many bytes of a message have come in fragments.
    pub(super) fn parse(
        bytes: &[u8],
        fragments: Option<usize>,
        limit: usize,
    ) -> Result<Option<Self>, FrameError> {
        let &[first, second, ref rest @ ..] = bytes else {
            return Ok(None);
        };
        if first & 0x70 != 0 {
            return Err(FrameError::ReservedBits);
        }
        let opcode = Opcode::of(first & 0x0f)?;
        if second & 0x80 != 0 {
            return Err(FrameError::Masked);
        }
        let fin = first & 0x80 != 0;
        match (opcode, fragments) {
            (Opcode::Continuation, None) => return Err(FrameError::Continuation),
            (Opcode::Text | Opcode::Binary, Some(_)) => return Err(FrameError::Unfinished),
            (Opcode::Close | Opcode::Ping | Opcode::Pong, _)
                if !fin || usize::from(second) > MAX_CONTROL =>
            {
                return Err(FrameError::Control);
            }
            _ => {}
        }
        let (payload, least) = match extended(second) {
            0 => (u64::from(second), 0),
            2 => match rest.first_chunk() {
                Some(length) => (u64::from(u16::from_be_bytes(*length)), 126),
                None => return Ok(None),
            },
            _ => match rest.first_chunk() {
                Some(length) => (u64::from_be_bytes(*length), 1 << 16),
                None => return Ok(None),
            },
        };
        if payload < least {
            return Err(FrameError::Length);
        }
        let before = if opcode == Opcode::Continuation {
            fragments.unwrap_or(0)
        } else {
            0
        };
        match usize::try_from(payload) {
            Ok(payload) if payload <= limit - before.min(limit) => Ok(Some(Self {
                opcode,
                fin,
                bytes: 2 + extended(second),
                payload,
            })),
            _ => Err(FrameError::TooLong(limit)),
        }
    }
}

impl Opcode {
    fn of(bits: u8) -> Result<Self, FrameError> {
        Ok(match bits {
            0 => Self::Continuation,
            1 => Self::Text,
            2 => Self::Binary,
            8 => Self::Close,
            9 => Self::Ping,
            10 => Self::Pong,
            other => return Err(FrameError::Opcode(other)),
        })
    }

    pub(super) const fn bits(self) -> u8 {
        match self {
            Self::Continuation => 0,
            Self::Text => 1,
            Self::Binary => 2,
            Self::Close => 8,
            Self::Ping => 9,
            Self::Pong => 10,
        }
    }
}
