//! The conformance suite proves itself: everything passes at a platform that is right, and each known-bad one is told by the cases that name
//! it. At servers that nobody here wrote it comes to what they are known to do.

use std::sync::Arc;
use std::time::Duration;

use pushproof::conform::case::{self, Case};
use pushproof::conform::select::Selection;
use pushproof::conform::target::Target;
use pushproof::conform::{Options, run};
use pushproof::platform::{Mutant, Platform, PlatformConfig};
use pushproof::pool::Running;
use pushproof::report;
use pushproof::scenario::Plan;
use pushproof::scenario::conformance::{Echo, Section};
use pushproof::scenario::file::File;
use pushproof::selftest::mutation::{self, Mutations};
use pushproof::summary::Verdict;
use pushproof::summary::conformance::{Conformance, Outcome};
use tokio::sync::watch;

mod support;

/// What the embedded platform does not have.
const NOT_THERE: [&str; 5] = ["SE-33", "MN-06", "MN-07", "MN-10", "MN-11"];

/// Tries these cases at the target of this URL.
async fn suite(url: &str, cases: &[&'static Case]) -> Conformance {
    let file = File {
        conformance: Section {
            echo: Some(Echo::default()),
            ..Section::default()
        },
        ..File::default()
    };
    let plan = Plan::from_file(&file, 1).expect("a plan");
    let target = Target::find(url, &Arc::new(plan), true)
        .await
        .expect("a target");
    let options = Options {
        // Enough to see every letter, and quick.
        sids: 600,
        ..Options::default()
    };
    let (_stop, stopped) = watch::channel(false);
    let running = Running::default();
    run(cases, target, options, &running, stopped, |_| {}).await
}

/// What is wrong, in words: the cases that did not pass, with what they say.
fn told(suite: &Conformance) -> String {
    let rows = suite.rows.iter();
    let rows = rows.filter(|row| row.outcome != Outcome::Pass).map(|row| {
        let (id, outcome) = (row.about.id, &row.outcome);
        format!("{id} {}: {}\n", outcome.name(), outcome.detail())
    });
    rows.collect()
}

fn ids(suite: &Conformance, which: impl Fn(&Outcome) -> bool) -> Vec<&'static str> {
    let rows = suite.rows.iter().filter(|row| which(&row.outcome));
    rows.map(|row| row.about.id).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_platform_keeps_every_rule() {
    let cases: Vec<_> = case::all().collect();
    let suite = mutation::suite(None, &cases, 8).await.expect("a platform");
    let other = |outcome: &Outcome| !matches!(outcome, Outcome::Pass | Outcome::Info(_));
    let mut other = ids(&suite, other);
    other.retain(|id| !NOT_THERE.contains(id));
    assert_eq!(other, [""; 0], "{}", told(&suite));
    assert_eq!(suite.rows.len(), case::all().count());
    assert_eq!(suite.verdict(), Verdict::Pass);
    for row in &suite.rows {
        let skipped = matches!(row.outcome, Outcome::Skip(_));
        assert!(skipped || !row.trace.is_empty(), "{}", row.about.id);
    }
}

/// One transport is a whole target: what needs the other is left out, and told.
#[tokio::test]
async fn what_needs_a_transport_that_is_not_offered_is_skipped() {
    for (polling, websocket) in [(false, true), (true, false)] {
        let config = PlatformConfig {
            polling,
            websocket,
            ping_interval: Duration::from_millis(300),
            ping_timeout: Duration::from_secs(2),
            ..PlatformConfig::default()
        };
        let address = "127.0.0.1:0".parse().expect("an address");
        let platform = Platform::start(address, config).await.expect("a platform");
        let only = ["HS-01", "HS-02", "HS-03", "HS-12", "HS-17", "HS-18"];
        let selection = Selection {
            only: only.map(str::to_owned).into(),
            ..Selection::default()
        };
        let cases = selection.cases().expect("cases");
        let suite = suite(&format!("http://{}", platform.address()), &cases).await;
        platform.stop().await;
        assert!(
            !suite.rows.iter().any(|row| row.outcome.is_missed()),
            "{}",
            told(&suite)
        );
        let skipped = ids(&suite, |outcome| matches!(outcome, Outcome::Skip(_)));
        let due: &[&str] = if polling { &[] } else { &["HS-12"] };
        assert_eq!(skipped, due);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_mutant_is_told_by_each_case_that_names_it() {
    for case in case::all() {
        for mutant in case.kills {
            mutant.parse::<Mutant>().expect("a mutant that is there");
        }
    }
    // For whoever works on one of them.
    let only = std::env::var("PUSHPROOF_MUTANTS").unwrap_or_default();
    let only = only.split(',').filter(|name| !name.is_empty());
    let options = Mutations {
        only: only.map(|name| name.parse().expect("a mutant")).collect(),
        jobs: 6,
        running: Running::default(),
    };
    let (_stop, stopped) = watch::channel(false);
    let mutation = mutation::mutations(&options, stopped, |_, _| {}).await;
    let survivors: Vec<_> = mutation.survivors().collect();
    assert_eq!(survivors, [], "these live");
    assert!(!mutation.trials.is_empty());
    if options.only.is_empty() {
        // What it came to is kept, and is the same each time.
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/reports/mutation.json");
        let current = report::mutation::json(&mutation);
        if std::env::var_os("PUSHPROOF_BLESS").is_some() {
            std::fs::write(path, &current).expect("the report can be written");
        }
        let kept = std::fs::read_to_string(path).expect("the report is there");
        assert!(
            kept == current,
            "reports/mutation.json is out of date; write it anew with\n  pushproof selftest --conformance --json reports/mutation.json"
        );
    }
}

/// What a server of the real world is known to do otherwise.
async fn these_come_to(url: &str, cases: &[&'static Case], due: &[(&str, &str)]) {
    let suite = suite(url, cases).await;
    let rows = suite.rows.iter();
    let found: Vec<_> = rows
        .filter(|row| {
            let tried = !matches!(row.outcome, Outcome::Skip(_));
            tried && !matches!(row.outcome, Outcome::Pass | Outcome::Info(_))
        })
        .map(|row| (row.about.id, row.outcome.name()))
        .collect();
    assert_eq!(found, due, "{}", told(&suite));
}

/// Each behaviour of the official protocol suites, tried by a client that nobody here wrote a WebSocket for.
#[tokio::test]
#[ignore = "needs Node and Python peers: run ci/check (or ci/install-peers, then cargo test -- --ignored)"]
async fn the_platform_does_what_the_official_suites_ask() {
    let config = PlatformConfig {
        ping_interval: Duration::from_millis(300),
        ping_timeout: Duration::from_millis(200),
        connect_timeout: Duration::from_secs(1),
        namespaces: vec!["/custom".to_owned()],
        official_echo: true,
        ..PlatformConfig::default()
    };
    let address = "127.0.0.1:0".parse().expect("an address");
    let platform = Platform::start(address, config).await.expect("a platform");
    let url = format!("http://{}", platform.address());
    // It leaves no margin for a busy machine: a behaviour that is there shows in one of a few attempts.
    let mut told = String::new();
    for _ in 0..3 {
        told = support::peers::official(&url).await;
        if told == "Engine.IO: 25 of 25\nSocket.IO: 32 of 32\n" {
            platform.stop().await;
            return;
        }
    }
    panic!("{told}");
}

/// What the Node server does wrong about recovery with `--recovery-strict`, and the case that has to tell it.
const RECOVERIES: [(&str, &str); 10] = [
    ("pid-is-sid", "RC-05"),
    ("recover-less", "RC-06"),
    ("recover-twice", "RC-06"),
    ("recover-swapped", "RC-06"),
    ("pid-guess", "RC-07"),
    ("pid-theft", "RC-08"),
    ("recover-revoked", "RC-09"),
    ("recover-after-kick", "RC-10"),
    ("silent-partial-replay", "RC-11"),
    ("double-recovery", "RC-12"),
];

/// The mutants of recovery are ours: a server of another make is wrong about it as well, and is told.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Node and Python peers: run ci/check (or ci/install-peers, then cargo test -- --ignored)"]
async fn recovery_that_is_right_is_told_from_recovery_that_is_not() {
    const STRICT: &str = "--recovery-strict";
    let about = |case: &&Case| RECOVERIES.iter().any(|(_, id)| *id == case.about.id);
    let ours: Vec<_> = case::all().filter(about).collect();
    let server = support::peers::Peer::spawn_node_server(&[STRICT]).await;
    let coming_back: Vec<_> = case::all()
        .filter(|case| case.about.topic() == "RC")
        .collect();
    these_come_to(server.url(), &coming_back, &[]).await;
    server.end().await;

    // As it comes, it asks nobody whose session it is, and gives one away twice.
    let server = support::peers::Peer::spawn_node_server(&["--recovery"]).await;
    let due = [
        ("RC-08", "fail"),
        ("RC-09", "non-strict"),
        ("RC-12", "non-strict"),
    ];
    these_come_to(server.url(), &ours, &due).await;
    server.end().await;

    let mut trials = tokio::task::JoinSet::new();
    for (fault, id) in RECOVERIES {
        let case = ours.iter().find(|case| case.about.id == id);
        let case = *case.expect("a case");
        trials.spawn(async move {
            let flags = [STRICT, "--fault", &format!("{fault}-every=1")];
            let server = support::peers::Peer::spawn_node_server(&flags).await;
            let suite = suite(server.url(), &[case]).await;
            let told = told(&suite);
            assert!(suite.rows[0].outcome.is_missed(), "{fault}: {id} {told}");
            server.end().await;
        });
    }
    while let Some(trial) = trials.join_next().await {
        trial.expect("each is told");
    }
}
