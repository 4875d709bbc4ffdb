//! Tables of the page: thresholds, latencies, and rows of names and values.

use std::fmt::Write as _;

use super::super::Escaped;
use super::class_of;
use crate::report::json::form::Report;
use crate::report::json::latency::LatencyUs;
use crate::report::text::thresholds::observed;
use crate::report::text::{duration, number};

/// Begins a table that may be wider than the page; each column is `text` or a number.
pub(super) fn begin(out: &mut String, label: &str, columns: &[(&str, bool)]) -> std::fmt::Result {
    write!(
        out,
        "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{}\">\n<table>\n<thead><tr>",
        Escaped(label)
    )?;
    for (name, text) in columns {
        let class = if *text { " class=\"text\"" } else { "" };
        write!(out, "<th scope=\"col\"{class}>{}</th>", Escaped(name))?;
    }
    out.push_str("</tr></thead>\n<tbody>\n");
    Ok(())
}

pub(super) fn end(out: &mut String) {
    out.push_str("</tbody>\n</table>\n</div>\n");
}

/// Names and what they stand for, as a list.
pub(super) fn facts(out: &mut String, facts: &[(&str, String)]) -> std::fmt::Result {
    out.push_str("<dl class=\"facts\">\n");
    for (name, what) in facts {
        writeln!(
            out,
            "<div><dt>{}</dt><dd>{}</dd></div>",
            Escaped(name),
            Escaped(what)
        )?;
    }
    out.push_str("</dl>\n");
    Ok(())
}

pub(super) fn thresholds(out: &mut String, report: &Report) -> std::fmt::Result {
    if report.thresholds.is_empty() {
        return Ok(());
    }
    out.push_str("<h2 id=\"thresholds\">Thresholds</h2>\n");
    let columns = [
        ("threshold", true),
        ("outcome", true),
        ("observed", false),
        ("", true),
    ];
    begin(out, "Thresholds", &columns)?;
    for one in &report.thresholds {
        writeln!(
            out,
            "<tr><td class=\"text\">{}</td><td class=\"text {}\">{}</td><td>{}</td><td class=\"text wrap\">{}</td></tr>",
            Escaped(&one.expression),
            class_of(&one.outcome),
            Escaped(&one.outcome),
            Escaped(&observed(one)),
            Escaped(one.why.as_deref().unwrap_or_default())
        )?;
    }
    end(out);
    Ok(())
}

/// The columns that [`cells`] fills.
pub(super) const LATENCY: [(&str, bool); 7] = [
    ("p50", false),
    ("p90", false),
    ("p95", false),
    ("p99", false),
    ("p99.9", false),
    ("max", false),
    ("samples", false),
];

pub(super) fn cells(out: &mut String, of: &LatencyUs) -> std::fmt::Result {
    for us in [
        of.p50_us, of.p90_us, of.p95_us, of.p99_us, of.p999_us, of.max_us,
    ] {
        write!(out, "<td>{}</td>", duration(us))?;
    }
    write!(out, "<td>{}</td>", number(of.count))
}

pub(super) fn latencies(out: &mut String, report: &Report) -> std::fmt::Result {
    let of = &report.latency;
    let rows = [
        ("push, from when it was due", &of.push),
        ("push, from when it was sent", &of.push_from_send),
        ("to the kernel’s receive stamp", &of.network),
        ("then waiting for the generator", &of.generator_delay),
        ("* to its first recipient", &of.fanout_first),
        ("* to its median recipient", &of.fanout_median),
        ("* to its last recipient", &of.fanout_last),
        ("trigger, answered", &of.trigger),
        ("request, from when it was due", &of.request),
        ("request, from when it was sent", &of.request_from_send),
        ("login", &of.login),
        ("each request of a login", &of.login_attempt),
        ("connect", &of.connect),
    ];
    let rows = rows.iter().filter(|(_, of)| of.count > 0);
    let mut columns = vec![("latency", true)];
    columns.extend(LATENCY);
    begin(out, "Latencies", &columns)?;
    for (name, of) in rows {
        write!(out, "<tr><th scope=\"row\" class=\"text\">{name}</th>")?;
        cells(out, of)?;
        out.push_str("</tr>\n");
    }
    end(out);
    if let Some(why) = &report.generator.unstamped {
        writeln!(out, "<p class=\"soft\">{}</p>", Escaped(why))?;
    }
    Ok(())
}
