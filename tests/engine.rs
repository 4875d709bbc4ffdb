//! The engine of the lean driver against a server written by hand: what it makes of bytes, however they come, and of who does not read.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use pushproof::client::endpoint::{Endpoint, Presents, open, socket_uri};
use pushproof::client::engine::{Base, Engine};
use pushproof::client::listener::{Departure, Ended, Listener, Manner};
use pushproof::client::route::Route;
use pushproof::clock::Clock;
use pushproof::history::{Leave, Stamp};
use pushproof::time::Time;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

const OPEN: &str =
    r#"0{"sid":"e","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}"#;
const BOUND: Duration = Duration::from_secs(50);

/// A frame of a server.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![first];
    match payload.len() {
        short @ 0..126 => frame.push(short as u8),
        medium @ 126..65_536 => {
            frame.push(126);
            frame.extend((medium as u16).to_be_bytes());
        }
        long => {
            frame.push(127);
            frame.extend((long as u64).to_be_bytes());
        }
    }
    frame.extend(payload);
    frame
}

fn text(text: &str) -> Vec<u8> {
    frame(0x81, text.as_bytes())
}

/// What all holders hear, and how their sockets end.
#[derive(Default)]
struct Heard {
    events: Vec<(usize, String)>,
    /// Of each event that came as text, by its number among these.
    stamps: Vec<Stamp>,
    ended: Vec<(usize, Ended)>,
}

struct Holder {
    number: usize,
    heard: Rc<RefCell<Heard>>,
    told: mpsc::UnboundedSender<()>,
    leaves: Rc<RefCell<Option<Manner>>>,
}

impl Holder {
    fn hear(&self, what: impl Into<String>) {
        let event = (self.number, what.into());
        self.heard.borrow_mut().events.push(event);
        self.told.send(()).ok();
    }
}

impl Listener for Holder {
    fn not_before(&self) -> Time {
        Time::ZERO
    }
    fn alive(&mut self, _: Time) {}
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
        self.leaves.borrow().map(|manner| Departure {
            at: now,
            manner,
            asks: false,
        })
    }
    fn kept_back(&mut self, _: Duration) {}
    fn wants_sign(&mut self) -> bool {
        false
    }
    fn event(&mut self, at: Stamp, name: &str, args: &str, premature: bool) {
        assert!(!premature);
        self.heard.borrow_mut().stamps.push(at);
        self.hear(format!("{name} {args}"));
    }
    fn stray_event(&mut self, _: Stamp, name: &str, _: &str, _: bool) {
        self.hear(format!("stray {name}"));
    }
    fn binary_event(&mut self, _: Stamp, name: &str, _: &str, attachments: &[Bytes], _: bool) {
        self.hear(format!("{name} with {attachments:?}"));
    }
}

/// Some sockets that are connected, the server's ends of them, and the engine, which serves while something is waited for.
struct World {
    clock: Clock,
    engine: Engine<Holder>,
    heard: Rc<RefCell<Heard>>,
    told: mpsc::UnboundedReceiver<()>,
    leaves: Rc<RefCell<Option<Manner>>>,
    orders: watch::Sender<()>,
    servers: Vec<TcpStream>,
}

impl World {
    async fn with(sockets: usize) -> Self {
        Self::opened(sockets, OPEN).await
    }

