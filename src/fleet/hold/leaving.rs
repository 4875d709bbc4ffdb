//! When a connection leaves because the scenario says so.

use super::Held;
use crate::client::listener::{Departure, Manner};
use crate::scenario::{Neglected, churn};
use crate::time::Time;

impl Held {
    /// Whoever neglects something does not churn.
    pub(super) fn stop(&self) -> Option<Departure> {
        let Some(Neglected::Stuck(after)) = self.neglected() else {
            return None;
        };
        Some(Departure {
            at: self.begun + after,
            asks: true,
            manner: Manner::Stop,
        })
    }

    /// When and how it leaves next, if it does.
    pub(super) fn churn(&mut self, now: Time, since: Time) -> Option<Departure> {
        let departures = self.shared.departures.as_ref()?;
        let churn = self.shared.plan.churn.as_ref()?;
        if !churn.takes(&self.shared.plan, self.member.user) {
            return None;
        }
        let next = departures.next(self.member.socket, now - since)?;
        self.away_ns = u64::try_from(next.away.as_nanos()).unwrap_or(u64::MAX);
        Some(Departure {
            at: since + next.at,
            asks: true,
            manner: match next.manner {
                churn::Manner::Goodbye => Manner::Goodbye {
                    linger: churn.linger,
                },
                churn::Manner::Cut => Manner::Cut,
                churn::Manner::Reset => Manner::Reset,
            },
        })
    }
}
