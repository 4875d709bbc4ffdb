//! The form of the report: its fields, their units and meaning. The published JSON Schema is made from this file.

use std::borrow::Cow;
use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::about::{Environment, RateChange, Scenario, SecondOpinion, Target};
use super::getting_in::{Logins, MustRefuse};
use super::latency::{Latencies, LatencyUs};
use super::requests::Requests;
use super::timeline::Entry;
use super::triggers::Asked;
use crate::verify::Class;

/// A report.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Report {
    /// `pushproof.report/1`.
    pub schema: Cow<'static, str>,
    /// `pass`, `fail` or `unknown`.
    pub verdict: Cow<'static, str>,
    /// The exit code of the run.
    pub exit_code: u8,
    /// Why the verdict is not `pass`, the weightiest first.
    pub reasons: Vec<String>,
    /// Why the run could not begin; `null` if it did. All counts are zero then.
    pub not_begun: Option<String>,
    /// What ended the run early; `null` if nothing did.
    pub aborted: Option<Aborted>,
    /// The scenario, complete.
    pub scenario: Scenario,
    /// Decides every random choice: the same seed gives the same schedule and the same payload bytes.
    pub seed: u64,
    /// What the run was aimed at.
    pub target: Target,
    /// RFC 3339, UTC.
    pub started_at: String,
    /// From the start of the run to its verdict.
    pub duration_ms: u64,
    /// Sockets.
    pub sockets: Sockets,
    /// Logins.
    pub logins: Logins,
    /// Sockets that the target has to refuse; `null` if there are none.
    pub must_refuse: Option<MustRefuse>,
    /// Pushes.
    pub pushes: Pushes,
    /// Changes of the rate that somebody asked for while the run went on; empty: it went by its scenario alone.
    #[serde(default)]
    pub rate_changes: Vec<RateChange>,
    /// Deliveries: (push, socket) pairs.
    pub deliveries: Deliveries,
    /// Events that sockets emitted, and their answers; `null` if none does.
    pub requests: Option<Requests>,
    /// Latencies.
    pub latency: Latencies,
    /// By event name.
    pub by_event: BTreeMap<String, Part>,
    /// By audience: `*` for broadcasts, `user` for pushes at one user.
    pub by_audience: BTreeMap<String, Part>,
    /// By way of asking for a push.
    pub by_trigger: BTreeMap<String, Asked>,
    /// One entry a second.
    pub timeline: Vec<Entry>,
    /// Examples of violations, a bounded number of each class.
    pub violations: Vec<Violation>,
    /// Thresholds of the scenario.
    pub thresholds: Vec<Threshold>,
    /// The generator's own health.
    pub generator: Generator,
    /// The machine of the generator.
    pub environment: Environment,
    /// What a second driver made of the same scenario, with `--driver both`; `null` if none was asked.
    pub second_opinion: Option<Box<SecondOpinion>>,
}

/// Sockets.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Sockets {
    /// Sockets of the scenario.
    pub wanted: u64,
    /// Sockets whose CONNECT was accepted.
    pub connected: u64,
    /// Sockets that did not get that far.
    pub refused: u64,
    /// Connections that ended without the harness's doing.
    pub dropped: u64,
    /// Connections that ended because the scenario's churn says so.
    pub left: u64,
    /// Times that a socket came back, after either.
    pub reconnected: u64,
    /// Of these, how often it went on where its last connection had ended (connection state recovery), as the target said.
    pub recovered: u64,
    /// Sockets connected when judging began; without those that had stopped reading.
    pub alive: u64,
    /// Sockets that stopped reading because the scenario says so.
    pub stuck: u64,
    /// Times that the target ended a connection for what the scenario had it neglect.
    pub evicted: u64,
    /// Times that the target had not ended a connection for `pingInterval` + `pingTimeout` after a ping that was not answered.
    pub overdue: u64,
    /// Why sockets were refused, with how many.
    pub refused_because: BTreeMap<String, u64>,
    /// Why sockets were dropped, with how many.
    pub dropped_because: BTreeMap<String, u64>,
    /// How many connections died of `network`, `kick`, `close`, `ping_timeout`, `overload` and `protocol_error`.
    pub dropped_by_cause: BTreeMap<Cow<'static, str>, u64>,
    /// Why sockets could not come back, with how many attempts.
    pub not_back_because: BTreeMap<String, u64>,
    /// Sockets of the scenario by the transport they were to speak: `websocket`, `polling` and `upgrade`.
    pub by_transport: BTreeMap<Cow<'static, str>, u64>,
    /// Connections that moved from long-polling to a WebSocket.
    pub upgraded: u64,
    /// Why connections that were to move stayed on long-polling, with how many.
    pub not_upgraded_because: BTreeMap<String, u64>,
}

