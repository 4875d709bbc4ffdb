//! A small client of its own for the tests: raw HTTP over TCP, and WebSocket frames by tungstenite. It shares no code with the
//! platform but the bytes on the wire. Every wait is for something and has a bound.

use futures_util::{SinkExt as _, StreamExt as _};
use pushproof::platform::{Platform, PlatformConfig};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;

/// Longer than anything here may take.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

pub(crate) async fn start(config: PlatformConfig) -> Platform {
    Platform::start("127.0.0.1:0".parse().unwrap(), config)
        .await
        .unwrap()
}

/// Waits for something, with a bound.
pub(crate) async fn soon<T>(what: &str, future: impl Future<Output = T>) -> T {
    match timeout(PATIENCE, future).await {
        Ok(value) => value,
        Err(elapsed) => panic!("waited in vain for {what}: {elapsed}"),
    }
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|e| panic!("{e}: {self:?}"))
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }
}

/// One kept-alive HTTP connection.
pub(crate) struct Http {
    pub(crate) tcp: TcpStream,
    buffer: Vec<u8>,
}

impl Http {
    pub(crate) async fn connect(to: SocketAddr) -> Self {
        let tcp = TcpStream::connect(to).await.unwrap();
        tcp.set_nodelay(true).unwrap();
        Self {
            tcp,
            buffer: Vec::new(),
        }
    }

    pub(crate) async fn send(&mut self, raw: &str) {
        self.tcp.write_all(raw.as_bytes()).await.unwrap();
    }

    /// The next answer; `None` if the connection ends instead.
    pub(crate) async fn answer(&mut self) -> Option<Answer> {
        soon("an HTTP answer", async {
            let end = loop {
                if let Some(end) = find(&self.buffer, b"\r\n\r\n") {
                    break end;
                }
                self.more().await?;
            };
            let head = String::from_utf8(self.buffer[..end].to_vec()).unwrap();
            let status = head[9..12].parse().unwrap();
            let mut answer = Answer {
                status,
                head,
                body: String::new(),
            };
            let length: usize = answer
                .header("content-length")
                .map_or(0, |l| l.parse().unwrap());
            while self.buffer.len() < end + 4 + length {
                self.more().await?;
            }
            answer.body =
                String::from_utf8(self.buffer[end + 4..end + 4 + length].to_vec()).unwrap();
            self.buffer.drain(..end + 4 + length);
            Some(answer)
        })
        .await
    }

    async fn more(&mut self) -> Option<()> {
        match self.tcp.read_buf(&mut self.buffer).await {
            Ok(0) | Err(_) => None,
            Ok(_) => Some(()),
        }
    }

    pub(crate) async fn get(&mut self, path: &str) -> Answer {
        self.send(&format!("GET {path} HTTP/1.1\r\nHost: t\r\n\r\n"))
            .await;
        self.answer().await.expect("an answer")
    }

    pub(crate) async fn post(&mut self, path: &str, body: &str) -> Answer {
        self.send(&post(path, body)).await;
        self.answer().await.expect("an answer")
    }
}

pub(crate) fn post(path: &str, body: &str) -> String {
    let length = body.len();
    format!("POST {path} HTTP/1.1\r\nHost: t\r\nContent-Length: {length}\r\n\r\n{body}")
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|w| w == what)
}

pub(crate) async fn get(to: SocketAddr, path: &str) -> Answer {
    Http::connect(to).await.get(path).await
}

/// Logs in a numbered user.
pub(crate) async fn log_in(to: SocketAddr, app: &str, number: u32) -> String {
    let body = json!({"provider": "rest", "username": format!("user-{number}"),
        "password": format!("password-{number}")});
    let answer = Http::connect(to)
        .await
        .post(&format!("/good/api/v5/auth?appID={app}"), &body.to_string())
        .await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()["result"]["token"]
        .as_str()
        .unwrap()
        .to_owned()
}

/// A publisher: one connection, one push at a time.
pub(crate) struct Publisher {
    http: Http,
    app: String,
}

impl Publisher {
    pub(crate) async fn new(to: SocketAddr, app: &str) -> Self {
        Self {
            http: Http::connect(to).await,
            app: app.to_owned(),
        }
    }

    pub(crate) async fn call(&mut self, body: &str) -> Answer {
        let path = format!("/good/api/v5/data/push/send?appID={}&sessionID=", self.app);
        self.http.post(&path, body).await
    }

    /// Sends a push; returns at how many sockets it was queued.
    pub(crate) async fn push(&mut self, user: &str, event: &str, message: Option<&str>) -> u64 {
        let (user, event) = (json!(user), json!(event));
        let message = message.map_or_else(String::new, |m| format!(",\"message\":{m}"));
        let answer = self
            .call(&format!(
                "{{\"userID\":{user},\"eventName\":{event}{message}}}"
            ))
            .await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()["result"][0]["deliveredTo"].as_u64().unwrap()
    }
}

/// A WebSocket.
pub(crate) struct Ws(pub(crate) WebSocketStream<TcpStream>);

