//! What a socket neglects on purpose, and what its end is told as then.

use std::time::Duration;

use super::listener::{Ended, Neglect};
use crate::history::Leave;
use crate::time::Time;

/// What one socket neglects. Those that neglect nothing, nearly all, keep it in a few bytes.
#[derive(Debug, Default)]
pub(super) struct Neglects {
    /// Bytes that it reads a second; 0: all that comes.
    reads: u32,
    /// It has read slowly. What it owed meanwhile came late by its own doing.
    was_slow: bool,
    mute: Option<Box<Mute>>,
}

/// Pings are not answered.
#[derive(Debug)]
struct Mute {
    from: Time,
    /// The target should have ended the connection by then; `Time::MAX`: nothing says so.
    due: Time,
    /// A ping was not answered.
    neglected: bool,
}

impl Neglects {
    /// What the holder says from now on. Its pings are counted from when it first said so.
    pub(super) fn told(&mut self, neglect: Neglect, now: Time) {
        self.reads = 0;
        match neglect {
            Neglect::None => {
                // It answers from now on, and a target that overlooked the one ping may go on with it.
                if let Some(mute) = &mut self.mute {
                    (mute.from, mute.due) = (Time::MAX, Time::MAX);
                }
            }
            Neglect::Slow(reads) => {
                self.reads = reads;
                self.was_slow = true;
            }
            Neglect::Mute(after) => {
                self.mute.get_or_insert_with(|| {
                    Box::new(Mute {
                        from: now + after,
                        due: Time::MAX,
                        neglected: false,
                    })
                });
            }
        }
    }

    /// Bytes that it reads a second; 0: all that comes.
    pub(super) fn reads(&self) -> u32 {
        self.reads
    }

    /// Whether it has read slowly.
    pub(super) fn was_slow(&self) -> bool {
        self.was_slow
    }

    /// Whether it neglects pings, now or later.
    pub(super) fn pings(&self) -> bool {
        self.mute.is_some()
    }

    /// Whether a ping is not answered. The first of them says when the target should notice: after what it allows.
    pub(super) fn is_mute(&mut self, now: Time, allowed: Duration) -> bool {
        let Some(mute) = self.mute.as_mut().filter(|mute| mute.from <= now) else {
            return false;
        };
        mute.due = mute.due.min(now + allowed);
        mute.neglected = true;
        true
    }

    /// When the target should have ended it for its silence; `Time::MAX`: never.
    pub(super) fn due(&self) -> Time {
        self.mute.as_ref().map_or(Time::MAX, |mute| mute.due)
    }

    /// What was neglected is what it was ended for; what breaks the protocol is wrong all the same.
    pub(super) fn ended(&self, ended: Ended) -> Ended {
        let mute = self.mute.as_ref().is_some_and(|mute| mute.neglected);
        match ended {
            Ended::Left {
                leave,
                detail,
                after,
            } if (self.was_slow || mute) && leave.is_death() && leave != Leave::ProtocolError => {
                Ended::Left {
                    leave: Leave::Evicted,
                    detail,
                    after,
                }
            }
            ended => ended,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Time {
        Time::from_nanos(millis * 1_000_000)
    }

    fn closed(neglects: &Neglects) -> Leave {
        let ended = neglects.ended(Ended::Left {
            leave: Leave::ServerClose,
            detail: String::new(),
            after: Time::ZERO,
        });
        let Ended::Left { leave, .. } = ended else {
            panic!("{ended:?}");
        };
        leave
    }

    #[test]
    fn the_first_ping_without_an_answer_counts() {
        let (mut neglects, allowed) = (Neglects::default(), Duration::from_millis(300));
        assert!(!neglects.is_mute(at(1), allowed));
        let mute = Neglect::Mute(Duration::from_millis(100));
        neglects.told(mute, at(10));
        neglects.told(mute, at(90));
        assert!(!neglects.is_mute(at(109), allowed));
        assert_eq!(neglects.due(), Time::MAX);
        assert_eq!(closed(&neglects), Leave::ServerClose);
        assert!(neglects.is_mute(at(110), allowed));
        assert!(neglects.is_mute(at(200), allowed));
        assert_eq!(neglects.due(), at(410));
        assert_eq!(closed(&neglects), Leave::Evicted);
        // Answering again takes back the time, not what was done.
        neglects.told(Neglect::None, at(300));
        assert!(!neglects.is_mute(at(301), allowed));
        assert_eq!(neglects.due(), Time::MAX);
        assert_eq!(closed(&neglects), Leave::Evicted);
    }

    #[test]
    fn who_has_read_slowly_was_ended_for_that() {
        let mut neglects = Neglects::default();
        neglects.told(Neglect::Slow(1_024), at(1));
        assert_eq!(neglects.reads(), 1_024);
        neglects.told(Neglect::None, at(2));
        assert_eq!((neglects.reads(), neglects.was_slow()), (0, true));
        assert_eq!(closed(&neglects), Leave::Evicted);
    }
}
