//! Pages in a real browser: nothing is wrong, nothing is fetched, charts are drawn, and what can be used works.

use std::process::Command;

use base64::Engine as _;
use pushproof::report::format::Format;
use pushproof::report::json;
use pushproof::report::json::form::Report;
use serde_json::Value;

use super::{EXAMPLE, Scratch, hostile};

const PROBE: &str = include_str!("probe.js");

/// What the probe found in the page of this report, in a window so wide.
fn opened(scratch: &Scratch, report: &Report, width: u32) -> Value {
    let page = Format::Html.render(report);
    let (head, rest) = page.split_once("<head>").expect("a head");
    let file = scratch.write(
        "page.html",
        format!("{head}<head><script>{PROBE}</script>{rest}"),
    );
    let profile = scratch.path("profile");
    let ended = Command::new("chromium")
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--no-first-run",
            "--hide-scrollbars",
        ])
        // Whatever a page asked for would be nowhere.
        .args([
            "--host-resolver-rules=MAP * ~NOTFOUND",
            "--virtual-time-budget=5000",
            "--dump-dom",
        ])
        .arg(format!("--user-data-dir={profile}"))
        .arg(format!("--window-size={width},900"))
        .arg(format!("file://{file}"))
        .output()
        .expect("chromium is there: run ci/install-peers");
    let dom = String::from_utf8_lossy(&ended.stdout);
    let found = dom
        .split_once("<pre id=\"probe\">")
        .and_then(|(_, rest)| rest.split_once("</pre>"));
    let (found, _) =
        found.unwrap_or_else(|| panic!("no probe: {}", String::from_utf8_lossy(&ended.stderr)));
    let bytes = base64::engine::general_purpose::STANDARD
        .decode(found)
        .expect("base64");
    serde_json::from_slice(&bytes).expect("JSON")
}

/// What holds of every page.
fn is_sound(seen: &Value) {
    assert_eq!(seen["errors"], serde_json::json!([]), "{seen}");
    assert_eq!(seen["requests"], serde_json::json!([]), "{seen}");
    assert_eq!(seen["hurt"], Value::Null, "{seen}");
    assert_eq!(
        seen["wider"], false,
        "the page is no wider than its window: {seen}"
    );
    for (id, chart) in seen["charts"].as_object().expect("charts") {
        // Grid, labels and lines.
        assert!(chart["colours"].as_u64() > Some(3), "{id}: {seen}");
        let points = if id == "chart-curve" {
            &seen["curve"]
        } else {
            &seen["points"]
        };
        assert_eq!(&chart["rows"], points, "{id}: {seen}");
        let summary = format!("As a table, {points} rows");
        assert_eq!(chart["summary"], summary, "{id}: {seen}");
        assert!(
            chart["label"]
                .as_str()
                .is_some_and(|label| label.len() > 10),
            "{id}: {seen}"
        );
    }
}

#[test]
#[ignore = "needs Node and Python peers: run ci/check (or ci/install-peers, then cargo test -- --ignored)"]
fn a_page_of_a_real_run_is_whole_and_works() {
    let scratch = Scratch::new("pages");
    let report = json::read(EXAMPLE).expect("a report");
    let examples = |class: &str| {
        report
            .violations
            .iter()
            .filter(|one| one.class == class)
            .count()
    };
    for width in [1280, 500] {
        let seen = opened(&scratch, &report, width);
        is_sound(&seen);
        let charts = seen["charts"].as_object().expect("charts");
        let ids: Vec<_> = charts.keys().map(String::as_str).collect();
        let all = [
            "chart-curve",
            "chart-deliveries",
            "chart-heat",
            "chart-latency",
            "chart-pushes",
            "chart-sockets",
        ];
        assert_eq!(ids, all);
        assert_eq!(seen["canvases"], all.len(), "each is drawn once: {seen}");
        let filter = &seen["filter"];
        assert_eq!(filter["all"], report.violations.len(), "{seen}");
        assert_eq!(filter["again"], report.violations.len(), "{seen}");
        assert_eq!(filter["duplicated"], examples("duplicated"), "{seen}");
        assert_eq!(filter["text"], examples("lost"), "{seen}");
        let told = format!(
            "{} of {} shown",
            examples("duplicated"),
            report.violations.len()
        );
        assert_eq!(filter["told"], told, "{seen}");
        assert_eq!(seen["cursor"], "0:00", "{seen}");
        let (light, dark) = ("rgb(251, 251, 250)", "rgb(22, 24, 27)");
        let themes = [
            light.to_owned(),
            format!("Theme: dark {dark}"),
            format!("Theme: light {light}"),
            format!("Theme: system {light}"),
        ];
        assert_eq!(seen["theme"], serde_json::json!(themes), "{seen}");
        assert_eq!(seen["printed"], light, "{seen}");
    }
}

#[test]
#[ignore = "needs Node and Python peers: run ci/check (or ci/install-peers, then cargo test -- --ignored)"]
fn a_page_with_hostile_names_is_whole_too() {
    let scratch = Scratch::new("hostile-page");
    is_sound(&opened(&scratch, &hostile::report(), 1280));
}

/// Ten hours: the page has no more points than can be seen.
#[test]
#[ignore = "needs Node and Python peers: run ci/check (or ci/install-peers, then cargo test -- --ignored)"]
fn a_page_of_a_long_run_stays_small() {
    let scratch = Scratch::new("long-page");
    let mut report = json::read(EXAMPLE).expect("a report");
    let hour = report.timeline.clone();
    report.timeline = (0..36_000)
        .map(|n| {
            let mut entry = hour[n % hour.len()].clone();
            entry.second = n as u64;
            entry
        })
        .collect();
    let page = Format::Html.render(&report);
    assert!(page.contains("each point over time is 18 seconds"));
    assert!(page.len() < 3 << 20, "{}", page.len());
    let seen = opened(&scratch, &report, 1280);
    is_sound(&seen);
    assert_eq!(seen["points"], 2_000);
}

/// Nothing can be said of a run that did not begin, and that is what its page says.
#[test]
#[ignore = "needs Node and Python peers: run ci/check (or ci/install-peers, then cargo test -- --ignored)"]
fn a_page_of_a_run_that_did_not_begin_is_whole() {
    let scratch = Scratch::new("not-begun-page");
    let mut report = json::read(EXAMPLE).expect("a report");
    report.not_begun = Some("no way there".to_owned());
    report.timeline.clear();
    report.violations.clear();
    let seen = opened(&scratch, &report, 1280);
    is_sound(&seen);
    assert_eq!(seen["charts"], serde_json::json!({}));
}
