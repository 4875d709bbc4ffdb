//! Cases and trials that never were.

use std::sync::Arc;
use std::time::Duration;

use crate::capacity::{self, Break, Figures, Step, Vary};
use crate::dashboard::list::climb::{self, Climb, Now};
use crate::dashboard::list::{About, Going, Item, Tried, items};
use crate::dashboard::tests::made as run;
use crate::summary::conformance::{self, Level, Missed, Outcome};
use crate::summary::proof::Standing::{Exact, Unknown, Wrong};
use crate::summary::{mutation, proof};
use crate::verify::Class;

const REQUIREMENT: &str = "A GET without a session id opens one: 200, a packet of type 0 with sid, upgrades, pingInterval, pingTimeout and maxPayload.";

fn case(id: &'static str, level: Level, outcome: Outcome, ms: u64) -> Arc<Item> {
    let row = conformance::Row {
        about: conformance::About {
            id,
            level,
            requirement: REQUIREMENT,
            source: "Engine.IO protocol, revision 4: handshake",
        },
        outcome,
        trace: vec![
            "> GET /socket.io/?EIO=4&transport=polling".to_owned(),
            "< 400 Bad Request".to_owned(),
            "< {\"code\":0,\"message\":\"Transport unknown\"}".to_owned(),
        ],
        took: Duration::from_millis(ms),
    };
    Item::from(&row).into()
}

fn missed(allowed: &str, seen: &str) -> Missed {
    Missed {
        allowed: allowed.to_owned(),
        seen: seen.to_owned(),
        silent: false,
    }
}

fn about() -> About {
    About {
        command: "conform",
        target: "the embedded platform, http://127.0.0.1:40123".to_owned(),
        facts: "profile embedded, 10 topics".to_owned(),
        called: ("case", "cases"),
        columns: items::CASES,
        words: items::OUTCOMES,
        ..About::default()
    }
}

/// Nothing has ended.
pub(super) fn begins() -> Tried {
    Tried {
        about: about().into(),
        phase: "starting",
        of: Some(198),
        ..Tried::default()
    }
}

const IDS: [&str; 12] = [
    "HS-01", "HS-02", "HS-03", "AU-01", "AU-02", "TR-01", "TR-02", "RT-01", "OR-01", "PL-01",
    "LV-01", "RC-01",
];

