//! `watch`: a run that is over, from its report and from its journal, and what cannot be watched.

use super::support::{Done, Run, SMALL, Scratch, done, pushproof, run};

async fn watch(args: &[&str]) -> Done {
    let mut command = pushproof();
    command.arg("watch").args(args);
    done(command).await
}

/// A run with its report and journal.
async fn made(scratch: &Scratch, more: &[&str]) -> Done {
    let mut command = run(&SMALL);
    command.args(["--seed", "3", "--json", &scratch.path("run.json")]);
    command.args(["--journal", &scratch.path("run.journal")]);
    done({
        command.args(more);
        command
    })
    .await
}

#[tokio::test]
async fn a_report_is_shown_as_it_was_and_gone_through_if_asked() {
    let scratch = Scratch::new();
    let ended = made(&scratch, &[]).await;
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let report = scratch.path("run.json");
    let shown = watch(&[&report]).await;
    assert_eq!(shown.code, Some(0), "{shown:?}");
    assert_eq!(shown.stdout, ended.stdout);
    let told = &shown.stderr;
    let begins = told.starts_with("pushproof: first-proof against http://127.0.0.1:");
    let ends = told.ends_with(&format!(" (seed 3), from {report}\n"));
    assert!(begins && ends && told.lines().count() == 1, "{told}");

    let shown = watch(&[&report, "--speed", "max", "-v"]).await;
    assert_eq!(shown.code, Some(0), "{shown:?}");
    assert_eq!(shown.stdout, ended.stdout);
    let seconds = std::fs::read_to_string(&report).expect("it is there");
    let seconds: serde_json::Value = serde_json::from_str(&seconds).expect("JSON");
    let seconds = seconds["timeline"].as_array().expect("a timeline").len();
    assert_eq!(shown.stderr.lines().count(), 1 + seconds, "{shown:?}");
    assert!(shown.stderr.contains("s pushing"), "{shown:?}");
}

#[tokio::test]
async fn a_journal_is_shown_with_what_verify_says() {
    let faults = [
        "--set",
        "platform.faults=drop=1/50,duplicate=1/40,corrupt-key=1/60",
    ];
    for more in [&[][..], &faults] {
        let scratch = Scratch::new();
        let ended = made(&scratch, more).await;
        let code = i32::from(!more.is_empty());
        assert_eq!(ended.code, Some(code), "{}", ended.stdout);
        let journal = scratch.path("run.journal");
        let shown = watch(&[&journal, "--speed", "max", "-v"]).await;
        // What the run came to is told, and is no failure to show it.
        assert_eq!(shown.code, Some(0), "{shown:?}");
        assert_eq!(shown.stdout, ended.stdout);
        let mut command = pushproof();
        command.args(["verify", &journal]);
        assert_eq!(done(command).await.stdout, shown.stdout);
        for phase in ["s pushing", "s settling"] {
            assert!(shown.stderr.contains(phase), "{phase}: {shown:?}");
        }
        let trouble = shown.stderr.contains(" VIOLATIONS (");
        assert_eq!(trouble, !more.is_empty(), "{shown:?}");
    }
}

#[tokio::test]
async fn what_is_left_of_a_journal_is_shown() {
    let scratch = Scratch::new();
    made(&scratch, &[]).await;
    let bytes = std::fs::read(scratch.path("run.journal")).expect("it is there");
    let cut = scratch.path("cut.journal");
    for part in [40, 90] {
        std::fs::write(&cut, &bytes[..bytes.len() * part / 100]).expect("a writable folder");
        let shown = watch(&[&cut, "--speed", "0"]).await;
        assert_eq!(shown.code, Some(0), "{part} %: {shown:?}");
        assert!(
            shown.stderr.contains("the journal is damaged in "),
            "{shown:?}"
        );
        assert!(shown.stderr.contains("\ndamaged: "), "{shown:?}");
        let mut command = pushproof();
        command.args(["verify", &cut]);
        let verified = done(command).await;
        assert_eq!((verified.code, &verified.stdout), (Some(4), &shown.stdout));
    }
    // Of its first block nothing is left.
    std::fs::write(&cut, &bytes[..30]).expect("a writable folder");
    let shown = watch(&[&cut]).await;
    assert_eq!(shown.code, Some(2), "{shown:?}");
    assert!(
        shown
            .stderr
            .contains("cannot be shown: what the run was to do is not in it")
    );
}

#[tokio::test]
async fn who_is_interrupted_has_not_seen_the_end() {
    let scratch = Scratch::new();
    made(&scratch, &[]).await;
    let mut command = pushproof();
    // A second of the run takes more than any test waits.
    command.args(["watch", &scratch.path("run.journal"), "--speed", "0.01"]);
    let mut watching = Run::start(command);
    watching.hears("from ").await;
    watching.signal("INT");
    let ended = watching.end().await;
    assert_eq!(ended.code, Some(130), "{ended:?}");
    assert!(ended.stderr.ends_with("no longer watching\n"), "{ended:?}");
    assert_eq!(ended.stdout, "");
}

#[tokio::test]
async fn what_cannot_be_watched_is_told_with_what_can() {
    let scratch = Scratch::new();
    let journal = [&b"\x89ppj\r\n\x1a\n"[..], &[2, 0, 0, 0, 0, 0, 0, 0]].concat();
    let old = scratch.path("old.journal");
    std::fs::write(&old, journal).expect("a writable folder");
    let name = "name a report (run --json FILE) or a journal (run --journal FILE)";
    for (what, says) in [
        (
            scratch.path("nothing"),
            "and it is no address of metrics either; name a report",
        ),
        (scratch.path(""), &format!("is no file; {name}")),
        (
            scratch.file("empty", ""),
            &format!("empty is empty; {name}"),
        ),
        (
            scratch.file("text", "pushes"),
            &format!("text is nothing that can be watched; {name}"),
        ),
        (scratch.file("none.json", "{}"), "it has no \"schema\""),
        (scratch.file("cut.json", "{\"schema\":"), "it is cut short"),
        (
            scratch.file("other.json", "{\"schema\":\"pushproof.capacity/1\"}"),
            "its schema is \"pushproof.capacity/1\", and this version reads \"pushproof.report/1\"",
        ),
        (
            old,
            "cannot be shown: it is a journal of version 2, and this pushproof reads version 3",
        ),
        ("ftp://x".to_owned(), "\"ftp://x\" is no address of metrics"),
    ] {
        let told = watch(&[&what]).await;
        assert_eq!(told.code, Some(2), "{what}: {told:?}");
        assert!(told.stderr.contains(says), "{what}: {says:?} in {told:?}");
        assert_eq!(told.stderr.lines().count(), 1, "{told:?}");
        assert_eq!(told.stdout, "");
    }
    for (args, says) in [
        (
            ["127.0.0.1:1", "--speed", "2"],
            "--speed: a run that goes on elsewhere",
        ),
        (["run.json", "--speed", "fast"], "\"fast\" is no speed"),
    ] {
        let told = watch(&args).await;
        assert_eq!(told.code, Some(2), "{told:?}");
        assert!(told.stderr.contains(says), "{told:?}");
    }
}