impl Ws {
    /// Opens a WebSocket with these query parameters, or returns the HTTP status that refused it.
    pub(crate) async fn open(to: SocketAddr, query: &str) -> Result<Self, u16> {
        let tcp = TcpStream::connect(to).await.unwrap();
        let url = format!("ws://t/socket.io/?EIO=4&transport=websocket{query}");
        match tokio_tungstenite::client_async(url, tcp).await {
            Ok((ws, _)) => Ok(Self(ws)),
            Err(tokio_tungstenite::tungstenite::Error::Http(answer)) => {
                Err(answer.status().as_u16())
            }
            Err(e) => panic!("{e}"),
        }
    }

    /// A new session on WebSocket, its open packet read.
    pub(crate) async fn session(to: SocketAddr) -> Self {
        let mut ws = Self::open(to, "").await.unwrap();
        assert!(ws.text().await.starts_with("0{"));
        ws
    }

    /// A socket of the main namespace.
    pub(crate) async fn connected(to: SocketAddr, app: &str, session: &str) -> Self {
        let mut ws = Self::session(to).await;
        ws.send(&connect(app, session)).await;
        let answer = ws.text().await;
        assert!(answer.starts_with("40{\"sid\":"), "{answer}");
        ws
    }

    /// A socket of a numbered user.
    pub(crate) async fn user(to: SocketAddr, app: &str, number: u32) -> Self {
        let session = log_in(to, app, number).await;
        Self::connected(to, app, &session).await
    }

    pub(crate) async fn send(&mut self, text: &str) {
        self.0.send(Message::text(text)).await.unwrap();
    }

    pub(crate) async fn send_binary(&mut self, data: &[u8]) {
        self.0.send(Message::binary(data.to_vec())).await.unwrap();
    }

    /// The next message, heartbeats answered; `None` once the connection is over.
    pub(crate) async fn next(&mut self) -> Option<Message> {
        soon("a WebSocket message", async {
            loop {
                match self.0.next().await {
                    Some(Ok(Message::Text(text))) if text == "2" => self.send("3").await,
                    Some(Ok(Message::Close(_)) | Err(_)) | None => return None,
                    Some(Ok(message)) => return Some(message),
                }
            }
        })
        .await
    }

    pub(crate) async fn text(&mut self) -> String {
        match self.next().await {
            Some(Message::Text(text)) => text.to_string(),
            other => panic!("wanted a text, got {other:?}"),
        }
    }

    /// The WebSocket close code; whatever text comes before it is skipped.
    pub(crate) async fn close_code(&mut self) -> Option<u16> {
        soon("the end of a WebSocket", async {
            loop {
                match self.0.next().await {
                    Some(Ok(Message::Close(frame))) => return frame.map(|f| f.code.into()),
                    Some(Ok(_)) => {}
                    Some(Err(_)) | None => return None,
                }
            }
        })
        .await
    }

    /// Asserts that the connection ends without another message.
    pub(crate) async fn ends(&mut self) {
        let next = self.next().await;
        assert!(next.is_none(), "wanted the end, got {next:?}");
    }

    /// Asserts that all that was sent here before is what was read: the answer to a marker comes next.
    pub(crate) async fn quiet(&mut self) {
        self.send("42987654321[\"marker\"]").await;
        assert_eq!(self.text().await, "43987654321[]");
    }
}

/// The packet that joins the main namespace.
pub(crate) fn connect(app: &str, session: &str) -> String {
    format!("40{}", json!({"app_id": app, "session_id": session}))
}

/// A session on long-polling.
pub(crate) struct Polling {
    pub(crate) to: SocketAddr,
    pub(crate) sid: String,
    pub(crate) path: String,
    http: Http,
}

impl Polling {
    pub(crate) async fn session(to: SocketAddr) -> Self {
        let mut http = Http::connect(to).await;
        let answer = http.get("/socket.io/?EIO=4&transport=polling").await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let open: Value = serde_json::from_str(&answer.body[1..]).unwrap();
        let sid = open["sid"].as_str().unwrap().to_owned();
        let path = format!("/socket.io/?EIO=4&transport=polling&sid={sid}");
        Self {
            to,
            sid,
            path,
            http,
        }
    }

    pub(crate) async fn user(to: SocketAddr, app: &str, number: u32) -> Self {
        let session = log_in(to, app, number).await;
        let mut polling = Self::session(to).await;
        assert_eq!(polling.post(&connect(app, &session)).await.status, 200);
        let answer = polling.poll().await;
        assert!(answer.body.starts_with("40{\"sid\":"), "{answer:?}");
        polling
    }

    pub(crate) async fn poll(&mut self) -> Answer {
        let path = self.path.clone();
        self.http.get(&path).await
    }

    /// Sends a body on a connection of its own.
    pub(crate) async fn post(&self, body: &str) -> Answer {
        Http::connect(self.to).await.post(&self.path, body).await
    }

    /// The packets of the next poll.
    pub(crate) async fn packets(&mut self) -> Vec<String> {
        let answer = self.poll().await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.body.split('\u{1e}').map(str::to_owned).collect()
    }
}
