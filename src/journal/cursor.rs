//! Reading what one source wrote, a block at a time.

use std::io::{Read, Seek};

use super::block::HEAD;
use super::decode::Position;
use super::fact::{Fact, Nonsense};
use super::scan::{Damage, Name, Spot, read_at};
use crate::time::Time;

/// What comes next from a source.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Item<'a> {
    /// A fact, told at this time.
    Fact(Time, Fact<'a>),
    /// What the source saw until then is missing.
    Gap(Time),
    /// Bytes that are no fact: [`Cursor::nonsense`] is to be told.
    Nonsense,
}

/// One source of a journal, from its first block to its last.
pub(super) struct Cursor {
    spots: std::vec::IntoIter<Spot>,
    /// The block that is being read.
    block: Option<Spot>,
    body: Vec<u8>,
    position: Position,
    /// When the next item was told, once it is known.
    at: Option<Time>,
    /// A gap before the block that is being read.
    gap: Option<(Time, Time)>,
    sequence: u32,
    covered: Time,
    /// Its last block has been read.
    ended: bool,
    pub(super) damage: Vec<Damage>,
}

impl Cursor {
    pub(super) fn new(spots: Vec<Spot>) -> Self {
        Self {
            spots: spots.into_iter(),
            block: None,
            body: Vec::new(),
            position: Position::default(),
            at: None,
            gap: None,
            sequence: 0,
            covered: Time::ZERO,
            ended: false,
            damage: Vec::new(),
        }
    }

    /// When the next item was told; `None` at the end.
    pub(super) fn next_at(
        &mut self,
        file: &mut (impl Read + Seek),
    ) -> std::io::Result<Option<Time>> {
        while self.at.is_none() {
            if let Some((from, _)) = self.gap {
                self.at = Some(from);
                break;
            }
            let next = self.block.and_then(|_| self.position.next_at(&self.body));
            match next {
                Some(Ok(at)) => self.at = Some(at),
                Some(Err(Nonsense)) => self.nonsense(),
                None if !self.next_block(file)? => break,
                None => {}
            }
        }
        Ok(self.at)
    }

    /// The next item, if [`Cursor::next_at`] said that there is one.
    pub(super) fn next(&mut self) -> Option<Item<'_>> {
        let at = self.at.take()?;
        if let Some((_, to)) = self.gap.take() {
            return Some(Item::Gap(to));
        }
        Some(match self.position.next(&self.body) {
            Some(Ok(fact)) => Item::Fact(at, fact),
            _ => Item::Nonsense,
        })
    }

    /// What this block says contradicts the rest: it is passed over, and missing.
    pub(super) fn nonsense(&mut self) {
        let Some(block) = self.block.take() else {
            return;
        };
        let name = Name {
            source: block.head.source,
            sequence: block.head.sequence,
        };
        self.damage.push(Damage::Nonsense {
            offset: block.offset,
            block: name,
        });
        self.at = None;
        self.gap = Some((block.head.from, block.head.through));
        self.ended = false;
    }

    /// Whether its last block has been read.
    pub(super) fn has_ended(&self) -> bool {
        self.ended
    }

    /// Until when what it saw is there, as far as it has been read.
    pub(super) fn covered(&self) -> Time {
        self.covered
    }

    /// False: there is none.
    fn next_block(&mut self, file: &mut (impl Read + Seek)) -> std::io::Result<bool> {
        let Some(spot) = self.spots.next() else {
            self.block = None;
            return Ok(false);
        };
        let head = spot.head;
        let length = head.length as usize;
        read_at(file, spot.offset + HEAD as u64, length, &mut self.body)?;
        if head.sequence > self.sequence {
            self.gap = Some((self.covered, head.from));
        }
        self.block = Some(spot);
        self.position.begin(head.from);
        self.sequence = head.sequence.saturating_add(1);
        self.covered = head.through;
        self.ended = head.last;
        Ok(true)
    }
}
