//! What `ci/` has for other people's pipelines: the shell steps of each, run as the pipeline would.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use tokio::process::Command;

use crate::faults::Served;
use crate::support::{Done, Scratch, done};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

const BINARY: &str = env!("CARGO_BIN_EXE_pushproof");

/// A shell with nothing of the environment but these, and the way to programs.
fn shell(program: &str, args: &[&str], env: &[(&str, &str)]) -> Command {
    let mut command = Command::new(program);
    command.args(args).env_clear().kill_on_drop(true);
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.envs(env.iter().copied());
    command.stdin(Stdio::null());
    command
}

fn yaml(path: &str) -> Value {
    let path = root().join(path);
    let text = std::fs::read_to_string(&path).expect("a file");
    serde_saphyr::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// Every kind of report is there, and the one for viewers is XML that ends.
fn has_reports(dir: &Path) {
    for name in ["conformance.json", "conformance.html", "conformance.md"] {
        let text = std::fs::read_to_string(dir.join(name)).expect(name);
        assert!(!text.is_empty(), "{name}");
    }
    let xml = std::fs::read_to_string(dir.join("conformance.xml")).expect("a report");
    assert!(xml.ends_with("</testsuites>\n"), "{xml}");
}

async fn gate(args: &[&str], env: &[(&str, &str)]) -> Done {
    let gate = root().join("ci/gate");
    done(shell(&gate.to_string_lossy(), args, env)).await
}

#[tokio::test]
async fn the_shell_gate_ends_as_the_suite_does_and_leaves_its_reports() {
    let scratch = Scratch::new();
    let reports = scratch.path("reports");
    let summary = scratch.file("summary.md", "before\n");
    let env = [
        ("PUSHPROOF", BINARY),
        ("PUSHPROOF_REPORTS", &*reports),
        ("GITHUB_STEP_SUMMARY", &*summary),
    ];
    let passed = gate(&["--only", "HS-01"], &env).await;
    assert_eq!(passed.code, Some(0), "{passed:?}");
    assert!(
        passed
            .stdout
            .ends_with(&format!("gate: pass; reports are in {reports}\n"))
    );
    has_reports(Path::new(&reports));
    let told = std::fs::read_to_string(&summary).expect("a summary");
    assert!(
        told.starts_with("before\n## pushproof conform\n\n| topic | embedded |\n"),
        "{told}"
    );

    let served = Served::with(&["--mutant", "drop-maxPayload"]).await;
    let url = format!("http://{}", served.address);
    let failed = gate(&["--target", &url, "--only", "HS-01"], &env).await;
    assert_eq!(failed.code, Some(1), "{failed:?}");
    assert!(failed.stderr.contains("gate: FAIL"), "{}", failed.stderr);

    // Known to be so, it is no failure.
    let expected = scratch.file(
        "expected.json",
        r#"{"schema":"pushproof.expected/1","target":"t","cases":{"HS-01":"fail"}}"#,
    );
    let known = [&env[..], &[("PUSHPROOF_EXPECT", &*expected)]].concat();
    let known = gate(&["--target", &url, "--only", "HS-01"], &known).await;
    assert_eq!(known.code, Some(0), "{known:?}");

    let dead = gate(&["--target", "http://127.0.0.1:1"], &env).await;
    assert_eq!(dead.code, Some(4), "{dead:?}");
    assert!(dead.stderr.contains("that is no pass"), "{}", dead.stderr);
    let missing = gate(&[], &[("PUSHPROOF", "/nowhere/pushproof")]).await;
    assert_eq!(missing.code, Some(2), "{missing:?}");
    assert!(missing.stderr.contains("/nowhere/pushproof is not there"));
}

/// The value of an expression of a workflow, as far as the action has some.
fn evaluated(text: &str, inputs: &BTreeMap<&str, &str>) -> String {
    let Some(expression) = text
        .strip_prefix("${{")
        .and_then(|rest| rest.strip_suffix("}}"))
    else {
        return text.to_owned();
    };
    let first = expression.split("||").next().unwrap_or_default().trim();
    let name = first.strip_prefix("inputs.").expect("an input");
    let value = inputs
        .get(name)
        .unwrap_or_else(|| panic!("{name} is no input"));
    (*value).to_owned()
}

#[tokio::test]
async fn the_github_action_runs_the_gate_with_its_inputs() {
    let action = yaml("ci/github/action.yml");
    assert_eq!(action["runs"]["using"], "composite");
    let scratch = Scratch::new();
    let reports = scratch.path("reports");
    let served = Served::with(&["--mutant", "drop-maxPayload"]).await;
    let url = format!("http://{}", served.address);
    for (target, args, due) in [
        ("", "--only HS-01", 0),
        (&*url, "--only HS-01,HS-02 --level must", 1),
    ] {
        let mut inputs: BTreeMap<&str, &str> = BTreeMap::new();
        for (name, input) in action["inputs"].as_object().expect("inputs") {
            inputs.insert(name, input["default"].as_str().expect("a default"));
            assert!(input["description"].is_string(), "{name}");
        }
        let given = [
            ("target", target),
            ("args", args),
            ("reports", &*reports),
            ("pushproof", BINARY),
        ];
        for (name, value) in given {
            assert!(inputs.insert(name, value).is_some(), "{name} is no input");
        }
        let steps = action["runs"]["steps"].as_array().expect("steps");
        let mut ran = 0;
        for step in steps {
            assert_eq!(step["shell"], "bash");
            if step["if"] == "inputs.pushproof == ''" {
                continue;
            }
            let env = step["env"].as_object().expect("an environment");
            let env: Vec<_> = env
                .iter()
                .map(|(name, value)| (&**name, evaluated(value.as_str().expect("text"), &inputs)))
                .collect();
            let here = root().join("ci/github");
            let here = here.to_string_lossy();
            let mut all = vec![("GITHUB_ACTION_PATH", &*here)];
            all.extend(env.iter().map(|(name, value)| (*name, &**value)));
            // As a runner calls it.
            let flags = ["--noprofile", "--norc", "-eo", "pipefail", "-c"];
            let run = step["run"].as_str().expect("a script");
            let ended = done(shell("bash", &[&flags[..], &[run]].concat(), &all)).await;
            assert_eq!(ended.code, Some(due), "{ended:?}");
            ran += 1;
        }
        assert_eq!(ran, 1);
        has_reports(Path::new(&reports));
    }
}

#[tokio::test]
async fn the_gitlab_template_runs_the_suite_and_names_its_reports() {
    let template = yaml("ci/gitlab/pushproof.gitlab-ci.yml");
    let job = &template[".pushproof-conform"];
    let scratch = Scratch::new();
    let reports = scratch.path("reports");
    let script = |key: &str| -> Vec<String> {
        let lines = job[key].as_array().expect("a script");
        lines
            .iter()
            .map(|line| line.as_str().expect("text").to_owned())
            .collect()
    };
    let lines = [script("before_script"), script("script")].concat();
    let served = Served::with(&["--mutant", "drop-maxPayload"]).await;
    let url = format!("http://{}", served.address);
    let expected = scratch.file(
        "expected file.json",
        r#"{"schema":"pushproof.expected/1","target":"t","cases":{"HS-01":"fail"}}"#,
    );
    for (target, expect, due) in [
        (None, "", 0),
        (Some(&*url), "", 1),
        (Some(&*url), &*expected, 0),
    ] {
        let variables = job["variables"].as_object().expect("variables");
        let mut env: BTreeMap<&str, &str> = BTreeMap::new();
        for (name, value) in variables {
            env.insert(name, value.as_str().expect("text"));
        }
        env.extend([
            ("PUSHPROOF", BINARY),
            ("PUSHPROOF_REPORTS", &*reports),
            ("PUSHPROOF_ARGS", "--only HS-01"),
            ("PUSHPROOF_EXPECT", expect),
        ]);
        env.extend(target.map(|url| ("PUSHPROOF_TARGET", url)));
        let env: Vec<_> = env.into_iter().collect();
        let ended = done(shell("sh", &["-ec", &lines.join("\n")], &env)).await;
        assert_eq!(ended.code, Some(due), "{ended:?}");
        has_reports(Path::new(&reports));
    }
    let junit = job["artifacts"]["reports"]["junit"]
        .as_str()
        .expect("a path");
    let junit = junit.replace("$PUSHPROOF_REPORTS", &reports);
    assert!(PathBuf::from(junit).exists());
    assert_eq!(job["artifacts"]["when"], "always");
}

/// What viewers of `JUnit` read: cases of every outcome, with anything in what a target says.
#[tokio::test]
#[ignore = "needs Node and Python peers: run ci/check (or ci/install-peers, then cargo test -- --ignored)"]
async fn the_report_for_viewers_keeps_the_common_schema() {
    let scratch = Scratch::new();
    let (one, both) = (scratch.path("one.xml"), scratch.path("both.xml"));
    let mutants = [
        "--mutant=drop-maxPayload",
        "--mutant=string-codes",
        "--mutant=interval-in-seconds",
        // Nobody can log in, so that something is skipped.
        "--official-echo",
        "--app=elsewhere",
    ];
    let served = Served::with(&mutants).await;
    let url = format!("http://{}", served.address);
    let only = ["--only", "HS-01,HS-11,HS-12,HS-18,RT-01"];
    let mut wrong = shell(BINARY, &["conform", "--target", &url, "--junit", &one], &[]);
    wrong.args(only);
    assert_eq!(done(wrong).await.code, Some(1));
    let targets = [
        "conform", "--target", &url, "--target", "embedded", "--junit", &both,
    ];
    let mut several = shell(BINARY, &targets, &[]);
    several.args(["--only", "HS-01,HS-11"]);
    assert_eq!(done(several).await.code, Some(1));
    let schema = root().join("tests/peers/junit.xsd");
    for file in [one, both] {
        let xml = std::fs::read_to_string(&file).expect("a report");
        assert!(xml.contains("<failure "), "{xml}");
        let flags = ["--noout", "--schema", &*schema.to_string_lossy(), &file];
        let checked = done(shell("xmllint", &flags, &[])).await;
        assert_eq!(checked.code, Some(0), "{checked:?}\n{xml}");
    }
}

/// What four servers come to is what is expected of them, case by case: an unexpected pass is a change as well. On a machine that is busy
/// with other tests a case may want for time: what fits once fits.
async fn comes_to_what_is_expected(server: &str) {
    const ATTEMPTS: usize = 3;
    let matrix = root().join("ci/matrix");
    let mut told = String::new();
    for _ in 0..ATTEMPTS {
        let env = [("PUSHPROOF", BINARY)];
        let mut command = shell(&matrix.to_string_lossy(), &["--at", server], &env);
        command.env("HOME", std::env::var_os("HOME").unwrap_or_default());
        let ended = tokio::time::timeout(Duration::from_secs(300), command.output()).await;
        let ended = ended.expect("five minutes are enough").expect("it runs");
        if ended.status.success() {
            return;
        }
        let said = String::from_utf8_lossy(&ended.stdout).into_owned();
        let changed = said.lines().filter(|line| line.starts_with("CHANGED"));
        told = changed.collect::<Vec<_>>().join("\n");
        told += &String::from_utf8_lossy(&ended.stderr);
    }
    panic!("{server}: {told}");
}

#[tokio::test]
#[ignore = "needs Node and Python peers: run ci/check (or ci/install-peers, then cargo test -- --ignored)"]
async fn the_embedded_platform_comes_to_what_is_expected() {
    comes_to_what_is_expected("embedded").await;
}

#[tokio::test]
#[ignore = "needs Node and Python peers: run ci/check (or ci/install-peers, then cargo test -- --ignored)"]
async fn node_comes_to_what_is_expected() {
    comes_to_what_is_expected("node").await;
}

#[tokio::test]
#[ignore = "needs Node and Python peers: run ci/check (or ci/install-peers, then cargo test -- --ignored)"]
async fn socketioxide_comes_to_what_is_expected() {
    comes_to_what_is_expected("socketioxide").await;
}

#[tokio::test]
#[ignore = "needs Node and Python peers: run ci/check (or ci/install-peers, then cargo test -- --ignored)"]
async fn python_comes_to_what_is_expected() {
    comes_to_what_is_expected("python").await;
}
