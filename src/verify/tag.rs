//! The tag inside every payload: what makes a delivery say by itself which push it is.
//!
//! A tag is 58 characters of plain ASCII that no JSON encoder escapes, so it survives as an object's value, an array's element or
//! inside a text:
//!
//! ```text
//! pp1.  <header: 32 bytes as 43 base64url characters>  <digest: 8 bytes as 11 base64url characters>
//!
//! header: run u32 · check u32 · app u16 · event u16 · lane u16 · audience u32 · seq u32 · stream_seq u32 · intended µs u48
//! ```
//!
//! * `check` is a keyed digest of the rest of the header, so a damaged tag is never taken for another push.
//! * `digest` is a keyed digest of the payload before and after itself, so most deliveries are proved intact without parsing.
//!
//! Misdelivered, misrouted and corrupted are seen from the delivery and this tag alone, on whatever machine it arrives.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use memchr::memmem::Finder;
use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::history::Push;
use crate::ids::{AppId, Audience, EventId, Lane, PushId, Seq, UserId};
use crate::time::Time;

const MAGIC: &str = "pp1.";
const HEADER_BYTES: usize = 32;
const HEADER_CHARS: usize = 43;
const DIGEST_CHARS: usize = 11;
const DIGEST_AT: usize = MAGIC.len() + HEADER_CHARS;

/// Length of a tag in characters (and bytes).
pub const TAG_LEN: usize = DIGEST_AT + DIGEST_CHARS;

/// Stands for `*` in the header.
const EVERYONE: u32 = u32::MAX;

/// Most places in one payload that are tried as a tag: a payload that repeats the magic cannot make a delivery slow.
const MAX_CANDIDATES: usize = 4;

/// What a tag says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tag {
    /// Which push.
    pub push: PushId,
    /// The app it was asked for in.
    pub app: AppId,
    /// Whom it was aimed at.
    pub audience: Audience,
    /// The event name it was asked for under.
    pub event: EventId,
    /// Its place among the pushes of its lane for the same app and audience.
    pub stream_seq: u32,
    /// When the schedule wanted it, to the microsecond, counted from the start of pushing.
    pub intended: Time,
}

impl Tag {
    /// The tag of a push.
    pub fn of(id: PushId, push: &Push) -> Self {
        Self {
            push: id,
            app: push.app,
            audience: push.audience,
            event: push.event,
            stream_seq: push.stream_seq,
            intended: push.intended,
        }
    }

    /// Whether it says of the push that it names what was sent. Of the time it tells a part only.
    #[inline]
    pub(crate) fn fits(&self, push: &Push) -> bool {
        self.stream_seq == push.stream_seq
            && self.app == push.app
            && self.audience == push.audience
            && self.event == push.event
    }
}

/// A tag found in a payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    /// What it says.
    pub tag: Tag,
    /// Whether the payload around it is byte for byte what was sent.
    pub intact: bool,
    /// How the push is known.
    pub by: By,
}

/// How it is known which push an arrival is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// Its payload says so.
    Tag,
    /// Its event name does: nothing else of that name was awaited at the socket.
    Name,
    /// One of several of its event name that the socket awaited: as many arrivals as pushes are right, whichever is which.
    Count,
}

/// Writes and reads the tags of one run.
#[derive(Debug, Clone)]
pub struct Tagger {
    run: u32,
    key: u64,
    finder: Finder<'static>,
}

impl Tagger {
    /// The tagger of the run with this seed. Runs of other seeds have other tags, so that a push of an earlier run cannot pass.
    pub fn new(seed: u64) -> Self {
        let key = xxh3_64_with_seed(b"pushproof tag key", seed);
        Self {
            run: (key >> 32) as u32 ^ key as u32,
            key,
            finder: Finder::new(MAGIC),
        }
    }

