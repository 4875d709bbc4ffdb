//! Requests: events that sockets emit, and their answers, over every transport, in one process and in several, right and wrong.

use std::time::Duration;

use super::faults::Served;
use super::journal::comes_to_the_same;
use super::support::{Done, Report, Run, Scratch, done, run, within};

/// A hundred requests by twenty sockets, on every transport.
const LOAD: &str = r#"
seed = 5
[target]
apps = ["demo", "other"]
[users]
count = 20
[clients.transports]
websocket = 0.4
polling = 0.3
upgrade = 0.3
[pushes]
rate = "60/s"
duration = "2s"
[verify]
deadline = "3s"
settle = "3s"
[requests]
rate = "50/s"
timeout = "1500ms"
"#;

const COUNTS: [&str; 7] = [
    "sent",
    "answered",
    "wrong",
    "timed_out",
    "unanswered",
    "unasked",
    "late",
];

fn counts(report: &Report) -> [u64; 7] {
    COUNTS.map(|count| report.number(&format!("/requests/{count}")))
}

/// Runs a scenario, and judges its journal again, if it writes one.
pub(crate) async fn ended(text: &str, args: &[&str]) -> (Done, Report) {
    let scratch = Scratch::new();
    let (scenario, json) = (scratch.file("requests.toml", text), scratch.path("r.json"));
    let mut command = run(&[&scenario, "--json", &json]);
    command.args(args);
    let journals = !args.contains(&"--workers");
    if journals {
        command.args(["--journal", &scratch.path("run.journal")]);
    }
    let ended = done(command).await;
    let report = Report::read(&json);
    if journals {
        comes_to_the_same(&scratch, &report, ended.code).await;
    }
    (ended, report)
}

#[tokio::test]
async fn each_request_is_answered_right_by_a_right_target() {
    let (done, report) = ended(LOAD, &["--threshold", "requests.wrong == 0"]).await;
    assert_eq!(done.code, Some(0), "{}", report.at("/reasons"));
    assert_eq!(report.number("/requests/scheduled"), 100);
    assert_eq!(counts(&report), [100, 100, 0, 0, 0, 0, 0]);
    assert_eq!(report.number("/latency/request/count"), 100);
    assert_eq!(report.number("/latency/request_from_send/count"), 100);
    assert_eq!(report.list("/requests/examples").len(), 0);
    let line = "requests    100 of 100 sent · 100 answered right · 0 wrong · 0 timed out";
    assert!(done.stdout.contains(line), "{}", done.stdout);
    assert_eq!(report.text("/thresholds/0/outcome"), "kept");

    let (done, report) = ended(LOAD, &["--workers", "2"]).await;
    assert_eq!(done.code, Some(0), "{}", report.at("/reasons"));
    assert_eq!(counts(&report), [100, 100, 0, 0, 0, 0, 0]);
    assert_eq!(report.number("/latency/request/count"), 100);
}

