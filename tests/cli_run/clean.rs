//! Runs against targets that do nothing wrong: verdict, report, streams, and that a seed replays.

use std::collections::BTreeMap;
use std::io::Read as _;

use base64::Engine as _;
use pushproof::ids::PushId;
use pushproof::verify::Tagger;
use tokio::process::Command;

use super::support::{Report, Run, SMALL, Scratch, done, pushproof, run};
use super::target::{Manners, Push, Target};

/// Everything that a scenario can say of when pushes are sent, at whom, and under which name.
const WORKLOAD: &str = r#"
[users]
count = 20
name = "user-{id}"
password = "password-{id}"
[pushes]
stages = ["500ms: 0 -> 200/s", "1s: 200/s", "500ms: 200/s -> 20/s"]
arrivals = "poisson"
audience = "zipf"
absent = 0.1
foreign = 0.1
events = [{ name = "alert", weight = 5 }, "обновление 🔔"]
[verify]
deadline = "1s"
settle = "1s"
"#;

#[tokio::test]
async fn pushes_at_nobody_may_be_accepted_or_refused_and_pass() {
    let scratch = Scratch::new();
    let file = scratch.file("scenario.toml", WORKLOAD);
    for refuses_nobody in [None, Some(false), Some(true)] {
        let path = scratch.path("report.json");
        let mut command = run(&[&file, "--seed", "7", "--json", &path]);
        let target = match refuses_nobody {
            None => None,
            Some(refuses_nobody) => Some(
                Target::start(Manners {
                    refuses_nobody,
                    ..Manners::default()
                })
                .await,
            ),
        };
        if let Some(target) = &target {
            command.args(["--target", target.url()]);
        }
        let done = done(command).await;
        let report = Report::read(&path);
        assert_eq!(done.code, Some(0), "{done:?}");
        report.adds_up();
        let scheduled = report.number("/pushes/scheduled");
        assert!((200..400).contains(&scheduled), "{scheduled}");
        assert_eq!(report.number("/pushes/sent"), scheduled);
        let [absent, foreign] =
            ["absent", "foreign"].map(|n| report.number(&format!("/pushes/{n}")));
        assert!(absent > 10 && foreign > 10, "{absent} {foreign}");
        let refused = if refuses_nobody == Some(true) {
            absent + foreign
        } else {
            0
        };
        assert_eq!(report.number("/pushes/rejected"), refused);
        assert_eq!(report.number("/pushes/rejected_at_nobody"), refused);
        assert_eq!(report.number("/pushes/accepted"), scheduled - refused);
        assert_eq!(report.at("/pushes/not_accepted_because").to_string(), "{}");
        assert!(done.stdout.contains(" at absent, "), "{}", done.stdout);
        let plan = report.at("/scenario/plan/pushes");
        assert_eq!(plan["stages"][0], "500ms: 0/s -> 200/s");
        assert_eq!(plan["audience"], "zipf");
        assert_eq!(plan["events"][0]["weight"], 5);
    }
}

/// Only where the rate may still be raised, which takes a terminal, is there something to wait for after it.
#[tokio::test]
async fn a_run_that_nobody_steers_is_over_with_its_last_push() {
    let scratch = Scratch::new();
    let file = scratch.file(
        "scenario.toml",
        "users = { count = 5 }\npushes = { stages = [\"500ms: 20/s\", \"10m: 0/s\"] }\nverify = { deadline = \"2s\", settle = \"2s\" }\n",
    );
    let path = scratch.path("report.json");
    let done = done(run(&[&file, "--json", &path])).await;
    assert_eq!(done.code, Some(0), "{done:?}");
    assert_eq!(Report::read(&path).number("/pushes/sent"), 10);
}

