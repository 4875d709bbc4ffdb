//! What a person at a terminal sees and does, in a terminal that is not ours.

mod support;

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use support::tmux::Tmux;

/// A run that lasts longer than any test here needs it.
const LONG: &str = "run --users 40 --rate 40/s --duration 40s --settle 2s --seed 1";

#[test]
#[ignore = "needs Node and Python peers: run ci/check (or ci/install-peers, then cargo test -- --ignored)"]
fn a_run_is_watched_paused_resized_and_ended_early() {
    let tmux = Tmux::start((80, 24), LONG);
    let screen = tmux.until_it_says("OK SO FAR");
    for words in [
        "the embedded platform",
        "seed 1",
        "pushing",
        "[1 Overview]",
        "40/40",
    ] {
        assert!(screen.contains(words), "{words}:\n{screen}");
    }
    for (key, words) in [
        ("2", "Latency over the run"),
        ("3", "Examples of all classes"),
        ("4", "by event name"),
        ("5", "Messages"),
        ("Tab", "[1 Overview]"),
        ("?", "Any key closes this."),
        ("x", "1-5 pages"),
    ] {
        tmux.press(&[key]);
        tmux.until_it_says(words);
    }
    tmux.press(&["Space"]);
    tmux.until_it_says("view paused at");
    tmux.press(&["p"]);
    tmux.until("paused no more", |screen| !screen.contains("view paused"));
    tmux.press(&["+"]);
    tmux.until_it_says("asked for 110 %");
    tmux.until("the rate is set", |screen| screen.contains("rate set to"));
    tmux.resize((120, 40));
    tmux.until_it_says("Newest violations");
    tmux.resize((40, 12));
    tmux.until("small", |screen| {
        !screen.contains("Newest") && screen.contains("OK SO FAR")
    });
    tmux.resize((80, 24));
    tmux.until_it_says("[1 Overview]");
    tmux.press(&["q"]);
    tmux.until_it_says("End the run early?");
    tmux.press(&["q"]);
    let (code, screen) = tmux.ended();
    assert_eq!(code, 130, "{screen}");
    assert!(screen.contains("0 lost"), "the summary stays:\n{screen}");
}

#[test]
#[ignore = "needs Node and Python peers: run ci/check (or ci/install-peers, then cargo test -- --ignored)"]
fn violations_are_seen_as_they_happen() {
    let fault = "--set platform.faults='\"duplicate=1/5\"'".replace('\'', "'\\''");
    let tmux = Tmux::start((120, 40), &format!("{LONG} {fault}"));
    let screen = tmux.until_it_says("FAIL:");
    assert!(screen.contains("duplicated"), "{screen}");
    tmux.until_it_says("had already arr");
    tmux.press(&["3", "Right", "Right"]);
    tmux.until_it_says("Examples of duplicated: 1 of");
    tmux.press(&["C-c"]);
    let (code, screen) = tmux.ended();
    assert_eq!(code, 130, "{screen}");
}

/// A platform of its own, which can be killed.
fn serve(flags: &[&str]) -> (Child, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_pushproof"))
        .args(["serve", "--port", "0", "--until-stdin-closes"])
        .args(flags)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("it starts");
    let out = child.stdout.take().expect("it is piped");
    let line = BufReader::new(out).lines().next();
    let line = line.expect("a line").expect("a line");
    let url = line.split_whitespace().last().expect("a URL").to_owned();
    (child, url)
}

#[test]
#[ignore = "needs Node and Python peers: run ci/check (or ci/install-peers, then cargo test -- --ignored)"]
fn a_target_that_is_killed_shows_as_dropped_sockets() {
    let (mut platform, url) = serve(&[]);
    let tmux = Tmux::start((80, 24), &format!("{LONG} --target {url}"));
    tmux.until_it_says("OK SO FAR");
    platform.kill().expect("it can be killed");
    platform.wait().expect("it ends");
    tmux.until("all are dropped", |screen| {
        screen
            .lines()
            .any(|line| line.contains("dropped") && line.contains("! 40"))
    });
    tmux.press(&["C-c"]);
    tmux.press(&["C-c"]);
    let (code, screen) = tmux.ended();
    assert_eq!(code, 130, "{screen}");
}

