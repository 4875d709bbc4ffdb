//! What payloads have to keep to, and which event names they bring.

use super::{Content, LARGEST, MOST_PAYLOADS, Payload};
use crate::protocol::socket::RESERVED_EVENTS;
use crate::scenario::checks::MOST_BYTES;
use crate::scenario::event::Event;
use crate::scenario::file::Pushes;
use crate::scenario::plan::Plan;
use crate::scenario::problems::Problems;

const KEY: &str = "pushes.payloads";

/// The event names of a plan and the weights of those that are drawn: the ones listed, as far as some payload is pushed under one of
/// them, and then those that payloads have of their own. Where nobody gave a list, it has no name that a payload without a tag needs alone.
pub(in crate::scenario) fn names(
    listed: Vec<Event>,
    is_given: bool,
    payloads: &[Payload],
) -> (Vec<String>, Vec<u32>) {
    let alone = |name: &String| {
        let mut untagged = payloads.iter().filter(|payload| payload.is_untagged());
        !is_given && untagged.any(|payload| payload.event.as_ref() == Some(name))
    };
    let listed = listed.into_iter().filter(|event| !alone(&event.name));
    let listed: (Vec<_>, Vec<_>) = listed.map(|event| (event.name, event.weight)).unzip();
    let drawn = payloads.is_empty() || payloads.iter().any(|payload| payload.event.is_none());
    let (mut names, weights) = if drawn { listed } else { Default::default() };
    for event in payloads.iter().filter_map(|payload| payload.event.as_ref()) {
        if !names.contains(event) {
            names.push(event.clone());
        }
    }
    (names, weights)
}

impl Problems {
    /// Checks the payloads of a plan, and what of a file was `given`.
    pub(in crate::scenario) fn payloads(&mut self, given: &Pushes, plan: &Plan) {
        let payloads = &plan.payloads;
        if let Some(wrong) = plan.size.wrong(most(plan)) {
            self.add("pushes.size", wrong);
        }
        let Some(written) = &given.payloads else {
            return;
        };
        self.check(!written.is_empty(), KEY, || {
            "name at least one payload".to_owned()
        });
        self.check(written.len() <= MOST_PAYLOADS, KEY, || {
            format!("at most {MOST_PAYLOADS} payloads")
        });
        self.check(given.shapes.is_none(), "pushes.shapes", || {
            "there are payloads; write shapes among them, as payloads = [\"object\", \"text\"]"
                .to_owned()
        });
        let listed = given.events.as_ref().filter(|_| plan.weights.is_empty());
        self.check(listed.is_none_or(Vec::is_empty), "pushes.events", || {
            "nothing is pushed under these names: every payload has an event of its own".to_owned()
        });
        for (n, payload) in payloads.iter().enumerate() {
            if let Some(wrong) = wrong(payload, n, plan) {
                self.add_to_entry(KEY, n, wrong);
            }
        }
    }
}

/// Most bytes of a payload: what the embedded platform takes, or another target may.
fn most(plan: &Plan) -> u32 {
    if plan.target.is_some() {
        LARGEST
    } else {
        MOST_BYTES
    }
}

fn wrong(payload: &Payload, n: usize, plan: &Plan) -> Option<String> {
    if let Err(wrong) = payload.made() {
        return Some(wrong);
    }
    if payload.content == Content::Binary {
        let triggers = plan.contract.triggers.iter();
        let mut cannot =
            triggers.filter_map(|trigger| Some((trigger, trigger.way.cannot_carry_bytes()?)));
        if let Some((trigger, why)) = cannot.next() {
            return Some(format!(
                "bytes cannot be pushed by the trigger {:?}: {why}",
                trigger.name
            ));
        }
    }
    if let Some(wrong) = payload
        .size
        .as_ref()
        .and_then(|size| size.wrong(most(plan)))
    {
        return Some(wrong);
    }
    if let Some(event) = &payload.event {
        if event.is_empty() {
            return Some("an event name is empty".to_owned());
        }
        if RESERVED_EVENTS.contains(&event.as_str()) {
            return Some(format!(
                "{event:?} is reserved by Socket.IO and cannot be pushed; choose another name"
            ));
        }
    }
    if !payload.is_untagged() {
        return None;
    }
    let what = payload.in_words();
    let Some(event) = &payload.event else {
        return Some(format!(
            "{what} carries no tag that tells one push from another; give it an event of its own, as {{ …, event = \"refresh\" }}"
        ));
    };
    if payload.size.is_some() {
        return Some(format!(
            "{what} goes out as it is, so it has no size; leave size out"
        ));
    }
    let listed = plan.events[..plan.weights.len().min(plan.events.len())].contains(event);
    let others = plan.payloads.iter().enumerate();
    let shared = others
        .filter(|(other, _)| *other != n)
        .any(|(_, other)| other.event.as_ref() == Some(event));
    (listed || shared).then(|| {
        format!("{what} is told by its event name alone, so nothing else can be pushed as {event:?}; give it a name of its own")
    })
}
