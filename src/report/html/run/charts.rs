//! The charts, each with its numbers in a table behind it. The script draws them.

use std::fmt::Write as _;

use super::super::Escaped;
use super::data::{Curve, Data, Point};
use super::tables::{begin, end, latencies};
use crate::report::json::form::Report;
use crate::report::text::{duration, number};

pub(super) fn write(out: &mut String, report: &Report, data: &Data) -> std::fmt::Result {
    out.push_str("<h2 id=\"latency\">Latency</h2>\n");
    if data.each > 1 {
        writeln!(
            out,
            "<p class=\"soft\">The run is long, so each point over time is {} seconds: counts are for each second, p50 is the median of the seconds’ medians, p99 and max are those of the worst second.</p>",
            data.each
        )?;
    }
    if report.latency.push.count > 0 {
        latency(out, data)?;
        curves(out, &data.curves)?;
        if data.points.iter().any(|point| !point.buckets.is_empty()) {
            heat(out, data)?;
        }
    }
    latencies(out, report)?;
    out.push_str("<h2 id=\"throughput\">Throughput</h2>\n");
    deliveries(out, data)?;
    pushes(out, data)?;
    sockets(out, data)
}

/// A chart with what is in it, in words, and a table of as many rows as it has points.
struct Chart<'a> {
    id: &'a str,
    title: &'a str,
    /// For those who do not see it.
    told: String,
    columns: &'a [(&'a str, bool)],
    rows: usize,
}

impl Chart<'_> {
    fn begin(&self, out: &mut String) -> std::fmt::Result {
        let Self {
            id, title, rows, ..
        } = self;
        writeln!(
            out,
            "<figure class=\"chart\" id=\"{id}\">\n<figcaption>{}</figcaption>\n<div class=\"plot\" role=\"img\" tabindex=\"0\" aria-label=\"{}\"></div>\n\
             <noscript><p class=\"soft\">Charts need JavaScript; the table has the same numbers.</p></noscript>\n\
             <details>\n<summary>As a table, {rows} rows</summary>",
            Escaped(title),
            Escaped(&self.told)
        )?;
        begin(out, title, self.columns)
    }
}

fn finish(out: &mut String) {
    end(out);
    out.push_str("</details>\n</figure>\n");
}

/// A moment for people.
fn at(second: u64) -> String {
    let (hours, minutes, seconds) = (second / 3_600, second / 60 % 60, second % 60);
    match hours {
        0 => format!("{minutes}:{seconds:02}"),
        _ => format!("{hours}:{minutes:02}:{seconds:02}"),
    }
}

fn most(points: &[Point], of: fn(&Point) -> Option<u64>) -> Option<u64> {
    points.iter().filter_map(of).max()
}

fn latency(out: &mut String, data: &Data) -> std::fmt::Result {
    let points = &data.points;
    let told = format!(
        "Push latency over time. The largest p50 of a second is {}, the largest p99 {}, the largest of all {}.",
        duration(most(points, |point| point.p50)),
        duration(most(points, |point| point.p99)),
        duration(most(points, |point| point.max))
    );
    let columns = [
        ("time", true),
        ("p50", false),
        ("p99", false),
        ("max", false),
    ];
    let chart = Chart {
        id: "chart-latency",
        title: "Push latency over time, of the deliveries of each second",
        told,
        columns: &columns,
        rows: points.len(),
    };
    chart.begin(out)?;
    for point in points {
        writeln!(
            out,
            "<tr><td class=\"text\">{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
            at(point.second),
            duration(point.p50),
            duration(point.p99),
            duration(point.max)
        )?;
    }
    finish(out);
    Ok(())
}

/// A percentile for people, told by how many of which one is slower.
fn percentile(one_in: f64) -> String {
    let percent = 100.0 - 100.0 / one_in;
    let digits = (one_in.log10() - 0.5).max(0.0).ceil() as usize;
    format!("{percent:.digits$} %")
}

fn curves(out: &mut String, curves: &[Curve]) -> std::fmt::Result {
    let Some(longest) = curves.iter().max_by_key(|curve| curve.us.len()) else {
        return Ok(());
    };
    let mut columns = vec![("percentile", true)];
    columns.extend(curves.iter().map(|curve| (curve.name, false)));
    let ends = curves
        .iter()
        .filter_map(|curve| Some((curve.name, curve.us.last()?)));
    let ends = ends.map(|(name, us)| format!("{name} {}", duration(Some(*us))));
    let chart = Chart {
        id: "chart-curve",
        title: "Push latency by percentile",
        told: format!(
            "Push latency by percentile, up to the slowest: {}.",
            ends.collect::<Vec<_>>().join(", ")
        ),
        columns: &columns,
        rows: longest.us.len(),
    };
    chart.begin(out)?;
    for (n, one_in) in longest.one_in.iter().enumerate() {
        write!(out, "<tr><td class=\"text\">{}</td>", percentile(*one_in))?;
        for curve in curves {
            write!(out, "<td>{}</td>", duration(curve.us.get(n).copied()))?;
        }
        out.push_str("</tr>\n");
    }
    finish(out);
    Ok(())
}

