//! The listener of one connection: hands on what it hears, and leaves when the listening is over.

use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::oneshot;

use super::listen::{Heard, Room, Told};
use crate::client::listener::{Departure, Ended, Listener, Manner};
use crate::history::Stamp;
use crate::time::Time;

/// Kept by the engine for each socket.
pub(super) struct Ear {
    pub(super) room: Rc<Room>,
    /// The place of who listens.
    pub(super) place: usize,
    /// It was connected before.
    pub(super) again: bool,
    /// Where its end is told.
    pub(super) over: oneshot::Sender<Ended>,
}

impl Ear {
    /// The connection has ended. Who does not wait for that any more is gone because the listening is over.
    pub(super) fn over(self, ended: Ended) {
        self.over.send(ended).ok();
    }
}

impl Ear {
    /// An event without attachments, at no time yet.
    fn heard<'a>(&'a self, name: &'a str, args: &'a str, premature: bool) -> Heard<'a> {
        Heard {
            who: self.room.who(self.place),
            at_unix_nanos: 0,
            name,
            args,
            attachments: &[],
            premature,
            stray: false,
        }
    }

    fn hear(&self, at: Stamp, heard: Heard<'_>) {
        self.room.hear(at, |at_unix_nanos| Heard {
            at_unix_nanos,
            ..heard
        });
    }
}

impl Listener for Ear {
    fn not_before(&self) -> Time {
        // Nothing is judged by it.
        Time::ZERO
    }

    fn kept_back(&mut self, _by: Duration) {}

    fn alive(&mut self, _at: Time) {}

    fn connecting(&mut self, _at: Time) {}

    fn connected(&mut self, _at: Time) {
        self.room.tell(Told::Connected {
            who: self.room.who(self.place),
            again: self.again,
        });
        if !self.again {
            self.room.one_has_come();
        }
    }

    fn leaving(&mut self, _at: Time) {}

    fn departure(&mut self, now: Time) -> Option<Departure> {
        self.room.is_over().then_some(Departure {
            at: now,
            asks: false,
            manner: Manner::Goodbye {
                linger: Duration::ZERO,
            },
        })
    }

    fn wants_sign(&mut self) -> bool {
        false
    }

    fn event(&mut self, at: Stamp, name: &str, args: &str, premature: bool) {
        self.hear(at, self.heard(name, args, premature));
    }

    fn stray_event(&mut self, at: Stamp, name: &str, args: &str, premature: bool) {
        let heard = self.heard(name, args, premature);
        self.hear(
            at,
            Heard {
                stray: true,
                ..heard
            },
        );
    }

    fn binary_event(
        &mut self,
        at: Stamp,
        name: &str,
        args: &str,
        attachments: &[Bytes],
        premature: bool,
    ) {
        let heard = self.heard(name, args, premature);
        self.hear(
            at,
            Heard {
                attachments,
                ..heard
            },
        );
    }
}
