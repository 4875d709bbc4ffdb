//! What of a scenario its schedule leaves out: with few pushes, a seed may draw none for an event name, say, and a run that passes
//! would have proved nothing of it.

use super::plan::Plan;
use super::workload::Workload;
use crate::ids::{Audience, Lane, PushId, Seq};

/// Most pushes looked at: far more than it takes to draw everything, unless something is rare on purpose.
const MOST: u64 = 20_000;

/// The apps, event names, kinds of audience and shapes of this plan that no push of its schedule has, in words.
pub fn left_out(plan: &Plan) -> Vec<String> {
    let workload = Workload::new(plan);
    let mut seen = Seen {
        apps: vec![false; plan.apps.len()],
        events: vec![false; plan.events.len()],
        shapes: vec![false; plan.shapes.len()],
        // No share, nothing to see.
        everyone: plan.broadcast <= 0.0,
        one: plan.broadcast >= 1.0,
    };
    for n in 0..plan.pace().hits().min(MOST) {
        let lanes = u64::from(plan.lanes.max(1));
        let id = PushId {
            lane: Lane((n % lanes) as u32),
            seq: Seq((n / lanes) as u32),
        };
        let Some(spec) = workload.spec(id) else { break };
        seen.apps[spec.app.index()] = true;
        seen.events[spec.event.index()] = true;
        for (seen, shape) in seen.shapes.iter_mut().zip(&plan.shapes) {
            *seen |= *shape == spec.shape;
        }
        match spec.audience {
            Audience::Everyone => seen.everyone = true,
            Audience::User(_) => seen.one = true,
        }
        if seen.all() {
            break;
        }
    }
    seen.missing(plan)
}

struct Seen {
    apps: Vec<bool>,
    events: Vec<bool>,
    shapes: Vec<bool>,
    everyone: bool,
    one: bool,
}

impl Seen {
    fn all(&self) -> bool {
        let lists = [&self.apps, &self.events, &self.shapes];
        lists.into_iter().flatten().all(|seen| *seen) && self.everyone && self.one
    }

    fn missing(&self, plan: &Plan) -> Vec<String> {
        let mut missing = Vec::new();
        let named = |what: &str, names: &[String], seen: &[bool]| {
            let unseen = names.iter().zip(seen).filter(|(_, seen)| !**seen);
            unseen
                .map(|(name, _)| format!("{what} {name:?}"))
                .collect::<Vec<_>>()
        };
        missing.extend(named("app", &plan.apps, &self.apps));
        missing.extend(named("event", &plan.events, &self.events));
        for (shape, seen) in plan.shapes.iter().zip(&self.shapes) {
            if !seen {
                missing.push(format!("shape {shape:?}").to_lowercase());
            }
        }
        if !self.everyone {
            missing.push("broadcasts".to_owned());
        }
        if !self.one {
            missing.push("pushes at one user".to_owned());
        }
        missing
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::file::File;

    fn left_out_of(text: &str) -> Vec<String> {
        let file = File::parse(text).unwrap();
        left_out(&Plan::from_file(&file, 7).unwrap())
    }

    #[test]
    fn a_long_schedule_has_everything() {
        assert_eq!(left_out_of(""), [] as [String; 0]);
        assert_eq!(
            left_out_of("[pushes]\nbroadcast = 0.0\n"),
            [] as [String; 0]
        );
        assert_eq!(
            left_out_of("[pushes]\nbroadcast = 1.0\n"),
            [] as [String; 0]
        );
    }

    #[test]
    fn what_a_short_one_leaves_out_is_named() {
        let one_push = "[pushes]\nrate = \"1/s\"\nduration = \"1s\"\n";
        let missing = left_out_of(one_push);
        // One of two apps, two of three events, two of three shapes, and the one kind of audience or the other.
        assert_eq!(missing.len(), 6, "{missing:?}");
        for what in ["app \"", "event \"", "shape "] {
            assert!(missing.iter().any(|m| m.starts_with(what)), "{missing:?}");
        }
        let rare = "[pushes]\nbroadcast = 0.0000001\n";
        assert_eq!(left_out_of(rare), ["broadcasts"]);
    }
}
