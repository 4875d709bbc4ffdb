//! Thresholds and `abort_on`: what comes of them, by exit code and report.

use super::support::{Done, Report, Run, SMALL, Scratch, done, run};
use super::target::{Harm, Manners, Target};

/// A run against a target with these manners and gates.
async fn gated(manners: Manners, args: &[&str]) -> (Done, Report) {
    let target = Target::start(manners).await;
    let scratch = Scratch::new();
    let path = scratch.path("report.json");
    let mut command = run(&SMALL);
    command.args(["--target", target.url(), "--json", &path]);
    command.args(args);
    let done = done(command).await;
    let report = Report::read(&path);
    report.adds_up();
    assert_eq!(Some(report.number("/exit_code") as i32), done.code);
    (done, report)
}

#[tokio::test]
async fn a_breach_fails_a_run_that_has_no_violation() {
    let scratch = Scratch::new();
    // Without a broadcast there is no last recipient.
    let nobody = scratch.file("nobody.toml", "[pushes]\nbroadcast = 0.0\n");
    let unheard = [&*nobody, "--threshold", "latency.fanout_last.p99 < 1s"];
    let (kept, breached, unknown, violated) = tokio::join!(
        gated(
            Manners::default(),
            &[
                "--threshold",
                "sockets.connected == 100%; deliveries.lost == 0"
            ]
        ),
        gated(
            Manners::default(),
            &[
                "--threshold",
                "pushes.accepted <= 49",
                "--threshold",
                "sockets.connected >= 99%",
            ]
        ),
        gated(Manners::default(), &unheard),
        gated(
            Manners {
                harm: Harm::Duplicate,
                ..Manners::default()
            },
            &["--threshold", "pushes.accepted <= 49"]
        ),
    );
    let (done, report) = kept;
    assert_eq!(done.code, Some(0), "{done:?}");
    assert_eq!(report.text("/thresholds/0/outcome"), "kept");
    assert_eq!(report.at("/thresholds/0/observed"), 100.0);
    assert_eq!(report.text("/thresholds/0/unit"), "%");
    assert_eq!(
        report.text("/thresholds/1/expression"),
        "deliveries.lost == 0"
    );

    let (done, report) = breached;
    assert_eq!(done.code, Some(3), "{done:?}");
    assert_eq!(report.text("/verdict"), "fail");
    assert_eq!(report.at("/thresholds/0/ok"), false);
    assert_eq!(report.at("/thresholds/0/observed"), 50.0);
    assert_eq!(report.text("/thresholds/0/outcome"), "breached");
    assert_eq!(report.at("/thresholds/1/ok"), true);
    assert_eq!(
        report.reasons(),
        "threshold breached: pushes.accepted <= 49: it was 50"
    );
    assert!(done.stdout.contains("BREACHED  50\n"), "{done:?}");
    // The report has the scenario whole, gates and all.
    let plan = report.list("/scenario/plan/thresholds");
    assert_eq!(plan, ["pushes.accepted <= 49", "sockets.connected >= 99%"]);

    let (done, report) = unknown;
    assert_eq!(done.code, Some(4), "{done:?}");
    assert!(report.at("/thresholds/0/observed").is_null());
    assert_eq!(report.at("/thresholds/0/ok"), false);
    assert_eq!(report.text("/thresholds/0/outcome"), "unknown");
    assert!(
        report.reasons().contains("nothing was observed"),
        "{done:?}"
    );

    let (done, report) = violated;
    assert_eq!(done.code, Some(1), "{done:?}");
    assert_eq!(report.text("/thresholds/0/outcome"), "breached");
    assert_eq!(report.number("/deliveries/violations"), 1);
}

#[tokio::test]
async fn thresholds_of_file_environment_and_flags_add_up() {
    let target = Target::start(Manners::default()).await;
    let scratch = Scratch::new();
    let text =
        "thresholds = [\"deliveries.lost == 0\"]\n[verify]\ndeadline = \"2s\"\nsettle = \"2s\"\n";
    let scenario = scratch.file("gated.toml", text);
    let path = scratch.path("report.json");
    let mut command = run(&[&scenario, "--users", "20", "--duration", "1s"]);
    command.args(["--target", target.url(), "--json", &path]);
    command.env(
        "PUSHPROOF_THRESHOLD",
        "sockets.connected >= 20;pushes.sent > 1000",
    );
    let done = done(command).await;
    assert_eq!(done.code, Some(3), "{done:?}");
    let report = Report::read(&path);
    let outcomes: Vec<_> = report.list("/thresholds").iter().collect();
    let outcomes = outcomes.iter().filter_map(|one| one["outcome"].as_str());
    assert_eq!(outcomes.collect::<Vec<_>>(), ["kept", "kept", "breached"]);
}

/// What ends a run early lets it settle, and is reported like any other.
#[tokio::test]
async fn a_condition_ends_the_run_early_and_it_reports() {
    let long = ["--users", "20", "--rate", "50/s", "--duration", "10m"];
    let ended = async |harm: Harm, args: &[&str]| {
        let manners = Manners {
            harm,
            ..Manners::default()
        };
        let target = Target::start(manners).await;
        let scratch = Scratch::new();
        let path = scratch.path("report.json");
        let mut command = run(&long);
        command.args(["--deadline", "2s", "--settle", "2s", "--json", &path]);
        command.args(["--target", target.url()]).args(args);
        let done = Run::start(command).end().await;
        let report = Report::read(&path);
        report.adds_up();
        let sent = report.number("/pushes/sent");
        assert!(sent > 0 && sent < report.number("/pushes/scheduled"));
        assert_eq!(report.number("/pushes/accepted"), sent);
        assert_eq!(
            report.number("/deliveries/expected"),
            report.number("/deliveries/delivered"),
            "it settled"
        );
        assert!(
            report.reasons().contains("the run was ended early"),
            "{done:?}"
        );
        (done, report)
    };
    let ((done, report), (violated, violation)) = tokio::join!(
        ended(
            Harm::None,
            &["--abort-on", "sockets.refused > 0; latency.push.max > 1us"]
        ),
        ended(Harm::Duplicate, &["--fail-fast"]),
    );
    assert_eq!(done.code, Some(3), "{done:?}");
    assert_eq!(report.text("/verdict"), "fail");
    assert_eq!(report.text("/aborted/expression"), "latency.push.max > 1us");
    assert!(report.number("/aborted/at_ms") > 0);
    assert_eq!(violated.code, Some(1), "{violated:?}");
    let expression = violation.text("/aborted/expression");
    assert_eq!(expression, "deliveries.violations > 0");
    assert_eq!(violation.number("/deliveries/duplicated"), 1);
}
