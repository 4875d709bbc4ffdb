//! From bytes to facts. No bytes make it panic.

use super::code::{
    ANSWERED, BATCH, BINARY, CAME, CAME_CUT, CAME_LATE, CAME_OTHERWISE, CAUSES, CONNECTED,
    CONNECTING, Context, ELSEWHERE, GOES_ON, HEARD, LEAVING, LEFT, NEXT_SLOT, NOT_BEFORE, OPENED,
    PLANNED, PREMATURE, REFUSED, REQUEST, SAME_PUSH, SENT, SETTLED,
};
use super::fact::{Cut, Event, Fact, Moment, Nonsense};
use super::varint::Bytes;
use crate::history::{Left, Outcome, Push, Reply, Request};
use crate::ids::{AppId, Audience, EventId, Lane, PushId, Seq, SocketId, UserId};
use crate::time::Time;
use crate::verify::{Answer, By, Found, Tag, Way};

/// Reads the facts of one block.
struct Decoder<'a, 'c> {
    bytes: Bytes<'a>,
    context: &'c mut Context,
}

/// How far the reading of a block has come.
#[derive(Debug, Clone, Default)]
pub struct Position {
    context: Context,
    at: usize,
}

impl Position {
    /// The beginning of a block that covers its source from this time on.
    pub fn begin(&mut self, from: Time) {
        self.context.begin(from);
        self.at = 0;
    }

    /// When the next fact was told; the time of the one before where the fact has none.
    pub fn next_at(&self, body: &[u8]) -> Option<Result<Time, Nonsense>> {
        let bytes = body.get(self.at..).filter(|rest| !rest.is_empty())?;
        Some(self.time_of(Bytes(bytes)).ok_or(Nonsense))
    }

    fn time_of(&self, mut bytes: Bytes<'_>) -> Option<Time> {
        let first = bytes.byte()?;
        match first & 0xf {
            OPENED | PLANNED => return Some(Time::from_nanos(self.context.time)),
            CAME if first & NEXT_SLOT != 0 => {}
            SENT | ANSWERED => {
                bytes.number()?;
                bytes.number()?;
            }
            _ => {
                bytes.number()?;
            }
        }
        if first & 0xf == CAME && first & SAME_PUSH == 0 {
            bytes.number()?;
            bytes.number()?;
        }
        let time = self.context.time.wrapping_add(bytes.signed()? as u64);
        Some(Time::from_nanos(time))
    }

    /// The next fact of this body; `None` at its end.
    pub fn next<'a>(&mut self, body: &'a [u8]) -> Option<Result<Fact<'a>, Nonsense>> {
        let bytes = body.get(self.at..).filter(|rest| !rest.is_empty())?;
        let mut decoder = Decoder {
            bytes: Bytes(bytes),
            context: &mut self.context,
        };
        let fact = decoder.fact().ok_or(Nonsense);
        let left = decoder.bytes.0.len();
        self.at = if fact.is_ok() {
            body.len() - left
        } else {
            body.len()
        };
        Some(fact)
    }
}

