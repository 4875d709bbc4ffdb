//! Who is connected in which app, and who gets a push.
//!
//! Each app has a register of its own; a push is given one app and cannot reach another's register. Keys are user ids and socket
//! ids, each in a map of its own kind, so no user id can be mistaken for a socket, an app or everyone.
//!
//! Order: a push holds the register for reading while it queues its event at every member, and is answered only then; so of two
//! pushes, the second asked for after the first was answered, no socket sees the second first. A socket joins under the register's
//! write lock with its CONNECT answer already queued: no event comes before that answer, and no push answered later misses it.

mod members;

pub(super) use self::members::{Member, Members};

use super::accounts::Login;
use super::config::PlatformConfig;
use super::conn::{Conn, encode_event};
use super::faults::{Asked, Faults, Harmed, Place, Pushed};
use super::frame::Frame;
use super::limit::Places;
use super::mutants::Mutant;
use super::recovery::{self, Back, Claim, Recovery};
use super::said::Said;
use super::socket::Membership;
use super::token::Token;
use super::wrong::pushes;
use super::wrong::rc::Kept;
use crate::time::Time;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// Who a push is aimed at within its app.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Audience<'a> {
    Everyone,
    User(&'a str),
}

/// The event of a push, encoded once for each namespace that some member has it in.
pub(super) struct Encoded<'a> {
    event: &'a str,
    message: Option<Said<'a>>,
    offset: Option<u64>,
    config: &'a PlatformConfig,
    frames: Vec<Option<Frame>>,
}

impl<'a> Encoded<'a> {
    pub(super) fn new(
        config: &'a PlatformConfig,
        event: &'a str,
        message: Option<Said<'a>>,
        offset: Option<u64>,
    ) -> Self {
        Self {
            event,
            message,
            offset,
            config,
            frames: vec![None; config.namespaces.len() + 1],
        }
    }

