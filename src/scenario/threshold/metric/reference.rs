//! The tables of docs/thresholds.md.

use std::fmt::Write as _;

use super::{
    By, DeliveryFigure, Fact, GeneratorFigure, Known, LoginFigure, PushFigure, RefusedFigure,
    RequestFigure, SocketFigure, Stat, Timing, Unit,
};

/// The tables of docs/thresholds.md: every metric with what it is written in, when it is known, and what it is.
pub fn reference() -> String {
    let mut out = String::from("| metric | written as | known | what it is |\n|---|---|---|---|\n");
    for figure in SocketFigure::ALL {
        out += &row(&format!("sockets.{}", figure.fact().name), figure.fact());
    }
    for figure in LoginFigure::ALL {
        out += &row(&format!("logins.{}", figure.fact().name), figure.fact());
    }
    for figure in RefusedFigure::ALL {
        let name = figure.fact().name;
        out += &row(&format!("must_refuse.{name}"), figure.fact());
    }
    for figure in PushFigure::ALL {
        out += &row(&format!("pushes.{}", figure.fact().name), figure.fact());
    }
    for figure in DeliveryFigure::ALL {
        out += &row(&format!("deliveries.{}", figure.fact().name), figure.fact());
    }
    for figure in RequestFigure::ALL {
        out += &row(&format!("requests.{}", figure.fact().name), figure.fact());
    }
    for timing in Timing::ALL {
        out += &row(
            &format!("latency.{}.<figure>", timing.fact().name),
            timing.fact(),
        );
    }
    for by in By::ALL {
        let Fact { name, about, .. } = by.fact();
        let _ = writeln!(
            out,
            "| `{name}.<name>.pushes`, `….delivered`, `….push.<figure>` | `100`, `100`, `50ms` | at the end | {about} |"
        );
    }
    for figure in GeneratorFigure::ALL {
        out += &row(&format!("generator.{}", figure.fact().name), figure.fact());
    }
    out += "\n| figure of a latency | written as | known | what it is |\n|---|---|---|---|\n";
    for stat in Stat::ALL {
        let Fact { name, about, .. } = stat.fact();
        let (written, known) = match stat {
            Stat::Count => ("`100`", "at the end"),
            _ => ("`50ms`", "as its latency"),
        };
        let _ = writeln!(out, "| `….{name}` | {written} | {known} | {about} |");
    }
    out
}

fn row(name: &str, fact: Fact) -> String {
    let written = match fact.unit {
        Unit::Count(None) => "`100`".to_owned(),
        Unit::Count(Some(whole)) => format!("`100`, or `1%` of `{whole}`"),
        Unit::Time => "`50ms`".to_owned(),
        Unit::Bytes => "`8KiB`".to_owned(),
        Unit::PerSecond => "`100/s`".to_owned(),
        Unit::Processor => "`80%`".to_owned(),
    };
    let known = match fact.known {
        Known::Live => "live",
        Known::Arrived => "once all users have arrived",
        Known::End => "at the end",
    };
    let about = fact.about;
    format!("| `{name}` | {written} | {known} | {about} |\n")
}
