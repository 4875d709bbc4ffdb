//! A journal played back: judged as its run was, and looked at once a second of the run.
//!
//! What a second looks like is made of the same parts as while a run goes on. What no history tells (logins, the generator's health, nodes)
//! is left empty until the end, which has what the run said of it. Memory goes to what judging needs, and to as many seconds as a snapshot has.

use std::collections::BTreeMap;
use std::io::{Read, Seek};
use std::sync::Arc;
use std::time::Duration;

use super::scan::{Damage, Unreadable};
use super::verified::{Judging, Verified};
use crate::ids::UserId;
use crate::measure::{FanoutLatency, Latency, RequestCounts, Share, Sketch};
use crate::pace::Course;
use crate::scenario::Plan;
use crate::summary::live::{
    About, HealthNow, LatenciesSoFar, PAST, Part, RateChange, by_time, users,
};
use crate::summary::parts::{self, Came};
use crate::summary::seconds::{Pushed, Seconds, in_flight_for};
use crate::summary::{LoginCounts, MustRefuse, PushCounts, Running, Signs, Snapshot, SocketCounts};
use crate::time::Time;
use crate::verify::{Counts, Example, Findings};

/// One second of a run.
const SECOND: Duration = Duration::from_secs(1);
/// A run of which nothing is told for so long has stood still, or much of its journal is missing: what comes next is shown next. Sockets give
/// a sign of life more often.
const STILL: Duration = Duration::from_secs(120);

/// A journal that is being played back.
pub struct Playback<F> {
    file: F,
    judging: Judging,
    seen: Seen,
    /// The second that is to be judged next.
    second: u64,
}

/// What whoever watches has been shown.
struct Seen {
    about: Arc<About>,
    plan: Plan,
    /// Pushes of the whole run, where that is known.
    all: Option<u64>,
    /// How long the run lasted, where that is known: its last second may not have been a whole one.
    lasted: Duration,
    /// Those of the schedule, where the rate was changed.
    scheduled: Option<u64>,
    changes: Vec<RateChange>,
    seconds: Seconds,
    push: Latency,
    by_event: Vec<Share>,
    by_trigger: Vec<Share>,
    generator_delay: Sketch,
    fanout: FanoutLatency,
    /// Violations that each shard had found.
    violations: Vec<u64>,
    examples: Arc<Vec<Example>>,
    /// The names of the users that these tell of.
    users: Arc<BTreeMap<UserId, String>>,
    pushed: (PushCounts, u64),
    last: Snapshot,
}

impl<F: Read + Seek> Playback<F> {
    /// Finds what there is of a journal, from end to end.
    ///
    /// # Errors
    /// If it is none that can be judged.
    pub fn open(mut file: F) -> Result<Self, Unreadable> {
        let mut judging = Judging::begin(&mut file)?;
        let (settle, mut shards) = (judging.header.plan.settle, 0);
        for shard in judging.replay.shards() {
            shard.present.watch(settle);
            shards += 1;
        }
        Ok(Self {
            seen: Seen::new(&judging, shards),
            judging,
            file,
            second: 0,
        })
    }

    /// What is wrong with the file, as far as it is known by now.
    pub fn damage(&self) -> &[Damage] {
        &self.judging.damage
    }

    /// What was run, against what.
    pub fn about(&self) -> &About {
        &self.seen.about
    }

    /// Judges one more second, and gives how the run stood at its end. `None`: nothing more is told.
    ///
    /// # Errors
    /// If the file cannot be read, or was written by a version whose pushes are others.
    pub fn next_second(&mut self) -> Result<Option<Snapshot>, Unreadable> {
        let Some(next) = self.judging.next_at(&mut self.file)? else {
            return Ok(None);
        };
        if next > at(self.second) + STILL {
            self.second = next.as_nanos() / SECOND.as_nanos() as u64;
        }
        let end = at(self.second.saturating_add(1));
        // No fact is told after the end of time.
        let before = (end < Time::MAX).then_some(end);
        while self.judging.step(&mut self.file, before)? {}
        let snapshot = self.seen.second_over(&mut self.judging, self.second, end);
        self.second += 1;
        Ok(Some(snapshot))
    }

    /// Judges what is left, and gives how the run ended with what [`super::verify`] says.
    ///
    /// # Errors
    /// As [`Playback::next_second`].
    pub fn end(mut self) -> Result<(Snapshot, Verified), Unreadable> {
        while self.judging.step(&mut self.file, None)? {}
        let verified = self.judging.finish();
        let last = self.seen.last;
        let mut end = last.clone();
        end.end(&verified.summary);
        if verified.said.is_none() {
            // Of what a run says at its end, this is what was seen.
            (end.second, end.past, end.sockets) = (last.second, last.past, last.sockets);
            let latencies = Arc::make_mut(&mut end.latencies);
            latencies.fanout.clone_from(&last.latencies.fanout);
        }
        Ok((end, verified))
    }
}

