//! The rounds in words.

use crate::args::Args;
use crate::load::Measured;
use crate::process::Places;
use crate::server::Kind;
use crate::trigger;
use std::fmt::Write as _;

/// What a round showed of one server.
#[derive(Debug)]
pub(crate) struct Round {
    /// Sockets a second, from the first connect to the last CONNECT answered.
    pub(crate) accepts: f64,
    /// Resident bytes without a socket.
    pub(crate) base: f64,
    /// Bytes that each idle socket adds.
    pub(crate) each: f64,
    pub(crate) closed: Measured,
    pub(crate) one: Measured,
}

/// All rounds of one server.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) kind: Kind,
    pub(crate) title: String,
    /// Why it did not run, and what to do about that.
    pub(crate) left_out: Option<String>,
    pub(crate) rounds: Vec<anyhow::Result<Round>>,
}

const KIB: f64 = 1024.0;
/// A server that used less of a processor than this, when it could have used all, did not show what it can.
const BUSY: f64 = 0.9;

/// One figure of a round.
type Figure = fn(&Round) -> f64;

/// Of a load: deliveries a second, CPU of the server for each, and how busy server and reader were.
const CLOSED: [Figure; 4] = [
    |r| r.closed.rate,
    |r| r.closed.cpu,
    |r| r.closed.busy,
    |r| r.closed.reader,
];
const ONE: [Figure; 4] = [
    |r| r.one.rate,
    |r| r.one.cpu,
    |r| r.one.busy,
    |r| r.one.reader,
];
/// The servers that the platform is compared with, and what its deliveries a second are to be of theirs.
const GOALS: [(Kind, &str); 3] = [
    (Kind::Socketioxide, "goal 1.8"),
    (Kind::Node, "goal 2.2"),
    (Kind::Raw, "no goal"),
];

impl Row {
    pub(crate) fn new(kind: Kind) -> Self {
        let title = kind.name().to_owned();
        Self {
            kind,
            title,
            left_out: None,
            rounds: Vec::new(),
        }
    }

    pub(crate) fn is_good(&self) -> bool {
        self.rounds.iter().all(Result::is_ok)
    }

    fn all(&self, figure: Figure) -> Vec<f64> {
        self.rounds.iter().flatten().map(figure).collect()
    }

    /// What stands instead of figures.
    fn trouble(&self) -> Option<String> {
        if let Some(why) = &self.left_out {
            return Some(format!("left out: {why}"));
        }
        let failed = self.rounds.iter().filter_map(|round| round.as_ref().err());
        let failed: Vec<String> = failed.map(|e| format!("{e:#}")).collect();
        let first = failed.first()?;
        Some(format!(
            "FAILED in {} of {} rounds: {first}",
            failed.len(),
            self.rounds.len()
        ))
    }
}

pub(crate) fn words(args: &Args, places: &Places, rows: &[Row]) -> String {
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = write_all(&mut out, args, places, rows);
    out
}

fn write_all(out: &mut String, args: &Args, places: &Places, rows: &[Row]) -> std::fmt::Result {
    let (sockets, rounds) = (grouped(args.sockets as f64), args.rounds);
    let bytes = trigger::event().len();
    writeln!(
        out,
        "broadcasts of {bytes} bytes to {sockets} sockets; {rounds} rounds in turn, median (least to most)"
    )?;
    writeln!(out, "{}\n", places.words())?;
    let ran: Vec<&Row> = rows
        .iter()
        .filter(|row| row.rounds.iter().any(Result::is_ok))
        .collect();
    if !ran.is_empty() {
        let closed = format!(
            "closed: {} callers, up to {} ahead",
            args.triggers, args.window
        );
        write_load(out, &closed, &ran, &CLOSED)?;
        write_load(out, "one: the next when all have the last", &ran, &ONE)?;
        write_connections(out, &ran)?;
    }
    write_trouble(out, rows, &ran)?;
    write_ratios(out, rows)
}

fn write_load(
    out: &mut String,
    title: &str,
    ran: &[&Row],
    figures: &[Figure; 4],
) -> std::fmt::Result {
    let heads = [
        "deliveries/s",
        "server CPU, µs each",
        "busy: server",
        "reader",
    ];
    writeln!(
        out,
        "{title:38}{:>32}{:>24}{:>14}{:>8}",
        heads[0], heads[1], heads[2], heads[3]
    )?;
    for row in ran {
        let [rate, cpu, server, reader] = figures.map(|figure| row.all(figure));
        let [server, reader] =
            [server, reader].map(|busy| format!("{:.0} %", median(&busy) * 100.0));
        let (rate, cpu) = (spread(&rate, grouped), spread(&cpu, tenths));
        writeln!(
            out,
            "  {:36}{rate:>32}{cpu:>24}{server:>14}{reader:>8}",
            row.title
        )?;
    }
    writeln!(out)
}

