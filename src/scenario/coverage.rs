//! What of a scenario its schedule leaves out: with few pushes, a seed may draw none for an event name, say, and a run that passes
//! would have proved nothing of it.

use super::audience::Reach;
use super::payload::Content;
use super::plan::Plan;
use super::workload::Workload;
use crate::ids::AppId;

/// Most pushes looked at: far more than it takes to draw everything, unless something is rare on purpose.
const MOST: u64 = 20_000;

/// The apps, event names, kinds of audience and payloads of this plan that no push of its schedule has, in words. What only pushes have that
/// nobody gets is left out too.
pub fn left_out(plan: &Plan) -> Vec<String> {
    let (workload, deal) = (Workload::new(plan), plan.deal());
    let mut seen = Seen {
        // No share, nothing to see.
        apps: (0..plan.apps.len() as u32)
            .map(|app| !plan.may_reach(AppId(app)))
            .collect(),
        events: vec![false; plan.events.len()],
        payloads: vec![false; plan.carried().len()],
        reaches: REACHES.map(|(reach, _)| !plan.may_have(reach)),
    };
    for n in 0..plan.pace().hits().min(MOST) {
        let id = deal.push_at(n);
        let Some(spec) = id.and_then(|id| workload.spec_at_any_time(id)) else {
            break;
        };
        let reach = plan.reach(spec.app, spec.audience);
        seen.reaches[reach as usize] = true;
        if reach.is_nobody() {
            continue;
        }
        seen.apps[spec.app.index()] = true;
        seen.events[spec.event.index()] = true;
        seen.payloads[usize::from(spec.payload)] = true;
        if seen.all() {
            break;
        }
    }
    seen.missing(plan)
}

struct Seen {
    apps: Vec<bool>,
    events: Vec<bool>,
    payloads: Vec<bool>,
    /// In the order of [`REACHES`].
    reaches: [bool; 5],
}

/// All of them, as their numbers have it, in words.
const REACHES: [(Reach, &str); 5] = [
    (Reach::Everyone, "broadcasts"),
    (Reach::One, "pushes at one user"),
    (Reach::Absent, "pushes at absent users"),
    (Reach::Foreign, "pushes at another app's user"),
    (
        Reach::Refused,
        "pushes at users whom the target has to refuse",
    ),
];

impl Seen {
    fn all(&self) -> bool {
        let lists = [&self.apps, &self.events, &self.payloads];
        let lists = lists.into_iter().flatten();
        lists.chain(&self.reaches).all(|seen| *seen)
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
        for (payload, seen) in plan.carried().iter().zip(&self.payloads) {
            if !seen {
                missing.push(match &payload.content {
                    Content::Shape(shape) => format!("shape {shape:?}").to_lowercase(),
                    _ => format!("payload {}", payload.in_words()),
                });
            }
        }
        let unseen = REACHES.iter().zip(self.reaches).filter(|(_, seen)| !seen);
        missing.extend(unseen.map(|((_, what), _)| (*what).to_owned()));
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
        assert_eq!(
            left_out_of("[users.refused]\nshare = 0.01\n"),
            [] as [String; 0]
        );
        // The one user is of one app, and the other app hears nothing.
        let one = "[users]\ncount = 3\n[pushes]\nbroadcast = 0.0\nuser = \"user-1\"\n";
        assert_eq!(left_out_of(one), [] as [String; 0]);
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
        let rare = "[users]\nname = \"u{id}\"\n[pushes]\nabsent = 0.0000001\nforeign = 0.0000001\n";
        assert_eq!(
            left_out_of(rare),
            ["pushes at absent users", "pushes at another app's user"]
        );
    }
}
