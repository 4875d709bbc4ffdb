//! The rounds: for each load all clients in turn, and that again, so that what the machine does meanwhile meets all alike.

use std::collections::BTreeMap;

use crate::clients::Client;
use crate::figures::{Figure, Load};
use crate::measure::{self, Measured, as_json};
use crate::settings::Settings;
use crate::table;

/// What is known of one figure of one client.
#[derive(Debug, Default)]
pub(crate) struct Cell {
    pub(crate) values: Vec<f64>,
    /// What stands in the place of the figure: it cannot be had, or deliveries were lost.
    pub(crate) instead: Vec<String>,
    /// What has to be known besides.
    pub(crate) notes: Vec<String>,
}

/// All that is known, and the counts behind it.
pub(crate) struct Results {
    pub(crate) cells: BTreeMap<(Figure, Client), Cell>,
    pub(crate) measurements: Vec<serde_json::Value>,
    pub(crate) rounds: u32,
}

/// Measures all that is asked for, prints the table and writes the file.
pub(crate) fn run(settings: &Settings) -> anyhow::Result<()> {
    let mut results = Results {
        cells: BTreeMap::new(),
        measurements: Vec::new(),
        rounds: 0,
    };
    let all = Client::ALL.into_iter().filter(|&c| settings.takes(c));
    let clients: Vec<_> = all.map(|client| (client, client.prepare())).collect();
    for round in 1..=settings.rounds() {
        results.rounds = round;
        for load in Load::ALL.into_iter().filter(|&load| wanted(load, settings)) {
            for (client, ready) in clients
                .iter()
                .filter(|(client, _)| measure::concerns(load, *client))
            {
                match ready {
                    Ok(()) => results.take(*client, load, round, settings),
                    Err(why) => results.instead(*client, load, &format!("left out: {why}")),
                }
            }
        }
        // An interrupted bench leaves the rounds that were complete.
        std::fs::write(&settings.json, table::json(&results, settings).to_string())?;
    }
    println!("\n{}", table::text(&results, settings));
    println!("{}", settings.json.display());
    Ok(())
}

fn wanted(load: Load, settings: &Settings) -> bool {
    let Some(word) = &settings.figure else {
        return true;
    };
    load.figures()
        .iter()
        .any(|figure| figure.key().contains(word))
}

/// A measurement as it is done, so that whoever waits sees something.
fn told(measured: &Measured) -> String {
    let figures = measured.figures.iter();
    let figures: Vec<_> = figures
        .map(|(figure, value)| format!("{} {}", figure.key(), table::number(*value)))
        .collect();
    let fault: Vec<_> = measured.fault().into_iter().collect();
    let all = [figures, measured.notes.clone(), fault];
    all.concat().join(" · ")
}

impl Results {
    fn take(&mut self, client: Client, load: Load, round: u32, settings: &Settings) {
        let name = client.name();
        if let Some(why) = measure::cannot(client, load, settings) {
            return self.instead(client, load, why);
        }
        match measure::measure(client, load, settings) {
            Ok(measured) => {
                eprintln!("round {round}: {name}: {}", told(&measured));
                self.keep(client, load, round, &measured);
            }
            Err(error) => {
                let figure = load.figures()[0].key();
                eprintln!("round {round}: {name}: no {figure}: {error:#}");
                self.instead(client, load, &format!("{error:#}"));
            }
        }
    }

    fn instead(&mut self, client: Client, load: Load, why: &str) {
        for &figure in load.figures() {
            let cell = self.cells.entry((figure, client)).or_default();
            cell.instead.push(why.to_owned());
        }
    }

    fn keep(&mut self, client: Client, load: Load, round: u32, measured: &Measured) {
        self.measurements.push(serde_json::json!({
            "round": round,
            "client": client.name(),
            "figures": load.figures().iter().map(|figure| figure.key()).collect::<Vec<_>>(),
            "counts": as_json(measured),
        }));
        if let Some(fault) = measured.fault() {
            self.instead(client, load, &fault);
        }
        for &(figure, value) in &measured.figures {
            let cell = self.cells.entry((figure, client)).or_default();
            cell.values.push(value);
            cell.notes.extend(measured.notes.iter().cloned());
        }
    }
}