#[tokio::test]
async fn the_embedded_platform_passes_and_the_report_says_all() {
    let scratch = Scratch::new();
    let path = scratch.path("report.json");
    let mut command = run(&SMALL);
    command.args(["--seed", "7", "--json", &path]);
    let done = done(command).await;
    assert_eq!(done.code, Some(0), "{done:?}");
    assert!(done.stdout.starts_with("PASS  "), "{}", done.stdout);
    for line in done.stdout.lines() {
        assert!(
            line.chars().count() <= 80,
            "too wide for a terminal: {line}"
        );
    }
    assert!(!done.stdout.contains('\u{1b}') && !done.stderr.contains('\u{1b}'));

    let report = Report::read(&path);
    report.adds_up();
    assert_eq!(report.text("/schema"), "pushproof.report/1");
    assert_eq!(report.text("/verdict"), "pass");
    assert_eq!(report.number("/exit_code"), 0);
    assert_eq!(report.reasons(), "");
    assert_eq!(report.number("/seed"), 7);
    assert_eq!(report.text("/scenario/name"), "first-proof");
    assert_eq!(report.at("/target/embedded"), true);
    humantime::parse_rfc3339(report.text("/started_at")).expect("RFC 3339");
    assert!(report.number("/duration_ms") >= 3_000);
    for (place, count) in [
        ("/sockets/wanted", 20),
        ("/sockets/connected", 20),
        ("/sockets/refused", 0),
        ("/sockets/dropped", 0),
        ("/sockets/reconnected", 0),
        ("/pushes/scheduled", 50),
        ("/pushes/sent", 50),
        ("/pushes/accepted", 50),
        ("/latency/login/count", 20),
        ("/latency/connect/count", 20),
        ("/deliveries/allowed", 0),
    ] {
        assert_eq!(report.number(place), count, "{place}");
    }
    let delivered = report.number("/deliveries/delivered");
    assert_eq!(report.number("/deliveries/expected"), delivered);
    if cfg!(target_os = "linux") {
        assert_eq!(report.number("/latency/network/count"), delivered);
        assert!(done.stdout.contains("  to the kernel"), "{}", done.stdout);
    }
    let broadcasts = report.number("/by_audience/*/pushes");
    let direct = report.number("/by_audience/user/pushes");
    assert_eq!(broadcasts + direct, 50);
    assert_eq!(delivered, direct + broadcasts * 10);
    for to in ["first", "median", "last"] {
        let place = format!("/latency/fanout_{to}/count");
        assert_eq!(report.number(&place), broadcasts, "{place}");
    }
    for empty in ["/violations", "/thresholds"] {
        assert_eq!(report.list(empty).len(), 0, "{empty}");
    }
    assert_eq!(report.at("/generator/limited"), false);
    assert_eq!(
        report.text("/environment/pushproof"),
        env!("CARGO_PKG_VERSION")
    );
    histograms_decode(&report);
}

fn histograms_decode(report: &Report) {
    let latencies = report.at("/latency").as_object().expect("an object");
    assert_eq!(latencies.len(), 13);
    for name in latencies.keys() {
        let at = |key: &str| format!("/latency/{name}/{key}");
        let count = report.number(&at("count"));
        if count == 0 {
            assert!(report.at(&at("hdr_v2_base64")).is_null(), "{name}");
            assert!(report.at(&at("p99_us")).is_null(), "{name}");
            continue;
        }
        let bytes = base64::engine::general_purpose::STANDARD
            .decode(report.text(&at("hdr_v2_base64")))
            .expect("base64");
        let histogram: hdrhistogram::Histogram<u64> =
            hdrhistogram::serialization::Deserializer::new()
                .deserialize(&mut bytes.as_slice())
                .expect("HDR V2");
        assert_eq!(histogram.len(), count, "{name}");
        let figures = [
            "min_us", "p50_us", "p90_us", "p95_us", "p99_us", "p999_us", "max_us",
        ];
        let figures = figures.map(|figure| report.number(&at(figure)));
        assert!(figures.is_sorted(), "{name}: {figures:?}");
        let mean = report.at(&at("mean_us")).as_f64().expect("a mean");
        let within = figures[0] as f64..=figures[6] as f64 + 1.0;
        assert!(within.contains(&mean), "{name}: {mean} in {within:?}");
    }
}

#[tokio::test]
async fn the_schema_is_printed() {
    let mut command = pushproof();
    command.args(["schema", "report"]);
    let done = done(command).await;
    assert_eq!(done.code, Some(0));
    assert_eq!(done.stdout, pushproof::report::report_schema());
}

