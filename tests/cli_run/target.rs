//! A push target written for these tests from the contract alone: HTTP/1.1 read by hand, WebSocket frames by tungstenite, nothing
//! of the project. It is exact, but for the one thing it is told to harm.

use std::collections::HashSet;
use std::io;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use serde::Deserialize;
use serde_json::json;
use serde_json::value::RawValue;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, mpsc};
use tokio::task::AbortHandle;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;

use super::support::within;

/// The apps it has, each with `user-<n>` and `password-<n>`.
pub(crate) const APPS: [&str; 2] = ["demo", "other"];

/// How it answers logins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Logins {
    /// As the contract has it.
    #[default]
    Contract,
    /// With a page and status 200.
    Html,
    /// Never.
    Never,
    /// As the contract has it, for users below this number; there are no others.
    Below(u32),
    /// As the contract has it, but not at once: the first time that a user asks the answer is 429, and a second later is early enough.
    Later,
    /// As the contract has it, for users below this number; for all others it is down.
    DownFrom(u32),
}

/// How it serves sockets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Sockets {
    /// As the protocol has it.
    #[default]
    Protocol,
    /// No WebSocket: 403.
    Forbidden,
    /// A WebSocket that speaks something else.
    Chat,
    /// `CONNECT_ERROR`.
    NotAuthorized,
    /// CONNECT without a `sid`, as Socket.IO v2 has it.
    Version2,
    /// The WebSocket is closed at once.
    Closed,
    /// CONNECT is never answered.
    Silent,
}

/// The shape of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    Object,
    Array,
    Text,
}

/// The one thing that it does wrong, to one delivery of one push.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Harm {
    /// Nothing.
    #[default]
    None,
    /// Not wrong: every message is parsed and written again, with other white space and order of keys.
    Rewrite,
    /// Not wrong: so much white space is added to every message.
    Pad(usize),
    /// It is not delivered.
    Drop,
    /// Of a broadcast, one recipient is left out.
    DropOneOfBroadcast,
    /// It is delivered twice.
    Duplicate,
    /// Another user of the app gets it too.
    AnotherUser,
    /// The user of the same name in another app gets it too.
    AnotherApp,
    /// It goes under another name.
    Rename,
    /// It goes out in a namespace that the socket never joined too.
    Stray,
    /// A message of this shape is changed in one value.
    Corrupt(Shape),
    /// Its tag is damaged.
    DamageTag,
    /// It goes out after the next one to the same socket.
    Swap,
    /// It goes out so much later.
    Late(Duration),
    /// An event that nobody asked for follows it.
    Phantom,
    /// The first socket gets an event before its CONNECT is answered.
    Premature,
    /// It is refused and delivered; `heard`: the socket has it before the refusal is sent.
    RefuseDelivered { heard: bool },
    /// It is answered by 500 and delivered.
    FailDelivered,
    /// It is answered by 500 and not delivered.
    FailLost,
    /// It is delivered and never answered.
    NeverAnswered,
    /// It is delivered, and the connection is cut instead of an answer.
    CutDelivered,
    /// It is delivered, and its socket closed.
    CloseSocket,
    /// It is delivered, and its socket dies.
    Die(Death),
    /// It is delivered, then all sockets are cut off and all sessions forgotten, as if the target had been started anew.
    Restart,
}

/// How the target ends a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Death {
    /// Socket.IO DISCONNECT.
    Kick,
    /// Engine.IO close.
    Close,
    /// A WebSocket close with this code.
    Code(u16),
    /// The end of the TCP connection, without a word.
    Cut,
    /// A TCP reset.
    Reset,
    /// It stays open, but no ping comes any more.
    Silence,
    /// It stays open, but nothing is read or written any more: a link that is dead and does not say so.
    Gone,
    /// A packet that is none.
    Garbage,
}

/// What it is told to do.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Manners {
    pub(crate) logins: Logins,
    pub(crate) sockets: Sockets,
    pub(crate) harm: Harm,
    /// The harm comes to the first push that fits from this one on, counted from 0.
    pub(crate) from: usize,
    /// Only a push with such a message fits: where lanes run side by side, the order in which pushes come in is nobody's promise.
    pub(crate) only: Option<fn(&str) -> bool>,
    /// It pings its sockets, and promises to do so often.
    pub(crate) pings: bool,
    /// A push at a user who is not connected is refused.
    pub(crate) refuses_nobody: bool,
}

