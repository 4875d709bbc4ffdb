//! From facts to bytes.

use super::code::{
    ANSWERED, BATCH, BINARY, CAME, CAME_CUT, CAME_LATE, CAME_OTHERWISE, CONNECTED, CONNECTING,
    Context, ELSEWHERE, GOES_ON, HEARD, LEAVING, LEFT, NEXT_SLOT, NOT_BEFORE, OPENED, PLANNED,
    PREMATURE, REFUSED, REQUEST, SAME_PUSH, SENT, SETTLED, code,
};
use super::fact::{Cut, Event, Fact, Moment};
use super::varint::{put, put_signed};
use crate::history::{Left, Outcome, Reply, Request};
use crate::ids::{Audience, PushId};
use crate::time::Time;
use crate::verify::{By, Found, Way};

/// Writes facts.
#[derive(Debug, Default)]
pub struct Encoder {
    context: Context,
}

impl Encoder {
    /// Begins a block that covers its source from this time on.
    pub fn begin(&mut self, from: Time) {
        self.context.begin(from);
    }

    /// Appends a fact.
    pub fn put(&mut self, out: &mut Vec<u8>, fact: &Fact<'_>) {
        match fact {
            Fact::Opened {
                slot,
                socket,
                user,
                app,
            } => {
                out.push(OPENED);
                self.slot(out, *slot);
                for n in [socket.0, user.0, app.0] {
                    put(out, u64::from(n));
                }
            }
            Fact::Planned { socket, user, app } => {
                out.push(PLANNED);
                for n in [socket.0, user.0, app.0] {
                    put(out, u64::from(n));
                }
            }
            Fact::Batch { number, at } => self.numbered(out, BATCH, *number, *at),
            Fact::Settled { number, at } => self.numbered(out, SETTLED, *number, *at),
            Fact::Connecting { slot, at } => self.at_slot(out, CONNECTING, *slot, *at),
            Fact::Connected { slot, at } => self.at_slot(out, CONNECTED, *slot, *at),
            Fact::WentOn { slot, at } => self.at_slot(out, CONNECTED | GOES_ON, *slot, *at),
            Fact::Heard { slot, at } => self.at_slot(out, HEARD, *slot, *at),
            Fact::Leaving { slot, at } => self.at_slot(out, LEAVING, *slot, *at),
            Fact::Left { slot, left } => self.left(out, LEFT, *slot, *left),
            Fact::LeftForNow { slot, left } => self.left(out, LEFT | GOES_ON, *slot, *left),
            Fact::Forsaken { socket } => {
                out.push(PLANNED | GOES_ON);
                put(out, u64::from(socket.0));
            }
            Fact::Came { slot, moment, push } => self.came(out, *slot, *moment, *push),
            Fact::CameLate {
                slot,
                moment,
                push,
                stream_seq,
            } => {
                let refused = if moment.refused { REFUSED } else { 0 };
                self.at_slot(out, CAME_LATE | refused, *slot, moment.at);
                difference(out, moment.at, moment.not_before);
                waited(out, moment.waited_us);
                self.push(out, *push);
                put(out, u64::from(*stream_seq));
            }
            Fact::CameOtherwise {
                slot,
                moment,
                event,
            } => self.came_otherwise(out, *slot, *moment, event),
            Fact::Sent(id, push) => {
                out.push(SENT);
                self.push(out, *id);
                self.time(out, push.sent);
                difference(out, push.sent, push.intended);
                put(out, u64::from(push.app.0));
                put(out, audience(push.audience));
                put(out, u64::from(push.event.0));
                put(out, u64::from(push.stream_seq));
            }
            Fact::Answered(id, answer) => {
                let outcome = match answer.outcome {
                    Outcome::Accepted => 1,
                    Outcome::Rejected => 2,
                    Outcome::Unknown => 3,
                };
                out.push(ANSWERED | outcome << 4);
                self.push(out, *id);
                self.time(out, answer.at);
            }
            Fact::Requested(request) => self.request(out, REQUEST, request, request.sent),
            Fact::Replied {
                request,
                reply,
                at,
                answer,
            } => {
                let which = Reply::ALL.iter().position(|one| one == reply);
                let which = which.map_or(0, |place| place as u8 + 1);
                self.request(out, REQUEST | which << 4, request, *at);
                difference(out, *at, request.sent);
                bytes(out, answer.as_bytes());
            }
        }
    }

    fn left(&mut self, out: &mut Vec<u8>, first: u8, slot: u32, left: Left) {
        self.at_slot(out, first, slot, left.by);
        difference(out, left.by, left.after);
        out.push(code(left.cause));
    }

    fn request(&mut self, out: &mut Vec<u8>, first: u8, request: &Request, at: Time) {
        out.push(first);
        put(out, u64::from(request.socket.0));
        self.time(out, at);
        put(out, u64::from(request.user.0));
        put(out, request.number);
        difference(out, at, request.intended);
    }

