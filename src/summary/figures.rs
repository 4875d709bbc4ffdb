//! The figures that thresholds and conditions are held against, of a run that is over and of one that goes on.

use std::time::Duration;

use super::{
    Checked, LoginCounts, MustRefuse, PushCounts, Signs, SocketCounts, Split, Summary, limits,
    thresholds,
};
use crate::measure::Latency;
use crate::scenario::threshold::metric::{
    By, DeliveryFigure, GeneratorFigure, LoginFigure, PartFigure, PushFigure, RefusedFigure,
    RequestFigure, SocketFigure, Stat, Timing,
};
use crate::scenario::threshold::{Condition, Figure, Held, Metric, Threshold};
use crate::verify::{Class, Counts};

/// What is known of a run while it goes on.
#[derive(Debug, Clone, Copy)]
pub struct Running<'a> {
    /// Since the start of the run.
    pub elapsed: Duration,
    /// Every user has arrived or failed to.
    pub arrived: bool,
    /// Sockets so far.
    pub sockets: &'a SocketCounts,
    /// Pushes so far.
    pub pushes: &'a PushCounts,
    /// Deliveries and violations so far.
    pub counts: &'a Counts,
    /// All deliveries so far, from intended time.
    pub push: &'a Latency,
    /// Logins so far.
    pub login: &'a Latency,
    /// Their requests so far.
    pub login_attempt: &'a Latency,
    /// How many.
    pub logins: &'a LoginCounts,
    /// Sockets that the target has to refuse.
    pub must_refuse: &'a MustRefuse,
    /// Connects so far.
    pub connect: &'a Latency,
    /// Broadcasts so far, to the first, the median and the last recipient.
    pub fanout: [&'a Latency; 3],
}

impl Running<'_> {
    /// The first of these conditions that is true now.
    pub fn first_true<'c>(&self, conditions: &'c [Condition]) -> Option<(&'c Condition, Held)> {
        conditions.iter().find_map(|condition| {
            if condition.after > self.elapsed {
                return None;
            }
            let threshold = &condition.threshold;
            let held = threshold.check(self.figure(&threshold.metric)?)?;
            held.holds.then_some((condition, held))
        })
    }

    /// The thresholds as they stand, and by these signs why the generator is the limit, if it is.
    pub fn stands(
        &self,
        thresholds: &[Threshold],
        signs: &Signs,
    ) -> (Vec<Checked>, Option<String>) {
        let one = |threshold: &Threshold| {
            let figure = self.figure(&threshold.metric);
            thresholds::as_it_stands(threshold, figure)
        };
        let checked: Vec<_> = thresholds.iter().map(one).collect();
        let limited = limits::limits_of(signs, &checked).into_iter().next();
        (checked, limited)
    }

    /// `None`: there is none yet, or it is known only at the end.
    fn figure(&self, metric: &Metric) -> Option<Figure> {
        match metric {
            Metric::Sockets(SocketFigure::Connected) if !self.arrived => None,
            Metric::Sockets(figure) => Some(of_sockets(self.sockets, *figure)),
            Metric::Logins(figure) => Some(of_logins(self.logins, *figure)),
            Metric::MustRefuse(figure) => Some(of_refused(self.must_refuse, *figure)),
            Metric::Pushes(figure) => of_pushes(self.pushes, *figure),
            Metric::Deliveries(figure) => of_deliveries(self.counts, *figure),
            Metric::Latency(timing, stat) => {
                let latency = match timing {
                    Timing::Push => self.push,
                    Timing::Login => self.login,
                    Timing::LoginAttempt => self.login_attempt,
                    Timing::Connect => self.connect,
                    Timing::FanoutFirst => self.fanout[0],
                    Timing::FanoutMedian => self.fanout[1],
                    Timing::FanoutLast => self.fanout[2],
                    Timing::PushFromSend
                    | Timing::Network
                    | Timing::GeneratorDelay
                    | Timing::Trigger
                    | Timing::Request
                    | Timing::RequestFromSend => return None,
                };
                of_latency(latency, *stat)
            }
            Metric::Requests(_) | Metric::Part(..) | Metric::Generator(_) => None,
        }
    }
}

