//! Reports: what is written is read, and every rendering is made of that alone.

mod compare;
mod damage;
mod hostile;
mod pages;
mod runs;

use std::path::{Path, PathBuf};
use std::process::Command;

use pushproof::report::format::Format;
use pushproof::report::json;
use serde_json::Value;

/// The report of a real run in which things went wrong; `ci/examples` wrote it.
const EXAMPLE: &str = include_str!("../../reports/examples/report.json");

/// The binary under test, free of the settings of whoever runs the tests.
fn pushproof() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pushproof"));
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        if name.starts_with("PUSHPROOF_") || name == "NO_COLOR" {
            command.env_remove(name.as_ref());
        }
    }
    command
}

/// A folder that goes when the test is over.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("pushproof-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder for the test");
        Self(folder)
    }

    fn path(&self, name: &str) -> String {
        self.0.join(name).to_string_lossy().into_owned()
    }

    fn write(&self, name: &str, text: impl AsRef<[u8]>) -> String {
        let path = self.path(name);
        std::fs::write(&path, text).expect("a file of the test");
        path
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).ok();
    }
}

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("reports/examples")
}

#[test]
fn a_report_is_written_as_it_was_read() {
    let report = json::read(EXAMPLE).expect("a report");
    assert!(
        json::render(&report) == EXAMPLE,
        "write it anew with ci/examples"
    );
}

/// Every form has its example, made of the one in JSON: none is older than the code.
#[test]
fn examples_are_what_their_report_renders() {
    let report = json::read(EXAMPLE).expect("a report");
    for format in Format::ALL {
        let path = examples().join(format.file_name());
        let current = format.render(&report);
        if std::env::var_os("PUSHPROOF_BLESS").is_some() {
            std::fs::write(&path, &current).expect("the example can be written");
            continue;
        }
        let committed = std::fs::read_to_string(&path).expect("the example is there");
        assert!(
            committed == current,
            "{} is out of date; write it anew with\n  PUSHPROOF_BLESS=1 cargo test --test reports examples",
            path.display()
        );
    }
}

#[test]
fn the_example_keeps_to_the_schema_and_has_no_key_beyond_it() {
    let schema: Value = serde_json::from_str(&pushproof::report::report_schema()).expect("JSON");
    let report: Value = serde_json::from_str(EXAMPLE).expect("JSON");
    let errors = jsonschema::validator_for(&schema).expect("a schema");
    let told: Vec<_> = errors.iter_errors(&report).map(|e| e.to_string()).collect();
    assert_eq!(told, Vec::<String>::new());
    for key in report.as_object().expect("an object").keys() {
        assert!(schema["properties"].get(key).is_some(), "{key}");
    }
}

#[test]
fn a_newer_version_may_say_more() {
    let mut report: Value = serde_json::from_str(EXAMPLE).expect("JSON");
    report["of_a_newer_version"] = Value::from(1);
    report["deliveries"]["of_a_newer_version"] = Value::from(1);
    report["timeline"][0]["of_a_newer_version"] = Value::from(1);
    report["latency"]["of_a_newer_version"] = Value::from(1);
    report["scenario"]["plan"]["of_a_newer_version"] = Value::from(1);
    report["violations"][0]["class"] = Value::from("mislaid");
    let newer = json::read(&report.to_string()).expect("a report");
    let known = json::read(EXAMPLE).expect("a report");
    assert_eq!(Format::Csv.render(&newer), Format::Csv.render(&known));
    let page = Format::Html.render(&newer);
    assert!(page.contains("of_a_newer_version") && page.contains("mislaid"));
    assert!(
        json::render(&newer).contains("of_a_newer_version"),
        "the plan is kept as it is"
    );
}

/// One of an older version has not all that there is now.
#[test]
fn an_older_version_said_less() {
    let mut report: Value = serde_json::from_str(EXAMPLE).expect("JSON");
    report.as_object_mut().unwrap().remove("not_begun");
    report["target"].as_object_mut().unwrap().remove("ways");
    for entry in report["timeline"].as_array_mut().unwrap() {
        entry.as_object_mut().unwrap().remove("push_buckets");
        entry.as_object_mut().unwrap().remove("expected");
    }
    let older = json::read(&report.to_string()).expect("a report");
    let page = Format::Html.render(&older);
    assert!(page.contains("id=\"chart-latency\"") && !page.contains("id=\"chart-heat\""));
}

/// Histograms are in the format of `HdrHistogram`, and not only as our own library understands it.
#[test]
#[ignore = "needs Node and Python peers: run ci/check (or ci/install-peers, then cargo test -- --ignored)"]
fn another_library_reads_the_histograms() {
    let peers = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers");
    let mut node = Command::new("node");
    node.arg("hdr.mjs")
        .arg(examples().join("report.json"))
        .current_dir(peers);
    let ended = node.output().expect("node is there: run ci/install-peers");
    assert!(
        ended.status.success(),
        "{}",
        String::from_utf8_lossy(&ended.stderr)
    );
    let read: Value = serde_json::from_slice(&ended.stdout).expect("JSON");
    let report: Value = serde_json::from_str(EXAMPLE).expect("JSON");
    let latencies = report["latency"].as_object().expect("latencies");
    let sampled = latencies
        .iter()
        .filter(|(_, latency)| latency["count"] != 0);
    let mut found = 0;
    for (name, latency) in sampled {
        for key in ["count", "p50_us", "p90_us", "p99_us", "p999_us", "max_us"] {
            assert_eq!(read[name][key], latency[key], "{name}.{key}");
        }
        found += 1;
    }
    assert_eq!(read.as_object().map(serde_json::Map::len), Some(found));
    assert!(found > 8, "{found}");
}
