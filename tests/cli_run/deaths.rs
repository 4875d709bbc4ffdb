//! Sockets that the target drops: each death under its own name, the way back, and what it means for the verdict.

use super::support::{Done, Report, Run, Scratch, done, pushproof, run};
use super::target::{Death, Harm, Manners, Target};
use super::trouble::Serve;

const CAUSES: [&str; 6] = [
    "network",
    "kick",
    "close",
    "ping_timeout",
    "overload",
    "protocol_error",
];

/// Runs against a target that harms from the tenth push on.
async fn harmed(harm: Harm, clients: &str) -> (Done, Report) {
    let manners = Manners {
        harm,
        from: 10,
        pings: true,
        ..Manners::default()
    };
    let target = Target::start(manners).await;
    let scratch = Scratch::new();
    let scenario = format!(
        "[users]\ncount = 6\n[pushes]\nrate = \"50/s\"\nduration = \"1s\"\n[verify]\ndeadline = \"2s\"\nsettle = \"6s\"\n[clients]\n{clients}"
    );
    let (file, path) = (
        scratch.file("run.toml", &scenario),
        scratch.path("report.json"),
    );
    let done = done(run(&[
        &file,
        "--seed",
        "1",
        "--target",
        target.url(),
        "--json",
        &path,
    ]))
    .await;
    let report = Report::read(&path);
    report.adds_up();
    assert_eq!(report.number("/sockets/connected"), 6, "{harm:?}");
    assert_eq!(report.number("/sockets/left"), 0, "{harm:?}");
    (done, report)
}

/// One socket dies, is counted under this cause and no other, and comes back.
async fn death(death: Death, cause: &str) {
    let (done, report) = harmed(Harm::Die(death), "").await;
    let context = format!("{death:?}: {:#}", report.at("/sockets"));
    assert_eq!(done.code, Some(4), "{context} {done:?}");
    for name in CAUSES {
        let counted = report.number(&format!("/sockets/dropped_by_cause/{name}"));
        assert_eq!(counted, u64::from(name == cause), "{name}, {context}");
    }
    assert_eq!(report.number("/sockets/dropped"), 1, "{context}");
    assert_eq!(report.number("/sockets/reconnected"), 1, "{context}");
    assert_eq!(report.number("/sockets/alive"), 6, "{context}");
    assert_eq!(report.number("/deliveries/lost"), 0, "{context}");
    assert!(report.reasons().contains("1 of 6 sockets"), "{context}");
}

#[tokio::test]
async fn each_death_is_counted_under_its_name() {
    tokio::join!(
        death(Death::Cut, "network"),
        death(Death::Reset, "network"),
        death(Death::Kick, "kick"),
        death(Death::Close, "close"),
        death(Death::Code(1001), "close"),
        death(Death::Code(1013), "overload"),
        death(Death::Silence, "ping_timeout"),
        death(Death::Garbage, "protocol_error"),
    );
}

/// A link that dies in silence so late that no ping is missed before judging: what did not come there is not called lost.
#[tokio::test]
async fn a_link_that_dies_unnoticed_before_judging_loses_nothing() {
    let manners = Manners {
        harm: Harm::Die(Death::Gone),
        from: 20,
        ..Manners::default()
    };
    let target = Target::start(manners).await;
    let scratch = Scratch::new();
    let scenario = "[users]\ncount = 6\n[pushes]\nrate = \"50/s\"\nduration = \"1s\"\n[verify]\ndeadline = \"200ms\"\nsettle = \"400ms\"\n";
    let (file, path) = (
        scratch.file("run.toml", scenario),
        scratch.path("report.json"),
    );
    let journal = scratch.path("run.ppj");
    let mut command = run(&[&file, "--seed", "1", "--target", target.url()]);
    command.args(["--json", &path, "--journal", &journal]);
    let done_ = done(command).await;
    let report = Report::read(&path);
    report.adds_up();
    assert_eq!(done_.code, Some(4), "{done_:?}");
    assert_eq!(report.number("/deliveries/lost"), 0, "{done_:?}");
    assert!(report.number("/deliveries/missed_at_death") > 0);
    assert_eq!(report.number("/sockets/dropped_by_cause/ping_timeout"), 1);
    assert_eq!(report.number("/sockets/alive"), 5);
    assert!(report.reasons().contains("no sign of life"), "{done_:?}");
    let mut verify = pushproof();
    verify.args(["verify", &journal]);
    let verified = done(verify).await;
    assert_eq!(verified.code, Some(4), "{verified:?}");
}

