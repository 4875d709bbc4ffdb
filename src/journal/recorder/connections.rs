//! Connections that begin and end.

use super::Recorder;
use crate::history::Left;
use crate::ids::{AppId, SocketId, UserId};
use crate::journal::fact::Fact;
use crate::time::Time;
use crate::verify::Slot;

impl Recorder {
    /// See [`crate::verify::Judge::open`].
    pub fn open(&mut self, socket: SocketId, user: UserId, app: AppId) -> Slot {
        let slot = self.judge.open(socket, user, app);
        if let Some(record) = &mut self.record {
            let fact = Fact::Opened {
                slot: record.opened(slot),
                socket,
                user,
                app,
            };
            record.log.put(Time::ZERO, &fact);
        }
        slot
    }

    /// See [`crate::verify::Judge::connecting`].
    pub fn connecting(&mut self, slot: Slot, at: Time) {
        self.judge.connecting(slot, at);
        self.put(at, slot, |slot| Fact::Connecting { slot, at });
    }

    /// See [`crate::verify::Judge::connected`].
    pub fn connected(&mut self, slot: Slot, at: Time) {
        self.judge.connected(slot, at);
        self.put(at, slot, |slot| Fact::Connected { slot, at });
    }

    /// See [`crate::verify::Judge::went_on`].
    pub fn went_on(&mut self, slot: Slot, at: Time) {
        self.judge.went_on(slot, at);
        self.put(at, slot, |slot| Fact::WentOn { slot, at });
    }

    /// See [`crate::verify::Judge::heard`].
    pub fn heard(&mut self, slot: Slot, at: Time) {
        self.judge.heard(slot, at);
        self.put(at, slot, |slot| Fact::Heard { slot, at });
    }

    /// See [`crate::verify::Judge::leaving`].
    pub fn leaving(&mut self, slot: Slot, at: Time) {
        self.judge.leaving(slot, at);
        self.put(at, slot, |slot| Fact::Leaving { slot, at });
    }

    /// See [`crate::verify::Judge::left`].
    pub fn left(&mut self, slot: Slot, left: Left) {
        self.judge.left(slot, left);
        self.put(left.by, slot, |slot| Fact::Left { slot, left });
    }

    /// See [`crate::verify::Judge::left_for_now`].
    pub fn left_for_now(&mut self, slot: Slot, left: Left) {
        self.judge.left_for_now(slot, left);
        self.put(left.by, slot, |slot| Fact::LeftForNow { slot, left });
    }

    /// See [`crate::verify::Judge::forsaken`].
    pub fn forsaken(&mut self, socket: SocketId) {
        self.judge.forsaken(socket);
        if let Some(record) = &mut self.record {
            record.log.put(Time::ZERO, &Fact::Forsaken { socket });
        }
    }

    fn put(&mut self, now: Time, slot: Slot, fact: impl FnOnce(u32) -> Fact<'static>) {
        if let Some(record) = &mut self.record {
            let fact = fact(record.slot(slot));
            record.log.put(now, &fact);
        }
    }
}
