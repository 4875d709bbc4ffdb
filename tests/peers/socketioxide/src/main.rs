//! A push server on socketioxide and axum that speaks the contract in pushproof's README: login, sockets that prove their session in
//! CONNECT, one call that pushes to a user or to everyone of an app.
//!
//!   socketioxide-server [--port 0] [--peer] [--ping-interval MS] [--ping-timeout MS] [--connect-timeout MS]
//!
//! Prints `listening on http://127.0.0.1:PORT` when ready; ends with its standard input, so it never outlives whoever started it.
//!
//! WebSocket alone, on as many threads as there are CPUs; `io.to(room).emit`, which encodes the packet once for all sockets of the room;
//! the library's own defaults otherwise. A socket joins its rooms before CONNECT is answered, so that no push that is asked for after
//! that answer misses it. On several threads one that is asked for before it can then overtake it.
//!
//! `--peer` makes it the peer of tests that count: every transport, one thread, so that joining and the answer to CONNECT are one step,
//! and `GET /truth`, which tells how many pushes and deliveries there were, as `server.mjs` does.

#![forbid(unsafe_code)]

use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::serve::ListenerExt as _;
use axum::{Json, Router};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as BASE64;
use serde::Deserialize;
use serde_json::{Value, json};
use socketioxide::extract::{SocketRef, State as SocketState, TryData};
use socketioxide::handler::ConnectHandler as _;
use socketioxide::{SocketIo, TransportType};
use std::collections::HashMap;
use std::error::Error;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use tokio::net::TcpSocket;

const APPS: [&str; 2] = ["demo", "other"];
/// Connections that may wait to be accepted.
const BACKLOG: u32 = 4096;

/// Who a login was for.
struct Session {
    app: String,
    user: String,
}

/// All logins by their session ids.
#[derive(Clone, Default)]
struct Sessions(Arc<RwLock<HashMap<String, Session>>>);

/// What was pushed, for `/truth`.
#[derive(Default)]
struct Truth {
    pushes: AtomicU64,
    deliveries: AtomicU64,
}

#[derive(Clone)]
struct Server {
    io: SocketIo,
    sessions: Sessions,
    /// `None`: nobody asks for it, and counting a room costs.
    truth: Option<Arc<Truth>>,
}

type Answer = (StatusCode, Json<Value>);

fn refused(status: StatusCode, msg: &str) -> Answer {
    let body = json!({ "msg": msg, "httpCode": status.as_u16(), "status": "ERROR" });
    (status, Json(body))
}

/// JSON of a list is an unambiguous key: no choice of app and user ids can make two rooms the same.
fn app_room(app: &str) -> String {
    json!(["app", app]).to_string()
}

fn user_room(app: &str, user: &str) -> String {
    json!(["user", app, user]).to_string()
}

fn session_room(session: &str) -> String {
    json!(["session", session]).to_string()
}

// ---- HTTP ------------------------------------------------------------------------------------------------------------

#[derive(Deserialize)]
struct Call {
    #[serde(rename = "appID")]
    app: String,
}

#[derive(Deserialize)]
struct Credentials {
    username: String,
    password: String,
}

#[derive(Deserialize)]
struct Ending {
    #[serde(rename = "appID")]
    app: String,
    #[serde(rename = "sessionID")]
    session: String,
}

/// Ends a session and its sockets. One that is not there is as good as ended.
async fn logout(
    State(server): State<Server>,
    Query(Ending { app, session }): Query<Ending>,
) -> Answer {
    let ended = {
        let mut sessions = server
            .sessions
            .0
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        match sessions.get(&session) {
            Some(own) if own.app == app => sessions.remove(&session).is_some(),
            _ => false,
        }
    };
    if ended {
        // A socket that is going already needs no telling.
        let _ = server.io.to(session_room(&session)).disconnect().await;
    }
    (
        StatusCode::OK,
        Json(json!({ "result": { "result": true } })),
    )
}