#[tokio::test]
async fn without_reconnects_a_socket_that_died_stays_away() {
    let (done, report) = harmed(Harm::Die(Death::Close), "reconnect = false\n").await;
    assert_eq!(done.code, Some(4), "{done:?}");
    assert_eq!(report.number("/sockets/reconnected"), 0);
    assert_eq!(report.number("/sockets/alive"), 5);
    // Nor does a run pass that lost somebody for good, whatever drops are allowed.
    let forgiving = "reconnect = false\ndrops = \"allowed\"\n";
    let (done, report) = harmed(Harm::Die(Death::Close), forgiving).await;
    assert_eq!(done.code, Some(4), "{done:?}");
    assert!(report.reasons().contains("had not come back"), "{done:?}");
}

/// The target forgets its sessions, so that whoever comes back has to log in anew.
#[tokio::test]
async fn a_restart_passes_only_where_drops_are_allowed() {
    let quick = "reconnect_delay = \"100ms\"\n";
    let allowed = format!("{quick}drops = \"allowed\"\n");
    let (strict, forgiving) = tokio::join!(
        harmed(Harm::Restart, quick),
        harmed(Harm::Restart, &allowed)
    );
    for (code, (done, report)) in [(4, strict), (0, forgiving)] {
        assert_eq!(
            done.code,
            Some(code),
            "{done:?} {:#}",
            report.at("/sockets")
        );
        assert_eq!(report.number("/sockets/dropped"), 6);
        assert_eq!(report.number("/sockets/reconnected"), 6);
        assert_eq!(report.number("/sockets/alive"), 6);
        assert_eq!(report.number("/latency/login/count"), 12);
        assert_eq!(report.number("/deliveries/lost"), 0);
    }
}

/// A real one: the process is killed, and another takes its place.
#[tokio::test]
async fn sockets_come_back_to_a_target_that_was_killed_and_started_again() {
    let mut first = Serve::start("0").await;
    let port = first.url.rsplit(':').next().expect("a port").to_owned();
    let scratch = Scratch::new();
    let path = scratch.path("report.json");
    let mut command = run(&["-v", "--users", "20", "--rate", "50/s", "--duration", "10m"]);
    command.args(["--target", &first.url, "--json", &path]);
    let mut run = Run::start(command);
    run.hears(" pushes, ").await;
    first.child.kill().await.expect("it lives");
    run.hears(" 0 of 20 sockets").await;
    let second = Serve::start(&port).await;
    run.hears(" 20 sockets").await;
    run.signal("INT");
    let done = run.end().await;
    drop(second);
    assert_eq!(done.code, Some(130), "{done:?}");
    let report = Report::read(&path);
    report.adds_up();
    assert_eq!(report.number("/sockets/dropped"), 20);
    assert_eq!(report.number("/sockets/dropped_by_cause/network"), 20);
    assert_eq!(report.number("/sockets/reconnected"), 20);
    assert_eq!(report.number("/deliveries/lost"), 0);
}

/// Thousands in backoff hold up nothing: the end is as quick as ever, and everything is joined.
#[tokio::test]
async fn a_run_whose_sockets_are_all_in_backoff_ends_at_once() {
    let mut serve = Serve::start("0").await;
    let scratch = Scratch::new();
    let scenario = "[clients]\nreconnect_delay = \"1h\"\nreconnect_delay_max = \"1h\"\n";
    let file = scratch.file("backoff.toml", scenario);
    let mut command = run(&[
        "-v",
        &file,
        "--users",
        "400",
        "--rate",
        "50/s",
        "--duration",
        "10m",
    ]);
    command.args(["--sockets-per-user", "2", "--target", &serve.url]);
    let mut run = Run::start(command);
    run.hears(" pushes, ").await;
    serve.child.kill().await.expect("it lives");
    run.hears(" 0 of 800 sockets").await;
    run.signal("INT");
    let done = run.end().await;
    assert_eq!(done.code, Some(130), "{done:?}");
}
