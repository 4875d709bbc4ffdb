//! The conformance suite proves itself: everything passes at a platform that is right, and each known-bad one is told by the cases that name
//! it, and by no other. At servers that nobody here wrote it comes to what they are known to do.

use std::collections::BTreeMap;
use std::time::Duration;

use pushproof::conform::case::{self, Case};
use pushproof::conform::select::Selection;
use pushproof::conform::target::Target;
use pushproof::conform::{Options, run};
use pushproof::platform::{Mutant, Platform, PlatformConfig};
use pushproof::scenario::Plan;
use pushproof::scenario::file::File;
use pushproof::summary::Verdict;
use pushproof::summary::conformance::{Conformance, Outcome};
use tokio::sync::watch;
use tokio::task::JoinSet;

mod support;

/// Mutants of topics that have no case yet.
const TO_COME: [&str; 1] = ["two-connects"];
/// Cases that a mutant leaves without a result: there is no interval to measure by, and no id to be read.
const WITHOUT_RESULT: [(&str, &str); 2] =
    [("interval-in-seconds", "HS-18"), ("wrong-length", "HS-15")];

/// Tries these cases at the target of this URL.
async fn suite(url: &str, cases: &[&'static Case]) -> Conformance {
    let plan = Plan::from_file(&File::default(), 1).expect("a plan");
    let target = Target::find(url, &plan).await.expect("a target");
    let options = Options {
        // Enough to see every letter, and quick.
        sids: 600,
        ..Options::default()
    };
    let (_stop, stopped) = watch::channel(false);
    run(cases, target, options, stopped, |_| {}).await
}

/// Tries all cases at a platform with this mutant, if any.
async fn platform(mutant: Option<Mutant>) -> Conformance {
    let config = PlatformConfig {
        ping_interval: Duration::from_millis(300),
        ping_timeout: Duration::from_secs(2),
        mutants: mutant.into_iter().collect(),
        ..PlatformConfig::default()
    };
    let address = "127.0.0.1:0".parse().expect("an address");
    let platform = Platform::start(address, config).await.expect("a platform");
    let cases: Vec<_> = case::all().collect();
    let suite = suite(&format!("http://{}", platform.address()), &cases).await;
    platform.stop().await;
    suite
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

#[tokio::test]
async fn the_platform_keeps_every_rule() {
    let suite = platform(None).await;
    let other = |outcome: &Outcome| !matches!(outcome, Outcome::Pass | Outcome::Info(_));
    assert_eq!(ids(&suite, other), [""; 0], "{}", told(&suite));
    assert_eq!(suite.rows.len(), case::all().count());
    assert_eq!(suite.verdict(), Verdict::Pass);
    for row in &suite.rows {
        assert!(!row.trace.is_empty(), "{}", row.about.id);
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
async fn every_mutant_is_told_by_the_cases_that_name_it_and_by_no_other() {
    let mut killers: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for case in case::all() {
        for mutant in case.kills {
            mutant.parse::<Mutant>().expect("a mutant that is there");
            killers.entry(mutant).or_default().push(case.about.id);
        }
    }
    let unnamed = Mutant::all().map(Mutant::name);
    let unnamed: Vec<_> = unnamed.filter(|name| !killers.contains_key(name)).collect();
    assert_eq!(unnamed, TO_COME, "no case names them");
    let mutants: Vec<_> = Mutant::all()
        .filter(|mutant| killers.contains_key(mutant.name()))
        .collect();
    // A few at a time: what they wait for takes longer than what they do.
    for some in mutants.chunks(5) {
        let mut trials = JoinSet::new();
        for mutant in some.iter().copied() {
            trials.spawn(async move { (mutant.name(), platform(Some(mutant)).await) });
        }
        while let Some(trial) = trials.join_next().await {
            let (mutant, suite) = trial.expect("no panic");
            let told = told(&suite);
            assert_eq!(
                ids(&suite, Outcome::is_missed),
                killers[mutant],
                "{mutant}:\n{told}"
            );
            let open = ids(&suite, |outcome| {
                matches!(
                    outcome,
                    Outcome::Unknown(_) | Outcome::Skip(_) | Outcome::Error(_)
                )
            });
            let due = WITHOUT_RESULT.iter().filter(|(name, _)| *name == mutant);
            let due: Vec<_> = due.map(|(_, id)| *id).collect();
            assert_eq!(open, due, "{mutant}:\n{told}");
        }
    }
}

/// What each server of the real world is known to do otherwise.
async fn comes_to(url: &str, due: &[(&str, &str)]) {
    let cases: Vec<_> = case::all().collect();
    let suite = suite(url, &cases).await;
    let rows = suite.rows.iter();
    let found: Vec<_> = rows
        .filter(|row| !matches!(row.outcome, Outcome::Pass | Outcome::Info(_)))
        .map(|row| (row.about.id, row.outcome.name()))
        .collect();
    assert_eq!(found, due, "{}", told(&suite));
}

#[tokio::test]
#[ignore = "needs Node and Python peers: run ci/check (or ci/install-peers, then cargo test -- --ignored)"]
async fn a_node_server_keeps_every_rule() {
    let flags = ["--ping-interval", "500", "--ping-timeout", "2000"];
    let server = support::peers::Peer::spawn_node_server(&flags).await;
    comes_to(server.url(), &[]).await;
    server.end().await;
}

#[tokio::test]
#[ignore = "needs Node and Python peers: run ci/check (or ci/install-peers, then cargo test -- --ignored)"]
async fn a_python_server_misses_what_it_is_known_to_miss() {
    let flags = ["--ping-interval", "1", "--ping-timeout", "2"];
    let server = support::peers::Peer::spawn_python_server(&flags).await;
    let due = [
        ("HS-05", "non-strict"),
        ("HS-07", "fail"),
        ("HS-09", "non-strict"),
        ("HS-12", "non-strict"),
        ("HS-16", "non-strict"),
    ];
    comes_to(server.url(), &due).await;
    server.end().await;
}
