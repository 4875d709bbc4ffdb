//! The summary a person reads in ten seconds: the verdict first. It fits a terminal of 80 columns, but for what the target says.

mod latencies;
mod lines;
mod requests;
mod sockets;
mod thresholds;
mod triggers;

use std::fmt::Write as _;
use std::time::Duration;

use super::opinion;
use crate::summary::opinion::Opinions;
use crate::summary::verdict::Judgement;
use crate::summary::{Summary, Verdict};
use crate::time::Time;
use crate::verify::{Class, Example, Ordering};

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
pub fn render(summary: &Summary, colour: Colour) -> String {
    of_one(summary, &summary.judge(), None, colour)
}

/// The same of a run that a second driver made once more: what the first came to, and where the second differs.
#[must_use]
pub fn render_both(opinions: &Opinions<'_>, colour: Colour) -> String {
    let second = opinion::lines(opinions);
    of_one(opinions.first, &opinions.judge(), Some(&second), colour)
}

fn of_one(
    summary: &Summary,
    judgement: &Judgement,
    second: Option<&str>,
    colour: Colour,
) -> String {
    let mut out = String::new();
    let to_memory = "writing to memory does not fail";
    headline(&mut out, summary, judgement, colour).expect(to_memory);
    if summary.not_begun.is_none() {
        counts(&mut out, summary).expect(to_memory);
        examples(&mut out, summary).expect(to_memory);
        requests::examples(&mut out, summary).expect(to_memory);
        latencies::all(&mut out, summary).expect(to_memory);
        triggers::render(&mut out, summary).expect(to_memory);
        thresholds::render(&mut out, &judgement.thresholds).expect(to_memory);
    }
    out += second.unwrap_or_default();
    footer(&mut out, summary, judgement.exit_code).expect(to_memory);
    out
}

fn headline(
    out: &mut String,
    summary: &Summary,
    judgement: &Judgement,
    colour: Colour,
) -> std::fmt::Result {
    let (word, code) = match judgement.verdict {
        Verdict::Pass => ("PASS", "1;32"),
        Verdict::Fail => ("FAIL", "1;31"),
        Verdict::Unknown => ("UNKNOWN", "1;33"),
    };
    let word = match colour {
        Colour::On => format!("\u{1b}[{code}m{word}\u{1b}[0m"),
        Colour::Off => word.to_owned(),
    };
    let counts = &summary.findings.counts;
    let rest = match judgement.verdict {
        Verdict::Pass => format!(
            "every push arrived once{}, at nobody else ({} deliveries)",
            match summary.plan.ordering {
                Ordering::None => "",
                Ordering::Lane => ", in its lane's order",
                Ordering::Realtime => ", in order",
            },
            number(counts.delivered)
        ),
        Verdict::Fail => match counts.violations() + summary.requests.counts.violations() {
            0 => "no violation was seen, but a limit of the scenario was broken".to_owned(),
            1 => "1 violation".to_owned(),
            n => format!("{} violations", number(n)),
        },
        Verdict::Unknown if summary.not_begun.is_some() => "the run could not begin".to_owned(),
        Verdict::Unknown => "no violation was seen, but this is no proof".to_owned(),
    };
    writeln!(out, "{word}  {rest}")?;
    for reason in &judgement.reasons {
        writeln!(out, "  - {reason}")?;
    }
    writeln!(out)
}

