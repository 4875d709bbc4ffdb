//! The page of the platform, and what it has to know.

use crate::support::{Answer, Http, Publisher, Ws, get, log_in, post, soon, start};
use pushproof::platform::{AppConfig, FaultConfig, PlatformConfig};
use serde_json::json;
use std::net::SocketAddr;

async fn ask(to: SocketAddr, raw: &str) -> Answer {
    let mut http = Http::connect(to).await;
    http.send(raw).await;
    http.answer().await.unwrap()
}

#[tokio::test]
async fn the_page_and_all_it_names_are_served() {
    let platform = start(PlatformConfig::default()).await;
    let to = platform.address();
    let page = get(to, "/").await;
    assert_eq!(page.status, 200);
    assert_eq!(
        page.header("content-type"),
        Some("text/html; charset=UTF-8")
    );
    assert_eq!(page.header("cache-control"), Some("no-cache"));
    assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(page.header("referrer-policy"), Some("no-referrer"));
    let policy = page.header("content-security-policy").unwrap();
    let wanted =
        "default-src 'self'; connect-src 'self' ws: wss:; style-src 'self' 'unsafe-inline'; ";
    assert!(policy.starts_with(wanted), "{policy}");
    assert!(!policy.contains("script-src"), "{policy}");
    let mut kinds = Vec::new();
    for named in page
        .body
        .split(['"', '\''])
        .filter_map(|part| part.strip_prefix("./"))
    {
        let file = get(to, &format!("/{named}")).await;
        assert_eq!(file.status, 200, "{named}");
        assert!(!file.body.is_empty(), "{named}");
        let cache = file.header("cache-control").unwrap();
        assert_eq!(
            cache.contains("immutable"),
            named.starts_with("assets/"),
            "{named}"
        );
        kinds.push(file.header("content-type").unwrap().to_owned());
    }
    kinds.sort();
    let wanted = [
        "image/svg+xml",
        "text/css; charset=UTF-8",
        "text/javascript; charset=UTF-8",
    ];
    assert_eq!(kinds, wanted);
    let licenses = get(to, "/licenses.md").await;
    assert_eq!(
        licenses.header("content-type"),
        Some("text/plain; charset=UTF-8")
    );
    assert!(licenses.body.contains("react-hot-toast"));
    for none in [
        "/assets/",
        "/assets",
        "/../Cargo.toml",
        "/assets/../index.html",
        "//",
        "/index",
        "/web/dist/index.html",
    ] {
        assert_eq!(get(to, none).await.status, 404, "{none}");
    }
    assert_eq!(ask(to, &post("/", "")).await.status, 404);
    platform.stop().await;
}

#[tokio::test]
async fn what_a_browser_has_is_not_sent_again_and_a_head_is_all_there() {
    let platform = start(PlatformConfig::default()).await;
    let to = platform.address();
    let page = get(to, "/").await;
    let tag = page.header("etag").unwrap();
    for known in [
        tag.to_owned(),
        format!("W/{tag}"),
        format!("\"x\", {tag}"),
        "*".to_owned(),
    ] {
        let request = format!("GET / HTTP/1.1\r\nHost: t\r\nIf-None-Match: {known}\r\n\r\n");
        let again = ask(to, &request).await;
        assert_eq!((again.status, again.body.as_str()), (304, ""), "{known}");
        assert_eq!(again.header("etag"), Some(tag));
    }
    let other = ask(
        to,
        "GET / HTTP/1.1\r\nHost: t\r\nIf-None-Match: \"x\"\r\n\r\n",
    )
    .await;
    assert_eq!((other.status, other.body), (200, page.body.clone()));
    // Behind the head nothing comes but the answer to the next request.
    let mut http = Http::connect(to).await;
    http.send("HEAD / HTTP/1.1\r\nHost: t\r\n\r\nGET /healthz HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n")
        .await;
    let mut all = String::new();
    tokio::io::AsyncReadExt::read_to_string(&mut http.tcp, &mut all)
        .await
        .unwrap();
    let length = format!("content-length: {}\r\n", page.body.len());
    assert!(
        all.contains(&length) && !all.contains("<html") && all.ends_with("ok\n"),
        "{all}"
    );
    platform.stop().await;
}

#[tokio::test]
async fn the_login_form_is_told_of_apps_and_no_passwords_but_those_that_are_no_secret() {
    let mut config = PlatformConfig {
        apps: AppConfig::built_in(),
        ..PlatformConfig::default()
    };
    let mut own = AppConfig::named("own");
    own.users = vec![("eve".into(), "secret".into())];
    own.sockets = false;
    config.apps.push(own);
    let platform = start(config).await;
    let told = get(platform.address(), "/platform.json").await;
    assert_eq!(told.header("cache-control"), Some("no-store"));
    assert_eq!(
        told.json(),
        json!({"apps": [
            {"name": "demo", "title": "Demo", "sockets": true, "people": ["anna", "boris", "testUser"],
                "hint": {"anna": "anna", "boris": "boris", "testUser": "test"}},
            {"name": "other", "title": "Other", "sockets": true, "people": ["carol", "dan"],
                "hint": {"carol": "carol", "dan": "dan"}},
            {"name": "own", "title": "own", "sockets": false, "people": ["eve"]},
        ]})
    );
    platform.stop().await;
}

