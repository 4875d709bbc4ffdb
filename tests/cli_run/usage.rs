//! Mistakes of the user: exit code 2, a sentence that names the place and what to do, and nothing started.

use tokio::process::Command;

use super::support::{Done, Report, SMALL, Scratch, done, run};
use super::target::{Manners, Target};

/// The run was refused for these words, before anything was begun.
async fn refused(mut command: Command, words: &[&str]) -> Done {
    // The embedded platform would greet on the same standard error.
    command.env("PUSHPROOF_DURATION", "1s");
    let done = done(command).await;
    assert_eq!(done.code, Some(2), "{done:?}");
    assert_eq!(done.stdout, "", "{done:?}");
    assert!(done.stderr.starts_with("error: "), "{done:?}");
    for word in words {
        assert!(done.stderr.contains(word), "{word:?} in {done:?}");
    }
    for begun in ["users user-0", "pushproof: ", "panicked"] {
        assert!(!done.stderr.contains(begun), "{begun:?} in {done:?}");
    }
    done
}

#[tokio::test]
async fn bad_flags_are_named_with_a_remedy() {
    let table: &[(&[&str], &[&str])] = &[
        (&["--users", "many"], &["--users", "many"]),
        (&["--users", "-1"], &["-1"]),
        (&["--users", "0"], &["--users", "at least 1"]),
        (
            &["--users", "1"],
            &["--users", "2 apps", "at least one user an app"],
        ),
        (&["--users", "99999999999"], &["--users", "99999999999"]),
        (&["--users", "4000000000"], &["--users", "at most 1000000"]),
        (
            &["--users", "1000000", "--sockets-per-user", "4000000000"],
            &["--users", "at most"],
        ),
        (
            &["--sockets-per-user", "0"],
            &["--sockets-per-user", "at least 1"],
        ),
        (&["--connect-rate", "0/s"], &["--connect-rate", "500/s"]),
        (&["--connect-rate", "fast"], &["--connect-rate", "500/s"]),
        (&["--rate", "0"], &["--rate", "200/s"]),
        (&["--rate", "ten"], &["--rate", "500/s or 30/m"]),
        (&["--rate", "10/day"], &["--rate", "500/s or 30/m"]),
        (&["--rate", "1e12/s"], &["--rate", "too large"]),
        (&["--lanes", "0"], &["--lanes", "1 to 1024"]),
        (&["--lanes", "5000"], &["--lanes", "1 to 1024"]),
        (&["--duration", "10"], &["--duration", "10s", "10ms"]),
        (&["--duration", "0s"], &["--duration", "10s"]),
        (
            &["--duration", "1 day"],
            &["--duration", "30s, 250ms or 1m30s"],
        ),
        (&["--duration", "400d"], &["--duration"]),
        (
            &["--duration", "700h", "--rate", "1000/s"],
            &["--duration", "lower the rate"],
        ),
        (&["--deadline", "0s"], &["--deadline", "2s"]),
        (
            &["--deadline", "2s", "--settle", "1s"],
            &["--settle", "at least the deadline"],
        ),
        (
            &["--threshold", "latancy.push.p99 < 5ms"],
            &["--threshold", "entry 1", "did you mean latency.push.p99"],
        ),
        (
            &["--threshold", "latency.push.p99 < 5"],
            &["--threshold", "is a time", "5ms or 5s"],
        ),
        (
            &["--abort-on", "deliveries.lost > 0"],
            &["--abort-on", "known only when the run is over"],
        ),
        (&["--seed", "abc"], &["--seed", "abc"]),
        (&["--seed", "-1"], &["-1"]),
        (
            &["--target", "localhost:3000"],
            &["--target", "http://127.0.0.1:3000"],
        ),
        (
            &["--target", "ws://localhost"],
            &["--target", "http:// in place of ws://"],
        ),
        (
            &["--target", "http://"],
            &["--target", "http://127.0.0.1:3000"],
        ),
        (&["--target", "http://a/?b"], &["--target", "no query"]),
        (&["--target", ""], &["--target"]),
        (&["--app", "a", "--app", "a"], &["--app", "named twice"]),
        (&["--app", ""], &["--app", "empty"]),
        (&["--user", "3"], &["--user", "--users"]),
        (&["--no-such-flag"], &["--no-such-flag", "--help"]),
        (&["-q", "-v"], &["--quiet", "--verbose"]),
        (&["--users"], &["--users", "value"]),
        (
            &["no-such-file.toml"],
            &[
                "no-such-file.toml",
                "cannot read the scenario",
                "No such file",
            ],
        ),
        (&["/"], &["cannot read the scenario"]),
        (&["one.toml", "two.toml"], &["two.toml"]),
    ];
    for (args, words) in table {
        let mut command = run(args);
        if !args.contains(&"-q") {
            command.arg("-v");
        }
        refused(command, words).await;
    }
}

#[tokio::test]
async fn all_problems_are_told_at_once() {
    let command = run(&["-v", "--users", "0", "--rate", "0", "--lanes", "0"]);
    let done = refused(command, &["--users", "--rate", "--lanes"]).await;
    assert_eq!(done.stderr.lines().count(), 3, "{done:?}");
}

