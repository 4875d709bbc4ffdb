//! Runs write every form, and what they write is what `report` renders of their JSON.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Output, Stdio};

use super::{Scratch, pushproof};

const FORMS: [(&str, &str); 5] = [
    ("--json", "report.json"),
    ("--html", "report.html"),
    ("--junit", "junit.xml"),
    ("--markdown", "summary.md"),
    ("--csv", "timeline.csv"),
];
const SMALL: [&str; 10] = [
    "run",
    "--users",
    "20",
    "--rate",
    "50/s",
    "--settle",
    "2s",
    "--seed",
    "5",
    "--duration",
];

fn read(scratch: &Scratch, name: &str) -> String {
    std::fs::read_to_string(scratch.path(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
}

/// Renders the run's JSON again and compares all of it.
fn renders_the_same(scratch: &Scratch, text: &str) {
    let json = scratch.path("report.json");
    for (flag, name) in &FORMS[1..] {
        let again = done(&mut pushproof(), &["report", &json, flag, "-"]);
        assert_eq!(again.status.code(), Some(0));
        assert!(again.stdout == read(scratch, name).into_bytes(), "{name}");
    }
    let again = done(&mut pushproof(), &["report", &json]);
    assert_eq!(String::from_utf8(again.stdout).expect("UTF-8"), text);
}

fn done(command: &mut std::process::Command, args: &[&str]) -> Output {
    command.args(args).output().expect("it runs")
}

#[test]
fn a_run_writes_what_its_report_renders() {
    let scratch = Scratch::new("same");
    let mut run = pushproof();
    run.args(SMALL)
        .args(["2s", "--threshold", "latency.push.p99 < 5s"]);
    run.args(["--set", "platform.faults=drop=1/50,duplicate=1/60"]);
    for (flag, name) in FORMS {
        run.args([flag, &scratch.path(name)]);
    }
    let ended = done(&mut run, &[]);
    assert_eq!(
        ended.status.code(),
        Some(1),
        "{}",
        String::from_utf8_lossy(&ended.stderr)
    );
    renders_the_same(&scratch, &String::from_utf8(ended.stdout).expect("UTF-8"));
    let json = scratch.path("report.json");
    let code = done(
        &mut pushproof(),
        &["report", &json, "--exit-code", "--csv", "-"],
    );
    assert_eq!(code.status.code(), Some(1), "that of the run");
}

#[test]
fn a_run_that_cannot_begin_writes_every_form() {
    let scratch = Scratch::new("unreached");
    let mut run = pushproof();
    run.args(["run", "--target", "http://127.0.0.1:1", "--duration", "1s"]);
    for (flag, name) in FORMS {
        run.args([flag, &scratch.path(name)]);
    }
    let ended = done(&mut run, &[]);
    assert_eq!(
        ended.status.code(),
        Some(4),
        "{}",
        String::from_utf8_lossy(&ended.stderr)
    );
    renders_the_same(&scratch, &String::from_utf8(ended.stdout).expect("UTF-8"));
    assert!(read(&scratch, "junit.xml").contains("<error "));
    assert!(read(&scratch, "report.html").contains("the run could not begin"));
}

#[test]
fn a_run_that_is_interrupted_writes_every_form() {
    let scratch = Scratch::new("interrupted");
    let mut run = pushproof();
    run.args(SMALL).args(["60s", "-v"]);
    for (flag, name) in FORMS {
        run.args([flag, &scratch.path(name)]);
    }
    let mut child = run
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let stderr = BufReader::new(child.stderr.take().expect("piped"));
    let mut lines = stderr.lines().map_while(Result::ok);
    assert!(
        lines.any(|line| line.contains("pushing") && !line.contains(" 0/")),
        "it pushes"
    );
    let id = child.id().to_string();
    let told = std::process::Command::new("kill")
        .args(["-INT", &id])
        .status();
    assert!(told.expect("kill").success());
    // Whoever says something has to be listened to.
    lines.for_each(drop);
    let ended = child.wait_with_output().expect("it ends");
    assert_eq!(ended.status.code(), Some(130));
    renders_the_same(&scratch, &String::from_utf8(ended.stdout).expect("UTF-8"));
    assert!(read(&scratch, "summary.md").contains("interrupted"));
}

#[test]
fn keys_of_the_scenario_name_files_beside_it() {
    let scratch = Scratch::new("keys");
    let scenario = scratch.write(
        "own.toml",
        "[report]\njson = \"report.json\"\nhtml = \"report.html\"\njunit = \"junit.xml\"\nmarkdown = \"summary.md\"\ncsv = \"timeline.csv\"\n\
         [users]\ncount = 10\n[pushes]\nrate = \"50/s\"\nduration = \"1s\"\n",
    );
    let ended = done(&mut pushproof(), &["run", &scenario, "--seed", "5"]);
    assert_eq!(
        ended.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&ended.stderr)
    );
    renders_the_same(&scratch, &String::from_utf8(ended.stdout).expect("UTF-8"));
}

#[test]
fn a_folder_that_is_not_there_is_told_before_the_run() {
    let scratch = Scratch::new("nowhere");
    let path = scratch.path("nowhere/report.html");
    let ended = done(&mut pushproof(), &["run", "--html", &path]);
    assert_eq!(ended.status.code(), Some(2));
    let stderr = String::from_utf8(ended.stderr).expect("UTF-8");
    assert!(
        stderr.starts_with(&format!("error: --html: cannot write to {path}: ")),
        "{stderr}"
    );
}

#[test]
fn what_is_saved_is_every_form_in_a_folder_of_its_own() {
    let scratch = Scratch::new("saved");
    let mut run = pushproof();
    run.args(SMALL)
        .args(["1s", "--save", "--quiet"])
        .current_dir(&scratch.0);
    let ended = done(&mut run, &[]);
    let stderr = String::from_utf8(ended.stderr).expect("UTF-8");
    assert_eq!(ended.status.code(), Some(0), "{stderr}");
    let folder = stderr
        .lines()
        .find_map(|line| line.strip_prefix("saved in "))
        .expect("where it is");
    assert!(
        folder.starts_with("reports/runs/") && folder.ends_with("Z-first-proof"),
        "{folder}"
    );
    let folder = scratch.0.join(folder);
    let json = folder.join("report.json").to_string_lossy().into_owned();
    for (flag, name) in [
        ("--text", "summary.txt"),
        FORMS[1],
        FORMS[2],
        FORMS[3],
        FORMS[4],
    ] {
        let again = done(&mut pushproof(), &["report", &json, flag, "-"]);
        assert!(
            again.stdout == std::fs::read(folder.join(name)).expect(name),
            "{name}"
        );
    }
}

/// A run that could not be asked for leaves nothing behind.
#[test]
fn nothing_is_saved_of_what_is_no_run() {
    let scratch = Scratch::new("unsaved");
    let mut run = pushproof();
    run.args(["run", "--save", "--html", "/nowhere/at/all"])
        .current_dir(&scratch.0);
    assert_eq!(done(&mut run, &[]).status.code(), Some(2));
    let left = std::fs::read_dir(scratch.0.join("reports/runs"));
    assert!(left.map_or(true, |mut left| left.next().is_none()));
    assert!(!Path::new("/nowhere").exists());
}
