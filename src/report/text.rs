//! The summary a person reads in ten seconds: the verdict first. It fits a terminal of 80 columns, but for what the target says.

mod latencies;
mod lines;
pub(super) mod requests;
mod sockets;
pub(super) mod thresholds;
mod triggers;

use std::fmt::Write as _;
use std::time::Duration;

use super::hand::printable;
use super::json::form::{Report, Violation};
use super::opinion;
use crate::verify::{Class, Ordering};

/// Most examples of violations shown: more are in the JSON report.
const EXAMPLES: usize = 6;

/// Whether to colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colour {
    /// No escape codes.
    Off,
    /// ANSI colours.
    On,
}

/// The summary of a run, ending in a line break.
///
/// # Panics
/// Never: writing to memory does not fail.
#[must_use]
pub fn render(report: &Report, colour: Colour) -> String {
    let mut out = String::new();
    let to_memory = "writing to memory does not fail";
    headline(&mut out, report, colour).expect(to_memory);
    if report.not_begun.is_none() {
        counts(&mut out, report).expect(to_memory);
        examples(&mut out, report).expect(to_memory);
        requests::examples(&mut out, report).expect(to_memory);
        latencies::all(&mut out, report).expect(to_memory);
        triggers::render(&mut out, report).expect(to_memory);
        thresholds::render(&mut out, &report.thresholds).expect(to_memory);
    }
    if let Some(second) = &report.second_opinion {
        out += &opinion::lines(second);
    }
    footer(&mut out, report).expect(to_memory);
    out
}

/// What the verdict is about, in a line.
pub(in crate::report) fn in_short(report: &Report) -> String {
    let ordering = report
        .scenario
        .plan
        .known()
        .and_then(|plan| plan.verify.ordering);
    match report.verdict.as_ref() {
        "pass" => format!(
            "every push arrived once{}, at nobody else ({} deliveries)",
            match ordering {
                Some(Ordering::Lane) => ", in its lane's order",
                Some(Ordering::Realtime) => ", in order",
                Some(Ordering::None) | None => "",
            },
            number(report.deliveries.delivered)
        ),
        "fail" => match report.violations() {
            0 => "no violation was seen, but a limit of the scenario was broken".to_owned(),
            1 => "1 violation".to_owned(),
            n => format!("{} violations", number(n)),
        },
        _ if report.not_begun.is_some() => "the run could not begin".to_owned(),
        _ => "no violation was seen, but this is no proof".to_owned(),
    }
}

fn headline(out: &mut String, report: &Report, colour: Colour) -> std::fmt::Result {
    let (word, code) = match report.verdict.as_ref() {
        "pass" => ("PASS", "1;32"),
        "fail" => ("FAIL", "1;31"),
        _ => ("UNKNOWN", "1;33"),
    };
    let word = match colour {
        Colour::On => format!("\u{1b}[{code}m{word}\u{1b}[0m"),
        Colour::Off => word.to_owned(),
    };
    writeln!(out, "{word}  {}", in_short(report))?;
    for reason in &report.reasons {
        writeln!(out, "  - {}", printable(reason))?;
    }
    writeln!(out)
}

fn counts(out: &mut String, report: &Report) -> std::fmt::Result {
    let sockets = &report.sockets;
    let pushes = &report.pushes;
    let deliveries = &report.deliveries;
    let embedded = if report.target.embedded {
        "the embedded platform at "
    } else {
        ""
    };
    let apps = report.target.apps.join(", ");
    writeln!(
        out,
        "  target      {embedded}{} · apps {}",
        printable(&report.target.url),
        printable(&apps)
    )?;
    for way in &report.target.ways {
        writeln!(out, "              {}", printable(way))?;
    }
    if report.target.insecure {
        writeln!(
            out,
            "              INSECURE: its certificate was not verified; anybody could have been in its place"
        )?;
    }
    writeln!(
        out,
        "  sockets     {} of {} connected · {} refused · {} dropped",
        number(sockets.connected),
        number(sockets.wanted),
        number(sockets.refused),
        number(sockets.dropped)
    )?;
    if sockets.stuck + sockets.evicted + sockets.overdue > 0 {
        writeln!(
            out,
            "              {} stopped reading · {} ended by the target for what they neglected · {} overdue: not ended although they answered no ping",
            number(sockets.stuck),
            number(sockets.evicted),
            number(sockets.overdue)
        )?;
    }
    if sockets.left + sockets.reconnected > 0 {
        writeln!(
            out,
            "              {} left · {} came back · {} there at the end",
            number(sockets.left),
            number(sockets.reconnected),
            number(sockets.alive)
        )?;
    }
    sockets::getting_in(out, report)?;
    sockets::transports(out, report)?;
    writeln!(
        out,
        "  pushes      {} of {} sent · {} accepted · {} rejected · {} unknown",
        number(pushes.sent),
        number(pushes.scheduled),
        number(pushes.accepted),
        number(pushes.rejected),
        number(pushes.unknown)
    )?;
    lines::closed(out, report)?;
    lines::rate_changes(out, report)?;
    if pushes.absent + pushes.foreign > 0 {
        writeln!(
            out,
            "              {} at absent, {} at foreign users · {} of them rejected",
            number(pushes.absent),
            number(pushes.foreign),
            number(pushes.rejected_at_nobody)
        )?;
    }
    writeln!(
        out,
        "  deliveries  {} expected · {} delivered · {} allowed",
        number(deliveries.expected),
        number(deliveries.delivered),
        number(deliveries.allowed)
    )?;
    lines::untagged(out, report)?;
    lines::warm_up(out, report)?;
    lines::recovered(out, report)?;
    lines::missed(out, deliveries)?;
    requests::counts(out, report)?;
    let (first, rest) = Class::ALL.split_at(5);
    for (label, classes) in [("violations", first), ("", rest)] {
        let told = classes
            .iter()
            .map(|class| format!("{} {}", number(deliveries.wrong.of(*class)), class.name()));
        writeln!(
            out,
            "  {label:<10}  {}",
            told.collect::<Vec<_>>().join(" · ")
        )?;
    }
    writeln!(out)
}

