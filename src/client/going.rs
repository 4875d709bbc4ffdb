//! Whether and when this side means to leave: pure decisions.

use super::listener::{Departure, Manner};
use crate::time::Time;

#[derive(Debug, Clone, Copy)]
pub(super) enum Going {
    Staying,
    At(Departure),
    /// As soon as the target has given a sign of life.
    Asking {
        manner: Manner,
        until: Time,
    },
    /// Goodbye was said.
    Lingering {
        until: Time,
    },
}

impl Going {
    /// What the listener wants now.
    pub(super) fn told(self, departure: Option<Departure>, now: Time) -> Self {
        match (self, departure) {
            // Who lingers leaves when the run is over, and not for another departure.
            (Self::Lingering { .. }, Some(Departure { at, .. })) if at <= now => {
                Self::Lingering { until: now }
            }
            (Self::Lingering { until }, _) => Self::Lingering { until },
            // The departure under way comes before the next.
            (Self::Asking { .. }, Some(Departure { at, .. })) if at > now => self,
            (_, Some(departure)) => Self::At(departure),
            (_, None) => Self::Staying,
        }
    }

    /// When there is something to do; `Time::MAX`: never.
    pub(super) fn deadline(self) -> Time {
        match self {
            Self::Staying => Time::MAX,
            Self::At(departure) => departure.at,
            Self::Asking { until, .. } | Self::Lingering { until } => until,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: u64) -> Time {
        Time::from_nanos(secs * 1_000_000_000)
    }

    fn departure(secs: u64) -> Departure {
        Departure {
            at: at(secs),
            manner: Manner::Cut,
            asks: true,
        }
    }

    #[test]
    fn a_departure_under_way_comes_before_the_next_and_not_before_the_end() {
        let asking = Going::Asking {
            manner: Manner::Cut,
            until: at(6),
        };
        assert_eq!(asking.told(Some(departure(9)), at(5)).deadline(), at(6));
        assert_eq!(asking.told(Some(departure(5)), at(5)).deadline(), at(5));
        assert_eq!(asking.told(None, at(5)).deadline(), Time::MAX);
    }

    #[test]
    fn who_lingers_leaves_when_the_run_is_over() {
        let lingering = Going::Lingering { until: at(8) };
        assert_eq!(lingering.told(None, at(5)).deadline(), at(8));
        assert_eq!(lingering.told(Some(departure(6)), at(5)).deadline(), at(8));
        assert_eq!(lingering.told(Some(departure(5)), at(5)).deadline(), at(5));
    }
}
