//! The rest of the page: how sockets got in, their requests, a second driver, the generator, and the scenario itself.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::super::Escaped;
use super::tables::{begin, end, facts};
use crate::report::json::about::Planned;
use crate::report::json::form::Report;
use crate::report::text::requests::line;
use crate::report::text::{duration, number};

/// Why things went as they did, with how often; nothing if nothing did.
fn because(out: &mut String, what: &str, map: &BTreeMap<String, u64>) -> std::fmt::Result {
    if map.is_empty() {
        return Ok(());
    }
    begin(out, what, &[(what, true), ("times", false)])?;
    for (why, n) in map {
        writeln!(
            out,
            "<tr><td class=\"text wrap\">{}</td><td>{}</td></tr>",
            Escaped(why),
            number(*n)
        )?;
    }
    end(out);
    Ok(())
}

pub(super) fn getting_in(out: &mut String, report: &Report) -> std::fmt::Result {
    let (of, logins, pushes) = (&report.sockets, &report.logins, &report.pushes);
    out.push_str("<h2 id=\"connections\">Connections and answers</h2>\n");
    let mut told = vec![
        (
            "sockets",
            format!(
                "{} of {} connected",
                number(of.connected),
                number(of.wanted)
            ),
        ),
        ("refused", number(of.refused)),
        ("dropped", number(of.dropped)),
        ("left by churn", number(of.left)),
        ("came back", number(of.reconnected)),
        ("there at the end", number(of.alive)),
        (
            "login requests",
            format!(
                "{} · {} retries · {} failed",
                number(logins.attempted),
                number(logins.retried),
                number(logins.failed)
            ),
        ),
        (
            "pushes",
            format!(
                "{} sent · {} accepted · {} rejected · {} unknown",
                number(pushes.sent),
                number(pushes.accepted),
                number(pushes.rejected),
                number(pushes.unknown)
            ),
        ),
    ];
    let spoken = of.by_transport.iter().filter(|(_, n)| **n > 0);
    let spoken: Vec<_> = spoken
        .map(|(one, n)| format!("{} {one}", number(*n)))
        .collect();
    told.push(("transports", spoken.join(" · ")));
    if let Some(of) = &report.must_refuse {
        told.push((
            "to be refused",
            format!(
                "{} of {} sockets with {} credentials were · {} let in",
                number(of.refused),
                number(of.sockets),
                of.kind,
                number(of.let_in)
            ),
        ));
    }
    facts(out, &told)?;
    because(out, "why sockets were refused", &of.refused_because)?;
    because(out, "why sockets were dropped", &of.dropped_because)?;
    because(out, "why sockets could not come back", &of.not_back_because)?;
    because(
        out,
        "why connections stayed on long-polling",
        &of.not_upgraded_because,
    )?;
    because(
        out,
        "why pushes were not accepted",
        &pushes.not_accepted_because,
    )?;
    if let Some(of) = &report.must_refuse {
        because(
            out,
            "why sockets to be refused could not be tried",
            &of.untried_because,
        )?;
    }
    Ok(())
}

pub(super) fn requests(out: &mut String, report: &Report) -> std::fmt::Result {
    let Some(of) = &report.requests else {
        return Ok(());
    };
    out.push_str("<h2 id=\"requests\">Requests of sockets</h2>\n");
    let told = [
        ("event", of.event.clone()),
        (
            "sent",
            format!("{} of {} scheduled", number(of.sent), number(of.scheduled)),
        ),
        ("answered right", number(of.answered)),
        ("wrong", number(of.wrong)),
        ("timed out", number(of.timed_out)),
        ("unanswered", number(of.unanswered)),
        ("unasked", number(of.unasked)),
        ("late", number(of.late)),
    ];
    facts(out, &told)?;
    if !of.examples.is_empty() {
        out.push_str("<ul>\n");
        for example in &of.examples {
            writeln!(out, "<li>{}</li>", Escaped(&line(example)))?;
        }
        out.push_str("</ul>\n");
    }
    Ok(())
}

pub(super) fn second_opinion(out: &mut String, report: &Report) -> std::fmt::Result {
    let Some(second) = &report.second_opinion else {
        return Ok(());
    };
    out.push_str("<h2 id=\"second\">Second driver</h2>\n");
    let agrees = if second.agrees {
        "agrees"
    } else {
        "does not agree"
    };
    writeln!(
        out,
        "<p>{} {agrees}: <b>{}</b>, {} deliveries.</p>",
        second.driver,
        Escaped(&second.report.verdict.to_uppercase()),
        number(second.report.deliveries.delivered)
    )?;
    let told = second.report.reasons.iter().chain(&second.differences);
    out.push_str("<ul>\n");
    for what in told {
        writeln!(out, "<li>{}</li>", Escaped(what))?;
    }
    out.push_str("</ul>\n");
    Ok(())
}

pub(super) fn generator(out: &mut String, report: &Report) -> std::fmt::Result {
    let of = &report.generator;
    out.push_str("<h2 id=\"generator\">The generator itself</h2>\n");
    if of.limited {
        for why in &of.limited_because {
            writeln!(
                out,
                "<p class=\"warn\">It was the limit: {}</p>",
                Escaped(why)
            )?;
        }
    } else {
        out.push_str("<p class=\"soft\">It was not the limit.</p>\n");
    }
    let percent = |of: Option<f64>| of.map_or("–".to_owned(), |of| format!("{of:.0} %"));
    let bytes = |of: Option<u64>, by: f64, unit: &str| {
        of.map_or("–".to_owned(), |n| format!("{:.1} {unit}", n as f64 / by))
    };
    let mut told = vec![
        ("CPU, of one core", percent(of.cpu_percent)),
        ("busiest thread", percent(of.busiest_thread_percent)),
        ("schedule lag p99", duration(of.schedule_lag_p99_us)),
        ("loop delay p99", duration(of.loop_delay_p99_us)),
        ("memory", bytes(of.rss_bytes, 1024.0 * 1024.0, "MiB")),
        ("memory a socket", bytes(of.bytes_per_socket, 1024.0, "KiB")),
        (
            "open files",
            format!(
                "{} of {}",
                of.open_files.map_or("–".to_owned(), number),
                number(report.environment.open_files)
            ),
        ),
        ("pushes never sent", number(of.missed)),
        ("late because of it", number(of.held_up)),
    ];
    if of.workers > 0 {
        told.push(("workers", number(of.workers)));
    }
    facts(out, &told)?;
    because(out, "what the machine ran out of", &of.shortages)?;
    for lost in &of.lost_workers {
        writeln!(out, "<p class=\"warn\">{}</p>", Escaped(lost))?;
    }
    Ok(())
}

pub(super) fn scenario(out: &mut String, report: &Report) -> std::fmt::Result {
    let plan = &report.scenario.plan;
    let text = match plan {
        Planned::Known(file) => toml::to_string_pretty(file).ok(),
        Planned::Newer(json) => Some(json.get().to_owned()),
    };
    // What TOML cannot say, JSON can.
    let text = text.or_else(|| serde_json::to_string_pretty(plan).ok());
    writeln!(
        out,
        "<h2 id=\"scenario\">The scenario</h2>\n<details>\n<summary>{}, with nothing left out but secrets</summary>\n<pre tabindex=\"0\">{}</pre>\n</details>",
        Escaped(&report.scenario.name),
        super::super::Preformatted(&text.unwrap_or_default())
    )
}