/// Where a half octave begins.
fn edge(bucket: u32) -> String {
    duration(Some(2_f64.powf(f64::from(bucket) / 2.0).round() as u64))
}

fn heat(out: &mut String, data: &Data) -> std::fmt::Result {
    let chart = Chart {
        id: "chart-heat",
        title: "How push latency is spread over time; the stronger the colour, the more deliveries",
        told: "A heat map of push latency over time.".to_owned(),
        columns: &[("time", true), ("deliveries from so much latency on", true)],
        rows: data.points.len(),
    };
    chart.begin(out)?;
    for point in &data.points {
        write!(
            out,
            "<tr><td class=\"text\">{}</td><td class=\"text wrap\">",
            at(point.second)
        )?;
        let buckets = point.buckets.iter().enumerate().filter(|(_, n)| **n > 0);
        for (place, (bucket, n)) in buckets.enumerate() {
            let comma = if place > 0 { " · " } else { "" };
            write!(
                out,
                "{comma}{}: {}",
                edge(point.first + bucket as u32),
                number(*n)
            )?;
        }
        out.push_str("</td></tr>\n");
    }
    finish(out);
    Ok(())
}

fn deliveries(out: &mut String, data: &Data) -> std::fmt::Result {
    let told = data
        .points
        .iter()
        .map(|point| point.delivered)
        .fold(0.0, f64::max);
    let columns = [
        ("time", true),
        ("expected/s", false),
        ("delivered/s", false),
        ("violations/s", false),
    ];
    let chart = Chart {
        id: "chart-deliveries",
        title: "Deliveries a second: expected of the pushes sent in it, and delivered; losses are known only at the end and are in no second",
        told: format!("Deliveries a second over time, {told:.0} at most."),
        columns: &columns,
        rows: data.points.len(),
    };
    chart.begin(out)?;
    for point in &data.points {
        writeln!(
            out,
            "<tr><td class=\"text\">{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
            at(point.second),
            point.expected.map_or("–".to_owned(), |n| n.to_string()),
            point.delivered,
            point.violations
        )?;
    }
    finish(out);
    Ok(())
}

fn pushes(out: &mut String, data: &Data) -> std::fmt::Result {
    let told = data
        .points
        .iter()
        .map(|point| point.sent)
        .fold(0.0, f64::max);
    let chart = Chart {
        id: "chart-pushes",
        title: "Pushes a second: sent, and accepted by the target",
        told: format!("Pushes a second over time, {told:.0} at most."),
        columns: &[("time", true), ("sent/s", false), ("accepted/s", false)],
        rows: data.points.len(),
    };
    chart.begin(out)?;
    for point in &data.points {
        writeln!(
            out,
            "<tr><td class=\"text\">{}</td><td>{}</td><td>{}</td></tr>",
            at(point.second),
            point.sent,
            point.accepted
        )?;
    }
    finish(out);
    Ok(())
}

fn sockets(out: &mut String, data: &Data) -> std::fmt::Result {
    let told = most(&data.points, |point| Some(point.connected)).unwrap_or(0);
    let chart = Chart {
        id: "chart-sockets",
        title: "Sockets connected",
        told: format!(
            "Sockets connected over time, {} at most of {}.",
            number(told),
            number(data.wanted)
        ),
        columns: &[("time", true), ("connected", false)],
        rows: data.points.len(),
    };
    chart.begin(out)?;
    for point in &data.points {
        writeln!(
            out,
            "<tr><td class=\"text\">{}</td><td>{}</td></tr>",
            at(point.second),
            number(point.connected)
        )?;
    }
    finish(out);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_and_percentiles_are_for_people() {
        assert_eq!([5, 65, 3_725].map(at), ["0:05", "1:05", "1:02:05"]);
        assert_eq!(
            [1.0, 2.0, 10.0, 100.0, 1e4].map(percentile),
            ["0 %", "50 %", "90.0 %", "99.00 %", "99.9900 %"]
        );
        assert_eq!([0, 1, 20].map(edge), ["1 µs", "1 µs", "1.02 ms"]);
    }
}
