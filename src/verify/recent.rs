//! The payloads of broadcasts that came last, with what was found in them.
//!
//! A broadcast arrives at thousands of sockets with the same bytes. The first of them is read; of the others it is enough that they are
//! the same, which is told several times faster than a tag is decoded and a digest made.

use super::tag::{Found, Tagger};
use crate::ids::Audience;

/// Payloads kept: far more broadcasts than are usually under way at once, and a socket that lags behind by more costs time, nothing else.
const PLACES: usize = 64;
/// Longest payload that is kept, in bytes: all of them take 256 KiB at most. For longer ones the digest is as fast as comparing.
const LONGEST: usize = 4096;
/// Bytes that each has room for from the start: most payloads take less.
const USUAL: usize = 256;

#[derive(Debug, Default)]
pub(super) struct Recent {
    /// None before the first broadcast.
    places: Box<[Place]>,
}

#[derive(Debug)]
struct Place {
    payload: Vec<u8>,
    /// `None`: nothing is here yet.
    found: Option<Found>,
}

impl Recent {
    /// What [`Tagger::find`] finds.
    #[inline]
    pub(super) fn find(&mut self, tagger: &Tagger, payload: &[u8]) -> Option<Found> {
        let place = tagger.mark(payload)? as usize % PLACES;
        if let Some(place) = self.places.get(place)
            && let Some(found) = place.found
            && *place.payload == *payload
        {
            return Some(found);
        }
        let found = tagger.find(payload)?;
        if found.tag.audience == Audience::Everyone && payload.len() <= LONGEST {
            self.keep(place, payload, found);
        }
        Some(found)
    }

    fn keep(&mut self, place: usize, payload: &[u8], found: Found) {
        if self.places.is_empty() {
            let place = |_| Place {
                payload: Vec::with_capacity(USUAL),
                found: None,
            };
            self.places = (0..PLACES).map(place).collect();
        }
        let place = &mut self.places[place];
        place.payload.clear();
        place.payload.extend_from_slice(payload);
        place.found = Some(found);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{AppId, EventId, Lane, PushId, Seq, UserId};
    use crate::time::Time;
    use crate::verify::Tag;

    fn payload(tagger: &Tagger, seq: u32, audience: Audience, rest: usize) -> String {
        let tag = Tag {
            push: PushId {
                lane: Lane(1),
                seq: Seq(seq),
            },
            app: AppId(0),
            audience,
            event: EventId(0),
            stream_seq: seq,
            intended: Time::ZERO,
        };
        let mut payload = format!("{{\"pp\":\"{}\",\"n\":\"", tagger.blank(&tag));
        payload.push_str(&"x".repeat(rest));
        payload.push_str("\"}");
        tagger.seal(&mut payload, 7);
        payload
    }

    #[test]
    fn finds_what_the_tagger_finds() {
        let tagger = Tagger::new(7);
        let mut recent = Recent::default();
        let of = |seq: u32, rest| {
            let audience = match seq % 3 {
                0 => Audience::User(UserId(seq)),
                _ => Audience::Everyone,
            };
            payload(&tagger, seq, audience, rest)
        };
        // More than there are places, each several times, and each with every kind of harm in between.
        for round in 0..3 {
            for seq in 0..200 {
                let whole = of(seq, seq as usize % 90);
                let mut harmed = whole.clone().into_bytes();
                let at = (seq as usize * 7 + round) % harmed.len();
                harmed[at] ^= 1;
                for bytes in [whole.as_bytes(), &harmed, &whole.as_bytes()[..at], b"pp1."] {
                    for _ in 0..2 {
                        assert_eq!(recent.find(&tagger, bytes), tagger.find(bytes));
                    }
                }
            }
        }
        let full = |place: &&Place| place.found.is_some();
        assert!(recent.places.iter().filter(full).count() > PLACES / 2);
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let tagger = Tagger::new(7);
        let mut recent = Recent::default();
        for seq in 0..1_000 {
            let long = payload(&tagger, seq, Audience::Everyone, 20_000);
            assert!(recent.find(&tagger, long.as_bytes()).is_some());
            let aimed = payload(&tagger, seq, Audience::User(UserId(1)), 20);
            assert!(recent.find(&tagger, aimed.as_bytes()).is_some());
        }
        assert!(recent.places.is_empty());
    }
}
