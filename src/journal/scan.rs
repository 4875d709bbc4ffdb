//! Finding the whole blocks of a journal, and what is damaged.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{Read, Seek, SeekFrom};

use memchr::memmem;

use super::block::{self, HEAD, Head, Kind, MAGIC, MARKER, NoBlock, PREAMBLE, Source, VERSION};
use crate::time::Time;

/// Bytes that are searched at once for the next block.
const STEP: usize = 256 << 10;

/// Why a file cannot be judged at all.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// The system says no.
    #[error("cannot read it: {0}")]
    Io(#[from] std::io::Error),
    /// It begins with something else.
    #[error("it is not a journal: it does not begin as one")]
    NotAJournal,
    /// It is a journal of another version.
    #[error("it is a journal of version {0}, and this pushproof reads version {VERSION}")]
    Version(u32),
    /// Nobody knows what the run was to do.
    #[error(
        "what the run was to do is not in it (the first and the last block are missing or damaged), so nothing can be judged"
    )]
    NoPlan,
    /// What the run was to do makes no sense.
    #[error("what the run was to do cannot be read: {0}")]
    Plan(String),
    /// Its pushes are not those of its seed.
    #[error("push {push} is not the one that its seed stands for here: it was written by pushproof {version}, this is {}", env!("CARGO_PKG_VERSION"))]
    OtherPushes {
        /// Which.
        push: crate::ids::PushId,
        /// Who wrote it.
        version: String,
    },
}

/// Which block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Name {
    /// Whose.
    pub source: Source,
    /// Which of its blocks, from 0.
    pub sequence: u32,
}

/// Something that is wrong with a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Damage {
    /// Bytes that cannot be read as a block.
    Bytes {
        /// Where they begin.
        offset: u64,
        /// How many.
        length: u64,
        /// Which block it was, where its head is whole.
        block: Option<Name>,
    },
    /// The file ends within a block.
    CutShort {
        /// Where that block begins.
        offset: u64,
        /// Which block it was, where its head is whole.
        block: Option<Name>,
    },
    /// Blocks that are not there, or not whole.
    Missing {
        /// Whose.
        source: Source,
        /// The first of them.
        sequence: u32,
        /// How many.
        blocks: u32,
        /// They cover the time from here.
        from: Time,
        /// Until here.
        through: Time,
    },
    /// The last blocks of a source are not there; nobody knows how many.
    NoEnd {
        /// Whose.
        source: Source,
        /// What there is ends here.
        through: Time,
    },
    /// A block whose bytes are whole and contradict what came before.
    Nonsense {
        /// Where it begins.
        offset: u64,
        /// Which.
        block: Name,
    },
    /// The first block is not there.
    NoHeader,
    /// The last block is not there.
    NoFooter,
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "block {} of {}", self.sequence, self.source)
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = |at: &Time| format!("{:.3} s", at.as_nanos() as f64 / 1e9);
        match self {
            Self::Bytes {
                offset,
                length,
                block,
            } => {
                write!(f, "byte {offset}: {length} bytes are damaged")?;
                block.map_or(Ok(()), |block| write!(f, " ({block})"))
            }
            Self::CutShort { offset, block } => {
                write!(f, "byte {offset}: the file is cut short")?;
                block.map_or(Ok(()), |block| write!(f, " in {block}"))
            }
            Self::Missing {
                source,
                sequence,
                blocks,
                from,
                through,
            } => {
                let (from, through) = (seconds(from), seconds(through));
                let which = match blocks {
                    1 => format!("block {sequence} of {source} is missing"),
                    n => format!("{n} blocks of {source} are missing, from block {sequence} on"),
                };
                write!(f, "{which}: what it saw from {from} to {through}")
            }
            Self::NoEnd { source, through } => {
                let through = seconds(through);
                write!(
                    f,
                    "the end of {source} is missing: what it saw after {through}"
                )
            }
            Self::Nonsense { offset, block } => write!(
                f,
                "byte {offset}: {block} contradicts what is written before it"
            ),
            Self::NoHeader => write!(f, "the first block is missing: what the run was to do"),
            Self::NoFooter => write!(
                f,
                "the last block is missing: what the run came to, or it did not come to its end"
            ),
        }
    }
}

/// Where a whole block is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spot {
    pub(super) offset: u64,
    pub(super) head: Head,
}

/// The whole blocks of a journal.
#[derive(Debug)]
pub(super) struct Index {
    pub(super) sources: BTreeMap<Source, Vec<Spot>>,
    pub(super) header: Option<Vec<u8>>,
    pub(super) footer: Option<Vec<u8>>,
    pub(super) damage: Vec<Damage>,
}

