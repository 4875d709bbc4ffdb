//! What is harmed: every push and delivery is offered to the faults that are on, in the order of the catalogue, until one takes it.
//!
//! A delivery that offers no place for a fault, or is taken by another, is no occasion of it; so of N occasions in a row exactly one
//! is harmed, and no (push, socket) pair twice.

use super::catalogue::{COUNT, Fault};
use super::config::FaultConfig;
use super::odds::{Odds, draw};
use super::outgoing::{Kind, Out, Outgoing, Parcel};
use super::roster::{Departed, Fate, Place, Socket};
use super::truth::Example;
use crate::platform::config::PlatformConfig;
use crate::platform::conn::encode_event;
use crate::platform::frame::Frame;
use crate::platform::hub::{Audience, Encoded};
use crate::platform::said::{Kept, Said};
use crate::platform::token::Token;
use crate::time::Time;
use std::sync::Arc;

mod harm;

/// Shares that the sockets of an app are dealt into, for broadcasts that miss one.
const SHARDS: u64 = 8;
/// Most deliveries that a socket gets before it freezes.
const BEFORE_FREEZING: u64 = 8;
/// Most event names remembered of each app.
const NAMES: usize = 64;

/// A push as the hub is asked for it: event and message are JSON.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked<'a> {
    pub(crate) app: usize,
    pub(crate) audience: Audience<'a>,
    pub(crate) event: &'a str,
    pub(crate) message: Option<Said<'a>>,
    /// Its place among the events that are kept, if they are.
    pub(crate) offset: Option<u64>,
    pub(crate) now: Time,
}

/// What became of a push, as far as its answer tells.
#[derive(Debug, Default)]
pub(crate) struct Pushed {
    /// At how many sockets it was queued, or is said to have been.
    pub(crate) sockets: usize,
    /// The answer is to say that it failed.
    pub(crate) failed: bool,
    /// Which push this was.
    pub(crate) number: u64,
    /// The sockets at which it is held back until others have passed.
    pub(crate) held: Vec<Token>,
}

/// A push with what is made from it: the same for all of its sockets.
struct Work<'a> {
    asked: Asked<'a>,
    encoded: Encoded<'a>,
    /// The event's name.
    name: Arc<str>,
    altered: Vec<(Fault, Option<Altered>)>,
    /// How many sockets are there to get it.
    live: usize,
    /// The share of the app's sockets that it misses.
    missed: Option<u64>,
    kind: Kind,
    pushed: Pushed,
}

/// A push under another name or with another payload, as JSON.
#[derive(Debug, Clone)]
struct Altered {
    event: String,
    message: Option<Kept>,
    detail: String,
}

#[derive(Debug)]
pub(super) struct State {
    platform: Arc<PlatformConfig>,
    pub(super) config: FaultConfig,
    odds: [Option<Odds>; COUNT],
    pub(super) out: Outgoing,
    apps: Vec<App>,
    pushes: u64,
    joins: u64,
}

#[derive(Debug, Default)]
struct App {
    /// Event names in the order in which they were first seen.
    events: Vec<String>,
    /// Event and message of the last push at everyone, as JSON.
    broadcast: Option<Parcel>,
}

impl State {
    pub(super) fn new(platform: &Arc<PlatformConfig>) -> Self {
        let mut config = platform.faults.clone();
        config.rates.sort_by_key(|rate| rate.fault as usize);
        let mut odds = [None; COUNT];
        for rate in &config.rates {
            odds[rate.fault as usize] = Some(Odds::new(rate.one_in));
        }
        let names = platform.apps.iter().map(|app| app.name.as_str().into());
        Self {
            apps: platform.apps.iter().map(|_| App::default()).collect(),
            platform: Arc::clone(platform),
            out: Outgoing::new(names.collect(), config.delay),
            config,
            odds,
            pushes: 0,
            joins: 0,
        }
    }

    fn is_on(&self, fault: Fault) -> bool {
        self.odds[fault as usize].is_some()
    }

    /// Counts an occasion of a fault that is on. True: it is to be taken.
    pub(super) fn fires(&mut self, fault: Fault) -> bool {
        let seed = self.config.seed;
        self.odds[fault as usize]
            .as_mut()
            .is_some_and(|odds| odds.fires(seed, fault.name()))
    }

    /// How many occasions of a fault there were.
    pub(super) fn occasions(&self, fault: Fault) -> u64 {
        self.odds[fault as usize].map_or(0, |odds| odds.occasions)
    }

    pub(super) fn is_exposed(&self, user: &str) -> bool {
        let users = self.config.users.as_ref();
        users.is_none_or(|users| users.matches(user))
    }

