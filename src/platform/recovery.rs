//! Connection state recovery, as of Socket.IO 4.6: a socket whose connection broke comes back as the same socket, and gets what it has missed
//! (<https://socket.io/docs/v4/connection-state-recovery>). Wherever it says nothing else, it does what socket.io and its
//! `SessionAwareAdapter` do.
//!
//! Each event is kept for a while, and has its number among those of its app, its offset, behind its own arguments. CONNECT is answered with a
//! private id. A socket is put away when its connection ends without anybody's leave. Whoever shows its id and the last offset that it got is
//! that socket again, if they show good credentials of the same login: what it missed goes out first, in order, then the answer.
//!
//! # Invariants
//! - A socket gets all that it missed, or is a new one: where an event behind the offset is not there any more, nothing is recovered.
//! - A socket is put away once it is out of its app's register, and taken once: nobody is there twice under one id.
//! - Offsets grow in the order in which events are queued. So with recovery pushes at an app go one after the other.
//! - What is kept is bounded, by number, bytes and age.
//! - It belongs to one node. At another the private id is unknown, and whoever shows it is a new socket.
//!
//! Locks: an app's register, then what is kept of the app, then a connection.

mod event;

pub(crate) use self::event::{Event, Missed, frames};

use self::event::To;
use super::accounts::Login;
use super::config::PlatformConfig;
use super::conn::offset;
use super::faults::Fault;
use super::hub::Audience;
use super::mutants::Mutants;
use super::said::Said;
use super::socket::{ClientEvent, Membership};
use super::template::Fields;
use super::token::Token;
use super::wrong;
use crate::protocol::binary::ONLY_PLACEHOLDER;
use crate::time::Time;
use bytes::Bytes;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Most events that are kept of an app: two minutes, the time that socket.io keeps them, of a thousand a second.
const MOST_EVENTS: usize = 1 << 17;
/// Most bytes of them: as many events of half a kilobyte.
const MOST_BYTES: usize = 64 << 20;

/// What a CONNECT says of the socket that it would be again. What is no id and no offset is none.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Claim {
    pub(crate) pid: Option<Token>,
    pub(crate) offset: Option<u64>,
}

impl Claim {
    /// That of an auth object, if it makes one: both have to be texts.
    pub(crate) fn of(auth: &str) -> Option<Self> {
        let fields: Fields<'_> = serde_json::from_str(auth).ok()?;
        let text = |name| {
            let value = fields.get(name)?;
            serde_json::from_str::<String>(value.get()).ok()
        };
        let (pid, last) = (text("pid")?, text("offset")?);
        Some(Self {
            pid: Token::parse(&pid),
            offset: offset(&last),
        })
    }
}

/// A socket that was put away.
#[derive(Debug, Clone)]
pub(crate) struct Away {
    pub(crate) pid: Token,
    pub(crate) sid: Token,
    pub(crate) namespace: usize,
    pub(crate) login: Login,
    left: Time,
}

/// A socket that is back.
#[derive(Debug)]
pub(crate) struct Back {
    pub(crate) away: Away,
    pub(crate) missed: Vec<Missed>,
    /// The last event for another user alone, where a fault may want it.
    pub(crate) foreign: Option<Arc<Event>>,
}

/// What is kept of an app.
#[derive(Debug)]
pub(crate) struct Kept {
    window: Duration,
    /// Most events, and most bytes, that a socket can have missed and get: half of what may wait for a connection, so that there is room for
    /// what is new meanwhile.
    most: (usize, usize),
    /// Most sockets that are put away: as many as can be there.
    most_away: usize,
    events: VecDeque<Arc<Event>>,
    bytes: usize,
    /// The offset of the next event.
    next: u64,
    sockets: HashMap<Token, Away>,
    /// In the order in which they were put away; some of them are back.
    order: VecDeque<(Time, Token)>,
}

impl Kept {
    fn new(config: &PlatformConfig, window: Duration) -> Self {
        Self {
            window,
            most: (config.queue.packets / 2, config.queue.bytes / 2),
            most_away: config.max_sockets,
            events: VecDeque::new(),
            bytes: 0,
            next: 1,
            sockets: HashMap::new(),
            order: VecDeque::new(),
        }
    }

    /// Keeps a push. Returns its offset.
    pub(crate) fn keep(
        &mut self,
        audience: Audience<'_>,
        name: &str,
        said: Option<Said<'_>>,
        now: Time,
    ) -> u64 {
        let to = match audience {
            Audience::Everyone => To::Everyone,
            Audience::User(user) => To::User(user.into()),
        };
        let (args, attachments) = match said {
            Some(Said::Json(json)) => (json, Vec::new()),
            Some(Said::Bytes(bytes)) => (ONLY_PLACEHOLDER, vec![Bytes::copy_from_slice(bytes)]),
            None => ("", Vec::new()),
        };
        self.add(Event {
            to,
            name: name.into(),
            args: args.into(),
            attachments,
            at: now,
        })
    }

    fn add(&mut self, event: Event) -> u64 {
        self.bytes += event.bytes();
        let now = event.at;
        self.events.push_back(Arc::new(event));
        while let Some(first) = self.events.front()
            && (self.events.len() > MOST_EVENTS
                || self.bytes > MOST_BYTES
                || now > first.at + self.window)
        {
            self.bytes -= first.bytes();
            self.events.pop_front();
        }
        self.next += 1;
        self.next - 1
    }

