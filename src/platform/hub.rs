//! Who is connected in which app, and who gets a push.
//!
//! Each app has a register of its own; a push is given one app and cannot reach another's register. Keys are user ids and socket
//! ids, each in a map of its own kind, so no user id can be mistaken for a socket, an app or everyone.
//!
//! Order: a push holds the register for reading while it queues its event at every member, and is answered only then; so of two
//! pushes, the second asked for after the first was answered, no socket sees the second first. A socket joins under the register's
//! write lock with its CONNECT answer already queued: no event comes before that answer, and no push answered later misses it.

use super::accounts::Login;
use super::config::PlatformConfig;
use super::conn::{Conn, encode_event};
use super::faults::{Asked, Faults, Place, Pushed};
use super::frame::Frame;
use super::limit::Places;
use super::mutants::Mutant;
use super::said::Said;
use super::socket::Membership;
use super::token::Token;
use super::wrong::pushes;
use super::wrong::rc::Kept;
use crate::time::Time;
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// Who a push is aimed at within its app.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Audience<'a> {
    Everyone,
    User(&'a str),
}

/// One socket: a namespace joined on a connection.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) conn: Arc<Conn>,
    pub(super) namespace: usize,
    pub(super) sid: Token,
    pub(super) user: Arc<str>,
    login: Token,
}

/// The sockets of one app.
#[derive(Debug, Default)]
pub(super) struct Members {
    /// Dense, so that a broadcast runs through memory in order.
    pub(super) all: Vec<Member>,
    /// Where a socket stands in `all`.
    places: HashMap<Token, usize>,
    /// The sockets of each user who has any.
    users: HashMap<Arc<str>, Vec<Token>>,
}

impl Members {
    fn insert(&mut self, member: Member) {
        self.places.insert(member.sid, self.all.len());
        self.users
            .entry(Arc::clone(&member.user))
            .or_default()
            .push(member.sid);
        self.all.push(member);
    }

    /// False: there is no such socket.
    fn remove(&mut self, sid: Token) -> bool {
        let Some(place) = self.places.remove(&sid) else {
            return false;
        };
        let member = self.all.swap_remove(place);
        if let Some(moved) = self.all.get(place) {
            self.places.insert(moved.sid, place);
        }
        if let Some(sids) = self.users.get_mut(&member.user) {
            sids.retain(|s| *s != sid);
            if sids.is_empty() {
                self.users.remove(&member.user);
            }
        }
        true
    }

    /// Decides the deliveries of a push: exactly these sockets, each once.
    fn audience<'a>(&'a self, audience: Audience<'_>) -> Box<dyn Iterator<Item = &'a Member> + 'a> {
        match audience {
            Audience::Everyone => Box::new(self.all.iter()),
            Audience::User(user) => Box::new(self.of_user(user)),
        }
    }

    fn of_user<'a>(&'a self, user: &str) -> impl Iterator<Item = &'a Member> + use<'a> {
        let sids = self.users.get(user).map_or(&[][..], Vec::as_slice);
        let places = sids.iter().filter_map(|sid| self.places.get(sid));
        places.map(|place| &self.all[*place])
    }
}

/// The event of a push, encoded once for each namespace that some member has it in.
pub(super) struct Encoded<'a> {
    event: &'a str,
    message: Option<Said<'a>>,
    config: &'a PlatformConfig,
    frames: Vec<Option<Frame>>,
}

impl<'a> Encoded<'a> {
    pub(super) fn new(
        config: &'a PlatformConfig,
        event: &'a str,
        message: Option<Said<'a>>,
    ) -> Self {
        Self {
            event,
            message,
            config,
            frames: vec![None; config.namespaces.len() + 1],
        }
    }

    pub(super) fn frame(&mut self, namespace: usize) -> Frame {
        let (event, message) = (self.event, self.message);
        let name = self.config.namespace_name(namespace);
        self.frames[namespace]
            .get_or_insert_with(|| encode_event(name, event, message))
            .clone()
    }
}

/// The registers of all apps.
#[derive(Debug)]
pub(crate) struct Hub {
    pub(super) config: Arc<PlatformConfig>,
    apps: Vec<RwLock<Members>>,
    faults: Option<Faults>,
    places: Places,
    /// What mutants have in mind.
    pub(super) wrong: pushes::Memory,
    /// What mutants keep.
    kept: Kept,
}

/// There is no place left for a socket.
#[derive(Debug)]
pub(crate) struct Full;

impl Hub {
    pub(crate) fn new(config: &Arc<PlatformConfig>) -> Self {
        Self {
            config: Arc::clone(config),
            apps: config.apps.iter().map(|_| RwLock::default()).collect(),
            faults: Faults::new(config),
            places: Places::new(config.limits.sockets),
            wrong: pushes::Memory::default(),
            kept: Kept::default(),
        }
    }

    /// What goes wrong here, if anything does.
    pub(crate) fn faults(&self) -> Option<&Faults> {
        self.faults.as_ref()
    }