#[test]
#[ignore = "needs Node and Python peers: run ci/check (or ci/install-peers, then cargo test -- --ignored)"]
fn the_terminal_is_given_back_whatever_ends_the_run() {
    for (signals, keys) in [
        (vec!["TERM"], vec![]),
        (vec!["TERM", "TERM"], vec![]),
        (vec![], vec!["C-c", "C-c"]),
        (vec!["HUP"], vec![]),
    ] {
        let tmux = Tmux::start((80, 24), LONG);
        tmux.until_it_says("OK SO FAR");
        for signal in &signals {
            tmux.signal(signal);
            if signals.len() > 1 {
                tmux.until("it ends", |screen| {
                    screen.contains("interrupted:") || screen.contains("exit code")
                });
            }
        }
        for key in &keys {
            tmux.press(&[key]);
        }
        let (code, screen) = tmux.ended();
        assert_eq!(code, 130, "{signals:?} {keys:?}:\n{screen}");
    }
}

#[test]
#[ignore = "needs Node and Python peers: run ci/check (or ci/install-peers, then cargo test -- --ignored)"]
fn a_run_ends_with_its_terminal() {
    let tmux = Tmux::start((80, 24), LONG);
    tmux.until_it_says("OK SO FAR");
    tmux.hang_up();
}

/// A run that is over, in files of a folder that goes with it.
struct Over(PathBuf);

impl Over {
    fn of(faults: &str) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let n = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("watched-{}-{n}", std::process::id());
        let over = Self(Path::new(env!("CARGO_TARGET_TMPDIR")).join(name));
        std::fs::create_dir_all(&over.0).expect("a folder");
        let (report, journal) = (over.file("run.json"), over.file("run.journal"));
        let ended = Command::new(env!("CARGO_BIN_EXE_pushproof"))
            .args(["run", "--users", "40", "--rate", "40/s", "--duration", "3s"])
            .args(["--settle", "2s", "--seed", "1", "-q", "--set", faults])
            .args(["--json", &report, "--journal", &journal])
            .output()
            .expect("it starts");
        assert_eq!(ended.status.code(), Some(1), "{ended:?}");
        over
    }

    fn file(&self, name: &str) -> String {
        self.0.join(name).to_str().expect("a path").to_owned()
    }
}

impl Drop for Over {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).ok();
    }
}

#[test]
#[ignore = "needs Node and Python peers: run ci/check (or ci/install-peers, then cargo test -- --ignored)"]
fn a_run_that_is_over_is_looked_at_until_it_is_left() {
    let over = Over::of("platform.faults=duplicate=1/5,drop=1/20");
    for (name, flags) in [
        ("run.json", ""),
        ("run.json", "--speed max"),
        ("run.journal", "--speed max"),
    ] {
        let tmux = Tmux::start((80, 24), &format!("watch {} {flags}", over.file(name)));
        for words in [
            "120/120",
            "FAIL",
            "over ",
            "seed 1",
            "connected         40/40",
            "q leave",
        ] {
            tmux.until_it_says(words);
        }
        for (key, words) in [
            ("2", "fan-out, last"),
            ("3", "duplicated     "),
            ("4", "by trigger"),
            ("5", "files"),
            ("+", "not steered from here"),
            ("e", "not steered from here"),
            ("?", "q leaves, and a run elsewhere goes on"),
        ] {
            tmux.press(&[key]);
            tmux.until_it_says(words);
        }
        tmux.press(&["q"]);
        // The run had one too.
        tmux.until("its exit code", |screen| {
            screen.matches("exit code ").count() == 2
        });
        let (code, screen) = tmux.ended();
        assert_eq!(code, 0, "{name}:\n{screen}");
        assert!(screen.contains("fail, exit code 1"), "{name}:\n{screen}");
    }
}

#[test]
#[ignore = "needs Node and Python peers: run ci/check (or ci/install-peers, then cargo test -- --ignored)"]
fn a_journal_is_judged_while_it_is_looked_at() {
    let over = Over::of("platform.faults=duplicate=1/5");
    let journal = over.file("run.journal");
    for (signal, key, code) in [
        (None, Some("C-c"), 130),
        (None, Some("q"), 0),
        (Some("TERM"), None, 130),
        (Some("HUP"), None, 130),
    ] {
        // Its first second lasts for as long as the test needs it.
        let tmux = Tmux::start((120, 40), &format!("watch {journal} --speed 0.02"));
        for words in ["FAIL:", "pushing ", "Newest violations", "had already ar"] {
            tmux.until_it_says(words);
        }
        if let Some(name) = signal {
            tmux.signal(name);
        }
        if let Some(key) = key {
            tmux.press(&[key]);
        }
        let (ended, screen) = tmux.ended();
        assert_eq!(ended, code, "{signal:?} {key:?}:\n{screen}");
        assert!(screen.contains("no longer watching"), "{screen}");
    }
}