    /// What a socket missed behind an offset. `None`: that is not known any more, or too much.
    pub(crate) fn missed(&self, offset: u64, by: &Away) -> Option<Vec<Missed>> {
        let first = self.next - self.events.len() as u64;
        // Behind an offset that was never given is nothing; before the first event that is there may have been others.
        if offset >= self.next || offset + 1 < first {
            return None;
        }
        let seen = usize::try_from(offset + 1 - first).ok()?;
        let behind = (offset + 1..).zip(self.events.range(seen..));
        let missed = behind.filter(|(_, event)| event.is_for(by));
        let missed: Vec<_> = missed.map(|(at, event)| (at, Arc::clone(event))).collect();
        let bytes: usize = missed.iter().map(|(_, event)| event.bytes()).sum();
        (missed.len() <= self.most.0 && bytes <= self.most.1).then_some(missed)
    }

    /// Puts a socket away.
    pub(crate) fn put_away(&mut self, away: Away) {
        let (now, pid) = (away.left, away.pid);
        self.sockets.insert(pid, away);
        self.order.push_back((now, pid));
        while let Some((left, pid)) = self.order.front()
            && (self.order.len() > self.most_away || now > *left + self.window)
        {
            // It may be back, or have been put away again.
            let same = self.sockets.get(pid).is_some_and(|one| one.left == *left);
            if same {
                self.sockets.remove(pid);
            }
            self.order.pop_front();
        }
    }

    /// The socket of this id, if it is put away and may come back by now.
    pub(crate) fn away(&self, pid: Token, now: Time) -> Option<&Away> {
        let away = self.sockets.get(&pid)?;
        (now <= away.left + self.window).then_some(away)
    }

    /// All that are put away, the last one last.
    pub(crate) fn all_away(&self) -> impl DoubleEndedIterator<Item = &Away> {
        self.order
            .iter()
            .filter_map(|(_, pid)| self.sockets.get(pid))
    }

    /// Takes the socket that is claimed, and what it has missed.
    pub(crate) fn take(
        &mut self,
        claim: Claim,
        namespace: usize,
        login: &Login,
        now: Time,
    ) -> Option<Back> {
        let away = self.away(claim.pid?, now)?;
        if away.namespace != namespace || away.login.token != login.token {
            return None;
        }
        let missed = self.missed(claim.offset?, away)?;
        let away = self.sockets.remove(&claim.pid?)?;
        Some(Back {
            away,
            missed,
            foreign: None,
        })
    }

    fn last_for_another(&self, login: &Login) -> Option<Arc<Event>> {
        let is_foreign =
            |event: &&Arc<Event>| matches!(&event.to, To::User(user) if **user != *login.user);
        self.events.iter().rfind(is_foreign).cloned()
    }

    /// All that a socket has missed that is known, whatever its offset: for a mutant.
    pub(crate) fn known_behind(&self, offset: Option<u64>, by: &Away) -> Vec<Missed> {
        let offset = offset.unwrap_or(self.next - self.events.len() as u64 - 1);
        self.missed(offset, by).unwrap_or_default()
    }
}

/// What is kept of all apps.
#[derive(Debug)]
pub(crate) struct Recovery {
    mutants: Mutants,
    /// Whether a fault may want what is for others.
    foreign: bool,
    apps: Vec<Mutex<Kept>>,
}

impl Recovery {
    /// `None`: nothing can be recovered, and nothing is kept.
    pub(crate) fn new(config: &PlatformConfig) -> Option<Self> {
        let window = config.recovery?;
        let apps = config.apps.iter();
        Some(Self {
            mutants: config.mutants,
            foreign: config.faults.has(Fault::RecoverForeign),
            apps: apps
                .map(|_| Mutex::new(Kept::new(config, window)))
                .collect(),
        })
    }

    /// What is kept of an app.
    pub(crate) fn app(&self, app: usize) -> MutexGuard<'_, Kept> {
        self.apps[app]
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// The private id of a new socket.
    pub(crate) fn new_pid(&self, sid: Token, claim: Option<Claim>) -> Token {
        if self.mutants.any() {
            wrong::recovery::pid(self.mutants, sid, claim)
        } else {
            Token::random()
        }
    }

    /// The socket that somebody claims to be who shows this login.
    pub(crate) fn take(
        &self,
        claim: Claim,
        namespace: usize,
        login: &Login,
        now: Time,
    ) -> Option<Back> {
        let mut kept = self.app(login.app);
        if self.mutants.any() {
            let mutants = self.mutants;
            return wrong::recovery::take(mutants, &mut kept, claim, namespace, login, now);
        }
        let mut back = kept.take(claim, namespace, login, now)?;
        if self.foreign {
            back.foreign = kept.last_for_another(login);
        }
        Some(back)
    }

    /// Puts a socket away that is out of its app's register. `user`: whose it was.
    pub(crate) fn put_away(&self, socket: Membership, login: Token, user: &Arc<str>, now: Time) {
        let Some(pid) = socket.pid else { return };
        self.app(socket.app).put_away(Away {
            pid,
            sid: socket.sid,
            namespace: socket.namespace,
            login: Login {
                token: login,
                app: socket.app,
                user: Arc::clone(user),
                until: socket.until,
            },
            left: now,
        });
    }

    /// Puts one back that could not come.
    pub(crate) fn put_back(&self, back: Back) {
        self.app(back.away.login.app).put_away(back.away);
    }

    /// Keeps an event that one socket gets as an answer, with the arguments of its own, while `send` queues it.
    pub(crate) fn keep_answer(
        &self,
        socket: Membership,
        (name, event): (&str, &ClientEvent<'_>),
        now: Time,
        send: impl FnOnce(u64),
    ) {
        let mut kept = self.app(socket.app);
        let offset = kept.add(Event {
            to: To::Socket(socket.sid),
            name: name.into(),
            args: (*event.args).into(),
            attachments: event.attachments.clone(),
            at: now,
        });
        send(offset);
    }
}

#[cfg(test)]
mod tests;
