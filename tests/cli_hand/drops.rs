//! A listener whose connection ends: it says so, and comes back, or not.

use super::target::{Death, Harm, Manners, Target};
use super::{listening, push, untimed};

async fn target(harm: Harm) -> Target {
    Target::start(Manners {
        harm,
        ..Manners::default()
    })
    .await
}

/// The first push is the last thing that its connection sees; the second comes over the next connection.
async fn comes_back(harm: Harm, words: &str) {
    let target = target(harm).await;
    let mut run = listening(target.url(), &["--count", "2"]).await;
    push(target.url(), "user-0", "one", &["--message", "1"]).await;
    run.hears(&format!("user-0 lost its connection: {words}"))
        .await;
    run.hears("user-0 is back in app demo").await;
    push(target.url(), "user-0", "two", &["--message", "2"]).await;
    let done = run.end().await;
    assert_eq!(done.code, Some(0), "{harm:?} {done:?}");
    assert_eq!(untimed(&done), ["one\t1", "two\t2"]);
}

#[tokio::test]
async fn who_is_dropped_comes_back_and_says_so() {
    tokio::join!(
        comes_back(
            Harm::Die(Death::Kick),
            "disconnected by the server; trying again in "
        ),
        comes_back(Harm::Die(Death::Close), "closed by the server; "),
        comes_back(
            Harm::Die(Death::Code(1013)),
            "closed by the server for overload or restart (WebSocket close 1013 enough); "
        ),
        comes_back(Harm::Die(Death::Cut), "connection lost"),
        comes_back(Harm::Die(Death::Garbage), "protocol error by the server ("),
    );
}

/// The session is no longer taken: it logs in again.
#[tokio::test]
async fn who_has_lost_the_session_gets_a_new_one() {
    comes_back(Harm::Restart, "connection lost").await;
}

#[tokio::test]
async fn without_reconnects_the_first_drop_is_the_end() {
    let target = target(Harm::Die(Death::Close)).await;
    let run = listening(target.url(), &["--no-reconnect"]).await;
    push(target.url(), "user-0", "one", &["--message", "1"]).await;
    let done = run.end().await;
    assert_eq!(done.code, Some(4), "{done:?}");
    assert_eq!(untimed(&done), ["one\t1"]);
    let error = format!(
        "error: user-0 of app demo at {} is gone for good: closed by the server\n",
        target.url()
    );
    assert!(done.stderr.ends_with(&error), "{done:?}");
}

/// Who is left listens on; the last one's end is the end.
#[tokio::test]
async fn others_listen_on() {
    let target = target(Harm::Die(Death::Kick)).await;
    let args = ["--no-reconnect", "--user", "user-1", "--user", "user-2"];
    let mut run = listening(target.url(), &[&args[..], &["--count", "2"]].concat()).await;
    run.hears("listens in app").await;
    push(target.url(), "user-2", "one", &["--message", "1"]).await;
    run.hears("user-2 lost its connection: disconnected by the server; not coming back")
        .await;
    push(target.url(), "*", "two", &["--message", "2"]).await;
    let done = run.end().await;
    assert_eq!(done.code, Some(0), "{done:?}");
    assert_eq!(untimed(&done), ["user-2\tone\t1", "user-1\ttwo\t2"]);
}

/// A session alone cannot be renewed.
#[tokio::test]
async fn a_session_that_is_no_longer_taken_is_the_end() {
    let target = target(Harm::Restart).await;
    // The target's session ids are app and user; this one is known from its first login on.
    let first = listening(target.url(), &["--user", "user-1"]).await;
    first.signal("INT");
    assert_eq!(first.end().await.code, Some(0));
    let run = listening(target.url(), &["--session", "demo user-1"]).await;
    push(target.url(), "user-1", "one", &["--message", "1"]).await;
    let done = run.end().await;
    assert_eq!(done.code, Some(4), "{done:?}");
    assert_eq!(untimed(&done), ["one\t1"]);
    let error = format!(
        "error: the session of app demo at {} is gone for good: the session is no longer taken\n",
        target.url()
    );
    assert!(done.stderr.ends_with(&error), "{done:?}");
}

#[tokio::test]
async fn a_target_that_goes_away_is_waited_for() {
    let target = target(Harm::Die(Death::Cut)).await;
    let mut run = listening(target.url(), &[]).await;
    push(target.url(), "user-0", "one", &["--message", "1"]).await;
    drop(target);
    run.hears("user-0 lost its connection").await;
    run.hears("user-0 could not come back: ").await;
    run.signal("INT");
    assert_eq!(run.end().await.code, Some(0));
}
