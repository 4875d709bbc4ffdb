//! Ctrl-C and its relatives: the first drains and reports, the second ends at once, and nothing that the run started outlives it.
//!
//! Under `-v` the embedded platform shares the run's standard error, so [`Run::end`], which waits for the end of that, fails if the
//! platform is left behind.

use super::support::{Done, Report, Run, Scratch, run};
use super::target::{Logins, Manners, Target};

/// An interrupted run's exit code and verdict, and that its report is whole.
fn interrupted(done: &Done, path: &str) -> Report {
    assert_eq!(done.code, Some(130), "{done:?}");
    let report = Report::read(path);
    report.adds_up();
    assert_eq!(report.text("/verdict"), "unknown");
    assert_eq!(report.number("/exit_code"), 130);
    assert!(
        report.reasons().contains("interrupted"),
        "{}",
        report.reasons()
    );
    assert!(done.stdout.starts_with("UNKNOWN  "), "{done:?}");
    report
}

const LONG: [&str; 9] = [
    "-v",
    "--users",
    "20",
    "--rate",
    "50/s",
    "--duration",
    "10m",
    "--deadline",
    "2s",
];

/// A run against the embedded platform, once it pushes.
async fn pushing(scratch: &Scratch) -> Run {
    let mut command = run(&LONG);
    command.args(["--settle", "2s", "--json", &scratch.path("report.json")]);
    let mut run = Run::start(command);
    run.hears("users user-0, user-1").await;
    run.hears(" pushes, ").await;
    run
}

#[tokio::test]
async fn the_first_interrupt_drains_and_reports() {
    let drained = async |signal: &dyn Fn(&Run)| {
        let scratch = Scratch::new();
        let run = pushing(&scratch).await;
        signal(&run);
        let done = run.end().await;
        let report = interrupted(&done, &scratch.path("report.json"));
        let sent = report.number("/pushes/sent");
        assert!(sent > 0 && sent < report.number("/pushes/scheduled"));
        assert_eq!(report.number("/pushes/accepted"), sent);
        let delivered = report.number("/deliveries/delivered");
        assert_eq!(report.number("/deliveries/expected"), delivered);
        assert!(delivered > 0);
        assert_eq!(report.number("/sockets/dropped"), 0);
    };
    tokio::join!(
        drained(&|run| run.signal("INT")),
        drained(&|run| run.signal_group("INT")),
        drained(&|run| run.signal("TERM")),
    );
}

#[tokio::test]
async fn an_interrupt_while_connecting_reports_who_got_in() {
    let scratch = Scratch::new();
    let path = scratch.path("report.json");
    let mut command = run(&LONG);
    command.args(["--connect-rate", "2/s", "--json", &path]);
    let mut run = Run::start(command);
    run.hears(" connecting ").await;
    run.signal("INT");
    let done = run.end().await;
    let report = interrupted(&done, &path);
    assert!(report.number("/sockets/connected") < 20);
    assert_eq!(report.number("/sockets/refused"), 0);
    assert_eq!(report.number("/pushes/sent"), 0);
}

#[tokio::test]
async fn an_interrupt_before_the_first_login_is_answered_reports_too() {
    let manners = Manners {
        logins: Logins::Never,
        ..Manners::default()
    };
    let target = Target::start(manners).await;
    let scratch = Scratch::new();
    let path = scratch.path("report.json");
    let mut command = run(&LONG);
    command.args(["--target", target.url(), "--json", &path]);
    let run = Run::start(command);
    target.met().await;
    run.signal("INT");
    let done = run.end().await;
    let report = interrupted(&done, &path);
    assert_eq!(report.number("/sockets/connected"), 0);
}

#[tokio::test]
async fn the_second_interrupt_ends_at_once() {
    let scratch = Scratch::new();
    let path = scratch.path("report.json");
    let mut command = run(&["-v", "--users", "20", "--rate", "50/s", "--duration", "1s"]);
    command.args(["--settle", "1h", "--json", &path]);
    let mut run = Run::start(command);
    run.hears(" settling ").await;
    run.signal("INT");
    run.hears("interrupted: ").await;
    run.signal("INT");
    let done = run.end().await;
    assert_eq!(done.code, Some(130), "{done:?}");
    assert!(done.stderr.contains("without a report"), "{done:?}");
    assert_eq!(
        scratch.names(),
        [] as [String; 0],
        "no empty report is left behind"
    );
}

/// Nobody can act on SIGKILL; the platform has to notice by itself.
#[tokio::test]
async fn the_embedded_platform_does_not_outlive_a_killed_run() {
    let scratch = Scratch::new();
    let run = pushing(&scratch).await;
    run.signal("KILL");
    let done = run.end().await;
    assert_eq!(done.code, None, "{done:?}");
}