impl<'a> Decoder<'a, '_> {
    fn fact(&mut self) -> Option<Fact<'a>> {
        let first = self.bytes.byte()?;
        Some(match first & 0xf {
            OPENED => Fact::Opened {
                slot: self.slot()?,
                socket: SocketId(self.bytes.small()?),
                user: UserId(self.bytes.small()?),
                app: AppId(self.bytes.small()?),
            },
            PLANNED if first & GOES_ON != 0 => Fact::Forsaken {
                socket: SocketId(self.bytes.small()?),
            },
            PLANNED => Fact::Planned {
                socket: SocketId(self.bytes.small()?),
                user: UserId(self.bytes.small()?),
                app: AppId(self.bytes.small()?),
            },
            BATCH => Fact::Batch {
                number: self.bytes.small()?,
                at: self.time()?,
            },
            SETTLED => Fact::Settled {
                number: self.bytes.small()?,
                at: self.time()?,
            },
            CONNECTING => Fact::Connecting {
                slot: self.slot()?,
                at: self.time()?,
            },
            CONNECTED => {
                let (slot, at) = (self.slot()?, self.time()?);
                if first & GOES_ON == 0 {
                    Fact::Connected { slot, at }
                } else {
                    Fact::WentOn { slot, at }
                }
            }
            LEFT => self.left(first)?,
            HEARD => Fact::Heard {
                slot: self.slot()?,
                at: self.time()?,
            },
            LEAVING => Fact::Leaving {
                slot: self.slot()?,
                at: self.time()?,
            },
            CAME => self.came(first)?,
            CAME_LATE => {
                let (slot, at) = (self.slot()?, self.time()?);
                let moment = Moment {
                    at,
                    not_before: self.before(at)?,
                    waited_us: self.waited().ok()?,
                    refused: first & REFUSED != 0,
                };
                Fact::CameLate {
                    slot,
                    moment,
                    push: self.push()?,
                    stream_seq: self.bytes.small()?,
                }
            }
            CAME_OTHERWISE | CAME_CUT => self.came_otherwise(first)?,
            SENT => {
                let id = self.push()?;
                let sent = self.time()?;
                let push = Push {
                    intended: self.before(sent)?,
                    sent,
                    app: AppId(self.bytes.small()?),
                    audience: self.audience()?,
                    event: EventId(self.bytes.small()?),
                    stream_seq: self.bytes.small()?,
                };
                Fact::Sent(id, push)
            }
            ANSWERED => {
                let outcome = match first >> 4 {
                    1 => Outcome::Accepted,
                    2 => Outcome::Rejected,
                    3 => Outcome::Unknown,
                    _ => return None,
                };
                let id = self.push()?;
                let at = self.time()?;
                Fact::Answered(id, Answer { outcome, at })
            }
            REQUEST => self.request(first >> 4)?,
            _ => return None,
        })
    }

    fn left(&mut self, first: u8) -> Option<Fact<'a>> {
        let (slot, by) = (self.slot()?, self.time()?);
        let left = Left {
            after: self.before(by)?,
            by,
            cause: *CAUSES.get(usize::from(self.bytes.byte()?))?,
        };
        Some(if first & GOES_ON == 0 {
            Fact::Left { slot, left }
        } else {
            Fact::LeftForNow { slot, left }
        })
    }

    fn request(&mut self, which: u8) -> Option<Fact<'a>> {
        let socket = SocketId(self.bytes.small()?);
        let at = self.time()?;
        let user = UserId(self.bytes.small()?);
        let number = self.bytes.number()?;
        let intended = self.before(at)?;
        let request = Request {
            number,
            socket,
            user,
            intended,
            sent: at,
        };
        let Some(place) = which.checked_sub(1) else {
            return Some(Fact::Requested(request));
        };
        let sent = self.before(at)?;
        Some(Fact::Replied {
            request: Request { sent, ..request },
            reply: *Reply::ALL.get(usize::from(place))?,
            at,
            answer: self.text()?,
        })
    }

    fn came(&mut self, first: u8) -> Option<Fact<'a>> {
        let slot = if first & NEXT_SLOT == 0 {
            self.slot()?
        } else {
            self.context.slot = self.context.slot.checked_add(1)?;
            self.context.slot
        };
        let push = if first & SAME_PUSH == 0 {
            self.push()?
        } else {
            self.context.push?
        };
        self.context.push = Some(push);
        let at = self.time()?;
        if first & NOT_BEFORE != 0 {
            self.context.not_before = self.before(at)?;
        }
        let not_before = self.context.not_before;
        let moment = Moment {
            at,
            not_before,
            waited_us: self.waited().ok()?,
            refused: first & REFUSED != 0,
        };
        Some(Fact::Came { slot, moment, push })
    }

    fn came_otherwise(&mut self, first: u8) -> Option<Fact<'a>> {
        let (slot, at) = (self.slot()?, self.time()?);
        let moment = Moment {
            at,
            not_before: self.before(at)?,
            waited_us: self.waited().ok()?,
            refused: first & REFUSED != 0,
        };
        let cut = if first & 0xf == CAME_CUT {
            Some(self.cut()?)
        } else {
            None
        };
        let name = self.text()?;
        let payload = self.text()?;
        let mut attachments = Vec::new();
        for _ in 0..self.bytes.number()? {
            attachments.push(self.blob()?);
        }
        let way = match (first & BINARY != 0, first & ELSEWHERE != 0) {
            (false, false) => Way::Text,
            (true, false) => Way::Binary,
            (false, true) => Way::Elsewhere,
            (true, true) => return None,
        };
        let event = Event {
            premature: first & PREMATURE != 0,
            way,
            name,
            payload,
            attachments,
            cut,
        };
        Some(Fact::CameOtherwise {
            slot,
            moment,
            event,
        })
    }

    fn cut(&mut self) -> Option<Cut> {
        let flags = self.bytes.byte()?;
        let length = self.bytes.number()?;
        let digest = u64::from_le_bytes(self.bytes.take(8)?.try_into().ok()?);
        let found = if flags & 1 == 0 {
            None
        } else {
            let push = PushId {
                lane: Lane(self.bytes.small()?),
                seq: Seq(self.bytes.small()?),
            };
            let tag = Tag {
                push,
                app: AppId(self.bytes.small()?),
                audience: self.audience()?,
                event: EventId(self.bytes.small()?),
                stream_seq: self.bytes.small()?,
                intended: Time::from_nanos(self.bytes.number()?),
            };
            let intact = flags & 2 != 0;
            let by = match flags >> 3 {
                0 => By::Tag,
                1 => By::Name,
                2 => By::Count,
                _ => return None,
            };
            Some(Found { tag, intact, by })
        };
        Some(Cut {
            found,
            named: flags & 4 != 0,
            length,
            digest,
        })
    }

    fn slot(&mut self) -> Option<u32> {
        self.context.slot = moved(self.context.slot, self.bytes.signed()?)?;
        Some(self.context.slot)
    }

    fn time(&mut self) -> Option<Time> {
        let by = self.bytes.signed()?;
        self.context.time = self.context.time.wrapping_add(by as u64);
        Some(Time::from_nanos(self.context.time))
    }

    fn before(&mut self, at: Time) -> Option<Time> {
        let by = self.bytes.signed()?;
        Some(Time::from_nanos(at.as_nanos().wrapping_sub(by as u64)))
    }

    fn waited(&mut self) -> Result<Option<u32>, Nonsense> {
        match self.bytes.number().ok_or(Nonsense)? {
            0 => Ok(None),
            more => u32::try_from(more - 1).map(Some).map_err(|_| Nonsense),
        }
    }

    fn push(&mut self) -> Option<PushId> {
        // A tag has 16 bits for the lane, and so has the ledger.
        let lane = Lane(u32::from(u16::try_from(self.bytes.number()?).ok()?));
        let by = self.bytes.signed()?;
        let seq = self.context.seq(lane);
        *seq = moved(*seq, by)?;
        let seq = Seq(*seq);
        Some(PushId { lane, seq })
    }

    fn audience(&mut self) -> Option<Audience> {
        Some(match self.bytes.number()? {
            0 => Audience::Everyone,
            user => Audience::User(UserId(u32::try_from(user - 1).ok()?)),
        })
    }

    fn blob(&mut self) -> Option<&'a [u8]> {
        let length = self.bytes.number()?;
        self.bytes.take(usize::try_from(length).ok()?)
    }

    fn text(&mut self) -> Option<&'a str> {
        std::str::from_utf8(self.blob()?).ok()
    }
}

