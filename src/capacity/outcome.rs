//! What a run says of the load that it was made under.
//!
//! It follows the verdict of a run (docs/verification.md), but asks another question: not whether the run is a proof, but whether the
//! target bore the load. Sockets refused or dropped are an answer to that, and event names that a short step did not come to are not.
//! Whatever the generator may have caused is no answer.

use super::interval::{self, Side};
use super::{Break, Figures, Outcome, Step, TargetCpu};
use crate::measure::Blocks;
use crate::scenario::file::Drops;
use crate::scenario::threshold::metric::Stat;
use crate::scenario::threshold::{Metric, Threshold};
use crate::summary::verdict::{Judgement, LOAD_APPLIED};
use crate::summary::{self, Checked, Summary};
use crate::verify::Class;

/// A latency beyond this share of its bound is close to it.
const CLOSE: f64 = 0.8;
/// Another figure that is past its bound by less than this is close to it.
const PAST: f64 = 1.25;
/// A share of the pushes accepted below which it is no accident.
const FEW_ACCEPTED: f64 = 0.9;

/// Percent of a thread or of all processors from which on nothing is left of it.
const BUSY: f64 = 90.0;

/// Something that did not hold, and whether it was close.
type Found = (Break, bool);

/// The step that a run was, under this load; `cpu` of the target, if anybody can tell.
pub fn step(summary: &Summary, load: f64, cpu: Option<TargetCpu>) -> Step {
    let judgement = judge(summary);
    let mut unclear = judgement.limits.clone();
    if let Some(why) = &summary.not_begun {
        unclear = vec![why.clone()];
    } else if summary.interrupted {
        unclear = vec!["the run was interrupted".to_owned()];
    }
    let found = found(summary, &judgement.thresholds);
    if unclear.is_empty() && found.is_empty() {
        unclear = gaps(summary, &judgement.thresholds);
    }
    let (outcome, close) = if !unclear.is_empty() {
        (Outcome::Unclear, false)
    } else if found.is_empty() {
        (Outcome::Held, nearly_broke(summary, &judgement.thresholds))
    } else {
        (Outcome::Broke, found.iter().all(|(_, close)| *close))
    };
    let mut broke: Vec<_> = found.into_iter().map(|(broke, _)| broke).collect();
    if !broke.is_empty() {
        broke.extend(cpu.and_then(|cpu| exhausted(cpu, summary)));
    }
    Step {
        load,
        seed: summary.plan.seed,
        outcome,
        close,
        broke,
        unclear,
        figures: figures(summary, cpu),
    }
}

/// The verdict of the run, but for one doubt. Of deliveries that come just about at the deadline nobody can tell whose the delay was, and a
/// run with such says that its generator may have been the limit. Under a load that the target does not bear some always come then;
/// where at least as many were late beyond doubt, they are no sign of the generator.
fn judge(summary: &Summary) -> Judgement {
    let late = summary.findings.counts.of(Class::Late);
    if summary.generator.held_up == 0 || late < summary.generator.held_up {
        return summary.judge();
    }
    let mut beyond_doubt = summary.clone();
    beyond_doubt.generator.held_up = 0;
    beyond_doubt.judge()
}

/// What did not hold. Whatever takes time comes apart slowly: it is close unless even the median shows it.
fn found(summary: &Summary, thresholds: &[Checked]) -> Vec<Found> {
    if summary.not_begun.is_some() {
        return Vec::new();
    }
    let mut found = sockets(summary);
    let counts = &summary.findings.counts;
    let class = |class: Class, close: bool| {
        let (n, name) = (counts.of(class), class.name());
        let what = Break {
            what: name.to_owned(),
            detail: format!("{n} of {} deliveries {name}", counts.expected),
        };
        (n > 0).then_some((what, close))
    };
    let wrong = Class::ALL.into_iter().filter(|of| *of != Class::Late);
    found.extend(wrong.filter_map(|of| class(of, false)));
    found.extend(breached(summary, thresholds));
    let late = counts.of(Class::Late);
    found.extend(class(Class::Late, late * 2 < counts.delivered));
    found.extend(pushes(summary));
    found.extend(requests(summary));
    found
}