#[tokio::test]
async fn json_on_standard_output_is_alone_there() {
    let target = Target::start(Manners::default()).await;
    let mut command = run(&SMALL);
    command.args(["--target", target.url(), "--json", "-"]);
    let done = done(command).await;
    assert_eq!(done.code, Some(0), "{done:?}");
    let report = Report::parse(&done.stdout);
    assert_eq!(report.text("/verdict"), "pass");
    assert_eq!(report.text("/target/url"), target.url());
    assert!(done.stderr.contains("PASS  every push arrived"), "{done:?}");
}

#[tokio::test]
async fn quiet_says_nothing_of_a_pass() {
    let target = Target::start(Manners::default()).await;
    let mut command = run(&SMALL);
    command.args(["-q", "--target", target.url()]);
    let done = done(command).await;
    assert_eq!(
        (done.code, done.stdout.as_str(), done.stderr.as_str()),
        (Some(0), "", "")
    );
}

/// The reader of the output goes away early, as `head` does: the run goes on, and its report and exit code are what they are.
#[tokio::test]
async fn nobody_has_to_read_the_output() {
    let target = Target::start(Manners::default()).await;
    let scratch = Scratch::new();
    let path = scratch.path("report.json");
    let mut command = Command::new("sh");
    let script = r#"{ "$@"; echo $? >"$0"; } 2>&1 | :"#;
    command.args([
        "-c",
        script,
        &scratch.path("code"),
        env!("CARGO_BIN_EXE_pushproof"),
        "run",
        "-v",
    ]);
    command
        .args(SMALL)
        .args(["--target", target.url(), "--json", &path]);
    let done = done(command).await;
    let code = std::fs::read_to_string(scratch.path("code")).expect("an exit code");
    assert_eq!(code, "0\n", "{done:?}");
    assert_eq!(Report::read(&path).text("/verdict"), "pass");
}

/// What the target was asked for, by lane and place.
fn asked(target: &Target, seed: u64) -> BTreeMap<PushId, (String, String)> {
    let tagger = Tagger::new(seed);
    let id = |push: &Push| {
        let found = tagger.find(push.message.as_bytes());
        found.expect("a tag of this seed").tag.push
    };
    let pushes = target.pushes();
    pushes
        .into_iter()
        .map(|push| (id(&push), (push.app, push.body)))
        .collect()
}

#[tokio::test]
async fn the_same_seed_asks_for_the_same_bytes() {
    let replayed = async |seed: &str| {
        let target = Target::start(Manners::default()).await;
        let mut command = run(&SMALL);
        command.args(["--seed", seed, "--target", target.url()]);
        let done = done(command).await;
        assert_eq!(done.code, Some(0), "{done:?}");
        target
    };
    let (one, two, other) = tokio::join!(replayed("7"), replayed("7"), replayed("8"));
    let (one, two, other) = (asked(&one, 7), asked(&two, 7), asked(&other, 8));
    assert_eq!(one.len(), 50);
    assert_eq!(one, two);
    assert_ne!(one, other);
}

/// A terminal gets colour, and does not if it or its user asks for none.
#[tokio::test]
async fn colour_is_for_terminals_that_want_it() {
    let refused = "http://127.0.0.1:1";
    for (name, value, coloured) in [
        ("TERM", "xterm", true),
        ("NO_COLOR", "1", false),
        ("NO_COLOR", "", true),
        ("TERM", "dumb", false),
    ] {
        let mut command = run(&["--target", refused]);
        command.env("TERM", "xterm").env(name, value);
        let shown = on_a_terminal(command).await;
        assert!(shown.contains("UNKNOWN"), "{shown}");
        assert_eq!(
            shown.contains("\u{1b}["),
            coloured,
            "{name}={value}: {shown:?}"
        );
    }
}

/// Both ends of a terminal: where its user is, and where its programs are.
fn terminal() -> (std::fs::File, std::fs::File) {
    use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a terminal");
    grantpt(&master)
        .and_then(|()| unlockpt(&master))
        .expect("a terminal");
    let name = ptsname(&master, Vec::new()).expect("its name");
    let terminal = std::fs::OpenOptions::new()
        .read(true)
        .write(true)
        .open(name.to_str().expect("UTF-8"))
        .expect("its other end");
    (master.into(), terminal)
}

