//! What cases need of a target besides its sockets: users who log in, and pushes that are asked for.
//!
//! * [`User`], [`Credentials`]: who somebody is, and what a socket of theirs shows.
//! * `seats`: users for each case alone, so that what is pushed at them concerns no other.
//! * `by_hand`: sessions that a case drives itself.
//! * `publisher`: asks for pushes by the scenario's trigger, and waits until they have arrived.
//! * `stream`: pushes one after the other, while something happens.
//! * `trip`: brings values to a socket by whatever the target has for it, an echo or a push.

mod by_hand;
mod publisher;
mod seats;
mod stream;
mod trip;

use std::sync::Arc;

pub(super) use self::by_hand::{event, number};
pub(super) use self::publisher::exactly;
pub use self::publisher::{Publisher, To};
pub use self::seats::{Crowd, Seats};
pub use self::stream::{Flow, Pushed};
pub(super) use self::stream::{came_of, events_of};
pub use self::trip::{By, Trip, placeholders};
use super::case::missed;
use super::probe::Probe;
use super::probe::socket::Socket;
use crate::client::endpoint::Presents;
use crate::client::http::Http;
use crate::client::listener::Hello;
use crate::clock::unix_millis;
use crate::identity::Identity;
use crate::ids::{AppId, Lane};
use crate::scenario::Plan;
use crate::summary::conformance::Outcome;

/// Somebody who can log in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// The app.
    pub app: String,
    /// The user's name.
    pub name: String,
    password: String,
    token: String,
}

/// What a socket of somebody shows.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// Whose it is.
    pub user: User,
    /// The id of the session, empty where nobody logs in.
    pub session: String,
    /// The namespace, and what CONNECT says.
    pub hello: Hello,
    /// What the handshake says besides.
    pub presents: Presents,
}

impl Credentials {
    /// What CONNECT says, as an object; empty if it says nothing.
    pub fn auth(&self) -> serde_json::Map<String, serde_json::Value> {
        serde_json::from_str(&self.hello.auth).unwrap_or_default()
    }

    /// The same with another CONNECT.
    #[must_use]
    pub fn with_auth(&self, auth: &serde_json::Value) -> Self {
        self.with_auth_text(&auth.to_string())
    }

    /// The same with this text behind the `40`.
    #[must_use]
    pub fn with_auth_text(&self, auth: &str) -> Self {
        let mut other = self.clone();
        auth.clone_into(&mut other.hello.auth);
        other
    }

    /// The key by which CONNECT shows the session, or a token. Without one, what is shown there cannot be altered.
    pub fn proof_key(&self) -> Result<String, Outcome> {
        let auth = self.auth();
        let proofs = [&self.session, &self.user.token];
        let mut proofs = proofs.into_iter().filter(|proof| !proof.is_empty());
        let key = proofs.find_map(|proof| key_of(&auth, proof));
        key.ok_or_else(|| {
            Outcome::Skip("what a socket shows of its session is not in its CONNECT".to_owned())
        })
    }

    /// The key by which CONNECT shows the app, if it does.
    pub fn app_key(&self) -> Option<String> {
        key_of(&self.auth(), &self.user.app).filter(|_| !self.user.app.is_empty())
    }

    /// The same with another value of this key of CONNECT; none: without it.
    #[must_use]
    pub fn with(&self, key: &str, value: Option<serde_json::Value>) -> Self {
        let mut auth = self.auth();
        match value {
            Some(value) => auth.insert(key.to_owned(), value),
            None => auth.remove(key),
        };
        self.with_auth(&auth.into())
    }

    /// The same in another namespace.
    #[must_use]
    pub fn in_namespace(&self, namespace: &str) -> Self {
        let mut other = self.clone();
        other.hello.namespace = Some(namespace.to_owned());
        other
    }
}

/// The key whose value has this in it.
fn key_of(auth: &serde_json::Map<String, serde_json::Value>, what: &str) -> Option<String> {
    let has = |value: &serde_json::Value| value.as_str().is_some_and(|text| text.contains(what));
    let found = auth.iter().find(|(_, value)| has(value));
    found.map(|(key, _)| key.clone())
}

/// Text of the same form: every digit is another one.
fn altered(text: &str) -> String {
    let next = |c: char| match c.to_digit(10) {
        Some(digit) => char::from_digit((digit + 1) % 10, 10).unwrap_or(c),
        None => c,
    };
    let other: String = text.chars().map(next).collect();
    if other == text {
        return format!("{text}x");
    }
    other
}

impl User {
    /// Of a plan's first app, by name.
    pub(super) fn of(plan: &Plan, name: &str) -> Self {
        let somebody = plan.somebody(AppId(0), name);
        Self {
            app: plan.apps.first().cloned().unwrap_or_default(),
            name: name.to_owned(),
            password: somebody.password().unwrap_or_default(),
            token: somebody.token(unix_millis() / 1_000).unwrap_or_default(),
        }
    }

    fn identity<'a>(&'a self, plan: &'a Plan, session: &'a str) -> Identity<'a> {
        Identity {
            app: &self.app,
            user: &self.name,
            password: &self.password,
            session,
            token: &self.token,
            listed: plan.somebody(AppId(0), &self.name).listed(),
        }
    }
}

impl Probe {
    fn plan(&self) -> &Arc<Plan> {
        &self.target.plan
    }

    /// What the target needs, and says, besides the way it is spoken to.
    pub fn section(&self) -> &crate::scenario::conformance::Section {
        &self.plan().conformance
    }

