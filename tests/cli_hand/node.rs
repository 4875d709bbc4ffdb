//! Against a Node `socket.io` server, which nobody here wrote.

use serde_json::{Value, json};

use super::peers::Peer;
use super::support::done;
use super::{command, listening, push};

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