    /// A socket is about to join: an event that goes ahead of the answer to its CONNECT.
    pub(super) fn premature(&mut self, place: &Place) -> Option<(Frame, Example)> {
        if !self.is_exposed(&place.user) || !self.fires(Fault::Premature) {
            return None;
        }
        let (event, message) = match &self.apps[place.app].broadcast {
            Some(last) => (last.event.as_str(), last.said()),
            None => ("\"message\"", Some(Said::Json("\"premature\""))),
        };
        let frame = self.frame(place.namespace, event, message);
        let event = decoded(event);
        let detail = "came before CONNECT was answered";
        Some((
            frame,
            self.out.example(Some(place), place.app, &event, detail),
        ))
    }

    fn frame(&self, namespace: usize, event: &str, message: Option<Said<'_>>) -> Frame {
        encode_event(
            self.platform.namespace_name(namespace),
            event,
            message,
            None,
        )
    }

    /// A socket has joined.
    pub(super) fn joined(&mut self, place: Place) {
        let exposed = self.is_exposed(&place.user);
        let join = self.joins;
        self.joins += 1;
        let fate = if exposed && self.fires(Fault::Freeze) {
            let lives = draw(self.config.seed, "freeze after", join) % BEFORE_FREEZING;
            Fate::Freezing(lives)
        } else if exposed && self.fires(Fault::DropTail) {
            Fate::Tail
        } else {
            Fate::Plain
        };
        let socket = Socket::new(place, exposed, join % SHARDS, fate);
        self.out.roster.insert(socket);
    }

    /// A client left a namespace and keeps its connection.
    pub(super) fn departed(&mut self, sid: Token, now: Time) {
        let place = self.out.roster.get(sid).map(|socket| socket.place.clone());
        self.out.forget(sid);
        if let Some(place) =
            place.filter(|place| self.is_on(Fault::AfterLeave) && self.is_exposed(&place.user))
        {
            let departed = Departed { place, at: now };
            self.out.roster.departed.push(departed);
        }
    }

    /// Delivers a push to the sockets of its audience, more or less.
    pub(super) fn push(&mut self, asked: Asked<'_>, audience: &[Token]) -> Pushed {
        let platform = Arc::clone(&self.platform);
        let roster = &self.out.roster;
        let is_live = |sid: &&Token| roster.get(**sid).is_some_and(|s| s.place.is_live());
        let audience: Vec<Token> = audience.iter().filter(is_live).copied().collect();
        self.pushes += 1;
        let mut work = Work {
            encoded: Encoded::new(&platform, asked.event, asked.message, asked.offset),
            altered: Vec::new(),
            live: audience.len(),
            missed: None,
            kind: Kind::Proper,
            pushed: Pushed {
                sockets: audience.len(),
                number: self.pushes,
                ..Pushed::default()
            },
            name: decoded(asked.event).into(),
            asked,
        };
        self.notice(&work);
        if !audience.is_empty() && self.harm_push(&mut work, &audience) {
            return work.pushed;
        }
        if audience.is_empty() {
            self.deliver_to_others(&mut work);
        }
        for sid in audience {
            self.deliver(&mut work, sid);
        }
        if self.is_on(Fault::AfterLeave) && work.kind == Kind::Proper {
            self.deliver_to_departed(&work);
        }
        work.pushed
    }

    /// Remembers what later faults need.
    fn notice(&mut self, work: &Work<'_>) {
        let app = &mut self.apps[work.asked.app];
        if app.events.len() < NAMES && !app.events.iter().any(|name| **name == *work.name) {
            app.events.push(work.name.to_string());
        }
        if work.asked.audience == Audience::Everyone {
            app.broadcast = Some(Parcel {
                event: work.asked.event.to_owned(),
                message: work.asked.message.map(Said::to_kept),
            });
        }
    }

    /// The faults that harm a push as a whole. True: nothing of it is delivered.
    fn harm_push(&mut self, work: &mut Work<'_>, audience: &[Token]) -> bool {
        let (app, now) = (work.asked.app, work.asked.now);
        if self.fires(Fault::Answer500) {
            let mut example =
                self.out
                    .example(None, app, &work.name, "answered with 500, delivered");
            if let Audience::User(user) = work.asked.audience {
                example.user = user.into();
            }
            self.out.truth.count(Fault::Answer500, example.at(now));
            work.kind = Kind::Unpromised;
            work.pushed.failed = true;
            return false;
        }
        let roster = &self.out.roster;
        let all_exposed = audience
            .iter()
            .all(|sid| roster.get(*sid).is_none_or(|socket| socket.exposed));
        if self.is_on(Fault::Swallow) && all_exposed && self.fires(Fault::Swallow) {
            for sid in audience {
                self.miss(work, *sid, Fault::Swallow);
            }
            return true;
        }
        if self.is_on(Fault::SkipShard) && work.asked.audience == Audience::Everyone {
            let roster = &self.out.roster;
            let mut open = audience.iter().filter_map(|sid| roster.get(*sid));
            let open = open.any(Socket::is_open_to_harm);
            if open && self.fires(Fault::SkipShard) {
                work.missed = self.shard_to_miss(work.pushed.number, audience);
            }
        }
        false
    }

