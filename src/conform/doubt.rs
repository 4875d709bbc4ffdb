//! Whether what did not come is the target's doing. A case that missed something for want of an answer is not believed while the way to the
//! target is not open, and it is tried a second time: what a network swallows or cuts once, it does not swallow again.

use std::sync::Arc;

use super::probe::{Probe, ProbeError};
use super::target::{self, Target};
use crate::clock::Clock;
use crate::summary::conformance::Outcome;

/// Sessions that are opened to see whether the way is open: a network that cuts one connection in a few shows by them.
const SESSIONS: usize = 8;

/// What the way to the target is like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Way {
    /// Whoever asks is answered.
    Open,
    /// Nobody listens there: it is the target that is gone.
    Gone,
    /// Not everybody who asks is answered.
    Broken(String),
}

/// Looks at the way.
pub(super) async fn way(target: &Arc<Target>) -> Way {
    let probe = Probe::new(Arc::clone(target), Clock::start(), 0);
    for _ in 0..SESSIONS {
        match target::opens(&probe).await {
            Ok(()) => {}
            Err(ProbeError::Connect(why)) if why.contains("refused") => return Way::Gone,
            Err(error) => return Way::Broken(error.to_string()),
        }
    }
    Way::Open
}

/// What comes of a case that missed something for what did not come, with the way like this; nothing if it has to be tried again.
pub(super) fn judged(first: &Outcome, way: &Way) -> Option<Outcome> {
    match way {
        Way::Open => None,
        Way::Gone => Some(first.clone()),
        Way::Broken(why) => Some(Outcome::Unknown(format!(
            "something did not come ({}), but the way to the target is not open either: {why}",
            first.detail()
        ))),
    }
}

/// What comes of both attempts.
pub(super) fn both(first: &Outcome, second: Outcome) -> Outcome {
    match second {
        Outcome::Pass | Outcome::Info(_) => Outcome::Unknown(format!(
            "something did not come once ({}), and did the second time",
            first.detail()
        )),
        second => second,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conform::case::silence;

    #[test]
    fn what_did_not_come_counts_only_if_the_way_is_open_and_it_does_not_come_again() {
        let first = silence("an answer", "nothing");
        assert!(first.is_silent());
        assert_eq!(judged(&first, &Way::Open), None);
        assert_eq!(judged(&first, &Way::Gone), Some(first.clone()));
        let broken = judged(&first, &Way::Broken("cut".to_owned()));
        assert!(
            matches!(broken, Some(Outcome::Unknown(why)) if why.ends_with("not open either: cut"))
        );
        assert_eq!(both(&first, first.clone()), first);
        assert!(matches!(both(&first, Outcome::Pass), Outcome::Unknown(_)));
    }
}
