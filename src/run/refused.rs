//! Refused logins in words: one reason for all users that meet it, with the first of them as an example.

use std::collections::BTreeMap;

use crate::client::login::LoginError;

/// Most different reasons that are remembered.
const MOST_REASONS: usize = 16;

/// The words for each reason so far.
#[derive(Debug, Default)]
pub(super) struct RefusedLogins(BTreeMap<String, String>);

impl RefusedLogins {
    pub(super) fn words(&mut self, error: &LoginError) -> String {
        let reason = error.reason();
        if let Some(words) = self.0.get(&reason) {
            return words.clone();
        }
        let (user, app) = error.who();
        let words = format!("{reason} (first: {user} in app {app})");
        // Beyond that the target words each refusal anew; the machine joins those.
        if self.0.len() < MOST_REASONS {
            self.0.insert(reason, words.clone());
        }
        words
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_with_the_same_trouble_share_its_words() {
        let refused = |user: &str, message: &str| LoginError::Refused {
            user: user.to_owned(),
            app: "demo".to_owned(),
            status: 400,
            message: message.to_owned(),
        };
        let mut words = RefusedLogins::default();
        let first = words.words(&refused("user-7", ": no such user"));
        assert_eq!(
            first,
            "login was refused: HTTP 400: no such user (first: user-7 in app demo)"
        );
        assert_eq!(words.words(&refused("user-8", ": no such user")), first);
        assert_ne!(words.words(&refused("user-9", ": locked out")), first);
    }
}
