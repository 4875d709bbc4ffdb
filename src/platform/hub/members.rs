//! The register of an app: its sockets.

use super::Audience;
use crate::platform::conn::Conn;
use crate::platform::token::Token;
use std::collections::HashMap;
use std::sync::Arc;

/// One socket: a namespace joined on a connection.
#[derive(Debug)]
pub(in crate::platform) struct Member {
    pub(in crate::platform) conn: Arc<Conn>,
    pub(in crate::platform) namespace: usize,
    pub(in crate::platform) sid: Token,
    pub(in crate::platform) user: Arc<str>,
    pub(super) login: Token,
}

/// The sockets of one app.
#[derive(Debug, Default)]
pub(in crate::platform) struct Members {
    /// Dense, so that a broadcast runs through memory in order.
    pub(in crate::platform) all: Vec<Member>,
    /// Where a socket stands in `all`.
    pub(super) places: HashMap<Token, usize>,
    /// The sockets of each user who has any.
    pub(super) users: HashMap<Arc<str>, Vec<Token>>,
}

impl Members {
    pub(super) fn insert(&mut self, member: Member) {
        self.places.insert(member.sid, self.all.len());
        self.users
            .entry(Arc::clone(&member.user))
            .or_default()
            .push(member.sid);
        self.all.push(member);
    }

    /// Whose socket it is.
    pub(super) fn user(&self, sid: Token) -> Option<Arc<str>> {
        let member = self.all.get(*self.places.get(&sid)?)?;
        Some(Arc::clone(&member.user))
    }

    /// Takes out a socket, if it is one of this connection.
    pub(super) fn remove_from(&mut self, conn: &Arc<Conn>, sid: Token) -> Option<Member> {
        let member = self.all.get(*self.places.get(&sid)?)?;
        Arc::ptr_eq(&member.conn, conn).then(|| self.remove(sid))?
    }

    pub(super) fn remove(&mut self, sid: Token) -> Option<Member> {
        let place = self.places.remove(&sid)?;
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
        Some(member)
    }

    /// Decides the deliveries of a push: exactly these sockets, each once.
    pub(super) fn audience<'a>(
        &'a self,
        audience: Audience<'_>,
    ) -> Box<dyn Iterator<Item = &'a Member> + 'a> {
        match audience {
            Audience::Everyone => Box::new(self.all.iter()),
            Audience::User(user) => Box::new(self.of_user(user)),
        }
    }

    pub(super) fn of_user<'a>(&'a self, user: &str) -> impl Iterator<Item = &'a Member> + use<'a> {
        let sids = self.users.get(user).map_or(&[][..], Vec::as_slice);
        let places = sids.iter().filter_map(|sid| self.places.get(sid));
        places.map(|place| &self.all[*place])
    }
}
