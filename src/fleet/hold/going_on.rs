//! Connections that may go on where the socket's last one ended.

use bytes::Bytes;

use super::Held;
use crate::client::listener::Listener as _;
use crate::client::recovery::{self, Early};
use crate::history::Stamp;
use crate::journal::Recorder;
use crate::scenario::Driver;
use crate::time::Time;
use crate::verify::Arrival;

impl Held {
    /// Whether it goes on where the socket's last connection ended.
    pub(super) fn goes_on(&self) -> bool {
        let recovery = self.member.recovery.as_ref();
        recovery.is_some_and(|recovery| recovery.goes_on())
    }

    /// CONNECT was accepted: what came before that had been missed, if the socket goes on, and is premature otherwise.
    pub(super) fn is_let_in(&mut self, at: Time) {
        let early = self.take_early();
        let recovery = self.member.recovery.as_ref();
        if !recovery.is_some_and(|recovery| recovery.was_told()) {
            // This target recovers nothing, or nothing any more.
            self.member.recovery = None;
        }
        let goes_on = self.goes_on();
        if goes_on {
            self.judge(|judge, slot| judge.went_on(slot, at));
        }
        for early in early {
            self.came_early(&early, !goes_on);
        }
        if !goes_on {
            self.judge(|judge, slot| judge.connected(slot, at));
        }
    }

    /// Whoever says goodbye has no session to go on with; and what a socket does not read is not to be made up for.
    pub(super) fn closes_session(&mut self) {
        if let Some(recovery) = &mut self.member.recovery {
            recovery.close();
        }
    }

    pub(super) fn take_early(&mut self) -> Vec<Early> {
        let recovery = self.member.recovery.as_mut();
        recovery.map_or_else(Vec::new, |recovery| recovery.take_early())
    }

    pub(super) fn came_early(&mut self, early: &Early, premature: bool) {
        let (at, name) = (early.at, &early.name);
        let args = match &mut self.member.recovery {
            // It is none of this session's.
            Some(_) if premature && !early.wants_ack => {
                recovery::arguments(&early.args, || self.shared.says_nothing(name))
            }
            Some(recovery) => {
                recovery.expect_ack(early.wants_ack);
                self.arguments(name, &early.args)
            }
            None => &early.args,
        };
        let arrival = Arrival {
            not_before: early.not_before,
            ..self.arrival(at, name, args, premature)
        };
        match &early.attachments {
            None => self.arrived(at, arrival, Recorder::arrived),
            Some(attachments) => self.arrived(at, arrival, |judge, slot, arrival, waited_us| {
                judge.arrived_binary(slot, arrival, waited_us, attachments)
            }),
        }
    }

    /// Keeps an event that came before the answer to CONNECT, if it may be one that was missed. False: it is as it seems.
    pub(super) fn waits_for_answer(
        &mut self,
        at: Stamp,
        name: &str,
        args: &str,
        attachments: Option<&[Bytes]>,
    ) -> bool {
        let not_before = self.not_before();
        let Some(recovery) = &mut self.member.recovery else {
            return false;
        };
        if !recovery.awaits_answer() {
            return false;
        }
        let early = Early {
            at,
            not_before,
            name: name.to_owned(),
            args: args.to_owned(),
            wants_ack: recovery.wants_ack(),
            attachments: attachments.map(<[Bytes]>::to_vec),
        };
        if !recovery.keep(early) {
            self.shared.has_left_out.set(true);
        }
        true
    }

    /// The arguments of an event without what the target adds to recover by.
    pub(super) fn arguments<'a>(&mut self, name: &str, args: &'a str) -> &'a str {
        let shared = &self.shared;
        let alone = || shared.says_nothing(name);
        match &mut self.member.recovery {
            Some(recovery) => recovery.arguments(args, alone),
            // It does not say whether the target recovers anything.
            None if shared.plan.clients.driver == Driver::RustSocketio => {
                recovery::arguments(args, alone)
            }
            None => args,
        }
    }
}
