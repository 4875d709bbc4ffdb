//! The run by event name, audience and trigger.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::super::Escaped;
use super::tables::{LATENCY, begin, cells, end};
use crate::report::json::form::{Part, Report};
use crate::report::text::number;
use crate::verify::Class;

pub(super) fn write(out: &mut String, report: &Report) -> std::fmt::Result {
    out.push_str("<h2 id=\"parts\">By part</h2>\n");
    for (what, parts) in [
        ("event name", &report.by_event),
        ("audience", &report.by_audience),
    ] {
        table(out, what, parts)?;
    }
    triggers(out, report)
}

fn table(out: &mut String, what: &str, parts: &BTreeMap<String, Part>) -> std::fmt::Result {
    let mut columns = vec![(what, true), ("pushes", false), ("delivered", false)];
    columns.extend(LATENCY);
    begin(out, &format!("By {what}"), &columns)?;
    for (name, part) in parts {
        write!(
            out,
            "<tr><th scope=\"row\" class=\"text\">{}</th><td>{}</td><td>{}</td>",
            Escaped(name),
            number(part.pushes),
            number(part.delivered)
        )?;
        cells(out, &part.push)?;
        out.push_str("</tr>\n");
    }
    end(out);
    Ok(())
}

fn triggers(out: &mut String, report: &Report) -> std::fmt::Result {
    let mut columns = vec![
        ("trigger", true),
        ("accepted", false),
        ("rejected", false),
        ("unknown", false),
        ("violations", false),
        ("delivered", false),
    ];
    columns.extend(LATENCY);
    begin(out, "By trigger", &columns)?;
    for (name, of) in &report.by_trigger {
        let wrong = Class::ALL.map(|class| (of.wrong.of(class), class.name()));
        let wrong = wrong.iter().filter(|(n, _)| *n > 0);
        let wrong: Vec<_> = wrong
            .map(|(n, name)| format!("{} {name}", number(*n)))
            .collect();
        let wrong = match wrong.len() {
            0 => "none".to_owned(),
            _ => wrong.join(", "),
        };
        write!(
            out,
            "<tr><th scope=\"row\" class=\"text\">{}</th><td>{}</td><td>{}</td><td>{}</td><td class=\"wrong\">{wrong}</td><td>{}</td>",
            Escaped(name),
            number(of.accepted),
            number(of.rejected),
            number(of.unknown),
            number(of.delivered)
        )?;
        cells(out, &of.push)?;
        out.push_str("</tr>\n");
    }
    end(out);
    Ok(())
}
