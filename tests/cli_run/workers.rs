//! `run --workers`: sockets in several processes, one report. Worker processes are found below the run's own.

use std::net::IpAddr;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::AsyncWriteExt as _;

use super::signals::kill;
use super::support::{Report, Run, SMALL, Scratch, done, pushproof, run, within};
use super::target::{Harm, Manners, Shape, Target};
use super::violations::{Outcome, Want, case};

/// One violation of one class, found by three processes.
async fn one(harm: Harm, classes: &'static [&'static str], missing: u64) -> Outcome {
    let want = Want {
        exit: 1,
        classes,
        missing,
        workers: 3,
        ..Want::default()
    };
    let outcome = case(harm, 10, want).await;
    outcome.names(classes[0]);
    outcome
}

#[tokio::test]
async fn workers_find_what_one_process_finds() {
    let exact = || Want {
        workers: 3,
        ..Want::default()
    };
    let (plain, ..) = tokio::join!(
        case(Harm::None, 0, exact()),
        case(Harm::Rewrite, 0, exact()),
        one(Harm::Drop, &["lost"], 1),
        one(Harm::DropOneOfBroadcast, &["lost"], 1),
    );
    assert_eq!(plain.report.number("/generator/workers"), 3);
    assert!(plain.report.number("/latency/fanout_last/count") > 0);
    assert!(plain.report.number("/generator/rss_bytes") > 0);
    tokio::join!(
        one(Harm::Duplicate, &["duplicated"], 0),
        one(Harm::AnotherUser, &["misdelivered"], 0),
        one(Harm::AnotherApp, &["misdelivered"], 0),
        one(Harm::Rename, &["misrouted"], 0),
    );
    tokio::join!(
        one(Harm::Corrupt(Shape::Object), &["corrupted"], 0),
        one(Harm::Swap, &["reordered"], 0),
        one(Harm::Stray, &["phantom"], 0),
    );
}

#[tokio::test]
async fn workers_know_of_answers() {
    let refused = Want {
        exit: 1,
        classes: &["phantom"],
        rejected: 1,
        words: &["HTTP 400: quota exceeded"],
        workers: 2,
        ..Want::default()
    };
    let unknown = Want {
        exit: 4,
        unknown: 1,
        words: &["49 of 50", "HTTP 500: oh no"],
        workers: 2,
        ..Want::default()
    };
    tokio::join!(
        case(Harm::RefuseDelivered { heard: true }, 10, refused),
        case(Harm::FailDelivered, 10, unknown),
    );
}

#[tokio::test]
async fn workers_tell_of_sockets_that_die() {
    let want = Want {
        exit: 4,
        dropped: 1,
        words: &["1 of 6 sockets were dropped"],
        workers: 2,
        ..Want::default()
    };
    let outcome = case(Harm::CloseSocket, 10, want).await;
    assert!(outcome.report.number("/deliveries/expected") > 0);
}

/// A run of two workers against this target that goes on until something ends it.
fn long(target: &Target, scratch: &Scratch) -> Run {
    let mut command = run(&["--users", "6", "--rate", "50/s", "--duration", "40s", "-v"]);
    command.args([
        "--deadline",
        "2s",
        "--settle",
        "2s",
        "--seed",
        "1",
        "--lanes",
        "1",
    ]);
    command.args(["--workers", "2", "--target", target.url()]);
    command.args(["--json", &scratch.path("report.json")]);
    Run::start(command)
}

/// The workers of a run.
pub(crate) fn workers(of: &Run) -> Vec<u32> {
    // Any thread may have started them.
    let tasks = std::fs::read_dir(format!("/proc/{}/task", of.id())).expect("it runs");
    let lists = tasks.map(|task| task.expect("an entry").path().join("children"));
    let all: String = lists
        .filter_map(|list| std::fs::read_to_string(list).ok())
        .collect();
    let all: Vec<u32> = all
        .split_whitespace()
        .map(|n| n.parse().expect("a number"))
        .collect();
    assert_eq!(all.len(), 2, "{all:?}");
    all
}

