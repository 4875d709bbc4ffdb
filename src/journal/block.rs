//! Blocks: what a journal is made of on disk, and how the whole ones are found in a damaged file.
//!
//! A block says of itself where it belongs (which source, which in turn, which time it covers) and carries two checksums: one of its
//! head, so that its length can be trusted before the body is read, and one of its body. Damage is therefore found, and passed over,
//! a block at a time.

use xxhash_rust::xxh3::xxh3_64;

use crate::time::Time;

/// What a journal starts with. The first byte is no text, and the line ends show a file that was sent as text.
pub const MAGIC: [u8; 8] = *b"\x89ppj\r\n\x1a\n";
/// The version of the format, after the magic.
pub const VERSION: u32 = 3;
/// Bytes before the first block: magic, version, four bytes of zero.
pub const PREAMBLE: usize = 16;
/// Bytes of a block before its body.
pub const HEAD: usize = 48;
/// Most bytes of a body of events.
pub(super) const MOST_EVENTS: u32 = 1 << 20;
/// Most bytes of a body of JSON.
pub(super) const MOST_JSON: u32 = 256 << 20;

/// What every block starts with: where to look for the next one after damage.
pub(super) const MARKER: [u8; 4] = *b"\xf1ppb";

/// The last block of its source.
const LAST: u8 = 1;

/// What a block holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// What the run is to do, as JSON; the first block.
    Header,
    /// Events of the sockets of one shard.
    Sockets,
    /// Pushes and their answers.
    Pushes,
    /// What the run came to, as JSON; the last block.
    Footer,
}

impl Kind {
    const ALL: [Self; 4] = [Self::Header, Self::Sockets, Self::Pushes, Self::Footer];

    /// What it is called in messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Header => "header",
            Self::Sockets => "sockets",
            Self::Pushes => "pushes",
            Self::Footer => "footer",
        }
    }

    fn most(self) -> u32 {
        match self {
            Self::Header | Self::Footer => MOST_JSON,
            Self::Sockets | Self::Pushes => MOST_EVENTS,
        }
    }
}

/// Who wrote a block: its kind and, of several of the same kind, which.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Source {
    /// What it writes.
    pub kind: Kind,
    /// Which of them, from 0.
    pub number: u16,
}

impl std::fmt::Display for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.kind {
            Kind::Sockets => write!(f, "sockets of shard {}", self.number),
            kind => f.write_str(kind.name()),
        }
    }
}

/// What a block says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// Who wrote it.
    pub source: Source,
    /// Nothing follows from this source.
    pub last: bool,
    /// Which block of its source, from 0.
    pub sequence: u32,
    /// Bytes of its body.
    pub length: u32,
    /// It covers its source from here: the end of the block before.
    pub from: Time,
    /// Everything that this source saw until here is in this block or an earlier one.
    pub through: Time,
    check: u64,
}

/// Why bytes are no block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoBlock {
    /// They end too early.
    Short,
    /// They do not start with the marker, or the head's checksum does not fit.
    Head,
}

impl Head {
    /// The head of this body.
    pub fn of(
        source: Source,
        last: bool,
        sequence: u32,
        from: Time,
        through: Time,
        body: &[u8],
    ) -> Self {
        Self {
            source,
            last,
            sequence,
            length: body.len() as u32,
            from,
            through,
            check: xxh3_64(body),
        }
    }

    /// Whether this is the body that belongs to it.
    pub fn fits(&self, body: &[u8]) -> bool {
        body.len() == self.length as usize && xxh3_64(body) == self.check
    }

    /// Its bytes.
    pub fn bytes(&self) -> [u8; HEAD] {
        let mut bytes = [0; HEAD];
        bytes[0..4].copy_from_slice(&MARKER);
        bytes[4] = self.source.kind as u8 + 1;
        bytes[5] = if self.last { LAST } else { 0 };
        bytes[6..8].copy_from_slice(&self.source.number.to_le_bytes());
        bytes[8..12].copy_from_slice(&self.sequence.to_le_bytes());
        bytes[12..16].copy_from_slice(&self.length.to_le_bytes());
        bytes[16..24].copy_from_slice(&self.from.as_nanos().to_le_bytes());
        bytes[24..32].copy_from_slice(&self.through.as_nanos().to_le_bytes());
        bytes[32..40].copy_from_slice(&self.check.to_le_bytes());
        let check = xxh3_64(&bytes[..40]);
        bytes[40..48].copy_from_slice(&check.to_le_bytes());
        bytes
    }

    /// Reads the head that these bytes start with.
    pub fn read(bytes: &[u8]) -> Result<Self, NoBlock> {
        let bytes: &[u8; HEAD] = bytes.first_chunk().ok_or(NoBlock::Short)?;
        let u64_at = |at: usize| u64::from_le_bytes(std::array::from_fn(|n| bytes[at + n]));
        let u32_at = |at: usize| u64_at(at) as u32;
        let kind = bytes[4].checked_sub(1).map(usize::from);
        let kind = kind.and_then(|n| Kind::ALL.get(n)).copied();
        let checked = bytes[0..4] == MARKER && u64_at(40) == xxh3_64(&bytes[..40]);
        let kind = kind.filter(|_| checked).ok_or(NoBlock::Head)?;
        let head = Self {
            source: Source {
                kind,
                number: u16::from_le_bytes([bytes[6], bytes[7]]),
            },
            last: bytes[5] & LAST != 0,
            sequence: u32_at(8),
            length: u32_at(12),
            from: Time::from_nanos(u64_at(16)),
            through: Time::from_nanos(u64_at(24)),
            check: u64_at(32),
        };
        if head.length > kind.most() || head.through < head.from {
            return Err(NoBlock::Head);
        }
        Ok(head)
    }
}

/// The bytes before the first block.
pub(super) fn preamble() -> [u8; PREAMBLE] {
    let mut bytes = [0; PREAMBLE];
    bytes[..8].copy_from_slice(&MAGIC);
    bytes[8..12].copy_from_slice(&VERSION.to_le_bytes());
    bytes
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn head(body: &[u8]) -> Head {
        let source = Source {
            kind: Kind::Sockets,
            number: 3,
        };
        let (from, through) = (Time::from_nanos(5), Time::from_nanos(1 << 40));
        Head::of(source, true, 7, from, through, body)
    }

    #[test]
    fn every_flipped_bit_of_a_head_is_seen() {
        let bytes = head(b"body").bytes();
        assert_eq!(Head::read(&bytes), Ok(head(b"body")));
        for bit in 0..HEAD * 8 {
            let mut bytes = bytes;
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(Head::read(&bytes), Err(NoBlock::Head), "bit {bit}");
        }
        for end in 0..HEAD {
            assert_eq!(Head::read(&bytes[..end]), Err(NoBlock::Short));
        }
    }

    #[test]
    fn every_flipped_bit_of_a_body_is_seen() {
        let body = b"ordinary words".to_vec();
        let head = head(&body);
        assert!(head.fits(&body));
        for bit in 0..body.len() * 8 {
            let mut body = body.clone();
            body[bit / 8] ^= 1 << (bit % 8);
            assert!(!head.fits(&body), "bit {bit}");
        }
        assert!(!head.fits(&body[1..]));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            prop_assert!(Head::read(&bytes).is_err());
            let mut marked = MARKER.to_vec();
            marked.extend(bytes);
            prop_assert!(Head::read(&marked).is_err());
        }
    }
}
