//! Who gets a push at known-bad servers, how often and in which order.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::payload;
use crate::platform::conn::{Conn, encode_event, encode_head};
use crate::platform::engine::CloseReason;
use crate::platform::faults::Pushed;
use crate::platform::frame::Frame;
use crate::platform::hub::{Audience, Hub, Member};
use crate::platform::mutants::{Mutant, Mutants};
use crate::platform::said::{Kept, Said};
use crate::platform::token::Token;
use crate::time::Time;

/// Those that change who gets a push, when, or what it says.
const CONCERNED: [Mutant; 40] = [
    Mutant::BroadcastLeak,
    Mutant::SkipOneShard,
    Mutant::OversizeKillsClient,
    Mutant::FirstSessionOnly,
    Mutant::DupPerSession,
    Mutant::DeliverLate,
    Mutant::CrossAppLeak,
    Mutant::StarUserIsBroadcast,
    Mutant::Casefold,
    Mutant::Normalise,
    Mutant::PrefixMatch,
    Mutant::RoomNameCollision,
    Mutant::PrototypeRoom,
    Mutant::LeakOneInThousand,
    Mutant::DupPerRoom,
    Mutant::NameTrim,
    Mutant::LeakOtherNamespace,
    Mutant::LateJoin,
    Mutant::LostUnderChurn,
    Mutant::CountLies,
    Mutant::Reorder,
    Mutant::TwoQueues,
    Mutant::PerNodeQueues,
    Mutant::Dup,
    Mutant::DropEveryHundredth,
    Mutant::Phantom,
    Mutant::SmallOvertakesLarge,
    Mutant::InterleavedAttachments,
    Mutant::NullDropped,
    Mutant::PadWithNull,
    Mutant::ArraySpread,
    Mutant::MangleUnicode,
    Mutant::RawRs,
    Mutant::NumberDrift,
    Mutant::Infinity,
    Mutant::SortKeys,
    Mutant::ProtoPollution,
    Mutant::PlaceholderConfusion,
    Mutant::Truncate64k,
    Mutant::SilentDepthDrop,
];

/// Names of properties of every JavaScript object.
const PROTOTYPE: [&str; 4] = ["__proto__", "constructor", "toString", "hasOwnProperty"];

/// What a known-bad server has in mind.
#[derive(Debug, Default)]
pub(in crate::platform) struct Memory(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    pushes: u64,
    deliveries: u64,
    /// Somebody has left since the last push.
    churned: bool,
    /// Sockets that are not quite members yet.
    late: HashSet<Token>,
    /// Pushes for users who are not there: app, user, event, message.
    absent: Vec<(usize, String, String, Option<Kept>)>,
    /// What waits at a socket for the next push.
    held: HashMap<Token, Vec<Frame>>,
}

/// Whether pushes go wrong.
pub(in crate::platform) fn concerned(mutants: Mutants) -> bool {
    mutants.any() && CONCERNED.iter().any(|mutant| mutants.has(*mutant))
}

/// A push that goes wrong.
#[derive(Clone, Copy)]
struct Wrong<'a> {
    hub: &'a Hub,
    mutants: Mutants,
    app: usize,
    audience: Audience<'a>,
    event: &'a str,
    message: Option<Said<'a>>,
    /// Its number.
    n: u64,
    now: Time,
    offset: Option<u64>,
}

impl Memory {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Somebody left.
    pub(in crate::platform) fn left(&self) {
        self.state().churned = true;
    }

    /// A socket has joined; what waited for its user comes now.
    pub(in crate::platform) fn joined(&self, mutants: Mutants, member: &Member, now: Time) {
        let mut state = self.state();
        if mutants.has(Mutant::LateJoin) {
            state.late.insert(member.sid);
        }
        if !mutants.has(Mutant::DeliverLate) {
            return;
        }
        let mine = |waits: &mut (usize, String, String, Option<Kept>)| *waits.1 == *member.user;
        let mine: Vec<_> = state.absent.extract_if(.., mine).collect();
        for (_, _, event, message) in mine {
            let frame = encode_event("/", &event, message.as_ref().map(Kept::said), None);
            member
                .conn
                .deliver(now, member.namespace, member.sid, frame);
        }
    }
}

impl Hub {
    /// Queues an event as a known-bad server does.
    pub(in crate::platform) fn push_wrongly(
        &self,
        app: usize,
        audience: Audience<'_>,
        event: &str,
        message: Option<Said<'_>>,
        (now, offset): (Time, Option<u64>),
    ) -> Pushed {
        let mutants = self.config.mutants;
        let n = {
            let mut state = self.wrong.state();
            state.pushes += 1;
            if mutants.has(Mutant::LostUnderChurn) && std::mem::take(&mut state.churned) {
                return Pushed::default();
            }
            state.pushes
        };
        let event = payload::name(mutants, event);
        let said;
        let message = match message {
            Some(Said::Bytes(_)) => message,
            json => {
                let args = match json {
                    Some(Said::Json(json)) => json,
                    _ => "",
                };
                let Some(args) = payload::args(mutants, args, 0) else {
                    return Pushed::default();
                };
                said = args;
                (!said.is_empty()).then_some(Said::Json(&said))
            }
        };
        let audience = match audience {
            Audience::User(user)
                if mutants.has(Mutant::BroadcastLeak)
                    || mutants.has(Mutant::StarUserIsBroadcast) && user.contains('*') =>
            {
                Audience::Everyone
            }
            audience => audience,
        };
        let push = Wrong {
            hub: self,
            mutants,
            app,
            audience,
            event: &event,
            message,
            n,
            now,
            offset,
        };
        push.carry_out()
    }
}

