//! The independent programs of `tests/peers`, as children of a test: spawned, waited for with a bound, killed when dropped.
//!
//! A client tells what happens to it in JSON lines ([`Line`]) and obeys JSON commands; `tests/peers/client.mjs` documents both.
//! Waiting is always for a line; lines that were not waited for are kept in order until somebody asks for them.

use std::{
    collections::VecDeque,
    path::PathBuf,
    process::Stdio,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use serde::Deserialize;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
    task::JoinHandle,
};

use super::rest::password_of;

/// Longer than anything takes on a busy machine of two cores; a test that meets it has failed.
const BOUND: Duration = Duration::from_secs(30);
/// For the standard error of a peer that has failed.
const LAST_WORDS_BOUND: Duration = Duration::from_secs(2);
/// Of a peer's standard error, for the message of a panic.
const STDERR_KEPT_BYTES: usize = 16 * 1024;

/// The future's value, or a panic that says what was waited for.
pub(crate) async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    let waited = tokio::time::timeout(BOUND, future).await;
    waited.unwrap_or_else(|_| panic!("waited {BOUND:?} for: {what}"))
}

/// One line of a client.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(tag = "t", rename_all = "snake_case")]
pub(crate) enum Line {
    Login {
        session: String,
    },
    LoginRefused {
        status: u16,
        body: Value,
    },
    Connected {
        sid: String,
        transport: String,
        /// The server says that the socket went on where its last connection ended.
        #[serde(default)]
        recovered: bool,
    },
    Upgrade {
        transport: String,
    },
    Event(Event),
    Ack {
        id: Value,
        args: Vec<Value>,
    },
    ConnectError {
        message: String,
        data: Value,
    },
    Disconnect {
        reason: String,
    },
    Error {
        message: String,
    },
}

/// An event as a page sees it. Binary arguments are `{"_bin": "<base64>"}`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(crate) struct Event {
    pub(crate) name: String,
    pub(crate) args: Vec<Value>,
}

impl Event {
    pub(crate) fn new(name: &str, args: &[Value]) -> Self {
        Self {
            name: name.to_owned(),
            args: args.to_vec(),
        }
    }
}

/// Which client program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Program {
    /// socket.io-client of the version: `4.8.1` or `4.5.1`.
    Node(&'static str),
    /// python-socketio.
    Python,
}

impl Program {
    pub(crate) const ALL: [Self; 3] = [Self::Node("4.8.1"), Self::Node("4.5.1"), Self::Python];
}

