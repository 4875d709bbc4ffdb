//! `run --otlp` against a collector that is made of OpenTelemetry's own messages in Python.

#![allow(clippy::float_cmp)] // counts come through JSON whole

mod support;

use std::process::{Output, Stdio};

use pushproof::report::metrics::{BOUNDS, Kind, families};
use serde_json::Value;
use support::built::with_all_features;
use support::peers::{directory, python, within};
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::task::JoinHandle;

/// `tests/peers/collector.py`, listening.
struct Collector {
    child: Child,
    /// What it tells is read all the time: it would wait, and answer nobody.
    told: JoinHandle<Vec<Value>>,
    url: String,
}

impl Collector {
    async fn start(refuse: &str) -> Self {
        let mut command = python();
        command.args(["collector.py", refuse]);
        command.current_dir(directory()).stdin(Stdio::null());
        command.stdout(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().expect("python starts");
        let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        let first = within("where it listens", next(&mut lines)).await;
        let first = first.expect("it says where it listens");
        let url = first["url"].as_str().expect("a URL").to_owned();
        let told = tokio::spawn(async move {
            let mut told = Vec::new();
            while let Some(message) = next(&mut lines).await {
                told.push(message);
            }
            told
        });
        Self { child, told, url }
    }

    /// Ends it: every message that it got.
    async fn end(mut self) -> Vec<Value> {
        self.child.start_kill().expect("it goes on");
        within("its last words", self.told).await.expect("JSON")
    }
}

async fn next(lines: &mut Lines<BufReader<ChildStdout>>) -> Option<Value> {
    let line = lines.next_line().await.expect("text")?;
    Some(serde_json::from_str(&line).expect("JSON"))
}

/// A run of the build that has all features, which sends what it has five times a second.
fn run(url: &str) -> Command {
    let mut command = Command::new(with_all_features());
    command.args(["run", "--users", "20", "--rate", "50/s", "--duration", "3s"]);
    command.args(["--seed", "3", "--json", "-", "--otlp", url]);
    command.args(["--deadline", "2s", "--settle", "2s"]);
    command.env("OTEL_METRIC_EXPORT_INTERVAL", "200");
    command.stdin(Stdio::null()).kill_on_drop(true);
    command
}

async fn ended(mut command: Command) -> (Output, Value) {
    let output = within("the end of the run", command.output()).await;
    let output = output.expect("pushproof starts");
    let report = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        let words = String::from_utf8_lossy(&output.stderr);
        panic!("no report ({error}): {words}")
    });
    (output, report)
}

/// A figure of a message that has one point.
fn figure(message: &Value, name: &str) -> f64 {
    let point = &message["metrics"][name]["points"][0];
    // 64-bit numbers are texts in JSON.
    let whole = point["asInt"]
        .as_str()
        .map(|n| n.parse().expect("a number"));
    whole
        .or(point["asDouble"].as_f64())
        .unwrap_or_else(|| panic!("no {name}: {point}"))
}

