//! Who the users of a scenario file are.

use super::People;
use crate::scenario::file::{File, Target};
use crate::scenario::problems::Problems;

/// What is asked for by hand, and not by the scenario: any of its users may be meant, whatever a run would take of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ByHand {
    /// A token is shown that the scenario knows nothing of.
    pub token: bool,
    /// Pushes are asked for, so that it has to be said how.
    pub pushes: bool,
}

/// Who the users are; how many, and of which apps, is taken from a list of them where nothing else was `asked`.
pub(in crate::scenario) fn people(
    asked: &File,
    file: &mut File,
    problems: &mut Problems,
) -> People {
    let (mut people, found) = People::new(&file.users, file.loaded.take(), problems);
    if let Some(rows) = found.rows {
        file.users.count = asked.users.count.or(Some(rows));
        if asked.target.apps.is_none() && !found.apps.is_empty() {
            file.target.apps = Some(found.apps);
        }
    }
    let apps = file.target.apps.as_deref().unwrap_or_default();
    if file.by_hand.is_some() {
        people.seat_all(apps, problems);
        file.users.count = people.most().or(file.users.count);
    } else {
        people.seat(
            apps,
            file.users.count.unwrap_or_default(),
            asked.users.count.is_some(),
            problems,
        );
    }
    let token_by_hand = file.by_hand.is_some_and(|by_hand| by_hand.token);
    if people.has_tokens() || token_by_hand {
        with_tokens(&mut file.target);
    }
    people
}

/// Users with tokens need no login, and show their token, unless the scenario says more of either.
fn with_tokens(target: &mut Target) {
    if target.login == Target::default().login {
        target.login.enabled = Some(false);
        let connect = &mut target.connect;
        if *connect == Target::default().connect {
            connect.auth = Some(TOKEN_AUTH.to_owned());
        }
    }
}

/// What a socket of a user with a token presents.
const TOKEN_AUTH: &str = r#"{"token":"{{token}}"}"#;