/// How a client proves who it is.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Identity<'a> {
    /// Logs itself in as `user-<n>` with `password-<n>`.
    User(&'a str),
    /// Logs itself in with this password.
    UserPassword(&'a str, &'a str),
    /// Uses a session id as it is, be it good or not.
    Session(&'a str),
}

/// A running peer: the server or a client.
pub(crate) struct Peer {
    name: String,
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: Lines<BufReader<ChildStdout>>,
    stderr: Arc<Mutex<String>>,
    /// Ends when the child has closed its standard error.
    stderr_read: JoinHandle<()>,
    /// Lines that were read while another was waited for.
    unclaimed: VecDeque<Line>,
    url: String,
    fences: u64,
}

impl Peer {
    /// `tests/peers/server.mjs` with these flags, listening.
    pub(crate) async fn spawn_node_server(args: &[&str]) -> Self {
        Self::spawn_node("server.mjs", args).await
    }

    /// A server of `tests/peers` with these flags, listening.
    pub(crate) async fn spawn_node(script: &str, args: &[&str]) -> Self {
        let mut command = node();
        command.arg(script).args(args);
        Self::listening(format!("{script} {}", args.join(" ")), command).await
    }

    /// `tests/peers/server.py` with these flags, listening.
    pub(crate) async fn spawn_python_server(args: &[&str]) -> Self {
        let mut command = python();
        command.arg("server.py").args(args);
        Self::listening(format!("server.py {}", args.join(" ")), command).await
    }

    /// The server of `tests/peers/socketioxide` with these flags, listening.
    pub(crate) async fn spawn_socketioxide_server(args: &[&str]) -> Self {
        let mut command = socketioxide();
        command.arg("--peer").args(args);
        Self::listening(format!("socketioxide {}", args.join(" ")), command).await
    }

    async fn listening(name: String, command: Command) -> Self {
        let mut peer = Self::spawn(name, command);
        let ready = peer.read_line("its readiness line").await;
        let url = ready
            .strip_prefix("listening on ")
            .unwrap_or_else(|| panic!("{}: unexpected line {ready}", peer.name));
        url.clone_into(&mut peer.url);
        peer
    }

    /// A client on socket.io-client, `version` 4.8.1 or 4.5.1. `transports` is like `websocket`; `None` is the default of pages.
    pub(crate) fn client_node(
        version: &str,
        base: &str,
        app: &str,
        who: Identity<'_>,
        transports: Option<&str>,
    ) -> Self {
        let mut command = node();
        command.args(["client.mjs", "--version", version]);
        Self::client(
            &format!("client.mjs {version}"),
            command,
            base,
            app,
            who,
            transports,
        )
    }

    /// A client on python-socketio.
    pub(crate) fn client_python(
        base: &str,
        app: &str,
        who: Identity<'_>,
        transports: Option<&str>,
    ) -> Self {
        let mut command = python();
        command.arg("client.py");
        Self::client("client.py", command, base, app, who, transports)
    }

    /// A client on any of the programs.
    pub(crate) fn client_of(
        program: Program,
        base: &str,
        app: &str,
        who: Identity<'_>,
        transports: Option<&str>,
    ) -> Self {
        match program {
            Program::Node(version) => Self::client_node(version, base, app, who, transports),
            Program::Python => Self::client_python(base, app, who, transports),
        }
    }

    fn client(
        name: &str,
        mut command: Command,
        base: &str,
        app: &str,
        who: Identity<'_>,
        transports: Option<&str>,
    ) -> Self {
        command.args(["--url", base, "--app", app]);
        match who {
            Identity::User(user) => {
                command.args(["--user", user, "--password", &password_of(user)])
            }
            Identity::UserPassword(user, password) => {
                command.args(["--user", user, "--password", password])
            }
            Identity::Session(session) => command.args(["--session", session]),
        };
        if let Some(transports) = transports {
            command.args(["--transports", transports]);
        }
        Self::spawn(
            format!(
                "{name} ({app}, {who:?}, {})",
                transports.unwrap_or("default transports")
            ),
            command,
        )
    }

    fn spawn(name: String, mut command: Command) -> Self {
        command.current_dir(directory());
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        let mut child = match command.spawn() {
            Ok(child) => child,
            Err(error) => panic!("cannot start {name}: {error}. Run ci/install-peers"),
        };
        let stdout = BufReader::new(child.stdout.take().expect("stdout is piped")).lines();
        let (stderr, stderr_read) = keep_stderr(&mut child);
        Self {
            name,
            stdin: child.stdin.take(),
            child,
            stdout,
            stderr,
            stderr_read,
            unclaimed: VecDeque::new(),
            url: String::new(),
            fences: 0,
        }
    }

    /// The server's base URL.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    async fn read_line(&mut self, what: &str) -> String {
        let trouble = match tokio::time::timeout(BOUND, self.stdout.next_line()).await {
            Ok(Ok(Some(line))) => return line,
            Ok(Ok(None)) => "it ended".to_owned(),
            Ok(Err(error)) => format!("cannot read it: {error}"),
            Err(elapsed) => format!("{elapsed} ({BOUND:?})"),
        };
        // If it died, its last words are on their way; if it lives, there is no end to wait for.
        let _ = tokio::time::timeout(LAST_WORDS_BOUND, &mut self.stderr_read).await;
        panic!(
            "{}: waiting for {what}: {trouble}. {}",
            self.name,
            self.circumstances()
        );
    }

    fn circumstances(&self) -> String {
        let stderr = self.stderr.lock().unwrap_or_else(PoisonError::into_inner);
        format!(
            "Unclaimed lines: {:?}. Standard error: {}",
            self.unclaimed,
            stderr.trim()
        )
    }

    /// The first line that `pick` takes; those before it stay unclaimed, in order.
    async fn claim<T>(&mut self, what: &str, pick: impl Fn(&Line) -> Option<T>) -> T {
        let found = self
            .unclaimed
            .iter()
            .enumerate()
            .find_map(|(at, line)| Some((at, pick(line)?)));
        if let Some((at, value)) = found {
            self.unclaimed.remove(at);
            return value;
        }
        loop {
            let text = self.read_line(what).await;
            let line: Line = match serde_json::from_str(&text) {
                Ok(line) => line,
                Err(error) => panic!(
                    "{}: not a line of the protocol ({error}): {text}",
                    self.name
                ),
            };
            match pick(&line) {
                Some(value) => return value,
                None => self.unclaimed.push_back(line),
            }
        }
    }

    /// The session id that the client's own login gave.
    pub(crate) async fn session(&mut self) -> String {
        let pick = |line: &Line| {
            if let Line::Login { session } = line {
                Some(session.clone())
            } else {
                None
            }
        };
        self.claim("a login", pick).await
    }

    pub(crate) async fn login_refused(&mut self) -> (u16, Value) {
        let pick = |line: &Line| {
            if let Line::LoginRefused { status, body } = line {
                Some((*status, body.clone()))
            } else {
                None
            }
        };
        self.claim("a refused login", pick).await
    }

    /// Waits for the CONNECT to be accepted and returns the transport of that moment: with default transports it is `polling`
    /// or already `websocket`, whichever was first.
    pub(crate) async fn connected(&mut self) -> String {
        let pick = |line: &Line| {
            if let Line::Connected { transport, .. } = line {
                Some(transport.clone())
            } else {
                None
            }
        };
        self.claim("a connection", pick).await
    }

    /// Waits for the CONNECT to be accepted and returns the socket's id, and whether it was recovered.
    pub(crate) async fn back(&mut self) -> (String, bool) {
        let pick = |line: &Line| {
            if let Line::Connected { sid, recovered, .. } = line {
                Some((sid.clone(), *recovered))
            } else {
                None
            }
        };
        self.claim("a connection", pick).await
    }

    /// Waits for the upgrade and returns the new transport.
    pub(crate) async fn upgraded(&mut self) -> String {
        let pick = |line: &Line| {
            if let Line::Upgrade { transport } = line {
                Some(transport.clone())
            } else {
                None
            }
        };
        self.claim("an upgrade", pick).await
    }

    /// The message of the `CONNECT_ERROR`.
    pub(crate) async fn connect_error(&mut self) -> String {
        let pick = |line: &Line| {
            if let Line::ConnectError { message, .. } = line {
                Some(message.clone())
            } else {
                None
            }
        };
        self.claim("a connection error", pick).await
    }

    /// The reason, in the words of the client's library.
    pub(crate) async fn disconnected(&mut self) -> String {
        let pick = |line: &Line| {
            if let Line::Disconnect { reason } = line {
                Some(reason.clone())
            } else {
                None
            }
        };
        self.claim("a disconnection", pick).await
    }

    pub(crate) async fn event(&mut self) -> Event {
        self.claim("an event", |line| {
            if let Line::Event(event) = line {
                Some(event.clone())
            } else {
                None
            }
        })
        .await
    }

    /// Gives the client a command.
    pub(crate) async fn command(&mut self, command: &Value) {
        let stdin = self
            .stdin
            .as_mut()
            .unwrap_or_else(|| panic!("{}: its standard input is closed", self.name));
        let written = stdin.write_all(format!("{command}\n").as_bytes()).await;
        if let Err(error) = written {
            panic!(
                "{}: cannot command {command}: {error}. {}",
                self.name,
                self.circumstances()
            );
        }
    }

    pub(crate) async fn emit(&mut self, name: &str, args: &[Value]) {
        self.command(&json!({"do": "emit", "name": name, "args": args}))
            .await;
    }

    /// Emits an event that asks for an ack and returns what was acked.
    pub(crate) async fn emit_with_ack(&mut self, name: &str, args: &[Value]) -> Vec<Value> {
        self.fences += 1;
        let id = Value::from(self.fences);
        self.command(&json!({"do": "emit", "id": id, "name": name, "args": args, "ack": true}))
            .await;
        let pick = |line: &Line| match line {
            Line::Ack { id: acked, args } if *acked == id => Some(args.clone()),
            _ => None,
        };
        self.claim(&format!("the ack of {name}"), pick).await
    }

    /// All events not yet claimed that the server had sent to this socket by now. It needs no pause to know that: a socket's
    /// packets keep their order, so what the server sent before now is here when an ack asked for now is here.
    pub(crate) async fn events_so_far(&mut self) -> Vec<Event> {
        self.emit_with_ack("fence", &[]).await;
        let mut events = Vec::new();
        self.unclaimed.retain(|line| match line {
            Line::Event(event) => {
                events.push(event.clone());
                false
            }
            _ => true,
        });
        events
    }

    /// Closes the peer's standard input, which ends it, and returns its exit code.
    pub(crate) async fn end(mut self) -> Option<i32> {
        drop(self.stdin.take());
        let status = within(&format!("the end of {}", self.name), self.child.wait()).await;
        status
            .unwrap_or_else(|error| panic!("{}: {error}", self.name))
            .code()
    }
}

