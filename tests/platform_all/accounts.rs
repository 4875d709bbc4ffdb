//! Login, check, logout, expiry, and who may join.

use crate::support::{Http, Publisher, Ws, connect, get, log_in, soon, start};
use pushproof::platform::PlatformConfig;
use serde_json::json;
use std::time::Duration;

#[tokio::test]
async fn login_check_logout() {
    let platform = start(PlatformConfig::default()).await;
    let to = platform.address();
    let token = log_in(to, "demo", 7).await;
    let query = format!("appID=demo&sessionID={token}&unknown=1");
    let check = get(to, &format!("/good/api/v4/auth/check?{query}")).await;
    assert_eq!(
        check.json()["result"],
        json!({"result": true, "token": {"token": token, "username": "user-7", "role": ""}})
    );
    let other = get(
        to,
        &format!("/good/api/v4/auth/check?appID=other&sessionID={token}"),
    )
    .await;
    assert_eq!(other.json()["result"]["result"], json!(false));

    let mut ws = Ws::connected(to, "demo", &token).await;
    get(to, &format!("/good/api/v4/auth/logout?{query}")).await;
    assert_eq!(ws.text().await, "41");
    ws.ends().await;
    let check = get(to, &format!("/good/api/v4/auth/check?{query}")).await;
    assert_eq!(check.json()["result"]["result"], json!(false));
    assert_eq!(
        Publisher::new(to, "demo")
            .await
            .push("user-7", "e", None)
            .await,
        0
    );
    platform.stop().await;
}

#[tokio::test]
async fn a_wrong_login_has_the_known_shape() {
    let platform = start(PlatformConfig::default()).await;
    for body in [
        r#"{"provider":"rest","username":"user-1","password":"x"}"#,
        r#"{"username":"*","password":"password-*"}"#,
        r#"{"username":1}"#,
        "nonsense",
    ] {
        let answer = Http::connect(platform.address())
            .await
            .post("/good/api/v5/auth?appID=demo", body)
            .await;
        assert_eq!(answer.status, 400);
        assert_eq!(
            answer.json(),
            json!({"msg": "User or password incorrect", "code": 108, "httpCode": 400, "typeError": "ERROR",
                "errorVariables": {}, "payload": null, "status": "ERROR"})
        );
    }
    platform.stop().await;
}

#[tokio::test]
async fn only_a_live_session_of_the_app_joins() {
    let platform = start(PlatformConfig::default()).await;
    let to = platform.address();
    let token = log_in(to, "demo", 1).await;
    let upper = token.to_uppercase();
    let mut ws = Ws::session(to).await;
    for auth in [
        String::new(),
        "{}".to_owned(),
        json!({"app_id": "demo"}).to_string(),
        json!({"session_id": token}).to_string(),
        json!({"app_id": "", "session_id": token}).to_string(),
        json!({"app_id": null, "session_id": token}).to_string(),
        json!({"app_id": ["demo"], "session_id": token}).to_string(),
        json!({"app_id": "demo", "session_id": {}}).to_string(),
        json!({"app_id": "demo", "session_id": 1}).to_string(),
        json!({"app_id": "other", "session_id": token}).to_string(),
        json!({"app_id": "Demo", "session_id": token}).to_string(),
        json!({"app_id": "demo", "session_id": "0".repeat(32)}).to_string(),
        json!({"app_id": "demo", "session_id": format!(" {token}")}).to_string(),
        format!("{{\"app_id\":\"demo\",\"session_id\":\"{token}\",\"session_id\":\"{token}\"}}"),
    ] {
        ws.send(&format!("40{auth}")).await;
        assert_eq!(
            ws.text().await,
            r#"44{"message":"not authorized"}"#,
            "{auth}"
        );
    }
    if upper != token {
        ws.send(&connect("demo", &upper)).await;
        assert_eq!(ws.text().await, r#"44{"message":"not authorized"}"#);
    }
    // The same connection may still prove itself.
    ws.send(&connect("demo", &token)).await;
    assert!(ws.text().await.starts_with("40{\"sid\":\""));
    platform.stop().await;
}

#[tokio::test]
async fn an_auth_that_is_no_object_never_joins() {
    let platform = start(PlatformConfig::default()).await;
    let to = platform.address();
    for packet in [
        "40[]",
        "40\"x\"",
        "40{",
        "40{}x",
        "40{\"app_id\":}",
        "40null",
        "40custom,",
    ] {
        let mut ws = Ws::session(to).await;
        ws.send(packet).await;
        ws.ends().await;
    }
    platform.stop().await;
}

#[tokio::test]
async fn a_login_and_its_sockets_end_with_its_time() {
    let platform = start(PlatformConfig {
        session_ttl: Duration::from_millis(300),
        ..PlatformConfig::default()
    })
    .await;
    let to = platform.address();
    let token = log_in(to, "demo", 1).await;
    let mut ws = Ws::connected(to, "demo", &token).await;
    assert_eq!(ws.text().await, "41");
    ws.ends().await;
    let mut late = Ws::session(to).await;
    late.send(&connect("demo", &token)).await;
    assert_eq!(late.text().await, r#"44{"message":"not authorized"}"#);
    platform.stop().await;
}

#[tokio::test]
async fn no_namespace_joined_in_time_ends_the_connection() {
    let platform = start(PlatformConfig {
        connect_timeout: Duration::from_millis(200),
        ..PlatformConfig::default()
    })
    .await;
    let to = platform.address();
    let begun = std::time::Instant::now();
    let mut silent = Ws::session(to).await;
    let mut refused = Ws::session(to).await;
    refused.send("40").await;
    assert!(refused.text().await.starts_with("44"));
    soon("both ends", async {
        silent.ends().await;
        refused.ends().await;
    })
    .await;
    assert!(begun.elapsed() >= Duration::from_millis(200));
    platform.stop().await;
}
