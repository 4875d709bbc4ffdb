//! Where what a journal comes to is not what the run said.

use crate::summary::Summary;
use crate::verify::Class;

/// A figure that is not the one that the run said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Which.
    pub what: &'static str,
    /// What the run said.
    pub said: String,
    /// What its journal comes to.
    pub judged: String,
}

/// Where what is judged is not what the run said.
pub(super) fn differences(said: &Summary, judged: &Summary) -> Vec<Difference> {
    let mut differences = Vec::new();
    let mut compare = |what, said: String, judged: String| {
        if said != judged {
            differences.push(Difference { what, said, judged });
        }
    };
    let figures = |summary: &Summary| {
        let (pushes, counts) = (summary.pushes, summary.findings.counts);
        let classes = Class::ALL.map(|class| (class.name(), counts.of(class)));
        let figures = [
            ("pushes sent", pushes.sent),
            ("pushes accepted", pushes.accepted),
            ("pushes rejected", pushes.rejected),
            ("pushes unknown", pushes.unknown),
            ("pushes at absent users", pushes.absent),
            ("pushes at foreign users", pushes.foreign),
            ("pushes rejected at nobody", pushes.rejected_at_nobody),
            ("expected", counts.expected),
            ("delivered", counts.delivered),
            ("allowed", counts.allowed),
        ];
        figures.into_iter().chain(classes)
    };
    for ((what, one), (_, other)) in figures(said).zip(figures(judged)) {
        compare(what, one.to_string(), other.to_string());
    }
    // What has no line of its own above.
    compare(
        "counts",
        format!("{:?}", said.findings.counts),
        format!("{:?}", judged.findings.counts),
    );
    compare(
        "requests",
        format!("{:?} {:?}", said.requests.counts, said.requests.examples()),
        format!(
            "{:?} {:?}",
            judged.requests.counts,
            judged.requests.examples()
        ),
    );
    let most = examples(said).count().max(examples(judged).count());
    let none = || std::iter::repeat("none".to_owned());
    let pairs = examples(said)
        .chain(none())
        .zip(examples(judged).chain(none()));
    for (one, other) in pairs.take(most) {
        compare("an example", one, other);
    }
    for (what, latency) in [
        (
            "push latency",
            (&said.latencies.push, &judged.latencies.push),
        ),
        (
            "push latency from sending",
            (
                &said.latencies.push_from_send,
                &judged.latencies.push_from_send,
            ),
        ),
        (
            "latency to the kernel",
            (&said.latencies.network, &judged.latencies.network),
        ),
        (
            "latency after the kernel",
            (
                &said.latencies.generator_delay,
                &judged.latencies.generator_delay,
            ),
        ),
        (
            "request latency",
            (&said.requests.latency, &judged.requests.latency),
        ),
        (
            "trigger latency",
            (&said.latencies.trigger, &judged.latencies.trigger),
        ),
    ] {
        let words = |latency: &crate::measure::Latency| {
            let (p50, p99) = (latency.quantile_us(0.5), latency.quantile_us(0.99));
            format!(
                "{} samples, p50 {p50:?} µs, p99 {p99:?} µs, max {:?} µs",
                latency.count(),
                latency.max_us()
            )
        };
        compare(what, words(latency.0), words(latency.1));
    }
    let verdict = |summary: &Summary| {
        let judgement = summary.judge();
        format!(
            "{} (exit {})",
            judgement.verdict.name(),
            judgement.exit_code
        )
    };
    compare("verdict", verdict(said), verdict(judged));
    differences
}

fn examples(summary: &Summary) -> impl Iterator<Item = String> + '_ {
    let examples = summary.findings.examples().iter();
    examples.map(|example| format!("{example:?}"))
}