fn counts(out: &mut String, summary: &Summary) -> std::fmt::Result {
    let sockets = &summary.sockets;
    let pushes = &summary.pushes;
    let deliveries = &summary.findings.counts;
    let embedded = if summary.target.embedded {
        "the embedded platform at "
    } else {
        ""
    };
    let apps = summary.plan.apps.join(", ");
    writeln!(
        out,
        "  target      {embedded}{} · apps {apps}",
        summary.target.url
    )?;
    for way in summary.plan.ways() {
        writeln!(out, "              {way}")?;
    }
    if summary.plan.is_insecure() {
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
    sockets::getting_in(out, summary)?;
    sockets::transports(out, summary)?;
    writeln!(
        out,
        "  pushes      {} of {} sent · {} accepted · {} rejected · {} unknown",
        number(pushes.sent),
        number(pushes.scheduled),
        number(pushes.accepted),
        number(pushes.rejected),
        number(pushes.unknown)
    )?;
    lines::closed(out, summary)?;
    lines::rate_changes(out, summary)?;
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
    lines::untagged(out, summary)?;
    lines::warm_up(out, summary)?;
    lines::recovered(out, summary)?;
    lines::missed(out, deliveries)?;
    requests::counts(out, summary)?;
    let (first, rest) = Class::ALL.split_at(5);
    for (label, classes) in [("violations", first), ("", rest)] {
        let told = classes
            .iter()
            .map(|class| format!("{} {}", number(deliveries.of(*class)), class.name()));
        writeln!(
            out,
            "  {label:<10}  {}",
            told.collect::<Vec<_>>().join(" · ")
        )?;
    }
    writeln!(out)
}

fn examples(out: &mut String, summary: &Summary) -> std::fmt::Result {
    let examples = summary.findings.examples();
    if examples.is_empty() {
        return Ok(());
    }
    writeln!(out, "  for example")?;
    // One of each class before a second of any.
    let mut shown: Vec<&Example> = Vec::new();
    for class in Class::ALL {
        shown.extend(examples.iter().find(|e| e.class == class));
    }
    let more = examples
        .iter()
        .filter(|e| !shown.iter().any(|s| std::ptr::eq(*s, *e)));
    let more: Vec<_> = more.take(EXAMPLES.saturating_sub(shown.len())).collect();
    shown.extend(more);
    for example in shown {
        writeln!(out, "    {}", line(summary, example))?;
    }
    writeln!(out)
}

fn line(summary: &Summary, example: &Example) -> String {
    let plan = &summary.plan;
    let app = |id: crate::ids::AppId| plan.apps.get(id.index()).map_or("?", String::as_str);
    let mut line = format!(
        "{:<12} at {}'s socket {} in app {}, event {:?}: {}",
        example.class.name(),
        plan.name_of(example.user),
        example.socket,
        app(plan.app_of(example.user)),
        example.event,
        example.detail
    );
    if let (Some(id), Some(push)) = (example.push, &example.sent) {
        let audience = plan.audience_name(push.audience);
        let sent = seconds(push.sent);
        let _ = write!(
            line,
            "; push {id} for {audience} in app {}, sent {sent}",
            app(push.app)
        );
    }
    if let Some(answered) = example.answered {
        let _ = write!(line, ", answered {}", seconds(answered));
    }
    if let Some(arrived) = example.arrived {
        let _ = write!(line, ", arrived {}", seconds(arrived));
    }
    line
}

fn seconds(at: Time) -> String {
    format!("{:.3} s", at.as_nanos() as f64 / 1e9)
}

fn footer(out: &mut String, summary: &Summary, exit_code: u8) -> std::fmt::Result {
    let generator = &summary.generator;
    let mut parts = Vec::new();
    if let Some(cpu) = generator.cpu_percent {
        parts.push(format!("{cpu:.0} % of a core"));
    }
    if let Some(lag) = generator.schedule_lag.quantile_us(0.99) {
        parts.push(format!("schedule lag p99 {}", duration(Some(lag))));
    }
    if let Some(bytes) = generator.bytes_per_socket {
        parts.push(format!("{:.1} KiB a socket", bytes as f64 / 1024.0));
    }
    if !parts.is_empty() {
        writeln!(out, "  generator   {}", parts.join(" · "))?;
    }
    let mut more = Vec::new();
    if let Some(delay) = generator.loop_delay.quantile_us(0.99) {
        more.push(format!("loop delay p99 {}", duration(Some(delay))));
    }
    if let Some(percent) = generator.busiest_thread_percent {
        more.push(format!("busiest thread {percent:.0} %"));
    }
    if generator.workers > 0 {
        more.push(format!("{} workers", generator.workers));
    }
    if let Some(files) = generator.open_files {
        let limit = number(summary.environment.open_files);
        more.push(format!("{} of {limit} files", number(files)));
    }
    if !more.is_empty() {
        writeln!(out, "              {}", more.join(" · "))?;
    }
    writeln!(
        out,
        "  run         seed {} · took {:.1} s · exit {exit_code}",
        summary.plan.seed,
        summary.duration.as_secs_f64()
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