/// When a second begins.
fn at(second: u64) -> Time {
    Time::from_nanos(second.saturating_mul(SECOND.as_nanos() as u64))
}

impl Seen {
    fn new(judging: &Judging, shards: usize) -> Self {
        let (header, said) = (&judging.header, judging.said.as_ref());
        let plan = header.plan.clone();
        let (scenario, target) = (header.scenario.clone(), header.target.clone());
        let changed = said.filter(|said| !said.rate_changes.is_empty());
        Self {
            about: About::new(&plan, scenario, target, header.started_at_unix_ms).into(),
            all: said.map(|said| said.pushes.sent),
            lasted: said.map_or(Duration::MAX, |said| said.duration),
            scheduled: changed.map(|said| said.pushes.scheduled),
            changes: changed.map_or_else(Vec::new, |said| said.rate_changes.clone()),
            plan,
            seconds: Seconds::default(),
            push: Latency::default(),
            by_event: Vec::new(),
            by_trigger: Vec::new(),
            generator_delay: Sketch::default(),
            fanout: FanoutLatency::new(shards),
            violations: vec![0; shards],
            examples: Arc::default(),
            users: Arc::default(),
            pushed: Default::default(),
            last: Snapshot::default(),
        }
    }

    /// A second has been judged, which ends then.
    fn second_over(&mut self, judging: &mut Judging, second: u64, now: Time) -> Snapshot {
        let so_far = self.shards(judging, second, now);
        let books = judging.replay.books();
        let mut pushes = books.counts;
        pushes.scheduled = self
            .scheduled
            .unwrap_or_else(|| self.plan.scheduled(pushes.sent));
        let (before, expected) = std::mem::replace(&mut self.pushed, (pushes, books.expected));
        let this = Pushed {
            connected: so_far.sockets.alive,
            sent: pushes.sent - before.sent,
            accepted: pushes.accepted - before.accepted,
            expected: books.expected.saturating_sub(expected),
        };
        self.seconds.over(second, this);
        self.seconds
            .forget((second + 1).saturating_sub(PAST as u64));
        // As in a run: a list of recipients is complete when its broadcast is over.
        let given = self.plan.settle + SECOND * 2;
        self.fanout
            .over(Time::ZERO + (now - Time::ZERO).saturating_sub(given));
        let parts = self.parts(judging, second);
        self.last = self.snapshot(judging, &so_far, (pushes, parts), second, now);
        self.last.clone()
    }

    /// What the shards know by now.
    fn shards(&mut self, judging: &mut Judging, second: u64, now: Time) -> SoFar {
        let mut so_far = SoFar::default();
        let mut has_more = false;
        for (shard, before) in judging.replay.shards().zip(&mut self.violations) {
            let window = shard.meter.turn();
            self.push.merge(&window.push);
            Share::merge_all(&mut self.by_event, &window.by_event);
            Share::merge_all(&mut self.by_trigger, &window.by_trigger);
            self.generator_delay.merge(&window.generator_delay);
            let counts = shard.judge.counts();
            let violations = std::mem::replace(before, counts.violations());
            // What was found of a push is taken back if that turns out to have been refused.
            let more = counts.violations().saturating_sub(violations);
            has_more |= counts.violations() != violations;
            self.seconds.window(second, &window, more);
            so_far.counts.merge(counts);
            so_far.requests.merge(&shard.requests.counts);
            for list in shard.present.turn(now) {
                self.fanout.add(list);
            }
            so_far.sockets(
                shard.connected.len() as u64,
                shard.accepted,
                shard.recovered,
            );
            so_far.present(&shard.present.counts());
        }
        so_far.sockets.wanted = u64::from(self.plan.wanted_sockets());
        if has_more {
            let mut all = Findings::default();
            for shard in judging.replay.shards() {
                all.merge(shard.judge.findings().clone());
            }
            self.examples = by_time(all.examples()).into();
            self.users = users(&self.plan, &self.examples).into();
        }
        so_far
    }

    fn parts(&self, judging: &Judging, second: u64) -> Vec<Part> {
        let books = judging.replay.books();
        let asked = parts::Asked {
            by_event: &books.by_event(),
            by_trigger: &books.by_trigger(),
        };
        let came = Came {
            by_event: &self.by_event,
            by_trigger: &self.by_trigger,
        };
        let window = self.seconds.get(second).and_then(|(_, window)| window);
        let last = window.map(Came::of).unwrap_or_default();
        parts::parts(&self.plan, asked, came, last)
    }

