//! Targets that answer with something else, at each door and by each transport: the run ends soon, with a sentence that names the cause, and
//! with a report.

use std::sync::Arc;

use futures_util::future::join_all;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use super::support::{Report, done, run};

const PAGE: &str = "<!doctype html><title>Welcome to nginx!</title>";
/// As Engine.IO 3 has it.
const OPEN_3: &str = r#"0{"sid":"abc","upgrades":[],"pingInterval":25000,"pingTimeout":5000}"#;
const OPEN_4: &str =
    r#"0{"sid":"abc","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}"#;

/// Where a request goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Door {
    Login,
    Push,
    Sockets,
}

/// What is behind the door.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Behind {
    /// A web page, with 200.
    Page,
    /// 302.
    Redirect,
    /// Bytes that are no HTTP.
    Garbage,
    /// The connection is closed before any answer.
    Nothing,
    /// No answer, ever.
    Silence,
    /// 502, as a proxy gives it.
    Down,
    /// Engine.IO 3.
    Older,
    /// What is no packet, in a proper answer or a proper frame.
    NoPacket,
    /// Every other user is refused.
    HalfLocked,
}

struct Request {
    door: Door,
    user: u32,
    /// The key of a WebSocket handshake.
    key: Option<String>,
}

/// `None`: the connection has ended.
async fn request(tcp: &mut TcpStream) -> Option<Request> {
    let mut bytes = Vec::new();
    let head = loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end + 4;
        }
        if tcp.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let text = String::from_utf8_lossy(&bytes[..head]).into_owned();
    let header = |name: &str| {
        let mut lines = text.lines().filter_map(|line| line.split_once(": "));
        let found = lines.find(|(is, _)| is.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.to_owned())
    };
    let length = header("content-length").and_then(|length| length.parse::<usize>().ok());
    while bytes.len() < head + length.unwrap_or_default() {
        tcp.read_buf(&mut bytes).await.ok()?;
    }
    let body = String::from_utf8_lossy(&bytes[head..]).into_owned();
    let user = body.split("user-").nth(1).unwrap_or_default();
    let user: String = user.chars().take_while(char::is_ascii_digit).collect();
    let path = text.split(' ').nth(1)?;
    Some(Request {
        door: match path {
            path if path.contains("/auth") => Door::Login,
            path if path.contains("/push/") => Door::Push,
            _ => Door::Sockets,
        },
        user: user.parse().unwrap_or_default(),
        key: header("sec-websocket-key"),
    })
}

fn answer(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {length}\r\n\r\n");
    [head.as_bytes(), body].concat()
}

fn ok(body: &[u8]) -> Vec<u8> {
    answer("200 OK", "", body)
}

/// The WebSocket handshake, with frames behind it.
fn switched(key: &str, frames: &[(u8, &[u8])]) -> Vec<u8> {
    let accept = derive_accept_key(key.as_bytes());
    let mut all = format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n\r\n"
    )
    .into_bytes();
    for (first, payload) in frames {
        let length = u8::try_from(payload.len()).expect("a short frame");
        assert!(length < 126);
        all.extend([*first, length]);
        all.extend(*payload);
    }
    all
}

/// As it should be.
fn proper(request: &Request) -> Vec<u8> {
    match (request.door, &request.key) {
        (Door::Login, _) => ok(br#"{"result":{"token":"t"},"status":"ok"}"#),
        (Door::Push, _) => ok(br#"{"status":"ok"}"#),
        (Door::Sockets, Some(key)) => switched(
            key,
            &[(0x81, OPEN_4.as_bytes()), (0x81, b"40{\"sid\":\"x\"}")],
        ),
        (Door::Sockets, None) => ok(OPEN_4.as_bytes()),
    }
}

/// `None`: nothing is said, and the connection ends.
async fn odd(behind: Behind, request: &Request) -> Option<Vec<u8>> {
    Some(match (behind, &request.key) {
        (Behind::Page, _) => ok(PAGE.as_bytes()),
        (Behind::Redirect, _) => answer("302 Found", "Location: https://sso.example/\r\n", b""),
        (Behind::Garbage, _) => b"\x16\x03\x01\x02\x00\xff\xfe\r\n\r\n".to_vec(),
        (Behind::Nothing, _) => return None,
        (Behind::Silence, _) => std::future::pending().await,
        (Behind::Down, _) => answer("502 Bad Gateway", "", b"no upstream"),
        (Behind::Older, Some(key)) => switched(key, &[(0x81, OPEN_3.as_bytes()), (0x81, b"40")]),
        (Behind::Older, None) => ok(format!("{}:{OPEN_3}2:40", OPEN_3.len()).as_bytes()),
        (Behind::NoPacket, Some(key)) => switched(key, &[(0xf3, b"junk")]),
        (Behind::NoPacket, None) => ok(b"\xff\xfejunk"),
        (Behind::HalfLocked, _) if request.user % 2 == 1 => {
            answer("403 Forbidden", "", b"account locked")
        }
        (Behind::HalfLocked, _) => proper(request),
    })
}

/// A target with something odd behind one door.
async fn impostor(door: Door, behind: Behind) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("bound"));
    let listener = Arc::new(listener);
    tokio::spawn(async move {
        while let Ok((mut tcp, _)) = listener.accept().await {
            tokio::spawn(async move {
                while let Some(request) = request(&mut tcp).await {
                    let bytes = if request.door == door {
                        odd(behind, &request).await
                    } else {
                        Some(proper(&request))
                    };
                    let Some(bytes) = bytes else { return };
                    if tcp.write_all(&bytes).await.is_err() {
                        return;
                    }
                }
            });
        }
    });
    url
}

