//! Logging in with patience, at a rate, and so many at once.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;

use super::nodes::Nodes;
use crate::client::login::LoginError;
use crate::clock::{self, Clock};
use crate::identity::Identity;
use crate::ids::UserId;
use crate::scenario::Plan;
use crate::scenario::refused::Kind;
use crate::time::Time;

/// As many logins are asked for at once at first: what the target's latency is, nobody knows yet.
const FIRST_LOGINS: usize = 8;

/// What a user shows: the session id of the login and the token, either of which may be empty. One piece of memory, shared by the sockets of
/// a user.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    text: Arc<str>,
    session: u32,
}

impl Credentials {
    /// Of a session id and a token.
    pub fn new(session: &str, token: &str) -> Self {
        Self {
            text: [session, token].concat().into(),
            session: session.len() as u32,
        }
    }

    /// What the login gave.
    pub fn session(&self) -> &str {
        &self.text[..self.session as usize]
    }

    /// The token.
    pub fn token(&self) -> &str {
        &self.text[self.session as usize..]
    }

    /// A copy that shares no memory.
    pub(super) fn apart(&self) -> Self {
        Self {
            text: Arc::from(&*self.text),
            session: self.session,
        }
    }

    /// Whether both are one piece of memory.
    #[cfg(test)]
    pub(super) fn is_one_with(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.text, &other.text)
    }
}

/// The requests of one login: how long each took to its answer, or to its failure. None, where nobody logs in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tried(pub Vec<Duration>);

/// When logins may be asked for, over all users of a process.
#[derive(Debug)]
pub struct Rate {
    clock: Clock,
    /// `None`: at any time.
    every: Option<Duration>,
    next: Mutex<Time>,
}

impl Rate {
    /// The share of a process of what the plan allows.
    pub fn new(plan: &Plan, clock: Clock, share: f64) -> Self {
        let every = plan
            .login_rate
            .and_then(|rate| Duration::try_from_secs_f64(1.0 / (rate * share)).ok());
        Self {
            clock,
            every,
            next: Mutex::new(Time::ZERO),
        }
    }

    /// Waits for its turn: whoever comes first has the next one.
    async fn turn(&self) {
        let Some(every) = self.every else {
            return;
        };
        let at = {
            let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
            let at = (*next).max(self.clock.now());
            *next = at + every;
            at
        };
        tokio::time::sleep_until(self.clock.instant(at)).await;
    }
}

/// Turns for logins: twice as many at once as the rate asks for (Little's law) at the latency of a target that is not busy, which is the
/// shortest seen. More would wait at the target instead of here, each with a connection.
pub(super) struct Turns {
    free: Semaphore,
    per_second: f64,
    most: usize,
    seen: Mutex<Seen>,
}

struct Seen {
    shortest: Duration,
    turns: usize,
}

impl Turns {
    pub(super) fn new(per_second: f64, most: usize) -> Self {
        let turns = FIRST_LOGINS.min(most);
        Self {
            free: Semaphore::new(turns),
            per_second,
            most,
            seen: Mutex::new(Seen {
                shortest: Duration::MAX,
                turns,
            }),
        }
    }

    /// A login has taken so long. Turns are only ever added: a target that was slow at first gets more than it needs.
    fn took(&self, took: Duration) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.shortest = seen.shortest.min(took);
        let at_once = (self.per_second * seen.shortest.as_secs_f64()).min(self.most as f64);
        let wanted = (FIRST_LOGINS + 2 * at_once as usize).min(self.most);
        let more = wanted.saturating_sub(seen.turns);
        seen.turns += more;
        self.free.add_permits(more);
    }
}

/// Where users log in.
#[derive(Clone, Copy)]
pub struct Door<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// The ways to the target.
    pub nodes: &'a Nodes,
    /// The run's clock.
    pub clock: Clock,
    /// When logins may be asked for; `None`: at any time.
    pub rate: Option<&'a Rate>,
    /// Whether a target that cannot be connected to is tried again.
    pub waits_for_target: bool,
}