async fn login(
    State(server): State<Server>,
    Query(Call { app }): Query<Call>,
    body: Bytes,
) -> Answer {
    let wrong = || refused(StatusCode::BAD_REQUEST, "User or password incorrect");
    let Ok(Credentials { username, password }) = serde_json::from_slice(&body) else {
        return wrong();
    };
    let number = username.strip_prefix("user-");
    let number = number.filter(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()));
    if !APPS.contains(&app.as_str())
        || number.is_none()
        || number != password.strip_prefix("password-")
    {
        return wrong();
    }
    let mut random = [0; 16];
    if getrandom::fill(&mut random).is_err() {
        return refused(StatusCode::INTERNAL_SERVER_ERROR, "no randomness");
    }
    let token = format!("{:032x}", u128::from_ne_bytes(random));
    let user = username.clone();
    let mut sessions = server
        .sessions
        .0
        .write()
        .unwrap_or_else(PoisonError::into_inner);
    sessions.insert(token.clone(), Session { app, user });
    let result = json!({ "token": token, "username": username, "role": "" });
    (
        StatusCode::OK,
        Json(json!({ "result": result, "status": "ok" })),
    )
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Push {
    #[serde(rename = "userID")]
    user: String,
    event_name: String,
    // A null is a message as well.
    #[serde(default, deserialize_with = "some")]
    message: Option<Value>,
    #[serde(rename = "messageBase64")]
    bytes: Option<String>,
}

async fn push(
    State(server): State<Server>,
    Query(Call { app }): Query<Call>,
    body: Bytes,
) -> Answer {
    let Ok(push) = serde_json::from_slice::<Push>(&body) else {
        return refused(StatusCode::BAD_REQUEST, "not a push");
    };
    if !APPS.contains(&app.as_str()) {
        return refused(StatusCode::BAD_REQUEST, "no such app");
    }
    let room = match push.user.as_str() {
        "*" => app_room(&app),
        user => user_room(&app, user),
    };
    if let Some(truth) = &server.truth {
        let sockets = server.io.to(room.clone()).sockets().len();
        truth.pushes.fetch_add(1, Ordering::Relaxed);
        truth
            .deliveries
            .fetch_add(sockets as u64, Ordering::Relaxed);
    }
    let audience = server.io.to(room);
    let attached = push.bytes.as_deref().map(|base64| BASE64.decode(base64));
    let Ok(attached) = attached.transpose() else {
        return refused(StatusCode::BAD_REQUEST, "messageBase64 is no base64");
    };
    let emitted = match &push.message {
        _ if attached.is_some() => {
            let bytes = Bytes::from(attached.unwrap_or_default());
            audience.emit(&push.event_name, &(bytes,)).await
        }
        // A tuple is a list of arguments, so that a message that is itself a list stays one argument.
        Some(message) => audience.emit(&push.event_name, &(message,)).await,
        None => audience.emit(&push.event_name, &[Value::Null; 0]).await,
    };
    match emitted {
        Ok(()) => (
            StatusCode::OK,
            Json(json!({ "result": [], "status": "ok" })),
        ),
        // Some socket will not have it: its queue is full, or it is going. Never to be told as a success.
        Err(error) => refused(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
    }
}

async fn truth(State(server): State<Server>) -> Answer {
    let Some(truth) = &server.truth else {
        return refused(StatusCode::NOT_FOUND, "only with --peer");
    };
    let told = |count: &AtomicU64| count.load(Ordering::Relaxed);
    let body = json!({ "pushes": told(&truth.pushes), "deliveries": told(&truth.deliveries) });
    (StatusCode::OK, Json(body))
}

// ---- Sockets ---------------------------------------------------------------------------------------------------------

#[derive(Deserialize)]
struct Auth {
    app_id: String,
    session_id: String,
}

/// Lets a socket in whose session is good, and into its rooms. The error's text is the message of CONNECT_ERROR.
async fn check(
    socket: SocketRef,
    TryData(auth): TryData<Auth>,
    SocketState(Sessions(sessions)): SocketState<Sessions>,
) -> Result<(), &'static str> {
    const REFUSED: &str = "not authorized";
    let auth = auth.map_err(|_| REFUSED)?;
    let sessions = sessions.read().unwrap_or_else(PoisonError::into_inner);
    let session = sessions.get(&auth.session_id).ok_or(REFUSED)?;
    if session.app != auth.app_id {
        return Err(REFUSED);
    }
    socket.join([
        app_room(&session.app),
        user_room(&session.app, &session.user),
        session_room(&auth.session_id),
    ]);
    Ok(())
}