fn moved(n: u32, by: i64) -> Option<u32> {
    u32::try_from(i64::from(n).checked_add(by)?).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::journal::encode::Encoder;

    fn counted(tag: Tag) -> Found {
        Found {
            tag,
            intact: true,
            by: By::Count,
        }
    }

    fn requests(slot: u32, nanos: u64, seq: u32, text: &str) -> Vec<Fact<'_>> {
        let request = Request {
            number: nanos,
            socket: SocketId(seq),
            user: UserId(slot),
            intended: Time::from_nanos(nanos / 3),
            sent: Time::from_nanos(nanos),
        };
        let replies = Reply::ALL.map(|reply| Fact::Replied {
            request: Request {
                sent: Time::from_nanos(nanos / 2),
                ..request
            },
            reply,
            at: Time::from_nanos(nanos),
            answer: text,
        });
        std::iter::once(Fact::Requested(request))
            .chain(replies)
            .collect()
    }

    fn facts(slot: u32, nanos: u64, lane: u32, seq: u32, text: &str, flag: bool) -> Vec<Fact<'_>> {
        let at = Time::from_nanos(nanos);
        let push = PushId {
            lane: Lane(lane),
            seq: Seq(seq),
        };
        let moment = Moment {
            at,
            not_before: Time::from_nanos(nanos / 2),
            waited_us: flag.then_some(slot),
            refused: flag,
        };
        let tag = Tag {
            push,
            app: AppId(lane),
            audience: Audience::User(UserId(seq)),
            event: EventId(lane / 2),
            stream_seq: slot,
            intended: at,
        };
        let cut = Cut {
            found: flag.then_some(counted(tag)),
            named: flag,
            length: nanos,
            digest: !nanos,
        };
        let event = |cut, way| Event {
            premature: flag,
            way,
            name: text,
            payload: text,
            attachments: vec![text.as_bytes(); usize::from(flag) * 2],
            cut,
        };
        let otherwise = |cut, way| Fact::CameOtherwise {
            slot,
            moment,
            event: event(cut, way),
        };
        let mut facts = vec![
            Fact::Opened {
                slot,
                socket: SocketId(seq),
                user: UserId(slot),
                app: AppId(lane),
            },
            Fact::Planned {
                socket: SocketId(seq),
                user: UserId(slot),
                app: AppId(lane),
            },
            Fact::Batch { number: seq, at },
            Fact::Settled { number: slot, at },
            Fact::Connecting { slot, at },
            Fact::Connected { slot, at },
            Fact::Heard { slot, at },
            Fact::Leaving { slot, at },
            Fact::Came { slot, moment, push },
            Fact::Came {
                slot: slot.wrapping_add(1),
                moment: Moment {
                    not_before: at,
                    ..moment
                },
                push,
            },
            Fact::CameLate {
                slot,
                moment,
                push,
                stream_seq: seq,
            },
            otherwise(None, Way::Text),
            otherwise(None, Way::Binary),
            otherwise(Some(cut), Way::Elsewhere),
            Fact::Sent(
                push,
                Push {
                    intended: Time::from_nanos(nanos / 3),
                    sent: at,
                    app: AppId(lane),
                    audience: if flag {
                        Audience::Everyone
                    } else {
                        Audience::User(UserId(slot))
                    },
                    event: EventId(seq),
                    stream_seq: seq,
                },
            ),
        ];
        facts.extend(going_on(slot, at, seq));
        facts.extend(requests(slot, nanos, seq, text));
        for outcome in [Outcome::Accepted, Outcome::Rejected, Outcome::Unknown] {
            facts.push(Fact::Answered(push, Answer { outcome, at }));
        }
        facts
    }

    fn going_on(slot: u32, at: Time, seq: u32) -> Vec<Fact<'static>> {
        let socket = SocketId(seq);
        let mut facts = vec![Fact::WentOn { slot, at }, Fact::Forsaken { socket }];
        for cause in CAUSES {
            let (after, by) = (Time::ZERO, at);
            let left = Left { after, by, cause };
            facts.push(Fact::Left { slot, left });
            facts.push(Fact::LeftForNow { slot, left });
        }
        facts
    }

    fn read(from: Time, body: &[u8]) -> Vec<Result<Fact<'_>, Nonsense>> {
        let mut position = Position::default();
        position.begin(from);
        let mut facts = Vec::new();
        while position.next_at(body).is_some() {
            facts.extend(position.next(body));
        }
        facts
    }

    #[test]
    fn a_delivery_as_it_should_be_takes_few_bytes() {
        let (mut encoder, mut out) = (Encoder::default(), Vec::new());
        encoder.begin(Time::ZERO);
        let mut sizes = Vec::new();
        for (n, slot) in [500, 501, 502, 44].into_iter().enumerate() {
            let at = Time::from_nanos(1_000_000_000 + n as u64 * 2_000);
            let moment = Moment {
                at,
                // When everything that had come before had been read: the same for all that was read at once.
                not_before: Time::from_nanos(999_000_000),
                waited_us: Some(120),
                refused: false,
            };
            let push = PushId {
                lane: Lane(2),
                seq: Seq(if slot == 44 { 9 } else { 8 }),
            };
            let before = out.len();
            encoder.put(&mut out, &Fact::Came { slot, moment, push });
            sizes.push(out.len() - before);
        }
        // Which, where, when; where the same push goes on to the next socket only when; then another push somewhere else.
        assert_eq!(sizes[1..], [4, 4, 8]);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(
            told in proptest::collection::vec(
                (0..u32::MAX, any::<u64>(), 0..1_u32 << 16, any::<u32>(), ".{0,20}", any::<bool>()),
                1..6,
            ),
            from: u64,
        ) {
            let from = Time::from_nanos(from);
            let facts = told.iter().flat_map(|(slot, nanos, lane, seq, text, flag)| {
                facts(*slot, *nanos, *lane, *seq, text, *flag)
            });
            let facts: Vec<_> = facts.collect();
            let (mut encoder, mut out) = (Encoder::default(), Vec::new());
            encoder.begin(from);
            for fact in &facts {
                encoder.put(&mut out, fact);
            }
            let read: Vec<_> = read(from, &out).into_iter().map(|fact| fact.unwrap()).collect();
            prop_assert_eq!(read, facts);
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200), from: u64) {
            read(Time::from_nanos(from), &bytes);
        }
    }
}
