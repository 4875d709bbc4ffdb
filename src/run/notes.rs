//! What shards say, as events of the run.

use super::Conductor;
use super::machine::Event;
use crate::fleet::shard::Note;

impl Conductor {
    /// Takes in a note; what it means to the course of the run is an event.
    pub(super) fn note(&mut self, note: Note) -> Option<Event> {
        match note {
            Note::Connected {
                took,
                again,
                recovered,
            } => {
                self.tally.connected(took);
                let back = Event::Back { recovered };
                Some(if again { back } else { Event::Connected })
            }
            Note::LoggedIn { took, tried } => {
                self.tally.logins(took, &tried);
                None
            }
            Note::TurnedAway {
                is_refusal,
                why,
                shortage,
            } => {
                self.tally.health.shortage(shortage.as_deref());
                Some(Event::TurnedAway {
                    is_refusal,
                    why,
                    sockets: 1,
                })
            }
            Note::LetIn => Some(Event::LetIn),
            Note::Away => Some(Event::Away),
            Note::Stuck => Some(Event::Stuck),
            Note::NotBack {
                why,
                gives_up,
                shortage,
            } => {
                self.tally.health.shortage(shortage.as_deref());
                Some(Event::NotBack { why, gives_up })
            }
            Note::Refused { why, shortage } => {
                self.tally.health.shortage(shortage.as_deref());
                Some(Event::Refused { sockets: 1, why })
            }
            Note::Dropped {
                leave,
                detail,
                returns,
            } => Some(Event::Dropped {
                leave,
                detail,
                returns,
            }),
            Note::Upgraded => {
                self.tally.upgrades.done += 1;
                None
            }
            Note::NotUpgraded { why } => {
                self.tally.upgrades.not.add(&why, 1);
                None
            }
            Note::Passed(passed) => {
                self.tally.passed(*passed);
                None
            }
        }
    }
}
