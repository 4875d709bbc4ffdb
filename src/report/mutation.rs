//! What the conformance suite makes of servers that are known to be bad: in lines, and as JSON.

use std::fmt::Write as _;

use schemars::JsonSchema;
use serde::Serialize;

use crate::summary::Verdict;
use crate::summary::mutation::{Mutation, Trial};

/// A report of the mutants.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Report {
    /// `pushproof.mutation/1`.
    pub schema: &'static str,
    /// `pass`, `fail` or `unknown`.
    pub verdict: &'static str,
    /// Share of the mutants that were killed, in percent.
    pub score: f64,
    /// How many were killed.
    pub killed: usize,
    /// How many were tried.
    pub mutants: usize,
    /// Those that live.
    pub survivors: Vec<Survivor>,
    /// What cases missed at a server that is right: nothing, if they are.
    pub control: Vec<Tried>,
    /// One for each mutant.
    pub trials: Vec<Killed>,
}

/// A mutant that lives.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Survivor {
    /// Its name.
    pub mutant: &'static str,
    /// Why it was not killed.
    pub why: String,
}

/// A mutant and the cases that name it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Killed {
    /// Its name.
    pub mutant: &'static str,
    /// Whether each of the cases missed something.
    pub killed: bool,
    /// The cases.
    pub cases: Vec<Tried>,
}

/// A case, and what it came to.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Tried {
    /// The case.
    pub id: &'static str,
    /// What it came to.
    pub outcome: &'static str,
}

/// The JSON report, ending in a line break. It is the same whenever the same is found.
///
/// # Panics
/// Never: the report is JSON.
#[must_use]
pub fn json(mutation: &Mutation) -> String {
    let tried = |cases: &[(&'static str, crate::summary::conformance::Outcome)]| {
        let tried = cases.iter().map(|(id, outcome)| Tried {
            id,
            outcome: outcome.name(),
        });
        tried.collect::<Vec<_>>()
    };
    let report = Report {
        schema: "pushproof.mutation/1",
        verdict: mutation.verdict().name(),
        score: mutation.score(),
        killed: mutation.killed(),
        mutants: mutation.trials.len(),
        survivors: mutation
            .survivors()
            .map(|(mutant, why)| Survivor { mutant, why })
            .collect(),
        control: tried(&mutation.control),
        trials: mutation
            .trials
            .iter()
            .map(|trial| Killed {
                mutant: trial.mutant,
                killed: trial.is_killed(),
                cases: tried(&trial.cases),
            })
            .collect(),
    };
    let mut text = serde_json::to_string_pretty(&report).expect("a report is JSON");
    text.push('\n');
    text
}

/// One mutant in a line, without a line break.
#[must_use]
pub fn line(trial: &Trial) -> String {
    let cases: Vec<_> = trial.cases.iter().map(|(id, _)| *id).collect();
    let time = trial.took.as_secs_f64();
    match trial.survives() {
        None => format!(
            "  killed [{time:>7.3}s] {:<32} by {}",
            trial.mutant,
            cases.join(", ")
        ),
        Some(why) => format!("   LIVES [{time:>7.3}s] {:<32} {why}", trial.mutant),
    }
}

/// The score, and who lives, ending in a line break.
#[must_use]
pub fn text(mutation: &Mutation) -> String {
    let mut out = String::new();
    for (mutant, why) in mutation.survivors() {
        // Writing to a string cannot fail.
        let _ = writeln!(out, "LIVES {mutant}: {why}");
    }
    for (id, outcome) in &mutation.control {
        let _ = writeln!(
            out,
            "WRONG {id} at a server that is right: {}: {}",
            outcome.name(),
            outcome.detail()
        );
    }
    let verdict = match mutation.verdict() {
        Verdict::Pass => "PASS  every known-bad server is told from a good one",
        Verdict::Fail => "FAIL  the suite does not tell them all",
        Verdict::Unknown => "UNKNOWN  not every known-bad server was tried",
    };
    let _ = writeln!(
        out,
        "\n{verdict}\n  score    {:.1} %: {} of {} mutants killed in {:.1} s",
        mutation.score(),
        mutation.killed(),
        mutation.trials.len(),
        mutation.took.as_secs_f64(),
    );
    out
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::summary::conformance::{Missed, Outcome};

    #[test]
    fn who_lives_is_named_with_the_reason() {
        let missed = Outcome::Fail(Missed {
            allowed: "a".to_owned(),
            seen: "b".to_owned(),
            silent: false,
        });
        let trial = |mutant, outcome| Trial {
            mutant,
            cases: vec![("HS-01", outcome)],
            took: Duration::from_millis(5),
        };
        let mutation = Mutation {
            trials: vec![trial("dead", missed), trial("alive", Outcome::Pass)],
            ..Mutation::default()
        };
        let text = text(&mutation);
        assert!(
            text.starts_with("LIVES alive: HS-01: pass\n\nFAIL"),
            "{text}"
        );
        assert!(
            text.ends_with("  score    50.0 %: 1 of 2 mutants killed in 0.0 s\n"),
            "{text}"
        );
        assert_eq!(
            line(&mutation.trials[0]),
            "  killed [  0.005s] dead                             by HS-01"
        );
        let json: serde_json::Value = serde_json::from_str(&json(&mutation)).unwrap();
        assert_eq!(json["survivors"][0]["mutant"], "alive");
        assert_eq!(json["trials"][0]["killed"], true);
    }
}
