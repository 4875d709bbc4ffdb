//! Runs over every Engine.IO transport and over a mix of them: right ones pass with exact counts, wrong ones are found exactly, and who
//! cannot be reached is told as on a WebSocket.

use std::time::Duration;

use super::faults::{Served, exact};
use super::signals::kill;
use super::support::{Done, Report, Run, SMALL, Scratch, done, run};
use super::target::{Manners, Target};
use super::workers::workers;

const LOAD: &str = r#"
[users]
count = 24
sockets_per_user = 2
[pushes]
rate = "150/s"
duration = "2s"
[verify]
settle = "4s"
"#;

const MIX: &str = "[clients.transports]\nwebsocket = 0.3\npolling = 0.4\nupgrade = 0.3\n";

/// A scenario whose sockets all speak this.
fn all(load: &str, transport: &str) -> String {
    format!("{load}[clients]\ntransport = {transport:?}\n")
}

/// A run of a scenario that has to pass.
async fn clean(scenario: &str, args: &[&str]) -> (Done, Report) {
    let scratch = Scratch::new();
    let path = scratch.path("report.json");
    let file = scratch.file("scenario.toml", scenario);
    let mut command = run(&[&file, "--seed", "7", "--json", &path]);
    command.args(args);
    let done = done(command).await;
    let report = Report::read(&path);
    let context = format!("{done:?} {:#}", report.at("/deliveries"));
    assert_eq!(done.code, Some(0), "{context}");
    report.adds_up();
    assert_eq!(report.number("/deliveries/violations"), 0, "{context}");
    assert!(report.number("/deliveries/expected") > 0, "{context}");
    for place in ["/sockets/dropped", "/sockets/refused"] {
        assert_eq!(report.number(place), 0, "{:#}", report.at("/sockets"));
    }
    (done, report)
}

fn by_transport(report: &Report) -> [u64; 3] {
    ["websocket", "polling", "upgrade"]
        .map(|one| report.number(&format!("/sockets/by_transport/{one}")))
}

/// Every delivery, and none twice, whatever the way.
fn all_came(report: &Report) {
    let expected = report.number("/deliveries/expected");
    assert_eq!(report.number("/deliveries/delivered"), expected);
    assert_eq!(report.number("/deliveries/pairs"), expected);
}

#[tokio::test]
async fn a_run_on_polling_passes_and_says_what_it_cannot_measure() {
    let served = Served::start("drop=1/1000000000").await;
    let target = format!("http://{}", served.address);
    let (done, report) = clean(LOAD, &["--target", &target, "--transport", "polling"]).await;
    all_came(&report);
    assert_eq!(by_transport(&report), [0, 48, 0]);
    assert_eq!(report.text("/scenario/plan/clients/transport"), "polling");
    assert_eq!(report.number("/latency/network/count"), 0);
    let why = "no receive time stamps: what comes by long-polling has none";
    assert_eq!(report.text("/generator/unstamped"), why);
    assert!(done.stdout.contains(why), "{done:?}");
    assert!(
        done.stdout.contains("  transports  48 polling\n"),
        "{done:?}"
    );
}

#[tokio::test]
async fn a_run_that_upgrades_passes() {
    let served = Served::start("drop=1/1000000000").await;
    let target = format!("http://{}", served.address);
    let mut args = vec!["--target", &target, "--transport", "upgrade"];
    args.extend(["--workers", "2"]);
    let (done, report) = clean(LOAD, &args).await;
    all_came(&report);
    assert_eq!(by_transport(&report), [0, 0, 48]);
    assert_eq!(report.number("/sockets/upgraded"), 48);
    assert!(done.stdout.contains("48 upgrade · 48 upgraded"), "{done:?}");
}

#[tokio::test]
async fn a_mix_is_the_seeds_and_passes() {
    let scenario = format!("{LOAD}{MIX}");
    let (_, first) = clean(&scenario, &[]).await;
    all_came(&first);
    let spoken = by_transport(&first);
    assert_eq!(spoken.iter().sum::<u64>(), 48);
    assert!(spoken.iter().all(|n| *n > 0), "{spoken:?}");
    assert_eq!(first.number("/sockets/upgraded"), spoken[2]);
    let plan = first.at("/scenario/plan/clients/transports");
    assert_eq!(plan["polling"], 0.4);
    // What a flag says lies over it.
    let (_, second) = clean(&scenario, &["--transport", "websocket"]).await;
    assert_eq!(by_transport(&second), [48, 0, 0]);
    assert_eq!(second.number("/sockets/upgraded"), 0);
}

#[tokio::test]
async fn what_is_left_out_or_copied_is_found_on_every_transport() {
    let faults = "drop=1/40,duplicate=1/50,wrong-user=1/60,wrong-app=1/90,rename-case=1/80,corrupt-digit=1/70,\
        phantom=1/100,premature=1/10,reorder=1/60";
    for transport in ["polling", "upgrade"] {
        let (_, report) = exact(faults, &all(LOAD, transport)).await;
        assert_eq!(report.text("/scenario/plan/clients/transport"), transport);
    }
    exact(faults, &format!("{LOAD}{MIX}")).await;
}