/// Whatever stands there, null too.
fn some<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(from).map(Some)
}

// ---- Life ------------------------------------------------------------------------------------------------------------

/// What was asked for.
#[derive(Default)]
struct Flags {
    port: u16,
    peer: bool,
    ping_interval: Option<Duration>,
    ping_timeout: Option<Duration>,
    connect_timeout: Option<Duration>,
}

fn flags() -> Result<Flags, Box<dyn Error>> {
    let mut flags = Flags::default();
    let mut args = std::env::args().skip(1);
    while let Some(flag) = args.next() {
        let mut value = || args.next().ok_or_else(|| format!("{flag} needs a value"));
        match flag.as_str() {
            "--port" => flags.port = value()?.parse()?,
            "--peer" => flags.peer = true,
            "--ping-interval" => {
                flags.ping_interval = Some(Duration::from_millis(value()?.parse()?));
            }
            "--ping-timeout" => {
                flags.ping_timeout = Some(Duration::from_millis(value()?.parse()?));
            }
            "--connect-timeout" => {
                flags.connect_timeout = Some(Duration::from_millis(value()?.parse()?));
            }
            _ => return Err(format!("unknown flag {flag}").into()),
        }
    }
    Ok(flags)
}

/// Ends the process with its standard input, on a thread of its own: a read from it cannot be given up.
fn end_with_stdin() {
    std::thread::spawn(|| {
        // An error is as good an end as any.
        let _ = std::io::copy(&mut std::io::stdin().lock(), &mut std::io::sink());
        std::process::exit(0);
    });
}

fn main() -> Result<(), Box<dyn Error>> {
    let flags = flags()?;
    end_with_stdin();
    let mut threads = match flags.peer {
        true => tokio::runtime::Builder::new_current_thread(),
        false => tokio::runtime::Builder::new_multi_thread(),
    };
    threads.enable_all().build()?.block_on(serve(flags))
}

async fn serve(flags: Flags) -> Result<(), Box<dyn Error>> {
    let sessions = Sessions::default();
    let mut builder = SocketIo::builder().with_state(sessions.clone());
    if !flags.peer {
        builder = builder.transports([TransportType::Websocket]);
    }
    if let Some(interval) = flags.ping_interval {
        builder = builder.ping_interval(interval);
    }
    if let Some(timeout) = flags.ping_timeout {
        builder = builder.ping_timeout(timeout);
    }
    if let Some(timeout) = flags.connect_timeout {
        builder = builder.connect_timeout(timeout);
    }
    let (layer, io) = builder.build_layer();
    io.ns("/", (async || {}).with(check));
    let truth = flags.peer.then(Arc::default);
    let app = Router::new()
        .route("/good/api/v5/auth", post(login))
        .route("/good/api/v4/auth/logout", get(logout))
        .route("/good/api/v5/data/push/send", post(push))
        .route("/truth", get(self::truth))
        .with_state(Server {
            io,
            sessions,
            truth,
        })
        .layer(layer);

    let socket = TcpSocket::new_v4()?;
    socket.bind(([127, 0, 0, 1], flags.port).into())?;
    let listener = socket.listen(BACKLOG)?;
    println!("listening on http://{}", listener.local_addr()?);
    // Events are small and each one matters now.
    let listener = listener.tap_io(|tcp| {
        let _ = tcp.set_nodelay(true);
    });
    axum::serve(listener, app).await?;
    Ok(())
}