    fn snapshot(
        &self,
        judging: &Judging,
        so_far: &SoFar,
        (pushes, parts): (PushCounts, Vec<Part>),
        second: u64,
        now: Time,
    ) -> Snapshot {
        let books = judging.replay.books();
        let elapsed = (now - Time::ZERO).min(self.lasted);
        let over = self.all.unwrap_or(pushes.scheduled);
        let answered = pushes.accepted + pushes.rejected + pushes.unknown;
        let is_pushed = pushes.sent >= over && answered >= pushes.sent;
        let (phase, since, lasts) = match books.begun {
            None => ("connecting", Time::ZERO, None),
            Some(begun) if !is_pushed => ("pushing", begun, self.about.pushing),
            Some(_) => ("settling", books.answered, Some(self.plan.settle)),
        };
        let phase_elapsed = now - since;
        let changes = self.changes.iter().filter(|change| change.at <= elapsed);
        let changes: Vec<_> = changes.copied().collect();
        let pushing = books.begun.filter(|_| phase == "pushing");
        let (logins, must_refuse, none) = (
            LoginCounts::default(),
            MustRefuse::default(),
            Latency::default(),
        );
        let running = Running {
            elapsed,
            arrived: phase != "connecting",
            sockets: &so_far.sockets,
            pushes: &pushes,
            counts: &so_far.counts,
            push: &self.push,
            login: &none,
            login_attempt: &none,
            logins: &logins,
            must_refuse: &must_refuse,
            connect: &none,
            fanout: [&self.fanout.first, &self.fanout.median, &self.fanout.last],
        };
        let signs = Signs {
            held_up: so_far.counts.held_up,
            generator_delay_p99_us: self.generator_delay.quantile_us(0.99),
            ..Signs::default()
        };
        let (thresholds, limited) = running.stands(&self.plan.thresholds, &signs);
        let (last, window) = self.seconds.get(second).unzip();
        Snapshot {
            about: Arc::clone(&self.about),
            phase,
            phase_elapsed,
            phase_left: lasts.map(|lasts| lasts.saturating_sub(phase_elapsed)),
            elapsed,
            rate: pushing.and_then(|begun| self.rate(begun, now, &changes)),
            sockets: so_far.sockets,
            logins,
            must_refuse,
            pushes,
            counts: so_far.counts,
            second: last.cloned().unwrap_or_default(),
            past: self.seconds.past(second).into(),
            in_flight: self
                .seconds
                .in_flight(second, in_flight_for(self.plan.settle)),
            latencies: LatenciesSoFar {
                push: self.push.clone(),
                push_now: window
                    .flatten()
                    .map(|window| window.push.clone())
                    .unwrap_or_default(),
                trigger: books.trigger.clone(),
                fanout: [
                    self.fanout.first.clone(),
                    self.fanout.median.clone(),
                    self.fanout.last.clone(),
                ],
                ..LatenciesSoFar::default()
            }
            .into(),
            parts: parts.into(),
            examples: Arc::clone(&self.examples),
            users: Arc::clone(&self.users),
            generator: HealthNow {
                limited,
                ..HealthNow::default()
            },
            thresholds: thresholds.into(),
            requests: so_far.requests,
            rate_fixed: Some("the run is over"),
            changes,
            ..Snapshot::default()
        }
    }

    /// Pushes a second that were asked for.
    fn rate(&self, begun: Time, now: Time, changes: &[RateChange]) -> Option<f64> {
        if self.plan.closed.is_some() {
            return None;
        }
        let mut course: Course = self.plan.course();
        for change in changes {
            let at = Time::ZERO + change.at;
            course.change(at - begun, change.factor);
        }
        Some(course.rate(now - begun))
    }
}

/// What all shards know by now.
#[derive(Default)]
struct SoFar {
    sockets: SocketCounts,
    counts: Counts,
    requests: RequestCounts,
}

impl SoFar {
    fn sockets(&mut self, connected: u64, accepted: u64, recovered: u64) {
        self.sockets.connected += connected;
        self.sockets.reconnected += accepted - connected;
        self.sockets.recovered += recovered;
    }

    fn present(&mut self, of: &SocketCounts) {
        self.sockets.alive += of.alive;
        self.sockets.left += of.left;
        self.sockets.dropped += of.dropped;
        self.sockets.stuck += of.stuck;
        self.sockets.evicted += of.evicted;
        self.sockets.overdue += of.overdue;
    }
}