#[test]
#[ignore = "needs Node and Python peers: run ci/check (or ci/install-peers, then cargo test -- --ignored)"]
fn a_run_elsewhere_goes_on_without_whoever_watched_it() {
    let mut run = Command::new(env!("CARGO_BIN_EXE_pushproof"))
        .args(LONG.split(' '))
        .args(["--metrics", "127.0.0.1:0", "--no-tui"])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut said = BufReader::new(run.stderr.take().expect("it is piped")).lines();
    let said = said.by_ref().map(|line| line.expect("a line"));
    let mut said = said.filter_map(|line| Some(line.split_once("http://")?.1.to_owned()));
    let line = said.next().expect("where its metrics are");
    let address = line.split('/').next().expect("an address");
    for (key, code) in [("q", 0), ("C-c", 130)] {
        let tmux = Tmux::start((80, 24), &format!("watch {address}"));
        tmux.until_it_says("OK SO FAR");
        tmux.press(&["-"]);
        tmux.until_it_says("not steered from here");
        tmux.press(&[key]);
        let (ended, screen) = tmux.ended();
        assert_eq!(ended, code, "{screen}");
        assert!(screen.contains("the run goes on"), "{screen}");
    }
    assert!(
        run.try_wait().expect("it can be asked").is_none(),
        "it goes on"
    );
    run.kill().expect("it can be killed");
    run.wait().expect("it ends");
}

#[test]
#[ignore = "needs Node and Python peers: run ci/check (or ci/install-peers, then cargo test -- --ignored)"]
fn the_suite_says_how_far_it_is() {
    let tmux = Tmux::start((100, 30), "conform --no-tui --only HS,LV");
    tmux.until("cases under way", |screen| {
        screen.contains(" cases in 0:") && screen.contains("now ")
    });
    let (code, screen) = tmux.ended();
    assert_eq!(code, 0, "{screen}");
    assert!(
        !screen.contains(" cases in 0:"),
        "the line is gone:\n{screen}"
    );
}

#[test]
#[ignore = "needs Node and Python peers: run ci/check (or ci/install-peers, then cargo test -- --ignored)"]
fn a_suite_is_watched_filtered_and_ended_by_ctrl_c() {
    // A server that is known to be bad, at which HS-02 fails.
    let (mut platform, url) = serve(&["--mutant", "upgrades-lie"]);
    let flags = "--only HS,LV,SE --jobs 2 --json suite.json";
    let tmux = Tmux::start((80, 24), &format!("conform --target {url} {flags}"));
    let screen = tmux.until_it_says("FAIL:");
    for words in [
        "pushproof conform",
        &url,
        "!! fail",
        "under way",
        "The newest fail",
    ] {
        assert!(screen.contains(words), "{words}:\n{screen}");
    }
    for (key, words) in [
        ("n", "> !! fail"),
        ("Enter", "back to the list"),
        ("Escape", "j/k choose"),
        ("g", ", 1 of "),
        ("f", "[problems "),
        ("Right", "[pass "),
        ("Right", "[fail "),
        ("?", "Any key closes this."),
        ("x", "j/k choose"),
        ("Space", "view paused at"),
    ] {
        tmux.press(&[key]);
        tmux.until_it_says(words);
    }
    tmux.resize((120, 40));
    tmux.until_it_says("Under way: ");
    tmux.resize((40, 12));
    tmux.until("small", |screen| {
        !screen.contains("Under way: ") && screen.contains("FAIL: ")
    });
    tmux.resize((80, 24));
    tmux.until_it_says("j/k choose");
    tmux.press(&["C-c"]);
    let (code, screen) = tmux.ended();
    assert_eq!(code, 130, "{screen}");
    let report = tmux.file("suite.json");
    let report: serde_json::Value = serde_json::from_str(&report).expect("a report");
    assert_eq!(report["interrupted"], true);
    assert_eq!(report["verdict"], "fail");
    // What ended before is on the terminal, as without a dashboard.
    assert!(screen.contains("HS-"), "{screen}");
    platform.kill().expect("it can be killed");
    platform.wait().expect("it ends");
}