/// Reads a journal from end to end, checks every block and remembers where the whole ones are: some 60 bytes for each.
pub(super) fn scan(file: &mut (impl Read + Seek)) -> Result<Index, Unreadable> {
    let mut scan = Scan {
        file,
        bytes: Vec::new(),
        index: Index {
            sources: BTreeMap::new(),
            header: None,
            footer: None,
            damage: Vec::new(),
        },
    };
    scan.preamble()?;
    scan.blocks()?;
    scan.missing();
    Ok(scan.index)
}

struct Scan<'a, R> {
    file: &'a mut R,
    bytes: Vec<u8>,
    index: Index,
}

/// Reads so many bytes from there, or as many as there are.
pub(super) fn read_at(
    file: &mut (impl Read + Seek),
    offset: u64,
    most: usize,
    bytes: &mut Vec<u8>,
) -> std::io::Result<()> {
    bytes.clear();
    file.seek(SeekFrom::Start(offset))?;
    file.take(most as u64).read_to_end(bytes)?;
    Ok(())
}

impl<R: Read + Seek> Scan<'_, R> {
    fn preamble(&mut self) -> Result<(), Unreadable> {
        read_at(self.file, 0, PREAMBLE, &mut self.bytes)?;
        if self.bytes.len() < PREAMBLE || self.bytes[..8] != MAGIC {
            return Err(Unreadable::NotAJournal);
        }
        if self.bytes == block::preamble() {
            return Ok(());
        }
        let version = u32::from_le_bytes(self.bytes[8..12].try_into().expect("four bytes"));
        Err(if version == VERSION {
            Unreadable::NotAJournal
        } else {
            Unreadable::Version(version)
        })
    }

    fn blocks(&mut self) -> Result<(), Unreadable> {
        let mut at = PREAMBLE as u64;
        loop {
            read_at(self.file, at, HEAD, &mut self.bytes)?;
            let head = match Head::read(&self.bytes) {
                Err(NoBlock::Short) if self.bytes.is_empty() => return Ok(()),
                head => head.ok(),
            };
            let mut end = None;
            if let Some(head) = head {
                let length = head.length as usize;
                read_at(self.file, at + HEAD as u64, length, &mut self.bytes)?;
                let after = at + (HEAD + length) as u64;
                if head.fits(&self.bytes) {
                    self.take(at, head);
                    at = after;
                    continue;
                }
                end = (self.bytes.len() == length).then_some(after);
            }
            let block = head.map(|head| Name {
                source: head.source,
                sequence: head.sequence,
            });
            // What its length says counts last: bytes may be missing.
            let Some(next) = self.next_marker(at + 1)?.or(end) else {
                let offset = at;
                self.index.damage.push(Damage::CutShort { offset, block });
                return Ok(());
            };
            self.index.damage.push(Damage::Bytes {
                offset: at,
                length: next - at,
                block,
            });
            at = next;
        }
    }

    /// Where the next head is from there on.
    fn next_marker(&mut self, from: u64) -> Result<Option<u64>, Unreadable> {
        let mut at = from;
        loop {
            read_at(self.file, at, STEP, &mut self.bytes)?;
            let heads = memmem::find_iter(&self.bytes, &MARKER);
            for found in heads {
                if Head::read(&self.bytes[found..]).is_ok() {
                    return Ok(Some(at + found as u64));
                }
            }
            if self.bytes.len() < STEP {
                return Ok(None);
            }
            // A head may lie across the end of this step.
            at += (STEP - HEAD) as u64;
        }
    }

    fn take(&mut self, offset: u64, head: Head) {
        match head.source.kind {
            Kind::Header => self.index.header = Some(self.bytes.clone()),
            Kind::Footer => self.index.footer = Some(self.bytes.clone()),
            Kind::Sockets | Kind::Pushes => {
                let places = self.index.sources.entry(head.source).or_default();
                let before = places.last().map(|place| place.head);
                let follows = before.is_none_or(|before| {
                    !before.last && head.sequence > before.sequence && head.from >= before.through
                });
                if follows {
                    places.push(Spot { offset, head });
                } else {
                    let block = Name {
                        source: head.source,
                        sequence: head.sequence,
                    };
                    self.index.damage.push(Damage::Nonsense { offset, block });
                }
            }
        }
    }

    /// Notes the blocks that are not there.
    fn missing(&mut self) {
        for (source, places) in &self.index.sources {
            let (mut next, mut covered) = (0, Time::ZERO);
            for Spot { head, .. } in places {
                if head.sequence > next {
                    self.index.damage.push(Damage::Missing {
                        source: *source,
                        sequence: next,
                        blocks: head.sequence - next,
                        from: covered,
                        through: head.from,
                    });
                }
                (next, covered) = (head.sequence.saturating_add(1), head.through);
            }
            if !places.last().is_some_and(|place| place.head.last) {
                self.index.damage.push(Damage::NoEnd {
                    source: *source,
                    through: covered,
                });
            }
        }
        if self.index.footer.is_none() {
            self.index.damage.push(Damage::NoFooter);
        }
    }
}