/// What a command writes to a terminal.
async fn on_a_terminal(mut command: Command) -> String {
    let (master, terminal) = terminal();
    let out = terminal.try_clone().expect("a file");
    let mut child = command
        .stdout(out)
        .stderr(terminal)
        .spawn()
        .expect("it starts");
    drop(command);
    let shown = tokio::task::spawn_blocking(move || {
        let mut shown = Vec::new();
        // The end of a terminal is told as an error.
        let mut master = master;
        master.read_to_end(&mut shown).ok();
        String::from_utf8_lossy(&shown).into_owned()
    });
    super::support::within("the end", child.wait())
        .await
        .expect("it ends");
    shown.await.expect("no panic")
}

#[tokio::test]
async fn a_terminal_that_takes_nothing_keeps_no_report_back() {
    use rustix::termios::{Winsize, tcsetwinsize};
    let scratch = Scratch::new();
    let path = scratch.path("report.json");
    let (mut master, terminal) = terminal();
    let size = Winsize {
        ws_row: 60,
        ws_col: 200,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    tcsetwinsize(&terminal, size).expect("a size");
    let end = || terminal.try_clone().expect("a file");
    let mut command = run(&SMALL);
    command.args(["--seed", "7", "--tui", "--json", &path]);
    command.env("TERM", "xterm-256color");
    command.stdin(end()).stdout(end()).stderr(end());
    let mut child = command.kill_on_drop(true).spawn().expect("it starts");
    drop(command);
    // The first frame is more than a terminal holds that nobody reads.
    let written = async {
        loop {
            let text = std::fs::read(&path).unwrap_or_default();
            if let Ok(report) = serde_json::from_slice::<serde_json::Value>(&text) {
                return report;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    };
    let report = super::support::within("the report", written).await;
    assert_eq!(report["pushes"]["sent"], 50);
    assert!(child.try_wait().expect("a child").is_none());
    // And who looks again sees the end of it.
    drop(terminal);
    let read = tokio::task::spawn_blocking(move || {
        let mut shown = Vec::new();
        master.read_to_end(&mut shown).ok();
        String::from_utf8_lossy(&shown).into_owned()
    });
    let ended = super::support::within("the end", child.wait()).await;
    let code = ended.expect("it ends").code();
    assert_eq!(report["exit_code"], code.expect("no signal"));
    let shown = read.await.expect("no panic");
    let (_, after) = shown
        .rsplit_once("\u{1b}[?1049l")
        .expect("the terminal is given back");
    assert!(after.contains("\n  deliveries  "), "{after}");
}

#[tokio::test]
async fn a_scenario_file_and_the_environment_are_heard_and_flags_win() {
    let target = Target::start(Manners::default()).await;
    let scratch = Scratch::new();
    let scenario = scratch.file(
        "my-scenario.toml",
        "seed = 5\n[users]\ncount = 6\nsockets_per_user = 2\n[pushes]\nrate = \"20/s\"\nduration = \"1s\"\nevents = [\"x y\", \"ü\"]\n[verify]\ndeadline = \"2s\"\nsettle = \"2s\"\n",
    );
    let path = scratch.path("report.json");
    let mut command = run(&[&scenario, "--rate", "30/s", "--target", target.url()]);
    command
        .env("PUSHPROOF_JSON", &path)
        .env("PUSHPROOF_RATE", "40/s")
        .env("PUSHPROOF_LANES", "2");
    let done = Run::start(command).end().await;
    assert_eq!(done.code, Some(0), "{done:?}");
    let report = Report::read(&path);
    report.adds_up();
    assert_eq!(report.text("/scenario/name"), "my-scenario");
    assert_eq!(report.number("/seed"), 5);
    assert_eq!(report.number("/sockets/connected"), 12);
    assert_eq!(report.number("/pushes/scheduled"), 30);
    assert_eq!(report.number("/scenario/plan/pushes/lanes"), 2);
    let due: u64 = target.pushes().iter().map(|push| push.sockets).sum();
    assert_eq!(report.number("/deliveries/delivered"), due);
}