#[tokio::test]
async fn as_many_as_go_wrong_are_found() {
    // What one fault takes is no occasion of those behind it.
    let faults = "ack-wrong=1/10,ack-drop=1/9,ack-twice=1/8";
    for args in [&[][..], &["--workers", "2"]] {
        let served = Served::start(faults).await;
        let url = format!("http://{}", served.address);
        let (done, report) = ended(LOAD, &[&["--target", &url][..], args].concat()).await;
        let truth = served.truth().await;
        let injected = ["ack-wrong", "ack-drop", "ack-twice"].map(|fault| truth[fault]);
        assert_eq!(injected, [10, 10, 10]);
        assert_eq!(counts(&report), [100, 80, 10, 10, 0, 10, 0]);
        assert_eq!(report.number("/deliveries/violations"), 0);
        assert_eq!(done.code, Some(1), "{}", report.at("/reasons"));
        let reasons = report.at("/reasons").to_string();
        for reason in [
            "10 of 100 requests had a wrong answer",
            "10 of 100 requests had no answer within 1.5s",
            "10 acks that no request explains",
        ] {
            assert!(reasons.contains(reason), "{reasons}");
        }
        let examples = report.list("/requests/examples");
        assert_eq!(examples.len(), 30);
        let wrong = examples.iter().find(|one| one["what"] == "wrong");
        assert_eq!(wrong.expect("one")["answer"], r#""wrong","answer""#);
        assert!(
            done.stdout.contains("FAIL  30 violations"),
            "{}",
            done.stdout
        );
        assert!(
            done.stdout.contains(" with \"wrong\",\"answer\""),
            "{}",
            done.stdout
        );
    }
}

/// The same ack is right or wrong by what the scenario says.
#[tokio::test]
async fn the_scenario_says_which_answer_is_right() {
    let with = |more: &str| format!("{LOAD}{more}\n");
    let (done, report) = ended(&with("event = \"other\"\nanswer = \"empty\""), &[]).await;
    assert_eq!(done.code, Some(0), "{}", report.at("/reasons"));
    let json = "answer = '{\"text\":\"{{random 16}}\", \"n\": {{seq}}}'";
    let (done, report) = ended(&with(json), &[]).await;
    assert_eq!(done.code, Some(0), "{}", report.at("/reasons"));
    let (done, report) = ended(&with("event = \"other\""), &[]).await;
    assert_eq!(done.code, Some(1), "{}", report.at("/reasons"));
    assert_eq!(counts(&report), [100, 0, 100, 0, 0, 0, 0]);
    assert_eq!(report.list("/requests/examples").len(), 20);
}

/// Whose connection ends before the answer says nothing against the target.
#[tokio::test]
async fn who_leaves_before_the_answer_accuses_nobody() {
    let churn = "[churn]\nrate = \"10/s\"\naway = \"300ms\"\nshare = 0.5\n";
    let served = Served::start("ack-drop=1/1").await;
    let url = format!("http://{}", served.address);
    let (_, report) = ended(&format!("{LOAD}{churn}"), &["--target", &url]).await;
    let [sent, answered, wrong, timed_out, unanswered, unasked, _] = counts(&report);
    assert_eq!((answered, wrong, unasked), (0, 0, 0));
    assert!(
        unanswered > 0 && timed_out > 0,
        "{}",
        report.at("/requests")
    );
    assert_eq!(timed_out + unanswered, sent);

    let (done, report) = ended(&format!("{LOAD}{churn}"), &[]).await;
    assert_eq!(done.code, Some(0), "{}", report.at("/reasons"));
    let [sent, answered, .., unasked, late] = counts(&report);
    assert!(answered > 0 && sent <= 100, "{}", report.at("/requests"));
    assert_eq!((unasked, late), (0, 0));
}

/// The generator stands still for longer than answers may take, again and again: those that came meanwhile are not missing. The pauses are no
/// waits for something: they are what is done to the generator.
#[tokio::test]
async fn a_generator_that_stood_still_misses_no_answer() {
    let served = Served::start("ack-wrong=1/50").await;
    let url = format!("http://{}", served.address);
    let load = LOAD.replace("\"50/s\"", "\"1000/s\"");
    let load = load.replace("\"1500ms\"", "\"1s\"");
    let scratch = Scratch::new();
    let (scenario, json) = (scratch.file("run.toml", &load), scratch.path("r.json"));
    let flags = [&scenario, "--target", &url, "--duration", "5s"];
    let run = Run::start(run(&[&flags[..], &["--json", &json]].concat()));
    within("requests", async {
        while served.truth().await["ack-wrong"] == 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    for _ in 0..3 {
        run.signal("STOP");
        tokio::time::sleep(Duration::from_millis(1_200)).await;
        run.signal("CONT");
        tokio::time::sleep(Duration::from_millis(60)).await;
    }
    run.end().await;
    let report = Report::read(&json);
    let [sent, answered, wrong, timed_out, unanswered, unasked, late] = counts(&report);
    let others = [timed_out, unanswered, unasked, late];
    assert_eq!(others, [0; 4]);
    assert_eq!(wrong, served.truth().await["ack-wrong"]);
    assert!(sent > 1_000, "{}", report.at("/requests"));
    assert_eq!(answered + wrong, sent);
}

/// Clients' events make the platform push to their peers, at one node or at several.
#[tokio::test]
async fn what_a_client_emits_pushes_to_its_peers() {
    let text = std::fs::read_to_string(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/scenarios/targeted-chat.toml"
    ));
    let text = text.expect("it is shipped");
    for nodes in ["1", "2"] {
        let flags = ["--users", "30", "--duration", "1s", "--seed", "3", "--set"];
        let nodes = format!("platform.nodes={nodes}");
        let (done, report) = ended(&text, &[&flags[..], &[&nodes]].concat()).await;
        assert!(
            matches!(done.code, Some(0 | 3)),
            "{}",
            report.at("/reasons")
        );
        let accepted = report.number("/pushes/accepted");
        assert_eq!(accepted, report.number("/pushes/scheduled"));
        assert!(report.number("/deliveries/delivered") >= accepted);
        assert_eq!(
            report.number("/requests/answered"),
            report.number("/requests/scheduled")
        );
    }
}