pub(crate) fn directory() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/peers")
}

fn node() -> Command {
    let modules = directory().join("node_modules/socket.io");
    assert!(
        modules.exists(),
        "{} is missing: run ci/install-peers",
        modules.display()
    );
    Command::new("node")
}

/// What `tests/peers/official.mjs` finds at the server of this URL.
pub(crate) async fn official(url: &str) -> String {
    let mut command = node();
    command
        .arg("official.mjs")
        .arg(url)
        .current_dir(directory());
    let output = within("official.mjs", command.kill_on_drop(true).output()).await;
    let output = output.expect("node runs");
    String::from_utf8(output.stdout).expect("text")
}

/// What `tests/peers/metrics.py` reads at this URL, as JSON.
pub(crate) async fn metrics(url: &str) -> Value {
    let mut command = python();
    command.arg("metrics.py").arg(url).current_dir(directory());
    let output = within("metrics.py", command.kill_on_drop(true).output()).await;
    let output = output.expect("python runs");
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        let words = String::from_utf8_lossy(&output.stderr);
        panic!("metrics.py: {error}: {words}")
    })
}

/// Python with what `requirements.txt` names.
pub(crate) fn python() -> Command {
    let python = directory().join(".venv/bin/python");
    assert!(
        python.exists(),
        "{} is missing: run ci/install-peers",
        python.display()
    );
    Command::new(python)
}

/// The server that `ci/install-peers` builds.
fn socketioxide() -> Command {
    let server = directory().join("socketioxide/target/debug/socketioxide-server");
    assert!(
        server.exists(),
        "{} is missing: run ci/install-peers",
        server.display()
    );
    Command::new(server)
}

/// Reads the child's standard error to its end, so that it never blocks, and keeps the beginning.
fn keep_stderr(child: &mut Child) -> (Arc<Mutex<String>>, JoinHandle<()>) {
    let kept = Arc::new(Mutex::new(String::new()));
    let mut lines = BufReader::new(child.stderr.take().expect("stderr is piped")).lines();
    let keeper = Arc::clone(&kept);
    let read = tokio::spawn(async move {
        while let Ok(Some(line)) = lines.next_line().await {
            let mut kept = keeper.lock().unwrap_or_else(PoisonError::into_inner);
            if kept.len() + line.len() < STDERR_KEPT_BYTES {
                kept.push_str(&line);
                kept.push('\n');
            }
        }
    });
    (kept, read)
}
