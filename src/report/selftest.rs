//! The self-test as a table and as JSON.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use schemars::JsonSchema;
use serde::Serialize;

use super::text::number;
use crate::summary::Verdict;
use crate::summary::proof::{Row, SelfTest, Standing};

/// A report of the self-test.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Report {
    /// `pushproof.selftest/1`.
    pub schema: &'static str,
    /// `pass`, `fail` or `unknown`.
    pub verdict: &'static str,
    /// Decides every random choice.
    pub seed: u64,
    /// One for each trial.
    pub faults: Vec<Fault>,
}

/// One trial.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Fault {
    /// The fault's name; `none` for the clean controls.
    pub fault: &'static str,
    /// It was done once in so many occasions; `null` for the controls.
    pub one_in: Option<u32>,
    /// Whether sockets left and came back meanwhile.
    pub churn: bool,
    /// Deliveries that were judged.
    pub deliveries: u64,
    /// How often the fault could have been done.
    pub occasions: u64,
    /// How often it was done.
    pub injected: u64,
    /// How often it was found under the right name.
    pub detected: u64,
    /// What was found, by class.
    pub blamed: BTreeMap<&'static str, u64>,
    /// Violations that nobody injected.
    pub false_alarms: u64,
    /// Whether injected is detected, and nothing else was found.
    pub ok: bool,
    /// Why not.
    pub reason: Option<String>,
}

impl From<&Row> for Fault {
    fn from(row: &Row) -> Self {
        let blamed = row.blamed.iter().map(|(class, n)| (class.name(), *n));
        Self {
            fault: name(row),
            one_in: row.fault.map(|_| row.one_in),
            churn: row.churn,
            deliveries: row.deliveries,
            occasions: row.occasions,
            injected: row.injected,
            detected: row.detected,
            blamed: blamed.collect(),
            false_alarms: row.false_alarms,
            ok: row.standing == Standing::Exact,
            reason: match &row.standing {
                Standing::Exact => None,
                Standing::Wrong(why) | Standing::Unknown(why) => Some(why.clone()),
            },
        }
    }
}

fn name(row: &Row) -> &'static str {
    row.fault.unwrap_or("none")
}

/// The JSON report, ending in a line break.
///
/// # Panics
/// Never: the report is JSON.
#[must_use]
pub fn json(proof: &SelfTest) -> String {
    let report = Report {
        schema: "pushproof.selftest/1",
        verdict: proof.verdict().name(),
        seed: proof.seed,
        faults: proof.rows.iter().map(Fault::from).collect(),
    };
    let mut text = serde_json::to_string_pretty(&report).expect("a report is JSON");
    text.push('\n');
    text
}

/// The head of the table.
const HEAD: [&str; 7] = [
    "fault",
    "rate",
    "churn",
    "injected",
    "detected",
    "false alarms",
    "blamed",
];

/// One trial in a line, without its line break.
#[must_use]
pub fn line(row: &Row) -> String {
    let blamed: Vec<_> = row
        .blamed
        .iter()
        .map(|(class, n)| format!("{} {}", number(*n), class.name()))
        .collect();
    let blamed = if blamed.is_empty() {
        "nothing".to_owned()
    } else {
        blamed.join(", ")
    };
    let rate = match row.fault {
        Some(_) => format!("1/{}", row.one_in),
        None => "-".to_owned(),
    };
    let mut line = cells([
        name(row),
        &rate,
        if row.churn { "yes" } else { "no" },
        &number(row.injected),
        &number(row.detected),
        &number(row.false_alarms),
        &blamed,
    ]);
    match &row.standing {
        Standing::Exact => {}
        Standing::Wrong(why) => {
            let _ = write!(line, "\n    WRONG: {why}");
        }
        Standing::Unknown(why) => {
            let _ = write!(line, "\n    UNKNOWN: {why}");
        }
    }
    line
}

fn cells(cells: [&str; 7]) -> String {
    let [fault, rate, churn, injected, detected, alarms, blamed] = cells;
    format!("  {fault:<17}{rate:<9}{churn:<6}{injected:>9}{detected:>9}{alarms:>14}  {blamed}")
}

/// The verdict and the table, ending in a line break.
#[must_use]
pub fn text(proof: &SelfTest) -> String {
    let rows = &proof.rows;
    let exact = rows.iter().filter(|row| row.standing == Standing::Exact);
    let (exact, deliveries) = (exact.count(), rows.iter().map(|row| row.deliveries).sum());
    let verdict = match proof.verdict() {
        Verdict::Pass => "PASS  every fault was found as often as it was done, and nothing else",
        Verdict::Fail => "FAIL  the verifier missed or invented something",
        Verdict::Unknown => "UNKNOWN  not every trial came to a result",
    };
    let mut out = format!(
        "{verdict}\n  {exact} of {} trials exact, {} deliveries judged, seed {}\n\n",
        rows.len(),
        number(deliveries),
        proof.seed
    );
    out.push_str(&cells(HEAD));
    out.push('\n');
    for row in rows {
        out.push_str(&line(row));
        out.push('\n');
    }
    out
}
