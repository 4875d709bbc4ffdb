//! Against a Node `socket.io` server, which nobody here wrote.

use serde_json::{Value, json};

use super::peers::Peer;
use super::support::{Scratch, done};
use super::{command, listening, push, untimed};

#[tokio::test]
#[ignore = "needs Node and Python peers: run ci/check (or ci/install-peers, then cargo test -- --ignored)"]
async fn a_node_server_is_pushed_at_and_listened_to() {
    let server = Peer::spawn_node_server(&[]).await;
    let url = server.url();
    let users = ["--user", "user-1", "--user", "user-2", "--json"];
    let mut run = listening(url, &[&users[..], &["--count", "5"]].concat()).await;
    run.hears("listens in app").await;
    let said = push(url, "user-1", "alert", &["--message", "grüße 🇷🇺"]).await;
    assert!(
        said.contains(r#"{"result":[{"sockets":1}],"status":"ok"}"#),
        "{said}"
    );
    push(url, "user-3", "alert", &["--message", "nobody's"]).await;
    push(url, "user-2", "none", &[]).await;
    push(
        url,
        "user-1",
        "größer",
        &["--message", r#"{"a":[1.5,null]}"#],
    )
    .await;
    push(url, "*", "all", &["--message", "7", "--text"]).await;
    let args = ["--user", "user-1", "--event", "disconnect"];
    let refused = done(command("push", url, &args)).await;
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(
        refused
            .stdout
            .contains("HTTP 400: disconnect is a reserved event name"),
        "{refused:?}"
    );
    let heard = run.end().await;
    assert_eq!(heard.code, Some(0), "{heard:?}");
    let of = |user: &str| {
        let objects = heard.stdout.lines().map(|line| {
            let mut object: Value = serde_json::from_str(line).expect("JSON");
            object.as_object_mut().expect("an object").remove("at");
            object
        });
        let of_user = objects.filter(|object| object["user"] == user);
        of_user.collect::<Vec<_>>()
    };
    let all = |user| json!({"user": user, "event": "all", "args": ["7"]});
    assert_eq!(
        of("user-1"),
        [
            json!({"user": "user-1", "event": "alert", "args": ["grüße 🇷🇺"]}),
            json!({"user": "user-1", "event": "größer", "args": [{"a": [1.5, null]}]}),
            all("user-1"),
        ]
    );
    let none = json!({"user": "user-2", "event": "none", "args": []});
    assert_eq!(of("user-2"), [none, all("user-2")]);
}

/// Tokens that are signed by the scenario's key, verified by a library that nobody here wrote, of users who listen and of one who publishes.
#[tokio::test]
#[ignore = "needs Node and Python peers: run ci/check (or ci/install-peers, then cargo test -- --ignored)"]
async fn users_of_a_scenario_listen_and_publish_with_tokens_of_their_own() {
    let flags = ["--algorithm", "HS256", "--secret", "s3cr3t-of-the-tests"];
    let server = Peer::spawn_node("jwt.mjs", &flags).await;
    let url = server.url();
    let scratch = Scratch::new();
    scratch.file(
        "users.csv",
        "name,tenant\nuser-1,red\nuser-2,blue\nuser-98,blue\nuser-4,red\n",
    );
    let text = r#"
[target]
apps = ["all"]
[[target.triggers]]
kind = "socket"
user = "user-98"
[users]
count = 2
file = "users.csv"
[users.jwt]
algorithm = "HS256"
secret = "s3cr3t-of-the-tests"
claims = '{"sub":"{{user}}","tenant":"{{user.tenant}}"}'
lifetime = "2m"
"#;
    let file = scratch.file("scenario.toml", text);
    let at = ["--scenario", file.as_str()];
    let users = ["--user", "user-1", "--user", "user-2", "--count", "2"];
    let mut run = listening(url, &[&at[..], &users].concat()).await;
    run.hears("listens in app").await;
    push(
        url,
        "user-2",
        "two",
        &[&at[..], &["--message", "2"]].concat(),
    )
    .await;
    push(
        url,
        "user-1",
        "one",
        &[&at[..], &["--message", "1"]].concat(),
    )
    .await;
    let heard = run.end().await;
    assert_eq!(heard.code, Some(0), "{heard:?}");
    assert_eq!(untimed(&heard), ["user-2\ttwo\t2", "user-1\tone\t1"]);
    // The last one's tenant is another than the server wants.
    for (more, why) in [
        (["--user", "user-4"], "other claims were expected"),
        (["--token", "no-token"], "jwt malformed"),
    ] {
        let refused = done(command("listen", url, &[&at[..], &more].concat())).await;
        assert_eq!(refused.code, Some(4), "{refused:?}");
        assert!(refused.stderr.contains(why), "{refused:?}");
        assert!(!refused.stderr.contains("no-token") && !refused.stderr.contains("s3cr3t"));
    }
}
