//! Payloads of every kind: what carries a tag and what does not, right and wrong on purpose.

use super::faults::exact;
use super::support::{Report, Scratch, done, pushproof, run};

/// One of each, most with an event of their own.
const KINDS: &str = r#"
[users]
count = 12
sockets_per_user = 2
[pushes]
rate = "120/s"
duration = "2s"
broadcast = 0.3
events = ["message", "обновление 🔔"]
payloads = [
  "object", "array", "text",
  { json = '{"to":"{{user}}","app":"{{app}}","n":{{seq}},"id":"{{random 8}}"}', size = { min = 100, max = 5000 } },
  { json = '["{{event}}",{"tag":"{{tag}}"}]', weight = 2 },
  { text = "hello \"{{user}}\"\n{{random 20}}", event = "greeting", size = { median = 400, sigma = 1.5, max = 100000 } },
  { file = "rows.jsonl", size = [[50, 200], [90, 2000], [100, 70000]] },
  { rows = ['{"a":[]}', '"b"', '[]'], event = "greeting" },
  { number = 5, event = "five" },
  { number = -2.5, event = "less" },
  { kind = "null", event = "null" },
  { kind = "none", event = "refresh", weight = 3 },
  { json = ' { "n" : [ 1.0, "{{user}}" ] } ', exact = true, event = "fixed" },
  { text = "always\tthe same", exact = true, event = "same" },
]
[verify]
settle = "4s"
"#;
const ROWS: &str =
    "{\"id\":1,\"text\":\"Zoë\"}\n\n[1,2,{\"x\":null}]\n\"a row {{that}} is no template\"\n";

fn kinds(scratch: &Scratch) -> String {
    scratch.file("rows.jsonl", ROWS);
    scratch.file("scenario.toml", KINDS)
}

#[tokio::test]
async fn every_kind_of_payload_arrives_and_its_guarantee_is_told() {
    let scratch = Scratch::new();
    let (file, journal) = (kinds(&scratch), scratch.path("run.journal"));
    let mut command = run(&[&file, "--seed", "7", "--json", "-", "-q"]);
    command.args(["--journal", &journal]);
    let once = done(command).await;
    let report = Report::parse(&once.stdout);
    assert_eq!(
        once.code,
        Some(0),
        "{} {}",
        report.at("/reasons"),
        once.stderr
    );
    assert_eq!(report.number("/deliveries/violations"), 0);
    for event in [
        "five", "less", "null", "refresh", "fixed", "same", "greeting",
    ] {
        let came = report.number(&format!("/by_event/{event}/delivered"));
        assert!(came > 0, "{event}");
    }
    let (by_name, by_count) = (
        report.number("/deliveries/by_name"),
        report.number("/deliveries/by_count"),
    );
    assert!(by_name > 0, "{by_name} {by_count}");
    let told = if by_count > 0 { "count" } else { "each" };
    assert_eq!(report.text("/deliveries/guarantee"), told);
    // The rows stand in their file, not in the report.
    assert!(!once.stdout.contains("is no template"));

    let mut command = pushproof();
    command.args(["verify", &journal, "--json", "-", "-q"]);
    let again = done(command).await;
    let anew = Report::parse(&again.stdout);
    assert_eq!(again.code, Some(0), "{}", again.stderr);
    for figure in ["expected", "delivered", "by_name", "by_count", "came"] {
        let figure = format!("/deliveries/{figure}");
        assert_eq!(anew.number(&figure), report.number(&figure), "{figure}");
    }
}

#[tokio::test]
async fn workers_tell_pushes_without_a_tag_as_well() {
    let scratch = Scratch::new();
    let file = kinds(&scratch);
    let command = run(&[&file, "--seed", "7", "--json", "-", "-q", "--workers", "2"]);
    let done = done(command).await;
    let report = Report::parse(&done.stdout);
    assert_eq!(
        done.code,
        Some(0),
        "{} {}",
        report.at("/reasons"),
        done.stderr
    );
    assert_eq!(report.number("/deliveries/violations"), 0);
    assert!(report.number("/deliveries/by_name") > 0);
}

/// Pushes at one name, so that nobody else is owed anything.
fn untagged(payload: &str) -> String {
    format!(
        r#"
[users]
count = 24
sockets_per_user = 2
name = "user-{{id}}"
password = "password-{{id}}"
[pushes]
rate = "60/s"
duration = "2s"
lanes = 2
broadcast = 0.0
user = "user-3"
payloads = [{{ {payload}, event = "refresh" }}]
[verify]
settle = "4s"
"#
    )
}

const UNTAGGED: [&str; 4] = [
    "kind = \"null\"",
    "kind = \"none\"",
    "number = 12",
    "exact = true, json = '{\"load\":[\"orders\",7]}'",
];

#[tokio::test]
async fn copies_and_strays_without_a_tag_are_found() {
    for payload in UNTAGGED {
        let faults = "duplicate=1/9,wrong-user=1/11,wrong-app=1/13";
        exact(faults, &untagged(payload)).await;
    }
}

#[tokio::test]
async fn what_is_left_out_without_a_tag_is_found() {
    for payload in UNTAGGED {
        exact("drop=1/9", &untagged(payload)).await;
    }
}

