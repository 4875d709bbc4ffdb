//! The end of a connection: what the judge and the run are told, and what comes next.

use std::time::Duration;

use super::{Held, Member};
use crate::client::listener::{ConnectError, Ended, Listener as _};
use crate::fleet::life::{Life, Next};
use crate::fleet::shard::Note;
use crate::history::{Leave, Left, Reply};

impl Held {
    /// It has ended. What comes next, and for how long the socket stays away if it left because the scenario says so.
    pub(in crate::fleet) fn ended(mut self, ended: Ended) -> (Member, Life, Next, Duration) {
        if self.has_to_be_refused() {
            self.tell_end(&ended, false);
            self.tell_refusal(&ended);
            return (self.member, self.life, Next::Over, Duration::ZERO);
        }
        let returns = self.life.returns(&ended, &self.shared.plan.clients);
        self.tell_end(&ended, returns);
        let plan = &self.shared.plan;
        let next = self.life.ended(ended, &plan.clients, plan.seed);
        (
            self.member,
            self.life,
            next,
            Duration::from_nanos(self.away_ns),
        )
    }

    /// Whether the target has to refuse this socket.
    pub(super) fn has_to_be_refused(&self) -> bool {
        self.shared.plan.is_refused(self.member.user)
    }

    /// The end of a connection that should never have been: it does not come back.
    fn tell_refusal(&self, ended: &Ended) {
        let Ended::NotConnected(error) = ended else {
            return;
        };
        if *error == ConnectError::Stopped {
            return;
        }
        self.shared.say(Note::TurnedAway {
            is_refusal: error.is_refusal(),
            why: error.to_string(),
            shortage: error.shortage().map(str::to_owned),
        });
    }

    fn tell_end(&mut self, ended: &Ended, returns: bool) {
        let now = self.shared.clock.now();
        let (after, cause) = match ended {
            Ended::Left { leave, after, .. } => (*after, *leave),
            Ended::NotConnected(_) => (self.not_before(), Leave::ConnectionLost),
        };
        if matches!(ended, Ended::NotConnected(ConnectError::Refused(_))) {
            for early in self.take_early() {
                self.came_early(&early, true);
            }
        } else {
            // Whether it had been missed nobody knows.
            self.take_early();
        }
        self.is_counted(false);
        for request in self.emitting.iter_mut().flat_map(|all| all.end()) {
            self.shared.request_over(&request, Reply::Gone, now, "");
        }
        if self.slot.is_some() {
            let left = Left {
                after: after.min(now),
                by: now,
                cause,
            };
            let asks = returns && self.shared.plan.clients.recovery;
            let recovery = self.member.recovery.as_mut();
            let recovery = recovery.filter(|recovery| asks && recovery.can_be_asked());
            if let Some(recovery) = recovery {
                recovery.has_left(now);
                self.judge(|judge, slot| judge.left_for_now(slot, left));
            } else {
                self.judge(|judge, slot| judge.left(slot, left));
            }
        }
    }
}