/// A push it was asked for.
#[derive(Debug, Clone)]
pub(crate) struct Push {
    pub(crate) app: String,
    /// `*` or a user.
    pub(crate) to: String,
    pub(crate) event: String,
    /// The message, as it came.
    pub(crate) message: String,
    /// The whole request body, as it came.
    pub(crate) body: String,
    /// Sockets in its audience.
    pub(crate) sockets: u64,
}

/// The running target.
pub(crate) struct Target {
    shared: Arc<Shared>,
    url: String,
    accepting: AbortHandle,
}

impl Target {
    pub(crate) async fn start(manners: Manners) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("bound"));
        let shared = Arc::new(Shared {
            manners,
            state: Mutex::default(),
            met: Notify::new(),
            harming: Notify::new(),
        });
        let serving = Arc::clone(&shared);
        let accepting = tokio::spawn(async move {
            while let Ok((tcp, _)) = listener.accept().await {
                tokio::spawn(serve(Arc::clone(&serving), tcp));
            }
        });
        Self {
            shared,
            url,
            accepting: accepting.abort_handle(),
        }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Waits until somebody has connected.
    pub(crate) async fn met(&self) {
        within("a connection", self.shared.met.notified()).await;
    }

    /// Where connections came from.
    pub(crate) fn sources(&self) -> HashSet<IpAddr> {
        self.shared.state().sources.clone()
    }

    /// Connections so far.
    pub(crate) fn connections(&self) -> u64 {
        self.shared.state().connections
    }

    pub(crate) fn pushes(&self) -> Vec<Push> {
        self.shared.state().pushes.clone()
    }

    /// Waits until the push that comes to harm has been asked for.
    pub(crate) async fn harms(&self) {
        within("the harm", self.shared.harming.notified()).await;
    }

    /// The push that came to harm.
    pub(crate) fn harmed(&self) -> Push {
        let state = self.shared.state();
        let harmed = state.harmed.expect("a push fitted the harm");
        state.pushes[harmed].clone()
    }

    /// App and user of the socket where the harm showed.
    pub(crate) fn victim(&self) -> (String, String) {
        let victim = self.shared.state().victim.clone();
        victim.expect("a socket fitted the harm")
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

struct Shared {
    manners: Manners,
    state: Mutex<State>,
    met: Notify,
    harming: Notify,
}

#[derive(Default)]
struct State {
    connections: u64,
    sources: HashSet<IpAddr>,
    sessions: HashSet<String>,
    /// Who has asked for a login.
    asked: HashSet<String>,
    sockets: Vec<Socket>,
    pushes: Vec<Push>,
    harmed: Option<usize>,
    victim: Option<(String, String)>,
    /// Held back by [`Harm::Swap`].
    held: Option<(String, String, String)>,
}

#[derive(Clone)]
struct Socket {
    id: u64,
    app: String,
    user: String,
    out: mpsc::UnboundedSender<Out>,
    pong: Arc<Notify>,
}

enum Out {
    Text(String),
    Close,
    Die(Death),
}

enum Reply {
    Answer(u16, String),
    /// Answered, then delivered.
    AnswerThen(u16, String, Push),
    Never,
    Cut,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn serve(shared: Arc<Shared>, tcp: TcpStream) {
    let id = {
        let mut state = shared.state();
        state.connections += 1;
        state.sources.extend(tcp.peer_addr().map(|from| from.ip()));
        state.connections
    };
    shared.met.notify_one();
    tcp.set_nodelay(true).ok();
    // Logins and pushes are posted, sockets asked for by GET.
    let mut first = [0];
    let _gone = match tcp.peek(&mut first).await {
        Ok(1) if first == *b"P" => http(&shared, tcp).await,
        Ok(1) => websocket(&shared, tcp, id).await.or(Some(())),
        _ => None,
    };
    shared.state().sockets.retain(|socket| socket.id != id);
}

/// `None`: the other side is gone.
async fn http(shared: &Arc<Shared>, mut tcp: TcpStream) -> Option<()> {
    let mut buffer = Vec::new();
    loop {
        let (path, app, body) = request(&mut tcp, &mut buffer).await?;
        let reply = match path.as_str() {
            "/good/api/v5/auth" => login(shared, &app, &body),
            "/good/api/v5/data/push/send" => push(shared, &app, &body).await,
            _ => Reply::Answer(404, "no such call".to_owned()),
        };
        match reply {
            Reply::Answer(status, body) => answer(&mut tcp, status, &body).await.ok()?,
            Reply::AnswerThen(status, body, push) => {
                answer(&mut tcp, status, &body).await.ok()?;
                shared.state().deliver(&push, &frame(&push));
            }
            Reply::Never => {
                let nothing = tcp.read_buf(&mut buffer).await;
                drop(nothing);
            }
            Reply::Cut => return None,
        }
    }
}

/// Path, app and body of the next request.
async fn request(tcp: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<(String, String, String)> {
    let head_end = loop {
        match buffer.windows(4).position(|w| w == b"\r\n\r\n") {
            Some(at) => break at,
            None if tcp.read_buf(buffer).await.ok()? == 0 => return None,
            None => {}
        }
    };
    let head = String::from_utf8_lossy(&buffer[..head_end]).into_owned();
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        let found = name.eq_ignore_ascii_case("content-length");
        found.then(|| value.trim().parse::<usize>().ok())?
    });
    let end = head_end + 4 + length.unwrap_or(0);
    while buffer.len() < end {
        if tcp.read_buf(buffer).await.ok()? == 0 {
            return None;
        }
    }
    let body = String::from_utf8_lossy(&buffer[head_end + 4..end]).into_owned();
    buffer.drain(..end);
    let url = head.split(' ').nth(1)?;
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    let app = query
        .split('&')
        .find_map(|pair| pair.strip_prefix("appID="));
    Some((path.to_owned(), app.unwrap_or_default().to_owned(), body))
}

async fn answer(tcp: &mut TcpStream, status: u16, body: &str) -> io::Result<()> {
    let length = body.len();
    let later = if status == 429 {
        "Retry-After: 1\r\n"
    } else {
        ""
    };
    let text = format!("HTTP/1.1 {status} -\r\n{later}Content-Length: {length}\r\n\r\n{body}");
    tcp.write_all(text.as_bytes()).await
}

fn login(shared: &Shared, app: &str, body: &str) -> Reply {
    #[derive(Deserialize)]
    struct Credentials {
        username: String,
        password: String,
    }
    let most = match shared.manners.logins {
        Logins::Html => return Reply::Answer(200, "<html><h1>It works!</h1></html>".to_owned()),
        Logins::Never => return Reply::Never,
        Logins::Below(most) => most,
        Logins::Contract | Logins::Later | Logins::DownFrom(_) => u32::MAX,
    };
    let given: Credentials = serde_json::from_str(body).expect("credentials");
    let who = format!("{app} {}", given.username);
    if shared.manners.logins == Logins::Later && shared.state().asked.insert(who) {
        return Reply::Answer(429, "not now".to_owned());
    }
    let number = given.username.strip_prefix("user-").map(str::parse::<u32>);
    if let (Logins::DownFrom(up), Some(Ok(n))) = (shared.manners.logins, &number)
        && *n >= up
    {
        return Reply::Answer(503, "down".to_owned());
    }
    let known = APPS.contains(&app)
        && matches!(number, Some(Ok(n)) if n < most)
        && given.password == given.username.replacen("user-", "password-", 1);
    if !known {
        let refusal = json!({"msg": "User or password incorrect", "code": 108, "status": "ERROR"});
        return Reply::Answer(400, refusal.to_string());
    }
    let token = format!("{app} {}", given.username);
    shared.state().sessions.insert(token.clone());
    let granted = json!({"result": {"token": token, "username": given.username}, "status": "ok"});
    Reply::Answer(200, granted.to_string())
}

/// Everything is queued before the answer, so that what is answered first arrives first.
async fn push(shared: &Arc<Shared>, app: &str, body: &str) -> Reply {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    struct Asked<'a> {
        #[serde(rename = "userID")]
        user_id: String,
        event_name: String,
        #[serde(borrow)]
        message: &'a RawValue,
    }
    let asked: Asked<'_> = serde_json::from_str(body).expect("a push of the contract");
    let (push, harm, socket) = {
        let mut state = shared.state();
        let mut push = Push {
            app: app.to_owned(),
            to: asked.user_id,
            event: asked.event_name,
            message: asked.message.get().to_owned(),
            body: body.to_owned(),
            sockets: 0,
        };
        push.sockets = state.audience(&push).count() as u64;
        let n = state.pushes.len();
        state.pushes.push(push.clone());
        let harm = shared.manners.harm;
        let meant = shared.manners.only.is_none_or(|only| only(&push.message));
        let now = state.harmed.is_none() && n >= shared.manners.from && meant && fits(harm, &push);
        if now {
            state.harmed = Some(n);
            shared.harming.notify_one();
        }
        let harm = match harm {
            Harm::Rewrite | Harm::Pad(_) => harm,
            harm if now => harm,
            _ => Harm::None,
        };
        state.carry_out(shared, &push, harm);
        let socket = state.audience(&push).next().cloned();
        (push, harm, socket)
    };
    if shared.manners.refuses_nobody && push.sockets == 0 {
        return Reply::Answer(400, r#"{"msg":"no such user","status":"ERROR"}"#.to_owned());
    }
    let refusal = r#"{"msg":"quota exceeded","status":"ERROR"}"#.to_owned();
    match (harm, socket) {
        (Harm::RefuseDelivered { heard: false }, _) => Reply::AnswerThen(400, refusal, push),
        (Harm::RefuseDelivered { heard: true }, Some(socket)) => {
            // A heartbeat goes the same way as the push: once it is answered, the push was read.
            socket.out.send(Out::Text("2".to_owned())).ok();
            within("a heartbeat's answer", socket.pong.notified()).await;
            Reply::Answer(400, refusal)
        }
        (Harm::FailDelivered | Harm::FailLost, _) => Reply::Answer(500, "oh no".to_owned()),
        (Harm::NeverAnswered, _) => Reply::Never,
        (Harm::CutDelivered, _) => Reply::Cut,
        _ => Reply::Answer(200, r#"{"result":[{}],"status":"ok"}"#.to_owned()),
    }
}

/// What a client emitted, `<id>["push",<user>,<event>,<message>,…]`, is a push, and is acked as a request for one is answered. `None`: the connection is
/// cut instead.
async fn emitted(shared: &Arc<Shared>, app: &str, text: &str) -> Option<Option<String>> {
    let (id, args) = text.split_at(text.find('[').expect("an event"));
    let list: Vec<&RawValue> = serde_json::from_str(args).expect("a list");
    let [_, user, event, message, ..] = list[..] else {
        panic!("no push: {args}");
    };
    let body = format!("{{\"userID\":{user},\"eventName\":{event},\"message\":{message}}}");
    let reply = push(shared, app, &body).await;
    if let Some(push) = shared.state().pushes.last_mut() {
        args.clone_into(&mut push.body);
    }
    let status = match reply {
        Reply::Answer(200, _) => "ok",
        Reply::Answer(500, _) | Reply::Never => return Some(None),
        Reply::Cut => return None,
        Reply::Answer(..) | Reply::AnswerThen(..) => "no",
    };
    Some(Some(format!("43{id}[{{\"status\":\"{status}\"}}]")))
}

fn fits(harm: Harm, push: &Push) -> bool {
    match harm {
        Harm::None | Harm::Rewrite | Harm::Pad(_) | Harm::Premature => false,
        Harm::DropOneOfBroadcast => push.to == "*",
        Harm::Corrupt(shape) => push.to != "*" && shape_of(&push.message) == shape,
        _ => push.to != "*",
    }
}

fn shape_of(message: &str) -> Shape {
    match message.as_bytes()[0] {
        b'{' => Shape::Object,
        b'[' => Shape::Array,
        _ => Shape::Text,
    }
}

/// One value of the message is another; its tag is as it was.
fn spoiled(message: &str) -> String {
    let spoiled = match shape_of(message) {
        Shape::Object => message.replace(r#""read":false"#, r#""read":true"#),
        Shape::Array => message.replace("null,true]", "null,false]"),
        Shape::Text => format!("{}!\"", &message[..message.len() - 1]),
    };
    assert_ne!(spoiled, message);
    spoiled
}

fn rewritten(message: &str) -> String {
    let value: serde_json::Value = serde_json::from_str(message).expect("JSON");
    serde_json::to_string_pretty(&value).expect("JSON")
}

fn frame(push: &Push) -> String {
    frame_of(&push.event, &push.message)
}

fn frame_of(event: &str, message: &str) -> String {
    format!("42[{},{message}]", json!(event))
}

impl State {
    /// The sockets that a push is for.
    fn audience(&self, push: &Push) -> impl Iterator<Item = &Socket> {
        let (app, to) = (push.app.clone(), push.to.clone());
        let sockets = self.sockets.iter();
        sockets.filter(move |s| s.app == app && (to == "*" || to == s.user))
    }

    fn deliver(&self, push: &Push, text: &str) {
        for socket in self.audience(push) {
            socket.out.send(Out::Text(text.to_owned())).ok();
        }
    }

    /// Delivers to the first socket that fits, and remembers whose it is.
    fn deliver_astray(&mut self, text: &str, fits: impl Fn(&Socket) -> bool) {
        let socket = self.sockets.iter().find(|s| fits(s)).expect("a bystander");
        socket.out.send(Out::Text(text.to_owned())).ok();
        self.victim = Some((socket.app.clone(), socket.user.clone()));
    }

    fn carry_out(&mut self, shared: &Arc<Shared>, push: &Push, harm: Harm) {
        let text = frame(push);
        if !matches!(harm, Harm::None | Harm::Rewrite | Harm::Pad(_)) {
            let first = self.audience(push).next();
            self.victim = first.map(|s| (s.app.clone(), s.user.clone()));
        }
        match harm {
            Harm::Drop | Harm::FailLost | Harm::RefuseDelivered { heard: false } => {}
            Harm::DropOneOfBroadcast => {
                for socket in self.audience(push).skip(1) {
                    socket.out.send(Out::Text(text.clone())).ok();
                }
            }
            Harm::Swap => self.held = Some((push.app.clone(), push.to.clone(), text)),
            Harm::Late(by) => {
                let (shared, push) = (Arc::clone(shared), push.clone());
                tokio::spawn(async move {
                    tokio::time::sleep(by).await;
                    shared.state().deliver(&push, &text);
                });
            }
            Harm::Rename => self.deliver(push, &frame_of("renamed", &push.message)),
            Harm::Rewrite => self.deliver(push, &frame_of(&push.event, &rewritten(&push.message))),
            Harm::Pad(by) => {
                let padded = " ".repeat(by) + &push.message;
                self.deliver(push, &frame_of(&push.event, &padded));
            }
            Harm::Corrupt(_) => self.deliver(push, &frame_of(&push.event, &spoiled(&push.message))),
            Harm::DamageTag => self.deliver(push, &text.replace("pp1.", "pp2.")),
            _ => self.deliver(push, &text),
        }
        match harm {
            Harm::Duplicate => self.deliver(push, &frame(push)),
            Harm::AnotherUser => {
                self.deliver_astray(&frame(push), |s| s.app == push.app && s.user != push.to);
            }
            Harm::AnotherApp => {
                self.deliver_astray(&frame(push), |s| s.app != push.app && s.user == push.to);
            }
            Harm::Stray => {
                let frame = frame_of(&push.event, &push.message);
                self.deliver(push, &frame.replacen("42", "42/admin,", 1));
            }
            Harm::Phantom => self.deliver(push, r#"42["alert",{"from":"nobody"}]"#),
            Harm::CloseSocket => {
                for socket in self.audience(push) {
                    socket.out.send(Out::Close).ok();
                }
            }
            Harm::Die(death) => {
                for socket in self.audience(push) {
                    socket.out.send(Out::Die(death)).ok();
                }
            }
            Harm::Restart => {
                self.sessions.clear();
                for socket in self.sockets.drain(..) {
                    socket.out.send(Out::Die(Death::Cut)).ok();
                }
            }
            Harm::None => self.release(push),
            _ => {}
        }
    }

    /// What was held back goes out behind the push that has just gone to the same socket.
    fn release(&mut self, behind: &Push) {
        let follows = |(app, user, _): &mut (String, String, String)| {
            *app == behind.app && (behind.to == "*" || behind.to == *user)
        };
        if let Some((app, user, text)) = self.held.take_if(follows) {
            for socket in &self.sockets {
                if socket.app == app && socket.user == user {
                    socket.out.send(Out::Text(text.clone())).ok();
                }
            }
        }
    }

    /// Takes a socket in: its CONNECT is answered first of all, and from then on it is part of every audience.
    fn join(&mut self, socket: Socket, harm: Harm) {
        if harm == Harm::Premature && self.victim.is_none() {
            self.victim = Some((socket.app.clone(), socket.user.clone()));
            let early = r#"42["alert",{"too":"early"}]"#.to_owned();
            socket.out.send(Out::Text(early)).ok();
        }
        let accepted = format!("40{{\"sid\":\"socket-{}\"}}", socket.id);
        socket.out.send(Out::Text(accepted)).ok();
        self.sockets.push(socket);
    }
}

/// `None`: the other side is gone.
async fn websocket(shared: &Arc<Shared>, mut tcp: TcpStream, id: u64) -> Option<()> {
    #[derive(Deserialize)]
    struct Auth {
        app_id: String,
        session_id: String,
    }
    if shared.manners.sockets == Sockets::Forbidden {
        let mut buffer = Vec::new();
        request(&mut tcp, &mut buffer).await?;
        return answer(&mut tcp, 403, "sockets are for members").await.ok();
    }
    let mut ws = tokio_tungstenite::accept_async(tcp).await.ok()?;
    let mut pings = shared.manners.pings;
    let (interval, timeout) = if pings {
        (200, 1_800)
    } else {
        (25_000, 20_000)
    };
    let open = match shared.manners.sockets {
        Sockets::Chat => "welcome to the chat".to_owned(),
        Sockets::Closed => return ws.close(None).await.ok(),
        _ => format!(
            "0{}",
            json!({"sid": format!("engine-{id}"), "upgrades": [], "pingInterval": interval, "pingTimeout": timeout, "maxPayload": 1_000_000})
        ),
    };
    ws.send(Message::text(open)).await.ok()?;
    let (out, mut outbox) = mpsc::unbounded_channel();
    let pong = Arc::new(Notify::new());
    let mut joined = String::new();
    let mut beat = tokio::time::interval(Duration::from_millis(interval));
    loop {
        tokio::select! {
            frame = ws.next() => match frame?.ok()? {
                Message::Text(text) if text == "3" => pong.notify_one(),
                Message::Text(text) if text.starts_with("42") => {
                    let Some(ack) = emitted(shared, &joined, &text[2..]).await? else { continue };
                    out.send(Out::Text(ack)).ok();
                }
                Message::Text(text) => {
                    let Some(auth) = text.strip_prefix("40") else { continue };
                    let auth: Auth = serde_json::from_str(auth).expect("app_id and session_id");
                    let session = auth.session_id;
                    let user = session.strip_prefix(&format!("{} ", auth.app_id)).map(str::to_owned);
                    let mut state = shared.state();
                    let known = state.sessions.contains(&session);
                    let forgotten = shared.manners.harm == Harm::Restart && state.harmed.is_some();
                    let Some(user) = user.filter(|_| known || forgotten) else {
                        panic!("a session that this target never gave: {session:?}");
                    };
                    let answer = match shared.manners.sockets {
                        _ if !known => r#"44{"message":"who are you?"}"#,
                        Sockets::NotAuthorized => r#"44{"message":"not authorized"}"#,
                        Sockets::Version2 => "40",
                        Sockets::Silent => continue,
                        _ => {
                            joined.clone_from(&auth.app_id);
                            let pong = Arc::clone(&pong);
                            let socket = Socket { id, app: auth.app_id, user, out: out.clone(), pong };
                            state.join(socket, shared.manners.harm);
                            continue;
                        }
                    };
                    out.send(Out::Text(answer.to_owned())).ok();
                }
                _ => {}
            },
            Some(next) = outbox.recv() => match next {
                Out::Text(text) => ws.send(Message::text(text)).await.ok()?,
                Out::Close => return ws.close(None).await.ok(),
                Out::Die(Death::Kick) => ws.send(Message::text("41")).await.ok()?,
                Out::Die(Death::Close) => ws.send(Message::text("1")).await.ok()?,
                Out::Die(Death::Garbage) => ws.send(Message::text("4?")).await.ok()?,
                Out::Die(Death::Silence) => pings = false,
                Out::Die(Death::Gone) => std::future::pending().await,
                Out::Die(Death::Cut) => return None,
                Out::Die(Death::Reset) => {
                    return ws.get_ref().set_zero_linger().ok();
                }
                Out::Die(Death::Code(code)) => {
                    let reason = "enough".into();
                    let frame = CloseFrame { code: code.into(), reason };
                    return ws.close(Some(frame)).await.ok();
                }
            },
            _ = beat.tick(), if pings => {
                ws.send(Message::text("2")).await.ok()?;
            }
        }
    }
}
