//! Gathers what the parts of a run say into one summary.

use std::collections::BTreeMap;
use std::time::Duration;

use super::machine::Machine;
use super::process::{self, Usage};
use crate::fleet::shard::{self, Finished, WINDOW};
use crate::ids::{Audience, Lane};
use crate::measure::{FanoutLatency, Latency, Meter, Recipients, Window};
use crate::scenario::Plan;
use crate::summary::{
    Generator, Latencies, PushCounts, Second, SocketCounts, Split, Summary, Target,
};
use crate::time::Time;
use crate::trigger::lane::LaneReport;
use crate::verify::{Counts, Findings, Ledger};

/// How many seconds back a shard may still add to.
const SECONDS_OPEN: u64 = 10;

pub(super) struct Tally {
    plan: Plan,
    target: Target,
    scenario: String,
    started_at_unix_ms: u64,
    not_begun: Option<String>,
    interrupted: bool,
    login: Latency,
    connect: Latency,
    lanes: LaneReport,
    meter: Meter,
    fanout: FanoutLatency,
    fanout_left_out: u64,
    findings: Findings,
    /// Counts so far of each shard that has said anything.
    counts: BTreeMap<usize, Counts>,
    /// Each second, with its joined window while shards may still add to it.
    seconds: BTreeMap<u64, (Second, Option<Box<Window>>)>,
    pushes_before: PushCounts,
    before_connecting: Option<Usage>,
    bytes_per_socket: Option<u64>,
    pushing: Option<(Time, Option<Usage>)>,
    at_end: Option<Usage>,
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
            login: Latency::default(),
            connect: Latency::default(),
            lanes: LaneReport::default(),
            meter: Meter::new(plan.events.len()),
            fanout: FanoutLatency::new(super::shard_count(plan)),
            fanout_left_out: 0,
            findings: Findings::default(),
            counts: BTreeMap::new(),
            seconds: BTreeMap::new(),
            pushes_before: PushCounts::default(),
            before_connecting: None,
            bytes_per_socket: None,
            pushing: None,
            at_end: None,
            plan: plan.clone(),
        }
    }

    pub(super) fn cannot_begin(&mut self, why: String) {
        self.not_begun = Some(why);
    }

    pub(super) fn interrupted(&mut self) {
        self.interrupted = true;
    }

    /// Users begin to arrive: what the process needs without them is all there.
    pub(super) fn connecting(&mut self) {
        self.before_connecting = process::usage();
    }

    pub(super) fn logged_in(&mut self, took: Duration) {
        self.login.record(took);
    }

    pub(super) fn connected(&mut self, took: Duration) {
        self.connect.record(took);
    }

    pub(super) fn lane(&mut self, report: &LaneReport) {
        self.lanes.merge(report);
    }

    /// Pushing begins: what the sockets cost is known, what the pushes cost is counted from here.
    pub(super) fn pushing(&mut self, start: Time, sockets: &SocketCounts) {
        let now = process::usage();
        self.pushing = Some((start, now));
        self.bytes_per_socket = self.before_connecting.zip(now).and_then(|(before, now)| {
            now.rss_bytes
                .saturating_sub(before.rss_bytes)
                .checked_div(sockets.connected)
        });
    }

    pub(super) fn ended(&mut self) {
        self.at_end = process::usage();
    }

    pub(super) fn window(&mut self, shard: usize, second: u64, window: &Window, counts: &Counts) {
        let before = self.counts.insert(shard, *counts).unwrap_or_default();
        let (entry, joined) = self.entry(second);
        entry.delivered += window.delivered;
        entry.violations += counts.violations() - before.violations();
        if let Some(joined) = joined {
            joined.merge(window);
            entry.push_p50_us = joined.push.quantile_us(0.5);
            entry.push_p99_us = joined.push.quantile_us(0.99);
            entry.push_max_us = joined.push.max_us();
        }
    }

    pub(super) fn second(&mut self, second: u64, connected: u64, pushes: PushCounts) {
        let before = std::mem::replace(&mut self.pushes_before, pushes);
        let (entry, _) = self.entry(second);
        entry.connected = connected;
        entry.sent = pushes.sent - before.sent;
        entry.accepted = pushes.accepted - before.accepted;
        // A shard gives the list of a broadcast at the turn after its window; one more second for the list to get here.
        let given = self.plan.settle + WINDOW * 2;
        let now = WINDOW * (second as u32 + 1);
        self.fanout.over(Time::ZERO + now.saturating_sub(given));
        // No shard is this far behind; a long run must not keep a histogram for each of its seconds.
        if let Some((_, joined)) = self.seconds.get_mut(&second.wrapping_sub(SECONDS_OPEN)) {
            *joined = None;
        }
    }

    /// The end of the run: enters its last seconds, from `second` on, which was not over yet (or had just been) when the run ended.
    pub(super) fn last_seconds(
        &mut self,
        second: u64,
        ended: Time,
        connected: u64,
        pushes: PushCounts,
    ) {
        let newest = self.seconds.keys().next_back().copied().unwrap_or(0);
        for second in second..=newest.max(shard::second_of(ended)) {
            self.second(second, connected, pushes);
        }
    }

    fn entry(&mut self, second: u64) -> &mut (Second, Option<Box<Window>>) {
        self.seconds.entry(second).or_insert_with(|| {
            let entry = Second {
                second,
                ..Second::default()
            };
            (entry, Some(Box::default()))
        })
    }

    pub(super) fn recipients(&mut self, lists: Vec<Recipients>) {
        for list in lists {
            self.fanout.add(list);
        }
    }

    pub(super) fn counts(&self) -> Counts {
        let mut sum = Counts::default();
        for counts in self.counts.values() {
            sum.merge(counts);
        }
        sum
    }

    /// The last second that is over for every shard, or nearly.
    pub(super) fn last_second(&self) -> Second {
        let over = self.seconds.values().rev().nth(1);
        over.map(|(second, _)| second.clone()).unwrap_or_default()
    }

    pub(super) fn finished(&mut self, shard: usize, finished: Finished) {
        let counts = finished.counts_before_end;
        self.window(shard, finished.second, &finished.window, &counts);
        self.findings.merge(finished.findings);
        self.meter.merge(&finished.meter);
        self.recipients(finished.recipients);
        self.fanout_left_out += finished.fanout_left_out;
    }

    pub(super) fn not_begun(self, now: Time) -> Summary {
        let machine = Machine::new(u64::from(self.plan.sockets()), self.plan.settle);
        let pushes = PushCounts {
            scheduled: self.plan.pace().hits(),
            ..PushCounts::default()
        };
        let ledger = Ledger::new(self.plan.lanes, 0);
        self.sum_up(now, machine, pushes, &ledger)
    }

    pub(super) fn sum_up(
        mut self,
        ended: Time,
        machine: Machine,
        pushes: PushCounts,
        ledger: &Ledger,
    ) -> Summary {
        self.fanout.over(Time::MAX);
        let splits = Splits::of(ledger, self.plan.events.len());
        let by_event = self.plan.events.iter().enumerate().map(|(n, name)| {
            let split = Split {
                pushes: splits.by_event[n],
                push: self.meter.by_event(n),
            };
            (name.clone(), split)
        });
        let audience = |name: &str, broadcast: bool, pushes| {
            let push = self.meter.by_broadcast(broadcast);
            (name.to_owned(), Split { pushes, push })
        };
        let all = Split {
            pushes: pushes.sent,
            push: self.meter.push(),
        };
        Summary {
            by_event: by_event.collect(),
            by_audience: vec![
                audience("*", true, splits.broadcast),
                audience("user", false, splits.targeted),
            ],
            latencies: Latencies {
                push: all.push.clone(),
                push_from_send: self.meter.from_send().clone(),
                network: Latency::default(),
                trigger: self.lanes.trigger.clone(),
                login: self.login.clone(),
                connect: self.connect.clone(),
                fanout_first: self.fanout.first.clone(),
                fanout_median: self.fanout.median.clone(),
                fanout_last: self.fanout.last.clone(),
            },
            by_trigger: vec![("http".to_owned(), all)],
            generator: self.generator(ended),
            timeline: self.seconds.into_values().map(|(entry, _)| entry).collect(),
            scenario: self.scenario,
            target: self.target,
            plan: self.plan,
            started_at_unix_ms: self.started_at_unix_ms,
            duration: ended - Time::ZERO,
            not_begun: self.not_begun,
            interrupted: self.interrupted || machine.interrupted,
            target_lost: machine.target_lost,
            sockets: machine.sockets,
            refusals: machine.refusals,
            drops: machine.drops,
            pushes,
            push_failures: self.lanes.reasons,
            findings: self.findings,
            environment: process::environment(),
        }
    }

    fn generator(&self, ended: Time) -> Generator {
        let cpu = self.pushing.and_then(|(start, before)| {
            let (before, now) = before.zip(self.at_end)?;
            Some((now.cpu_seconds - before.cpu_seconds, ended - start))
        });
        let share = |(cpu, wall): (f64, Duration)| cpu / wall.as_secs_f64().max(1e-3) * 100.0;
        Generator {
            cpu_percent: cpu.map(share),
            cpu_seconds: cpu.map(|(cpu, _)| cpu),
            schedule_lag: self.lanes.lag.clone(),
            rss_bytes: self.at_end.map(|usage| usage.rss_bytes),
            bytes_per_socket: self.bytes_per_socket,
            fanout_left_out: self.fanout_left_out,
        }
    }
}

/// Pushes sent, counted from the ledger.
struct Splits {
    by_event: Vec<u64>,
    broadcast: u64,
    targeted: u64,
}

impl Splits {
    fn of(ledger: &Ledger, events: usize) -> Self {
        let mut splits = Self {
            by_event: vec![0; events],
            broadcast: 0,
            targeted: 0,
        };
        for lane in (0..ledger.lanes()).map(Lane) {
            for (_, entry) in ledger.entries(lane) {
                if let Some(n) = splits.by_event.get_mut(entry.push.event.index()) {
                    *n += 1;
                }
                match entry.push.audience {
                    Audience::Everyone => splits.broadcast += 1,
                    Audience::User(_) => splits.targeted += 1,
                }
            }
        }
        splits
    }
}