impl Door<'_> {
    /// Logs a user in, and tries again as the plan says. The token is made anew.
    pub async fn log_in(&self, user: UserId) -> (Result<Credentials, LoginError>, Tried) {
        Box::pin(self.log_in_at(user, None)).await
    }

    /// The same, of so many at once.
    pub(super) async fn log_in_at(
        &self,
        user: UserId,
        turns: Option<&Turns>,
    ) -> (Result<Credentials, LoginError>, Tried) {
        let plan = self.plan;
        let mut tried = Tried::default();
        let token = plan.token_of(user, unix_seconds(), self.wrong_token(user));
        let own = Own::new(plan, user);
        let identity = own.identity(plan, user, "", &token);
        if plan.contract.login.is_none() {
            return (Ok(self.credentials(user, "", &token)), tried);
        }
        let mut failed = 0;
        loop {
            let turn = match turns {
                Some(turns) => turns.free.acquire().await.ok(),
                None => None,
            };
            if let Some(rate) = self.rate {
                rate.turn().await;
            }
            let begun = self.clock.now();
            let http = self.nodes.of_user(plan, user);
            let answer = Box::pin(identity.log_in(&plan.contract, http)).await;
            drop(turn);
            let took = self.clock.now() - begun;
            tried.0.push(took);
            if let Some(turns) = turns {
                turns.took(took);
            }
            let error = match answer {
                Ok(session) => return (Ok(self.credentials(user, &session, &token)), tried),
                Err(error) => error,
            };
            failed += 1;
            let retries = plan.contract.retries;
            let again = error.may_pass() && (self.waits_for_target || !error.is_unreached());
            if !again || failed > retries.most {
                return (Err(error), tried);
            }
            let wait = retries.wait(plan.seed, user, failed, error.retry_after());
            tokio::time::sleep(wait).await;
        }
    }

    /// What is to be wrong with the token that this user shows.
    fn wrong_token(&self, user: UserId) -> Option<Kind> {
        let refused = self.plan.refused.filter(|_| self.plan.is_refused(user))?;
        // Who logs in with a token needs a good one to do so.
        self.plan.contract.login.is_none().then_some(refused.kind)
    }

    fn credentials(&self, user: UserId, session: &str, token: &str) -> Credentials {
        let plan = self.plan;
        let Some(refused) = plan.refused.filter(|_| plan.is_refused(user)) else {
            return Credentials::new(session, token);
        };
        let made_up = format!("invalid-{:016x}-{user}", plan.seed);
        let session = match refused.kind {
            Kind::Invalid if !session.is_empty() => &made_up,
            _ => session,
        };
        let wrong = plan.token_of(user, unix_seconds(), Some(refused.kind));
        Credentials::new(session, &wrong)
    }

    /// Logs a user out. The error is in words.
    pub(super) async fn log_out(&self, user: UserId, who: &Credentials) -> Result<(), String> {
        let own = Own::new(self.plan, user);
        let identity = own.identity(self.plan, user, who.session(), who.token());
        let http = self.nodes.of_user(self.plan, user);
        identity.log_out(&self.plan.contract, http).await
    }
}

/// What of a user is put together from the plan.
pub(super) struct Own {
    name: String,
    password: String,
}

impl Own {
    pub(super) fn new(plan: &Plan, user: UserId) -> Self {
        Self {
            name: plan.name_of(user),
            password: plan.password_of(user),
        }
    }

    pub(super) fn identity<'a>(
        &'a self,
        plan: &'a Plan,
        user: UserId,
        session: &'a str,
        token: &'a str,
    ) -> Identity<'a> {
        Identity {
            app: &plan.apps[plan.app_of(user).index()],
            user: &self.name,
            password: &self.password,
            session,
            token,
            listed: plan.people.listed(user),
        }
    }
}

fn unix_seconds() -> u64 {
    clock::unix_millis() / 1_000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_logins_at_once_as_the_rate_asks_for() {
        let turns_after = |per_second, took: &[u64]| {
            let turns = Turns::new(per_second, 128);
            for micros in took {
                turns.took(Duration::from_micros(*micros));
            }
            turns.free.available_permits()
        };
        assert_eq!(turns_after(10_000.0, &[]), 8);
        assert_eq!(turns_after(10_000.0, &[200]), 12);
        assert_eq!(turns_after(100.0, &[100_000]), 28);
        assert_eq!(turns_after(10_000.0, &[100_000]), 128);
        // Its load makes it slower, and that asks for no more.
        assert_eq!(turns_after(10_000.0, &[200, 100_000, 300]), 12);
        assert_eq!(turns_after(f64::INFINITY, &[1]), 128);
    }

    #[test]
    fn a_session_and_a_token_are_told_apart() {
        for (session, token) in [("s", "t"), ("", "t"), ("s", ""), ("", "")] {
            let credentials = Credentials::new(session, token);
            assert_eq!(
                (credentials.session(), credentials.token()),
                (session, token)
            );
        }
    }
}
