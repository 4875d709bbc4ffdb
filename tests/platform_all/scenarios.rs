//! Scenarios of a platform file: what triggers them, what they do, what callers get.

use crate::support::{Answer, Http, Ws, connect, get, start};
use pushproof::platform::{AppConfig, Platform, PlatformConfig};
use serde_json::{Value, json};
use std::net::SocketAddr;

async fn of(text: &str) -> Platform {
    let apps = AppConfig::read_all("test", text).unwrap();
    start(PlatformConfig {
        apps,
        ..PlatformConfig::default()
    })
    .await
}

async fn built_in() -> Platform {
    start(PlatformConfig {
        apps: AppConfig::built_in(),
        ..PlatformConfig::default()
    })
    .await
}

async fn log_in(to: SocketAddr, app: &str, user: &str) -> String {
    let body = json!({"username": user, "password": user}).to_string();
    let path = format!("/good/api/v5/auth?appID={app}");
    let answer = Http::connect(to).await.post(&path, &body).await;
    answer.json()["result"]["token"]
        .as_str()
        .unwrap()
        .to_owned()
}

async fn call(to: SocketAddr, path: &str, app: &str, session: &str, object: &Value) -> Answer {
    let path = format!("/good/api/v5/{path}?appID={app}&sessionID={session}");
    let mut http = Http::connect(to).await;
    http.post(&path, &object.to_string()).await
}

async fn read(to: SocketAddr, path: &str, app: &str, session: &str, more: &str) -> Answer {
    let path = format!("/good/api/v5/data/{path}?appID={app}&sessionID={session}{more}");
    get(to, &path).await
}

/// The event and its argument.
fn event(text: &str) -> Value {
    serde_json::from_str(text.strip_prefix("42").unwrap_or_else(|| panic!("{text}"))).unwrap()
}

