//! Sockets on long-polling, and on their way to a WebSocket, against a server written by hand: what they make of answers, whatever these
//! are, what they post, and in which order they hear what comes by both ways.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use pushproof::client::endpoint::{Endpoint, Presents, socket_uri};
use pushproof::client::engine::{Base, Engine};
use pushproof::client::listener::{ConnectError, Departure, Ended, Listener, Manner};
use pushproof::client::polling::{Over, hold, open};
use pushproof::client::route::Route;
use pushproof::clock::Clock;
use pushproof::history::{Leave, Stamp};
use pushproof::time::Time;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Mutex, Notify, mpsc, watch};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

const BOUND: Duration = Duration::from_secs(50);
const OPEN: &str = r#"0{"sid":"e &1","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}"#;
const UPGRADES: &str = r#"0{"sid":"e &1","upgrades":["websocket"],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}"#;
const ACCEPTED: &str = r#"40{"sid":"s"}"#;

async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    let waited = tokio::time::timeout(BOUND, future).await;
    waited.unwrap_or_else(|_| panic!("waited {BOUND:?} for {what}"))
}

fn answer(status: &str, body: &str) -> Vec<u8> {
    format!(
        "HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

fn ok(body: &str) -> Vec<u8> {
    answer("200 OK", body)
}

/// A frame of a server: short text.
fn text(text: &str) -> Vec<u8> {
    let mut frame = vec![0x81, u8::try_from(text.len()).expect("a short text")];
    frame.extend(text.as_bytes());
    frame
}

/// What the server's connections share.
struct Site {
    /// Answers a request that names no session; `None`: never.
    handshake: Option<Vec<u8>>,
    /// The answers to polls, in order.
    polls: Mutex<mpsc::UnboundedReceiver<Vec<u8>>>,
    polled: mpsc::UnboundedSender<()>,
    posts: mpsc::UnboundedSender<String>,
    /// `None`: refused.
    websockets: Option<mpsc::UnboundedSender<TcpStream>>,
}

async fn serve(site: Arc<Site>, mut tcp: TcpStream) -> Option<()> {
    let mut bytes = Vec::new();
    loop {
        let head = loop {
            if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
                break String::from_utf8(bytes.drain(..end + 4).collect()).expect("ASCII");
            }
            if tcp.read_buf(&mut bytes).await.ok()? == 0 {
                return None;
            }
        };
        let header = |name: &str| {
            let lines = head.lines().filter_map(|line| line.split_once(": "));
            let found = lines.filter(|(key, _)| key.eq_ignore_ascii_case(name));
            found.map(|(_, value)| value.to_owned()).next()
        };
        let length = header("content-length").map_or(0, |text| text.parse().expect("a number"));
        while bytes.len() < length {
            if tcp.read_buf(&mut bytes).await.ok()? == 0 {
                return None;
            }
        }
        let body = String::from_utf8(bytes.drain(..length).collect()).expect("UTF-8");
        let target = head.split(' ').nth(1).expect("a target").to_owned();
        assert!(target.starts_with("/socket.io/?EIO=4&transport="), "{head}");
        assert!(header("host").is_some_and(|host| host.starts_with("127.0.0.1:")));
        if !target.contains("&sid=") {
            assert!(
                head.starts_with("GET ") && target.ends_with("polling"),
                "{head}"
            );
            let Some(answer) = &site.handshake else {
                return std::future::pending().await;
            };
            tcp.write_all(answer).await.ok()?;
            continue;
        }
        assert!(target.ends_with("&sid=e+%261"), "{target}");
        if target.contains("=websocket&") {
            let Some(sockets) = &site.websockets else {
                tcp.write_all(&answer("403 Forbidden", "no\r\nsockets"))
                    .await
                    .ok()?;
                continue;
            };
            let key = header("sec-websocket-key").expect("a key");
            let accept = derive_accept_key(key.as_bytes());
            let switching = format!(
                "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n\r\n"
            );
            tcp.write_all(switching.as_bytes()).await.ok()?;
            sockets.send(tcp).ok();
            return None;
        }
        if head.starts_with("POST ") {
            assert!(header("content-type").is_some_and(|kind| kind.starts_with("text/plain")));
            site.posts.send(body).ok();
            tcp.write_all(&ok("ok")).await.ok()?;
            continue;
        }
        site.polled.send(()).ok();
        let mut polls = site.polls.try_lock().expect("one poll at a time");
        let Some(answer) = polls.recv().await else {
            return std::future::pending().await;
        };
        drop(polls);
        tcp.write_all(&answer).await.ok()?;
        if String::from_utf8_lossy(&answer).contains("Connection: close") {
            return None;
        }
    }
}

#[derive(Default)]
struct Heard {
    events: Vec<String>,
    alive: Vec<Time>,
    stamped: bool,
    kept_back: Duration,
    /// At each event.
    allowed: Vec<Duration>,
    stayed: Option<String>,
    moved: bool,
}

struct Holder {
    heard: Rc<RefCell<Heard>>,
    told: Rc<Notify>,
    leaves: Rc<RefCell<Option<(Manner, bool)>>>,
}

impl Holder {
    fn hear(&self, what: impl Into<String>) {
        self.heard.borrow_mut().events.push(what.into());
        self.told.notify_one();
    }
}

impl Listener for Holder {
    fn not_before(&self) -> Time {
        Time::ZERO
    }
    fn kept_back(&mut self, by: Duration) {
        self.heard.borrow_mut().kept_back = by;
    }
    fn alive(&mut self, at: Time) {
        self.heard.borrow_mut().alive.push(at);
    }
    fn connecting(&mut self, _: Time) {
        self.hear("connecting");
    }
    fn connected(&mut self, _: Time) {
        self.hear("connected");
    }
    fn leaving(&mut self, _: Time) {
        self.hear("leaving");
    }
    fn departure(&mut self, now: Time) -> Option<Departure> {
        self.leaves.borrow().map(|(manner, asks)| Departure {
            at: now,
            manner,
            asks,
        })
    }
    fn wants_sign(&mut self) -> bool {
        false
    }
    fn event(&mut self, at: Stamp, name: &str, args: &str, premature: bool) {
        {
            let mut heard = self.heard.borrow_mut();
            heard.stamped |= at.waited_us.is_some();
            let by = heard.kept_back;
            heard.allowed.push(by);
        }
        let early = if premature { " early" } else { "" };
        self.hear(format!("{name} {args}{early}"));
    }
    fn stray_event(&mut self, _: Stamp, name: &str, _: &str, _: bool) {
        self.hear(format!("stray {name}"));
    }
    fn binary_event(&mut self, _: Stamp, name: &str, _: &str, attachments: &[Bytes], _: bool) {
        self.hear(format!("{name} with {attachments:?}"));
    }
}

/// The server's side of a story, and what the socket's holder wants.
struct Stage {
    answers: mpsc::UnboundedSender<Vec<u8>>,
    polled: mpsc::UnboundedReceiver<()>,
    posts: mpsc::UnboundedReceiver<String>,
    websockets: mpsc::UnboundedReceiver<TcpStream>,
    heard: Rc<RefCell<Heard>>,
    told: Rc<Notify>,
    leaves: Rc<RefCell<Option<(Manner, bool)>>>,
    orders: watch::Sender<()>,
}

impl Stage {
    fn answers(&self, raw: Vec<u8>) {
        self.answers.send(raw).expect("the site is there");
    }

    fn says(&self, body: &str) {
        self.answers(ok(body));
    }

    async fn is_polled(&mut self) {
        within("a poll", self.polled.recv())
            .await
            .expect("the site");
    }

    async fn is_posted(&mut self) -> String {
        within("a POST", self.posts.recv()).await.expect("the site")
    }

    async fn hears(&self, what: &str) {
        let heard = async {
            while !self.heard.borrow().events.iter().any(|event| event == what) {
                self.told.notified().await;
            }
        };
        within(what, heard).await;
    }

    /// Polling has begun and CONNECT is accepted.
    async fn connects(&mut self) {
        assert_eq!(self.is_posted().await, r#"40{"a":1}"#);
        self.is_polled().await;
        self.says(ACCEPTED);
        self.hears("connected").await;
    }

    fn leave(&self, manner: Manner, asks: bool) {
        *self.leaves.borrow_mut() = Some((manner, asks));
        self.orders.send_replace(());
    }

    /// The target is told to go on by WebSocket. Until then whatever poll comes is let go, as servers do.
    async fn moves(&mut self, ws: &mut TcpStream) {
        let moved = read(ws);
        let mut moved = std::pin::pin!(moved);
        loop {
            tokio::select! {
                told = moved.as_mut() => return assert_eq!(told, "5"),
                Some(()) = self.polled.recv() => self.says("6"),
            }
        }
    }

    /// The socket has been told to stay on polling.
    async fn stays(&self) {
        let told = async {
            while self.heard.borrow().stayed.is_none() {
                tokio::task::yield_now().await;
            }
        };
        within("word that it stays", told).await;
    }

    /// The probe of a WebSocket has been sent and is answered.
    async fn is_probed(&mut self) -> TcpStream {
        let mut ws = within("a WebSocket", self.websockets.recv())
            .await
            .expect("the site");
        assert_eq!(read(&mut ws).await, "2probe");
        ws.write_all(&text("3probe")).await.expect("a client");
        ws
    }
}

/// A text frame of a client's, or an empty string for any other.
async fn read(ws: &mut TcpStream) -> String {
    let whole = async {
        let mut head = [0; 6];
        ws.read_exact(&mut head).await.expect("a frame");
        let mut payload = vec![0; usize::from(head[1] & 0x7f)];
        ws.read_exact(&mut payload).await.expect("a payload");
        for (byte, mask) in payload.iter_mut().zip(head[2..].iter().cycle()) {
            *byte ^= mask;
        }
        if head[0] == 0x81 {
            String::from_utf8(payload).expect("UTF-8")
        } else {
            String::new()
        }
    };
    within("a frame", whole).await
}

/// Plays one story of one socket: gives how it ended, and what was heard.
async fn play(
    handshake: Option<Vec<u8>>,
    websockets: bool,
    story: impl AsyncFnOnce(&mut Stage),
) -> (Ended, Heard) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let (answers, polls) = mpsc::unbounded_channel();
    let (post, posts) = mpsc::unbounded_channel();
    let (poll, polled) = mpsc::unbounded_channel();
    let (ws, accepted) = mpsc::unbounded_channel();
    let site = Arc::new(Site {
        handshake,
        polls: Mutex::new(polls),
        polled: poll,
        posts: post,
        websockets: websockets.then_some(ws),
    });
    let accept = tokio::spawn(async move {
        while let Ok((tcp, _)) = listener.accept().await {
            tokio::spawn(serve(Arc::clone(&site), tcp));
        }
    });
    let mut stage = Stage {
        answers,
        polled,
        posts,
        websockets: accepted,
        heard: Rc::default(),
        told: Rc::default(),
        leaves: Rc::default(),
        orders: watch::channel(()).0,
    };
    let holder = Holder {
        heard: Rc::clone(&stage.heard),
        told: Rc::clone(&stage.told),
        leaves: Rc::clone(&stage.leaves),
    };
    let orders = stage.orders.subscribe();
    let endpoint = Endpoint {
        address,
        uri: socket_uri(&format!("http://{address}"), "/socket.io/").expect("an address"),
        presents: Presents::default(),
        connect_timeout: Duration::from_secs(2),
        route: Route::default(),
        sources: Vec::new(),
    };
    let heard = Rc::clone(&stage.heard);
    // Boxed, as there are many stories.
    let client = Box::pin(async {
        let clock = Clock::start();
        let opened = match open(&endpoint, 0).await {
            Ok(opened) => opened,
            Err(error) => return Ended::NotConnected(error),
        };
        let stays = |why| heard.borrow_mut().stayed = Some(why);
        let auth = r#"{"a":1}"#.to_owned();
        let over = hold(opened, auth, holder, clock, orders.clone(), Some(stays)).await;
        let moved = match over {
            Over::Ended(_, ended) => return ended,
            Over::Moved(moved) => moved,
        };
        heard.borrow_mut().moved = true;
        let engine = Engine::new(Base::new().expect("a selector"), clock, BOUND);
        engine.carry(*moved);
        let (tell, mut ended) = mpsc::unbounded_channel();
        let over = |_, ended| {
            tell.send(ended).ok();
        };
        tokio::select! {
            () = engine.serve(orders, over) => unreachable!("it serves on"),
            ended = ended.recv() => ended.expect("it is told"),
        }
    });
    let (ended, ()) = within("the end", async {
        tokio::join!(client, Box::pin(story(&mut stage)))
    })
    .await;
    accept.abort();
    drop(endpoint);
    let heard = std::mem::take(&mut *stage.heard.borrow_mut());
    (ended, heard)
}

fn left(ended: Ended) -> (Leave, String) {
    match ended {
        Ended::Left { leave, detail, .. } => (leave, detail),
        Ended::NotConnected(error) => panic!("{error}"),
    }
}

#[tokio::test]
async fn what_comes_by_polls_is_heard_in_order_and_answered() {
    let (ended, heard) = play(Some(ok(OPEN)), false, async |stage| {
        stage.connects().await;
        stage.is_polled().await;
        stage.says("42[\"a\",1]\u{1e}42[\"b\",2]\u{1e}451-[\"c\",{\"_placeholder\":true,\"num\":0}]\u{1e}bAQID");
        stage.is_polled().await;
        // However the answer comes.
        let chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n3\r\n42[\r\n7\r\n\"d\",\"\xc3\xa4\r\n2\r\n\"]\r\n0\r\n\r\n";
        stage.answers(chunked.to_vec());
        stage.is_polled().await;
        stage.says("2\u{1e}42/other,[\"e\"]\u{1e}6");
        assert_eq!(stage.is_posted().await, "3");
        stage.is_polled().await;
        stage.says("42[\"f\"]\u{1e}1");
    })
    .await;
    assert_eq!(left(ended).0, Leave::ServerClose);
    assert_eq!(
        heard.events,
        [
            "connecting",
            "connected",
            "a 1",
            "b 2",
            "c with [b\"\\x01\\x02\\x03\"]",
            "d \"ä\"",
            "stray e",
            "f ",
        ]
    );
    let why = "the target offers no websocket in its handshake";
    assert_eq!(heard.stayed.as_deref(), Some(why));
    assert!(!heard.stamped);
    // As this holder knows of no moment but the first, all of the time may have been this side's; between two polls nothing is.
    assert!(
        heard.allowed.iter().all(|by| *by > Duration::ZERO),
        "{:?}",
        heard.allowed
    );
    assert_eq!(heard.kept_back, Duration::ZERO);
}

#[tokio::test]
async fn an_event_before_connect_is_accepted_is_early() {
    let handshake = format!("{OPEN}\u{1e}42[\"a\"]");
    let (ended, heard) = play(Some(ok(&handshake)), false, async |stage| {
        stage.is_polled().await;
        stage.says("42[\"b\"]\u{1e}44{\"message\":\"who are you?\"}");
    })
    .await;
    let refused = ConnectError::Refused("who are you?".to_owned());
    assert_eq!(ended, Ended::NotConnected(refused));
    assert_eq!(heard.events, ["connecting", "a  early", "b  early"]);
}

#[tokio::test]
async fn what_is_no_handshake_is_told_as_for_a_websocket() {
    let unknown = r#"{"code":0,"message":"Transport unknown"}"#;
    for (handshake, says) in [
        (
            answer("400 Bad Request", unknown),
            "the target refused the long-polling handshake: HTTP 400: {\"code\":0,\"message\":\"Transport unknown\"}",
        ),
        (
            ok("<h1>It works!</h1>"),
            "does not speak Socket.IO (protocol revision 5) here: a web page in place of a handshake: <h1>It works!</h1>",
        ),
        (
            ok("97:0{\"sid\":\"abc\",\"upgrades\":[]}2:40"),
            "here: a handshake of Engine.IO revision 3, as Socket.IO v2 and older have it",
        ),
        (ok("2"), "the first packet is no handshake"),
        (ok(""), "empty packet"),
        (ok("0{}"), "missing field `sid`"),
        (answer("200 OK", "\u{1e}"), "empty packet"),
        (
            b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n0\xff\xff".to_vec(),
            "is not UTF-8",
        ),
        (
            b"HTTP/1.1 200 OK\r\nContent-Length: 16777217\r\n\r\n".to_vec(),
            "larger than 16777216 bytes",
        ),
        (
            b"SSH-2.0-OpenSSH_9.2\r\n".to_vec(),
            "ended before CONNECT was answered: what came as an answer is not HTTP",
        ),
        (
            b"HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n".to_vec(),
            "HTTP 302, a redirect to /; redirects are not followed",
        ),
    ] {
        let mut handshake = handshake;
        if says.starts_with("larger") {
            handshake.resize(handshake.len() + (16 << 20) + 1, b'0');
        }
        let (ended, heard) = play(Some(handshake), false, async |_| {}).await;
        let Ended::NotConnected(error) = ended else {
            panic!("{ended:?}");
        };
        assert!(error.to_string().contains(says), "{error}");
        assert!(heard.events.is_empty());
    }
    let (ended, _) = play(None, false, async |_| {}).await;
    let timeout = ConnectError::Timeout(Duration::from_secs(2));
    assert_eq!(ended, Ended::NotConnected(timeout));
}

#[tokio::test]
async fn a_connect_that_is_never_answered_runs_out_of_time() {
    let (ended, heard) = play(Some(ok(OPEN)), false, async |stage| {
        stage.is_posted().await;
    })
    .await;
    let timeout = ConnectError::Timeout(Duration::from_secs(2));
    assert_eq!(ended, Ended::NotConnected(timeout));
    assert_eq!(heard.events, ["connecting"]);
}

#[tokio::test]
async fn what_ends_a_session_is_told() {
    let gone = r#"{"code":1,"message":"Session ID unknown"}"#;
    for (answer, leave, says) in [
        (
            answer("400 Bad Request", gone),
            Leave::ConnectionLost,
            "the target refused a poll: HTTP 400: {\"code\":1,\"message\":\"Session ID unknown\"}",
        ),
        (ok("42[\"x\""), Leave::ProtocolError, ""),
        (
            ok("42[\"x\"]\u{1e}b&"),
            Leave::ProtocolError,
            "invalid base64",
        ),
        (
            ok("<html>"),
            Leave::ProtocolError,
            "unknown Engine.IO packet type '<'",
        ),
        (ok("41"), Leave::ServerDisconnect, ""),
        (
            b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\nConnection: close\r\n\r\n42".to_vec(),
            Leave::ConnectionLost,
            "end of file",
        ),
    ] {
        let (ended, heard) = play(Some(ok(OPEN)), false, async |stage| {
            stage.connects().await;
            stage.answers(answer.clone());
        })
        .await;
        let (why, detail) = left(ended);
        assert_eq!(why, leave, "{says}: {detail}");
        assert!(detail.contains(says), "{detail}");
        assert_eq!(heard.events[..2], ["connecting", "connected"]);
    }
}

#[tokio::test]
async fn a_goodbye_is_posted_and_a_cut_is_not() {
    let silent = Duration::ZERO;
    let (ended, heard) = play(Some(ok(OPEN)), false, async |stage| {
        stage.connects().await;
        stage.leave(Manner::Goodbye { linger: silent }, true);
        // First a sign of life, whose answer is enough.
        assert_eq!(stage.is_posted().await, "3");
        assert_eq!(stage.is_posted().await, "41\u{1e}1");
    })
    .await;
    assert_eq!(left(ended).0, Leave::Ours);
    assert_eq!(heard.events, ["connecting", "connected", "leaving"]);
    assert!(
        heard.alive.iter().any(|at| *at > Time::ZERO),
        "{:?}",
        heard.alive
    );

    let linger = Duration::from_millis(200);
    let (ended, heard) = play(Some(ok(OPEN)), false, async |stage| {
        stage.connects().await;
        stage.leave(Manner::Goodbye { linger }, false);
        assert_eq!(stage.is_posted().await, "41");
        // It listens on.
        stage.says("42[\"late\"]");
        stage.hears("late ").await;
        assert_eq!(stage.is_posted().await, "1");
    })
    .await;
    assert_eq!(left(ended).0, Leave::Ours);
    assert_eq!(heard.events[2..], ["leaving", "late "]);

    for manner in [Manner::Cut, Manner::Reset] {
        let (ended, _) = play(Some(ok(OPEN)), false, async |stage| {
            stage.connects().await;
            stage.leave(manner, false);
        })
        .await;
        assert_eq!(left(ended).0, Leave::OursAbrupt);
    }
}

#[tokio::test]
async fn a_session_moves_without_losing_or_overtaking_anything() {
    for early in [false, true] {
        let (ended, heard) = play(Some(ok(UPGRADES)), true, async |stage| {
            stage.connects().await;
            let mut ws = stage.is_probed().await;
            // The poll under way still brings something, and a ping, which is answered where the session goes.
            stage.is_polled().await;
            if early {
                // Not that a server may.
                ws.write_all(&text("42[\"c\"]")).await.expect("a client");
                ws.write_all(&[0x89, 1, b'?']).await.expect("a client");
            }
            stage.says("42[\"a\"]\u{1e}2\u{1e}42[\"b\"]");
            stage.moves(&mut ws).await;
            assert_eq!(read(&mut ws).await, "3");
            if early {
                assert_eq!(read(&mut ws).await, "");
            } else {
                ws.write_all(&text("42[\"c\"]")).await.expect("a client");
            }
            ws.write_all(&text("42[\"d\"]")).await.expect("a client");
            stage.hears("d ").await;
            // No poll, no POST besides.
            assert!(stage.polled.try_recv().is_err() && stage.posts.try_recv().is_err());
            ws.write_all(&text("41")).await.expect("a client");
        })
        .await;
        assert_eq!(left(ended).0, Leave::ServerDisconnect);
        assert_eq!(heard.events[2..], ["a ", "b ", "c ", "d "]);
        assert!(heard.moved && heard.stayed.is_none());
    }
}

#[tokio::test]
async fn connect_may_be_accepted_on_either_way() {
    let (ended, heard) = play(Some(ok(UPGRADES)), true, async |stage| {
        let mut ws = stage.is_probed().await;
        assert_eq!(stage.is_posted().await, r#"40{"a":1}"#);
        stage.is_polled().await;
        stage.says("6");
        stage.moves(&mut ws).await;
        ws.write_all(&text(ACCEPTED)).await.expect("a client");
        ws.write_all(&text("42[\"a\"]")).await.expect("a client");
        ws.write_all(&text("1")).await.expect("a client");
    })
    .await;
    assert_eq!(left(ended).0, Leave::ServerClose);
    assert_eq!(heard.events, ["connecting", "connected", "a "]);
}

/// Whatever becomes of the WebSocket: polling goes on as if nothing had been tried.
#[tokio::test]
async fn a_session_whose_probe_fails_stays_on_polling() {
    let (ended, heard) = play(Some(ok(UPGRADES)), false, async |stage| {
        stage.connects().await;
        stage.is_polled().await;
        stage.says("42[\"a\"]\u{1e}1");
    })
    .await;
    assert_eq!(left(ended).0, Leave::ServerClose);
    assert_eq!(heard.events[2..], ["a "]);
    let why = "the target refused the WebSocket: HTTP 403: no sockets";
    assert_eq!(heard.stayed.as_deref(), Some(why));

    for (frame, says) in [
        (Some(text("3prove")), "the probe was answered by \"3prove\""),
        (Some(vec![0x82, 1, 0]), "a binary message"),
        (Some(vec![0x88, 0]), "closed the WebSocket during the probe"),
        (Some(vec![0xc1, 0]), "reserved bits"),
        (None, "end of stream"),
    ] {
        let (ended, heard) = play(Some(ok(UPGRADES)), true, async |stage| {
            stage.connects().await;
            let mut ws = within("a WebSocket", stage.websockets.recv())
                .await
                .expect("the site");
            assert_eq!(read(&mut ws).await, "2probe");
            if let Some(frame) = frame {
                ws.write_all(&frame).await.expect("a client");
            }
            drop(ws);
            stage.is_polled().await;
            stage.says("42[\"a\"]");
            stage.is_polled().await;
            stage.says("42[\"b\"]\u{1e}1");
        })
        .await;
        assert_eq!(left(ended).0, Leave::ServerClose);
        assert_eq!(heard.events[2..], ["a ", "b "]);
        let why = heard.stayed.expect("it is told");
        assert!(why.contains(says), "{why}");
    }

    // Packets passed, and then they did not.
    let (ended, heard) = play(Some(ok(UPGRADES)), true, async |stage| {
        stage.connects().await;
        let ws = stage.is_probed().await;
        stage.is_polled().await;
        drop(ws);
        stage.stays().await;
        stage.says("42[\"a\"]");
        stage.is_polled().await;
        stage.says("42[\"b\"]\u{1e}1");
    })
    .await;
    assert_eq!(left(ended).0, Leave::ServerClose);
    assert_eq!(heard.events[2..], ["a ", "b "]);
    assert!(
        heard
            .stayed
            .expect("it is told")
            .contains("before the session had moved")
    );
}
