//! What a listener shows of what arrives, and how it ends.

use std::process::Stdio;
use std::time::SystemTime;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use tokio_tungstenite::tungstenite::Message;

use super::signals::kill;
use super::support::{done, within};
use super::wire::{Script, Wire};
use super::{Served, command, listening, push, untimed};

#[tokio::test]
async fn every_event_of_the_user_is_a_line_and_nobody_elses() {
    let served = Served::start().await;
    let run = listening(&served.url, &["--count", "5"]).await;
    push(&served.url, "user-0", "alert", &["--message", "hello"]).await;
    push(&served.url, "user-1", "alert", &["--message", "not yours"]).await;
    push(
        &served.url,
        "*",
        "für alle 🇷🇺",
        &["--message", r#"{"b":1.0, "a":"ü"}"#],
    )
    .await;
    push(&served.url, "user-0", "refresh", &[]).await;
    push(
        &served.url,
        "*",
        "alert",
        &["--app", "other", "--message", "elsewhere"],
    )
    .await;
    push(
        &served.url,
        "user-0",
        "tab\there",
        &["--message", "line\nbreak"],
    )
    .await;
    push(&served.url, "user-0", "last", &["--message", "null"]).await;
    let done = run.end().await;
    assert_eq!(done.code, Some(0), "{done:?}");
    assert_eq!(
        untimed(&done),
        [
            "alert\t\"hello\"",
            "für alle 🇷🇺\t{\"b\":1.0,\"a\":\"ü\"}",
            "refresh",
            "\"tab\\there\"\t\"line\\nbreak\"",
            "last\tnull",
        ]
    );
    assert!(!done.stdout.contains('\u{1b}') && !done.stderr.contains('\u{1b}'));
    assert!(done.stderr.ends_with("5 events\n"), "{done:?}");
}

#[tokio::test]
async fn json_lines_have_the_time_and_the_text_of_what_came() {
    let served = Served::start().await;
    let run = listening(&served.url, &["--count", "2", "--json"]).await;
    let before = SystemTime::now();
    push(
        &served.url,
        "user-0",
        "n",
        &["--message", "[1.0, 12345678901234567890123]"],
    )
    .await;
    push(&served.url, "*", "none", &[]).await;
    let done = run.end().await;
    let after = SystemTime::now();
    assert_eq!(done.code, Some(0), "{done:?}");
    let untimed = done.stdout.lines().map(|line| {
        let (at, rest) = line
            .strip_prefix("{\"at\":\"")
            .and_then(|line| line.split_once("\","))
            .expect("a time first");
        let at = humantime::parse_rfc3339(at).expect("RFC 3339");
        // In whole microseconds.
        let slack = std::time::Duration::from_micros(1);
        assert!(before - slack <= at && at <= after, "{line}");
        rest
    });
    assert_eq!(
        untimed.collect::<Vec<_>>(),
        [
            r#""user":"user-0","event":"n","args":[[1.0,12345678901234567890123]]}"#,
            r#""user":"user-0","event":"none","args":[]}"#,
        ]
    );
}

#[tokio::test]
async fn only_events_that_are_asked_for_are_shown_and_counted() {
    let served = Served::start().await;
    let args = ["--count", "3", "--event", "a", "--event", "b "];
    let run = listening(&served.url, &args).await;
    for event in ["a", "b", "A", "b ", "a "] {
        push(&served.url, "user-0", event, &[]).await;
    }
    push(&served.url, "*", "a", &[]).await;
    let done = run.end().await;
    assert_eq!(done.code, Some(0), "{done:?}");
    assert_eq!(untimed(&done), ["a", "\"b \"", "a"]);
}

#[tokio::test]
async fn several_users_are_told_apart() {
    let served = Served::start().await;
    let args = ["--user", "user-3", "--user", "user-4", "--count", "4"];
    let mut run = listening(&served.url, &args).await;
    run.hears("listens in app").await;
    push(&served.url, "user-4", "one", &[]).await;
    push(&served.url, "user-3", "two", &[]).await;
    push(&served.url, "*", "three", &[]).await;
    let done = run.end().await;
    assert_eq!(done.code, Some(0), "{done:?}");
    let mut lines = untimed(&done);
    lines.sort_unstable();
    let expected = [
        "user-3\tthree",
        "user-3\ttwo",
        "user-4\tone",
        "user-4\tthree",
    ];
    assert_eq!(lines, expected);
}

/// Everything that a server may send as an event, and the goodbye after the last.
#[tokio::test]
async fn whatever_comes_is_shown_as_it_is() {
    let text = |text: &str| Message::text(text.to_owned());
    let script = || Script {
        before: vec![text(r#"42["early"]"#)],
        after: vec![
            text(r#"42["several",1,"two",{"three":[3.0, 4]}]"#),
            text("42[\"\\u001b[2J\",\"\u{9b}31m\"]"),
            text(r#"42/admin,["elsewhere",1]"#),
            text(r#"42["wrong",{]"#),
            text(
                r#"452-["bytes",{"_placeholder":true,"num":0},{"x":{"_placeholder":true,"num":1}}]"#,
            ),
            Message::binary(vec![1_u8, 2, 255]),
            Message::binary(vec![0_u8; 17]),
            text(r#"427["asks for an answer"]"#),
            text(r#"42["one too many"]"#),
        ],
    };
    let mut wire = Wire::start(vec![script(), script()]).await;
    let args = ["--session", "S\"1", "--count", "7"];
    let plain = done(command("listen", &wire.url, &args)).await;
    assert_eq!(plain.code, Some(0), "{plain:?}");
    let zeros = ["00"; 16].join(" ");
    let bytes = format!("bytes\t<3 bytes: 01 02 ff>\t{{\"x\":<17 bytes: {zeros} …>}}");
    assert_eq!(
        untimed(&plain),
        [
            "early\t(before CONNECT was accepted)",
            "several\t1\t\"two\"\t{\"three\":[3.0,4]}",
            "\"\\u001b[2J\"\t\"\\u009b31m\"",
            "elsewhere\t1\t(in a namespace that was never asked for)",
            "wrong\tnot JSON: {",
            &bytes,
            "asks for an answer",
        ]
    );
    let connect = r#"40{"app_id":"demo","session_id":"S\"1"}"#;
    assert_eq!(wire.read().await, connect);
    assert_eq!(wire.read().await, "41", "it says goodbye");
    assert!(
        !plain.stderr.contains("S\"1"),
        "no session id in any output"
    );

    let json = done(command(
        "listen",
        &wire.url,
        &[&args[..], &["--json"]].concat(),
    ))
    .await;
    assert_eq!(json.code, Some(0), "{json:?}");
    let objects = json.stdout.lines().map(|line| {
        let mut object: Value = serde_json::from_str(line).expect("JSON");
        object.as_object_mut().expect("an object").remove("at");
        object
    });
    assert_eq!(
        objects.collect::<Vec<_>>(),
        [
            json!({"event": "early", "args": [], "premature": true}),
            json!({"event": "several", "args": [1, "two", {"three": [3.0, 4]}]}),
            json!({"event": "\u{1b}[2J", "args": ["\u{9b}31m"]}),
            json!({"event": "elsewhere", "args": [1], "stray": true}),
            json!({"event": "wrong", "args": null, "raw": "{"}),
            json!({
                "event": "bytes",
                "args": [{"_placeholder": true, "num": 0}, {"x": {"_placeholder": true, "num": 1}}],
                "binary": ["AQL/", "AAAAAAAAAAAAAAAAAAAAAAA="],
            }),
            json!({"event": "asks for an answer", "args": []}),
        ]
    );
}

#[tokio::test]
async fn a_time_ends_it() {
    let served = Served::start().await;
    let listened = done(command("listen", &served.url, &["--for", "200ms"])).await;
    assert_eq!((listened.code, listened.stdout.as_str()), (Some(0), ""));
    assert!(
        listened.stderr.ends_with("0 events; the time is over\n"),
        "{listened:?}"
    );
    // Who waits for an event that does not come has not seen what was asked for.
    let args = ["--for", "200ms", "--count", "1", "--quiet"];
    let waited = done(command("listen", &served.url, &args)).await;
    assert_eq!((waited.code, waited.stdout.as_str()), (Some(4), ""));
    assert_eq!(waited.stderr, "0 events of 1; the time is over\n");
}

#[tokio::test]
async fn an_interrupt_ends_it_and_is_no_failure() {
    let served = Served::start().await;
    for signal in ["INT", "TERM"] {
        let run = listening(&served.url, &[]).await;
        run.signal(signal);
        let done = run.end().await;
        assert_eq!((done.code, done.stdout.as_str()), (Some(0), ""), "{signal}");
        assert!(done.stderr.ends_with("0 events; interrupted\n"), "{done:?}");
    }
    let run = listening(&served.url, &["--count", "1"]).await;
    run.signal("INT");
    let done = run.end().await;
    assert_eq!(done.code, Some(130), "what was asked for did not come");
}

/// `pushproof listen | head -1`: each line is there at once, and no further event is needed to notice that nobody reads.
#[tokio::test]
async fn a_closed_pipe_ends_it_quietly() {
    let served = Served::start().await;
    let mut child = command("listen", &served.url, &[])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("the binary starts");
    let mut stderr = BufReader::new(child.stderr.take().expect("it is piped"));
    let mut said = String::new();
    let first = within("a note", stderr.read_line(&mut said)).await;
    first.expect("UTF-8");
    push(&served.url, "user-0", "alert", &[]).await;
    let mut stdout = BufReader::new(child.stdout.take().expect("it is piped"));
    let mut line = String::new();
    let read = within("a line", stdout.read_line(&mut line)).await;
    read.expect("UTF-8");
    assert!(line.ends_with("\talert\n"), "{line:?}");
    drop(stdout);
    if !cfg!(target_os = "linux") {
        push(&served.url, "user-0", "alert", &[]).await;
    }
    let status = within("the end", child.wait()).await.expect("it ends");
    assert_eq!(status.code(), Some(0));
    let rest = within("the rest", stderr.read_to_string(&mut said)).await;
    rest.expect("UTF-8");
    assert_eq!(said.lines().count(), 1, "{said}");
}

/// A full disk is no reader that has had enough.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn an_output_that_takes_nothing_is_told() {
    let served = Served::start().await;
    let full = std::fs::File::options().write(true).open("/dev/full");
    let mut child = command("listen", &served.url, &[])
        .stdin(Stdio::null())
        .stdout(full.expect("a device that is always full"))
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("the binary starts");
    let mut stderr = BufReader::new(child.stderr.take().expect("it is piped"));
    let mut said = String::new();
    let first = within("a note", stderr.read_line(&mut said)).await;
    first.expect("UTF-8");
    push(&served.url, "user-0", "alert", &[]).await;
    let rest = within("the rest", stderr.read_to_string(&mut said)).await;
    rest.expect("UTF-8");
    let status = within("the end", child.wait()).await.expect("it ends");
    assert_eq!(status.code(), Some(2), "{said}");
    assert!(
        said.contains("error: cannot write to standard output: No space"),
        "{said}"
    );
}

/// A line that nobody takes holds up what comes next, and not the end.
#[tokio::test]
async fn an_interrupt_ends_it_though_a_line_is_stuck() {
    let served = Served::start().await;
    let mut child = command("listen", &served.url, &["-q"])
        .args(["--user", "user-1"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .expect("the binary starts");
    // More than any pipe holds. Until the socket is there, nobody gets it.
    let long = format!("@{}", long_message());
    loop {
        let said = push(&served.url, "user-1", "long", &["--message", &long]).await;
        if said.contains("\"deliveredTo\":1") {
            break;
        }
    }
    let mut stdout = child.stdout.take().expect("it is piped");
    let first = within("the beginning of a line", stdout.read_u8()).await;
    first.expect("a byte");
    let id = child.id().expect("it has not been waited for").to_string();
    kill("INT", &id);
    let status = within("the end", child.wait()).await.expect("it ends");
    assert_eq!(status.code(), Some(0));
}

fn long_message() -> String {
    let path = format!("{}/long-message.txt", env!("CARGO_TARGET_TMPDIR"));
    std::fs::write(&path, "x".repeat(900_000)).expect("a writable scratch folder");
    path
}

#[tokio::test]
async fn a_listener_joins_the_namespace_and_tells_what_comes_in_another() {
    let script = Script {
        after: vec![
            Message::text(r#"42/demo,["mine",1]"#),
            Message::text(r#"42["main",2]"#),
        ],
        ..Script::default()
    };
    let mut wire = Wire::start(vec![script]).await;
    let set = "target.namespace=/{{app}}";
    let args = ["--session", "s", "--set", set, "--count", "2", "--json"];
    let done = done(command("listen", &wire.url, &args)).await;
    assert_eq!(done.code, Some(0), "{done:?}");
    assert!(wire.read().await.starts_with(r#"40/demo,{"app_id":"demo""#));
    let heard: Vec<Value> = done
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    assert_eq!(heard[0]["event"], "mine", "{done:?}");
    assert_eq!(heard[0]["stray"], Value::Null, "{done:?}");
    assert_eq!(heard[1]["event"], "main", "{done:?}");
    assert_eq!(heard[1]["stray"], true, "{done:?}");
}
