//! What goes wrong when a socket is back and gets what it has missed.

use super::catalogue::Fault;
use super::roster::Place;
use super::state::State;
use super::truth::Example;
use crate::platform::recovery::{Back, Missed};

/// A fault that has been worked into what a socket gets: to be counted once that is queued.
#[derive(Debug)]
pub(crate) struct Harmed(pub(super) Fault, pub(super) Example);

impl State {
    /// Offers what a socket has missed to the faults. `None`: it gets just that.
    pub(super) fn replay(&mut self, place: &Place, back: &Back) -> Option<(Vec<Missed>, Harmed)> {
        if !self.is_exposed(&place.user) {
            return None;
        }
        for fault in [
            Fault::RecoverTwice,
            Fault::RecoverSwapped,
            Fault::RecoverForeign,
        ] {
            if let Some((missed, detail)) = self.replayed(fault, back)
                && self.fires(fault)
            {
                let event = missed[0].1.plain_name();
                let example = self.out.example(Some(place), place.app, &event, detail);
                return Some((missed, Harmed(fault, example)));
            }
        }
        None
    }

    /// What was missed, as a fault leaves it; `None`: it has no place there. Offsets never go back, or the next time that the socket is back
    /// it would get again what it got now.
    fn replayed(&self, fault: Fault, back: &Back) -> Option<(Vec<Missed>, &'static str)> {
        let mut missed = back.missed.clone();
        let (last, _) = *missed.last()?;
        Some(match fault {
            Fault::RecoverTwice => {
                missed.insert(0, missed[0].clone());
                (missed, "what was missed came twice")
            }
            Fault::RecoverSwapped => {
                let margin = self.out.margin();
                let mut pairs = missed.windows(2);
                let at = pairs.position(|pair| pair[1].1.at() >= pair[0].1.at() + margin)?;
                let (first, second) = (missed[at].0, missed[at + 1].0);
                missed.swap(at, at + 1);
                (missed[at].0, missed[at + 1].0) = (first, second);
                (missed, "what was missed came behind what is newer")
            }
            _ => {
                missed.push((last, back.foreign.clone()?));
                (missed, "what another user missed came as well")
            }
        })
    }
}