fn examples(out: &mut String, report: &Report) -> std::fmt::Result {
    if report.violations.is_empty() {
        return Ok(());
    }
    writeln!(out, "  for example")?;
    for example in first_of_each(&report.violations, EXAMPLES) {
        let class = printable(&example.class);
        writeln!(out, "    {class:<12} {}", line(example))?;
    }
    writeln!(out)
}

/// So many examples at least, where there are as many: one of each class before a second of any.
pub(super) fn first_of_each(all: &[Violation], at_least: usize) -> Vec<&Violation> {
    let mut shown: Vec<&Violation> = Vec::new();
    for class in Class::ALL {
        shown.extend(all.iter().find(|e| e.class == class.name()));
    }
    let more = all
        .iter()
        .filter(|e| !shown.iter().any(|s| std::ptr::eq(*s, *e)));
    let more: Vec<_> = more.take(at_least.saturating_sub(shown.len())).collect();
    shown.extend(more);
    shown
}

/// What happened where, without its class.
pub(super) fn line(example: &Violation) -> String {
    let mut line = format!(
        "at {}'s socket {} in app {}, event {:?}: {}",
        example.user, example.socket, example.app, example.event, example.detail
    );
    if let (Some(id), Some(sent)) = (&example.push, example.sent_us) {
        let audience = example.audience.as_deref().unwrap_or("?");
        let app = example.push_app.as_deref().unwrap_or("?");
        let sent = seconds(sent);
        let _ = write!(line, "; push {id} for {audience} in app {app}, sent {sent}");
    }
    if let Some(answered) = example.answered_us {
        let _ = write!(line, ", answered {}", seconds(answered));
    }
    if let Some(arrived) = example.arrived_us {
        let _ = write!(line, ", arrived {}", seconds(arrived));
    }
    printable(&line)
}

/// A moment of a run, given in microseconds since its start.
pub(super) fn seconds(us: u64) -> String {
    format!("{:.3} s", us as f64 / 1e6)
}

fn footer(out: &mut String, report: &Report) -> std::fmt::Result {
    let generator = &report.generator;
    let mut parts = Vec::new();
    if let Some(cpu) = generator.cpu_percent {
        parts.push(format!("{cpu:.0} % of a core"));
    }
    if let Some(lag) = generator.schedule_lag_p99_us {
        parts.push(format!("schedule lag p99 {}", duration(Some(lag))));
    }
    if let Some(bytes) = generator.bytes_per_socket {
        parts.push(format!("{:.1} KiB a socket", bytes as f64 / 1024.0));
    }
    if !parts.is_empty() {
        writeln!(out, "  generator   {}", parts.join(" · "))?;
    }
    let mut more = Vec::new();
    if let Some(delay) = generator.loop_delay_p99_us {
        more.push(format!("loop delay p99 {}", duration(Some(delay))));
    }
    if let Some(percent) = generator.busiest_thread_percent {
        more.push(format!("busiest thread {percent:.0} %"));
    }
    if generator.workers > 0 {
        more.push(format!("{} workers", generator.workers));
    }
    if let Some(files) = generator.open_files {
        let limit = number(report.environment.open_files);
        more.push(format!("{} of {limit} files", number(files)));
    }
    if !more.is_empty() {
        writeln!(out, "              {}", more.join(" · "))?;
    }
    writeln!(
        out,
        "  run         seed {} · took {:.1} s · exit {}",
        report.seed,
        report.duration_ms as f64 / 1e3,
        report.exit_code
    )
}

/// A latency for people: three digits and a unit.
pub(super) fn duration(us: Option<u64>) -> String {
    let Some(us) = us else {
        return "-".to_owned();
    };
    let d = Duration::from_micros(us);
    match us {
        0..1_000 => format!("{us} µs"),
        1_000..10_000 => format!("{:.2} ms", d.as_secs_f64() * 1e3),
        10_000..100_000 => format!("{:.1} ms", d.as_secs_f64() * 1e3),
        100_000..1_000_000 => format!("{:.0} ms", d.as_secs_f64() * 1e3),
        _ => format!("{:.2} s", d.as_secs_f64()),
    }
}

/// A count for people: digits in groups of three.
pub(super) fn number(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped() {
        for (n, text) in [
            (0, "0"),
            (999, "999"),
            (1_000, "1,000"),
            (1_234_567, "1,234,567"),
        ] {
            assert_eq!(number(n), text);
        }
    }

    #[test]
    fn latencies_keep_three_digits() {
        for (us, text) in [
            (14, "14 µs"),
            (1_234, "1.23 ms"),
            (12_340, "12.3 ms"),
            (123_400, "123 ms"),
            (1_234_000, "1.23 s"),
        ] {
            assert_eq!(duration(Some(us)), text);
        }
        assert_eq!(duration(None), "-");
    }
}
