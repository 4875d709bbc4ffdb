//! One push by hand: what goes out, what is said of the answer.

use std::process::Stdio;

use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;

use super::support::{Done, Run, Scratch, done, within};
use super::target::{Harm, Manners, Target};
use super::{Served, command, push};

async fn pushed(url: &str, args: &[&str]) -> Done {
    let mut command = command("push", url, &["--user", "user-0", "--event", "alert"]);
    command.args(args);
    done(command).await
}

#[tokio::test]
async fn a_message_goes_out_as_json_or_as_text() {
    let target = Target::start(Manners::default()).await;
    let scratch = Scratch::new();
    let file = format!(
        "@{}",
        scratch.file("message.json", "{\"n\": 1.0,\n\"ü\":[]}\n")
    );
    let messages: &[(&[&str], &str)] = &[
        (&["--message", "hello"], r#""hello""#),
        (&["--message", ""], r#""""#),
        (
            &["--message", r#"{"b":1.0, "a":[ ]}"#],
            r#"{"b":1.0, "a":[ ]}"#,
        ),
        (&["--message", r#"{"b":1}"#, "--text"], r#""{\"b\":1}""#),
        (&["--message", "-7"], "-7"),
        (&["--message", "007"], r#""007""#),
        (&["--message", &file], "{\"n\": 1.0,\n\"ü\":[]}"),
        (
            &["--message", &file, "--text"],
            r#""{\"n\": 1.0,\n\"ü\":[]}""#,
        ),
    ];
    for (args, _) in messages {
        push(target.url(), "user-0", "größer", args).await;
    }
    let pushes = target.pushes();
    assert_eq!(pushes.len(), messages.len());
    for (push, (args, message)) in pushes.iter().zip(messages) {
        assert_eq!(push.message, *message, "{args:?}");
        assert_eq!((push.app.as_str(), push.to.as_str()), ("demo", "user-0"));
        assert_eq!(push.event, "größer");
    }
    push(
        target.url(),
        "*",
        "alert",
        &["--app", "other", "--message", "1"],
    )
    .await;
    let last = target.pushes().pop().expect("a push");
    assert_eq!((last.app.as_str(), last.to.as_str()), ("other", "*"));
}

#[tokio::test]
async fn a_message_is_read_from_standard_input() {
    let target = Target::start(Manners::default()).await;
    let args = ["--user", "user-0", "--event", "e", "--message", "-"];
    let mut child = command("push", target.url(), &args)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .expect("the binary starts");
    let mut stdin = child.stdin.take().expect("it is piped");
    let written = stdin.write_all("first\nsecond\n".as_bytes()).await;
    written.expect("it is read");
    drop(stdin);
    let status = within("the end", child.wait()).await.expect("it ends");
    assert_eq!(status.code(), Some(0));
    assert_eq!(target.pushes()[0].message, r#""first\nsecond""#);
}

#[tokio::test]
async fn the_platform_says_yes_or_no() {
    let served = Served::start().await;
    let said = push(&served.url, "user-0", "alert", &[]).await;
    assert!(said.starts_with("accepted after "), "{said}");
    assert!(
        said.ends_with(": HTTP 200 {\"result\":[{\"deliveredTo\":0}],\"status\":\"ok\"}\n"),
        "{said}"
    );

    let refused = pushed(&served.url, &["--event", "connect"]).await;
    assert_eq!(refused.code, Some(2), "an event twice: {refused:?}");
    let connect = ["--user", "user-0", "--event", "connect"];
    let refused = done(command("push", &served.url, &connect)).await;
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(refused.stdout.starts_with("rejected after "), "{refused:?}");
    assert!(
        refused
            .stdout
            .ends_with(": HTTP 400: event name \"connect\" is reserved\n"),
        "{refused:?}"
    );

    let nowhere = pushed(&served.url, &["--app", "nowhere", "--json"]).await;
    assert_eq!((nowhere.code, nowhere.stderr.as_str()), (Some(1), ""));
    let object: Value = serde_json::from_str(&nowhere.stdout).expect("JSON");
    assert!(object["took_us"].as_u64() > Some(0), "{object}");
    let answer = object["answer"].clone();
    assert_eq!(answer["msg"], "no such app");
    assert_eq!(
        object,
        json!({
            "schema": "pushproof.push/1", "outcome": "rejected", "exit_code": 1, "target": served.url, "app": "nowhere",
            "user": "user-0", "event": "alert", "took_us": object["took_us"], "why": "HTTP 400: no such app", "status": 400,
            "answer": answer,
        })
    );
}

#[tokio::test]
async fn without_an_answer_that_says_so_it_is_unknown() {
    let unknown = async |harm, args: &[&str], words: &str| {
        let target = Target::start(Manners {
            harm,
            ..Manners::default()
        })
        .await;
        let done = pushed(target.url(), args).await;
        assert_eq!(done.code, Some(4), "{done:?}");
        assert!(done.stdout.starts_with("unknown after "), "{done:?}");
        assert!(done.stdout.contains(words), "{words:?} in {done:?}");
        assert_eq!(target.pushes().len(), 1, "it is asked for once");
    };
    let brief = ["--message", "1", "--timeout", "300ms"];
    unknown(Harm::FailDelivered, &brief[..2], "HTTP 500: oh no").await;
    unknown(Harm::NeverAnswered, &brief, "no answer within 300ms").await;
    unknown(Harm::CutDelivered, &brief[..2], "the request failed").await;
}

#[tokio::test]
async fn an_interrupt_ends_the_waiting() {
    let target = Target::start(Manners {
        harm: Harm::NeverAnswered,
        ..Manners::default()
    })
    .await;
    let args = ["--user", "user-0", "--event", "e", "--message", "1"];
    let run = Run::start(command("push", target.url(), &args));
    target.harms().await;
    run.signal("INT");
    let done = run.end().await;
    assert_eq!((done.code, done.stdout.as_str()), (Some(130), ""));
    assert!(done.stderr.contains("what became of the push is unknown"));
}

#[tokio::test]
async fn mistakes_are_told_before_anything_is_sent() {
    let target = Target::start(Manners::default()).await;
    let scratch = Scratch::new();
    let latin = scratch.path("latin");
    std::fs::write(&latin, [b'a', 0xe4]).expect("a writable scratch directory");
    let latin = format!("@{latin}");
    for (args, words) in [
        (
            &["--message", "@/no/such/file"][..],
            "--message @/no/such/file",
        ),
        (&["--message", &latin], "not UTF-8"),
        (&["--message", "@"], "--message @"),
        (&["--text"], "--message"),
        (&["--timeout", "0s"], "--timeout"),
        (&["--timeout", "5"], "5s"),
        (&["--app", "demo,other"], "name one"),
        (&["--app", ""], "--app"),
        (&["--target", "localhost"], "http://127.0.0.1:3000"),
    ] {
        let done = pushed(target.url(), args).await;
        assert_eq!((done.code, done.stdout.as_str()), (Some(2), ""), "{done:?}");
        assert!(done.stderr.starts_with("error: "), "{done:?}");
        assert!(done.stderr.contains(words), "{words:?} in {done:?}");
    }
    assert_eq!(target.connections(), 0);
}
