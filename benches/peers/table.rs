//! The results for people and for programs. A figure of which deliveries were lost is never shown as one.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use crate::clients::Client;
use crate::figures::Figure;
use crate::machine::description;
use crate::rounds::{Cell, Results};
use crate::settings::Settings;

/// The middle, and the ends.
struct Spread {
    median: f64,
    min: f64,
    max: f64,
}

/// What is to be said of a client's figure.
enum Shown<'a> {
    Figure(Spread, &'a Cell),
    Words(String),
}

fn spread(values: &[f64]) -> Option<Spread> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let (min, max) = (*sorted.first()?, *sorted.last()?);
    let middle = sorted.len() / 2;
    let median = if sorted.len() % 2 == 1 {
        sorted[middle]
    } else {
        f64::midpoint(sorted[middle - 1], sorted[middle])
    };
    Some(Spread { median, min, max })
}

fn once(mut lines: Vec<String>) -> Vec<String> {
    lines.sort();
    lines.dedup();
    lines
}

impl Results {
    fn shown(&self, figure: Figure, client: Client) -> Option<Shown<'_>> {
        let cell = self.cells.get(&(figure, client))?;
        if !cell.instead.is_empty() {
            return Some(Shown::Words(once(cell.instead.clone()).join("; ")));
        }
        Some(Shown::Figure(spread(&cell.values)?, cell))
    }

    fn median(&self, figure: Figure, client: Client) -> Option<f64> {
        match self.shown(figure, client)? {
            Shown::Figure(spread, _) => Some(spread.median),
            Shown::Words(_) => None,
        }
    }

    fn ratio(&self, figure: Figure, client: Client, to: Client) -> Option<f64> {
        let (one, other) = (self.median(figure, client)?, self.median(figure, to)?);
        (other > 0.0).then(|| one / other)
    }
}

/// Three digits that count, and thousands kept apart.
pub(crate) fn number(value: f64) -> String {
    let digits = match value.abs() {
        big if big >= 100.0 => 0,
        big if big >= 10.0 => 1,
        _ => 2,
    };
    let text = format!("{value:.digits$}");
    let (whole, part) = text.split_at(text.find('.').unwrap_or(text.len()));
    let mut grouped = String::new();
    for (nth, digit) in whole.chars().enumerate() {
        if nth > 0 && (whole.len() - nth).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped + part
}

/// The table: a block for each figure, a line for each client.
pub(crate) fn text(results: &Results, settings: &Settings) -> String {
    let mut out = String::new();
    let _ = writeln!(
        out,
        "{}; rounds: {}. Medians, least and most; × raw, × node: the median against theirs in this run",
        description(),
        results.rounds
    );
    for figure in Figure::ALL {
        let lines: String = Client::ALL
            .into_iter()
            .filter_map(|client| line(results, figure, client))
            .collect();
        if !lines.is_empty() {
            let title = figure.title(settings);
            let _ = writeln!(
                out,
                "\n{title:54}{:>10}{:>24}{:>9}{:>9}",
                "median", "", "× raw", "× node"
            );
            out.push_str(&lines);
        }
    }
    out.push_str("\nclients\n");
    for client in Client::ALL {
        let _ = writeln!(out, "  {:14} {}", client.name(), client.what());
    }
    out
}

fn line(results: &Results, figure: Figure, client: Client) -> Option<String> {
    let name = client.name();
    let (spread, cell) = match results.shown(figure, client)? {
        Shown::Words(words) => return Some(format!("  {name:14} {words}\n")),
        Shown::Figure(spread, cell) => (spread, cell),
    };
    let ratio = |to| {
        let ratio = results.ratio(figure, client, to);
        ratio.map_or_else(|| "–".to_owned(), number)
    };
    let ends = format!("{} – {}", number(spread.min), number(spread.max));
    let mut line = format!(
        "  {name:52}{:>10}{ends:>24}{:>9}{:>9}\n",
        number(spread.median),
        ratio(Client::Raw),
        ratio(Client::Node)
    );
    for note in once(cell.notes.clone()) {
        let _ = writeln!(line, "    {note}");
    }
    Some(line)
}

/// The same for programs.
pub(crate) fn json(results: &Results, settings: &Settings) -> Value {
    let mut figures = Map::new();
    for figure in Figure::ALL {
        let clients: Map<_, _> = Client::ALL
            .into_iter()
            .filter_map(|client| Some((client.name().to_owned(), entry(results, figure, client)?)))
            .collect();
        if !clients.is_empty() {
            let title = figure.title(settings);
            figures.insert(
                figure.key().to_owned(),
                json!({"title": title, "clients": clients}),
            );
        }
    }
    json!({
        "schema": "pushproof.peers/1",
        "machine": description(),
        "rounds": results.rounds,
        "sockets": settings.sockets,
        "sockets_many": settings.many(),
        "figures": figures,
        "measurements": results.measurements,
    })
}

fn entry(results: &Results, figure: Figure, client: Client) -> Option<Value> {
    Some(match results.shown(figure, client)? {
        Shown::Words(words) => json!({"instead": words}),
        Shown::Figure(spread, cell) => json!({
            "median": spread.median,
            "min": spread.min,
            "max": spread.max,
            "values": cell.values,
            "to_raw": results.ratio(figure, client, Client::Raw),
            "to_node": results.ratio(figure, client, Client::Node),
            "notes": once(cell.notes.clone()),
        }),
    })
}