fn sockets(summary: &Summary) -> Vec<Found> {
    let sockets = &summary.sockets;
    let mut found = Vec::new();
    let mut broke = |what: &str, detail: String| {
        let what = what.to_owned();
        found.push((Break { what, detail }, false));
    };
    if sockets.refused > 0 {
        let (refused, wanted) = (sockets.refused, sockets.wanted);
        let why = summary.refusals.most_common();
        broke(
            "refused",
            format!("{refused} of {wanted} sockets were refused: {why}"),
        );
    }
    let gone = sockets.connected.saturating_sub(sockets.alive);
    if sockets.dropped > 0 && summary.plan.clients.drops == Drops::Unknown || summary.target_lost {
        let why = summary.drops.most_common();
        let dropped = sockets.dropped;
        broke(
            "dropped",
            format!("{dropped} connections were dropped: {why}"),
        );
    } else if gone > 0 && !summary.interrupted {
        let why = summary.returns.most_common();
        broke(
            "dropped",
            format!("{gone} sockets did not come back: {why}"),
        );
    }
    found
}

fn pushes(summary: &Summary) -> Option<Found> {
    let pushes = &summary.pushes;
    let share = pushes.taken() as f64 / pushes.scheduled.max(1) as f64;
    if let Some(aborted) = &summary.aborted {
        let (condition, held) = (&aborted.condition, &aborted.held);
        let detail = format!("{condition}: it was {held}");
        let what = "aborted".to_owned();
        return Some((Break { what, detail }, false));
    }
    if share >= LOAD_APPLIED || summary.target_lost || summary.interrupted {
        return None;
    }
    let failed = pushes.failed();
    let detail = if failed > 0 {
        let why = summary.push_failures.most_common();
        format!(
            "{failed} of {} pushes were not accepted: {why}",
            pushes.sent
        )
    } else {
        format!(
            "{} of {} pushes were never sent: all {} lanes waited for the target's answers (--lanes N gives it more at a time)",
            summary.missed.by_target, pushes.scheduled, summary.plan.lanes
        )
    };
    let what = "pushes".to_owned();
    Some((Break { what, detail }, share >= FEW_ACCEPTED))
}

/// What the target did wrong with requests of sockets.
fn requests(summary: &Summary) -> Option<Found> {
    let counts = &summary.requests.counts;
    let (wrong, timed_out) = (counts.wrong + counts.unasked, counts.timed_out);
    let detail = format!(
        "of {} requests {wrong} were answered wrongly, {timed_out} not in time",
        counts.sent
    );
    let what = "requests".to_owned();
    // What takes time comes apart slowly.
    let close = wrong == 0 && timed_out * 2 < counts.sent;
    (wrong + timed_out > 0).then_some((Break { what, detail }, close))
}

fn breached<'a>(
    summary: &'a Summary,
    thresholds: &'a [Checked],
) -> impl Iterator<Item = Found> + 'a {
    let each = summary.plan.thresholds.iter().zip(thresholds);
    each.filter_map(|(threshold, checked)| {
        let own = matches!(threshold.metric, Metric::Generator(_));
        if own || checked.outcome != summary::Outcome::Breached {
            return None;
        }
        let held = checked.held.as_ref()?;
        let broke = Break {
            what: "threshold".to_owned(),
            detail: format!("{}: it was {held}", checked.expression),
        };
        let close = match (side(summary, threshold), median(summary, threshold)) {
            (Some(side), _) => side != Side::Above,
            (None, Some(kept)) => kept,
            (None, None) => threshold.strain(held.observed).is_some_and(|s| s < PAST),
        };
        Some((broke, close))
    })
}

/// Whether the median of the latency that a threshold is about keeps to it; `None`: it is about something else.
fn median(summary: &Summary, threshold: &Threshold) -> Option<bool> {
    let Metric::Latency(timing, stat) = &threshold.metric else {
        return None;
    };
    if *stat == Stat::Count {
        return None;
    }
    let figure = summary.figure(&Metric::Latency(*timing, Stat::P50))?;
    Some(threshold.check(figure)?.holds)
}

/// On which side of its bound a percentile is, where the step was long enough to tell.
fn side(summary: &Summary, threshold: &Threshold) -> Option<Side> {
    interval::of_threshold(summary.measured.as_ref()?, threshold)
}