    /// Asks for what it asks for at its node.
    fn lane(&self) -> Lane {
        Lane(u32::try_from(self.target.node).unwrap_or_default())
    }

    fn http(&self) -> &Http {
        self.target.nodes.of_lane(self.lane(), usize::MAX).0
    }

    /// Somebody of any name, in the first app.
    pub fn named(&self, name: &str) -> User {
        User {
            app: self.plan().apps.first().cloned().unwrap_or_default(),
            name: name.to_owned(),
            password: self.section().any_password.clone().unwrap_or_default(),
            token: String::new(),
        }
    }

    /// The id of the second app.
    pub fn other_app(&self) -> String {
        let named = self.section().other_app.clone();
        named
            .or_else(|| self.plan().apps.get(1).cloned())
            .unwrap_or_default()
    }

    /// Who has the same name in the second app.
    pub fn namesake(&self, user: &User) -> User {
        User {
            app: self.other_app(),
            ..user.clone()
        }
    }

    /// Logs somebody in. That it cannot be done leaves the case without a result: the login is not what is tried.
    pub async fn log_in(&self, user: &User) -> Result<Credentials, Outcome> {
        self.try_log_in(user).await.map_err(|why| {
            Outcome::Unknown(format!(
                "{:?} of app {} cannot log in: {why}",
                user.name, user.app
            ))
        })
    }

    /// The same, with the reason if it cannot be done.
    pub async fn try_log_in(&self, user: &User) -> Result<Credentials, String> {
        let plan = self.plan();
        self.note_at(
            0,
            "→",
            &format!("(log {:?} of app {} in)", user.name, user.app),
        );
        let identity = user.identity(plan, "");
        let session = identity.log_in(&plan.contract, self.http()).await;
        let session = session.map_err(|error| error.to_string());
        if let Err(why) = &session {
            self.note_at(0, "×", why);
        }
        Ok(self.credentials(user, &session?))
    }

    /// What a socket shows with this session.
    pub fn credentials(&self, user: &User, session: &str) -> Credentials {
        let plan = self.plan();
        let identity = user.identity(plan, session);
        for secret in [session, &user.token] {
            self.trace().hide(secret);
        }
        let endpoint = self.target.nodes.of_lane(self.lane(), usize::MAX).1;
        let own = identity.endpoint(&plan.contract, endpoint);
        let own = own.map(|endpoint| endpoint.presents);
        Credentials {
            user: user.clone(),
            session: session.to_owned(),
            hello: identity.hello(&plan.contract),
            presents: own.unwrap_or_else(|| endpoint.presents.clone()),
        }
    }

    /// What a socket says at the handshake that shows nothing of its own.
    pub fn presents_nothing(&self) -> Presents {
        let endpoint = self.target.nodes.of_lane(self.lane(), usize::MAX).1;
        endpoint.presents.clone()
    }

    /// What a socket shows that is well-formed and good for nothing: a session that nobody has, or nothing at all.
    pub fn bad(&self, shows: &Credentials) -> Credentials {
        if let Ok(key) = shows.proof_key()
            && let Some(serde_json::Value::String(proof)) = shows.auth().get(&key)
        {
            let other = altered(proof);
            // Whoever knows how it was altered knows the good one.
            self.trace().hide(&other);
            return shows.with(&key, Some(other.into()));
        }
        let mut nothing = shows.with_auth_text("");
        nothing.presents = self.presents_nothing();
        nothing
    }

    /// Ends a session.
    pub async fn log_out(&self, shown: &Credentials) -> Result<(), Outcome> {
        let plan = self.plan();
        self.note_at(0, "→", &format!("(log {:?} out)", shown.user.name));
        let identity = shown.user.identity(plan, &shown.session);
        let ended = identity.log_out(&plan.contract, self.http()).await;
        ended.map_err(Outcome::Unknown)
    }

    /// Logs somebody in and connects a socket.
    pub async fn come(&self, user: &User) -> Result<Socket, Outcome> {
        let shows = self.log_in(user).await?;
        self.socket(&shows).await
    }

    /// A socket for each of these, one after the other.
    pub async fn come_each(&self, users: &[User]) -> Result<Vec<Socket>, Outcome> {
        let mut sockets = Vec::with_capacity(users.len());
        for user in users {
            sockets.push(self.come(user).await?);
        }
        Ok(sockets)
    }

    /// That a socket with these credentials is refused: no CONNECT comes, and no event. Gives the `CONNECT_ERROR`, if one came.
    pub async fn refused(
        &self,
        what: &str,
        shows: &Credentials,
    ) -> Result<Option<super::probe::packet::Packet>, Outcome> {
        let mut session = self.presenting(shows).session(self.usual_way()).await?;
        match session.hello(&shows.hello).await {
            Ok(answer) if answer.kind == crate::protocol::socket::PacketType::ConnectError => {
                Ok(Some(answer))
            }
            Ok(answer) => Err(missed(format!("CONNECT_ERROR for {what}"), answer.told())),
            // Whoever ends the connection lets nobody in either.
            Err(outcome) => match &outcome {
                Outcome::Fail(seen)
                    if seen.seen.contains("close") || seen.seen.contains("end of") =>
                {
                    Ok(None)
                }
                _ => Err(outcome),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::altered;

    #[test]
    fn what_is_altered_has_its_form_and_is_another() {
        assert_eq!(altered("a1-9f"), "a2-0f");
        assert_eq!(altered("token"), "tokenx");
    }
}
