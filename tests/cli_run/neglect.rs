//! Sockets that read slowly, stop reading, or answer no pings: what the target owes them, and that the others get everything.

use pushproof::ids::SocketId;
use pushproof::scenario::neglect::{Mute, Neglect, Neglected, Slow, Stuck};

use super::journal::comes_to_the_same;
use super::support::{Report, Scratch, done, run};
use super::target::{Manners, Target};
use super::trouble::Serve;

const SEED: u64 = 11;
const USERS: u32 = 40;
/// Each transport, and processes that share the sockets.
const WAYS: [&[&str]; 4] = [
    &["--transport", "websocket"],
    &["--transport", "polling"],
    &["--transport", "upgrade"],
    &["--transport", "upgrade", "--workers", "3"],
];

/// A run of 60 broadcasts a second for three seconds, with these sections, which its journal comes to as well.
async fn neglecting(clients: &str, flags: &[&str]) -> (Option<i32>, Report) {
    let scratch = Scratch::new();
    let text =
        format!("[pushes]\nbroadcast = 1.0\nsize = 4000\n[target]\napps = [\"demo\"]\n{clients}");
    let scenario = scratch.file("neglect.toml", &text);
    let (seed, users) = (SEED.to_string(), USERS.to_string());
    let mut command = run(&[&scenario, "--seed", &seed, "--users", &users]);
    command.args(["--rate", "60/s", "--duration", "3s", "--settle", "3s"]);
    command.args(["--json", "-", "-q"]).args(flags);
    let journals = !flags.contains(&"--workers");
    if journals {
        command.args(["--journal", &scratch.path("run.journal")]);
    }
    let done = done(command).await;
    let report = Report::parse(&done.stdout);
    if journals {
        comes_to_the_same(&scratch, &report, done.code).await;
    }
    if !clients.contains("slow") {
        // Latencies have all other deliveries.
        report.adds_up();
    }
    (done.code, report)
}

fn delivery(report: &Report, figure: &str) -> u64 {
    report.number(&format!("/deliveries/{figure}"))
}

fn socket(report: &Report, figure: &str) -> u64 {
    report.number(&format!("/sockets/{figure}"))
}

/// Slow sockets, and nobody else, are measured in no latency; each of them gets everything all the same.
#[tokio::test]
async fn who_reads_slowly_gets_everything_and_is_in_no_latency() {
    let slow = Slow {
        share: Some(0.2),
        ..Slow::default()
    };
    let [slow, ..] = Neglect::new(Some(slow), None, None).counts(SEED, USERS);
    assert!(slow > 4, "{slow}");
    for way in WAYS {
        let text = "[clients.slow]\nshare = 0.2\nread_rate = \"40KiB/s\"\n";
        let (code, report) = neglecting(text, way).await;
        assert_eq!(code, Some(0), "{way:?}: {}", report.reasons());
        let pairs = 180 * u64::from(USERS);
        assert_eq!(delivery(&report, "expected"), pairs, "{way:?}");
        assert_eq!(delivery(&report, "came"), pairs, "{way:?}");
        assert_eq!(delivery(&report, "missed_at_neglect"), 0, "{way:?}");
        let measured = report.number("/latency/push/count");
        assert_eq!(measured, pairs - 180 * u64::from(slow), "{way:?}");
    }
}

#[tokio::test]
async fn who_stops_reading_holds_nobody_up_and_loses_nothing() {
    let stuck = Stuck {
        share: Some(0.2),
        ..Stuck::default()
    };
    let [_, stuck, _] = Neglect::new(None, Some(stuck), None).counts(SEED, USERS);
    assert!(stuck > 4, "{stuck}");
    for way in WAYS {
        let text = "[clients.stuck]\nshare = 0.2\nafter = \"1s\"\n";
        let (code, report) = neglecting(text, way).await;
        assert_eq!(code, Some(0), "{way:?}: {}", report.reasons());
        assert_eq!(socket(&report, "stuck"), u64::from(stuck), "{way:?}");
        assert_eq!(socket(&report, "alive"), u64::from(USERS - stuck));
        assert_eq!(socket(&report, "dropped"), 0, "{way:?}");
        // Everybody else has all of it, and they what was over before they stopped.
        let missed = delivery(&report, "missed_at_neglect");
        let theirs = 180 * u64::from(stuck);
        assert!(
            missed > theirs / 4 && missed < theirs,
            "{missed} of {theirs}"
        );
        assert_eq!(delivery(&report, "came") + missed, 180 * u64::from(USERS));
        assert_eq!(delivery(&report, "missed_at_churn"), 0, "{way:?}");
    }
}

#[tokio::test]
async fn who_answers_no_ping_is_ended_by_the_target_and_comes_back() {
    let mute = Mute {
        share: Some(0.2),
        ..Mute::default()
    };
    let [.., mute] = Neglect::new(None, None, Some(mute)).counts(SEED, USERS);
    assert!(mute > 4, "{mute}");
    for way in WAYS {
        let pings = ["--ping-interval-ms", "400", "--ping-timeout-ms", "600"];
        let serve = Serve::with(&[&["--port", "0"], &pings[..]].concat()).await;
        let text =
            "[clients]\nreconnect_delay = \"100ms\"\n[clients.mute]\nshare = 0.2\nafter = \"0s\"\n";
        let flags = [way, &["--target", &serve.url]].concat();
        let (code, report) = neglecting(text, &flags).await;
        assert_eq!(code, Some(0), "{way:?}: {}", report.reasons());
        let evicted = socket(&report, "evicted");
        assert!(evicted >= u64::from(mute), "{way:?}: {evicted} of {mute}");
        assert_eq!(socket(&report, "overdue"), 0, "{way:?}");
        assert_eq!(socket(&report, "dropped"), 0, "{way:?}");
        assert_eq!(socket(&report, "alive"), u64::from(USERS), "{way:?}");
        assert_eq!(socket(&report, "reconnected"), evicted, "{way:?}");
        // What they missed was pushed while they were on their way back, or under way at their end.
        let theirs = 180 * u64::from(mute);
        assert!(delivery(&report, "came") >= 180 * u64::from(USERS) - theirs);
        assert_eq!(delivery(&report, "missed_at_death"), 0, "{way:?}");
    }
}

/// The target of these tests pings every 200 ms, promises to wait 1,800 ms for an answer, and never looks for one.
#[tokio::test]
async fn a_target_that_does_not_notice_is_told() {
    let mute = Mute {
        share: Some(0.2),
        ..Mute::default()
    };
    let neglect = Neglect::new(None, None, Some(mute));
    let mute = (0..USERS).filter(|socket| {
        let neglected = neglect.of(SEED, SocketId(*socket));
        matches!(neglected, Some(Neglected::Mute(_)))
    });
    let mute = mute.count() as u64;
    let target = Target::start(Manners {
        pings: true,
        ..Manners::default()
    })
    .await;
    let text = "[clients.mute]\nshare = 0.2\nafter = \"300ms\"\n";
    let (code, report) = neglecting(text, &["--target", target.url()]).await;
    assert_eq!(code, Some(0), "{}", report.reasons());
    assert_eq!(socket(&report, "overdue"), mute);
    assert_eq!(socket(&report, "evicted"), 0);
    assert_eq!(delivery(&report, "lost"), 0);
    let flags = [
        "--target",
        target.url(),
        "--set",
        "thresholds=[\"sockets.overdue == 0\"]",
    ];
    let (code, report) = neglecting(text, &flags).await;
    assert_eq!(code, Some(3), "{}", report.reasons());
}
