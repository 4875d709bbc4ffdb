//! Payloads that are bytes: of any value, with the tag of the push among them.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use crate::verify::{TAG_LEN, Tag, Tagger};

/// Bytes before the tag that there are at least.
const BEFORE: usize = 6;
/// The fewest bytes of a payload.
pub(in crate::scenario) const FEWEST: usize = BEFORE + TAG_LEN;
/// The tag begins among so many bytes.
const WITHIN: usize = 256;
/// Tells these draws from all others.
const DRAW: u64 = 0x6279_7465;

/// The bytes of a push: as many as asked for, but [`FEWEST`]. They are no text and no JSON, whatever is drawn, so that they cannot pass for
/// another payload.
pub(in crate::scenario) fn made(tagger: &Tagger, filler: u64, size: usize, tag: &Tag) -> Vec<u8> {
    let size = size.max(FEWEST);
    let mut bytes = vec![0; size];
    let mut rng = ChaCha8Rng::seed_from_u64(filler ^ DRAW);
    let at = BEFORE + rng.next_u32() as usize % (size - FEWEST + 1).min(WITHIN);
    rng.fill_bytes(&mut bytes);
    // No byte of UTF-8 is this one.
    bytes[0] = 0xff;
    bytes[at..at + TAG_LEN].copy_from_slice(tagger.blank(tag).as_bytes());
    tagger.seal_bytes(&mut bytes, at);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{AppId, Audience, EventId, Lane, PushId, Seq};
    use crate::time::Time;
    use crate::verify::{By, Found};

    fn tag(seq: u32) -> Tag {
        Tag {
            push: PushId {
                lane: Lane(1),
                seq: Seq(seq),
            },
            app: AppId(0),
            audience: Audience::Everyone,
            event: EventId(0),
            stream_seq: seq,
            intended: Time::ZERO,
        }
    }

    #[test]
    fn bytes_carry_their_tag_and_are_as_many_as_asked_for() {
        let tagger = Tagger::new(7);
        for seq in 0..200 {
            let size = seq as usize * 7;
            let bytes = made(&tagger, u64::from(seq) * 7_919, size, &tag(seq));
            assert_eq!(bytes.len(), size.max(FEWEST));
            let found = Found {
                tag: tag(seq),
                intact: true,
                by: By::Tag,
            };
            assert_eq!(tagger.find(&bytes), Some(found));
            assert!(std::str::from_utf8(&bytes).is_err());
        }
    }

    #[test]
    fn the_same_draw_gives_the_same_bytes_and_every_value_occurs() {
        let tagger = Tagger::new(7);
        let bytes = made(&tagger, 3, 10_000, &tag(1));
        assert_eq!(made(&tagger, 3, 10_000, &tag(1)), bytes);
        assert_ne!(made(&tagger, 4, 10_000, &tag(1)), bytes);
        assert!((0..=u8::MAX).all(|value| bytes.contains(&value)));
    }

    #[test]
    fn a_changed_a_missing_and_an_added_byte_are_seen() {
        let tagger = Tagger::new(7);
        let bytes = made(&tagger, 9, 150, &tag(1));
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            assert!(
                tagger.find(&changed).is_none_or(|found| !found.intact),
                "{at}"
            );
        }
        let is_intact = |bytes: &[u8]| tagger.find(bytes).is_some_and(|found| found.intact);
        assert!(!is_intact(&bytes[..149]) && !is_intact(&bytes[1..]));
        assert!(!is_intact(&[&bytes[..], &[0]].concat()));
    }
}