    pub(super) fn read(&self, app: usize) -> RwLockReadGuard<'_, Members> {
        self.apps[app]
            .read()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self, app: usize) -> RwLockWriteGuard<'_, Members> {
        self.apps[app]
            .write()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes a connection a socket of the login's app and user, and queues the answer that says so. `None`: the connection cannot join
    /// any more.
    pub(crate) fn join(
        &self,
        conn: &Arc<Conn>,
        namespace: usize,
        login: &Login,
        now: Time,
    ) -> Result<Option<Membership>, Full> {
        if !self.places.take() {
            return Err(Full);
        }
        let mutants = self.config.mutants;
        let membership = Membership {
            sid: if mutants.has(Mutant::SidReusedFromEio) {
                conn.sid()
            } else {
                Token::random()
            },
            namespace,
            app: login.app,
            until: login.until,
        };
        let mut members = self.write(login.app);
        let place = self.faults.as_ref().map(|_| Place {
            conn: Arc::clone(conn),
            namespace,
            sid: membership.sid,
            app: login.app,
            user: Arc::clone(&login.user),
        });
        let early = self.faults().zip(place.as_ref());
        let early = early.and_then(|(faults, place)| faults.premature(place));
        let (frame, early) = early.unzip();
        let granted = conn.change(|session| {
            if let Some(frame) = frame {
                session.engine.send(now, frame);
            }
            session.grant(now, membership)
        });
        if !granted {
            self.places.give();
            return Ok(None);
        }
        if let (Some(faults), Some(place)) = (self.faults(), place) {
            faults.joined(place, early, now);
        }
        let member = Member {
            conn: Arc::clone(conn),
            namespace,
            sid: membership.sid,
            user: Arc::clone(&login.user),
            login: login.token,
        };
        if mutants.any() {
            self.wrong.joined(mutants, &member, now);
        }
        members.insert(member);
        if mutants.any() {
            for frame in self.kept.due(mutants, login) {
                conn.deliver(now, namespace, membership.sid, frame);
            }
        }
        Ok(Some(membership))
    }

    fn remove(&self, app: usize, sid: Token) {
        if self.write(app).remove(sid) {
            self.places.give();
        }
    }

    /// Gives a socket to another login, for mutants.
    pub(super) fn becomes(&self, socket: Membership, login: &Login) {
        let mut members = self.write(socket.app);
        let Some(place) = members.places.get(&socket.sid).copied() else {
            return;
        };
        let conn = Arc::clone(&members.all[place].conn);
        members.remove(socket.sid);
        members.insert(Member {
            conn,
            namespace: socket.namespace,
            sid: socket.sid,
            user: Arc::clone(&login.user),
            login: login.token,
        });
    }

    /// Has a socket get the pushes of another login as well, for a mutant.
    pub(super) fn also(&self, socket: Membership, login: &Login) {
        let mut members = self.write(socket.app);
        let sids = members.users.entry(Arc::clone(&login.user)).or_default();
        sids.push(socket.sid);
    }

    /// Forgets a socket.
    pub(crate) fn leave(&self, membership: Membership) {
        self.remove(membership.app, membership.sid);
        if self.config.mutants.any() {
            self.wrong.left();
        }
        if let Some(faults) = self.faults() {
            faults.forget(membership.sid);
        }
    }

    /// Forgets a socket whose client keeps its connection.
    pub(crate) fn depart(&self, membership: Membership, now: Time) {
        if let Some(faults) = self.faults() {
            faults.departed(membership.sid, now);
        }
        self.leave(membership);
    }

    /// Ends all sockets of a login.
    pub(crate) fn kick(&self, login: &Login, now: Time) {
        let kicked: Vec<(Arc<Conn>, usize, Token)> = self
            .read(login.app)
            .of_user(&login.user)
            .filter(|member| member.login == login.token)
            .map(|member| (Arc::clone(&member.conn), member.namespace, member.sid))
            .collect();
        for (conn, namespace, sid) in kicked {
            conn.change(|session| session.kick(now, namespace, sid));
            self.remove(login.app, sid);
            if let Some(faults) = self.faults() {
                faults.forget(sid);
            }
        }
    }

    /// The most bytes that wait for a client of an app.
    pub(crate) fn most_waiting(&self, app: usize) -> usize {
        let members = self.read(app);
        let waiting = members
            .all
            .iter()
            .map(|member| member.conn.read(|session| session.engine.bytes_waiting()));
        waiting.max().unwrap_or_default()
    }

    /// Queues an event at every socket of the audience. `event` and a text `message` are valid JSON as it stands.
    pub(crate) fn push(
        &self,
        app: usize,
        audience: Audience<'_>,
        event: &str,
        message: Option<Said<'_>>,
        now: Time,
    ) -> Pushed {
        if let Some(faults) = self.faults() {
            let members = self.read(app);
            let sids: Vec<Token> = members
                .audience(audience)
                .map(|member| member.sid)
                .collect();
            let asked = Asked {
                app,
                audience,
                event,
                message,
                now,
            };
            return faults.push(asked, &sids);
        }
        let mutants = self.config.mutants;
        if pushes::concerned(mutants) {
            return self.push_wrongly(app, audience, event, message, now);
        }
        let mut encoded = Encoded::new(&self.config, event, message);
        let queued = self
            .read(app)
            .audience(audience)
            .filter(|member| {
                let frame = encoded.frame(member.namespace);
                member
                    .conn
                    .deliver(now, member.namespace, member.sid, frame)
            })
            .count();
        if mutants.any() {
            let frame = || encoded.frame(0);
            self.kept.queued(mutants, app, audience, queued, frame);
        }
        Pushed {
            sockets: queued,
            ..Pushed::default()
        }
    }
}