#[tokio::test]
async fn passwords_cannot_be_tried_without_end() {
    let config = PlatformConfig {
        failed_logins: 3,
        ..PlatformConfig::default()
    };
    let platform = start(config).await;
    let to = platform.address();
    let mut http = Http::connect(to).await;
    let mut statuses = Vec::new();
    for password in ["a", "b", "c", "password-1"] {
        let body = json!({"username": "user-1", "password": password}).to_string();
        let answer = http.post("/good/api/v5/auth?appID=demo", &body).await;
        statuses.push(answer.status);
        if answer.status == 429 {
            let said = answer.json();
            let msg = said["msg"].as_str().unwrap();
            assert!(
                msg.starts_with("Too many failed logins: try again in "),
                "{msg}"
            );
            assert_eq!(
                (&said["httpCode"], &said["status"]),
                (&json!(429), &json!("ERROR"))
            );
        }
    }
    assert_eq!(statuses, [400, 400, 400, 429]);
    // Neither another user nor the same name in another app.
    log_in(to, "demo", 2).await;
    log_in(to, "other", 1).await;
    platform.stop().await;
}

/// The same, by the admin.
async fn state(to: SocketAddr, authorization: &str) -> Answer {
    let request = format!("GET /admin/state HTTP/1.1\r\nHost: t\r\n{authorization}\r\n");
    ask(to, &request).await
}

#[tokio::test]
async fn the_admin_sees_who_is_connected_what_was_pushed_and_what_was_harmed() {
    let token = "a-token-of-the-tests";
    let platform = start(PlatformConfig {
        apps: AppConfig::built_in(),
        admin: Some(token.to_owned()),
        faults: FaultConfig {
            rates: vec!["drop=1/2".parse().unwrap()],
            ..FaultConfig::default()
        },
        ..PlatformConfig::default()
    })
    .await;
    let to = platform.address();
    let shows = format!("Authorization: Bearer {token}\r\n");
    let first = state(to, &shows).await;
    assert_eq!(first.status, 200, "{first:?}");
    assert_eq!(first.json()["connections"], 0);

    let mut sockets = Vec::new();
    for (app, number) in [("demo", 1), ("demo", 1), ("demo", 2), ("other", 3)] {
        sockets.push(Ws::user(to, app, number).await);
    }
    let mut pusher = Publisher::new(to, "demo").await;
    for _ in 0..4 {
        pusher.push("user-1", "alert", Some("\"for one\"")).await;
    }
    pusher.push("*", "alert", Some("\"for all\"")).await;
    pusher.push("nobody", "alert", None).await;
    let told = state(to, &shows).await.json();
    assert_eq!(told["connections"], 4);
    let demo = &told["apps"][0];
    assert_eq!((&demo["sockets"], &demo["users"]), (&json!(3), &json!(2)));
    assert_eq!(
        demo["users_most"],
        json!([{"user": "user-1", "sockets": 2}, {"user": "user-2", "sockets": 1}])
    );
    assert_eq!((&demo["pushes"], &demo["queued"]), (&json!(6), &json!(11)));
    let other = &told["apps"][1];
    assert_eq!(
        (&other["sockets"], &other["pushes"]),
        (&json!(1), &json!(0))
    );
    let faults = get(to, "/admin/faults").await.json();
    assert_eq!(told["faults"], faults);
    assert_eq!(faults["faults"][0]["occasions"], 11);

    // Who has gone is gone.
    sockets.clear();
    soon("their end", async {
        while state(to, &shows).await.json()["connections"] != 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    let told = state(to, &shows).await.json();
    assert_eq!(told["apps"][0]["users_most"], json!([]));
    platform.stop().await;
}

#[tokio::test]
async fn the_admins_view_is_there_for_its_token_alone_and_only_if_asked_for() {
    let platform = start(PlatformConfig::default()).await;
    for path in ["/admin", "/admin/state", "/admin/admin.js"] {
        assert_eq!(get(platform.address(), path).await.status, 404, "{path}");
    }
    platform.stop().await;

    let token = "a-token-of-the-tests";
    let platform = start(PlatformConfig {
        admin: Some(token.to_owned()),
        ..PlatformConfig::default()
    })
    .await;
    let to = platform.address();
    for wrong in [
        String::new(),
        "Authorization: Bearer\r\n".to_owned(),
        "Authorization: Bearer \r\n".to_owned(),
        format!("Authorization: Basic {token}\r\n"),
        format!("Authorization: {token}\r\n"),
        format!("Authorization: Bearer {token}x\r\n"),
        format!("Authorization: Bearer {}\r\n", &token[1..]),
    ] {
        let answer = state(to, &wrong).await;
        assert_eq!(answer.status, 401, "{wrong:?}");
        assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
        assert!(!answer.body.contains("apps"), "{answer:?}");
    }
    for (path, kind) in [
        ("/admin", "text/html; charset=UTF-8"),
        ("/admin/admin.js", "text/javascript; charset=UTF-8"),
        ("/admin/admin.css", "text/css; charset=UTF-8"),
    ] {
        let file = get(to, path).await;
        assert_eq!(file.status, 200, "{path}");
        assert_eq!(file.header("content-type"), Some(kind));
        let policy = file.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'self';"), "{policy}");
        assert!(!file.body.contains(token), "{path}");
    }
    platform.stop().await;
}
