//! A fault of the harness is never blamed on the target: its descriptors run out, its sockets' buffers fill, it gets no CPU.

use tokio::process::Command;

use super::support::{Done, Report, Run, Scratch, pushproof, run};
use super::target::{Harm, Manners, Target};

/// No violation, no breach, and a verdict that names the generator.
fn blames_itself(done: &Done, report: &Report, says: &[&str]) {
    report.adds_up();
    assert_eq!(done.code, Some(4), "{done:?}");
    assert_eq!(report.text("/verdict"), "unknown");
    assert_eq!(report.number("/deliveries/violations"), 0, "{done:?}");
    assert_eq!(report.at("/generator/limited"), true, "{done:?}");
    let reasons = report.reasons();
    assert!(reasons.contains("the generator was the limit"), "{reasons}");
    let because = report.at("/generator/limited_because").to_string();
    for what in says {
        assert!(because.contains(what), "{what:?} in {because}");
    }
    for threshold in report.list("/thresholds") {
        assert_eq!(threshold["outcome"], "unknown", "{threshold}");
        assert_eq!(threshold["ok"], false, "{threshold}");
    }
}

/// Whoever starts it has left it most of its descriptors taken, which no look at the limit can know.
#[tokio::test]
async fn out_of_descriptors() {
    let target = Target::start(Manners::default()).await;
    let scratch = Scratch::new();
    let path = scratch.path("report.json");
    // 400 sockets need 1,101 descriptors; of 1,110 there are 160 or so left for all.
    let script = "n=20; while [ $n -lt 950 ]; do eval \"exec $n</dev/null\"; n=$((n+1)); done; ulimit -n 1110; exec \"$@\"";
    let inner = pushproof();
    let mut command = Command::new("bash");
    command.args(["-c", script, "bash"]);
    command.arg(inner.as_std().get_program());
    command.args(["run", "--users", "400", "--lanes", "1", "--rate", "50/s"]);
    command.args(["--duration", "1s", "--deadline", "2s", "--settle", "2s"]);
    command.args(["--threshold", "sockets.connected >= 99%"]);
    command.args(["--target", target.url(), "--json", &path]);
    for (name, value) in inner.as_std().get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    let done = Run::start(command).end().await;
    let report = Report::read(&path);
    blames_itself(&done, &report, &["open files", "ulimit -n"]);
    assert_eq!(report.number("/environment/open_files"), 1_110);
    let refused = report.number("/sockets/refused");
    assert_eq!(refused + report.number("/sockets/connected"), 400);
    let shortages = report.at("/generator/shortages").as_object();
    let met = shortages.expect("an object").values();
    let met: u64 = met.filter_map(serde_json::Value::as_u64).sum();
    assert!(met >= refused && refused > 0, "{met} {refused}");
}

/// It runs for a tenth of the time: whatever it measures is its own delay.
#[tokio::test]
async fn without_cpu() {
    let target = Target::start(Manners::default()).await;
    let scratch = Scratch::new();
    let path = scratch.path("report.json");
    let mut command = run(&["-v", "--users", "20", "--rate", "50/s", "--duration", "2s"]);
    // What a patient judge sees is not late; only the latencies are spoilt.
    command.args(["--deadline", "8s", "--settle", "8s"]);
    command.args(["--threshold", "latency.push.p99 < 1ms"]);
    command.args(["--threshold", "latency.push.p50 < 1m"]);
    command.args(["--target", target.url(), "--json", &path]);
    let mut run = Run::start(command);
    run.hears(" pushing ").await;
    let script =
        "while kill -STOP $0; do sleep 0.3; kill -CONT $0 || break; sleep 0.03; done 2>/dev/null";
    let mut starving = Command::new("sh")
        .args(["-c", script, &run.id().to_string()])
        .kill_on_drop(true)
        .spawn()
        .expect("a shell");
    run.hears(" settling ").await;
    starving.kill().await.expect("it lives");
    run.signal("CONT");
    let done = run.end().await;
    let report = Report::read(&path);
    blames_itself(&done, &report, &["pushes left", "after their time"]);
}

/// The target sends far more than is read at once: buffers on the way fill up, and still nothing is lost or made up.
#[tokio::test]
async fn full_socket_buffers() {
    let manners = Manners {
        harm: Harm::Pad(200_000),
        ..Manners::default()
    };
    let target = Target::start(manners).await;
    let scratch = Scratch::new();
    let path = scratch.path("report.json");
    let scenario = scratch.file("flood.toml", "[pushes]\nbroadcast = 0.9\n");
    let mut command = run(&[&scenario, "--users", "40", "--rate", "40/s"]);
    command.args(["--duration", "1s", "--deadline", "10s", "--settle", "10s"]);
    command.args(["--target", target.url(), "--json", &path]);
    let done = Run::start(command).end().await;
    let report = Report::read(&path);
    report.adds_up();
    assert_eq!(report.number("/deliveries/violations"), 0, "{done:?}");
    let limited = report.at("/generator/limited") == true;
    assert_eq!(done.code, Some(if limited { 4 } else { 0 }), "{done:?}");
    assert_eq!(
        report.number("/deliveries/delivered"),
        report.number("/deliveries/expected")
    );
}