impl Wrong<'_> {
    fn has(self, mutant: Mutant) -> bool {
        self.mutants.has(mutant)
    }

    fn carry_out(self) -> Pushed {
        let apps = if self.has(Mutant::CrossAppLeak) {
            0..self.hub.config.apps.len()
        } else {
            self.app..self.app + 1
        };
        let mut queued = 0;
        for app in apps {
            let members = self.hub.read(app);
            let meant: Vec<_> = members.all.iter().filter(|one| self.reaches(one)).collect();
            for (place, member) in meant.iter().enumerate() {
                if self.has(Mutant::FirstSessionOnly)
                    && place > 0
                    && self.audience != Audience::Everyone
                {
                    break;
                }
                if self.has(Mutant::SkipOneShard)
                    && place % 4 == 3
                    && self.audience == Audience::Everyone
                {
                    continue;
                }
                for _ in 0..self.copies(meant.len()) {
                    queued += usize::from(self.deliver(place, member));
                }
            }
            if self.has(Mutant::LeakOneInThousand)
                && self.n.is_multiple_of(1_000)
                && let Some(other) = members.all.iter().find(|one| !self.reaches(one))
            {
                self.deliver(0, other);
            }
        }
        if queued == 0
            && self.has(Mutant::DeliverLate)
            && let Audience::User(user) = self.audience
        {
            let waits = (
                self.app,
                user.to_owned(),
                self.event.to_owned(),
                self.message.map(Said::to_kept),
            );
            self.hub.wrong.state().absent.push(waits);
        }
        if self.has(Mutant::CountLies) {
            queued += 1;
        }
        Pushed {
            sockets: queued,
            ..Pushed::default()
        }
    }

    fn reaches(self, member: &Member) -> bool {
        let own = &*member.user;
        match self.audience {
            Audience::Everyone => true,
            Audience::User(user)
                if self.has(Mutant::PrototypeRoom) && PROTOTYPE.contains(&user) =>
            {
                false
            }
            Audience::User(user) => {
                own == user
                    || self.has(Mutant::Casefold) && own.to_lowercase() == user.to_lowercase()
                    || self.has(Mutant::Normalise) && composed(own) == composed(user)
                    || self.has(Mutant::PrefixMatch) && own.starts_with(user)
                    || self.has(Mutant::RoomNameCollision) && member.sid.to_string() == user
            }
        }
    }

    fn copies(self, sockets: usize) -> u64 {
        let user = self.audience != Audience::Everyone;
        let twice = self.has(Mutant::DupPerSession) && user && sockets > 1
            || self.has(Mutant::DupPerRoom) && !user
            || self.has(Mutant::Dup) && self.n.is_multiple_of(20);
        1 + u64::from(twice)
    }

    /// Queues the event, or holds it back until the next has been queued.
    fn deliver(self, place: usize, member: &Member) -> bool {
        let mut state = self.hub.wrong.state();
        state.deliveries += 1;
        if self.has(Mutant::LateJoin) && state.late.remove(&member.sid)
            || self.has(Mutant::DropEveryHundredth) && state.deliveries.is_multiple_of(100)
        {
            return true;
        }
        let drifted;
        let message = match self.message {
            Some(Said::Json(json)) if self.has(Mutant::NumberDrift) && place % 2 == 1 => {
                drifted = payload::drifted(json);
                Some(Said::Json(&drifted))
            }
            Some(Said::Json(json))
                if self.has(Mutant::OversizeKillsClient)
                    && json.len() > self.hub.config.max_payload =>
            {
                end(&member.conn, self.now);
                return true;
            }
            message => message,
        };
        let namespace = if self.has(Mutant::LeakOtherNamespace) {
            0
        } else {
            member.namespace
        };
        let namespace = self.hub.config.namespace_name(namespace);
        let frame = encode_event(namespace, self.event, message, self.offset);
        if self.holds(&frame) {
            state.held.entry(member.sid).or_default().push(frame);
            return true;
        }
        let send = |frame| {
            member
                .conn
                .deliver(self.now, member.namespace, member.sid, frame)
        };
        let waiting = if self.has(Mutant::TwoQueues) && self.audience == Audience::Everyone {
            Vec::new()
        } else {
            state.held.remove(&member.sid).unwrap_or_default()
        };
        let queued = match message {
            Some(Said::Bytes(bytes)) if self.has(Mutant::InterleavedAttachments) => {
                let begun = send(encode_head(namespace, self.event));
                let attached = vec![Frame::binary(bytes)];
                state.held.insert(member.sid, attached);
                begun
            }
            _ => send(frame),
        };
        if self.has(Mutant::Phantom) && self.n.is_multiple_of(20) {
            let said = Some(Said::Json("\"nobody asked for this\""));
            send(encode_event(namespace, self.event, said, self.offset));
        }
        for late in waiting {
            send(late);
        }
        queued
    }

    fn holds(self, frame: &Frame) -> bool {
        self.has(Mutant::Reorder) && self.n % 5 == 2
            || self.has(Mutant::PerNodeQueues) && self.n.is_multiple_of(2)
            || self.has(Mutant::TwoQueues) && self.audience == Audience::Everyone
            || self.has(Mutant::SmallOvertakesLarge) && frame.wire().len() > 64 * 1024
    }
}

fn end(conn: &Conn, now: Time) {
    conn.change(|session| session.engine.close(now, CloseReason::TooBig));
}

/// As much of composing letters as one of them takes.
fn composed(text: &str) -> String {
    text.replace("e\u{301}", "\u{e9}")
}