/// Pushes.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Pushes {
    /// `open`: pushes follow a schedule that waits for nothing. `closed`: each lane sends its next push when its last one has arrived, so
    /// that latencies, which count from sending, hide what pushes would have waited (coordinated omission).
    pub mode: Cow<'static, str>,
    /// Pushes of the schedule; of a closed loop that lasts for a time, those sent.
    pub scheduled: u64,
    /// Pushes asked for.
    pub sent: u64,
    /// Pushes the target said yes to.
    pub accepted: u64,
    /// Pushes the target said no to.
    pub rejected: u64,
    /// Pushes of which nobody knows: time-out, 5xx, connection lost.
    pub unknown: u64,
    /// Of `sent`: at users whom no app has.
    pub absent: u64,
    /// Of `sent`: at users of another app than was asked.
    pub foreign: u64,
    /// Of `rejected`: at users of either kind, whom nothing may reach; no failure.
    pub rejected_at_nobody: u64,
    /// Of `sent`: without a tag, and held back until the push of the same name before was answered. Their latency counts from when the
    /// schedule wanted them, as any other's.
    pub waited_for_turn: u64,
    /// Of `sent`, in a closed loop: the lane went on at the deadline, for not all deliveries that it waited for had come.
    pub given_up: u64,
    /// Pushes never sent because their lanes waited for the target's answers.
    pub missed: u64,
    /// Accepted pushes for each second of pushing.
    pub rate_per_s: Option<f64>,
    /// Why pushes were not accepted that had somebody to reach, with how many.
    pub not_accepted_because: BTreeMap<String, u64>,
}

/// Deliveries: (push, socket) pairs.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Deliveries {
    /// Pairs that had to happen.
    pub expected: u64,
    /// Pairs in the audience that happened, each counted once.
    pub delivered: u64,
    /// Pairs that were free to happen or not.
    pub allowed: u64,
    /// Accepted pushes × sockets of their audience: each of these pairs came, was lost, was missed or was pushed while the socket was away.
    pub pairs: u64,
    /// Of `pairs`: came at a connection of the socket.
    pub came: u64,
    /// Of `pairs`: did not come at a connection that died meanwhile.
    pub missed_at_death: u64,
    /// Of `pairs`: did not come at a connection that began, or left of its own will, meanwhile.
    pub missed_at_churn: u64,
    /// Of `pairs`: did not come because the scenario had the socket stop reading, or the target ended it for what it neglected.
    pub missed_at_neglect: u64,
    /// Of `pairs`: was pushed while the socket was away.
    pub away: u64,
    /// Of `delivered`, those that the socket had missed and got when it went on where its last connection had ended. They are in no latency.
    pub recovered: u64,
    /// What is proved of them. `each`: of every one by itself which push it was. `count`: of some (`by_count`) only that there were as many
    /// as pushes, and no more.
    pub guarantee: Cow<'static, str>,
    /// Arrivals without a tag, told by their event name: nothing else of that name was awaited at the socket.
    pub by_name: u64,
    /// Arrivals without a tag while their socket awaited several pushes of that name, told by count: which push each was, its order and its
    /// own latency are not proved.
    pub by_count: u64,
    /// Deliveries for each second of pushing.
    pub rate_per_s: Option<f64>,
    /// What is wrong with them.
    #[serde(flatten)]
    pub wrong: ByClass,
}

/// Violations by class.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[allow(missing_docs)] // the nine classes speak for themselves; docs/verification.md defines them
pub struct ByClass {
    /// The nine classes together.
    pub violations: u64,
    pub lost: u64,
    pub duplicated: u64,
    pub misdelivered: u64,
    pub misrouted: u64,
    pub corrupted: u64,
    pub reordered: u64,
    pub late: u64,
    pub phantom: u64,
    pub premature: u64,
}

/// A part of the deliveries.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Part {
    /// Pushes sent.
    pub pushes: u64,
    /// Deliveries.
    pub delivered: u64,
    /// Their latency, from the time the schedule wanted the push.
    pub push: LatencyUs,
}

