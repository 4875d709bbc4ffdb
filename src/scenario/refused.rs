//! Users whose credentials are not good: the target has to refuse them.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::plan::Plan;
use super::problems::Problems;
use super::units::Span;
use crate::ids::{AppId, UserId};

/// Users whose credentials are not good.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Section {
    /// Share of the users of each app, above 0 and below 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub share: Option<f64>,
    /// What is wrong with what they show: `invalid`, `revoked` (they have logged out) or `expired`; left out: `invalid`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<Kind>,
    /// How long after their login they connect, as `2s`; for sessions that are to have `expired`. Left out: at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<Span>,
}

/// What is wrong with credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// They were good once: a JWT whose `exp` is past, or a session that was outlived.
    Expired,
    /// The user has logged in, and out again.
    Revoked,
    /// They were never good: a session id that no login gave, a JWT with a damaged signature.
    Invalid,
}

impl Kind {
    /// The word of scenarios and reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Expired => "expired",
            Self::Revoked => "revoked",
            Self::Invalid => "invalid",
        }
    }
}

/// Users whom the target has to refuse.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Refused {
    /// Share of the users of each app.
    pub share: f64,
    /// What is wrong with what they show.
    pub kind: Kind,
    /// How long after their login they connect.
    pub after: Duration,
}

/// In a million.
const WHOLE: u64 = 1_000_000;

impl Refused {
    pub(super) fn new(section: &Section, problems: &mut Problems) -> Option<Self> {
        let fits = section
            .share
            .is_some_and(|share| share > 0.0 && share < 1.0);
        problems.check(fits, "users.refused.share", || match section.share {
            Some(share) => {
                format!("{share} is no share of the users; write one above 0 and below 1, as 0.05")
            }
            None => "whom the target has to refuse is not said; write for example share = 0.05"
                .to_owned(),
        });
        Some(Self {
            share: section.share.filter(|_| fits)?,
            kind: section.kind.unwrap_or(Kind::Invalid),
            after: section.after.map_or(Duration::ZERO, |span| span.0),
        })
    }

    pub(super) fn to_file(self) -> Section {
        Section {
            share: Some(self.share),
            kind: Some(self.kind),
            after: (!self.after.is_zero()).then_some(Span(self.after)),
        }
    }

    /// Whether user `n` of an app is one of them: spread evenly, and of so many users the share of them, rounded down.
    fn takes(self, n: u32) -> bool {
        let share = (self.share * WHOLE as f64).round() as u64;
        let up_to = |n: u64| n * share / WHOLE;
        up_to(u64::from(n) + 1) > up_to(n.into())
    }
}

impl Plan {
    /// Whether the target has to refuse this user.
    pub fn is_refused(&self, user: UserId) -> bool {
        let n = user.0 / self.apps.len().max(1) as u32;
        user.0 < self.users && self.refused.is_some_and(|refused| refused.takes(n))
    }

    /// How many users the target has to refuse.
    pub fn refused_users(&self) -> u32 {
        let all = (0..self.users).filter(|user| self.is_refused(UserId(*user)));
        self.refused.map_or(0, |_| all.count() as u32)
    }

    /// Sockets that the target has to let in.
    pub fn wanted_sockets(&self) -> u32 {
        (self.users - self.refused_users()) * self.sockets_per_user
    }

    /// The app whose pushes a user's sockets may get: none at all if the target has to refuse them, so that whatever comes there is
    /// outside of its audience.
    pub fn hears(&self, user: UserId) -> AppId {
        if self.is_refused(user) {
            AppId(u32::MAX)
        } else {
            self.app_of(user)
        }
    }
}

impl Problems {
    /// Checks whom the target has to refuse, with what the users show.
    pub(super) fn refused(&mut self, plan: &Plan) {
        const KIND: &str = "users.refused.kind";
        let Some(refused) = plan.refused else {
            return;
        };
        if !plan.apps.is_empty() && plan.users > 0 {
            self.check(plan.refused_users() > 0, "users.refused.share", || {
                format!(
                    "{} of the {} users of each app is nobody; ask for a larger share, or more users",
                    refused.share,
                    plan.users as usize / plan.apps.len()
                )
            });
        }
        let logs_in = plan.contract.login.is_some();
        match refused.kind {
            Kind::Revoked => self.check(logs_in, KIND, || {
                "only who has logged in can log out; give [target.login], or take kind = \"invalid\"".to_owned()
            }),
            Kind::Expired if !plan.people.has_jwt() => {
                self.check(logs_in && !refused.after.is_zero(), "users.refused.after", || {
                    "a session expires by itself; say how long after the login they are to connect, as after = \"5s\", or sign tokens with [users.jwt]".to_owned()
                });
            }
            Kind::Expired => {}
            Kind::Invalid => {
                self.check(logs_in || plan.people.has_tokens(), KIND, || {
                    "nobody shows any credentials, so none can be wrong; give [target.login] or tokens".to_owned()
                });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_of_so_many_are_refused_and_spread() {
        for (share, users, refused) in [
            (0.05, 40, 2),
            (0.05, 20, 1),
            (0.5, 7, 3),
            (0.333, 1000, 333),
            (0.05, 19, 0),
        ] {
            let section = Refused {
                share,
                kind: Kind::Invalid,
                after: Duration::ZERO,
            };
            let these: Vec<_> = (0..users).filter(|n| section.takes(*n)).collect();
            assert_eq!(these.len(), refused, "{share} of {users}: {these:?}");
        }
    }
}