    /// The tag's text with its digest still blank; [`Tagger::seal`] fills it in once the payload around it is there.
    ///
    /// # Panics
    /// If app, event or lane are beyond 16 bits.
    pub fn blank(&self, tag: &Tag) -> String {
        let mut text = String::with_capacity(TAG_LEN);
        text.push_str(MAGIC);
        BASE64.encode_string(self.header(tag), &mut text);
        text.push_str("AAAAAAAAAAA");
        text
    }

    /// Fills in the digest of the blank tag that starts at byte `at` of the payload.
    ///
    /// # Panics
    /// If no blank tag stands there.
    pub fn seal(&self, payload: &mut String, at: usize) {
        let digest_at = at + DIGEST_AT;
        let digest = self.digest(payload.as_bytes(), digest_at);
        let text = digest_text(digest);
        let text = std::str::from_utf8(&text).expect("base64 is ASCII");
        payload.replace_range(digest_at..digest_at + DIGEST_CHARS, text);
    }

    /// As [`Tagger::seal`], of bytes: they may be any around the tag.
    ///
    /// # Panics
    /// If they end before the tag does.
    pub fn seal_bytes(&self, payload: &mut [u8], at: usize) {
        let digest_at = at + DIGEST_AT;
        let text = digest_text(self.digest(payload, digest_at));
        payload[digest_at..digest_at + DIGEST_CHARS].copy_from_slice(&text);
    }

    /// Finds the tag of this run in a payload. `None`: there is none, or it is damaged, or it is another run's.
    pub fn find(&self, payload: &[u8]) -> Option<Found> {
        let mut from = 0;
        for _ in 0..MAX_CANDIDATES {
            let at = from + self.finder.find(payload.get(from..)?)?;
            if let Some(tag) = self.read(payload, at) {
                let digest_at = at + DIGEST_AT;
                let digest = digest_text(self.digest(payload, digest_at));
                let intact = payload[digest_at..digest_at + DIGEST_CHARS] == digest;
                return Some(Found {
                    tag,
                    intact,
                    by: By::Tag,
                });
            }
            from = at + MAGIC.len();
        }
        None
    }

    /// Bits that differ from push to push, of the first that looks like a tag. `None`: nothing does.
    #[inline]
    pub(super) fn mark(&self, payload: &[u8]) -> Option<u32> {
        let at = self.finder.find(payload)?;
        // Four characters of the header's check.
        let chars = payload.get(at + MAGIC.len() + 6..)?.first_chunk()?;
        let bits = u32::from_le_bytes(*chars);
        Some(bits ^ bits >> 7 ^ bits >> 15)
    }

    /// Finds it in a payload, or else in what is attached to that.
    pub fn find_within<B: AsRef<[u8]>>(&self, payload: &str, attachments: &[B]) -> Option<Found> {
        self.find(payload.as_bytes())
            .or_else(|| attachments.iter().find_map(|a| self.find(a.as_ref())))
    }

    fn read(&self, payload: &[u8], at: usize) -> Option<Tag> {
        let chars = payload.get(at + MAGIC.len()..at + TAG_LEN)?;
        let header = read_header(chars.first_chunk()?)?;
        let (run, rest) = header.split_first_chunk::<4>()?;
        let (check, fields) = rest.split_first_chunk::<4>()?;
        if u32::from_le_bytes(*run) != self.run || u32::from_le_bytes(*check) != self.check(fields)
        {
            return None;
        }
        let u16_at = |i: usize| u32::from(u16::from_le_bytes([fields[i], fields[i + 1]]));
        let u32_at =
            |i: usize| u32::from_le_bytes([fields[i], fields[i + 1], fields[i + 2], fields[i + 3]]);
        let audience = match u32_at(6) {
            EVERYONE => Audience::Everyone,
            user => Audience::User(UserId(user)),
        };
        let micros = u64::from(u32_at(18)) | u64::from(u16_at(22)) << 32;
        Some(Tag {
            app: AppId(u16_at(0)),
            event: EventId(u16_at(2)),
            push: PushId {
                lane: Lane(u16_at(4)),
                seq: Seq(u32_at(10)),
            },
            audience,
            stream_seq: u32_at(14),
            intended: Time::from_nanos(micros * 1_000),
        })
    }

