//! What real pages must see of a server that keeps the push contract, whoever wrote the server. Every check takes the base
//! URL of a server that has the apps `demo` and `other`, users `user-<n>` with `password-<n>`, `push/send`, and that acks every
//! client event that asks for it.

use serde_json::{Value, json};

use super::{
    peers::{Event, Identity, Peer, Program},
    rest::Rest,
};

/// Every check with every client program.
pub(crate) async fn client_matrix(base: &str) {
    for program in Program::ALL {
        eprintln!("client matrix: {program:?}");
        refuses_bad_logins(base, program).await;
        refuses_bad_sessions(base, program).await;
        speaks_every_transport(base, program).await;
        targets_users_and_apps(base, program).await;
        keeps_every_message_shape(base, program).await;
        keeps_order_through_the_upgrade(base, program).await;
        hears_client_events(base, program).await;
        closes_sockets_at_logout(base, program).await;
    }
}

/// The body that the contract has for a refused login.
pub(crate) fn login_refusal() -> Value {
    json!({"msg": "User or password incorrect", "code": 108, "httpCode": 400, "typeError": "ERROR",
           "errorVariables": {}, "payload": null, "status": "ERROR"})
}

/// Messages of every JSON shape; all survive any JSON parser unchanged (integers within 2^53, no float without fraction).
pub(crate) fn message_shapes() -> Vec<Option<Value>> {
    let nested = (0..40).fold(json!("core"), |inner, depth| {
        if depth % 2 == 0 {
            json!([inner])
        } else {
            json!({ "in": inner })
        }
    });
    let mut shapes: Vec<_> = [
        json!(null),
        json!(true),
        json!(0),
        json!(-7),
        json!(9_007_199_254_740_991_u64),
        json!(0.1),
        json!(1.5e-9),
        json!(""),
        json!("plain text"),
        json!("{\"json\":\"in a string\"}"),
        json!("42[\"looks\",\"like a packet\"]"),
        json!("Привет 🇷🇺 \u{0} \u{1e} \u{2028} \u{7f} \\ \" \r\n\t"),
        json!([]),
        json!([1, "two", null, [3], {"four": 4}]),
        json!({}),
        json!({"": "empty key", "ключ": "🔑", "_placeholder": true, "num": 0}),
        json!({"message": "Hello", "page": "my-home-page,profile",
               "parameters": {"position": "top-right", "duration": 4000, "icon": "🇷🇺"}}),
        nested,
        json!({ "long": "0123456789é".repeat(10_000) }),
    ]
    .into_iter()
    .map(Some)
    .collect();
    shapes.push(None);
    shapes
}

/// A connected client of `user` in `app` with the transports that pages use.
pub(crate) async fn connect(program: Program, base: &str, app: &str, user: &str) -> Peer {
    let mut peer = Peer::client_of(program, base, app, Identity::User(user), None);
    peer.connected().await;
    peer
}

/// A wrong password, an unknown user and an unknown app are all refused in the contract's words.
pub(crate) async fn refuses_bad_logins(base: &str, program: Program) {
    let cases = [
        ("demo", "user-1", "password-2"),
        ("demo", "nobody", "password-1"),
        ("no-such-app", "user-1", "password-1"),
    ];
    for (app, user, password) in cases {
        let mut peer = Peer::client_of(
            program,
            base,
            app,
            Identity::UserPassword(user, password),
            None,
        );
        assert_eq!(
            peer.login_refused().await,
            (400, login_refusal()),
            "{program:?} {app} {user} {password}"
        );
    }
}

/// Sessions that are unknown, of another app or logged out connect nowhere.
pub(crate) async fn refuses_bad_sessions(base: &str, program: Program) {
    let rest = Rest::new(base);
    let elsewhere = rest.login("other", "user-1").await;
    let over = rest.login("demo", "user-1").await;
    assert!(rest.check("demo", &over).await, "a fresh session is live");
    assert!(
        !rest.check("demo", &elsewhere).await,
        "another app's session is not live here"
    );
    rest.logout("demo", &over).await;
    assert!(
        !rest.check("demo", &over).await,
        "a session is not live after logout"
    );
    for session in ["no-such-session", &elsewhere, &over] {
        let mut peer = Peer::client_of(program, base, "demo", Identity::Session(session), None);
        assert_eq!(
            peer.connect_error().await,
            "not authorized",
            "{program:?} {session}"
        );
    }
}

/// Polling alone, WebSocket alone, and polling with the upgrade; a push arrives over each.
pub(crate) async fn speaks_every_transport(base: &str, program: Program) {
    let rest = Rest::new(base);
    for (transports, last) in [
        (Some("polling"), "polling"),
        (Some("websocket"), "websocket"),
        (None, "websocket"),
    ] {
        let mut peer = Peer::client_of(program, base, "demo", Identity::User("user-1"), transports);
        let first = peer.connected().await;
        if transports.is_none() {
            assert_eq!(peer.upgraded().await, last, "{program:?}");
        } else {
            assert_eq!(first, last, "{program:?}");
        }
        rest.push("demo", "user-1", "hello", Some(&json!({ "over": last })))
            .await;
        assert_eq!(
            peer.event().await,
            Event::new("hello", &[json!({ "over": last })]),
            "{program:?} {transports:?}"
        );
        assert_eq!(peer.events_so_far().await, [], "{program:?} {transports:?}");
    }
}

