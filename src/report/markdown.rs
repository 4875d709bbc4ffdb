//! A run in Markdown, short enough for a comment on a pull request: the verdict, one table, an example of each violation, the thresholds,
//! and what was tried.

use std::fmt::{self, Display, Write as _};

use super::json::form::Report;
use super::text::thresholds::observed;
use super::text::{duration, first_of_each, in_short, line, number};
use crate::verify::Class;

/// Most reasons, thresholds and letters of an example shown.
const MOST: usize = 12;
const LETTERS: usize = 400;

/// The summary, ending in a line break.
///
/// # Panics
/// Never: writing to memory does not fail.
#[must_use]
pub fn render(report: &Report) -> String {
    let mut out = String::new();
    write(&mut out, report).expect("writing to memory does not fail");
    out
}

fn write(out: &mut String, report: &Report) -> fmt::Result {
    let mark = match report.verdict.as_ref() {
        "pass" => "✅ pass",
        "fail" => "❌ fail",
        _ => "❔ unknown",
    };
    writeln!(out, "### pushproof: {mark}, {}\n", Plain(&in_short(report)))?;
    for reason in report.reasons.iter().take(MOST) {
        writeln!(out, "- {}", Plain(reason))?;
    }
    if report.reasons.len() > MOST {
        writeln!(out, "- and {} more", report.reasons.len() - MOST)?;
    }
    if !report.reasons.is_empty() {
        writeln!(out)?;
    }
    if report.not_begun.is_none() {
        table(out, report)?;
        examples(out, report)?;
        thresholds(out, report)?;
    }
    tried(out, report)
}

fn table(out: &mut String, report: &Report) -> fmt::Result {
    let (sockets, pushes, of) = (&report.sockets, &report.pushes, &report.deliveries);
    let push = &report.latency.push;
    let of_class = |class: &Class| (of.wrong.of(*class), class.name());
    let wrong = Class::ALL.iter().map(of_class).filter(|(n, _)| *n > 0);
    let wrong: Vec<_> = wrong
        .map(|(n, name)| format!("{} {name}", number(n)))
        .collect();
    let wrong = match wrong.len() {
        0 if of.expected == 0 => "none seen, for nothing had to arrive".to_owned(),
        0 => "none".to_owned(),
        _ => format!("**{}**", wrong.join(", ")),
    };
    writeln!(out, "| | |\n|---|---|")?;
    writeln!(out, "| violations | {wrong} |")?;
    writeln!(
        out,
        "| deliveries | {} of {} expected{} |",
        number(of.delivered),
        number(of.expected),
        match of.rate_per_s {
            Some(rate) => format!(", {}/s", number(rate.round() as u64)),
            None => String::new(),
        }
    )?;
    writeln!(
        out,
        "| push latency | p50 {} · p90 {} · p99 {} · p99.9 {} · max {} |",
        duration(push.p50_us),
        duration(push.p90_us),
        duration(push.p99_us),
        duration(push.p999_us),
        duration(push.max_us)
    )?;
    writeln!(
        out,
        "| pushes | {} of {} accepted · {} rejected · {} unknown |",
        number(pushes.accepted),
        number(pushes.scheduled),
        number(pushes.rejected),
        number(pushes.unknown)
    )?;
    writeln!(
        out,
        "| sockets | {} of {} connected · {} dropped |\n",
        number(sockets.connected),
        number(sockets.wanted),
        number(sockets.dropped)
    )
}

fn examples(out: &mut String, report: &Report) -> fmt::Result {
    if report.violations.is_empty() {
        return Ok(());
    }
    writeln!(
        out,
        "<details><summary>An example of each violation</summary>\n"
    )?;
    for example in first_of_each(&report.violations, 0) {
        let told: String = line(example).chars().take(LETTERS).collect();
        writeln!(out, "- **{}** {}", Plain(&example.class), Plain(&told))?;
    }
    writeln!(out, "\n</details>\n")
}

fn thresholds(out: &mut String, report: &Report) -> fmt::Result {
    if report.thresholds.is_empty() {
        return Ok(());
    }
    writeln!(out, "| threshold | | observed |\n|---|---|---|")?;
    for one in report.thresholds.iter().take(MOST) {
        let word = match one.outcome.as_ref() {
            "kept" => "✅ kept",
            "breached" => "❌ **breached**",
            _ => "❔ unknown",
        };
        writeln!(
            out,
            "| {} | {word} | {} |",
            Plain(&one.expression),
            observed(one)
        )?;
    }
    if report.thresholds.len() > MOST {
        writeln!(out, "| and {} more | | |", report.thresholds.len() - MOST)?;
    }
    writeln!(out)
}

fn tried(out: &mut String, report: &Report) -> fmt::Result {
    let target = if report.target.embedded {
        "the embedded platform"
    } else {
        &report.target.url
    };
    writeln!(
        out,
        "<sub>{} at {}, {} apps · seed {} · {:.1} s · exit {} · pushproof {} · {}</sub>",
        Plain(&report.scenario.name),
        Plain(target),
        report.target.apps.len(),
        report.seed,
        report.duration_ms as f64 / 1e3,
        report.exit_code,
        Plain(&report.environment.pushproof),
        Plain(&report.started_at)
    )
}

/// Text that is neither Markdown nor HTML, nor the name of somebody whom a comment would call, in one line.
pub(super) struct Plain<'a>(pub(super) &'a str);

impl Display for Plain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for char in self.0.chars() {
            match char {
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '&' => f.write_str("&amp;")?,
                '@' => f.write_str("&#64;")?,
                '#' => f.write_str("&#35;")?,
                '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '!' => write!(f, "\\{char}")?,
                control if control.is_control() => f.write_char(' ')?,
                // What turns text around.
                '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
                    f.write_char('\u{fffd}')?;
                }
                other => f.write_char(other)?,
            }
        }
        Ok(())
    }
}