/// Whether a latency is near its bound, or may be past it.
fn nearly_broke(summary: &Summary, thresholds: &[Checked]) -> bool {
    let mut each = summary.plan.thresholds.iter().zip(thresholds);
    each.any(|(threshold, checked)| {
        if let Some(side) = side(summary, threshold) {
            return side != Side::Below;
        }
        let held = checked.held.as_ref();
        let strain = held.and_then(|held| threshold.strain(held.observed));
        matches!(threshold.metric, Metric::Latency(..)) && strain.is_some_and(|s| s > CLOSE)
    })
}

/// Why a run in which nothing broke says nothing all the same.
fn gaps(summary: &Summary, thresholds: &[Checked]) -> Vec<String> {
    let mut gaps = summary.missing.clone();
    if summary.findings.counts.expected == 0 {
        gaps.push("no delivery had to happen; push for longer or faster".to_owned());
    }
    let untold = thresholds
        .iter()
        .filter_map(|checked| match checked.outcome {
            summary::Outcome::Unknown(why) => Some(format!("{}: {why}", checked.expression)),
            _ => None,
        });
    gaps.extend(untold);
    gaps
}

/// A target that had no CPU left: of one thread, or of all processors. It breaks nothing by itself, but is why something did.
fn exhausted(cpu: TargetCpu, summary: &Summary) -> Option<Break> {
    let cpus = summary.environment.cpus.max(1);
    let own = summary.generator.cpu_percent.unwrap_or(0.0);
    let here = cpus as f64 * 100.0;
    let detail = if cpu.busiest_thread_percent >= BUSY {
        let (thread, all) = (cpu.busiest_thread_percent, cpu.percent);
        format!(
            "the target's busiest thread took {thread:.0} % of a processor (all of it {all:.0} %)"
        )
    } else if cpu.percent + own >= here * BUSY / 100.0 {
        let target = cpu.percent;
        format!(
            "no processor was left: the target took {target:.0} %, the generator {own:.0} %, of {cpus} processors"
        )
    } else {
        return None;
    };
    let what = "cpu".to_owned();
    Some(Break { what, detail })
}

fn figures(summary: &Summary, cpu: Option<TargetCpu>) -> Figures {
    let p99 = summary.measured.as_ref();
    let p99 = p99.and_then(|blocks| interval::interval(blocks, 0.99));
    let push = &summary.latencies.push;
    let counts = &summary.findings.counts;
    Figures {
        sockets: summary.sockets.connected,
        pushes_per_s: summary.a_second(summary.pushes.accepted).unwrap_or(0.0),
        deliveries_per_s: throughput(summary),
        samples: push.count(),
        mean_us: push.mean_us(),
        p50_us: push.quantile_us(0.5),
        p95_us: push.quantile_us(0.95),
        p99_us: push.quantile_us(0.99),
        p99_low_us: p99.map(|of| of.low_us),
        p99_high_us: p99.and_then(|of| of.high_us),
        max_us: push.max_us(),
        violations: counts.violations(),
        generator_percent: summary.generator.busiest_thread_percent,
        target_percent: cpu.map(|cpu| cpu.percent),
        target_thread_percent: cpu.map(|cpu| cpu.busiest_thread_percent),
        took_ms: summary.duration.as_millis() as u64,
    }
}