/// A figure of a run that is over; `None` if nothing was observed that it could be told from.
pub(super) fn of_summary(summary: &Summary, metric: &Metric) -> Option<Figure> {
    if summary.not_begun.is_some() {
        return None;
    }
    let a_second = |n| summary.a_second(n).map(alone);
    let (pushes, counts) = (&summary.pushes, &summary.findings.counts);
    match metric {
        Metric::Sockets(figure) => Some(of_sockets(&summary.sockets, *figure)),
        // Where nobody logs in, or nobody has to be refused, nothing is known of it.
        Metric::Logins(_) if summary.logins.attempted == 0 => None,
        Metric::Logins(figure) => Some(of_logins(&summary.logins, *figure)),
        Metric::MustRefuse(_) if summary.must_refuse.sockets == 0 => None,
        Metric::MustRefuse(figure) => Some(of_refused(&summary.must_refuse, *figure)),
        // Without a push nobody knows what the target makes of one.
        Metric::Pushes(figure) if pushes.sent == 0 && *figure != PushFigure::Scheduled => None,
        Metric::Pushes(PushFigure::Missed) => {
            let of = pushes.scheduled;
            Some(share(summary.missed.by_target, of))
        }
        Metric::Pushes(PushFigure::Rate) => a_second(pushes.accepted),
        Metric::Pushes(figure) => of_pushes(pushes, *figure),
        // Without a delivery that had to happen none can be missed.
        Metric::Deliveries(figure)
            if counts.expected == 0 && *figure != DeliveryFigure::Expected =>
        {
            None
        }
        Metric::Deliveries(DeliveryFigure::Rate) => a_second(counts.delivered),
        Metric::Deliveries(figure) => of_deliveries(counts, *figure),
        Metric::Requests(figure) => of_requests(summary, *figure),
        Metric::Latency(timing, stat) => of_latency(latency(summary, *timing), *stat),
        Metric::Part(by, name, figure) => {
            let find = |parts: &'_ [(String, Split)]| {
                let (_, split) = parts.iter().find(|(part, _)| part == name)?;
                of_part(split, *figure)
            };
            match by {
                By::Event => find(&summary.by_event),
                By::Audience => find(&summary.by_audience),
                By::Trigger => {
                    let mut parts = summary.by_trigger.iter();
                    let (_, asked) = parts.find(|(part, _)| part == name)?;
                    of_part(&asked.split, *figure)
                }
            }
        }
        Metric::Generator(figure) => of_generator(summary, *figure),
    }
}

fn latency(summary: &Summary, timing: Timing) -> &Latency {
    let latencies = &summary.latencies;
    match timing {
        Timing::Push => &latencies.push,
        Timing::PushFromSend => &latencies.push_from_send,
        Timing::Network => &latencies.network,
        Timing::GeneratorDelay => &latencies.generator_delay,
        Timing::Trigger => &latencies.trigger,
        Timing::Request => &summary.requests.latency,
        Timing::RequestFromSend => &summary.requests.from_send,
        Timing::Login => &latencies.login,
        Timing::LoginAttempt => &latencies.login_attempt,
        Timing::Connect => &latencies.connect,
        Timing::FanoutFirst => &latencies.fanout_first,
        Timing::FanoutMedian => &latencies.fanout_median,
        Timing::FanoutLast => &latencies.fanout_last,
    }
}

fn of_sockets(counts: &SocketCounts, figure: SocketFigure) -> Figure {
    let n = match figure {
        SocketFigure::Wanted => counts.wanted,
        SocketFigure::Connected => counts.connected,
        SocketFigure::Refused => counts.refused,
        SocketFigure::Dropped => counts.dropped,
        SocketFigure::Left => counts.left,
        SocketFigure::Reconnected => counts.reconnected,
        SocketFigure::Recovered => counts.recovered,
        SocketFigure::Alive => counts.alive,
        SocketFigure::Stuck => counts.stuck,
        SocketFigure::Evicted => counts.evicted,
        SocketFigure::Overdue => counts.overdue,
    };
    share(n, counts.wanted)
}

fn of_logins(counts: &LoginCounts, figure: LoginFigure) -> Figure {
    let n = match figure {
        LoginFigure::Attempted => counts.attempted,
        LoginFigure::Retried => counts.retried,
        LoginFigure::Failed => counts.failed,
    };
    share(n, counts.attempted)
}

fn of_refused(counts: &MustRefuse, figure: RefusedFigure) -> Figure {
    let n = match figure {
        RefusedFigure::Sockets => counts.sockets,
        RefusedFigure::Refused => counts.refused,
        RefusedFigure::LetIn => counts.let_in,
        RefusedFigure::Untried => counts.untried,
    };
    share(n, counts.sockets)
}

fn of_pushes(counts: &PushCounts, figure: PushFigure) -> Option<Figure> {
    let n = match figure {
        PushFigure::Scheduled => counts.scheduled,
        PushFigure::Sent => counts.sent,
        PushFigure::Accepted => counts.accepted,
        PushFigure::Rejected => counts.rejected,
        PushFigure::Unknown => counts.unknown,
        PushFigure::Absent => counts.absent,
        PushFigure::Foreign => counts.foreign,
        PushFigure::RejectedAtNobody => counts.rejected_at_nobody,
        PushFigure::Missed | PushFigure::Rate => return None,
    };
    Some(share(n, counts.scheduled))
}