#[tokio::test]
#[ignore = "needs Python and a build with all features: run ci/check (or ci/install-peers and ci/all-features, then cargo test -- --ignored)"]
async fn a_collector_gets_every_metric_and_at_last_what_the_report_says() {
    let collector = Collector::start("0").await;
    let mut command = run(&collector.url);
    command.env("OTEL_EXPORTER_OTLP_HEADERS", "x-key=a%20secret");
    command.env("OTEL_RESOURCE_ATTRIBUTES", "team=pushers");
    let (output, report) = ended(command).await;
    let words = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{words}");
    assert!(
        words.contains("metrics sent to http://127.0.0.1:"),
        "{words}"
    );
    assert!(!words.contains("secret"), "{words}");
    let messages = collector.end().await;
    assert!(messages.len() > 5, "{}", messages.len());

    let instance = messages[0]["resource"]["service.instance.id"].clone();
    let mut before = 0.0;
    for message in &messages {
        assert_eq!(message["path"], "/v1/metrics");
        assert_eq!(message["headers"]["x-key"], "a secret");
        assert_eq!(message["headers"]["content-type"], "application/x-protobuf");
        assert_eq!(message["resource"]["service.name"], "pushproof");
        assert_eq!(message["resource"]["team"], "pushers");
        assert_eq!(message["resource"]["service.instance.id"], instance);
        let delivered = figure(message, "pushproof.deliveries");
        assert!(delivered >= before);
        before = delivered;
    }

    let last = messages.last().expect("a message");
    let number = |place: &str| report.pointer(place).and_then(Value::as_f64).expect(place);
    let delivered = number("/deliveries/delivered");
    assert!(delivered > 0.0);
    assert_eq!(figure(last, "pushproof.deliveries"), delivered);
    assert_eq!(
        figure(last, "pushproof.pushes_sent"),
        number("/pushes/sent")
    );
    let elapsed_ms = figure(last, "pushproof.elapsed") * 1e3;
    assert!((elapsed_ms - number("/duration_ms")).abs() <= 1.0);

    // Nothing is there that is not in the table, and nothing of it is missing that a run of this kind has.
    let metrics = last["metrics"].as_object().expect("an object");
    let mut known = 0;
    for family in families() {
        let mut kinds = metrics.values().filter(|m| m["description"] == family.help);
        let Some(metric) = kinds.next() else { continue };
        known += 1;
        let (kind, monotonic) = match family.kind {
            Kind::Counter => ("sum", Value::Bool(true)),
            Kind::Gauge | Kind::Info => ("gauge", Value::Null),
            Kind::Histogram => ("histogram", Value::Null),
        };
        assert_eq!(metric["kind"], kind, "{}", family.name);
        assert_eq!(metric["monotonic"], monotonic, "{}", family.name);
        if kind != "gauge" {
            // AGGREGATION_TEMPORALITY_CUMULATIVE.
            assert_eq!(metric["temporality"], 2, "{}", family.name);
        }
    }
    assert_eq!(known, metrics.len());
    assert!(known > 40, "{known} of {}", families().count());

    let latency = &metrics["pushproof.push_latency"];
    assert_eq!(latency["unit"], "s");
    let point = &latency["points"][0];
    let all = |key: &str| point[key].as_array().expect("a list").iter();
    let counts: u64 = all("bucketCounts")
        .map(|n| n.as_str().expect("text").parse::<u64>().expect("a number"))
        .sum();
    assert_eq!(counts as f64, number("/latency/push/count"));
    assert_eq!(all("bucketCounts").count(), BOUNDS.len() + 1);
    assert_eq!(all("explicitBounds").count(), BOUNDS.len());
    let max = point["max"].as_f64().expect("a number");
    assert!(
        (max * 1e6 - number("/latency/push/max_us")).abs() < 1.0,
        "{max}"
    );
}

#[tokio::test]
#[ignore = "needs Python and a build with all features: run ci/check (or ci/install-peers and ci/all-features, then cargo test -- --ignored)"]
async fn a_collector_that_is_not_there_or_refuses_harms_no_run() {
    // Nobody listens at port 1.
    let (output, report) = ended(run("http://127.0.0.1:1")).await;
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(report["verdict"], "pass");
    let words = String::from_utf8_lossy(&output.stderr);
    let said = |what: &str| words.matches(what).count();
    assert_eq!(said("The run goes on without it"), 1, "{words}");
    assert_eq!(
        said("the collector has not taken what the run came to"),
        1,
        "{words}"
    );

    // The next message has what this one had.
    let collector = Collector::start("2").await;
    let (output, report) = ended(run(&collector.url)).await;
    let words = String::from_utf8_lossy(&output.stderr);
    assert_eq!(
        words.matches("503 Service Unavailable").count(),
        1,
        "{words}"
    );
    let messages = collector.end().await;
    assert_eq!(
        (&messages[0]["refused"], &messages[1]["refused"]),
        (&1.into(), &0.into())
    );
    let delivered = report["deliveries"]["delivered"]
        .as_f64()
        .expect("a number");
    assert_eq!(
        figure(messages.last().expect("some"), "pushproof.deliveries"),
        delivered
    );
}
