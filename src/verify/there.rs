//! How many sockets are there, of each user and each app: whom a push that is sent now should reach.
//!
//! Shards keep the count as sockets come and go; whoever sends a push may ask. It decides nothing about right and wrong.

use std::sync::atomic::{AtomicU32, Ordering};

use crate::ids::{AppId, Audience, UserId};

/// The sockets that are there.
#[derive(Debug)]
pub struct There {
    users: Box<[AtomicU32]>,
    apps: Box<[AtomicU32]>,
}

impl There {
    /// None yet, of so many users and apps.
    pub fn new(users: u32, apps: usize) -> Self {
        Self {
            users: (0..users).map(|_| AtomicU32::new(0)).collect(),
            apps: (0..apps).map(|_| AtomicU32::new(0)).collect(),
        }
    }

    /// A socket is there from now on (`true`), or no more.
    pub fn is_there(&self, app: AppId, user: UserId, there: bool) {
        for count in [self.users.get(user.index()), self.apps.get(app.index())] {
            let Some(count) = count else { continue };
            if there {
                count.fetch_add(1, Ordering::Relaxed);
            } else {
                count.fetch_sub(1, Ordering::Relaxed);
            }
        }
    }

    /// How many sockets of an audience are there.
    pub fn count(&self, app: AppId, audience: Audience) -> u32 {
        let count = match audience {
            Audience::Everyone => self.apps.get(app.index()),
            Audience::User(user) => self.users.get(user.index()),
        };
        count.map_or(0, |count| count.load(Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sockets_count_for_their_user_and_their_app() {
        let there = There::new(2, 2);
        let (app, user) = (AppId(1), UserId(1));
        let of = |audience| there.count(app, audience);
        assert_eq!(of(Audience::Everyone), 0);
        there.is_there(app, user, true);
        there.is_there(app, user, true);
        there.is_there(app, UserId(0), true);
        there.is_there(app, user, false);
        assert_eq!(of(Audience::Everyone), 2);
        assert_eq!(of(Audience::User(user)), 1);
        assert_eq!(of(Audience::User(UserId(9))), 0);
    }
}