/// A targeted push reaches all sockets of its user, `*` all of the app, and neither anybody else. The same user id in another
/// app is somebody else, and so is a user whose id only begins the same.
pub(crate) async fn targets_users_and_apps(base: &str, program: Program) {
    let rest = Rest::new(base);
    let audience = [
        ("demo", "user-1"),
        ("demo", "user-1"),
        ("demo", "user-2"),
        ("demo", "user-11"),
        ("other", "user-1"),
    ];
    let mut peers = Vec::new();
    for (app, user) in audience {
        peers.push(connect(program, base, app, user).await);
    }
    let pushes = [
        ("demo", "user-1", "a"),
        ("demo", "*", "b"),
        ("other", "user-1", "c"),
        ("other", "*", "d"),
        ("demo", "user-2", "e"),
        ("demo", "user-9", "f"),
    ];
    for (app, to, event) in pushes {
        rest.push(app, to, event, Some(&json!({"pp": event, "to": to})))
            .await;
    }
    for (peer, (app, user)) in peers.iter_mut().zip(audience) {
        let due: Vec<_> = pushes
            .iter()
            .filter(|(to_app, to, _)| *to_app == app && (*to == "*" || *to == user))
            .map(|(_, to, event)| Event::new(event, &[json!({"pp": event, "to": to})]))
            .collect();
        assert_eq!(
            peer.events_so_far().await,
            due,
            "{program:?} {user} of {app}"
        );
    }
}

/// Each message arrives as it was sent, and no message as no argument.
pub(crate) async fn keeps_every_message_shape(base: &str, program: Program) {
    let rest = Rest::new(base);
    for transports in [None, Some("polling")] {
        let mut peer = Peer::client_of(program, base, "demo", Identity::User("user-1"), transports);
        peer.connected().await;
        for (at, shape) in message_shapes().iter().enumerate() {
            let name = format!("shape {at} «é»");
            rest.push("demo", "user-1", &name, shape.as_ref()).await;
            let due = Event {
                name,
                args: shape.iter().cloned().collect(),
            };
            assert_eq!(peer.event().await, due, "{program:?} {transports:?}");
        }
        assert_eq!(peer.events_so_far().await, [], "{program:?} {transports:?}");
    }
}

/// Pushes one after the other, from the moment of the connection and so across the upgrade, arrive in that order, each once.
pub(crate) async fn keeps_order_through_the_upgrade(base: &str, program: Program) {
    let rest = Rest::new(base);
    let mut peer = connect(program, base, "demo", "user-1").await;
    let numbers = 0..200;
    for number in numbers.clone() {
        rest.push(
            "demo",
            if number % 2 == 0 { "user-1" } else { "*" },
            "count",
            Some(&json!(number)),
        )
        .await;
    }
    let due: Vec<_> = numbers
        .map(|number| Event::new("count", &[json!(number)]))
        .collect();
    assert_eq!(peer.events_so_far().await, due, "{program:?}");
    assert_eq!(peer.upgraded().await, "websocket", "{program:?}");
}

/// Events of the client, also with binary, are taken, acked where that was asked for, and reach nobody else.
pub(crate) async fn hears_client_events(base: &str, program: Program) {
    let mut peer = connect(program, base, "demo", "user-1").await;
    let mut bystander = connect(program, base, "demo", "user-1").await;
    peer.emit("unheard of", &[json!(1)]).await;
    peer.emit("unheard of", &[json!({"_bin": "AAECAw=="}), json!("text")])
        .await;
    assert_eq!(
        peer.emit_with_ack("unheard of", &[]).await,
        [] as [Value; 0],
        "{program:?}"
    );
    assert_eq!(
        peer.emit_with_ack(
            "unheard of",
            &[json!({"a": {"_bin": ""}}), json!([{"_bin": "/w=="}])]
        )
        .await,
        [] as [Value; 0],
        "{program:?}"
    );
    assert_eq!(peer.events_so_far().await, [], "{program:?}");
    assert_eq!(bystander.events_so_far().await, [], "{program:?}");
}

/// Logout closes the sockets of that session, and of no other.
pub(crate) async fn closes_sockets_at_logout(base: &str, program: Program) {
    let rest = Rest::new(base);
    let mut leaving = connect(program, base, "demo", "user-1").await;
    let mut staying = connect(program, base, "demo", "user-1").await;
    let session = leaving.session().await;
    rest.logout("demo", &session).await;
    let reason = leaving.disconnected().await;
    assert!(
        reason.contains("server disconnect"),
        "{program:?}: told of the disconnection, not just cut off: {reason}"
    );
    rest.push("demo", "user-1", "still here", None).await;
    assert_eq!(
        staying.event().await,
        Event::new("still here", &[]),
        "{program:?}"
    );
}