    /// The server's handshakes say this.
    async fn opened(sockets: usize, open_packet: &str) -> Self {
        let clock = Clock::start();
        let base = Base::new().expect("a selector");
        let (teller, told) = mpsc::unbounded_channel();
        let mut world = Self {
            clock,
            engine: Engine::new(base, clock, BOUND),
            heard: Rc::default(),
            told,
            leaves: Rc::default(),
            orders: watch::channel(()).0,
            servers: Vec::new(),
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let endpoint = Endpoint {
            address,
            uri: socket_uri(&format!("http://{address}"), "/socket.io/").expect("an address"),
            presents: Presents::default(),
            connect_timeout: BOUND,
            route: Route::default(),
            sources: Vec::new(),
        };
        for number in 0..sockets {
            let (opened, server) = tokio::join!(open(&endpoint, 0), accept(&listener, open_packet));
            let holder = Holder {
                number,
                heard: Rc::clone(&world.heard),
                told: teller.clone(),
                leaves: Rc::clone(&world.leaves),
            };
            let opened = opened.expect("a WebSocket");
            world.engine.add(opened, "{\"a\":1}".to_owned(), holder);
            world.servers.push(server);
            world.until(number, "connecting").await;
            let connect = world.reads(number, 6 + 9).await;
            assert_eq!(unmasked(&connect), (0x81, b"40{\"a\":1}".to_vec()));
            world.writes(number, &text(r#"40{"sid":"s"}"#)).await;
            world.until(number, "connected").await;
        }
        world
    }

    /// Serves until something is done.
    async fn serving<T>(&mut self, what: impl AsyncFnOnce(&mut Vec<TcpStream>) -> T) -> T {
        let heard = Rc::clone(&self.heard);
        let over = |holder: Holder, ended| {
            heard.borrow_mut().ended.push((holder.number, ended));
            holder.told.send(()).ok();
        };
        let serve = self.engine.serve(self.orders.subscribe(), over);
        let bounded = tokio::time::timeout(BOUND, what(&mut self.servers));
        tokio::select! {
            done = bounded => done.expect("it takes too long"),
            () = serve => unreachable!("it serves on"),
        }
    }

    async fn writes(&mut self, socket: usize, bytes: &[u8]) {
        self.serving(async |servers| servers[socket].write_all(bytes).await)
            .await
            .expect("a client");
    }

    async fn reads(&mut self, socket: usize, length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        self.serving(async |servers| servers[socket].read_exact(&mut bytes).await)
            .await
            .expect("a client");
        bytes
    }

    /// Serves until a socket has heard something.
    async fn until(&mut self, socket: usize, what: &str) {
        let heard = Rc::clone(&self.heard);
        let is_there = || {
            let heard = heard.borrow();
            heard
                .events
                .iter()
                .any(|(n, event)| *n == socket && event == what)
        };
        self.until_true(is_there).await;
    }

    async fn until_ended(&mut self, socket: usize) -> Ended {
        let heard = Rc::clone(&self.heard);
        let is_there = || heard.borrow().ended.iter().any(|(n, _)| *n == socket);
        self.until_true(is_there).await;
        let mut heard = self.heard.borrow_mut();
        let place = heard.ended.iter().position(|(n, _)| *n == socket);
        heard.ended.remove(place.expect("it is there")).1
    }

    async fn until_true(&mut self, is_there: impl Fn() -> bool) {
        let (_, mut told) = mpsc::unbounded_channel();
        std::mem::swap(&mut told, &mut self.told);
        self.serving(async |_| {
            while !is_there() {
                told.recv().await;
            }
        })
        .await;
        self.told = told;
    }

    fn events(&self, socket: usize) -> Vec<String> {
        let heard = self.heard.borrow();
        let of = heard.events.iter().filter(|(n, _)| *n == socket);
        of.map(|(_, event)| event.clone()).collect()
    }
}

/// Accepts a socket; its Engine.IO handshake comes right behind the WebSocket's.
async fn accept(listener: &TcpListener, open_packet: &str) -> TcpStream {
    let (mut tcp, _) = listener.accept().await.expect("a client");
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        assert!(tcp.read_buf(&mut request).await.expect("a client") > 0);
    }
    let request = String::from_utf8(request).expect("text");
    let (_, key) = request.split_once("Sec-WebSocket-Key: ").expect("a key");
    let accept = derive_accept_key(key.trim().as_bytes());
    let mut answer = format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {accept}\r\n\r\n"
    )
    .into_bytes();
    answer.extend(text(open_packet));
    tcp.write_all(&answer).await.expect("a client");
    tcp
}

/// Opcode and payload of a short frame of a client.
fn unmasked(frame: &[u8]) -> (u8, Vec<u8>) {
    assert_eq!(
        usize::from(frame[1]),
        0x80 + frame.len() - 6,
        "masked, and whole"
    );
    let masks = frame[2..6].iter().cycle();
    let payload = frame[6..].iter().zip(masks).map(|(byte, mask)| byte ^ mask);
    (frame[0], payload.collect())
}

#[tokio::test]
async fn what_comes_in_pieces_is_heard_whole_and_in_order() {
    let mut world = World::with(1).await;
    let long = "x".repeat(20_000);
    let mut bytes = text("42[\"a\",1]");
    bytes.extend(text(&format!("42[\"long\",\"{long}\"]")));
    bytes.extend(frame(0x01, b"42[\"parts\","));
    bytes.extend(frame(0x89, b"there?"));
    bytes.extend(frame(0x80, b"2]"));
    bytes.extend(text("451-[\"binary\",{\"_placeholder\":true,\"num\":0}]"));
    bytes.extend(frame(0x82, &[1, 2]));
    bytes.extend(text("42/other,[\"leak\"]"));
    bytes.extend(text("2"));
    for piece in bytes.chunks(3_001) {
        world.writes(0, piece).await;
    }
    let pong = world.reads(0, 6 + 6).await;
    assert_eq!(unmasked(&pong), (0x8a, b"there?".to_vec()));
    let pong = world.reads(0, 6 + 1).await;
    assert_eq!(unmasked(&pong), (0x81, b"3".to_vec()));
    let events = world.events(0);
    let expected = [
        "connecting".to_owned(),
        "connected".to_owned(),
        "a 1".to_owned(),
        format!("long \"{long}\""),
        "parts 2".to_owned(),
        "binary with [b\"\\x01\\x02\"]".to_owned(),
        "stray leak".to_owned(),
    ];
    assert_eq!(events, expected);

    world.writes(0, &frame(0x88, b"\x03\xf4later")).await;
    let Ended::Left { leave, detail, .. } = world.until_ended(0).await else {
        panic!("it was connected");
    };
    assert_eq!(leave, Leave::Overload);
    assert_eq!(detail, "WebSocket close 1012 later");
    let close = world.reads(0, 6 + 2).await;
    assert_eq!(unmasked(&close), (0x88, vec![0x03, 0xf4]));
}

#[tokio::test]
async fn a_flood_at_one_socket_does_not_keep_others_from_being_heard() {
    let mut world = World::with(2).await;
    let flood = text("42[\"flood\",1]").repeat(400_000);
    let last = text("42[\"last\",1]");
    let other = text("42[\"other\",1]");
    world
        .serving(async |servers| {
            let [one, two] = servers.as_mut_slice() else {
                panic!("two sockets");
            };
            let flooding = async {
                one.write_all(&flood).await?;
                one.write_all(&last).await
            };
            let (flooded, said) = tokio::join!(flooding, two.write_all(&other));
            flooded.and(said)
        })
        .await
        .expect("clients");
    world.until(0, "last 1").await;
    world.until(1, "other 1").await;
    assert_eq!(world.events(0).len(), 2 + 400_000 + 1);
    let heard = world.heard.borrow();
    let other = heard
        .events
        .iter()
        .position(|(socket, event)| *socket == 1 && event == "other 1");
    assert!(other.expect("it was heard") < heard.events.len() - 1_000);
}

#[tokio::test]
async fn what_breaks_the_protocol_ends_the_socket() {
    let mut world = World::with(3).await;
    for (socket, bytes, words) in [
        (0, vec![0xc1, 0], "reserved bits"),
        (1, text("7"), "unknown Engine.IO packet type"),
        (2, text("43[]"), "without an id"),
    ] {
        world.writes(socket, &bytes).await;
        let Ended::Left { leave, detail, .. } = world.until_ended(socket).await else {
            panic!("it was connected");
        };
        assert_eq!(leave, Leave::ProtocolError);
        assert!(detail.contains(words), "{detail}");
    }
    world.serving(async |_| ()).await;
    world.engine.emptied().await;
}

#[tokio::test]
async fn a_server_that_is_gone_is_told_after_what_it_had_said() {
    let mut world = World::with(2).await;
    world.writes(0, &text("42[\"bye\",1]")).await;
    drop(world.servers.remove(0));
    let Ended::Left { leave, detail, .. } = world.until_ended(0).await else {
        panic!("it was connected");
    };
    assert_eq!(
        (leave, detail.as_str()),
        (Leave::ConnectionLost, "end of stream")
    );
    assert_eq!(world.events(0)[2..], ["bye 1"]);
    drop(world.servers.remove(0));
    world.until_ended(1).await;
}

#[tokio::test]
async fn a_server_that_asks_and_never_reads_is_given_up() {
    let mut world = World::with(1).await;
    // Its questions are answered until nobody takes the answers any more.
    let pings = frame(0x89, &[7; 125]).repeat(10_000);
    world
        .serving(async |servers| while servers[0].write_all(&pings).await.is_ok() {})
        .await;
    let Ended::Left { leave, detail, .. } = world.until_ended(0).await else {
        panic!("it was connected");
    };
    assert_eq!(leave, Leave::ConnectionLost);
    assert!(detail.contains("does not read"), "{detail}");
}

#[tokio::test]
async fn goodbyes_are_said_when_there_are_orders() {
    let mut world = World::with(2).await;
    *world.leaves.borrow_mut() = Some(Manner::Goodbye {
        linger: Duration::ZERO,
    });
    let (orders, heard) = (world.orders.clone(), Rc::clone(&world.heard));
    world
        .serving(async |_| {
            // Whoever serves sees only orders that are given while it does.
            orders.send_replace(());
            while heard.borrow().ended.len() < 2 {
                tokio::task::yield_now().await;
            }
        })
        .await;
    for socket in 0..2 {
        let ended = world.until_ended(socket).await;
        assert!(
            matches!(
                ended,
                Ended::Left {
                    leave: Leave::Ours,
                    ..
                }
            ),
            "{ended:?}"
        );
        let goodbye = world.reads(socket, 6 + 2 + 6).await;
        assert_eq!(unmasked(&goodbye[..8]), (0x81, b"41".to_vec()));
        assert_eq!(unmasked(&goodbye[8..]), (0x88, Vec::new()));
        assert!(world.events(socket).contains(&"leaving".to_owned()));
    }
    world.engine.emptied().await;
}

/// A thread that was away for longer than a ping may stay away: the ping lies there, and is looked at before the time is.
#[tokio::test]
async fn what_came_in_time_is_read_before_it_is_missed() {
    let often = OPEN.replace("25000", "1000").replace("20000", "1000");
    let mut world = World::opened(1, &often).await;
    world.servers[0]
        .write_all(&text("2"))
        .await
        .expect("a client");
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    world.writes(0, &text("42[\"news\",1]")).await;
    world.until(0, "news 1").await;
    assert_eq!(world.heard.borrow().ended, []);
}

/// What two clocks that are read one after the other may be apart, and what a stamp loses as it is told in whole microseconds.
#[cfg(target_os = "linux")]
const SLACK: Duration = Duration::from_micros(50);

#[cfg(target_os = "linux")]
impl World {
    /// Until the kernel stamps what comes: it takes its time to begin with that.
    async fn stamped(&mut self) {
        let heard = Rc::clone(&self.heard);
        let is_stamped = || {
            let heard = heard.borrow();
            heard.stamps.last().is_some_and(|at| at.waited_us.is_some())
        };
        while !is_stamped() {
            let before = heard.borrow().stamps.len();
            self.writes(0, &text("42[\"now\",1]")).await;
            self.until_true(|| heard.borrow().stamps.len() > before)
                .await;
        }
        assert_eq!(self.engine.unstamped(), None);
        heard.borrow_mut().stamps.clear();
    }

