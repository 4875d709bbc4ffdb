//! Cases, trials and known-bad servers as lines of a list.

use std::time::Duration;

use super::{Column, Item, Word, Worth};
use crate::summary::conformance::{self, Outcome};
use crate::summary::mutation;
use crate::summary::proof::{self, Standing};

/// What a case may come to.
pub const OUTCOMES: &[Word] = &[
    word("pass", Worth::Good),
    word("fail", Worth::Bad),
    word("non-strict", Worth::Warning),
    word("info", Worth::Aside),
    word("unknown", Worth::Unclear),
    word("error", Worth::Unclear),
    word("skip", Worth::Aside),
];

/// What the list shows of cases.
pub const CASES: &[Column] = &[
    column("result", 12),
    column("case", 6),
    Column {
        from: 90,
        ..column("level", 6)
    },
    number("time", 8),
    column("what a target has to do", 0),
];

/// What a trial may come to.
pub const STANDINGS: &[Word] = &[
    word("exact", Worth::Good),
    word("WRONG", Worth::Bad),
    word("unknown", Worth::Unclear),
];

/// What the list shows of trials.
pub const TRIALS: &[Column] = &[
    column("result", 9),
    column("fault", 17),
    number("rate", 6),
    Column {
        from: 100,
        ..column("churn", 5)
    },
    Column {
        from: 120,
        ..number("occasions", 10)
    },
    number("injected", 8),
    number("found", 8),
    number("false", 5),
    column("found as", 0),
];

/// What a known-bad server may come to.
pub const LIVES: &[Word] = &[word("killed", Worth::Good), word("LIVES", Worth::Bad)];

/// What the list shows of known-bad servers.
pub const MUTANTS: &[Column] = &[
    column("result", 8),
    column("mutant", 30),
    number("time", 8),
    column("by", 0),
];

pub(super) const fn word(word: &'static str, worth: Worth) -> Word {
    Word { word, worth }
}

pub(super) const fn column(title: &'static str, width: u16) -> Column {
    Column {
        title,
        width,
        right: false,
        from: 0,
    }
}

pub(super) const fn number(title: &'static str, width: u16) -> Column {
    Column {
        right: true,
        ..column(title, width)
    }
}

/// The word of a table.
pub(super) fn of(words: &[Word], name: &'static str) -> Word {
    let found = words.iter().find(|word| word.word == name);
    // One that is in no table still has to be looked at.
    found.copied().unwrap_or_else(|| word(name, Worth::Unclear))
}

fn seconds(took: Duration) -> String {
    format!("{:.3} s", took.as_secs_f64())
}

impl From<&conformance::Row> for Item {
    fn from(row: &conformance::Row) -> Self {
        let about = row.about;
        let came = format!("{}, in {}", about.level.name(), seconds(row.took));
        let mut details = vec![("came to", came)];
        // What is wrong stands first: there may be room for little.
        match &row.outcome {
            Outcome::Fail(missed) | Outcome::NonStrict(missed) => {
                details.push(("seen", missed.seen.clone()));
                details.push(("allowed", missed.allowed.clone()));
            }
            Outcome::Pass => {}
            other => details.push(("because", other.detail())),
        }
        details.push(("has to", about.requirement.to_owned()));
        details.push(("source", about.source.to_owned()));
        for (n, line) in row.trace.iter().enumerate() {
            details.push((if n == 0 { "was said" } else { "" }, line.clone()));
        }
        Self {
            name: about.id.to_owned(),
            word: of(OUTCOMES, row.outcome.name()),
            cells: vec![
                about.id.to_owned(),
                about.level.name().to_owned(),
                seconds(row.took),
                about.requirement.to_owned(),
            ],
            details,
        }
    }
}

impl From<&proof::Row> for Item {
    fn from(row: &proof::Row) -> Self {
        let name = row.fault.unwrap_or("none");
        let rate = match row.fault {
            Some(_) => format!("1/{}", row.one_in),
            None => "-".to_owned(),
        };
        let blamed = row.blamed.iter();
        let blamed: Vec<_> = blamed
            .map(|(class, n)| format!("{n} {}", class.name()))
            .collect();
        let blamed = match blamed.as_slice() {
            [] => "nothing".to_owned(),
            all => all.join(", "),
        };
        let (word, why) = match &row.standing {
            Standing::Exact => ("exact", None),
            Standing::Wrong(why) => ("WRONG", Some(why)),
            Standing::Unknown(why) => ("unknown", Some(why)),
        };
        let churn = if row.churn { "yes" } else { "no" };
        let fault = match row.fault {
            Some(fault) => format!(
                "{fault}, once in {} of {} occasions",
                row.one_in, row.occasions
            ),
            None => "none: nothing may be found".to_owned(),
        };
        let mut details = vec![("fault", fault)];
        details.extend(why.map(|why| ("because", why.clone())));
        details.extend([
            ("injected", row.injected.to_string()),
            ("found", format!("{} of these; {blamed}", row.detected)),
            (
                "false",
                format!("{} that nobody injected", row.false_alarms),
            ),
            ("judged", format!("{} deliveries", row.deliveries)),
            (
                "churn",
                if row.churn {
                    "sockets left and came back meanwhile"
                } else {
                    "all sockets stayed"
                }
                .to_owned(),
            ),
        ]);
        Self {
            name: name.to_owned(),
            word: of(STANDINGS, word),
            cells: vec![
                name.to_owned(),
                rate,
                churn.to_owned(),
                row.occasions.to_string(),
                row.injected.to_string(),
                row.detected.to_string(),
                row.false_alarms.to_string(),
                blamed,
            ],
            details,
        }
    }
}

impl From<&mutation::Trial> for Item {
    fn from(trial: &mutation::Trial) -> Self {
        let lives = trial.survives();
        let by: Vec<_> = trial.cases.iter().map(|(id, _)| *id).collect();
        let by = by.join(", ");
        let mut details = vec![(
            "mutant",
            format!("{}, in {}", trial.mutant, seconds(trial.took)),
        )];
        details.extend(lives.iter().map(|why| ("because", why.clone())));
        for (id, outcome) in &trial.cases {
            let told = match outcome.detail() {
                detail if detail.is_empty() => outcome.name().to_owned(),
                detail => format!("{}: {detail}", outcome.name()),
            };
            details.push((id, told));
        }
        Self {
            name: trial.mutant.to_owned(),
            word: of(LIVES, if lives.is_some() { "LIVES" } else { "killed" }),
            cells: vec![
                trial.mutant.to_owned(),
                seconds(trial.took),
                lives.unwrap_or(by),
            ],
            details,
        }
    }
}
