//! Tells whoever watches how the run goes, once a second.
//!
//! Nothing here is on the way of a delivery, and nothing is done at all where nobody watches. A snapshot is made when the shards have
//! handed over the second that has just passed, or soon after, and what the processes use has been looked at, which a thread for such
//! work does.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;

use super::machine::{Machine, Phase};
use super::process;
use super::sockets::shard_count;
use super::steering::Steering;
use super::tally::Tally;
use super::vigil::Vigil;
use super::vitals::Vitals;
use crate::clock::Clock;
use crate::fleet::shard::WINDOW;
use crate::scenario::Plan;
use crate::summary::live::{self, About, HealthNow, LatenciesSoFar, Part, PartKind};
use crate::summary::parts::{self, Came};
use crate::summary::seconds::in_flight_for;
use crate::summary::{Signs, Snapshot, Summary, Target};
use crate::time::Time;
use crate::trigger::progress::{Measured, Progress};

/// How long after the end of a second it is told of at the latest: whichever shard has not handed it over by then is behind.
const AT_MOST: Duration = Duration::from_millis(100);

/// Who watches, and what is remembered for them.
pub(super) struct Live {
    about: Arc<About>,
    nodes: Vec<String>,
    watcher: watch::Sender<Snapshot>,
    looking: JoinSet<Vitals>,
    /// What the processes used by the last look, and by the first one of pushing.
    vitals: Vitals,
    pushing_from: Option<Vitals>,
    health: HealthNow,
    open_files_limit: Option<u64>,
    shards: usize,
    phase: Phase,
    phase_began: Time,
    /// When pushing began.
    pushing: Option<Time>,
    /// The second to tell of next, and when that is due at the latest.
    next: Option<(u64, Time)>,
}

/// What a snapshot is made from.
pub(super) struct Seen<'a> {
    pub(super) plan: &'a Plan,
    pub(super) machine: &'a Machine,
    pub(super) tally: &'a Tally,
    pub(super) progress: &'a Progress,
    /// When settling is over, while it goes on.
    pub(super) wake_at: Time,
    pub(super) steering: &'a Steering,
    /// How late the runtime of the lanes was.
    pub(super) vigil: &'a Vigil,
    pub(super) now: Time,
}

impl Live {
    pub(super) fn new(
        plan: &Plan,
        scenario: String,
        target: &Target,
        started_at_unix_ms: u64,
        watcher: watch::Sender<Snapshot>,
    ) -> Self {
        Self {
            nodes: target.urls().map(str::to_owned).collect(),
            about: About::new(plan, scenario, target.clone(), started_at_unix_ms).into(),
            watcher,
            looking: JoinSet::new(),
            vitals: Vitals::default(),
            pushing_from: None,
            health: HealthNow::default(),
            open_files_limit: process::open_files_limit(),
            shards: shard_count(plan),
            phase: Phase::Connecting,
            phase_began: Time::ZERO,
            pushing: None,
            next: None,
        }
    }

    /// Pushing begins.
    pub(super) fn pushing(&mut self, now: Time) {
        self.pushing = Some(now);
    }

    /// The run stands here now.
    pub(super) fn stands(&mut self, phase: Phase, now: Time) {
        if std::mem::replace(&mut self.phase, phase) != phase {
            self.phase_began = now;
        }
    }

    /// A second has passed.
    pub(super) fn turn(&mut self, second: u64, clock: Clock, workers: Vec<u32>) {
        if self.watcher.receiver_count() == 0 {
            return;
        }
        self.next = Some((second, Time::ZERO + WINDOW * (second as u32 + 1) + AT_MOST));
        if self.looking.is_empty() {
            let look = move || Vitals::look(clock, &workers);
            self.looking.spawn_blocking(look);
        }
    }

    /// Waits for what the processes use, or until a second has to be told of whatever is known by then.
    pub(super) async fn something(&mut self, clock: Clock) {
        let due = self.next.map_or(Time::MAX, |(_, due)| due);
        tokio::select! {
            Some(looked) = self.looking.join_next() => {
                if let Ok(vitals) = looked {
                    self.looked(vitals);
                }
            }
            () = tokio::time::sleep_until(clock.instant(due)) => {}
        }
    }

    fn looked(&mut self, vitals: Vitals) {
        self.health = vitals.since(&self.vitals);
        self.health.open_files_limit = self.open_files_limit;
        let before = std::mem::replace(&mut self.vitals, vitals);
        if self.phase == Phase::Pushing && self.pushing_from.is_none() {
            self.pushing_from = Some(before);
        }
    }

    /// Tells of the last second, once that is known.
    pub(super) fn tell(&mut self, seen: &Seen<'_>) {
        let Some((second, due)) = self.next else {
            return;
        };
        let is_told = seen.tally.seconds.is_told(second, self.shards);
        if !(is_told && self.looking.is_empty()) && seen.now < due {
            return;
        }
        self.next = None;
        let whole = if is_told {
            second
        } else {
            second.saturating_sub(1)
        };
        let snapshot = self.snapshot(seen, whole);
        self.watcher.send_replace(snapshot);
    }

    /// Tells what the run has come to.
    pub(super) async fn end(mut self, summary: &Summary) {
        while self.looking.join_next().await.is_some() {}
        if self.watcher.receiver_count() > 0 {
            self.watcher.send_modify(|last| last.end(summary));
        }
    }

