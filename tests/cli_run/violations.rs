//! The heart: a target that does exactly one thing wrong, and a report that says exactly that.
//!
//! Every case compares all counts for equality with what the target itself knows: which pushes it got, who was in their audience, and
//! what it did to one delivery.

use pushproof::ids::{Lane, PushId, Seq};
use pushproof::verify::Tagger;
use serde_json::Value;

use super::classes::CLASSES;
use super::support::{Report, Scratch, done, run};
use super::target::{APPS, Harm, Manners, Shape, Target};
use std::time::Duration;

/// Push 49, the last of 50, is for one user under this seed; the tests say so if it ever is not.
const SEED: u64 = 1;
const LAST: usize = 49;
/// A twentieth of a percent short of all pushes accepted is still the load that was asked for; one of 50 is not.
const LAST_OF_MANY: usize = 199;

/// What a case has to come to.
#[derive(Clone, Default)]
pub(crate) struct Want {
    pub(crate) exit: i32,
    /// One violation of each of these.
    pub(crate) classes: &'static [&'static str],
    /// Deliveries in the audience that do not happen.
    pub(crate) missing: u64,
    pub(crate) rejected: u64,
    pub(crate) unknown: u64,
    pub(crate) dropped: u64,
    /// Processes that hold the sockets; 0: the run's own.
    pub(crate) workers: u32,
    /// Of the reasons in the report.
    pub(crate) words: &'static [&'static str],
}

pub(crate) struct Outcome {
    harm: Harm,
    target: Target,
    pub(crate) report: Report,
}

async fn target_of(harm: Harm, from: usize) -> Target {
    let many = from == LAST_OF_MANY;
    let manners = Manners {
        harm,
        from: if many { 0 } else { from },
        only: many.then_some(is_last_of_many),
        ..Manners::default()
    };
    Target::start(manners).await
}

/// Runs against the target with this harm from this push on, and holds the report to what is wanted.
pub(crate) async fn case(harm: Harm, from: usize, want: Want) -> Outcome {
    let many = from == LAST_OF_MANY;
    let target = target_of(harm, from).await;
    let scratch = Scratch::new();
    let path = scratch.path("report.json");
    let mut command = run(&["--users", "6", "--duration", "1s", "--deadline", "2s"]);
    command.args(["--rate", if many { "200/s" } else { "50/s" }]);
    // One lane gives the target the pushes in their order; the last of many must not keep others waiting.
    command.args(["--lanes", if many { "4" } else { "1" }]);
    command.args([
        "--settle",
        if matches!(harm, Harm::Late(_)) {
            "5s"
        } else {
            "2s"
        },
    ]);
    command.args(["--seed", &SEED.to_string(), "--target", target.url()]);
    command.args(["--json", &path]);
    if want.workers > 0 {
        command.args(["--workers", &want.workers.to_string()]);
    } else {
        command.args(["--journal", &scratch.path("run.journal")]);
    }
    let done = done(command).await;
    let report = Report::read(&path);
    if want.workers == 0 {
        super::journal::comes_to_the_same(&scratch, &report, done.code).await;
    }
    let context = format!("{harm:?}: {}{:#}", done.stdout, report.at("/deliveries"));
    assert_eq!(done.code, Some(want.exit), "{context}");

    for class in CLASSES {
        let wanted = u64::from(want.classes.contains(&class));
        assert_eq!(
            report.number(&format!("/deliveries/{class}")),
            wanted,
            "{class}, {context}"
        );
    }
    let pushes = target.pushes();
    let total = if many { 200 } else { 50 };
    assert_eq!(pushes.len(), total, "no push is asked for twice, {context}");
    let due: u64 = pushes.iter().map(|push| push.sockets).sum();
    let harmed = if matches!(harm, Harm::None | Harm::Rewrite | Harm::Premature) {
        0
    } else {
        target.harmed().sockets
    };
    let allowed = if want.unknown > 0 { harmed } else { 0 };
    let forbidden = if want.rejected > 0 { harmed } else { 0 };
    if want.dropped == 0 {
        for (what, wanted) in [
            ("expected", due - allowed - forbidden),
            ("delivered", due - forbidden - want.missing),
            ("allowed", allowed),
        ] {
            assert_eq!(
                report.number(&format!("/deliveries/{what}")),
                wanted,
                "{what}, {context}"
            );
        }
    }
    let accepted = total as u64 - want.rejected - want.unknown;
    for (place, wanted) in [
        ("/pushes/accepted", accepted),
        ("/pushes/rejected", want.rejected),
        ("/pushes/unknown", want.unknown),
        ("/sockets/connected", 6),
        ("/sockets/dropped", want.dropped),
    ] {
        assert_eq!(report.number(place), wanted, "{place}, {context}");
    }
    let verdict = match want.exit {
        0 => "pass",
        1 => "fail",
        _ => "unknown",
    };
    assert_eq!(report.text("/verdict"), verdict, "{context}");
    for word in want.words.iter().chain(want.classes) {
        assert!(report.reasons().contains(word), "{word:?}, {context}");
        assert!(done.stdout.contains(word), "{word:?}, {context}");
    }
    report.adds_up();
    let examples = report.list("/violations");
    let classes: Vec<_> = examples
        .iter()
        .filter_map(|e| e["class"].as_str())
        .collect();
    assert_eq!(classes, want.classes, "{context}");
    Outcome {
        harm,
        target,
        report,
    }
}

