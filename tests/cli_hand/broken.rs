//! Targets that are not there or not what they should be: one sentence that names the cause, exit code 4, and no event.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::command;
use super::support::done;
use super::target::{Logins, Manners, Sockets, Target};

async fn unheard(url: &str, args: &[&str], words: &[&str]) {
    let mut command = command("listen", url, args);
    command.args(["--timeout", "1s"]);
    let done = done(command).await;
    assert_eq!((done.code, done.stdout.as_str()), (Some(4), ""), "{done:?}");
    assert!(done.stderr.starts_with("error: "), "{done:?}");
    assert_eq!(done.stderr.lines().count(), 1, "{done:?}");
    for word in words {
        assert!(done.stderr.contains(word), "{word:?} in {done:?}");
    }
    assert!(!done.stderr.contains("password-"), "no password: {done:?}");
}

/// A server that answers whatever it is asked with these bytes; none: it ends the connection.
async fn answering(bytes: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("bound"));
    tokio::spawn(async move {
        while let Ok((mut tcp, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut asked = Vec::new();
                tcp.read_buf(&mut asked).await.ok();
                tcp.write_all(bytes.as_bytes()).await.ok();
                tcp.shutdown().await.ok();
                // What is left unread would reset the connection, and take the answer with it.
                tcp.read_to_end(&mut asked).await.ok();
            });
        }
    });
    url
}

const PAGE: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 25\r\nConnection: close\r\n\r\n<html>It \u{1b}[2Jworks</html>";

async fn nowhere() -> String {
    let unused = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = unused.local_addr().expect("bound");
    format!("http://{address}")
}

#[tokio::test]
async fn a_listener_names_what_is_wrong_with_the_login() {
    let url = nowhere().await;
    unheard(&url, &[], &[&url, "user-0", "cannot connect", "refused"]).await;
    let words = ["no-such-host.invalid", "looked up"];
    unheard("http://no-such-host.invalid", &[], &words).await;
    let page = answering(PAGE).await;
    unheard(
        &page,
        &[],
        &["session id", "<html>It \\u001b[2Jworks</html>"],
    )
    .await;
    let cut = answering("").await;
    unheard(&cut, &[], &["user-0", "the request failed"]).await;
    let other = answering("SSH-2.0-OpenSSH_9.2\r\n").await;
    unheard(&other, &[], &["user-0", "the request failed"]).await;

    let target = Target::start(Manners::default()).await;
    let refused = ["HTTP 400", "User or password incorrect"];
    unheard(target.url(), &["--password", "wrong"], &refused).await;
    unheard(
        target.url(),
        &["--app", "nowhere"],
        &["app nowhere", "HTTP 400"],
    )
    .await;
    // One of two is enough: what was asked for cannot be.
    let two = [
        "--user",
        "user-0",
        "--user",
        "eve",
        "--password",
        "password-{n}",
        // The other one may have been let in before.
        "--quiet",
    ];
    unheard(target.url(), &two, &["eve", "HTTP 400"]).await;
    let hangs = Target::start(Manners {
        logins: Logins::Never,
        ..Manners::default()
    })
    .await;
    unheard(hangs.url(), &[], &["user-0", "no answer within 1s"]).await;
}

#[tokio::test]
async fn a_listener_names_what_is_wrong_with_the_socket() {
    for (sockets, words) in [
        (Sockets::Forbidden, "HTTP 403: sockets are for members"),
        (Sockets::Chat, "does not speak Socket.IO"),
        (
            Sockets::NotAuthorized,
            "refused the session: not authorized",
        ),
        (Sockets::Version2, "Socket.IO v2"),
        (Sockets::Closed, "ended before CONNECT was answered"),
        (Sockets::Silent, "not connected within 1s"),
    ] {
        let target = Target::start(Manners {
            sockets,
            ..Manners::default()
        })
        .await;
        unheard(
            target.url(),
            &[],
            &[words, "user-0 of app demo", target.url()],
        )
        .await;
    }
    let page = answering(PAGE).await;
    unheard(&page, &["--session", "s"], &["the session", "HTTP 200"]).await;
    let cut = answering("").await;
    unheard(&cut, &["--session", "s"], &["ended"]).await;
    let other = answering("SSH-2.0-OpenSSH_9.2\r\n").await;
    unheard(&other, &["--session", "s"], &["not HTTP"]).await;
}

#[tokio::test]
async fn a_push_at_what_is_no_target_is_unknown() {
    let (nowhere, page, cut) = (nowhere().await, answering(PAGE).await, answering("").await);
    for (url, words) in [
        (nowhere.as_str(), "cannot connect"),
        ("http://no-such-host.invalid", "looked up"),
        (
            &page,
            "a web page in place of an answer; is this the right target? It says: <html>It \\u001b[2Jworks</html>",
        ),
        (&cut, "the request failed"),
    ] {
        let done = done(command("push", url, &["--user", "u", "--event", "e"])).await;
        assert_eq!((done.code, done.stderr.as_str()), (Some(4), ""), "{done:?}");
        assert!(done.stdout.starts_with("unknown after "), "{done:?}");
        assert!(done.stdout.contains(words), "{words:?} in {done:?}");
    }
}

#[tokio::test]
async fn mistakes_are_told_before_anything_is_asked() {
    let target = Target::start(Manners::default()).await;
    let many = ["--user", "u"].repeat(101);
    for (args, words) in [
        (
            &["--user", "alice"][..],
            "\"alice\"; give it with --password",
        ),
        (&["--session", "s", "--user", "u"], "--user"),
        (&["--session", "s", "--password", "p"], "--password"),
        (&["--count", "0"], "--count"),
        (&["--for", "0s"], "--for"),
        (&["--for", "10"], "10s"),
        (&["--target", "ftp://127.0.0.1"], "--target"),
        (&many, "101 users; at most 100"),
    ] {
        let done = done(command("listen", target.url(), args)).await;
        assert_eq!((done.code, done.stdout.as_str()), (Some(2), ""), "{done:?}");
        assert!(done.stderr.starts_with("error: "), "{done:?}");
        assert!(done.stderr.contains(words), "{words:?} in {done:?}");
    }
    assert_eq!(target.connections(), 0);
}