/// One violation, as evidence. Times are microseconds since the start of the run.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Violation {
    /// The class.
    pub class: Cow<'static, str>,
    /// What is wrong, in words.
    pub detail: String,
    /// The push, `lane-seq`; `null` if no push explains the event.
    pub push: Option<String>,
    /// Its lane.
    pub lane: Option<u32>,
    /// Its audience: `*` or a user's name.
    pub audience: Option<String>,
    /// The app it was asked for in.
    pub push_app: Option<String>,
    /// The number of the socket.
    pub socket: u32,
    /// The user who holds the socket.
    pub user: String,
    /// The app of that user.
    pub app: String,
    /// The event name as it arrived; of a lost push the one asked for.
    pub event: String,
    /// When the schedule wanted the push.
    pub intended_us: Option<u64>,
    /// When it was sent.
    pub sent_us: Option<u64>,
    /// When it was answered.
    pub answered_us: Option<u64>,
    /// When it arrived; `null` if it did not.
    pub arrived_us: Option<u64>,
}

/// A threshold of the scenario.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Threshold {
    /// As written.
    pub expression: String,
    /// What was observed, in `unit`; `null` if nothing was.
    pub observed: Option<f64>,
    /// `us`, `bytes`, `/s`, `%`, or nothing for a count.
    pub unit: Option<Cow<'static, str>>,
    /// Whether it was kept, for certain.
    pub ok: bool,
    /// `kept`, `breached`, or `unknown`: nothing was observed, or the generator was the limit.
    pub outcome: Cow<'static, str>,
    /// Why it is unknown.
    pub why: Option<Cow<'static, str>>,
}

/// What ended a run early.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Aborted {
    /// The condition, as written.
    pub expression: String,
    /// What was observed, in `unit`.
    pub observed: f64,
    /// `us`, `%`, or nothing for a count.
    pub unit: Cow<'static, str>,
    /// When, since the start of the run.
    pub at_ms: u64,
}

/// The generator's own health.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Generator {
    /// CPU used while pushing and settling, in percent of one core.
    pub cpu_percent: Option<f64>,
    /// The same in CPU seconds.
    pub cpu_seconds: Option<f64>,
    /// CPU used by the busiest thread while pushing, in percent of one core.
    pub busiest_thread_percent: Option<f64>,
    /// How late pushes left that could have left, 99th percentile.
    pub schedule_lag_p99_us: Option<u64>,
    /// How late the event loops were that hold the sockets.
    pub loop_delay: LatencyUs,
    /// The same, 99th percentile.
    pub loop_delay_p99_us: Option<u64>,
    /// Pushes never sent because the generator was behind.
    pub missed: u64,
    /// Deliveries past the deadline that the generator itself may have held up; none of them is a violation.
    pub held_up: u64,
    /// Whether all that had arrived was read before judging.
    pub drained: bool,
    /// What the generator's machine or process ran out of, with how often a socket, login or push met it.
    pub shortages: BTreeMap<String, u64>,
    /// Most file descriptors seen open; `environment.open_files` is the limit.
    pub open_files: Option<u64>,
    /// Resident memory at the end.
    pub rss_bytes: Option<u64>,
    /// Growth of resident memory while sockets connected, for each of them.
    pub bytes_per_socket: Option<u64>,
    /// Whether the generator, not the target, was the limit.
    pub limited: bool,
    /// Why, in words.
    pub limited_because: Vec<String>,
    /// Arrivals left out of the fan-out figures for want of memory set aside.
    pub fanout_left_out: u64,
    /// How many deliveries are in neither `latency.network` nor `latency.generator_delay`, and why; `null` if none is missing.
    pub unstamped: Option<String>,
    /// Processes that held the sockets, beside the run's own; 0: it held them itself. CPU and memory are those of all of them.
    pub workers: u64,
    /// Those that ended before their time, with how. What they had told is part of this report.
    pub lost_workers: Vec<String>,
}

impl Report {
    /// Everything that fails a run whatever its thresholds: violations, and what went wrong with requests.
    pub fn violations(&self) -> u64 {
        let requests = self.requests.as_ref();
        let requests = requests.map_or(0, |of| of.wrong + of.timed_out + of.unasked);
        self.deliveries.wrong.violations + requests
    }
}

impl ByClass {
    /// Those of one class.
    pub fn of(&self, class: Class) -> u64 {
        match class {
            Class::Lost => self.lost,
            Class::Duplicated => self.duplicated,
            Class::Misdelivered => self.misdelivered,
            Class::Misrouted => self.misrouted,
            Class::Corrupted => self.corrupted,
            Class::Reordered => self.reordered,
            Class::Late => self.late,
            Class::Phantom => self.phantom,
            Class::Premature => self.premature,
        }
    }
}
