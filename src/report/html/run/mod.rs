//! A run as a page: the verdict and its reasons, what went wrong, latency and throughput over time, and what was tried. All of it is there
//! without the script, which draws the charts from numbers that also stand in tables.

mod charts;
mod data;
mod parts;
mod rest;
mod tables;
mod violations;

use std::fmt::Write as _;

use super::{Escaped, page_with};
use crate::report::json::form::Report;
use crate::report::text::{duration, in_short, number};

const STYLE: &str = concat!(
    include_str!("../vendor/uplot.css"),
    "\n",
    include_str!("run.css")
);
const UPLOT: &str = include_str!("../vendor/uplot.js");
const SCRIPT: &str = include_str!("run.js");

/// The page, ending in a line break.
///
/// # Panics
/// Never: writing to memory does not fail.
#[must_use]
pub(in crate::report) fn render(report: &Report) -> String {
    let mut main = String::new();
    let data = data::Data::of(report);
    write(&mut main, report, &data).expect("writing to memory does not fail");
    let word = report.verdict.to_uppercase();
    let title = format!("pushproof: {word}: {}", report.scenario.name);
    let data = data.script();
    let after = format!(
        "<script type=\"application/json\" id=\"data\">{data}</script>\n<script>{UPLOT}</script>\n<script>{SCRIPT}</script>\n"
    );
    page_with(&title, STYLE, &main, &after)
}

fn write(out: &mut String, report: &Report, data: &data::Data) -> std::fmt::Result {
    head(out, report)?;
    if report.not_begun.is_none() {
        tiles(out, report)?;
        violations::write(out, report)?;
        tables::thresholds(out, report)?;
        charts::write(out, report, data)?;
        parts::write(out, report)?;
        rest::getting_in(out, report)?;
        rest::requests(out, report)?;
    }
    rest::second_opinion(out, report)?;
    rest::generator(out, report)?;
    rest::scenario(out, report)?;
    foot(out, report)
}

fn class_of(verdict: &str) -> &'static str {
    match verdict {
        "pass" | "kept" => "good",
        "fail" | "breached" => "bad",
        _ => "warn",
    }
}

fn head(out: &mut String, report: &Report) -> std::fmt::Result {
    let target = if report.target.embedded {
        "the embedded platform"
    } else {
        &report.target.url
    };
    writeln!(
        out,
        "<header>\n<p class=\"soft\">pushproof run · {} · {} · {} · seed {}</p>\n\
         <button type=\"button\" id=\"theme\" hidden>Theme: system</button>\n</header>",
        Escaped(&report.scenario.name),
        Escaped(target),
        Escaped(&report.started_at),
        report.seed
    )?;
    writeln!(
        out,
        "<h1><span class=\"word {}\">{}</span> {}</h1>",
        class_of(&report.verdict),
        report.verdict.to_uppercase(),
        Escaped(&in_short(report))
    )?;
    if !report.reasons.is_empty() {
        out.push_str("<ul class=\"reasons\">\n");
        for reason in &report.reasons {
            writeln!(out, "<li>{}</li>", Escaped(reason))?;
        }
        out.push_str("</ul>\n");
    }
    if report.target.insecure {
        out.push_str("<p class=\"bad\">Insecure: the target’s certificate was not verified; anybody could have been in its place.</p>\n");
    }
    for way in &report.target.ways {
        writeln!(out, "<p class=\"soft\">{}</p>", Escaped(way))?;
    }
    Ok(())
}

fn tiles(out: &mut String, report: &Report) -> std::fmt::Result {
    let (push, of, sockets) = (&report.latency.push, &report.deliveries, &report.sockets);
    let pushes = &report.pushes;
    let a_second = |rate: Option<f64>| rate.map_or(String::new(), |rate| format!("{rate:.1}/s"));
    let from = if pushes.mode == "closed" {
        "closed loop: from sending, which hides waiting"
    } else {
        "from when each push was due"
    };
    out.push_str("<section class=\"tiles\" aria-label=\"In short\">\n");
    for (name, what, more) in [
        (
            "violations",
            number(report.violations()),
            format!("in {} deliveries", number(of.delivered)),
        ),
        (
            "delivered",
            number(of.delivered),
            format!(
                "{} expected · {}",
                number(of.expected),
                a_second(of.rate_per_s)
            ),
        ),
        (
            "pushes accepted",
            number(pushes.accepted),
            format!(
                "of {} scheduled · {}",
                number(pushes.scheduled),
                a_second(pushes.rate_per_s)
            ),
        ),
        (
            "sockets connected",
            number(sockets.connected),
            format!(
                "of {} · {} dropped",
                number(sockets.wanted),
                number(sockets.dropped)
            ),
        ),
        ("push latency p50", duration(push.p50_us), from.to_owned()),
        (
            "push latency p99",
            duration(push.p99_us),
            format!(
                "p99.9 {} · max {}",
                duration(push.p999_us),
                duration(push.max_us)
            ),
        ),
    ] {
        writeln!(
            out,
            "<div><span>{name}</span><b>{}</b><small>{}</small></div>",
            Escaped(&what),
            Escaped(&more)
        )?;
    }
    out.push_str("</section>\n");
    Ok(())
}

fn foot(out: &mut String, report: &Report) -> std::fmt::Result {
    let machine = &report.environment;
    writeln!(
        out,
        "<footer>\n<p>Took {:.1} s; exit code {}. pushproof {} on {} {}, {} processors, {} open files allowed.</p>\n\
         <p>This page is made of the JSON report alone and needs nothing else. Charts are drawn by uPlot (MIT, © 2022 Leon Sorokin).</p>\n</footer>",
        report.duration_ms as f64 / 1e3,
        report.exit_code,
        Escaped(&machine.pushproof),
        Escaped(&machine.os),
        Escaped(&machine.arch),
        machine.cpus,
        number(machine.open_files)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vendored_script_is_the_version_that_its_note_says() {
        let note = include_str!("../vendor/README.md");
        let (_, version) = note.split_once("npm package `uplot` ").expect("a version");
        let (version, _) = version.split_once(' ').expect("a version");
        assert!(UPLOT.starts_with(&format!(
            "/*! https://github.com/leeoniya/uPlot (v{version}) */"
        )));
        // It would end the script that it stands in.
        assert!(!UPLOT.contains("</script") && !SCRIPT.contains("</script"));
    }
}