impl Outcome {
    fn example(&self, class: &str) -> &Value {
        let mut examples = self.report.list("/violations").iter();
        let found = examples.find(|example| example["class"] == class);
        found.unwrap_or_else(|| panic!("{:?}: no example of {class}", self.harm))
    }

    /// The example of this class names the harmed push, the socket's user, and the event as it arrived.
    pub(crate) fn names(&self, class: &str) -> &Value {
        let (example, push) = (self.example(class), self.target.harmed());
        let (app, user) = self.target.victim();
        let event = if self.harm == Harm::Rename {
            "renamed"
        } else {
            &push.event
        };
        for (key, wanted) in [
            ("push", id_of(&push.message).to_string().as_str()),
            ("audience", push.to.as_str()),
            ("push_app", push.app.as_str()),
            ("user", user.as_str()),
            ("app", app.as_str()),
            ("event", event),
        ] {
            assert_eq!(example[key], wanted, "{key}, {:?}: {example:#}", self.harm);
        }
        let time = |key: &str| example[key].as_u64();
        assert!(time("intended_us") <= time("sent_us"), "{example:#}");
        let refused = matches!(self.harm, Harm::RefuseDelivered { .. });
        match time("arrived_us") {
            None if class == "lost" => {}
            // Of a push that arrived before its refusal was known, the time of arrival is not kept.
            None if refused => {}
            arrived => assert!(class != "lost" && time("sent_us") < arrived, "{example:#}"),
        }
        example
    }

    /// The example is of an event that no push explains, at the victim's socket.
    fn names_nobodys(&self, class: &str, event: &str) {
        let example = self.example(class);
        let (app, user) = self.target.victim();
        assert_eq!(example["push"], Value::Null, "{example:#}");
        for (key, wanted) in [
            ("user", user.as_str()),
            ("app", app.as_str()),
            ("event", event),
        ] {
            assert_eq!(example[key], wanted, "{key}, {:?}: {example:#}", self.harm);
        }
    }
}

/// The push's id, from its tag.
fn id_of(message: &str) -> PushId {
    let found = Tagger::new(SEED).find(message.as_bytes());
    found.expect("a tag of this seed").tag.push
}

/// Lanes take turns: the last of 200 is the last of the fourth, whatever order they come in.
fn is_last_of_many(message: &str) -> bool {
    id_of(message)
        == PushId {
            lane: Lane(3),
            seq: Seq(49),
        }
}

/// A case that is one violation of one class, at a delivery that else is as it should be.
async fn one(harm: Harm, class: &'static [&'static str], missing: u64) -> Outcome {
    let want = Want {
        exit: 1,
        classes: class,
        missing,
        ..Want::default()
    };
    let outcome = case(harm, 10, want).await;
    outcome.names(class[0]);
    outcome
}

#[tokio::test]
async fn an_exact_target_passes() {
    let (plain, rewritten) = tokio::join!(
        case(Harm::None, 0, Want::default()),
        // Equal as JSON is equal.
        case(Harm::Rewrite, 0, Want::default()),
    );
    for outcome in [plain, rewritten] {
        let pushes = outcome.target.pushes();
        assert!(
            pushes.iter().any(|push| push.to == "*"),
            "the load has broadcasts"
        );
        assert!(
            APPS.iter()
                .all(|app| pushes.iter().any(|push| push.app == *app))
        );
        assert!(outcome.report.list("/violations").is_empty());
    }
}

