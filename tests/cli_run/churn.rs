//! Sockets that leave and come back while pushes go on: every push is accounted for, and nothing is blamed on the target.

use super::support::{Done, Report, SMALL, Scratch, done, run};
use super::target::{Manners, Target};

const CHURN: &str = r#"
[users]
count = 60
sockets_per_user = 2
[pushes]
rate = "100/s"
duration = "3s"
[verify]
deadline = "5s"
settle = "5s"
[churn]
share = 0.3
"#;

/// A run of this scenario that has to pass, and that accounts for everybody.
async fn clean(target: Option<&Target>, scenario: &str) -> Report {
    let scratch = Scratch::new();
    let (file, path) = (
        scratch.file("churn.toml", scenario),
        scratch.path("report.json"),
    );
    let mut command = run(&[&file, "--seed", "11", "--json", &path]);
    if let Some(target) = target {
        command.args(["--target", target.url()]);
    }
    let done = done(command).await;
    let report = Report::read(&path);
    assert_eq!(
        done.code,
        Some(0),
        "{done:?} {:#}",
        report.at("/deliveries")
    );
    report.adds_up();
    for (place, count) in [
        ("/sockets/wanted", 120),
        ("/sockets/connected", 120),
        ("/sockets/alive", 120),
        ("/sockets/refused", 0),
        ("/sockets/dropped", 0),
    ] {
        assert_eq!(
            report.number(place),
            count,
            "{place} {:#}",
            report.at("/sockets")
        );
    }
    let left = report.number("/sockets/left");
    assert!(left > 0);
    assert_eq!(report.number("/sockets/reconnected"), left);
    assert_eq!(report.number("/latency/connect/count"), 120 + left);
    // Those who stayed are expected to have all; what happened around the others is told apart.
    assert!(report.number("/deliveries/expected") > 0);
    assert!(report.number("/deliveries/allowed") > 0);
    report
}

#[tokio::test]
async fn churn_passes_and_everybody_comes_back() {
    let steady = format!("{CHURN}rate = \"40/s\"\naway = \"200ms\"\n");
    let lingering = format!("{steady}linger = \"100ms\"\nabrupt = 0.2\n");
    let target = Target::start(Manners::default()).await;
    let (embedded, other) = tokio::join!(clean(None, &steady), clean(Some(&target), &lingering),);
    assert_eq!(embedded.number("/scenario/plan/users/count"), 60);
    for report in [embedded, other] {
        // 36 sockets, each about once a second, for three seconds; some of it while they are away.
        let left = report.number("/sockets/left");
        assert!((40..=120).contains(&left), "{left}");
    }
}

#[tokio::test]
async fn a_storm_takes_many_at_once() {
    let storm = format!("{CHURN}storm_every = \"1s\"\nstorm_share = 1.0\n");
    let report = clean(None, &storm).await;
    // Two storms before the end of pushing, for all who churn and are back in time for the second.
    let left = report.number("/sockets/left");
    assert!((36..=72).contains(&left), "{left}");
}

/// A minute away is no minute's wait: whoever is away when pushing is over comes back.
#[tokio::test]
async fn a_long_absence_ends_with_the_pushing() {
    let churn = CHURN.replace("share = 0.3", "share = 1.0");
    let report = clean(None, &format!("{churn}rate = \"2/s\"\naway = \"1m\"\n")).await;
    assert!(report.number("/duration_ms") < 50_000);
}

fn problems(done: &Done) -> &str {
    assert_eq!(done.code, Some(2), "{done:?}");
    &done.stderr
}

#[tokio::test]
async fn a_churn_that_cannot_be_is_told() {
    let scratch = Scratch::new();
    let file = scratch.file(
        "bad.toml",
        "[churn]\nrate = \"1/s\"\nabrupt = 2.0\nlinger = 5\n",
    );
    let done = done(run(&[&file])).await;
    assert!(problems(&done).contains("linger"), "{done:?}");
    let file = scratch.file(
        "bad.toml",
        "[churn]\nrate = \"1/s\"\nabrupt = 2.0\n[clients]\nreconnect_jitter = 7.0\n",
    );
    let mut command = run(&SMALL);
    command.arg(&file);
    let done = self::done(command).await;
    let told = problems(&done);
    assert!(told.contains("churn.abrupt: 2 is no share"), "{told}");
    assert!(
        told.contains("clients.reconnect_jitter: 7 is no share"),
        "{told}"
    );
}