fn write_connections(out: &mut String, ran: &[&Row]) -> std::fmt::Result {
    let heads = ["accepts/s", "KiB each, idle", "base, MiB"];
    writeln!(
        out,
        "{:38}{:>32}{:>24}{:>14}",
        "connections", heads[0], heads[1], heads[2]
    )?;
    for row in ran {
        let [accepts, each] = [row.all(|r| r.accepts), row.all(|r| r.each / KIB)];
        let base = tenths(median(&row.all(|r| r.base / KIB / KIB)));
        let (accepts, each) = (spread(&accepts, grouped), spread(&each, tenths));
        writeln!(out, "  {:36}{accepts:>32}{each:>24}{base:>14}", row.title)?;
    }
    writeln!(out)
}

/// What did not run, and what ran without showing what it can.
fn write_trouble(out: &mut String, rows: &[Row], ran: &[&Row]) -> std::fmt::Result {
    let before = out.len();
    for row in rows {
        if let Some(trouble) = row.trouble() {
            writeln!(out, "{}: {trouble}", row.title)?;
        }
    }
    for row in ran {
        let busy = median(&row.all(|r| r.closed.busy));
        if busy < BUSY {
            writeln!(
                out,
                "{}: used {:.0} % of a processor under `closed`: other programs, or the reader, held it up; go by its CPU time, not its rate",
                row.title,
                busy * 100.0
            )?;
        }
    }
    if out.len() > before {
        writeln!(out)
    } else {
        Ok(())
    }
}

/// Deliveries a second of the platform over those of the others, round by round: what slows a whole round down is in both. And the same
/// of deliveries for each second of the server's CPU time, which other programs on the machine disturb less.
fn write_ratios(out: &mut String, rows: &[Row]) -> std::fmt::Result {
    let Some(own) = rows.iter().find(|row| row.kind == Kind::Pushproof) else {
        return Ok(());
    };
    let heads = ["closed", "one", "by CPU: closed", "one"];
    let title = "ratios of deliveries/s";
    writeln!(
        out,
        "{title:38}{:>24}{:>24}{:>24}{:>24}",
        heads[0], heads[1], heads[2], heads[3]
    )?;
    for (kind, goal) in GOALS {
        let Some(other) = rows.iter().find(|row| row.kind == kind) else {
            continue;
        };
        let figures: [Figure; 4] = [
            |r| r.closed.rate,
            |r| r.one.rate,
            |r| r.closed.cpu.recip(),
            |r| r.one.cpu.recip(),
        ];
        let ratios = figures.map(|figure| over(own, other, figure));
        if ratios[0].is_empty() {
            continue;
        }
        write!(
            out,
            "  {:36}",
            format!("pushproof / {} ({goal})", kind.name())
        )?;
        for ratio in ratios {
            write!(out, "{:>24}", spread(&ratio, hundredths))?;
        }
        writeln!(out)?;
    }
    let each = own.all(|r| r.each / KIB);
    if !each.is_empty() {
        let each = tenths(median(&each));
        writeln!(
            out,
            "  {:36}{each:>24}",
            "KiB a connection (goal: at most 4)"
        )?;
    }
    Ok(())
}

/// A figure of one over the same of the other, of each round that both ended well.
fn over(one: &Row, other: &Row, figure: Figure) -> Vec<f64> {
    let rounds = one.rounds.iter().zip(&other.rounds);
    let good = rounds.filter_map(|(one, other)| Some((one.as_ref().ok()?, other.as_ref().ok()?)));
    good.map(|(one, other)| figure(one) / figure(other))
        .collect()
}

fn spread(all: &[f64], words: fn(f64) -> String) -> String {
    let least = all.iter().copied().fold(f64::INFINITY, f64::min);
    let most = all.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    format!(
        "{} ({} to {})",
        words(median(all)),
        words(least),
        words(most)
    )
}

/// The middle one, or what is between the two in the middle.
fn median(all: &[f64]) -> f64 {
    let mut all = all.to_vec();
    all.sort_by(f64::total_cmp);
    f64::midpoint(all[(all.len() - 1) / 2], all[all.len() / 2])
}

fn tenths(value: f64) -> String {
    format!("{value:.1}")
}

fn hundredths(value: f64) -> String {
    format!("{value:.2}")
}

/// With a comma between thousands.
fn grouped(value: f64) -> String {
    let digits = format!("{value:.0}");
    let mut grouped = String::new();
    for (place, digit) in digits.char_indices() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}
