//! Connections that break while pushes go on, at an embedded platform that recovers them.

use std::collections::BTreeMap;

use super::classes::CLASSES;
use super::faults::Served;
use super::requests::ended;
use super::support::Report;

/// Sixty sockets that end their connections without a word, and are back after a while.
const BREAKS: &str = r#"
seed = 11
[target]
apps = ["demo", "other"]
[users]
count = 60
[clients]
reconnect_delay = "300ms"
[pushes]
rate = "100/s"
duration = "4s"
broadcast = 0.7
lanes = 1
[verify]
deadline = "3s"
settle = "3s"
[churn]
rate = "20/s"
away = "600ms"
abrupt = 1.0
"#;

fn violations(report: &Report) -> BTreeMap<&'static str, u64> {
    let all = CLASSES.map(|class| (class, report.number(&format!("/deliveries/{class}"))));
    all.into_iter().filter(|(_, n)| *n > 0).collect()
}

#[tokio::test]
async fn a_run_at_a_platform_that_recovers_finds_what_was_missed_and_nothing_wrong() {
    let scenario = format!("{BREAKS}[platform]\nrecovery = \"2m\"\n");
    for (transport, flags) in [
        ("websocket", [].as_slice()),
        ("polling", &["--rate", "40", "--set", "churn.rate=\"10/s\""]),
    ] {
        let flags = [&["--transport", transport], flags].concat();
        let (done, report) = ended(&scenario, &flags).await;
        let sockets = report.at("/sockets");
        let context = format!("{transport}: {sockets}{:#}", report.at("/deliveries"));
        assert_eq!(violations(&report), BTreeMap::new(), "{context}");
        // A machine that is busy with other tests may be too slow for a proof, never for the truth.
        assert!(matches!(done.code, Some(0 | 4)), "{context}");
        let (left, back) = (
            report.number("/sockets/left"),
            report.number("/sockets/reconnected"),
        );
        assert!(left == back && back > 20, "{context}");
        let recovered = report.number("/sockets/recovered");
        let made_up = report.number("/deliveries/recovered");
        if transport == "websocket" {
            // Each goes on where its last connection had ended, and nothing that was promised is missed by anybody.
            assert_eq!(recovered, back, "{context}");
            assert_eq!(report.number("/deliveries/missed_at_churn"), 0, "{context}");
            let (came, pairs) = ("/deliveries/came", "/deliveries/pairs");
            assert_eq!(report.number(came), report.number(pairs), "{context}");
            assert!(made_up > 500, "{context}");
        } else {
            // One that goes between two polls is not missed before a heartbeat is, and comes back as a new one.
            assert!(recovered > 3 && recovered <= back, "{context}");
            assert!(made_up > 20, "{context}");
        }
    }
}

#[tokio::test]
async fn what_a_recovery_does_wrong_is_counted_exactly() {
    for (fault, class) in [
        ("recover-twice", "duplicated"),
        ("recover-swapped", "reordered"),
        ("recover-foreign", "misdelivered"),
    ] {
        let rate = format!("{fault}=1/2");
        let served = Served::with(&["--recovery-ms", "120000", "--fault", &rate]).await;
        let url = format!("http://{}", served.address);
        let scenario = BREAKS.replace("100/s", "15/s");
        let (done, report) = ended(&scenario, &["--target", &url]).await;
        let injected = served.truth().await[fault];
        let context = format!("{fault}: {injected}, {:#}", report.at("/deliveries"));
        assert!(injected > 5, "{context}");
        let due = BTreeMap::from([(class, injected)]);
        assert_eq!(violations(&report), due, "{context}");
        assert_eq!(done.code, Some(1), "{context}");
    }
}

#[tokio::test]
async fn a_fault_that_recovery_would_undo_is_refused() {
    for (faults, recovery, says) in [
        ("drop=1/9", "2m", "drop cannot be counted exactly"),
        (
            "recover-twice=1/2",
            "",
            "recover-twice needs connections that can be recovered",
        ),
    ] {
        let recovery = match recovery {
            "" => String::new(),
            time => format!("recovery = \"{time}\"\n"),
        };
        let text = format!("[platform]\nfaults = \"{faults}\"\n{recovery}");
        let scratch = super::support::Scratch::new();
        let path = scratch.file("s.toml", &text);
        let done = super::support::done(super::support::run(&[&path, "--dry-run"])).await;
        assert_eq!(done.code, Some(2), "{}", done.stderr);
        assert!(done.stderr.contains(says), "{}", done.stderr);
    }
}