#[tokio::test]
async fn a_worker_that_is_killed_leaves_the_verdict_open() {
    let target = Target::start(Manners::default()).await;
    let scratch = Scratch::new();
    let mut run = long(&target, &scratch);
    run.hears("arrivals/s, p99").await;
    kill("KILL", &workers(&run)[0].to_string());
    let done = run.end().await;
    let report = Report::read(&scratch.path("report.json"));
    assert_eq!(done.code, Some(4), "{done:?}");
    let reasons = report.reasons();
    assert!(
        reasons.contains("worker") && reasons.contains("SIGKILL"),
        "{reasons}"
    );
    assert_eq!(report.list("/generator/lost_workers").len(), 1);
    // The other one's part is all there, and nothing is held against the target.
    assert!(report.number("/deliveries/expected") > 0);
    for class in super::classes::CLASSES {
        assert_eq!(report.number(&format!("/deliveries/{class}")), 0, "{class}");
    }
    let sent = report.number("/pushes/sent");
    assert!(sent < 2_000, "it ends early: {sent}");
}

#[tokio::test]
async fn what_a_killed_worker_had_found_stays_found() {
    let manners = Manners {
        harm: Harm::Duplicate,
        from: 10,
        ..Manners::default()
    };
    let target = Target::start(manners).await;
    let scratch = Scratch::new();
    let mut run = long(&target, &scratch);
    run.hears("1 VIOLATION").await;
    for worker in workers(&run) {
        kill("KILL", &worker.to_string());
    }
    let done = run.end().await;
    let report = Report::read(&scratch.path("report.json"));
    assert_eq!(done.code, Some(1), "{done:?}");
    assert_eq!(report.text("/verdict"), "fail");
    assert_eq!(report.number("/deliveries/duplicated"), 1);
    let examples = report.list("/violations");
    assert_eq!(examples.len(), 1);
    assert_eq!(examples[0]["class"], "duplicated");
    assert!(report.number("/deliveries/delivered") > 0);
    assert_eq!(report.list("/generator/lost_workers").len(), 2);
}

/// The pause is no wait for something: it is what is done to the worker.
#[tokio::test]
async fn a_worker_that_stands_still_blames_nobody() {
    let manners = Manners {
        pings: true,
        ..Manners::default()
    };
    let target = Target::start(manners).await;
    let scratch = Scratch::new();
    let mut command = run(&["--users", "6", "--rate", "50/s", "--duration", "4s", "-v"]);
    command.args(["--deadline", "1s", "--settle", "1s", "--workers", "2"]);
    command.args([
        "--target",
        target.url(),
        "--json",
        &scratch.path("report.json"),
    ]);
    let mut run = Run::start(command);
    run.hears("arrivals/s, p99").await;
    let worker = workers(&run)[1].to_string();
    kill("STOP", &worker);
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    kill("CONT", &worker);
    let done = run.end().await;
    let report = Report::read(&scratch.path("report.json"));
    assert!(matches!(done.code, Some(0 | 4)), "{done:?}");
    for class in super::classes::CLASSES {
        let counted = report.number(&format!("/deliveries/{class}"));
        assert_eq!(counted, 0, "{class}: {:#}", report.at("/deliveries"));
    }
    assert!(report.number("/generator/loop_delay/max_us") > 1_000_000);
}

/// Nobody can act on SIGKILL; the workers have to notice by themselves, and the run's streams are open until they have.
#[tokio::test]
async fn workers_do_not_outlive_a_killed_run() {
    let target = Target::start(Manners::default()).await;
    let scratch = Scratch::new();
    let mut run = long(&target, &scratch);
    run.hears("arrivals/s").await;
    run.signal("KILL");
    assert_eq!(run.end().await.code, None);
}

