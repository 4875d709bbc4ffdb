//! From the kernel's receive stamps to times of the run.
//!
//! The stamps are the wall clock's, which somebody may set; the run's clock is never set. Apart from that both go alike (the system
//! slews them together), so what lies between them is a constant, and a step of it is a clock that was set. Every stamp that is read is
//! read with a look at both clocks: if what lies between them is what it was before the bytes came, the stamp means what it says. After
//! a step of `s`, stamps from before and after it look alike for as long as `s`; those are left out.

use super::kernel::Received;
use crate::clock::{Clock, Wall};
use crate::time::Time;

/// Two looks at the clocks, one right after the other, that are further apart than this are worth a closer one: nanoseconds.
const SLACK: i64 = 20_000;
/// What a closer look may be wrong by, besides the time that it took: nanoseconds.
const GRAIN: i64 = 1_000;
/// Between two closer looks, in nanoseconds, should nothing ask for one.
const EVERY: u64 = 1_000_000_000;
/// Looks that make up a closer one: the quickest counts.
const LOOKS: usize = 5;

pub(super) struct Stamps {
    clock: Clock,
    /// The wall clock less the run's, in nanoseconds.
    apart: i64,
    /// Stamps count from this on.
    from: Time,
    looked: Time,
    /// How often the wall clock was set.
    steps: u64,
}

impl Stamps {
    pub(super) fn new(clock: Clock) -> Self {
        let (apart, _) = apart(&closer(clock));
        Self {
            clock,
            apart,
            from: Time::ZERO,
            looked: clock.now(),
            steps: 0,
        }
    }

    /// How often the wall clock was set so far.
    pub(super) fn steps(&self) -> u64 {
        self.steps
    }

    /// When the kernel received what was read just now, at `at`; `None` if the stamp cannot be relied on.
    pub(super) fn reached(&mut self, received: Received, at: Time) -> Option<Time> {
        let unix_nanos = crate::clock::unix_nanos();
        let moved = between(unix_nanos, at).wrapping_sub(self.apart);
        if moved.abs() > SLACK || (at - self.looked).as_nanos() > u128::from(EVERY) {
            let look = closer(self.clock);
            self.looked_at(&look);
        }
        self.time_of(received, at)
    }

    fn looked_at(&mut self, look: &Wall) {
        self.looked = look.after;
        let (apart, unsure) = apart(look);
        let step = apart.wrapping_sub(self.apart);
        if step.abs() <= unsure + GRAIN {
            return;
        }
        self.apart = apart;
        self.steps += 1;
        let alike = std::time::Duration::from_nanos(step.unsigned_abs());
        self.from = self.from.max(look.after + alike);
    }

    fn time_of(&self, received: Received, at: Time) -> Option<Time> {
        let reached = i64::try_from(received.0).ok()?.checked_sub(self.apart)?;
        let reached = Time::from_nanos(u64::try_from(reached).ok()?);
        let ahead = (reached - at).as_nanos();
        (reached >= self.from && ahead <= SLACK.unsigned_abs().into()).then(|| reached.min(at))
    }
}

/// The quickest of a few looks at both clocks.
fn closer(clock: Clock) -> Wall {
    let looks = (0..LOOKS).map(|_| clock.wall());
    let quickest = looks.min_by_key(|look| look.after - look.before);
    quickest.unwrap_or_else(|| clock.wall())
}

/// The wall clock less the run's, and what that may be wrong by: nanoseconds.
fn apart(look: &Wall) -> (i64, i64) {
    let half = (look.after - look.before) / 2;
    let unsure = i64::try_from(half.as_nanos()).unwrap_or(i64::MAX / 2);
    (between(look.unix_nanos, look.before + half), unsure)
}

fn between(unix_nanos: u64, at: Time) -> i64 {
    unix_nanos.wrapping_sub(at.as_nanos()).cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;

    const WALL: u64 = 1_800_000_000_000_000_000;

    fn at(micros: u64) -> Time {
        Time::from_nanos(micros * 1_000)
    }

    /// The wall clock shows `WALL` and so much more, in microseconds, at some time of the run.
    fn look(micros: u64, more: i64) -> Wall {
        Wall {
            before: at(micros),
            unix_nanos: received(micros, more).0,
            after: at(micros),
        }
    }

    fn received(micros: u64, more: i64) -> Received {
        let more = WALL.checked_add_signed(more * 1_000).unwrap();
        Received(more + micros * 1_000)
    }

    fn stamps() -> Stamps {
        let mut stamps = Stamps::new(Clock::start());
        stamps.looked_at(&look(0, 0));
        (stamps.from, stamps.steps) = (Time::ZERO, 0);
        stamps
    }

    #[test]
    fn a_stamp_is_a_time_of_the_run() {
        let mut stamps = stamps();
        stamps.looked_at(&look(1_000, 0));
        assert_eq!(stamps.time_of(received(900, 0), at(1_000)), Some(at(900)));
        // A little ahead is what the looks were wrong by; more is none of this clock's.
        assert_eq!(
            stamps.time_of(received(1_010, 0), at(1_000)),
            Some(at(1_000))
        );
        assert_eq!(stamps.time_of(received(1_030, 0), at(1_000)), None);
        assert_eq!(stamps.steps(), 0);
    }

    #[test]
    fn no_stamp_of_a_clock_that_was_set_counts() {
        for step in [5_000, -5_000] {
            let mut stamps = stamps();
            // It was set at 1,000; that is found at 1,100.
            stamps.looked_at(&look(1_100, step));
            assert_eq!(stamps.steps(), 1);
            for came in (0..=1_000).step_by(50) {
                for read in [1_100, 3_000, 6_050, 20_000] {
                    let reached = stamps.time_of(received(came, 0), at(read));
                    assert_eq!(reached, None, "from before: {came}, read at {read}");
                }
            }
            for came in [6_200, 7_000, 100_000] {
                let reached = stamps.time_of(received(came, step), at(came + 10));
                assert_eq!(reached, Some(at(came)));
            }
        }
    }

    #[test]
    fn a_look_that_took_long_is_no_step() {
        let mut stamps = stamps();
        stamps.looked_at(&Wall {
            after: at(1_400),
            ..look(1_000, 0)
        });
        assert_eq!(stamps.steps(), 0);
        stamps.looked_at(&look(2_000, 3));
        assert_eq!(stamps.steps(), 1);
    }
}