#[tokio::test]
async fn what_is_damaged_without_a_tag_is_found() {
    exact("corrupt-type=1/9", &untagged(UNTAGGED[0])).await;
    exact("corrupt-digit=1/9", &untagged(UNTAGGED[2])).await;
    exact(
        "corrupt-digit=1/9,corrupt-type=1/11,corrupt-key=1/13",
        &untagged(UNTAGGED[3]),
    )
    .await;
}

/// Templates and rows carry tags: every fault is told, as with any tagged payload.
#[tokio::test]
async fn faults_in_templates_and_rows_are_found() {
    let load = r#"
[users]
count = 24
[pushes]
rate = "150/s"
duration = "2s"
payloads = [
  { json = '{"to":"{{user}}","n":{{seq}},"list":[true,"{{random 8}}"]}' },
  { text = "hello {{user}}: {{tag}} and {{random 9}}" },
  { rows = ['{"a":[17,true],"text":"Zoë"}', '[12,"b c d"]'] },
]
[verify]
settle = "4s"
"#;
    let faults = "drop=1/20,duplicate=1/25,wrong-user=1/30,wrong-app=1/35,rename-other=1/40,corrupt-digit=1/30,\
        corrupt-type=1/30,corrupt-unicode=1/30,phantom=1/40,premature=1/10,reorder=1/40";
    exact(faults, load).await;
}

#[tokio::test]
async fn a_file_of_rows_that_is_wrong_is_told_with_its_line() {
    let scratch = Scratch::new();
    for (rows, says) in [
        (None, "cannot read"),
        (
            Some("{\"a\":1}\n{\"a\":\n"),
            "rows.jsonl:2: \"{\\\"a\\\":\" is not JSON",
        ),
        (
            Some("{}\n[]\n5\n"),
            "rows.jsonl:3: \"5\" has no room for the tag",
        ),
        (Some("\n \n"), "rows.jsonl has no row"),
        (Some("{\"pp\":1}\n"), "rows.jsonl:1: it has a member `pp`"),
    ] {
        if let Some(rows) = rows {
            scratch.file("rows.jsonl", rows);
        }
        let file = scratch.file(
            "scenario.toml",
            "[pushes]\npayloads = [\"object\", { file = \"rows.jsonl\" }]\n",
        );
        let done = done(run(&[&file, "--dry-run"])).await;
        assert_eq!(done.code, Some(2), "{}", done.stderr);
        assert!(done.stderr.contains(says), "{says}: {}", done.stderr);
        assert!(done.stderr.contains("scenario.toml:2:"), "{}", done.stderr);
    }
}

const BYTES: &str = r#"
[users]
count = 24
sockets_per_user = 2
[pushes]
rate = "150/s"
duration = "2s"
payloads = [
  { kind = "binary", size = { median = 500, sigma = 1.5, max = 90000 } },
  { kind = "binary", event = "file", weight = 2 },
  "object",
]
[verify]
settle = "4s"
"#;

/// What a journal of the run is judged to hold is the same, and so is what workers see.
#[tokio::test]
async fn bytes_arrive_by_every_transport() {
    for transport in ["websocket", "polling", "upgrade"] {
        let scratch = Scratch::new();
        let (file, journal) = (
            scratch.file("scenario.toml", BYTES),
            scratch.path("run.journal"),
        );
        let mut command = run(&[&file, "--seed", "7", "--json", "-", "-q"]);
        command.args(["--transport", transport, "--journal", &journal]);
        let once = done(command).await;
        let report = Report::parse(&once.stdout);
        let told = format!("{transport}: {} {}", report.at("/reasons"), once.stderr);
        assert_eq!(once.code, Some(0), "{told}");
        assert_eq!(report.number("/deliveries/violations"), 0, "{told}");
        let delivered = report.number("/deliveries/delivered");
        assert_eq!(delivered, report.number("/deliveries/expected"), "{told}");
        assert!(report.number("/by_event/file/delivered") > 0, "{told}");

        let mut command = pushproof();
        command.args(["verify", &journal, "--json", "-", "-q"]);
        let again = done(command).await;
        let anew = Report::parse(&again.stdout);
        assert_eq!(again.code, Some(0), "{}", again.stderr);
        assert_eq!(anew.number("/deliveries/delivered"), delivered);
    }
    let scratch = Scratch::new();
    let file = scratch.file("scenario.toml", BYTES);
    let done = done(run(&[&file, "--json", "-", "-q", "--workers", "2"])).await;
    let report = Report::parse(&done.stdout);
    assert_eq!(done.code, Some(0), "{}", report.at("/reasons"));
}

/// Whatever is done to bytes is found as often as it was done.
#[tokio::test]
async fn faults_in_bytes_are_found() {
    let faults = "drop=1/20,duplicate=1/25,wrong-user=1/30,wrong-app=1/35,rename-other=1/40,corrupt-digit=1/20,\
        corrupt-unicode=1/20,phantom=1/40,premature=1/10,reorder=1/40,swap=1/40";
    exact(faults, BYTES).await;
    let polling = format!("[clients]\ntransport = \"upgrade\"\n{BYTES}");
    exact("corrupt-digit=1/9,drop=1/11,duplicate=1/13", &polling).await;
    let large = "[users]\ncount = 6\n[pushes]\nrate = \"30/s\"\nduration = \"2s\"\n\
        payloads = [{ kind = \"binary\", size = 70000 }]\n";
    exact("corrupt-truncate=1/5", large).await;
}