    /// Everything, where `second` is the last one that all shards have told of.
    fn snapshot(&self, seen: &Seen<'_>, second: u64) -> Snapshot {
        let Seen {
            plan,
            machine,
            tally,
            progress,
            now,
            ..
        } = *seen;
        let pushes = progress.counts(plan);
        let counts = tally.counts();
        let measured = progress.measured();
        let (last, window) = tally.seconds.get(second).unzip();
        let window = window.flatten();
        let mut generator = self.generator(seen, &measured);
        generator.loop_delay_us = [
            last.and_then(|last| last.loop_delay_us),
            Some(seen.vigil.late_since().as_micros() as u64),
        ]
        .into_iter()
        .flatten()
        .max();
        let running = tally.running(machine, &pushes, &counts, now);
        let signs = self.signs(seen, &generator);
        let (thresholds, limited) = running.stands(&plan.thresholds, &signs);
        generator.limited = limited;
        let examples = tally.examples();
        Snapshot {
            about: Arc::clone(&self.about),
            phase: machine.phase().name(),
            phase_elapsed: now - self.phase_began,
            phase_left: self.left(seen),
            elapsed: now - Time::ZERO,
            rate: self.rate(seen),
            sockets: machine.sockets,
            logins: tally.logins,
            must_refuse: machine.must_refuse.clone(),
            refusals: machine.refusals.clone(),
            drops: machine.drops.clone(),
            pushes,
            push_failures: measured.reasons,
            counts,
            second: last.cloned().unwrap_or_default(),
            past: tally.seconds.past(second).into(),
            in_flight: tally.seconds.in_flight(second, in_flight_for(plan.settle)),
            latencies: LatenciesSoFar {
                push: tally.push_so_far.clone(),
                push_now: window.map(|window| window.push.clone()).unwrap_or_default(),
                login: tally.login.clone(),
                connect: tally.connect.clone(),
                trigger: measured.trigger,
                fanout: [
                    tally.fanout.first.clone(),
                    tally.fanout.median.clone(),
                    tally.fanout.last.clone(),
                ],
            }
            .into(),
            parts: self.parts(seen, second).into(),
            users: live::users(plan, &examples).into(),
            examples: examples.into(),
            generator,
            thresholds: thresholds.into(),
            requests: tally.sums.requests(),
            rate_fixed: seen.steering.fixed(machine.phase(), now),
            changes: seen.steering.changes.clone(),
            ended: None,
        }
    }

    fn generator(&self, seen: &Seen<'_>, measured: &Measured) -> HealthNow {
        let mut shortages = seen.tally.health.shortages_so_far();
        shortages.merge(&measured.shortages);
        HealthNow {
            schedule_lag_p99_us: measured.lag.quantile_us(0.99),
            schedule_lag_now_us: measured.lag_since.map(|lag| lag.as_micros() as u64),
            shortages,
            ..self.health.clone()
        }
    }

    fn signs(&self, seen: &Seen<'_>, generator: &HealthNow) -> Signs {
        let sums = &seen.tally.sums;
        let pushing = self.pushing_from.as_ref();
        Signs {
            failed_parts: seen.tally.health.failed_parts(),
            shortages: generator.shortages.clone(),
            held_up: seen.tally.counts().held_up,
            schedule_lag_p99_us: generator.schedule_lag_p99_us,
            loop_delay_p99_us: sums.loop_delay.quantile_us(0.99),
            loop_delay_max_us: sums.loop_delay.max_us(),
            generator_delay_p99_us: sums.generator_delay.quantile_us(0.99),
            busiest_thread_percent: pushing
                .and_then(|from| self.vitals.since(from).busiest_thread_percent),
            // Workers that are lost end the run, and pushes are given up at its end.
            ..Signs::default()
        }
    }

    /// How long the phase will still last at most.
    fn left(&self, seen: &Seen<'_>) -> Option<Duration> {
        match seen.machine.phase() {
            // As long as the target takes.
            Phase::Connecting => None,
            Phase::Pushing => {
                let over = self.pushing? + self.about.pushing?;
                Some(over - seen.now)
            }
            Phase::Settling => (seen.wake_at < Time::MAX).then(|| seen.wake_at - seen.now),
            Phase::Over => Some(Duration::ZERO),
        }
    }

    /// Pushes a second that are asked for now.
    fn rate(&self, seen: &Seen<'_>) -> Option<f64> {
        let open = seen.plan.closed.is_none() && seen.machine.phase() == Phase::Pushing;
        let since = self.pushing.filter(|_| open)?;
        Some(seen.steering.course.borrow().rate(seen.now - since))
    }

    fn parts(&self, seen: &Seen<'_>, second: u64) -> Vec<Part> {
        let Seen {
            plan,
            tally,
            progress,
            ..
        } = *seen;
        let (sums, window) = (&tally.sums, tally.seconds.get(second));
        let window = window.and_then(|(_, window)| window);
        let came = Came {
            by_event: &sums.by_event,
            by_trigger: &sums.by_trigger,
        };
        let asked = parts::Asked {
            by_event: &progress.by_event(),
            by_trigger: &progress.by_trigger(),
        };
        let mut parts = parts::parts(plan, asked, came, window.map(Came::of).unwrap_or_default());
        let nodes = self.nodes.iter().zip(progress.by_node()).enumerate();
        parts.extend(nodes.map(|(n, (name, asked))| Part {
            pushes: Some(asked.sent),
            failed: Some(asked.failed),
            sockets: Some(sums.at_node(n)),
            ..Part::new(PartKind::Node, name.clone())
        }));
        parts
    }
}