#[tokio::test]
async fn one_delivery_harmed_is_one_violation_of_its_class() {
    let (_, broadcast, _, astray, leaked) = tokio::join!(
        one(Harm::Drop, &["lost"], 1),
        one(Harm::DropOneOfBroadcast, &["lost"], 1),
        one(Harm::Duplicate, &["duplicated"], 0),
        one(Harm::AnotherUser, &["misdelivered"], 0),
        one(Harm::AnotherApp, &["misdelivered"], 0),
    );
    assert_eq!(broadcast.target.harmed().to, "*");
    let (app, user) = astray.target.victim();
    let push = astray.target.harmed();
    assert!(app == push.app && user != push.to);
    let (app, user) = leaked.target.victim();
    let push = leaked.target.harmed();
    assert!(app != push.app && user == push.to);

    tokio::join!(
        one(Harm::Rename, &["misrouted"], 0),
        one(Harm::Corrupt(Shape::Object), &["corrupted"], 0),
        one(Harm::Corrupt(Shape::Array), &["corrupted"], 0),
        one(Harm::Corrupt(Shape::Text), &["corrupted"], 0),
        one(Harm::Swap, &["reordered"], 0),
    );
}

#[tokio::test]
async fn a_late_delivery_is_late_and_not_lost() {
    let want = Want {
        exit: 1,
        classes: &["late"],
        ..Want::default()
    };
    let outcome = case(Harm::Late(Duration::from_millis(2_300)), LAST, want).await;
    let example = outcome.names("late");
    let took = example["arrived_us"]
        .as_u64()
        .zip(example["sent_us"].as_u64());
    assert!(
        took.is_some_and(|(arrived, sent)| arrived - sent > 2_000_000),
        "{example:#}"
    );
}

#[tokio::test]
async fn an_event_that_no_push_explains_is_a_phantom() {
    let phantom = Want {
        exit: 1,
        classes: &["phantom"],
        ..Want::default()
    };
    let damaged = Want {
        exit: 1,
        classes: &["lost", "phantom"],
        missing: 1,
        ..Want::default()
    };
    let premature = Want {
        exit: 1,
        classes: &["premature"],
        ..Want::default()
    };
    let (phantom, damaged, stray, premature) = tokio::join!(
        case(Harm::Phantom, 10, phantom.clone()),
        case(Harm::DamageTag, 10, damaged),
        case(Harm::Stray, 10, phantom),
        case(Harm::Premature, 0, premature),
    );
    phantom.names_nobodys("phantom", "alert");
    damaged.names("lost");
    damaged.names_nobodys("phantom", &damaged.target.harmed().event);
    stray.names("phantom");
    premature.names_nobodys("premature", "alert");
}

#[tokio::test]
async fn a_refused_push_that_arrives_is_a_phantom() {
    let refused = async |heard| {
        let want = Want {
            exit: 1,
            classes: &["phantom"],
            rejected: 1,
            words: &["HTTP 400: quota exceeded"],
            ..Want::default()
        };
        let outcome = case(Harm::RefuseDelivered { heard }, 10, want).await;
        outcome.names("phantom");
        let because = outcome.report.at("/pushes/not_accepted_because");
        assert_eq!(because["HTTP 400: quota exceeded"], 1);
    };
    tokio::join!(refused(true), refused(false));
}

/// Nobody knows what became of these pushes, so either is allowed. One in 200 leaves the load as it was asked for; one in 50 does not.
#[tokio::test]
async fn a_push_of_unknown_outcome_may_arrive_or_not() {
    let pass = || Want {
        unknown: 1,
        ..Want::default()
    };
    let lost = || Want {
        unknown: 1,
        missing: 1,
        ..Want::default()
    };
    let short = Want {
        exit: 4,
        unknown: 1,
        words: &["49 of 50", "HTTP 500: oh no"],
        ..Want::default()
    };
    tokio::join!(
        case(Harm::FailDelivered, LAST_OF_MANY, pass()),
        case(Harm::FailLost, LAST_OF_MANY, lost()),
        case(Harm::CutDelivered, LAST_OF_MANY, pass()),
        case(Harm::NeverAnswered, LAST_OF_MANY, pass()),
        case(Harm::FailDelivered, 10, short),
    );
}

#[tokio::test]
async fn a_socket_that_is_closed_leaves_a_gap_in_the_evidence() {
    let want = Want {
        exit: 4,
        dropped: 1,
        words: &["1 of 6 sockets were dropped"],
        ..Want::default()
    };
    let outcome = case(Harm::CloseSocket, 10, want).await;
    assert!(outcome.report.number("/deliveries/expected") > 0);
}