    /// A shard with a socket in it that may be harmed.
    fn shard_to_miss(&self, number: u64, audience: &[Token]) -> Option<u64> {
        let drawn = draw(self.config.seed, "shard", number);
        let open = |shard: &u64| {
            let mut sockets = audience.iter().filter_map(|sid| self.out.roster.get(*sid));
            sockets.any(|s| s.shard == *shard && s.is_open_to_harm())
        };
        (0..SHARDS)
            .map(|n| (drawn % SHARDS + n) % SHARDS)
            .find(open)
    }

    /// A delivery that does not happen. At a frozen socket it would not have happened anyway.
    fn miss(&mut self, work: &mut Work<'_>, sid: Token, fault: Fault) {
        let socket = self.out.roster.get(sid);
        let frozen = socket.is_some_and(|socket| socket.fate == Fate::Frozen);
        let fault = if frozen { Fault::Freeze } else { fault };
        let out = self.proper(work, sid);
        self.out.lose(sid, fault, &out, work.asked.now);
    }

    /// The delivery as it should be.
    fn proper(&self, work: &mut Work<'_>, sid: Token) -> Out {
        let socket = self.out.roster.get(sid);
        let namespace = socket.map_or(0, |socket| socket.place.namespace);
        Out {
            frame: work.encoded.frame(namespace),
            kind: work.kind,
            asked: work.asked.now,
            event: Arc::clone(&work.name),
            harm: None,
        }
    }

    /// One delivery of a push, harmed or not.
    fn deliver(&mut self, work: &mut Work<'_>, sid: Token) {
        let now = work.asked.now;
        let Some(socket) = self.out.roster.get_mut(sid) else {
            return;
        };
        if let Fate::Freezing(left) = &mut socket.fate {
            match left.checked_sub(1) {
                Some(fewer) => *left = fewer,
                None => socket.fate = Fate::Frozen,
            }
        }
        let open = socket.is_open_to_harm();
        if open && work.kind == Kind::Proper {
            if work.missed == Some(socket.shard) {
                self.miss(work, sid, Fault::SkipShard);
                return;
            }
            if self.swap(work, sid) || self.harm(work, sid) {
                return;
            }
        }
        let out = self.proper(work, sid);
        self.out.emit(sid, out, now);
    }

    /// Offers a delivery to the faults, one after the other. True: one of them took it.
    fn harm(&mut self, work: &mut Work<'_>, sid: Token) -> bool {
        for place in 0..self.config.rates.len() {
            let fault = self.config.rates[place].fault;
            if let Some(harm) = self.chance(fault, work, sid)
                && self.fires(fault)
            {
                self.take(fault, harm, work, sid);
                return true;
            }
        }
        false
    }

    fn deliver_to_departed(&mut self, work: &Work<'_>) {
        let asked = work.asked;
        self.out
            .roster
            .departed
            .retain(|departed| departed.place.conn.read(|s| s.engine.is_open()));
        let due: Vec<Place> = self
            .out
            .roster
            .departed
            .iter()
            .filter(|departed| {
                let place = &departed.place;
                place.app == asked.app
                    && asked.now >= departed.at + self.config.delay
                    && (asked.audience == Audience::Everyone
                        || asked.audience == Audience::User(&place.user))
            })
            .map(|departed| departed.place.clone())
            .collect();
        for place in due {
            if self.fires(Fault::AfterLeave) {
                let frame = self.frame(place.namespace, asked.event, asked.message);
                if place.conn.deliver_to_nobody(asked.now, frame) {
                    let detail = "came after the client had left";
                    let example = self
                        .out
                        .example(Some(&place), asked.app, &work.name, detail);
                    self.out
                        .truth
                        .count(Fault::AfterLeave, example.at(asked.now));
                }
            }
        }
    }
}

/// A name out of its JSON.
fn decoded(json: &str) -> String {
    serde_json::from_str(json).unwrap_or_default()
}
