//! Whatever the network says is text, in every form.

use super::{EXAMPLE, Scratch};
use pushproof::report::format::Format;
use pushproof::report::json;
use pushproof::report::json::form::Report;
use serde_json::Value;

/// Ends scripts, attributes, tables, comments and lines, and turns text around.
const HOSTILE: &str = "</script></pre><script>window.hurt=1</script><img src=x onerror=window.hurt=2>\" onmouseover=\"window.hurt=3' ]]> --> | a | `b` [c](http://127.0.0.1:9/) ![d](http://127.0.0.1:9/) @everyone\u{2028}\u{2029}\u{202e}\u{0}\u{1b}[31m\r\nnext & &amp; \u{ffff}";

/// A report with that wherever the network or a scenario has a say.
pub(super) fn report() -> Report {
    let mut report: Value = serde_json::from_str(EXAMPLE).expect("JSON");
    let text = || Value::from(HOSTILE);
    report["reasons"] = Value::from(vec![HOSTILE]);
    report["scenario"]["name"] = text();
    report["scenario"]["plan"]["target"]["apps"] = Value::from(vec![HOSTILE]);
    report["target"]["url"] = text();
    report["target"]["embedded"] = Value::from(false);
    report["target"]["ways"] = Value::from(vec![HOSTILE]);
    report["target"]["apps"] = Value::from(vec![HOSTILE]);
    report["started_at"] = text();
    for key in [
        "refused_because",
        "dropped_because",
        "not_back_because",
        "not_upgraded_because",
    ] {
        report["sockets"][key][HOSTILE] = Value::from(1);
    }
    report["pushes"]["not_accepted_because"][HOSTILE] = Value::from(1);
    for key in ["by_event", "by_audience", "by_trigger"] {
        let parts = report[key].as_object_mut().expect("parts");
        let part = parts.values().next().expect("a part").clone();
        parts.insert(HOSTILE.to_owned(), part);
    }
    for violation in report["violations"].as_array_mut().expect("violations") {
        for key in [
            "detail", "push", "audience", "push_app", "user", "app", "event",
        ] {
            violation[key] = text();
        }
    }
    report["violations"][0]["class"] = text();
    report["thresholds"][0]["expression"] = text();
    report["thresholds"][0]["why"] = text();
    report["generator"]["unstamped"] = text();
    report["generator"]["limited"] = Value::from(true);
    report["generator"]["limited_because"] = Value::from(vec![HOSTILE]);
    report["generator"]["shortages"][HOSTILE] = Value::from(1);
    report["generator"]["lost_workers"] = Value::from(vec![HOSTILE]);
    for key in ["pushproof", "os", "arch"] {
        report["environment"][key] = text();
    }
    report["must_refuse"] = serde_json::json!({
        "kind": HOSTILE, "sockets": 3, "refused": 1, "let_in": 1, "untried": 1,
        "refused_because": {HOSTILE: 1}, "untried_because": {HOSTILE: 1}
    });
    let example = |what: &str| {
        serde_json::json!({
            "what": what, "seq": 1, "socket": 1, "user": HOSTILE, "app": HOSTILE, "answer": HOSTILE,
            "intended_us": 1, "sent_us": 1, "at_us": 1
        })
    };
    let examples = ["wrong", "timed_out", "unasked", HOSTILE].map(example);
    report["requests"] = serde_json::json!({
        "event": HOSTILE, "scheduled": 3, "sent": 3, "answered": 1, "wrong": 1, "timed_out": 1, "unanswered": 0, "unasked": 1, "late": 0,
        "examples": examples
    });
    let mut second = report.clone();
    second["second_opinion"] = Value::Null;
    report["second_opinion"] = serde_json::json!({
        "driver": "rust_socketio", "agrees": false, "differences": [HOSTILE], "report": second
    });
    json::read(&report.to_string()).expect("a report")
}

#[test]
fn a_page_has_no_tag_of_theirs() {
    let page = Format::Html.render(&report());
    assert_eq!(
        page.matches("<script").count(),
        3,
        "the data, uPlot and our own"
    );
    assert_eq!(page.matches("</script").count(), 3);
    for theirs in ["<img", "\u{0}", "\u{1b}", "\" onmouseover", "' onmouseover"] {
        assert!(!page.contains(theirs), "{theirs:?}");
    }
    assert!(page.contains("&lt;img src=x"));
}

#[test]
fn markdown_has_no_link_table_or_mention_of_theirs() {
    let text = Format::Markdown.render(&report());
    // What is escaped is text.
    let text = text.replace("\\[", "").replace("\\]", "");
    for theirs in [
        "<script",
        "<img",
        "](",
        "| a |",
        "@everyone",
        "`b`",
        "\u{202e}",
        "\r",
        "\u{0}",
        "\u{1b}",
    ] {
        assert!(!text.contains(theirs), "{theirs:?}: {text}");
    }
}

#[test]
fn a_terminal_is_told_nothing_by_them() {
    let text = Format::Text.render(&report());
    assert!(!text.contains(['\u{1b}', '\u{0}', '\r']), "{text:?}");
}

#[test]
fn csv_has_numbers_alone() {
    let text = Format::Csv.render(&report());
    let mut lines = text.lines();
    let head = lines.next().expect("a header");
    let columns = head.split(',').count();
    for line in lines {
        let numbers: Vec<_> = line.split(',').collect();
        assert_eq!(numbers.len(), columns);
        assert!(
            numbers
                .iter()
                .all(|n| n.is_empty() || n.parse::<u64>().is_ok()),
            "{line}"
        );
    }
}

/// An outside reader finds both well-formed and of the form that viewers of `JUnit` read.
#[test]
#[ignore = "needs Node and Python peers: run ci/check (or ci/install-peers, then cargo test -- --ignored)"]
fn junit_is_what_its_readers_expect() {
    let scratch = Scratch::new("junit");
    let schema = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peers/junit.xsd");
    let real = json::read(EXAMPLE).expect("a report");
    for (name, report) in [("hostile.xml", report()), ("real.xml", real)] {
        let xml = Format::Junit.render(&report);
        let file = scratch.write(name, &xml);
        let checked = std::process::Command::new("xmllint")
            .args(["--noout", "--schema", schema, &file])
            .output();
        let checked = checked.expect("xmllint is there: run ci/install-peers");
        assert!(
            checked.status.success(),
            "{}\n{xml}",
            String::from_utf8_lossy(&checked.stderr)
        );
    }
}
