//! How the pushes and deliveries of a run divide among apps, event names, audiences and triggers.

use super::{AppCounts, Asked, PushCounts, Split};
use crate::history::Push;
use crate::ids::Audience;
use crate::measure::{Latency, Meter};
use crate::scenario::Plan;
use crate::scenario::threshold::metric::AUDIENCES;
use crate::verify::Findings;

/// Pushes sent, counted by where they were to go.
#[derive(Debug, Clone, Default)]
pub struct Splits {
    by_app: Vec<u64>,
    /// Targeted ones, broadcasts.
    by_event: Vec<[u64; 2]>,
}

/// The parts of a [`Summary`](super::Summary), under the same names.
#[derive(Debug)]
pub struct Parts {
    /// By app, in the order of the plan.
    pub by_app: Vec<AppCounts>,
    /// By event name.
    pub by_event: Vec<(String, Split)>,
    /// By kind of audience.
    pub by_audience: Vec<(String, Split)>,
    /// By way of asking.
    pub by_trigger: Vec<(String, Asked)>,
}

impl Splits {
    /// None yet, of a run with this plan.
    pub fn new(plan: &Plan) -> Self {
        Self {
            by_app: vec![0; plan.apps.len()],
            by_event: vec![[0; 2]; plan.events.len()],
        }
    }

    /// Counts a push that was sent.
    pub fn count(&mut self, push: &Push) {
        if let Some(n) = self.by_app.get_mut(push.app.index()) {
            *n += 1;
        }
        let broadcast = usize::from(push.audience == Audience::Everyone);
        if let Some(event) = self.by_event.get_mut(push.event.index()) {
            event[broadcast] += 1;
        }
    }

    /// Puts the deliveries beside them. `asked` is what is known of each trigger: how its pushes were answered, and after how long.
    pub fn parts(
        &self,
        plan: &Plan,
        meter: &Meter,
        asked: Vec<(PushCounts, Latency)>,
        findings: &Findings,
    ) -> Parts {
        let by_app = self.by_app.iter().enumerate().map(|(n, pushes)| AppCounts {
            pushes: *pushes,
            delivered: meter.in_app(n),
        });
        let by_event = plan.events.iter().zip(&self.by_event).enumerate();
        let by_event = by_event.map(|(n, (name, pushes))| {
            let split = Split {
                pushes: pushes.iter().sum(),
                push: meter.by_event(n),
                unmeasured: meter.unmeasured_by_event(n),
            };
            (name.clone(), split)
        });
        let audience = |name: &str, broadcast: bool| {
            let pushes = |event: &[u64; 2]| event[usize::from(broadcast)];
            let split = Split {
                pushes: self.by_event.iter().map(pushes).sum(),
                push: meter.by_broadcast(broadcast),
                unmeasured: meter.unmeasured_by_broadcast(broadcast),
            };
            (name.to_owned(), split)
        };
        let [everyone, one] = AUDIENCES;
        let several = plan.triggers.len() > 1;
        let asked = asked.into_iter().enumerate();
        let asked = asked.map(|(n, (pushes, answered))| Asked {
            split: Split {
                pushes: pushes.sent,
                push: if several {
                    meter.by_trigger(n)
                } else {
                    meter.push()
                },
                unmeasured: meter.unmeasured_by_trigger(n),
            },
            pushes,
            answered,
            counts: if several {
                findings.by_trigger.get(n).copied().unwrap_or_default()
            } else {
                findings.counts
            },
        });
        let names = plan.triggers.iter().map(|(name, _)| name.clone());
        Parts {
            by_app: by_app.collect(),
            by_event: by_event.collect(),
            by_audience: vec![audience(everyone, true), audience(one, false)],
            by_trigger: names.zip(asked).collect(),
        }
    }
}
