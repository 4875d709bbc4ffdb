//! Pushes without a tag: told by their event name, for which nothing else is pushed.
//!
//! A payload with no room for a tag (a number, `null`, none at all) says nothing of its push. What is known of an arrival is its
//! socket and its name, and which pushes of that name the socket awaits. They are few, mostly one. Then it is that one, and all rules hold
//! for it as for any other. Where several are awaited nobody can tell them apart, and the arrival is taken for the one that is due
//! first: as many arrivals as pushes are right, whichever is which, and order is not judged.
//!
//! Pushes of one such name in one app are asked for one after the other, so that of those awaited at most one has no answer yet: what
//! was refused or is unknown is not awaited in place of what is promised.

use std::collections::HashMap;

use super::ledger::{Answer, Entry, View};
use super::rules::Rules;
use super::streams::Streams;
use crate::history::{Outcome, Push};
use crate::ids::{AppId, Audience, EventId, Lane, PushId, Seq};
use crate::time::Time;

/// The pushes without a tag that may still come.
#[derive(Debug, Default)]
pub(super) struct Untagged {
    /// By event name, with what is sent under it.
    names: HashMap<String, (EventId, String)>,
    pushes: HashMap<Key, Vec<Sent>>,
    /// The first push of each lane that has not been looked at.
    next: Vec<u32>,
}

/// What makes pushes without a tag one and the same to a socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub(super) event: EventId,
    pub(super) app: AppId,
    pub(super) audience: Audience,
}

/// A push without a tag.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sent {
    pub(super) id: PushId,
    pub(super) push: Push,
    /// Once it has settled.
    answer: Option<Answer>,
}

impl Untagged {
    pub(super) fn new(rules: &Rules, lanes: usize) -> Self {
        let name = |(event, payload): &(EventId, String)| {
            let name = rules.events.get(event.index())?;
            Some((name.clone(), (*event, payload.clone())))
        };
        Self {
            names: rules.untagged.iter().filter_map(name).collect(),
            pushes: HashMap::new(),
            next: vec![0; lanes],
        }
    }

    /// The event of a name under which nothing but pushes without a tag go, and whether this is what they carry.
    pub(super) fn event(&self, name: &str) -> Option<(EventId, &str)> {
        if self.names.is_empty() {
            return None;
        }
        let (event, payload) = self.names.get(name)?;
        Some((*event, payload))
    }

    fn is_one(&self, event: EventId) -> bool {
        self.names.values().any(|(one, _)| *one == event)
    }

    /// Takes in what has been sent since.
    pub(super) fn look(&mut self, pushes: &mut View) {
        if self.names.is_empty() {
            return;
        }
        for lane in 0..self.next.len() {
            loop {
                let id = PushId {
                    lane: Lane(lane as u32),
                    seq: Seq(self.next[lane]),
                };
                let Some(Entry { push, .. }) = pushes.get(id) else {
                    break;
                };
                self.next[lane] += 1;
                if self.is_one(push.event) {
                    let key = Key {
                        event: push.event,
                        app: push.app,
                        audience: push.audience,
                    };
                    let sent = Sent {
                        id,
                        push,
                        answer: None,
                    };
                    // The lanes are looked at in turn; what they send is not.
                    let list = self.pushes.entry(key).or_default();
                    let at = list.partition_point(|other| other.push.sent <= push.sent);
                    list.insert(at, sent);
                }
            }
        }
    }

    /// Notes the answers of what has settled, and lets go of what was over long before this.
    pub(super) fn settle(&mut self, streams: &Streams, since: Time, rules: &Rules) {
        if self.names.is_empty() {
            return;
        }
        for (id, entry) in streams.entries() {
            let Push {
                event,
                app,
                audience,
                ..
            } = entry.push;
            let key = Key {
                event,
                app,
                audience,
            };
            let list = self.pushes.get_mut(&key);
            let sent = list.and_then(|list| list.iter_mut().find(|sent| sent.id == id));
            if let Some(sent) = sent {
                sent.answer = entry.answer;
            }
        }
        // What arrives may be told a while after it came: then it is still known what was over when.
        let over_long_ago = |answer: Answer| answer.at + rules.settle * 2 < since;
        self.pushes.retain(|_, list| {
            list.retain(|sent| {
                let answer = sent.answer.filter(|a| a.outcome != Outcome::Unknown);
                !answer.is_some_and(over_long_ago)
            });
            !list.is_empty()
        });
    }

    /// The pushes of this kind that have not been over for long, in the order in which they were sent.
    pub(super) fn of(&self, key: Key) -> &[Sent] {
        self.pushes.get(&key).map_or(&[], Vec::as_slice)
    }

    /// Those of an event, whomever they are for.
    pub(super) fn all(&self, event: EventId) -> impl Iterator<Item = &Sent> {
        let lists = self.pushes.iter();
        let lists = lists.filter(move |(key, _)| key.event == event);
        lists.flat_map(|(_, list)| list)
    }
}

impl Sent {
    /// With its answer as it was known by then.
    pub(super) fn by(&self, at: Time, pushes: &mut View) -> Entry {
        let answer = self
            .answer
            .or_else(|| pushes.get(self.id).and_then(|entry| entry.answer));
        Entry {
            push: self.push,
            answer: answer.filter(|answer| answer.at <= at),
        }
    }
}