#[tokio::test]
async fn bad_settings_of_the_environment_are_named() {
    for (name, value, words) in [
        ("PUSHPROOF_USERS", "many", ["--users", "many"]),
        ("PUSHPROOF_RATE", "x", ["--rate", "500/s"]),
        ("PUSHPROOF_TARGET", "nonsense", ["--target", "http://"]),
    ] {
        let mut command = run(&["-v"]);
        command.env(name, value);
        refused(command, &words).await;
    }
}

#[tokio::test]
async fn bad_scenario_files_are_told_by_place() {
    let scratch = Scratch::new();
    // What is said of each field is in tests/scenario_mistakes; here, that it gets to the user.
    let table: &[(&str, &[&str])] = &[
        ("[users]\ncuont = 5\n", &[":2:1", "cuont", "`count`"]),
        ("[pushes]\nduration = \"10\"\n", &[":2:12", "10s"]),
        ("[pushes\n", &[":1:8", "not TOML"]),
        (
            "[pushes]\nbroadcast = 7.0\n",
            &[":2:13", "pushes.broadcast", "0 to 1"],
        ),
        (
            "thresholds = [\"deliveries.lost == 0\", \"by_event.alrt.push.p99 < 5ms\"]\n",
            &[":1:39", "entry 2", "by_event.alert.push.p99"],
        ),
        (
            "[users]\npassword = \"${NOT_SET_ANYWHERE}\"\n",
            &[":2:12", "NOT_SET_ANYWHERE"],
        ),
    ];
    for (text, words) in table {
        let scenario = scratch.file("scenario.toml", text);
        let mut words = words.to_vec();
        words.push("scenario.toml");
        refused(run(&["-v", &scenario]), &words).await;
    }
    let binary = scratch.path("binary.toml");
    std::fs::write(&binary, [0xff, 0xfe, 0]).expect("a writable scratch directory");
    refused(run(&["-v", &binary]), &["binary.toml", "UTF-8"]).await;
}

#[tokio::test]
async fn a_report_that_cannot_be_written_is_told_before_any_traffic() {
    let target = Target::start(Manners::default()).await;
    let scratch = Scratch::new();
    let nowhere = scratch.path("no/such/folder/report.json");
    let folder = scratch.path("");
    for path in [nowhere, folder, String::new()] {
        let command = run(&["-v", "--target", target.url(), "--json", &path]);
        refused(command, &["--json", &path]).await;
    }
    assert_eq!(target.connections(), 0);
}

/// A report of an earlier run stays until the new one is there.
#[tokio::test]
async fn a_refused_run_leaves_the_report_of_an_earlier_one() {
    let scratch = Scratch::new();
    let old = scratch.file("report.json", "old");
    refused(run(&["-v", "--json", &old, "--users", "0"]), &["--users"]).await;
    assert_eq!(std::fs::read_to_string(&old).expect("still there"), "old");
    let new = scratch.path("new.json");
    refused(run(&["-v", "--json", &new, "--users", "0"]), &["--users"]).await;
    assert_eq!(scratch.names(), ["report.json"]);

    let target = Target::start(Manners::default()).await;
    let mut command = run(&SMALL);
    command.args(["--target", target.url(), "--json", &old]);
    let done = done(command).await;
    assert_eq!(done.code, Some(0), "{done:?}");
    assert_eq!(Report::read(&old).text("/verdict"), "pass");
    assert_eq!(
        scratch.names(),
        ["report.json"],
        "nothing is left beside it"
    );
}

#[tokio::test]
async fn reports_go_to_devices_and_through_links_too() {
    let scratch = Scratch::new();
    let link = scratch.path("link.json");
    std::os::unix::fs::symlink(scratch.path("real.json"), &link).expect("a link");
    let to = async |path: &str| {
        let target = Target::start(Manners::default()).await;
        let mut command = run(&SMALL);
        command.args(["-q", "--target", target.url(), "--json", path]);
        done(command).await
    };
    let (null, out, linked) = tokio::join!(to("/dev/null"), to("/dev/stdout"), to(&link));
    assert_eq!(null.code, Some(0), "{null:?}");
    assert_eq!(Report::parse(&out.stdout).text("/verdict"), "pass");
    assert_eq!(linked.code, Some(0), "{linked:?}");
    assert!(
        std::fs::symlink_metadata(&link)
            .expect("it is there")
            .is_symlink()
    );
    assert_eq!(
        Report::read(&scratch.path("real.json")).text("/verdict"),
        "pass"
    );
}

#[tokio::test]
async fn too_many_sockets_for_the_file_limit_are_told_before_any_traffic() {
    let target = Target::start(Manners::default()).await;
    let mut command = Command::new("sh");
    let script = r#"ulimit -n 900 && exec "$0" "$@""#;
    command.args(["-c", script, env!("CARGO_BIN_EXE_pushproof"), "run", "-v"]);
    command.args(["--users", "1000", "--target", target.url()]);
    refused(command, &["1000 sockets", "900", "fewer", "ulimit"]).await;
    assert_eq!(target.connections(), 0);
}