    /// The fact that there are millions of.
    fn came(&mut self, out: &mut Vec<u8>, slot: u32, moment: Moment, push: PushId) {
        let same_push = self.context.push == Some(push);
        let next_slot = self.context.slot.wrapping_add(1) == slot;
        let not_before = moment.not_before != self.context.not_before;
        let mut first = CAME;
        for (flag, bit) in [
            (same_push, SAME_PUSH),
            (next_slot, NEXT_SLOT),
            (not_before, NOT_BEFORE),
            (moment.refused, REFUSED),
        ] {
            first |= if flag { bit } else { 0 };
        }
        out.push(first);
        if next_slot {
            self.context.slot = slot;
        } else {
            self.slot(out, slot);
        }
        if !same_push {
            self.push(out, push);
            self.context.push = Some(push);
        }
        self.time(out, moment.at);
        if not_before {
            self.context.not_before = moment.not_before;
            difference(out, moment.at, moment.not_before);
        }
        waited(out, moment.waited_us);
    }

    fn came_otherwise(&mut self, out: &mut Vec<u8>, slot: u32, moment: Moment, event: &Event<'_>) {
        let mut first = if event.cut.is_some() {
            CAME_CUT
        } else {
            CAME_OTHERWISE
        };
        first |= match event.way {
            Way::Text => 0,
            Way::Binary => BINARY,
            Way::Elsewhere => ELSEWHERE,
        };
        for (flag, bit) in [(event.premature, PREMATURE), (moment.refused, REFUSED)] {
            first |= if flag { bit } else { 0 };
        }
        self.at_slot(out, first, slot, moment.at);
        difference(out, moment.at, moment.not_before);
        waited(out, moment.waited_us);
        if let Some(cut) = &event.cut {
            put_cut(out, cut);
        }
        bytes(out, event.name.as_bytes());
        bytes(out, event.payload.as_bytes());
        put(out, event.attachments.len() as u64);
        for attachment in &event.attachments {
            bytes(out, attachment);
        }
    }

    fn at_slot(&mut self, out: &mut Vec<u8>, first: u8, slot: u32, at: Time) {
        out.push(first);
        self.slot(out, slot);
        self.time(out, at);
    }

    fn numbered(&mut self, out: &mut Vec<u8>, first: u8, number: u32, at: Time) {
        out.push(first);
        put(out, u64::from(number));
        self.time(out, at);
    }

    fn slot(&mut self, out: &mut Vec<u8>, slot: u32) {
        put_signed(out, i64::from(slot) - i64::from(self.context.slot));
        self.context.slot = slot;
    }

    fn time(&mut self, out: &mut Vec<u8>, at: Time) {
        let at = at.as_nanos();
        put_signed(out, at.wrapping_sub(self.context.time).cast_signed());
        self.context.time = at;
    }

    fn push(&mut self, out: &mut Vec<u8>, id: PushId) {
        put(out, u64::from(id.lane.0));
        let seq = self.context.seq(id.lane);
        put_signed(out, i64::from(id.seq.0) - i64::from(*seq));
        *seq = id.seq.0;
    }
}

/// How long before `at` the other time was.
fn difference(out: &mut Vec<u8>, at: Time, earlier: Time) {
    let by = at.as_nanos().wrapping_sub(earlier.as_nanos());
    put_signed(out, by.cast_signed());
}

fn waited(out: &mut Vec<u8>, us: Option<u32>) {
    put(out, us.map_or(0, |us| u64::from(us) + 1));
}

fn bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

fn audience(audience: Audience) -> u64 {
    match audience {
        Audience::Everyone => 0,
        Audience::User(user) => u64::from(user.0) + 1,
    }
}

fn put_cut(out: &mut Vec<u8>, cut: &Cut) {
    let tagged = cut.found.is_some_and(|found| found.intact);
    let by = match cut.found.map(|found| found.by) {
        None | Some(By::Tag) => 0,
        Some(By::Name) => 1,
        Some(By::Count) => 2,
    };
    out.push(
        u8::from(cut.found.is_some()) | u8::from(tagged) << 1 | u8::from(cut.named) << 2 | by << 3,
    );
    put(out, cut.length);
    out.extend_from_slice(&cut.digest.to_le_bytes());
    if let Some(Found { tag, .. }) = &cut.found {
        put(out, u64::from(tag.push.lane.0));
        put(out, u64::from(tag.push.seq.0));
        put(out, u64::from(tag.app.0));
        put(out, audience(tag.audience));
        put(out, u64::from(tag.event.0));
        put(out, u64::from(tag.stream_seq));
        put(out, tag.intended.as_nanos());
    }
}
