//! Gathers what the parts of a run say into one summary.

use std::collections::BTreeMap;
use std::time::Duration;

use super::health::Health;
use super::machine::{Event, Machine, Phase};
use super::measuring::Measured;
use super::preflight::Unreached;
use super::process;
use super::sockets::shard_count;
use super::sums::Sums;
use crate::fleet::login::Tried;
use crate::fleet::shard::{self, Finished, Passed, WINDOW};
use crate::measure::{Blocks, FanoutLatency, Latency, Meter, Recipients, Requests, Window};
use crate::scenario::Plan;
use crate::summary::live::by_time;
use crate::summary::seconds::{Pushed, Seconds};
use crate::summary::{
    Aborted, Latencies, LoginCounts, PushCounts, Running, Splits, Summary, Target, Upgrades,
};
use crate::time::Time;
use crate::trigger::lane::LaneReport;
use crate::verify::{Counts, Example, Findings};

pub(super) struct Tally {
    plan: Plan,
    target: Target,
    scenario: String,
    started_at_unix_ms: u64,
    not_begun: Option<String>,
    interrupted: bool,
    aborted: Option<Aborted>,
    pub(super) login: Latency,
    login_attempt: Latency,
    pub(super) logins: LoginCounts,
    pub(super) connect: Latency,
    lanes: LaneReport,
    /// What the lanes of each trigger say.
    asked: Vec<(PushCounts, Latency)>,
    meter: Meter,
    /// All deliveries that the shards have told of so far.
    pub(super) push_so_far: Latency,
    pub(super) fanout: FanoutLatency,
    fanout_left_out: u64,
    requests: Requests,
    findings: Findings,
    /// Counts so far of each shard that has said anything.
    counts: BTreeMap<usize, Counts>,
    /// Of each shard that has seen a violation, what it had found when it saw the last one.
    seen: BTreeMap<usize, Findings>,
    pub(super) seconds: Seconds,
    pushes_before: (PushCounts, u64),
    /// What else the shards have told, for whoever watches.
    pub(super) sums: Sums,
    /// `None`: all of the run is measured.
    pub(super) measured: Option<Measured>,
    pub(super) health: Health,
    pub(super) upgrades: Upgrades,
}

impl Tally {
    pub(super) fn new(
        plan: &Plan,
        target: Target,
        scenario: String,
        started_at_unix_ms: u64,
    ) -> Self {
        Self {
            target,
            scenario,
            started_at_unix_ms,
            not_begun: None,
            interrupted: false,
            aborted: None,
            login: Latency::default(),
            login_attempt: Latency::default(),
            logins: LoginCounts::default(),
            connect: Latency::default(),
            lanes: LaneReport::default(),
            asked: vec![Default::default(); plan.triggers.len()],
            push_so_far: Latency::default(),
            meter: Meter::new(plan.events.len(), plan.apps.len())
                .with_triggers(plan.triggers.len()),
            fanout: FanoutLatency::new(shard_count(plan)),
            fanout_left_out: 0,
            requests: Requests::default(),
            findings: Findings::default(),
            counts: BTreeMap::new(),
            seen: BTreeMap::new(),
            seconds: Seconds::default(),
            pushes_before: Default::default(),
            sums: Sums::default(),
            measured: None,
            health: Health::default(),
            upgrades: Upgrades::default(),
            plan: plan.clone(),
        }
    }

    pub(super) fn cannot_begin(&mut self, unreached: Unreached) {
        self.not_begun = Some(unreached.why);
        self.health.shortage(unreached.shortage.as_deref());
    }

    pub(super) fn interrupted(&mut self) {
        self.interrupted = true;
    }