    fn header(&self, tag: &Tag) -> [u8; HEADER_BYTES] {
        let mut header = [0; HEADER_BYTES];
        let audience = match tag.audience {
            Audience::Everyone => EVERYONE,
            Audience::User(user) => user.0,
        };
        // A number cut short would name another app: the plan bounds all three far below.
        let narrow = |n: u32| u16::try_from(n).expect("the plan bounds apps, events and lanes");
        let fields = &mut header[8..];
        fields[0..2].copy_from_slice(&narrow(tag.app.0).to_le_bytes());
        fields[2..4].copy_from_slice(&narrow(tag.event.0).to_le_bytes());
        fields[4..6].copy_from_slice(&narrow(tag.push.lane.0).to_le_bytes());
        fields[6..10].copy_from_slice(&audience.to_le_bytes());
        fields[10..14].copy_from_slice(&tag.push.seq.0.to_le_bytes());
        fields[14..18].copy_from_slice(&tag.stream_seq.to_le_bytes());
        fields[18..24].copy_from_slice(&tag.intended.as_micros().to_le_bytes()[..6]);
        let check = self.check(fields);
        header[0..4].copy_from_slice(&self.run.to_le_bytes());
        header[4..8].copy_from_slice(&check.to_le_bytes());
        header
    }

    fn check(&self, fields: &[u8]) -> u32 {
        xxh3_64_with_seed(fields, self.key) as u32
    }