fn going(names: &[&'static str]) -> Vec<Going> {
    let all = names.iter().enumerate();
    let all = all.map(|(n, name)| Going {
        name: (*name).to_owned(),
        title: REQUIREMENT,
        lasts: Duration::from_millis(12_300 / (n as u64 + 1)),
    });
    all.collect()
}

/// All is well.
pub(super) fn calm() -> Tried {
    let ids = IDS.iter().cycle().take(60).enumerate();
    let ended = ids.map(|(n, id)| case(id, Level::Must, Outcome::Pass, 7 * n as u64));
    Tried {
        phase: "trying",
        elapsed: Duration::from_secs(8),
        ended: Arc::new(ended.collect()),
        going: going(&["LV-02", "LV-03", "MN-01"]),
        ..begins()
    }
}

/// All kinds of outcomes, two of them failures.
pub(super) fn trouble() -> Tried {
    let mut ended = Vec::clone(&calm().ended);
    let first = missed(
        "200 with a packet of type 0",
        "400 Bad Request, {\"code\":0}",
    );
    let last = missed(
        "one event named order, with these arguments in this order; or the end of the connection within two seconds",
        "nothing came within 2 s, and then \u{1b}[2J\u{202e}evil, which is a name that no server should have taken from anybody",
    );
    ended.extend([
        case("HS-04", Level::Must, Outcome::Fail(first), 412),
        case(
            "AU-09",
            Level::Should,
            Outcome::NonStrict(missed("close", "nothing")),
            99,
        ),
        case(
            "MN-01",
            Level::Must,
            Outcome::Skip("there is one node".to_owned()),
            0,
        ),
        case(
            "LV-07",
            Level::Must,
            Outcome::Unknown("the way was closed".to_owned()),
            9_000,
        ),
        case("RT-05", Level::Must, Outcome::Fail(last), 2_000),
        case("RT-06", Level::Must, Outcome::Pass, 3),
    ]);
    Tried {
        elapsed: Duration::from_secs(75),
        ended: Arc::new(ended),
        going: going(&[
            "LV-02", "LV-03", "LV-04", "LV-05", "LV-06", "LV-08", "LV-09", "LV-10", "LV-11",
            "LV-12",
        ]),
        ..calm()
    }
}

/// Trials of the self-test, the last of which went wrong if that is wanted.
pub(super) fn trials(wrong: bool) -> Tried {
    let row = |fault, one_in, injected, class, standing| {
        let row = proof::Row {
            fault,
            one_in,
            churn: one_in == 50,
            occasions: 12_000,
            injected,
            detected: injected,
            blamed: vec![(class, injected)],
            false_alarms: 0,
            deliveries: 11_988,
            standing,
        };
        Arc::new(Item::from(&row))
    };
    let mut ended = vec![
        row(Some("drop"), 1_000, 12, Class::Lost, Exact),
        row(Some("duplicate-late"), 50, 240, Class::Duplicated, Exact),
    ];
    if wrong {
        let why = "239 reordered in place of 240";
        ended.extend([
            row(
                Some("reorder"),
                50,
                240,
                Class::Reordered,
                Wrong(why.to_owned()),
            ),
            row(
                Some("delay"),
                1_000,
                0,
                Class::Late,
                Unknown("the generator was the limit: its CPU was at 99 %".to_owned()),
            ),
        ]);
    }
    Tried {
        about: Arc::new(About {
            command: "selftest",
            target: "embedded platforms that misbehave".to_owned(),
            facts: "2 at a time, seed 7".to_owned(),
            called: ("trial", "trials"),
            columns: items::TRIALS,
            words: items::STANDINGS,
            held_against: String::new(),
        }),
        phase: "trying",
        elapsed: Duration::from_secs(42),
        of: Some(96),
        ended: Arc::new(ended),
        going: going(&["cross-app", "corrupt-unicode"]),
        climb: None,
    }
}

/// Known-bad servers, one of which lives if that is wanted.
pub(super) fn mutants(lives: bool) -> Tried {
    let trial = |mutant, outcome| {
        let trial = mutation::Trial {
            mutant,
            cases: vec![
                ("HS-01", Outcome::Fail(missed("a", "b"))),
                ("TR-07", outcome),
            ],
            took: Duration::from_millis(340),
        };
        Arc::new(Item::from(&trial))
    };
    let mut ended = vec![trial("two-connects", Outcome::Fail(missed("one", "two")))];
    if lives {
        ended.push(trial("open-without-upgrades", Outcome::Pass));
    }
    Tried {
        about: Arc::new(About {
            command: "selftest --conformance",
            called: ("mutant", "mutants"),
            columns: items::MUTANTS,
            words: items::LIVES,
            ..About::default()
        }),
        ended: Arc::new(ended),
        ..trials(false)
    }
}

/// A step of a search.
fn step(load: f64, outcome: capacity::Outcome, p99_us: u64, broke: &[(&str, &str)]) -> Step {
    let broke = broke.iter().map(|(what, detail)| Break {
        what: (*what).to_owned(),
        detail: (*detail).to_owned(),
    });
    let violations = broke.len() as u64 * 17;
    Step {
        broke: broke.collect(),
        figures: Figures {
            sockets: load as u64,
            pushes_per_s: 49.9,
            deliveries_per_s: load * 12.5,
            samples: 125 * load as u64,
            mean_us: Some(p99_us as f64 / 3.0),
            p50_us: Some(p99_us / 4),
            p95_us: Some(p99_us / 2),
            p99_us: Some(p99_us),
            p99_low_us: Some(p99_us - p99_us / 10),
            p99_high_us: None,
            max_us: Some(p99_us * 2),
            violations,
            generator_percent: Some(23.4),
            target_percent: Some(load / 10.0),
            target_thread_percent: None,
            took_ms: 14_321,
        },
        ..capacity::tests::step(load, outcome)
    }
}

/// A search with these steps and this one under way.
fn search(steps: Vec<Step>, now: Option<Now>) -> Tried {
    let mut search = capacity::tests::search(Vary::Sockets, "");
    search.steps = steps;
    let steps = search.steps.iter().enumerate();
    let ended = steps.map(|(n, step)| Arc::new(climb::item(&search, n + 1, step)));
    Tried {
        about: Arc::new(About {
            command: "capacity",
            target: "the embedded platform".to_owned(),
            facts: "by sockets, latency.push.p99 < 50ms, seed 5".to_owned(),
            called: ("step", "steps"),
            columns: climb::STEPS,
            words: climb::CAME_TO,
            held_against: String::new(),
        }),
        phase: "resting",
        elapsed: Duration::from_secs(93),
        of: None,
        ended: Arc::new(ended.collect()),
        going: Vec::new(),
        climb: Some(Climb {
            search: search.into(),
            now,
        }),
    }
}

/// A search that has found nothing but loads that hold.
pub(super) fn climbs() -> Tried {
    let held = |load, p99_us| step(load, capacity::Outcome::Held, p99_us, &[]);
    let now = Now {
        number: 4,
        load: 800.0,
        run: run::calm(),
    };
    search(
        vec![held(100.0, 2_100), held(200.0, 2_900), held(400.0, 7_300)],
        Some(now),
    )
}

/// One that has found where it breaks, with a step that says nothing and one in trouble.
pub(super) fn breaks() -> Tried {
    use capacity::Outcome::{Broke, Held, Unclear};
    let late = (
        "late",
        "17 deliveries came after the deadline of 1s, the first of them 3.2 s after the step began",
    );
    let slow = ("threshold", "latency.push.p99 < 50ms: 312 ms");
    let mut unclear = step(566.0, Unclear, 90_000, &[]);
    unclear.unclear = vec!["the generator was the limit: its CPU was at 99 %".to_owned()];
    let mut close = step(520.0, Held, 49_000, &[]);
    close.close = true;
    let now = Now {
        number: 8,
        load: 520.0,
        run: run::trouble(),
    };
    let mut climbs = Vec::clone(&climbs().climb.unwrap().search.steps);
    climbs.extend([step(800.0, Broke, 312_000, &[late, slow]), unclear]);
    climbs.extend([step(566.0, Broke, 71_000, &[slow]), close]);
    search(climbs, Some(now))
}

/// One between two steps, of which none has held.
pub(super) fn rests() -> Tried {
    let slow = ("threshold", "latency.push.p99 < 50ms: 312 ms");
    search(
        vec![step(10.0, capacity::Outcome::Broke, 312_000, &[slow])],
        None,
    )
}

/// What no sane source says.
pub(super) fn extreme() -> Tried {
    let mut tried = trouble();
    tried.elapsed = Duration::MAX;
    tried.of = Some(0);
    let mut about = About::clone(&tried.about);
    about.target = "\u{1b}[2J\u{202e}http://\u{5d0}".repeat(40);
    about.held_against = "expected: \u{200b}x.txt".to_owned();
    tried.about = about.into();
    let item = Item {
        name: "\u{1b}".repeat(300),
        details: vec![("日本語 and a label that is long", "x".repeat(100_000))],
        ..Item::default()
    };
    Arc::make_mut(&mut tried.ended).push(item.into());
    tried.going.push(Going {
        name: "日本語".repeat(50),
        title: "\u{202e}",
        lasts: Duration::MAX,
    });
    tried
}
