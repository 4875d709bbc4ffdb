//! Runs against the embedded platform made to misbehave: what the report counts is what the platform says it did, class by class, and
//! nothing beside it.

use std::collections::BTreeMap;
use std::process::Stdio;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

use super::classes::CLASSES;
use super::support::{Report, Scratch, done, pushproof, run, within};

/// The classes that a right verifier reports for each injection of a fault, with how many of each: `docs/faults.md`.
fn blame(fault: &str) -> &'static [(&'static str, u64)] {
    match fault {
        "drop" | "drop-tail" | "skip-socket" | "skip-shard" | "swallow" | "freeze" => {
            &[("lost", 1)]
        }
        "duplicate" | "duplicate-late" => &[("duplicated", 1)],
        "reorder" | "reorder-far" => &[("reordered", 1)],
        "wrong-user" | "wrong-app" | "stray" | "cross-app" => &[("misdelivered", 1)],
        "rename-case" | "rename-space" | "rename-other" => &[("misrouted", 1)],
        "corrupt-digit" | "corrupt-type" | "corrupt-truncate" | "corrupt-unicode"
        | "corrupt-key" => &[("corrupted", 1)],
        "delay" => &[("late", 1)],
        "phantom" | "after-leave" => &[("phantom", 1)],
        "premature" => &[("premature", 1)],
        "swap" => &[("misdelivered", 2), ("lost", 2)],
        "answer-500" => &[],
        _ => panic!("{fault} is blamed on nothing"),
    }
}

/// `pushproof serve` as a child.
pub(crate) struct Served {
    _child: Child,
    pub(crate) address: String,
}

impl Served {
    pub(crate) async fn start(faults: &str) -> Self {
        Self::with(&["--fault", faults, "--fault-seed", "7"]).await
    }

    /// With these further flags of `serve`.
    pub(crate) async fn with(flags: &[&str]) -> Self {
        let mut command = pushproof();
        command
            .args(["serve", "--port", "0", "--until-stdin-closes"])
            .args(flags)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true);
        let mut child = command.spawn().expect("the binary starts");
        let stdout = child.stdout.take().expect("stdout is piped");
        let mut line = String::new();
        let mut stdout = BufReader::new(stdout);
        let read = within("the platform", stdout.read_line(&mut line)).await;
        read.expect("UTF-8");
        let address = line.trim().rsplit("http://").next().expect("an address");
        Self {
            address: address.to_owned(),
            _child: child,
        }
    }

    /// How often each fault was injected.
    pub(crate) async fn truth(&self) -> BTreeMap<String, u64> {
        let asked = async {
            let mut tcp = TcpStream::connect(&self.address).await.expect("it listens");
            let request = "GET /admin/faults HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n";
            tcp.write_all(request.as_bytes()).await.expect("it reads");
            let mut answer = String::new();
            tcp.read_to_string(&mut answer).await.expect("it answers");
            answer
        };
        let answer = within("the truth", asked).await;
        let body = answer.split("\r\n\r\n").nth(1).expect("a body");
        let truth: Value = serde_json::from_str(body).expect("JSON");
        let faults = truth["faults"].as_array().expect("faults").iter();
        let injected = faults.map(|fault| {
            let name = fault["fault"].as_str().expect("a name");
            (
                name.to_owned(),
                fault["injected"].as_u64().expect("a count"),
            )
        });
        injected.collect()
    }
}

/// Runs against a platform with these faults and holds the report to the truth.
pub(crate) async fn exact(faults: &str, scenario: &str) -> (BTreeMap<String, u64>, Report) {
    exact_by(run, faults, scenario).await
}

/// The same with runs of another build.
pub(crate) async fn exact_by(
    run: fn(&[&str]) -> Command,
    faults: &str,
    scenario: &str,
) -> (BTreeMap<String, u64>, Report) {
    let served = Served::start(faults).await;
    let target = format!("http://{}", served.address);
    held_by(run, &served, &target, &[], scenario).await
}

/// The same of a platform that is reached under another URL.
pub(crate) async fn held_to_the_truth(
    served: &Served,
    target: &str,
    args: &[&str],
    scenario: &str,
) -> (BTreeMap<String, u64>, Report) {
    held_by(run, served, target, args, scenario).await
}

async fn held_by(
    run: fn(&[&str]) -> Command,
    served: &Served,
    target: &str,
    args: &[&str],
    scenario: &str,
) -> (BTreeMap<String, u64>, Report) {
    let scratch = Scratch::new();
    let path = scratch.path("report.json");
    let file = scratch.file("scenario.toml", scenario);
    let mut command = run(&[&file, "--seed", "7", "--target", target]);
    command.args(["--json", &path]).args(args);
    let done = done(command).await;
    let report = Report::read(&path);
    let truth = served.truth().await;
    let context = format!("{truth:?}: {}{:#}", done.stdout, report.at("/violations"));
    for class in CLASSES {
        let blamed = truth.iter().map(|(fault, injected)| {
            let classes = blame(fault).iter().filter(|(name, _)| *name == class);
            classes.map(|(_, each)| each * injected).sum::<u64>()
        });
        let counted = report.number(&format!("/deliveries/{class}"));
        assert_eq!(counted, blamed.sum::<u64>(), "{class}, {context}");
    }
    assert_eq!(done.code, Some(1), "{context}");
    let unknown = truth.get("answer-500").copied().unwrap_or_default();
    assert_eq!(report.number("/pushes/unknown"), unknown, "{context}");
    for (fault, injected) in &truth {
        assert!(*injected > 0, "{fault} never fired, {context}");
    }
    (truth, report)
}

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

