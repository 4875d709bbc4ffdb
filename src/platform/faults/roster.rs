//! The sockets as the faults see them: who they belong to, and what is being done to each.

use super::outgoing::Hold;
use crate::platform::conn::Conn;
use crate::platform::token::Token;
use crate::time::Time;
use std::collections::HashMap;
use std::sync::Arc;

/// Where a delivery goes: one socket.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) conn: Arc<Conn>,
    pub(crate) namespace: usize,
    pub(crate) sid: Token,
    pub(crate) app: usize,
    pub(crate) user: Arc<str>,
}

impl Place {
    /// Whether a delivery would reach it.
    pub(super) fn is_live(&self) -> bool {
        let (namespace, sid) = (self.namespace, self.sid);
        self.conn
            .read(|s| s.engine.is_open() && s.sockets.is_member(namespace, sid))
    }
}

/// What a socket was chosen for when it joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// Nothing: any fault may come upon its deliveries.
    Plain,
    /// It misses the last delivery before each silence.
    Tail,
    /// It freezes when so many more deliveries have come.
    Freezing(u64),
    /// It gets nothing any more.
    Frozen,
}

#[derive(Debug)]
pub(super) struct Socket {
    pub(super) place: Place,
    /// Whether its deliveries may be harmed at all.
    pub(super) exposed: bool,
    /// Which share of its app's sockets it belongs to.
    pub(super) shard: u64,
    pub(super) fate: Fate,
    pub(super) hold: Option<Hold>,
    /// Its index among the sockets of its app.
    index: usize,
}

impl Socket {
    pub(super) fn new(place: Place, exposed: bool, shard: u64, fate: Fate) -> Self {
        Self {
            place,
            exposed,
            shard,
            fate,
            hold: None,
            index: 0,
        }
    }

    /// Whether its next delivery may be harmed by whatever fault.
    pub(super) fn is_open_to_harm(&self) -> bool {
        self.exposed && self.fate == Fate::Plain
    }

    /// Whether it may get what is not meant for it: nothing of its own may be waiting meanwhile.
    pub(super) fn may_be_victim(&self) -> bool {
        self.is_open_to_harm() && self.hold.is_none() && self.place.is_live()
    }
}

/// A client that left a namespace and kept its connection.
#[derive(Debug)]
pub(super) struct Departed {
    pub(super) place: Place,
    pub(super) at: Time,
}

/// All sockets of all apps.
#[derive(Debug, Default)]
pub(super) struct Roster {
    sockets: HashMap<Token, Socket>,
    apps: HashMap<usize, Vec<Token>>,
    pub(super) departed: Vec<Departed>,
}

impl Roster {
    pub(super) fn insert(&mut self, mut socket: Socket) {
        let place = &socket.place;
        self.departed.retain(|departed| {
            !(Arc::ptr_eq(&departed.place.conn, &place.conn)
                && departed.place.namespace == place.namespace)
        });
        let sids = self.apps.entry(place.app).or_default();
        socket.index = sids.len();
        sids.push(place.sid);
        self.sockets.insert(place.sid, socket);
    }

    pub(super) fn remove(&mut self, sid: Token) -> Option<Socket> {
        let socket = self.sockets.remove(&sid)?;
        let sids = self.apps.entry(socket.place.app).or_default();
        sids.swap_remove(socket.index);
        if let Some(moved) = sids.get(socket.index) {
            let moved = self.sockets.get_mut(moved);
            moved.expect("the two tables agree").index = socket.index;
        }
        Some(socket)
    }

    pub(super) fn get(&self, sid: Token) -> Option<&Socket> {
        self.sockets.get(&sid)
    }

    pub(super) fn get_mut(&mut self, sid: Token) -> Option<&mut Socket> {
        self.sockets.get_mut(&sid)
    }

    /// The first socket of an app, from a drawn one on, that fits.
    pub(super) fn pick(
        &self,
        app: usize,
        drawn: u64,
        fits: impl Fn(&Socket) -> bool,
    ) -> Option<Token> {
        let sids = self.apps.get(&app).filter(|sids| !sids.is_empty())?;
        let start = (drawn % sids.len() as u64) as usize;
        let mut from_start = sids[start..].iter().chain(&sids[..start]);
        let fit = from_start.find(|sid| self.sockets.get(sid).is_some_and(&fits));
        fit.copied()
    }
}
