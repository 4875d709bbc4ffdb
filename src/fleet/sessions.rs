//! Sessions on their way from the login to a shard's sockets.

use std::collections::HashMap;

use super::login::Credentials;
use crate::ids::UserId;

/// The sessions of users of whom not all sockets have come yet, each as a copy of the shard's own. The original lies between the buffers of
/// the login that it came by: these are let go of, and one small thing that stays would keep the memory around it.
pub(super) struct Sessions {
    sockets_per_user: u32,
    coming: HashMap<UserId, (Credentials, u32)>,
}

impl Sessions {
    pub(super) fn new(sockets_per_user: u32) -> Self {
        Self {
            sockets_per_user,
            coming: HashMap::new(),
        }
    }

    /// The copy for one more socket of a user.
    pub(super) fn of(&mut self, user: UserId, session: &Credentials) -> Credentials {
        let (mine, left) = self
            .coming
            .remove(&user)
            .unwrap_or_else(|| (session.apart(), self.sockets_per_user));
        if left > 1 {
            self.coming.insert(user, (mine.clone(), left - 1));
        }
        mine
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sockets_of_a_user_share_one_copy() {
        let session = Credentials::new("s", "t");
        let mut sessions = Sessions::new(3);
        let first = [1, 2].map(|user| sessions.of(UserId(user), &session));
        for (user, first) in [1, 2].into_iter().zip(&first) {
            for _ in 0..2 {
                assert!(first.is_one_with(&sessions.of(UserId(user), &session)));
            }
        }
        assert!(!first[0].is_one_with(&first[1]));
        assert!(!first[0].is_one_with(&session));
        assert!(sessions.coming.is_empty());
        assert!(Sessions::new(1).of(UserId(7), &session) == session);
    }
}