#[tokio::test]
async fn what_is_left_out_copied_renamed_and_corrupted_is_found() {
    let faults = "drop=1/40,duplicate=1/50,wrong-user=1/60,wrong-app=1/90,skip-socket=1/70,rename-case=1/80,\
        rename-space=1/90,rename-other=1/100,corrupt-digit=1/110,corrupt-type=1/120,corrupt-unicode=1/50,\
        corrupt-key=1/60,phantom=1/100,premature=1/10";
    exact(faults, LOAD).await;
}

#[tokio::test]
async fn what_comes_out_of_place_is_found() {
    exact(
        "reorder=1/30,reorder-far=1/40,skip-shard=1/4,swap=1/5",
        LOAD,
    )
    .await;
}

#[tokio::test]
async fn what_nobody_was_to_get_is_found() {
    let load = LOAD.replace(
        "[pushes]",
        "name = \"user-{id}\"\npassword = \"password-{id}\"\n[pushes]\nabsent = 0.2\nforeign = 0.3",
    );
    let (truth, report) = exact("stray=1/20,cross-app=1/5", &load).await;
    assert!(truth["cross-app"] > 10, "{truth:?}");
    let misdelivered = truth["stray"] + truth["cross-app"];
    assert_eq!(report.number("/deliveries/misdelivered"), misdelivered);
    let nobody = report.number("/pushes/absent") + report.number("/pushes/foreign");
    assert!((100..200).contains(&nobody), "{nobody}");
    let examples = report.list("/violations").iter();
    let across = examples.filter(|v| v["push_app"] != v["app"]);
    assert!(across.count() > 0);
}

#[tokio::test]
async fn what_comes_late_or_never_again_is_found() {
    let load = LOAD.replace("[verify]", "[verify]\nordering = \"none\"");
    exact(
        "duplicate-late=1/30,delay=1/40,freeze=1/9,drop-tail=1/7",
        &load,
    )
    .await;
}

#[tokio::test]
async fn answers_that_lie_and_payloads_that_are_cut_are_found() {
    let load = LOAD.replace("[pushes]", "[pushes]\nsize = 66000");
    let faults = "swallow=1/60,answer-500=1/100,corrupt-truncate=1/50";
    exact(faults, &load.replace("150/s", "60/s")).await;
}

#[tokio::test]
async fn a_scenario_asks_for_faults_of_the_embedded_platform() {
    let scratch = Scratch::new();
    let path = scratch.path("report.json");
    let platform =
        "[platform]\nfaults = \"drop=1/50\"\nfault_users = \"user-[0-5]\"\nfault_delay = \"2s\"\n";
    let file = scratch.file("scenario.toml", &format!("{LOAD}{platform}"));
    let mut command = run(&[&file, "--seed", "7", "--json", &path]);
    // What stands around the run is not its scenario.
    command.env("PUSHPROOF_FAULT", "duplicate=1/1");
    let done = done(command).await;
    let report = Report::read(&path);
    assert_eq!(done.code, Some(1), "{done:?}");
    assert_eq!(report.number("/deliveries/duplicated"), 0);
    let lost = report.number("/deliveries/lost");
    assert!(lost > 0 && lost <= report.number("/deliveries/expected") / 50 + 1);
    assert_eq!(report.text("/scenario/plan/platform/faults"), "drop=1/50");
    assert_eq!(report.number("/scenario/plan/platform/fault_seed"), 7);
    for violation in report.list("/violations") {
        let user = violation["user"].as_str().expect("a user");
        let number: u32 = user.trim_start_matches("user-").parse().expect("a number");
        assert!(number <= 5, "{user}");
    }
}

#[tokio::test]
async fn faults_that_are_not_there_are_refused_with_the_nearest() {
    let scratch = Scratch::new();
    for (faults, says) in [
        (
            "drp=1/9",
            "there is no fault \"drp\"; did you mean \"drop\"? The faults are drop,",
        ),
        ("drop", "drop needs a rate; write drop=1/1000"),
        ("drop=1/0", "\"1/0\" is no rate for drop"),
        ("drop=1/2,drop=1/3", "drop is named twice"),
    ] {
        let file = scratch.file(
            "scenario.toml",
            &format!("[platform]\nfaults = \"{faults}\"\n"),
        );
        let run = done(run(&[&file])).await;
        let mut serve = pushproof();
        serve.args(["serve", "--port", "0", "--fault", faults]);
        for done in [run, done(serve).await] {
            assert_eq!(done.code, Some(2), "{done:?}");
            assert!(done.stderr.contains(says), "{done:?}");
        }
    }
    let file = scratch.file("scenario.toml", "[platform]\nfaults = \"drop=1/9\"\n");
    let refused = done(run(&[&file, "--target", "http://127.0.0.1:9"])).await;
    assert_eq!(refused.code, Some(2));
    assert!(
        refused
            .stderr
            .contains("platform.faults: only the embedded"),
        "{refused:?}"
    );
    let mut list = pushproof();
    list.args(["serve", "--fault-list"]);
    let list = done(list).await;
    assert_eq!((list.code, list.stdout.lines().count()), (Some(0), 68));
    assert!(list.stdout.contains("answer-500"));
}