    pub(super) fn frame(&mut self, namespace: usize) -> Frame {
        let (event, message, offset) = (self.event, self.message, self.offset);
        let name = self.config.namespace_name(namespace);
        self.frames[namespace]
            .get_or_insert_with(|| encode_event(name, event, message, offset))
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
    /// What is kept for sockets that may come back, if any may.
    recovery: Option<Recovery>,
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
            recovery: Recovery::new(config),
            wrong: pushes::Memory::default(),
            kept: Kept::default(),
        }
    }

    /// What goes wrong here, if anything does.
    pub(crate) fn faults(&self) -> Option<&Faults> {
        self.faults.as_ref()
    }

    /// What is kept for sockets that may come back, if any may.
    pub(crate) fn recovery(&self) -> Option<&Recovery> {
        self.recovery.as_ref()
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

    /// Makes a connection a socket of the login's app and user, and queues the answer that says so: the socket that it claims to be, if that
    /// may come back, or else a new one. `None`: the connection cannot join any more.
    pub(crate) fn join(
        &self,
        conn: &Arc<Conn>,
        namespace: usize,
        login: &Login,
        claim: Option<Claim>,
        now: Time,
    ) -> Result<Option<Membership>, Full> {
        if !self.places.take() {
            return Err(Full);
        }
        let mutants = self.config.mutants;
        let mut members = self.write(login.app);
        let claimed = self.recovery().zip(claim);
        let back =
            claimed.and_then(|(recovery, claim)| recovery.take(claim, namespace, login, now));
        let membership = self.membership(conn, namespace, login, back.as_ref(), claim);
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
        let (missed, harm) = self.replay(back.as_ref(), place.as_ref());
        let granted = conn.change(|session| {
            if let Some(frame) = frame {
                session.engine.send(now, frame);
            }
            session.grant(now, membership, missed)
        });
        if !granted {
            self.places.give();
            if let (Some(recovery), Some(back)) = (self.recovery(), back) {
                recovery.put_back(back);
            }
            return Ok(None);
        }
        if let (Some(faults), Some(harm)) = (self.faults(), harm) {
            faults.replayed(harm, now);
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

    fn membership(
        &self,
        conn: &Conn,
        namespace: usize,
        login: &Login,
        back: Option<&Back>,
        claim: Option<Claim>,
    ) -> Membership {
        let sid = match back {
            Some(back) => back.away.sid,
            None if self.config.mutants.has(Mutant::SidReusedFromEio) => conn.sid(),
            None => Token::random(),
        };
        let again = back.map(|back| back.away.pid);
        let recovery = self.recovery();
        Membership {
            sid,
            namespace,
            app: login.app,
            until: login.until,
            pid: again.or_else(|| Some(recovery?.new_pid(sid, claim))),
        }
    }

    /// The packets that a socket gets that is back, and what a fault has done to them.
    fn replay(&self, back: Option<&Back>, place: Option<&Place>) -> (Vec<Frame>, Option<Harmed>) {
        let Some(back) = back else {
            return (Vec::new(), None);
        };
        let namespace = self.config.namespace_name(back.away.namespace);
        let harmed = self.faults().zip(place);
        match harmed.and_then(|(faults, place)| faults.replay(place, back)) {
            Some((missed, harm)) => (recovery::frames(&missed, namespace), Some(harm)),
            None => (recovery::frames(&back.missed, namespace), None),
        }
    }

    /// Takes a socket out of its register, if it is this connection's: another may have it by now, recovered.
    fn remove(&self, conn: &Arc<Conn>, socket: Membership, put_away: Option<Time>) {
        let mut members = self.write(socket.app);
        let Some(member) = members.remove_from(conn, socket.sid) else {
            return;
        };
        self.places.give();
        if let Some((recovery, now)) = self.recovery().zip(put_away) {
            recovery.put_away(socket, member.login, &member.user, now);
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

    /// Forgets a socket. `put_away`: when its connection broke, so that it may come back.
    pub(crate) fn leave(&self, conn: &Arc<Conn>, socket: Membership, put_away: Option<Time>) {
        // Before it can be back.
        if let Some(faults) = self.faults() {
            faults.forget(conn, socket.sid);
        }
        self.remove(conn, socket, put_away);
        if self.config.mutants.any() {
            self.wrong.left();
        }
    }

    /// Forgets a socket whose client keeps its connection.
    pub(crate) fn depart(&self, conn: &Arc<Conn>, socket: Membership, now: Time) {
        if let Some(faults) = self.faults() {
            faults.departed(socket.sid, now);
        }
        let still = self.config.mutants.has(Mutant::RecoverAfterKick);
        self.leave(conn, socket, still.then_some(now));
    }

    /// Ends all sockets of a login.
    pub(crate) fn kick(&self, login: &Login, now: Time) {
        let kicked: Vec<(Arc<Conn>, usize, Token)> = self
            .read(login.app)
            .of_user(&login.user)
            .filter(|member| member.login == login.token)
            .map(|member| (Arc::clone(&member.conn), member.namespace, member.sid))
            .collect();
        let still = self.config.mutants.has(Mutant::RecoverAfterKick);
        for (conn, namespace, sid) in kicked {
            let pid = conn.change(|session| {
                let own = session.sockets.memberships().find(|one| one.sid == sid);
                session.kick(now, namespace, sid);
                own.and_then(|own| own.pid)
            });
            let socket = Membership {
                sid,
                namespace,
                app: login.app,
                until: login.until,
                pid,
            };
            self.leave(&conn, socket, still.then_some(now));
        }
    }

    /// Whose socket it is, if it is still there.
    pub(crate) fn user(&self, socket: Membership) -> Option<Arc<str>> {
        self.read(socket.app).user(socket.sid)
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

    /// The sockets of an app, and how many each user has who has any.
    pub(crate) fn present(&self, app: usize) -> (usize, Vec<(Arc<str>, usize)>) {
        let members = self.read(app);
        let users = members.users.iter();
        let users = users.map(|(user, sids)| (Arc::clone(user), sids.len()));
        (members.all.len(), users.collect())
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
        let members = self.read(app);
        // Held until all is queued, so that offsets grow in the order of the queues.
        let mut kept = self.recovery().map(|recovery| recovery.app(app));
        let offset = kept.as_mut();
        let offset = offset.map(|kept| kept.keep(audience, event, message, now));
        if let Some(faults) = self.faults() {
            let sids: Vec<Token> = members
                .audience(audience)
                .map(|member| member.sid)
                .collect();
            let asked = Asked {
                app,
                audience,
                event,
                message,
                offset,
                now,
            };
            return faults.push(asked, &sids);
        }
        let mutants = self.config.mutants;
        if pushes::concerned(mutants) {
            drop((kept, members));
            return self.push_wrongly(app, audience, event, message, (now, offset));
        }
        let mut encoded = Encoded::new(&self.config, event, message, offset);
        let queued = members
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