    /// The digest of everything but the digest itself.
    fn digest(&self, payload: &[u8], digest_at: usize) -> u64 {
        let before = xxh3_64_with_seed(&payload[..digest_at], self.key);
        xxh3_64_with_seed(&payload[digest_at + DIGEST_CHARS..], before)
    }
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// The value of each character of [`ALPHABET`]; 64 for every other.
const VALUES: [u8; 256] = {
    let mut values = [64; 256];
    let mut n = 0;
    while n < 64 {
        values[ALPHABET[n] as usize] = n as u8;
        n += 1;
    }
    values
};

/// The bytes of a header. Every delivery comes through here, and for 43 characters the general decoder takes thrice the time.
fn read_header(chars: &[u8; HEADER_CHARS]) -> Option<[u8; HEADER_BYTES]> {
    let mut header = [0; HEADER_BYTES];
    let mut wrong = 0;
    let mut bits = |chars: &[u8]| {
        chars.iter().fold(0_u32, |bits, char| {
            let value = VALUES[usize::from(*char)];
            wrong |= value;
            bits << 6 | u32::from(value & 63)
        })
    };
    let (fours, three) = chars.as_chunks::<4>();
    let (threes, two) = header.as_chunks_mut::<3>();
    for (bytes, chars) in threes.iter_mut().zip(fours) {
        bytes.copy_from_slice(&bits(chars).to_be_bytes()[1..]);
    }
    // 18 bits, of which the last two are no part of the 16 that are left.
    let last = bits(three);
    two.copy_from_slice(&((last >> 2) as u16).to_be_bytes());
    (wrong < 64 && last.is_multiple_of(4)).then_some(header)
}

/// The text of a digest: the base64 of its bytes, the lowest first.
fn digest_text(digest: u64) -> [u8; DIGEST_CHARS] {
    let bits = u128::from(digest.swap_bytes()) << 2;
    std::array::from_fn(|n| ALPHABET[(bits >> (6 * (DIGEST_CHARS - 1 - n))) as usize & 63])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tag(seq: u32) -> Tag {
        Tag {
            push: PushId {
                lane: Lane(3),
                seq: Seq(seq),
            },
            app: AppId(1),
            audience: Audience::User(UserId(77)),
            event: EventId(2),
            stream_seq: 5,
            intended: Time::from_nanos(1_234_567_000),
        }
    }

    fn sealed(tagger: &Tagger, tag: &Tag, before: &str, after: &str) -> String {
        let mut payload = format!("{before}{}{after}", tagger.blank(tag));
        tagger.seal(&mut payload, before.len());
        payload
    }

    #[test]
    fn is_found_and_intact_in_every_shape() {
        let tagger = Tagger::new(7);
        for (before, after) in [
            ("{\"pp\":\"", "\",\"text\":\"Zoë 🇷🇺\"}"),
            ("[\"", "\",1,null]"),
            ("\"", " hello\""),
            ("\"pp1. is not yet a tag ", "\""),
        ] {
            let payload = sealed(&tagger, &tag(9), before, after);
            let found = tagger.find(payload.as_bytes());
            assert_eq!(
                found,
                Some(Found {
                    tag: tag(9),
                    intact: true,
                    by: By::Tag
                }),
                "{payload}"
            );
        }
    }

    #[test]
    fn every_changed_byte_is_seen() {
        let tagger = Tagger::new(7);
        let payload = sealed(&tagger, &tag(9), "{\"pp\":\"", "\",\"n\":12}");
        for at in 0..payload.len() {
            let mut bytes = payload.clone().into_bytes();
            bytes[at] = if bytes[at] == b'B' { b'C' } else { b'B' };
            let found = tagger.find(&bytes);
            let in_header = (7..7 + DIGEST_AT).contains(&at);
            if in_header {
                assert_eq!(found, None, "byte {at} of the header");
            } else {
                let found = found.unwrap_or_else(|| panic!("byte {at} is outside the header"));
                assert_eq!(found.tag, tag(9));
                assert!(!found.intact, "byte {at}");
            }
        }
    }

    #[test]
    fn another_runs_tag_is_no_tag() {
        let payload = sealed(&Tagger::new(7), &tag(9), "\"", "\"");
        assert_eq!(Tagger::new(8).find(payload.as_bytes()), None);
    }

    #[test]
    fn everyone_is_not_a_user() {
        let tagger = Tagger::new(7);
        let everyone = Tag {
            audience: Audience::Everyone,
            ..tag(0)
        };
        let payload = sealed(&tagger, &everyone, "\"", "\"");
        assert_eq!(tagger.find(payload.as_bytes()).unwrap().tag, everyone);
    }

    proptest! {
        #[test]
        fn any_tag_reads_back(lane in 0..=u32::from(u16::MAX), seq: u32, user in 0..u32::MAX, stream_seq: u32, micros in 0..1_u64 << 48, seed: u64) {
            let tagger = Tagger::new(seed);
            let tag = Tag {
                push: PushId { lane: Lane(lane), seq: Seq(seq) },
                app: AppId(lane / 2),
                audience: Audience::User(UserId(user)),
                event: EventId(lane / 3),
                stream_seq,
                intended: Time::from_nanos(micros * 1_000),
            };
            let payload = sealed(&tagger, &tag, "[\"", "\"]");
            prop_assert_eq!(tagger.find(payload.as_bytes()), Some(Found { tag, intact: true, by: By::Tag }));
        }

        #[test]
        fn base64_is_as_everywhere(header: [u8; HEADER_BYTES], digest: u64, at in 0..HEADER_CHARS, other: u8) {
            let text = BASE64.encode(digest.to_le_bytes());
            prop_assert_eq!(text.as_bytes(), digest_text(digest));
            let text = BASE64.encode(header);
            let mut chars: [u8; HEADER_CHARS] = text.as_bytes().try_into().unwrap();
            prop_assert_eq!(read_header(&chars), Some(header));
            chars[at] = other;
            let decoded = BASE64.decode(chars).ok();
            prop_assert_eq!(read_header(&chars).map(Vec::from), decoded);
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300), at in 0_usize..300) {
            let tagger = Tagger::new(1);
            tagger.find(&bytes);
            let mut with_magic = bytes;
            let at = at.min(with_magic.len());
            with_magic.splice(at..at, MAGIC.bytes());
            tagger.find(&with_magic);
        }
    }
}