#[tokio::test]
async fn a_request_is_kept_for_its_user_and_told_of() {
    let platform = built_in().await;
    let to = platform.address();
    let (anna, boris) = (
        log_in(to, "demo", "anna").await,
        log_in(to, "demo", "boris").await,
    );
    let carol = log_in(to, "other", "carol").await;
    let mut by_anna = Ws::connected(to, "demo", &anna).await;
    let mut by_boris = Ws::connected(to, "demo", &boris).await;
    let mut by_carol = Ws::connected(to, "other", &carol).await;

    let chair =
        json!({"title": "A \"chair\"", "text": {"legs": 4.0}, "@user": "boris", "by": "boris"});
    let answer = call(to, "data/requests/submit", "demo", &anna, &chair).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let made = answer.json()["result"][0].clone();
    assert_eq!(answer.json(), json!({"result": [made], "status": "ok"}));
    assert!(made["id"].is_string() && made["@when"].as_u64() > Some(1_600_000_000_000));
    assert_eq!(
        made,
        json!({"id": made["id"], "@when": made["@when"], "title": "A \"chair\"",
            "text": {"legs": 4.0}, "by": "anna", "state": "new"})
    );
    // The refresher first, for everyone of the app, then the alert, for its user alone.
    assert_eq!(event(&by_anna.text().await), json!(["refresh-requests"]));
    let alert = json!({"message": "Saved: A \"chair\"", "page": "requests",
        "parameters": {"position": "top-right", "icon": "✅"}});
    assert_eq!(event(&by_anna.text().await), json!(["alert", alert]));
    assert_eq!(event(&by_boris.text().await), json!(["refresh-requests"]));
    for ws in [&mut by_anna, &mut by_boris, &mut by_carol] {
        ws.quiet().await;
    }

    let page = |items: Value, page: u64, size: u64, total: u64| json!({"payload": items, "pageInfo": {"page": page, "pageSize": size, "totalElements": total}, "status": "ok"});
    let answer = read(to, "requests/list", "demo", &anna, "").await;
    assert_eq!(answer.json(), page(json!([made]), 0, 20, 1));
    let answer = read(to, "requests/list", "demo", &boris, "&page=0&pageSize=5").await;
    assert_eq!(answer.json(), page(json!([]), 0, 5, 0));
    let answer = read(to, "requests/list", "other", &carol, "").await;
    assert_eq!(answer.json(), page(json!([]), 0, 20, 0));

    for number in 1..=4 {
        let more = json!({"title": number.to_string()});
        call(to, "data/requests/submit", "demo", &anna, &more).await;
    }
    let titles = |answer: &Answer| {
        let all = answer.json()["payload"].as_array().unwrap().clone();
        all.iter()
            .map(|one| one["title"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let answer = read(to, "requests/list", "demo", &anna, "&pageSize=2").await;
    assert_eq!(titles(&answer), ["4", "3"]);
    let answer = read(to, "requests/list", "demo", &anna, "&page=2&pageSize=2").await;
    assert_eq!(titles(&answer), ["A \"chair\""]);
    assert_eq!(answer.json()["pageInfo"]["totalElements"], 5);
    platform.stop().await;
}

#[tokio::test]
async fn calls_that_cannot_be_are_refused_in_the_documented_shape() {
    let platform = built_in().await;
    let to = platform.address();
    let anna = log_in(to, "demo", "anna").await;
    let carol = log_in(to, "other", "carol").await;
    let refused = |answer: Answer, status: u16, msg: &str| {
        let wanted = json!({"msg": msg, "code": 100, "httpCode": status, "typeError": "ERROR",
            "errorVariables": {}, "payload": null, "status": "ERROR"});
        assert_eq!((answer.status, answer.json()), (status, wanted));
    };
    let (title, none) = (json!({"title": "t"}), json!({}));
    for bad in ["", &carol, "x"] {
        let answer = call(to, "data/requests/submit", "demo", bad, &title).await;
        refused(answer, 403, "session needed");
        let answer = read(to, "requests/list", "demo", bad, "").await;
        refused(answer, 403, "session needed");
    }
    let lacks = "title must be there, and not be empty";
    for object in [&none, &json!({"title": null}), &json!({"title": ""})] {
        let answer = call(to, "data/requests/submit", "demo", &anna, object).await;
        refused(answer, 400, lacks);
    }
    let answer = call(to, "data/requests/submit", "demo", &anna, &json!([1])).await;
    refused(answer, 400, "the body is not a JSON object");
    for path in ["requests/list", "requests/none", "none/submit"] {
        let answer = call(to, &format!("data/{path}"), "demo", &anna, &title).await;
        refused(answer, 400, "no such endpoint");
    }
    for path in ["requests/submit", "push/send", "none/list"] {
        refused(
            read(to, path, "demo", &anna, "").await,
            400,
            "no such endpoint",
        );
    }
    refused(
        read(to, "requests/list", "nowhere", "", "").await,
        400,
        "no such app",
    );
    for page in ["-1", "x", "1.0", ""] {
        let answer = read(to, "requests/list", "demo", &anna, &format!("&page={page}")).await;
        refused(answer, 400, "page must be a number from 0");
    }
    for size in ["0", "1001", "all"] {
        let answer = read(
            to,
            "requests/list",
            "demo",
            &anna,
            &format!("&pageSize={size}"),
        )
        .await;
        refused(answer, 400, "pageSize must be a number from 1 to 1000");
    }
    let all = read(to, "requests/list", "demo", &anna, "").await.json();
    assert_eq!(all["pageInfo"]["totalElements"], 0, "nothing was made");
    platform.stop().await;
}

#[tokio::test]
async fn a_message_by_a_socket_event_is_acked_with_what_was_made_and_goes_to_two_users() {
    let platform = built_in().await;
    let to = platform.address();
    let (anna, boris) = (
        log_in(to, "demo", "anna").await,
        log_in(to, "demo", "boris").await,
    );
    let mut by_anna = Ws::connected(to, "demo", &anna).await;
    let mut by_boris = Ws::connected(to, "demo", &boris).await;
    let mut third = Ws::user(to, "demo", 1).await;
    by_anna
        .send(r#"427["chat",{"to":"boris","text":"Hello <b>"}]"#)
        .await;
    // What was pushed before the answer comes before it.
    let pushed = event(&by_anna.text().await);
    let ack = by_anna.text().await;
    let ack: Value = serde_json::from_str(ack.strip_prefix("437").unwrap()).unwrap();
    let made = &ack[0]["result"][0];
    let said = json!({"id": made["id"], "from": "anna", "to": "boris", "text": "Hello <b>"});
    assert_eq!(pushed, json!(["chat", said]));
    assert_eq!(event(&by_boris.text().await), json!(["chat", said]));
    let mut whole = said.clone();
    whole["@when"] = made["@when"].clone();
    assert!(made["@when"].is_u64());
    assert_eq!(ack, json!([{"result": [whole], "status": "ok"}]));

    by_anna
        .send(r#"428["chat",{"to":"boris","text":""}]"#)
        .await;
    let refused = r#"438[{"msg":"text must be there, and not be empty","status":"ERROR"}]"#;
    assert_eq!(by_anna.text().await, refused);
    by_anna.send(r#"429["chat","hi"]"#).await;
    let refused = r#"439[{"msg":"the one argument has to be a JSON object","status":"ERROR"}]"#;
    assert_eq!(by_anna.text().await, refused);

    // The same over HTTP, and both have it, nobody else.
    let answer = call(
        to,
        "data/messages/send",
        "demo",
        &boris,
        &json!({"to": "anna", "text": "And you?"}),
    )
    .await;
    assert_eq!(answer.json()["result"][0]["from"], "boris");
    for ws in [&mut by_anna, &mut by_boris] {
        assert_eq!(event(&ws.text().await)[1]["text"], "And you?");
        ws.quiet().await;
    }
    third.quiet().await;
    for (session, count) in [(&anna, 2), (&boris, 2)] {
        let mine = read(to, "messages/mine", "demo", session, "").await.json();
        assert_eq!(mine["pageInfo"]["totalElements"], count);
        assert_eq!(mine["payload"][1], whole);
    }
    platform.stop().await;
}

const WIRED: &str = r#"
[[apps]]
name = "a"
[[apps.structures]]
name = "things"
fields = ["name", "state"]
keep = 2
endpoints = [{ name = "all" }, { name = "new", only = { state = "new" } }]
[[apps.structures]]
name = "notes"
fields = ["of"]
endpoints = [{ name = "all" }]

[[apps.scenarios]]
name = "make"
on = { endpoint = "things/make" }
steps = [{ create = { structure = "things", fields = { name = "{{name}}", state = "new" } } }]
[[apps.scenarios]]
name = "finish"
on = { endpoint = "things/finish" }
steps = [{ change = { structure = "things", id = "{{id}}", fields = { state = "done" } } }]
[[apps.scenarios]]
name = "made"
on = { created = "things" }
steps = [{ push = { user = "*", event = "made", message = "{{@id}} {{name}}" } }, { create = { structure = "notes", fields = { of = "{{id}}" } } }]
[[apps.scenarios]]
name = "changed"
on = { changed = "things" }
steps = [{ push = { user = "*", event = "changed", message = '{"name":"{{name}}","state":"{{state}}"}' } }]
[[apps.scenarios]]
name = "hooked"
on = { webhook = "order/paid", needs = ["number"] }
steps = [{ push = { user = "*", event = "paid", message = "{{number}}" } }]
[[apps.scenarios]]
name = "asked"
on = { endpoint = "things/ask" }
steps = [{ reply = "{{@user}}" }, { reply = '{"you":"{{q}}"}' }, { push = { user = "*", event = "asked" } }]
[[apps.scenarios]]
name = "slow"
on = { endpoint = "things/slow", sync = false, needs = ["name"] }
steps = [{ push = { user = "*", event = "slow", message = "{{name}}" } }, { reply = "never seen" }]
[[apps.scenarios]]
name = "first"
on = { event = "both" }
steps = [{ push = { user = "*", event = "one" } }, { reply = "1" }]
[[apps.scenarios]]
name = "second"
on = { event = "both" }
steps = [{ push = { user = "*", event = "two", message = "{{x}}" } }, { reply = "{{x}}" }]
"#;

#[tokio::test]
async fn every_trigger_and_every_step_does_what_it_says() {
    let platform = of(WIRED).await;
    let to = platform.address();
    let mut ws = Ws::user(to, "a", 1).await;
    let mut ids = Vec::new();
    for name in ["x", "y", "z"] {
        let answer = call(to, "data/things/make", "a", "", &json!({"name": name})).await;
        let made = answer.json()["result"][0].clone();
        let id = made["id"].as_str().unwrap().to_owned();
        assert_eq!(
            event(&ws.text().await),
            json!(["made", format!("{id} {name}")])
        );
        ids.push(id);
    }
    // Of what is kept the oldest goes.
    let all = read(to, "things/all", "a", "", "").await.json();
    assert_eq!(
        (&all["payload"][0]["name"], &all["payload"][1]["name"]),
        (&json!("z"), &json!("y"))
    );
    assert_eq!(all["pageInfo"]["totalElements"], 2);
    let notes = read(to, "notes/all", "a", "", "").await.json();
    assert_eq!(notes["payload"][2]["of"], ids[0].as_str());
    assert_eq!(notes["pageInfo"]["totalElements"], 3);

    let answer = call(to, "data/things/finish", "a", "", &json!({"id": ids[1]})).await;
    assert_eq!(answer.json()["result"][0]["state"], "done");
    assert_eq!(answer.json()["result"][0]["name"], "y");
    assert_eq!(
        event(&ws.text().await),
        json!(["changed", {"name": "y", "state": "done"}])
    );
    let new = read(to, "things/new", "a", "", "").await.json();
    assert_eq!(
        (
            new["pageInfo"]["totalElements"].as_u64(),
            &new["payload"][0]["name"]
        ),
        (Some(1), &json!("z"))
    );
    for (id, msg) in [
        (json!(ids[0]), "no such object"),
        (json!(1), "id must be a string that is not empty"),
    ] {
        let answer = call(to, "data/things/finish", "a", "", &json!({"id": id})).await;
        assert_eq!(
            (answer.status, answer.json()["msg"].as_str()),
            (400, Some(msg))
        );
    }

    let hook = |name: &str, object: Value| {
        let path = format!("webhook/{name}");
        async move { call(to, &path, "a", "", &object).await }
    };
    let done = json!({"result": null, "status": "OK"});
    assert_eq!(hook("order/paid", json!({"number": 7})).await.json(), done);
    assert_eq!(event(&ws.text().await), json!(["paid", 7]));
    assert_eq!(hook("order/other", json!({"number": 7})).await.json(), done);
    assert_eq!(hook("order/paid", json!({})).await.status, 400);

    let session = crate::support::log_in(to, "a", 1).await;
    let answer = call(to, "data/things/ask", "a", &session, &json!({"q": "a\"b"})).await;
    assert_eq!(
        answer.json(),
        json!({"result": ["user-1", {"you": "a\"b"}], "status": "ok"})
    );
    let answer = call(
        to,
        "data/things/ask",
        "a",
        "",
        &json!({"q": 1, "@user": "user-1"}),
    )
    .await;
    assert_eq!(answer.json()["result"], json!(["", {"you": "1"}]));
    for _ in 0..2 {
        assert_eq!(event(&ws.text().await), json!(["asked"]));
    }

    let answer = call(to, "data/things/slow", "a", "", &json!({"name": "s"})).await;
    assert_eq!(answer.json(), json!({"result": [], "status": "ok"}));
    assert_eq!(event(&ws.text().await), json!(["slow", "s"]));
    let answer = call(to, "data/things/slow", "a", "", &json!({})).await;
    assert_eq!(
        (answer.status, answer.json()["msg"].as_str()),
        (400, Some("name must be there, and not be empty"))
    );

    ws.send(r#"421["both",{"x":[1]}]"#).await;
    assert_eq!(event(&ws.text().await), json!(["one"]));
    assert_eq!(event(&ws.text().await), json!(["two", [1]]));
    assert_eq!(
        ws.text().await,
        r#"431[{"result":["1",[1]],"status":"ok"}]"#
    );
    // Endpoints can be called by events as well; nobody gets an answer who wants none.
    ws.send(r#"42["things/ask",{"q":1}]"#).await;
    assert_eq!(event(&ws.text().await), json!(["asked"]));
    ws.send(r#"422["things/ask",{"q":1}]"#).await;
    assert_eq!(event(&ws.text().await), json!(["asked"]));
    assert_eq!(
        ws.text().await,
        r#"432[{"result":["user-1",{"you":"1"}],"status":"ok"}]"#
    );
    ws.quiet().await;
    platform.stop().await;
}

#[tokio::test]
async fn scenarios_that_trigger_each_other_come_to_an_end() {
    let text = r#"
[[apps]]
name = "a"
structures = [{ name = "s", fields = ["f"], endpoints = [{ name = "all" }] }]
[[apps.scenarios]]
name = "begin"
on = { endpoint = "s/begin" }
steps = [{ create = { structure = "s", fields = { f = "0" } } }]
[[apps.scenarios]]
name = "again"
on = { created = "s" }
steps = [{ create = { structure = "s", fields = { f = "{{f}}0" } } }]
[[apps]]
name = "wide"
structures = [{ name = "s", fields = [], endpoints = [{ name = "all" }] }, { name = "t", fields = [] }, { name = "u", fields = [] }]
[[apps.scenarios]]
name = "begin"
on = { endpoint = "s/begin" }
steps = [TEN_OF_S]
[[apps.scenarios]]
name = "more"
on = { created = "s" }
steps = [TEN_OF_T]
[[apps.scenarios]]
name = "and more"
on = { created = "t" }
steps = [TEN_OF_U]
[[apps]]
name = "later"
structures = [{ name = "s", fields = ["to"], endpoints = [{ name = "all" }] }]
[[apps.scenarios]]
name = "begin"
on = { endpoint = "s/begin" }
steps = [{ create = { structure = "s", fields = { to = "{{to}}" } } }]
[[apps.scenarios]]
name = "tell"
on = { created = "s" }
steps = [{ push = { user = "{{to}}", event = "e" } }]
"#;
    let ten = |name: &str| {
        let one = format!("{{ create = {{ structure = \"{name}\", fields = {{}} }} }}, ");
        one.repeat(10)
    };
    let text = text.replace("TEN_OF_S", &ten("s"));
    let text = text.replace("TEN_OF_T", &ten("t"));
    let text = text.replace("TEN_OF_U", &ten("u"));
    let platform = of(&text).await;
    let to = platform.address();
    let ended = |answer: Answer| {
        (
            answer.status,
            answer.json()["msg"].as_str().unwrap().to_owned(),
        )
    };
    let total = async |app: &str| {
        read(to, "s/all", app, "", "").await.json()["pageInfo"]["totalElements"].clone()
    };
    let answer = call(to, "data/s/begin", "a", "", &json!({})).await;
    let said = "scenarios trigger each other more than 8 deep".to_owned();
    assert_eq!(ended(answer), (500, said));
    assert_eq!(total("a").await, 9, "what was done stays done");
    // Each of the ten is 111 steps.
    let answer = call(to, "data/s/begin", "wide", "", &json!({})).await;
    let said = "the call leads to more than 1000 steps".to_owned();
    assert_eq!(ended(answer), (500, said));
    assert_eq!(total("wide").await, 10);
    // What is wrong with what was triggered says where.
    let answer = call(to, "data/s/begin", "later", "", &json!({})).await;
    let said = "scenario \"tell\": userID must be a string that is not empty".to_owned();
    assert_eq!(ended(answer), (400, said));
    assert_eq!(total("later").await, 1);
    platform.stop().await;
}

#[tokio::test]
async fn an_app_without_the_plugin_has_sessions_and_no_sockets() {
    let platform = of("[[apps]]\nname = \"a\"\nsockets = false\n[[apps]]\nname = \"b\"\n").await;
    let to = platform.address();
    let session = crate::support::log_in(to, "a", 1).await;
    let check = get(
        to,
        &format!("/good/api/v4/auth/check?appID=a&sessionID={session}"),
    )
    .await;
    assert_eq!(check.json()["result"]["result"], true);
    let mut ws = Ws::session(to).await;
    ws.send(&connect("a", &session)).await;
    assert_eq!(
        ws.text().await,
        r#"44{"message":"the Socket.io plugin of this app is off"}"#
    );
    // It is nobody's business who is not logged in.
    ws.send(&connect("a", "x")).await;
    assert_eq!(ws.text().await, r#"44{"message":"not authorized"}"#);
    Ws::user(to, "b", 1).await.quiet().await;
    platform.stop().await;
}

#[tokio::test]
async fn a_condition_on_what_nobody_has_shows_nobody_s_objects() {
    let platform = of(r#"
[[apps]]
name = "demo"
users = [{ id = "anna", password = "anna" }]
[[apps.structures]]
name = "notes"
fields = ["by"]
endpoints = [{ name = "mine", only = { by = "{{@usr}}" } }, { name = "all" }]
[[apps.scenarios]]
name = "note"
on = { endpoint = "notes/add" }
steps = [{ create = { structure = "notes", fields = { by = "{{by}}" } } }]
"#)
    .await;
    let to = platform.address();
    call(to, "data/notes/add", "demo", "", &json!({"by": "anna"})).await;
    for (name, total) in [("all", 1), ("mine", 0)] {
        let told = read(to, &format!("notes/{name}"), "demo", "", "").await;
        assert_eq!(told.json()["pageInfo"]["totalElements"], total, "{name}");
    }
    platform.stop().await;
}

#[tokio::test]
async fn a_scenario_that_needs_the_caller_has_one_who_is_logged_in() {
    let platform = of(r#"
[[apps]]
name = "demo"
users = [{ id = "anna", password = "anna" }]
[[apps.scenarios]]
name = "tell"
on = { endpoint = "all/tell", needs = ["@user"] }
steps = [{ push = { user = "*", event = "told" } }]
[[apps.scenarios]]
name = "tell later"
on = { endpoint = "all/later", needs = ["@user"], sync = false }
steps = [{ push = { user = "*", event = "told" } }]
"#)
    .await;
    let to = platform.address();
    let anna = log_in(to, "demo", "anna").await;
    for endpoint in ["data/all/tell", "data/all/later"] {
        for (session, status) in [(&*anna, 200), ("", 400)] {
            // What a client says of itself counts for nothing.
            let said = session.is_empty().then_some("anna");
            let told = call(to, endpoint, "demo", session, &json!({"@user": said})).await;
            assert_eq!(told.status, status, "{endpoint}: {told:?}");
        }
    }
    platform.stop().await;
}
