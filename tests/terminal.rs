//! What a person at a terminal sees and does, in a terminal that is not ours.

mod support;

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

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
fn serve() -> (Child, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_pushproof"))
        .args(["serve", "--port", "0", "--until-stdin-closes"])
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
    let (mut platform, url) = serve();
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

#[test]
#[ignore = "needs Node and Python peers: run ci/check (or ci/install-peers, then cargo test -- --ignored)"]
fn the_suite_says_how_far_it_is() {
    let tmux = Tmux::start((100, 30), "conform --only HS,LV");
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