    /// Writes while nobody reads; between which two times.
    async fn writes_unread(&mut self, bytes: &[u8]) -> (Time, Time) {
        let before = self.clock.now();
        let written = self.servers[0].write_all(bytes).await;
        written.expect("a client");
        (before, self.clock.now())
    }

    /// The engine's thread does something else for so long; then it reads until it has heard so much. Gives when it began to, and what
    /// it heard.
    async fn reads_after(&mut self, away: Duration, events: usize) -> (Time, Vec<Stamp>) {
        let resumes = self.clock.now() + away;
        while self.clock.now() < resumes {
            std::hint::spin_loop();
        }
        let heard = Rc::clone(&self.heard);
        self.until_true(|| heard.borrow().stamps.len() >= events)
            .await;
        (resumes, std::mem::take(&mut heard.borrow_mut().stamps))
    }
}

#[cfg(target_os = "linux")]
fn reached(at: Stamp) -> Time {
    let waited = at.waited_us.expect("a stamp of the kernel");
    Time::ZERO + (at.at - Time::ZERO).saturating_sub(Duration::from_micros(u64::from(waited)))
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn what_waits_for_a_stalled_engine_reached_the_kernel_when_it_came() {
    let mut world = World::with(1).await;
    world.stamped().await;
    let stall = Duration::from_millis(80);
    let (before, after) = world.writes_unread(&text("42[\"news\",1]")).await;
    let (resumes, stamps) = world.reads_after(stall, 1).await;
    let [at] = stamps.as_slice() else {
        panic!("one event: {stamps:?}");
    };
    assert!(at.at >= resumes);
    let reached = reached(*at);
    assert!(reached + SLACK >= before, "{reached} {before}");
    assert!(reached <= after + SLACK, "{reached} {after}");
    // So the stall is the engine's delay, whole, and no part of the way there.
    assert!(at.at - reached + SLACK >= stall);
}

/// The stamp of a read is that of its last byte: what came before is stamped too late, and never too early.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn all_that_is_read_at_once_has_the_stamp_of_the_last() {
    let mut world = World::with(1).await;
    world.stamped().await;
    let (first, _) = world.writes_unread(&text("42[\"news\",1]")).await;
    let between = world.clock.now() + Duration::from_millis(20);
    while world.clock.now() < between {
        std::hint::spin_loop();
    }
    let (before, after) = world.writes_unread(&text("42[\"news\",2]")).await;
    let (_, stamps) = world.reads_after(Duration::from_millis(20), 2).await;
    assert_eq!(stamps.len(), 2);
    for at in stamps {
        let reached = reached(at);
        assert!(reached >= first);
        assert!(reached + SLACK >= before && reached <= after + SLACK);
    }
}