#[test]
#[ignore = "needs Node and Python peers: run ci/check (or ci/install-peers, then cargo test -- --ignored)"]
fn a_suite_gives_the_terminal_back_whatever_ends_it() {
    for (signal, code) in [("TERM", 130), ("HUP", 130)] {
        let tmux = Tmux::start((80, 24), "conform --only LV,SE");
        tmux.until_it_says("OK SO FAR");
        tmux.signal(signal);
        let (ended, screen) = tmux.ended();
        assert_eq!(ended, code, "{signal}:\n{screen}");
    }
    let tmux = Tmux::start((80, 24), "conform --only HS --target http://127.0.0.1:1");
    let (code, screen) = tmux.ended();
    assert_eq!(code, 4, "{screen}");
    assert!(screen.contains("error: "), "{screen}");
}

#[test]
#[ignore = "needs Node and Python peers: run ci/check (or ci/install-peers, then cargo test -- --ignored)"]
fn a_self_test_is_watched_and_ended_early() {
    let tmux = Tmux::start((100, 30), "selftest --quick --seed 1");
    let screen = tmux.until_it_says("OK SO FAR");
    for words in ["pushproof selftest", "injected", "exact", "under way"] {
        assert!(screen.contains(words), "{words}:\n{screen}");
    }
    tmux.press(&["k", "Enter"]);
    // Whichever ended first: those without a fault say so too.
    tmux.until_it_says("that nobody injected");
    tmux.press(&["q"]);
    tmux.until_it_says("End early?");
    tmux.press(&["q"]);
    let (code, screen) = tmux.ended();
    assert_eq!(code, 130, "{screen}");
    assert!(screen.contains("trials exact"), "the table:\n{screen}");
}

#[test]
#[ignore = "needs Node and Python peers: run ci/check (or ci/install-peers, then cargo test -- --ignored)"]
fn a_search_is_watched_and_ended_by_ctrl_c() {
    // There are no more places at this platform, so that a small load breaks it.
    let flags = "--from 100 --precision 0.1% --step-duration 1s --warm-up 1s --cool-down 0s";
    let more = "--seed 1 --set platform.limit_sockets=150 --json search.json";
    let tmux = Tmux::start((80, 24), &format!("capacity {flags} {more}"));
    let screen = tmux.until("the first step", |screen| {
        screen.contains("Step 1, under way: 100 sockets") && screen.contains("100/100")
    });
    for words in [
        "pushproof capacity",
        "NOTHING KNOWN YET",
        "by sockets",
        "p99 now",
    ] {
        assert!(screen.contains(words), "{words}:\n{screen}");
    }
    tmux.until("both ends", |screen| {
        screen.contains(" HELD, ") && screen.contains(" BROKE") && screen.contains("! broke")
    });
    for (key, words) in [
        ("n", "> ! broke"),
        ("Enter", "back to the list"),
        ("Escape", "j/k choose"),
        ("Right", "[problems "),
        ("Right", "[held "),
    ] {
        tmux.press(&[key]);
        tmux.until_it_says(words);
    }
    tmux.resize((120, 40));
    tmux.until_it_says("By load: p99");
    tmux.resize((80, 24));
    tmux.until("small again", |screen| !screen.contains("By load: p99"));
    tmux.press(&["C-c"]);
    let (code, screen) = tmux.ended();
    assert_eq!(code, 130, "{screen}");
    let report = tmux.file("search.json");
    let report: serde_json::Value = serde_json::from_str(&report).expect("a report");
    assert!(
        report["steps"]
            .as_array()
            .is_some_and(|steps| steps.len() > 1)
    );
    assert!(screen.contains("broke first"), "{screen}");
}

#[test]
fn a_dashboard_that_cannot_be_shown_is_an_error_only_if_it_was_asked_for() {
    let run = |flags: &[&str]| {
        Command::new(env!("CARGO_BIN_EXE_pushproof"))
            .args(["run", "--users", "4", "--duration", "1s", "--settle", "1s"])
            .args(["--deadline", "1s", "--seed", "1"])
            .args(flags)
            .stdin(Stdio::null())
            .output()
            .expect("it starts")
    };
    let output = run(&["--tui"]);
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert!(told.contains("--tui: the dashboard needs a terminal, and standard output is none"));
    // The last one counts.
    let output = run(&["--tui", "--no-tui"]);
    assert_eq!(output.status.code(), Some(0));
    assert!(!output.stdout.contains(&0x1b) && !output.stderr.contains(&0x1b));
}