/// Deliveries in each whole second in which there was pushing, after the warm-up: what comes later, while a backlog settles, is none of
/// the throughput under load. Where there is no such second, in all that had any pushing.
fn throughput(summary: &Summary) -> f64 {
    let pushing = |second: &&summary::Second| second.sent > 0;
    let seconds = || summary.timeline.iter().filter(pushing).map(|s| s.second);
    let (Some(first), Some(last)) = (seconds().next(), seconds().next_back()) else {
        return 0.0;
    };
    let delivered = |among: std::ops::Range<u64>| -> u64 {
        let among = summary
            .timeline
            .iter()
            .filter(|s| among.contains(&s.second));
        among.map(|second| second.delivered).sum()
    };
    let from = (first + 1).max(summary.measured.as_ref().map_or(0, Blocks::from));
    if from < last {
        return delivered(from..last) as f64 / (last - from) as f64;
    }
    let all = delivered(first..last + 1);
    summary.a_second(all).unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::scenario::Plan;
    use crate::scenario::file::File;
    use crate::summary::{PushCounts, Second, SocketCounts, Target};

    /// A run of which all is well, with these thresholds, and push latencies up to so many milliseconds, evenly.
    fn run(thresholds: &str, millis: u64) -> Summary {
        let text = format!("thresholds = [{thresholds}]\n");
        let plan = Plan::from_file(&File::parse(&text).unwrap(), 5).unwrap();
        let target = Target {
            url: String::new(),
            nodes: Vec::new(),
            embedded: true,
        };
        let mut run = Summary::empty(String::new(), plan, target, 0);
        run.sockets = SocketCounts {
            wanted: 10,
            connected: 10,
            alive: 10,
            ..SocketCounts::default()
        };
        run.pushes = PushCounts {
            scheduled: 100,
            sent: 100,
            accepted: 100,
            ..PushCounts::default()
        };
        run.pushing = Duration::from_secs(10);
        run.findings.counts.expected = 1_000;
        run.findings.counts.delivered = 1_000;
        for n in 1..=100 {
            let latency = Duration::from_millis(millis) * n / 100;
            run.latencies.push.record(latency);
        }
        run
    }

    fn violate(run: &mut Summary, class: Class, n: u64) {
        let mut counts = serde_json::to_value(run.findings.counts).unwrap();
        counts["violations"][class as usize] = n.into();
        run.findings.counts = serde_json::from_value(counts).unwrap();
    }

    const SLO: &str = "\"latency.push.p99 < 100ms\"";

    #[track_caller]
    fn check(run: &Summary, outcome: Outcome, close: bool, what: &[&str]) {
        let step = step(run, 10.0, None);
        let broke: Vec<_> = step.broke.iter().map(|b| b.what.as_str()).collect();
        assert_eq!((step.outcome, step.close), (outcome, close), "{step:?}");
        assert_eq!(broke, what, "{step:?}");
    }

    #[test]
    fn a_latency_is_close_around_its_bound() {
        check(&run(SLO, 50), Outcome::Held, false, &[]);
        check(&run(SLO, 90), Outcome::Held, true, &[]);
        check(&run(SLO, 110), Outcome::Broke, true, &["threshold"]);
        // Even the median is past it.
        check(&run(SLO, 400), Outcome::Broke, false, &["threshold"]);
        check(&run("", 400), Outcome::Held, false, &[]);
    }

    /// A run of ten seconds in which so many percent of each second's pushes took 150 ms, the others 10 ms.
    fn measured(slow: [u32; 10]) -> Summary {
        let mut run = run(SLO, 50);
        let mut blocks = Blocks::new(1);
        for (second, slow) in (1..).zip(slow) {
            let mut latency = crate::measure::Latency::default();
            for n in 0..1_000 {
                let ms = if n % 100 < slow { 150 } else { 10 };
                latency.record(Duration::from_millis(ms));
            }
            blocks.add(second, &latency);
        }
        run.latencies.push = blocks.whole();
        run.measured = Some(blocks);
        run
    }

    #[test]
    fn a_percentile_is_close_while_its_interval_has_the_bound() {
        check(&measured([0; 10]), Outcome::Held, false, &[]);
        check(&measured([5; 10]), Outcome::Broke, false, &["threshold"]);
        // The machine may have had a bad second.
        let hiccup = measured([0, 0, 0, 30, 0, 0, 0, 0, 0, 0]);
        check(&hiccup, Outcome::Broke, true, &["threshold"]);
        let lucky = measured([0, 3, 0, 0, 2, 0, 3, 0, 0, 1]);
        check(&lucky, Outcome::Held, true, &[]);
        let figures = step(&lucky, 1.0, None).figures;
        assert_eq!(figures.p99_low_us.map(|us| us / 1_000), Some(10));
        assert_eq!(figures.p99_high_us.map(|us| us / 1_000), Some(150));
    }

    #[test]
    fn a_target_without_cpu_is_told_of_beside_what_broke() {
        let cpu = |percent, busiest_thread_percent| TargetCpu {
            percent,
            busiest_thread_percent,
        };
        let broke = |run: &Summary, cpu| -> Vec<String> {
            let broke = step(run, 10.0, Some(cpu)).broke;
            broke.into_iter().map(|of| of.what).collect()
        };
        let mut slow = run(SLO, 400);
        slow.environment.cpus = 4;
        slow.generator.cpu_percent = Some(90.0);
        assert_eq!(broke(&slow, cpu(99.0, 97.0)), ["threshold", "cpu"]);
        assert_eq!(broke(&slow, cpu(200.0, 70.0)), ["threshold"]);
        assert_eq!(broke(&slow, cpu(280.0, 70.0)), ["threshold", "cpu"]);
        // It is no break by itself.
        assert_eq!(broke(&run(SLO, 50), cpu(99.0, 97.0)), [] as [&str; 0]);
    }

    #[test]
    fn what_is_refused_dropped_or_wrong_is_beyond_doubt() {
        let mut refused = run("", 1);
        refused.sockets.connected = 9;
        refused.sockets.alive = 9;
        refused.sockets.refused = 1;
        check(&refused, Outcome::Broke, false, &["refused"]);
        let mut dropped = run("", 1);
        dropped.sockets.dropped = 1;
        check(&dropped, Outcome::Broke, false, &["dropped"]);
        let mut lost = run(SLO, 110);
        violate(&mut lost, Class::Lost, 1);
        check(&lost, Outcome::Broke, false, &["lost", "threshold"]);
        let mut late = run("", 1);
        violate(&mut late, Class::Late, 3);
        check(&late, Outcome::Broke, true, &["late"]);
        violate(&mut late, Class::Late, 500);
        check(&late, Outcome::Broke, false, &["late"]);
    }

    #[test]
    fn pushes_that_are_not_taken_are_the_targets() {
        let mut slow = run("", 1);
        slow.pushes.sent = 95;
        slow.pushes.accepted = 95;
        slow.missed.by_target = 5;
        check(&slow, Outcome::Broke, true, &["pushes"]);
        slow.pushes.accepted = 40;
        check(&slow, Outcome::Broke, false, &["pushes"]);
    }

    #[test]
    fn the_generator_is_never_the_targets_limit() {
        let mut run = run(SLO, 400);
        run.sockets.refused = 3;
        violate(&mut run, Class::Late, 500);
        run.generator.undrained = true;
        let step = step(&run, 10.0, None);
        assert_eq!(step.outcome, Outcome::Unclear);
        assert!(step.unclear[0].contains("could not read all"), "{step:?}");
    }

    #[test]
    fn deliveries_about_at_the_deadline_are_no_sign_of_the_generator_among_many_that_are_late() {
        let mut run = run(SLO, 400);
        run.generator.held_up = 15;
        violate(&mut run, Class::Late, 14);
        check(&run, Outcome::Unclear, false, &["late"]);
        violate(&mut run, Class::Late, 15);
        check(&run, Outcome::Broke, false, &["threshold", "late"]);
        run.generator.undrained = true;
        check(&run, Outcome::Unclear, false, &["late"]);
    }

    #[test]
    fn what_proves_nothing_is_unclear() {
        let mut nothing = run("", 1);
        nothing.findings.counts.expected = 0;
        check(&nothing, Outcome::Unclear, false, &[]);
        let untold = run("\"latency.network.p99 < 5ms\"", 1);
        check(&untold, Outcome::Unclear, false, &[]);
        let mut gone = run("", 1);
        gone.not_begun = Some("nobody there".to_owned());
        check(&gone, Outcome::Unclear, false, &[]);
        // An event name that no push had says nothing of the load.
        let mut part = run("", 1);
        part.by_event = vec![("alert".to_owned(), summary::Split::default())];
        check(&part, Outcome::Held, false, &[]);
    }

    fn rate(run: &Summary) -> u64 {
        step(run, 1.0, None).figures.deliveries_per_s.round() as u64
    }

    #[test]
    fn throughput_is_that_of_whole_seconds_under_load() {
        let mut run = run("", 1);
        let second = |(second, sent, delivered)| Second {
            second,
            sent,
            delivered,
            ..Second::default()
        };
        let seconds = [
            (0, 0, 0),
            (1, 5, 50),
            (2, 10, 90),
            (3, 10, 110),
            (4, 2, 70),
            (5, 0, 30),
        ];
        run.timeline = seconds.into_iter().map(second).collect();
        assert_eq!(rate(&run), 100);
        run.measured = Some(Blocks::new(3));
        assert_eq!(rate(&run), 110);
        run.timeline.truncate(2);
        run.pushing = Duration::from_millis(500);
        assert_eq!(rate(&run), 100);
    }
}