#[tokio::test]
async fn an_interrupted_run_of_workers_settles_and_reports() {
    let target = Target::start(Manners::default()).await;
    let scratch = Scratch::new();
    let mut run = long(&target, &scratch);
    run.hears("arrivals/s, p99").await;
    run.signal_group("INT");
    let done = run.end().await;
    assert_eq!(done.code, Some(130), "{done:?}");
    let report = Report::read(&scratch.path("report.json"));
    report.adds_up();
    assert_eq!(report.number("/deliveries/lost"), 0);
    assert!(report.number("/deliveries/delivered") > 0);
    assert!(report.list("/generator/lost_workers").is_empty());
}

#[tokio::test]
async fn sockets_connect_from_the_addresses_that_are_named_to_all_nodes() {
    let target = Target::start(Manners::default()).await;
    let port = target.url().rsplit_once(':').expect("a port").1;
    let scratch = Scratch::new();
    let mut command = run(&SMALL);
    command.args(["--source-addr", "127.0.0.5,127.0.0.6", "--workers", "2"]);
    // The same target under two names: what is logged in at the one is good at the other.
    command.args([
        "--target",
        target.url(),
        "--target",
        &format!("http://localhost:{port}"),
    ]);
    command.args(["--json", &scratch.path("report.json")]);
    let done = done(command).await;
    assert_eq!(done.code, Some(0), "{done:?}");
    let sources = target.sources();
    for addr in ["127.0.0.5", "127.0.0.6"] {
        let addr: IpAddr = addr.parse().expect("an address");
        assert!(sources.contains(&addr), "{sources:?}");
    }
    let report = Report::read(&scratch.path("report.json"));
    assert_eq!(report.list("/target/nodes").len(), 1);
}

#[tokio::test]
async fn what_cannot_be_is_told_before_any_traffic() {
    for (args, words) in [
        (&["--workers", "0"][..], &["--workers", "1 to 256"][..]),
        (
            &["--workers", "7", "--users", "12"],
            &["--workers", "at most 6"],
        ),
        (
            &["--workers", "2", "--journal", "/tmp/none/x"],
            &["--journal", "--workers"],
        ),
        (
            &["--source-addr", "nowhere"],
            &["nowhere", "127.0.0.2", "auto"],
        ),
        (&["--source-addr", "0.0.0.0"], &["--source-addr", "0.0.0.0"]),
        (
            &["--users", "60000", "--rate", "1/s"],
            &["--platform-nodes 4"],
        ),
        (
            &["--users", "60000", "--target", "http://127.0.0.1:1"],
            &["--workers 4"],
        ),
    ] {
        let done = done(run(args)).await;
        assert_eq!(done.code, Some(2), "{done:?}");
        for word in words {
            assert!(done.stderr.contains(word), "{word:?}: {done:?}");
        }
    }
}

/// Nothing that comes in makes a worker do anything but end and say why.
#[tokio::test]
async fn a_worker_without_a_run_ends_with_a_word() {
    for (bytes, word) in [
        (&b""[..], "no run at the other end"),
        (b"\x01\x00\x00\x00\xff", "no message"),
        (b"\xff\xff\xff\xff", "a message of 4294967295 bytes"),
        // `StopArrivals` comes first.
        (b"\x01\x00\x00\x00\x02", "no assignment"),
        (b"hello, is anybody there?\n", "a message of"),
    ] {
        let mut command = pushproof();
        command.arg("worker").kill_on_drop(true);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().expect("the binary starts");
        let mut stdin = child.stdin.take().expect("piped");
        stdin.write_all(bytes).await.expect("it reads");
        drop(stdin);
        let done = within("its end", child.wait_with_output())
            .await
            .expect("an end");
        let said = String::from_utf8_lossy(&done.stderr).into_owned();
        assert_eq!(done.status.code(), Some(4), "{said}");
        assert!(said.contains(word), "{word:?}: {said}");
    }
}
