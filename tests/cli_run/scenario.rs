//! Scenarios as they are asked for: file, environment, flags, settings, and what a run would do.

use super::support::{Done, Scratch, done, run};

const FILE: &str = "[users]\ncount = 20\n[pushes]\nrate = \"10/s\"\nduration = \"2s\"\n";

async fn dry(args: &[&str], env: &[(&str, &str)]) -> Done {
    let mut command = run(args);
    command.arg("--dry-run").envs(env.iter().copied());
    done(command).await
}

#[tokio::test]
async fn the_environment_lies_over_the_file_flags_over_both_and_settings_over_all() {
    let scratch = Scratch::new();
    let file = scratch.file("mine.toml", FILE);
    let users = ("PUSHPROOF_USERS", "30");
    for (args, env, users) in [
        (vec![file.as_str()], &[][..], "20 log in"),
        (vec![file.as_str()], &[users][..], "30 log in"),
        (vec![file.as_str(), "--users", "40"], &[users], "40 log in"),
        (
            vec![file.as_str(), "--set", "users.count=50", "--users", "40"],
            &[users],
            "50 log in",
        ),
    ] {
        let done = dry(&args, env).await;
        assert_eq!(done.code, Some(0), "{done:?}");
        assert!(done.stdout.contains(users), "{done:?}");
        assert!(done.stdout.starts_with("mine: "), "{done:?}");
        assert!(done.stdout.contains("20 in 2s (10/s)"), "{done:?}");
    }
}

#[tokio::test]
async fn a_dry_run_begins_nothing() {
    let done = dry(&["--target", "http://127.0.0.1:9"], &[]).await;
    assert_eq!(done.code, Some(0), "{done:?}");
    assert_eq!(done.stderr, "", "{done:?}");
    assert!(done.stdout.contains("http://127.0.0.1:9"), "{done:?}");
}

#[tokio::test]
async fn variables_of_the_environment_are_filled_in_and_never_told() {
    let scratch = Scratch::new();
    let text = "[target]\nurl = \"${URL}\"\n[users]\ncount = \"${USERS:-6}\"\n";
    let file = scratch.file("mine.toml", text);
    let done = dry(&[&file], &[("URL", "http://127.0.0.1:9")]).await;
    assert!(done.stdout.contains("http://127.0.0.1:9"), "{done:?}");
    assert!(done.stdout.contains("6 log in"), "{done:?}");
    let done = dry(&[&file], &[("URL", "s3cr3t")]).await;
    assert_eq!(done.code, Some(2), "{done:?}");
    assert!(done.stderr.contains("\"${URL}\" is not a URL"), "{done:?}");
    assert!(!done.stderr.contains("s3cr3t"), "{done:?}");
}

#[tokio::test]
async fn everything_that_is_wrong_is_told_at_once() {
    let scratch = Scratch::new();
    let text = "[users]\ncuont = 5\n[pushes]\nlanes = 0\nrate = \"fast\"\n";
    let file = scratch.file("mine.toml", text);
    let settings = ["--set", "users.count=none", "--set", "verify.settle=1ms"];
    let args = [&[file.as_str(), "--duration", "0s"], &settings[..]].concat();
    let done = dry(&args, &[]).await;
    assert_eq!(done.code, Some(2), "{done:?}");
    for (place, what) in [
        ("mine.toml:2:1", "`cuont`"),
        ("mine.toml:4:9", "pushes.lanes"),
        ("mine.toml:5:8", "pushes.rate"),
        ("--set:1:1", "users.count"),
        ("--set:1:1", "verify.settle"),
        ("", "--duration (pushes.duration)"),
    ] {
        let told = done.stderr.split("error: ");
        let at = |one: &str| one.contains(place) && one.contains(what);
        assert_eq!(told.filter(|one| at(one)).count(), 1, "{what}: {done:?}");
    }
}
