//! `pushes.mode = "closed"`: the next push of a lane when its last one has arrived.

use super::journal::comes_to_the_same;
use super::support::{Done, Report, Scratch, done, run};

/// A closed loop of 12 users against the embedded platform, with its report.
async fn closed(scratch: &Scratch, args: &[&str]) -> (Done, Report) {
    let json = scratch.path("report.json");
    let mut command = run(&[
        "--users",
        "12",
        "--seed",
        "3",
        "--set",
        "pushes.mode=closed",
    ]);
    command.args(["--json", &json]).args(args);
    let done = done(command).await;
    let report = Report::read(&json);
    report.adds_up();
    (done, report)
}

#[tokio::test]
async fn a_closed_loop_sends_as_many_pushes_as_asked_for_and_says_what_it_is() {
    let scratch = Scratch::new();
    let journal = scratch.path("run.journal");
    let (done, report) = closed(
        &scratch,
        &["--set", "pushes.count=300", "--journal", &journal],
    )
    .await;
    assert_eq!(done.code, Some(0), "{done:?}");
    assert_eq!(report.text("/pushes/mode"), "closed");
    assert_eq!(report.text("/scenario/plan/pushes/mode"), "closed");
    for key in ["scheduled", "sent", "accepted"] {
        assert_eq!(report.number(&format!("/pushes/{key}")), 300, "{key}");
    }
    assert_eq!(report.number("/pushes/given_up"), 0);
    // Nobody wanted a push at another time than it was sent.
    assert_eq!(
        report.at("/latency/push/max_us"),
        report.at("/latency/push_from_send/max_us")
    );
    for words in ["closed loop: ", "coordinated omission"] {
        assert!(done.stdout.contains(words), "{words}: {}", done.stdout);
    }
    assert!(!done.stdout.contains("from due"), "{}", done.stdout);
    assert!(done.stderr.contains("300 pushes in a closed loop"));
    comes_to_the_same(&scratch, &report, done.code).await;
}

/// Each delivery is a tenth of a second late, so that a lane cannot send more than ten pushes a second; a schedule would not wait.
#[tokio::test]
async fn a_lane_of_a_closed_loop_waits_until_its_push_has_arrived() {
    let scratch = Scratch::new();
    let late = [
        "--lanes",
        "2",
        "--set",
        "platform.faults=delay=1/1",
        "--set",
        "platform.fault_delay=100ms",
        "--set",
        "pushes.duration=1s",
    ];
    let (done, report) = closed(&scratch, &late).await;
    assert_eq!(done.code, Some(0), "{done:?}");
    let sent = report.number("/pushes/sent");
    assert!((2..=22).contains(&sent), "{sent}");
    assert_eq!(report.number("/pushes/scheduled"), sent);
    assert_eq!(report.number("/pushes/given_up"), 0);
    assert!(report.number("/latency/push/min_us") >= 100_000);
}

#[tokio::test]
async fn a_push_that_does_not_arrive_is_waited_for_until_the_deadline() {
    let scratch = Scratch::new();
    let lossy = [
        "--set",
        "pushes.count=60",
        "--set",
        "pushes.broadcast=0.0",
        "--set",
        "platform.faults=drop=1/20",
        "--deadline",
        "1s",
        "--settle",
        "1s",
    ];
    let (done, report) = closed(&scratch, &lossy).await;
    assert_eq!(done.code, Some(1), "{done:?}");
    let lost = report.number("/deliveries/lost");
    assert!(lost > 0);
    assert_eq!(report.number("/pushes/given_up"), lost);
    assert_eq!(report.number("/pushes/sent"), 60);
    let said = format!("· {lost} not waited for any longer");
    assert!(done.stdout.contains(&said), "{}", done.stdout);
}

#[tokio::test]
async fn a_search_offers_no_closed_loop() {
    let mut command = super::support::pushproof();
    command.args(["capacity", "--set", "pushes.mode=closed"]);
    let done = done(command).await;
    assert_eq!(done.code, Some(2), "{done:?}");
    assert!(
        done.stderr.contains("pushes.mode: a search offers loads"),
        "{done:?}"
    );
}