    /// What is known by now.
    pub(super) fn running<'a>(
        &'a self,
        machine: &'a Machine,
        pushes: &'a PushCounts,
        counts: &'a Counts,
        now: Time,
    ) -> Running<'a> {
        Running {
            elapsed: now - Time::ZERO,
            arrived: machine.phase() != Phase::Connecting,
            sockets: &machine.sockets,
            pushes,
            counts,
            push: &self.push_so_far,
            login: &self.login,
            login_attempt: &self.login_attempt,
            logins: &self.logins,
            must_refuse: &machine.must_refuse,
            connect: &self.connect,
            fanout: [&self.fanout.first, &self.fanout.median, &self.fanout.last],
        }
    }

    /// Looks whether a condition of the scenario is true, and remembers the first that is.
    fn aborts(&mut self, machine: &Machine, pushes: &PushCounts, now: Time) -> bool {
        let under_way = matches!(machine.phase(), Phase::Connecting | Phase::Pushing);
        if self.aborted.is_some() || !under_way || self.plan.abort_on.is_empty() {
            return false;
        }
        let counts = self.counts();
        let running = self.running(machine, pushes, &counts, now);
        let found = running.first_true(&self.plan.abort_on);
        let aborted = found.map(|(condition, held)| Aborted {
            condition: condition.clone(),
            held,
            at: running.elapsed,
        });
        self.aborted = aborted;
        self.aborted.is_some()
    }

    /// What ends a run early after this second, if anything does.
    pub(super) fn ends(
        &mut self,
        machine: &Machine,
        second: u64,
        pushes: &PushCounts,
        now: Time,
    ) -> Option<Event> {
        if self.aborts(machine, pushes, now) {
            return Some(Event::Aborted);
        }
        let measured = self.measured.as_mut()?;
        let enough = measured.enough(&self.plan, machine.phase(), second, now, pushes);
        enough.then_some(Event::Enough)
    }

    /// A login of these requests is over; `None`: it failed.
    pub(super) fn logins(&mut self, took: Option<Duration>, tried: &Tried) {
        self.logins.add(&tried.0, took.is_some());
        for request in &tried.0 {
            self.login_attempt.record(*request);
        }
        if let Some(took) = took {
            self.login.record(took);
        }
    }

    pub(super) fn connected(&mut self, took: Duration) {
        self.connect.record(took);
    }

    /// Pushing begins. Gives the moment from which on it is measured.
    pub(super) fn pushing(&mut self, start: Time, connected: u64) -> Time {
        self.health.pushing(start, connected);
        let measured = self.measured.as_mut();
        let warm = start + self.plan.warm_up;
        measured.map_or(warm, |measured| measured.pushing(start).max(warm))
    }

    /// A lane has ended, at `last` if no other is left. Without a report it failed, and what it knew is gone.
    pub(super) fn lane(&mut self, report: Option<LaneReport>, last: Option<Time>) {
        match report {
            Some(report) => {
                let trigger = self.plan.deal().trigger_of(report.lane);
                if let Some((pushes, answered)) = self.asked.get_mut(trigger) {
                    pushes.merge(&report.pushes);
                    answered.merge(&report.trigger);
                }
                self.lanes.merge(&report);
            }
            None => self.health.part_failed(),
        }
        if let Some(now) = last {
            self.health.pushed(now);
        }
    }

    /// Examples of what the shards have found so far, for whoever watches; bounded as in a report.
    pub(super) fn examples(&self) -> Vec<Example> {
        let mut sum = Findings::default();
        for findings in self.seen.values() {
            sum.merge(findings.clone());
        }
        by_time(sum.examples())
    }

    /// A shard tells of a second.
    pub(super) fn passed(&mut self, mut passed: Passed) {
        let (shard, second) = (passed.shard, passed.second);
        self.window(shard, second, &passed.window, &passed.counts);
        self.sums.passed(&mut passed);
        if let Some(findings) = passed.findings {
            self.seen.insert(shard, findings);
        }
        self.seconds.delayed(second, passed.delay);
        self.recipients(passed.recipients);
    }

    fn window(&mut self, shard: usize, second: u64, window: &Window, counts: &Counts) {
        self.push_so_far.merge(&window.push);
        self.sums.window(window);
        if let Some(measured) = &mut self.measured {
            measured.add(second, &window.push);
        }
        let before = self.counts.insert(shard, *counts).unwrap_or_default();
        let violations = counts.violations() - before.violations();
        self.seconds.window(second, window, violations);
    }

    /// A second is over, by whose end there were so many pushes, which should bring so many deliveries.
    pub(super) fn second(
        &mut self,
        second: u64,
        connected: u64,
        (pushes, expected): (PushCounts, u64),
    ) {
        let (before, expected_before) =
            std::mem::replace(&mut self.pushes_before, (pushes, expected));
        let entry = Pushed {
            connected,
            sent: pushes.sent - before.sent,
            accepted: pushes.accepted - before.accepted,
            // An answer of this second may take back what was expected in another.
            expected: expected.saturating_sub(expected_before),
        };
        self.seconds.over(second, entry);
        // A shard gives the list of a broadcast at the turn after its window; one more second for the list to get here.
        let given = self.plan.settle + WINDOW * 2;
        let now = WINDOW * (second as u32 + 1);
        self.fanout.over(Time::ZERO + now.saturating_sub(given));
    }

    /// The end of the run: enters its last seconds, from `second` on, which was not over yet (or had just been) when the run ended.
    pub(super) fn last_seconds(
        &mut self,
        second: u64,
        ended: Time,
        connected: u64,
        pushes: (PushCounts, u64),
    ) {
        let newest = self.seconds.newest().unwrap_or(0);
        for second in second..=newest.max(shard::second_of(ended)) {
            self.second(second, connected, pushes);
        }
    }

    fn recipients(&mut self, lists: Vec<Recipients>) {
        for list in lists {
            if self.measured.as_ref().is_none_or(|of| of.has(&list)) {
                self.fanout.add(list);
            }
        }
    }

    pub(super) fn counts(&self) -> Counts {
        let mut sum = Counts::default();
        for counts in self.counts.values() {
            sum.merge(counts);
        }
        sum
    }

    /// What a shard knows at the end; `None`: it is gone, and with it all that it had not told.
    pub(super) fn finished(&mut self, shard: usize, finished: Option<Finished>) {
        let seen = self.seen.remove(&shard);
        let Some(finished) = finished else {
            let mut findings = seen.unwrap_or_default();
            if let Some(counts) = self.counts.get(&shard) {
                findings.counts = *counts;
            }
            return self.findings.merge(findings);
        };
        let counts = finished.counts_before_end;
        self.window(shard, finished.second, &finished.window, &counts);
        self.health.delays(&finished.delay);
        self.health.judged(finished.caught_up);
        self.health.unstamped(finished.unstamped);
        self.findings.merge(finished.findings);
        self.meter.merge(&finished.meter);
        self.requests.merge(&finished.requests);
        self.recipients(finished.recipients);
        self.fanout_left_out += finished.fanout_left_out;
    }

    pub(super) fn not_begun(self, now: Time) -> Summary {
        let machine = Machine::new(&self.plan);
        let pushes = PushCounts {
            scheduled: self.plan.scheduled(0),
            ..PushCounts::default()
        };
        let splits = Splits::new(&self.plan);
        self.sum_up(now, machine, pushes, &splits)
    }

    pub(super) fn sum_up(
        mut self,
        ended: Time,
        machine: Machine,
        pushes: PushCounts,
        splits: &Splits,
    ) -> Summary {
        self.fanout.over(Time::MAX);
        let parts = splits.parts(&self.plan, &self.meter, self.asked, &self.findings);
        let held_up = self.findings.counts.held_up;
        let pushes = match &self.measured {
            Some(measured) => measured.scheduled(pushes),
            None => pushes,
        };
        let measured = self.measured.map(|measured| measured.push);
        let push = measured.as_ref().map(Blocks::whole);
        let push = push.unwrap_or(self.push_so_far);
        Summary {
            measured,
            by_app: parts.by_app,
            by_event: parts.by_event,
            by_audience: parts.by_audience,
            by_trigger: parts.by_trigger,
            missed: self.lanes.missed,
            rate_changes: Vec::new(),
            pushing: self.health.time_pushing(),
            aborted: self.aborted.clone(),
            latencies: Latencies {
                push,
                push_from_send: self.meter.from_send().clone(),
                network: self.meter.network().clone(),
                generator_delay: self.meter.generator_delay().clone(),
                trigger: self.lanes.trigger.clone(),
                login: self.login.clone(),
                login_attempt: self.login_attempt.clone(),
                connect: self.connect.clone(),
                fanout_first: self.fanout.first.clone(),
                fanout_median: self.fanout.median.clone(),
                fanout_last: self.fanout.last.clone(),
            },
            generator: self
                .health
                .generator(ended, &self.lanes, held_up, self.fanout_left_out),
            timeline: self.seconds.into_timeline(),
            scenario: self.scenario,
            target: self.target,
            plan: self.plan,
            started_at_unix_ms: self.started_at_unix_ms,
            duration: ended - Time::ZERO,
            not_begun: self.not_begun,
            interrupted: self.interrupted || machine.interrupted,
            target_lost: machine.target_lost,
            missing: Vec::new(),
            sockets: machine.sockets,
            logins: self.logins,
            must_refuse: machine.must_refuse,
            refusals: machine.refusals,
            drops: machine.drops,
            deaths: machine.deaths,
            returns: machine.returns,
            upgrades: self.upgrades,
            pushes,
            push_failures: self.lanes.reasons,
            requests: self.requests,
            findings: self.findings,
            environment: process::environment(),
        }
    }
}
