//! Who gets a push, and what.

use crate::support::{Http, Polling, Publisher, Ws, connect, get, log_in, start};
use pushproof::platform::PlatformConfig;
use serde_json::json;

#[tokio::test]
async fn a_push_reaches_its_user_and_nobody_else() {
    let platform = start(PlatformConfig::default()).await;
    let to = platform.address();
    let mut one = Ws::user(to, "demo", 1).await;
    let mut tab = Ws::user(to, "demo", 1).await;
    let mut polling = Polling::user(to, "demo", 1).await;
    let mut two = Ws::user(to, "demo", 2).await;
    let mut eleven = Ws::user(to, "demo", 11).await;
    let mut namesake = Ws::user(to, "other", 1).await;
    let mut publisher = Publisher::new(to, "demo").await;

    assert_eq!(publisher.push("user-1", "e", Some("1")).await, 3);
    assert_eq!(publisher.push("*", "all", Some("2")).await, 5);
    assert_eq!(publisher.push("user-9", "e", Some("3")).await, 0);
    assert_eq!(publisher.push("demo", "e", None).await, 0);
    assert_eq!(publisher.push("USER-1", "e", None).await, 0);
    assert_eq!(publisher.push("user-1 ", "e", None).await, 0);

    for ws in [&mut one, &mut tab] {
        assert_eq!(ws.text().await, r#"42["e",1]"#);
    }
    assert_eq!(polling.packets().await, [r#"42["e",1]"#, r#"42["all",2]"#]);
    for ws in [&mut one, &mut tab, &mut two, &mut eleven] {
        assert_eq!(ws.text().await, r#"42["all",2]"#);
        ws.quiet().await;
    }
    namesake.quiet().await;
    platform.stop().await;
}

#[tokio::test]
async fn messages_arrive_byte_for_byte() {
    let platform = start(PlatformConfig::default()).await;
    let to = platform.address();
    let mut ws = Ws::user(to, "demo", 1).await;
    let mut polling = Polling::user(to, "demo", 1).await;
    let mut publisher = Publisher::new(to, "demo").await;
    for (event, message) in [
        ("\"e\"", None),
        ("\"e\"", Some("null")),
        ("\"e\"", Some("true")),
        ("\"e\"", Some("-0.0")),
        ("\"e\"", Some("1e400")),
        ("\"e\"", Some("123456789012345678901234567890")),
        ("\"e\"", Some("\"\"")),
        ("\"e\"", Some(r#""\u0000\u001e\ud83d\ude00 😀 \ud800""#)),
        (
            "\"e\"",
            Some(r#"{ "b" : 1, "a" : [ ], "b" : {"__proto__":1} }"#),
        ),
        ("\"e\"", Some(r#"{"_placeholder":true,"num":0}"#)),
        (r#""a \"q\" \\ \n ünï""#, Some("[1,[2]]")),
        (r#""m\u0065ssage""#, Some("0")),
    ] {
        let part = message.map_or_else(String::new, |m| format!(",\"message\":{m}"));
        let body = format!("{{\"userID\":\"user-1\",\"eventName\":{event}{part}}}");
        assert_eq!(
            publisher.call(&body).await.json(),
            json!({"result": [{"deliveredTo": 2}], "status": "ok"})
        );
        let expected = match message {
            Some(message) => format!("42[{event},{message}]"),
            None => format!("42[{event}]"),
        };
        assert_eq!(ws.text().await, expected);
        assert_eq!(polling.poll().await.body, expected);
    }
    platform.stop().await;
}

#[tokio::test]
async fn every_size_arrives_whole() {
    let platform = start(PlatformConfig::default()).await;
    let to = platform.address();
    let mut ws = Ws::user(to, "demo", 1).await;
    let mut polling = Polling::user(to, "demo", 1).await;
    let mut publisher = Publisher::new(to, "demo").await;
    for size in [0, 1, 115, 116, 117, 125, 126, 65_520, 65_536, 999_998] {
        let message = format!("\"{}\"", "x".repeat(size));
        assert_eq!(publisher.push("*", "e", Some(&message)).await, 2);
        let expected = format!("42[\"e\",{message}]");
        assert!(ws.text().await == expected, "{size}");
        assert!(polling.poll().await.body == expected, "{size}");
    }
    let message = format!("\"{}\"", "x".repeat(999_999));
    let refused = publisher
        .call(&format!(
            "{{\"userID\":\"*\",\"eventName\":\"e\",\"message\":{message}}}"
        ))
        .await;
    assert_eq!(refused.status, 413);
    assert_eq!(publisher.push("*", "after", None).await, 2);
    assert_eq!(ws.text().await, "42[\"after\"]");
    platform.stop().await;
}

#[tokio::test]
async fn what_makes_no_push_is_refused_with_a_message() {
    let platform = start(PlatformConfig::default()).await;
    let to = platform.address();
    let mut ws = Ws::user(to, "demo", 1).await;
    let mut publisher = Publisher::new(to, "demo").await;
    for body in [
        r#"{"userID":"","eventName":"e"}"#,
        r#"{"userID":1,"eventName":"e"}"#,
        r#"{"userID":"*"}"#,
        r#"{"userID":"*","eventName":["e"]}"#,
        r#"{"userID":"*","eventName":"disconnect"}"#,
        r#"{"userID":"*","eventName":"newListener"}"#,
        r#"{"userID":"*","eventName":"e","message":}"#,
        r#"{"userID":"*","eventName":"e"}x"#,
        r#"["*","e"]"#,
        "",
    ] {
        let answer = publisher.call(body).await;
        assert_eq!(answer.status, 400, "{body}");
        assert!(answer.json()["msg"].is_string());
    }
    let token = log_in(to, "other", 1).await;
    let body = r#"{"userID":"*","eventName":"e"}"#;
    for (path, status) in [
        (
            "/good/api/v5/data/push/send?appID=nowhere&sessionID=".to_owned(),
            400,
        ),
        (
            "/good/api/v5/data/push/none?appID=demo&sessionID=".to_owned(),
            400,
        ),
        (
            "/good/api/v5/data/push/send?appID=demo&sessionID=x".to_owned(),
            403,
        ),
        (
            format!("/good/api/v5/data/push/send?appID=demo&sessionID={token}"),
            403,
        ),
    ] {
        let answer = Http::connect(to).await.post(&path, body).await;
        assert_eq!(answer.status, status, "{path}");
        assert!(answer.json()["msg"].is_string());
    }
    ws.quiet().await;
    let webhook = Http::connect(to)
        .await
        .post("/good/api/v5/webhook/x", "{}")
        .await;
    assert_eq!(webhook.json(), json!({"result": null, "status": "OK"}));
    assert_eq!(get(to, "/healthz").await.body, "ok\n");
    platform.stop().await;
}

#[tokio::test]
async fn user_ids_are_compared_exactly_whatever_they_are() {
    let mut config = PlatformConfig::default();
    let long = "x".repeat(1024);
    let ids = [
        "Bob",
        "bob",
        "é",
        "e\u{301}",
        "😀",
        "a\u{200b}",
        "**",
        "%2A",
        "\\*",
        "app:demo",
        "/",
        "0",
        "null",
        "__proto__",
        "constructor",
        "a\nb",
        "a,b",
        " ",
        &long,
    ];
    config.apps[0].users = ids.iter().map(|id| (id.to_string(), "p".into())).collect();
    let platform = start(config).await;
    let to = platform.address();
    let mut sockets = Vec::new();
    for id in ids {
        let answer = Http::connect(to)
            .await
            .post(
                "/good/api/v5/auth?appID=demo",
                &json!({"username": id, "password": "p"}).to_string(),
            )
            .await
            .json();
        let token = answer["result"]["token"].as_str().unwrap();
        sockets.push(Ws::connected(to, "demo", token).await);
    }
    let mut publisher = Publisher::new(to, "demo").await;
    for id in ids {
        assert_eq!(
            publisher
                .push(id, "for", Some(&json!(id).to_string()))
                .await,
            1,
            "{id:?}"
        );
    }
    for (id, ws) in ids.iter().zip(&mut sockets) {
        assert_eq!(ws.text().await, format!("42[\"for\",{}]", json!(id)));
        ws.quiet().await;
    }
    platform.stop().await;
}

#[tokio::test]
async fn namespaces_of_one_connection_are_sockets_of_their_own() {
    let platform = start(PlatformConfig {
        namespaces: vec!["/admin".into()],
        ..PlatformConfig::default()
    })
    .await;
    let to = platform.address();
    let first = log_in(to, "demo", 1).await;
    let second = log_in(to, "demo", 2).await;
    let mut ws = Ws::connected(to, "demo", &first).await;
    ws.send("40/admin,").await;
    assert_eq!(ws.text().await, r#"44/admin,{"message":"not authorized"}"#);
    ws.send("40/none,{}").await;
    assert_eq!(
        ws.text().await,
        r#"44/none,{"message":"Invalid namespace"}"#
    );
    ws.send(&connect("demo", &second).replacen("40", "40/admin,", 1))
        .await;
    assert!(ws.text().await.starts_with("40/admin,{\"sid\":\""));

    let mut publisher = Publisher::new(to, "demo").await;
    assert_eq!(publisher.push("user-2", "e", None).await, 1);
    assert_eq!(ws.text().await, r#"42/admin,["e"]"#);
    assert_eq!(publisher.push("user-1", "e", None).await, 1);
    assert_eq!(ws.text().await, r#"42["e"]"#);
    ws.send("41/admin,").await;
    ws.quiet().await;
    assert_eq!(publisher.push("user-2", "e", None).await, 0);
    assert_eq!(publisher.push("*", "all", None).await, 1);
    assert_eq!(ws.text().await, r#"42["all"]"#);
    platform.stop().await;
}