fn of_deliveries(counts: &Counts, figure: DeliveryFigure) -> Option<Figure> {
    let n = match figure {
        DeliveryFigure::Expected => counts.expected,
        DeliveryFigure::Delivered => counts.delivered,
        DeliveryFigure::Allowed => counts.allowed,
        DeliveryFigure::Recovered => counts.recovered,
        DeliveryFigure::Pairs => counts.pairs,
        DeliveryFigure::Came => return Some(share(counts.came, counts.pairs)),
        DeliveryFigure::MissedAtDeath => return Some(share(counts.missed_at_death, counts.pairs)),
        DeliveryFigure::MissedAtChurn => return Some(share(counts.missed_at_churn, counts.pairs)),
        DeliveryFigure::MissedAtNeglect => {
            return Some(share(counts.missed_at_neglect, counts.pairs));
        }
        DeliveryFigure::Away => return Some(share(counts.away, counts.pairs)),
        DeliveryFigure::Rate => return None,
        DeliveryFigure::Violations => counts.violations(),
        DeliveryFigure::Lost => counts.of(Class::Lost),
        DeliveryFigure::Duplicated => counts.of(Class::Duplicated),
        DeliveryFigure::Misdelivered => counts.of(Class::Misdelivered),
        DeliveryFigure::Misrouted => counts.of(Class::Misrouted),
        DeliveryFigure::Corrupted => counts.of(Class::Corrupted),
        DeliveryFigure::Reordered => counts.of(Class::Reordered),
        DeliveryFigure::Late => counts.of(Class::Late),
        DeliveryFigure::Phantom => counts.of(Class::Phantom),
        DeliveryFigure::Premature => counts.of(Class::Premature),
    };
    Some(share(n, counts.expected))
}

/// Where no socket asks anything, nothing is known of it.
fn of_requests(summary: &Summary, figure: RequestFigure) -> Option<Figure> {
    summary.plan.requests.as_ref()?;
    let counts = &summary.requests.counts;
    let scheduled = summary.plan.requests_scheduled();
    // Without a request nobody knows what the target makes of one.
    if counts.sent == 0 && figure != RequestFigure::Scheduled {
        return None;
    }
    let (n, of) = match figure {
        RequestFigure::Scheduled => return Some(alone(scheduled as f64)),
        RequestFigure::Sent => (counts.sent, scheduled),
        RequestFigure::Answered => (counts.answered, counts.sent),
        RequestFigure::Wrong => (counts.wrong, counts.sent),
        RequestFigure::TimedOut => (counts.timed_out, counts.sent),
        RequestFigure::Unanswered => (counts.unanswered(), counts.sent),
        RequestFigure::Unasked => (counts.unasked, counts.sent),
        RequestFigure::Late => (counts.late, counts.sent),
    };
    Some(share(n, of))
}

fn of_latency(latency: &Latency, stat: Stat) -> Option<Figure> {
    let quantile = |q| latency.quantile_us(q).map(|us| us as f64);
    let value = match stat {
        Stat::Count => (latency.count() > 0).then(|| latency.count() as f64),
        Stat::Min => latency.min_us().map(|us| us as f64),
        Stat::Mean => latency.mean_us(),
        Stat::P50 => quantile(0.5),
        Stat::P90 => quantile(0.9),
        Stat::P95 => quantile(0.95),
        Stat::P99 => quantile(0.99),
        Stat::P999 => quantile(0.999),
        Stat::Max => latency.max_us().map(|us| us as f64),
    };
    value.map(alone)
}

fn of_part(split: &Split, figure: PartFigure) -> Option<Figure> {
    match figure {
        PartFigure::Pushes => Some(alone(split.pushes as f64)),
        PartFigure::Delivered => (split.pushes > 0).then(|| alone(split.delivered() as f64)),
        PartFigure::Push(stat) => of_latency(&split.push, stat),
    }
}

fn of_generator(summary: &Summary, figure: GeneratorFigure) -> Option<Figure> {
    let generator = &summary.generator;
    let p99 = |latency: &Latency| latency.quantile_us(0.99).map(|us| us as f64);
    if figure == GeneratorFigure::Missed {
        let of = summary.pushes.scheduled;
        return Some(share(summary.missed.by_generator, of));
    }
    let value = match figure {
        GeneratorFigure::Cpu => generator.cpu_percent,
        GeneratorFigure::BusiestThread => generator.busiest_thread_percent,
        GeneratorFigure::ScheduleLag => p99(&generator.schedule_lag),
        GeneratorFigure::LoopDelay => p99(&generator.loop_delay),
        GeneratorFigure::Rss => generator.rss_bytes.map(|bytes| bytes as f64),
        GeneratorFigure::BytesPerSocket => generator.bytes_per_socket.map(|bytes| bytes as f64),
        GeneratorFigure::OpenFiles => generator.open_files.map(|n| n as f64),
        GeneratorFigure::Missed => None,
    };
    value.map(alone)
}

fn alone(value: f64) -> Figure {
    Figure { value, of: None }
}

fn share(n: u64, of: u64) -> Figure {
    Figure {
        value: n as f64,
        of: Some(of as f64),
    }
}
