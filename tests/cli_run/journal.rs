//! `run --journal` and `pushproof verify`: the report of a run, once more from its journal.

use super::support::{Report, Run, SMALL, Scratch, done, pushproof, run, within};
use super::target::{Manners, Target};

/// Judges the journal of a run that is over: the report is the same to the last figure, and so is the exit code.
pub(crate) async fn comes_to_the_same(scratch: &Scratch, report: &Report, code: Option<i32>) {
    let (journal, path) = (scratch.path("run.journal"), scratch.path("verified.json"));
    let mut command = pushproof();
    command.args(["verify", &journal, "--json", &path]);
    let verified = done(command).await;
    let again = Report::read(&path);
    assert_eq!(verified.stderr, "", "{}", verified.stdout);
    assert_eq!(verified.code, code, "{}", verified.stdout);
    for key in report.0.as_object().expect("a report").keys() {
        let place = format!("/{key}");
        assert_eq!(again.at(&place), report.at(&place), "{key}");
    }
}

async fn verify(path: &str) -> super::support::Done {
    let mut command = pushproof();
    command.args(["verify", path]);
    done(command).await
}

#[tokio::test]
async fn a_run_against_the_embedded_platform_is_judged_again() {
    let scratch = Scratch::new();
    let (journal, json) = (scratch.path("run.journal"), scratch.path("report.json"));
    let mut command = run(&SMALL);
    command.args(["--json", &json, "--journal", &journal]);
    let ended = done(command).await;
    assert_eq!(ended.code, Some(0), "{}", ended.stdout);
    let report = Report::read(&json);
    comes_to_the_same(&scratch, &report, ended.code).await;

    // Cut short, it never passes, whatever is left of it.
    let bytes = std::fs::read(&journal).expect("it is there");
    for part in [10, 30, 50, 70, 90, 99] {
        let cut = scratch.path("cut.journal");
        std::fs::write(&cut, &bytes[..bytes.len() * part / 100]).expect("a writable folder");
        let judged = verify(&cut).await;
        assert!(matches!(judged.code, Some(2 | 4)), "{part} %: {judged:?}");
        let damaged =
            judged.stderr.contains("damaged: ") && judged.stdout.contains("the journal is damaged");
        assert!(
            damaged || judged.stderr.contains("cannot be judged"),
            "{part} %: {judged:?}"
        );
    }
}

#[tokio::test]
async fn an_interrupted_run_has_a_whole_journal_and_a_killed_one_what_was_written() {
    let target = Target::start(Manners::default()).await;
    let scratch = Scratch::new();
    let (journal, json) = (scratch.path("run.journal"), scratch.path("report.json"));
    let arguments = [
        "--users",
        "6",
        "--duration",
        "50s",
        "--deadline",
        "1s",
        "--settle",
        "1s",
        "--rate",
        "50/s",
        "-v",
    ];
    let mut command = run(&arguments);
    command.args([
        "--target",
        target.url(),
        "--json",
        &json,
        "--journal",
        &journal,
    ]);
    let mut running = Run::start(command);
    running.hears("pushing").await;
    running.signal("INT");
    let ended = running.end().await;
    assert_eq!(ended.code, Some(130), "{}", ended.stderr);
    comes_to_the_same(&scratch, &Report::read(&json), ended.code).await;

    let mut command = run(&arguments);
    command.args(["--target", target.url(), "--journal", &journal]);
    let mut running = Run::start(command);
    running.hears("pushing").await;
    running.signal("KILL");
    within("its end", running.end()).await;
    let judged = verify(&journal).await;
    assert_eq!(judged.code, Some(4), "{judged:?}");
    assert!(
        judged.stderr.contains("it did not come to its end"),
        "{judged:?}"
    );
    assert!(judged.stdout.contains("0 lost"), "{judged:?}");
}

#[tokio::test]
async fn a_journal_that_cannot_be_written_is_an_error_at_the_end_and_ends_no_run() {
    let scratch = Scratch::new();
    let json = scratch.path("report.json");
    let mut command = run(&SMALL);
    command.args(["--json", &json, "--journal", "/dev/full"]);
    let ended = done(command).await;
    assert_eq!(Report::read(&json).text("/verdict"), "pass");
    assert_eq!(ended.code, Some(2), "{}", ended.stderr);
    let told = ended
        .stderr
        .contains("--journal: /dev/full is not whole: No space left on device");
    assert!(told, "{}", ended.stderr);

    for (path, says) in [
        (
            "/nowhere/run.journal",
            "cannot write to /nowhere/run.journal",
        ),
        ("-", "needs the name of a file"),
    ] {
        let mut command = run(&SMALL);
        command.args(["--journal", path]);
        let ended = done(command).await;
        assert_eq!(ended.code, Some(2), "{}", ended.stderr);
        assert!(ended.stderr.contains(says), "{}", ended.stderr);
    }
}

#[tokio::test]
async fn what_is_no_journal_is_a_usage_error() {
    let scratch = Scratch::new();
    for (path, says) in [
        (
            scratch.file("text", "pushes and sockets"),
            "it is not a journal",
        ),
        (scratch.path("nothing"), "cannot read the journal"),
    ] {
        let judged = verify(&path).await;
        assert_eq!(judged.code, Some(2), "{judged:?}");
        assert!(judged.stderr.contains(says), "{judged:?}");
        assert_eq!(judged.stdout, "");
    }
}
