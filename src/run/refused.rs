//! Refused logins in words: one reason for all users that meet it, with the first of them as an example.

use std::collections::BTreeMap;

use super::Conductor;
use super::machine::Event;
use crate::fleet::arrive::LoginNote;

/// Most different reasons that are remembered.
const MOST_REASONS: usize = 16;

/// The words for each reason so far.
#[derive(Debug, Default)]
pub(super) struct RefusedLogins(BTreeMap<String, String>);

impl RefusedLogins {
    /// Of a reason that a user of an app met.
    pub(super) fn words(&mut self, reason: String, user: &str, app: &str) -> String {
        if let Some(words) = self.0.get(&reason) {
            return words.clone();
        }
        let words = format!("{reason} (first: {user} in app {app})");
        // Beyond that the target words each refusal anew; the machine joins those.
        if self.0.len() < MOST_REASONS {
            self.0.insert(reason, words.clone());
        }
        words
    }
}

impl Conductor {
    /// A user has arrived, or will not.
    pub(super) fn login(&mut self, note: LoginNote) -> Option<Event> {
        match note {
            LoginNote::In { took, tried } => {
                self.tally.logins(Some(took), &tried);
                None
            }
            LoginNote::Out {
                reason,
                user,
                app,
                shortage,
                sockets,
                tried,
                refused,
            } => {
                self.tally.health.shortage(shortage.as_deref());
                self.tally.logins(None, &tried);
                let sockets = u64::from(sockets);
                let why = self.refused_logins.words(reason, &user, &app);
                Some(if refused {
                    let is_refusal = false;
                    Event::TurnedAway {
                        is_refusal,
                        why,
                        sockets,
                    }
                } else {
                    Event::Refused { sockets, why }
                })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_with_the_same_trouble_share_its_words() {
        let no_such = "login was refused: HTTP 400: no such user".to_owned();
        let mut words = RefusedLogins::default();
        let first = words.words(no_such.clone(), "user-7", "demo");
        assert_eq!(
            first,
            "login was refused: HTTP 400: no such user (first: user-7 in app demo)"
        );
        assert_eq!(words.words(no_such, "user-8", "demo"), first);
        assert_ne!(
            words.words(
                "login was refused: HTTP 400: locked out".to_owned(),
                "user-9",
                "demo"
            ),
            first
        );
    }
}
