//! Sessions on their way from the login to a shard's sockets.

use std::collections::HashMap;
use std::sync::Arc;

use crate::ids::UserId;

/// The sessions of users of whom not all sockets have come yet, each as a copy of the shard's own. The original lies between the buffers of
/// the login that it came by: these are let go of, and one small thing that stays would keep the memory around it.
pub(super) struct Sessions {
    sockets_per_user: u32,
    coming: HashMap<UserId, (Arc<str>, u32)>,
}

impl Sessions {
    pub(super) fn new(sockets_per_user: u32) -> Self {
        Self {
            sockets_per_user,
            coming: HashMap::new(),
        }
    }

    /// The copy for one more socket of a user.
    pub(super) fn of(&mut self, user: UserId, session: &str) -> Arc<str> {
        let (mine, left) = self
            .coming
            .remove(&user)
            .unwrap_or_else(|| (session.into(), self.sockets_per_user));
        if left > 1 {
            self.coming.insert(user, (Arc::clone(&mine), left - 1));
        }
        mine
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sockets_of_a_user_share_one_copy() {
        let mut sessions = Sessions::new(3);
        let first = [1, 2].map(|user| sessions.of(UserId(user), "s"));
        for (user, first) in [1, 2].into_iter().zip(&first) {
            for _ in 0..2 {
                assert!(Arc::ptr_eq(first, &sessions.of(UserId(user), "s")));
            }
        }
        assert!(!Arc::ptr_eq(&first[0], &first[1]));
        assert!(sessions.coming.is_empty());
        assert_eq!(&*Sessions::new(1).of(UserId(7), "one"), "one");
    }
}