/// Runs at such a target, and finds these words in the report.
async fn says(door: Door, behind: Behind, transport: &str, words: &str) {
    let url = impostor(door, behind).await;
    let mut command = run(&["--target", &url, "--app", "demo", "--transport", transport]);
    command.args(["--users", "6", "--rate", "20/s", "--duration", "500ms"]);
    command.args(["--deadline", "1s", "--settle", "1s", "--seed", "1"]);
    command.args(["--json", "-", "-q"]);
    let done = done(command).await;
    let told = format!("{door:?} {behind:?} {transport}: {done:?}");
    assert_eq!(done.code, Some(4), "{told}");
    let report = Report::parse(&done.stdout);
    assert_eq!(report.text("/verdict"), "unknown", "{told}");
    assert!(report.reasons().contains(words), "{words:?} in {told}");
}

#[tokio::test]
async fn whoever_answers_logins_instead_is_described() {
    let (door, tcp) = (Door::Login, "websocket");
    let nginx = "no session id at /result/token; is this the right target? It says: <!doctype";
    tokio::join!(
        says(door, Behind::Page, tcp, nginx),
        says(
            door,
            Behind::Redirect,
            tcp,
            "login of user-0 in app demo was refused: HTTP 302, a redirect to https://sso.example/; redirects are not followed"
        ),
        says(
            door,
            Behind::Garbage,
            tcp,
            "what came as an answer is not HTTP"
        ),
        says(door, Behind::Nothing, tcp, "connection closed before"),
        says(door, Behind::Down, tcp, "HTTP 502: no upstream"),
        says(
            door,
            Behind::HalfLocked,
            tcp,
            "3 of 6 sockets could not be connected: login was refused: HTTP 403: account locked"
        ),
    );
}

#[tokio::test]
async fn whoever_answers_pushes_instead_is_described() {
    let (door, tcp) = (Door::Push, "websocket");
    tokio::join!(
        says(
            door,
            Behind::Page,
            tcp,
            "no push was accepted: HTTP 200 with a web page in place of an answer"
        ),
        says(
            door,
            Behind::Redirect,
            tcp,
            "no push was accepted: HTTP 302, a redirect to https://sso.example/; redirects are not followed"
        ),
        says(
            door,
            Behind::Garbage,
            tcp,
            "no push was accepted: the request failed: what came as an answer is not HTTP"
        ),
        says(
            door,
            Behind::Nothing,
            tcp,
            "no push was accepted: the request failed: connection closed before"
        ),
    );
}

#[tokio::test]
async fn whoever_answers_sockets_instead_is_described_on_every_transport() {
    let to = "a redirect to https://sso.example/; redirects are not followed";
    let websocket = [
        (Behind::Page, "refused the WebSocket: HTTP 200: <!doctype"),
        (Behind::Redirect, to),
        (
            Behind::Garbage,
            "not a WebSocket handshake: the answer is not HTTP",
        ),
        (Behind::Nothing, "ended before CONNECT was answered"),
        (Behind::Silence, "not connected within 15s"),
        (Behind::Down, "refused the WebSocket: HTTP 502: no upstream"),
        (Behind::Older, "Socket.IO v2"),
        (Behind::NoPacket, "a WebSocket frame has reserved bits set"),
    ];
    let polling = [
        (
            Behind::Page,
            "a web page in place of a handshake: <!doctype",
        ),
        (Behind::Redirect, to),
        (Behind::Garbage, "what came as an answer is not HTTP"),
        (Behind::Nothing, "ended before CONNECT was answered"),
        (Behind::Silence, "not connected within 15s"),
        (
            Behind::Down,
            "refused the long-polling handshake: HTTP 502: no upstream",
        ),
        (
            Behind::Older,
            "Engine.IO revision 3, as Socket.IO v2 and older",
        ),
        (Behind::NoPacket, "is not UTF-8"),
    ];
    let by = |transport: &'static str, cases: [(Behind, &'static str); 8]| {
        join_all(cases.map(|(behind, words)| says(Door::Sockets, behind, transport, words)))
    };
    tokio::join!(
        by("websocket", websocket),
        by("polling", polling),
        by("upgrade", polling)
    );
}