#[tokio::test]
async fn what_comes_late_or_never_again_is_found_on_polling() {
    let load = LOAD.replace("[verify]", "[verify]\nordering = \"none\"");
    let faults = "duplicate-late=1/30,delay=1/40,freeze=1/9,drop-tail=1/7";
    exact(faults, &all(&load, "polling")).await;
}

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
share = 0.5
rate = "40/s"
away = "200ms"
linger = "100ms"
abrupt = 0.4
"#;

#[tokio::test]
async fn churn_passes_on_every_transport() {
    for scenario in [
        all(CHURN, "polling"),
        all(CHURN, "upgrade"),
        format!("{CHURN}{MIX}"),
    ] {
        let (_, report) = clean(&scenario, &[]).await;
        let left = report.number("/sockets/left");
        assert!(left > 0);
        assert_eq!(report.number("/sockets/reconnected"), left);
        assert_eq!(report.number("/sockets/alive"), 120);
        assert!(report.number("/deliveries/allowed") > 0);
    }
}

/// Everybody leaves and comes back at once, again and again, while broadcasts go on: whatever is pushed to a socket from the moment its
/// CONNECT was accepted comes, in order and once, though it moves from polls to a WebSocket meanwhile.
#[tokio::test]
async fn nothing_is_lost_while_sockets_upgrade() {
    let storms = r#"
[users]
count = 120
[pushes]
rate = "300/s"
broadcast = 1.0
duration = "4s"
[verify]
deadline = "8s"
settle = "8s"
[churn]
share = 1.0
storm_every = "1s"
storm_share = 1.0
away = "50ms"
"#;
    let (_, report) = clean(&all(storms, "upgrade"), &[]).await;
    let left = report.number("/sockets/left");
    assert!(left >= 120, "{left}");
    let upgraded = report.number("/sockets/upgraded");
    assert!(upgraded > 120, "{upgraded} of {}", 120 + left);
    assert!(
        report
            .at("/sockets/not_upgraded_because")
            .as_object()
            .expect("an object")
            .is_empty()
    );
    // Some came by polls, so pushes did go on meanwhile; most came by WebSocket.
    let (delivered, stamped) = (
        report.number("/deliveries/delivered"),
        report.number("/latency/network/count"),
    );
    assert!(
        stamped < delivered && stamped > delivered / 2,
        "{stamped} of {delivered}"
    );
}

/// While a generator stands still the target waits for its polls: what comes late then is nobody's fault but its own. The pause is no wait
/// for something: it is what is done to the worker.
#[tokio::test]
async fn who_does_not_poll_blames_nobody() {
    let served = Served::start("drop=1/1000000000").await;
    let scratch = Scratch::new();
    let path = scratch.path("report.json");
    let mut command = run(&["--users", "6", "--rate", "50/s", "--duration", "4s", "-v"]);
    command.args(["--deadline", "1s", "--settle", "1s", "--workers", "2"]);
    command.args(["--target", &format!("http://{}", served.address)]);
    command.args(["--transport", "polling", "--json", &path]);
    let mut run = Run::start(command);
    run.hears("arrivals/s, p99").await;
    let worker = workers(&run)[1].to_string();
    kill("STOP", &worker);
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    kill("CONT", &worker);
    let done = run.end().await;
    let report = Report::read(&path);
    assert!(matches!(done.code, Some(0 | 4)), "{done:?}");
    assert_eq!(report.number("/deliveries/violations"), 0, "{done:?}");
    assert!(report.number("/generator/held_up") > 0, "{done:?}");
}

/// A target that speaks WebSocket only.
#[tokio::test]
async fn a_target_without_long_polling_is_named() {
    let target = Target::start(Manners::default()).await;
    let scratch = Scratch::new();
    for transport in ["polling", "upgrade"] {
        let path = scratch.path("report.json");
        let mut command = run(&SMALL);
        command.args(["--target", target.url(), "--json", &path]);
        command.env("PUSHPROOF_TRANSPORT", transport);
        let done = done(command).await;
        assert_eq!(done.code, Some(4), "{done:?}");
        let report = Report::read(&path);
        let reasons = report.reasons();
        assert_eq!(report.number("/sockets/refused"), 20, "{reasons}");
        assert_eq!(report.number("/sockets/connected"), 0);
    }
}

#[tokio::test]
async fn a_transport_that_is_none_is_refused() {
    let scratch = Scratch::new();
    let both = scratch.file(
        "both.toml",
        "[clients]\ntransport = \"polling\"\n[clients.transports]\npolling = 0.5\n",
    );
    for (args, says) in [
        (
            vec!["--transport", "sse"],
            "is no transport; write websocket, polling or upgrade",
        ),
        (
            vec![both.as_str()],
            "clients.transport: polling for all sockets, beside the mix in clients.transports",
        ),
        (
            vec![both.as_str()],
            "clients.transports: the shares add up to 0.5",
        ),
    ] {
        let done = done(run(&args)).await;
        assert_eq!(done.code, Some(2), "{done:?}");
        assert!(done.stderr.contains(says), "{done:?}");
    }
}
