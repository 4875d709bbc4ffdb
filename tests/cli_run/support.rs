//! The command as a child of a test: started, listened to, signalled, waited for with a bound, killed when dropped.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStderr, Command};
use tokio::task::JoinHandle;

use self::built::with_all_features;
use super::signals::kill;

#[path = "../support/built.rs"]
mod built;

/// Longer than anything takes on a busy machine of two cores; a test that meets it has failed.
const BOUND: Duration = Duration::from_secs(50);

/// A load that takes seconds and is patient with a busy machine: nothing is late within two seconds.
pub(crate) const SMALL: [&str; 10] = [
    "--users",
    "20",
    "--rate",
    "50/s",
    "--duration",
    "1s",
    "--deadline",
    "2s",
    "--settle",
    "2s",
];

/// Waits for something, with a bound.
pub(crate) async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    let waited = tokio::time::timeout(BOUND, future).await;
    waited.unwrap_or_else(|_| panic!("waited {BOUND:?} for {what}"))
}

/// The binary under test, free of the settings of whoever runs the tests.
pub(crate) fn pushproof() -> Command {
    unsettled(env!("CARGO_BIN_EXE_pushproof"))
}

/// A binary, free of those settings.
fn unsettled(binary: &str) -> Command {
    let mut command = Command::new(binary);
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        if name.starts_with("PUSHPROOF_") || name == "NO_COLOR" {
            command.env_remove(name.as_ref());
        }
    }
    command
}

/// `pushproof run` with these arguments.
pub(crate) fn run(args: &[&str]) -> Command {
    let mut command = pushproof();
    command.arg("run").args(args);
    command
}

/// `pushproof run` of the build that has the second driver.
pub(crate) fn run_second(args: &[&str]) -> Command {
    let mut command = unsettled(&with_all_features());
    command.arg("run").args(args);
    command
}

/// Runs a command to its end.
pub(crate) async fn done(command: Command) -> Done {
    Run::start(command).end().await
}

/// A command under way.
pub(crate) struct Run {
    child: Child,
    stdout: JoinHandle<String>,
    stderr: Lines<BufReader<ChildStderr>>,
    heard: String,
}

/// A command that has ended, and with it everything that it started: whoever holds its standard error has let go of it.
#[derive(Debug)]
pub(crate) struct Done {
    /// `None`: a signal ended it.
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Run {
    pub(crate) fn start(mut command: Command) -> Self {
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // A group of its own, as a shell gives to a job; see `signal_group`.
            .process_group(0)
            .kill_on_drop(true);
        let mut child = command.spawn().expect("the binary starts");
        let mut stdout = child.stdout.take().expect("stdout is piped");
        let stderr = child.stderr.take().expect("stderr is piped");
        let stdout = tokio::spawn(async move {
            let mut text = String::new();
            stdout.read_to_string(&mut text).await.expect("UTF-8");
            text
        });
        Self {
            child,
            stdout,
            stderr: BufReader::new(stderr).lines(),
            heard: String::new(),
        }
    }

    /// Waits for a line on standard error that contains this, and gives it.
    pub(crate) async fn hears(&mut self, what: &str) -> String {
        loop {
            let line = within(what, self.stderr.next_line()).await;
            let Some(line) = line.expect("UTF-8") else {
                panic!("it ended before it said {what:?}: {}", self.heard);
            };
            self.heard += &line;
            self.heard.push('\n');
            if line.contains(what) {
                return line;
            }
        }
    }

    /// Sends a signal to the process alone, as `kill` does.
    pub(crate) fn signal(&self, name: &str) {
        kill(name, &self.id().to_string());
    }

    /// Sends a signal to the process group, as a terminal does at Ctrl-C.
    pub(crate) fn signal_group(&self, name: &str) {
        kill(name, &format!("-{}", self.id()));
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id().expect("it has not been waited for")
    }

    pub(crate) async fn end(mut self) -> Done {
        while let Some(line) = within("the end of stderr", self.stderr.next_line())
            .await
            .expect("UTF-8")
        {
            self.heard += &line;
            self.heard.push('\n');
        }
        let status = within("the end", self.child.wait()).await;
        Done {
            code: status.expect("it was started").code(),
            stdout: within("the end of stdout", self.stdout)
                .await
                .expect("no panic"),
            stderr: self.heard,
        }
    }
}
/// A directory of its own for each test, gone when dropped.
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let n = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("cli-run-{}-{n}", std::process::id());
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        std::fs::create_dir_all(&path).expect("a scratch directory");
        Self(path)
    }

    /// The path of a file in it.
    pub(crate) fn path(&self, name: &str) -> String {
        let path = self.0.join(name);
        path.to_str().expect("UTF-8").to_owned()
    }

    /// A file in it, written.
    pub(crate) fn file(&self, name: &str, text: &str) -> String {
        let path = self.path(name);
        std::fs::write(&path, text).expect("a writable scratch directory");
        path
    }

    /// The names of the files in it.
    pub(crate) fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(&self.0).expect("it is there");
        let name = |entry: std::io::Result<std::fs::DirEntry>| entry.expect("an entry").file_name();
        entries
            .map(|entry| name(entry).to_string_lossy().into_owned())
            .collect()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).ok();
    }
}

/// A report that keeps the published schema.
#[derive(Debug)]
pub(crate) struct Report(pub(crate) Value);

impl Report {
    pub(crate) fn read(path: &str) -> Self {
        let text = std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{path}: {e}"));
        Self::parse(&text)
    }

    pub(crate) fn parse(text: &str) -> Self {
        static SCHEMA: OnceLock<jsonschema::Validator> = OnceLock::new();
        let value: Value = serde_json::from_str(text).unwrap_or_else(|e| panic!("{e}: {text:?}"));
        let schema = SCHEMA.get_or_init(|| {
            let schema = serde_json::from_str(&pushproof::report::report_schema());
            jsonschema::validator_for(&schema.expect("JSON")).expect("a JSON Schema")
        });
        let errors: Vec<_> = schema.iter_errors(&value).map(|e| e.to_string()).collect();
        assert_eq!(errors, [] as [String; 0], "{text}");
        Self(value)
    }

    /// What is at a place like `/sockets/wanted`.
    pub(crate) fn at(&self, place: &str) -> &Value {
        let value = self.0.pointer(place);
        value.unwrap_or_else(|| panic!("no {place} in {:#}", self.0))
    }

    pub(crate) fn number(&self, place: &str) -> u64 {
        let value = self.at(place);
        value.as_u64().unwrap_or_else(|| panic!("{place}: {value}"))
    }

    pub(crate) fn text(&self, place: &str) -> &str {
        let value = self.at(place);
        value.as_str().unwrap_or_else(|| panic!("{place}: {value}"))
    }

    pub(crate) fn list(&self, place: &str) -> &[Value] {
        let value = self.at(place);
        value
            .as_array()
            .unwrap_or_else(|| panic!("{place}: {value}"))
    }

    /// All reasons, one a line.
    pub(crate) fn reasons(&self) -> String {
        let reasons = self.list("/reasons").iter();
        let reasons: Vec<_> = reasons.filter_map(Value::as_str).collect();
        reasons.join("\n")
    }

    /// Everything that has to hold in any report, whatever the run came to.
    pub(crate) fn adds_up(&self) {
        let counted = self.number("/deliveries/delivered");
        let delivered = self.number("/latency/push/count");
        // What arrived before its refusal was taken for a delivery, and measured; it is counted as a phantom since.
        let refused = self
            .number("/pushes/rejected")
            .min(self.number("/deliveries/phantom"));
        assert!(
            (counted..=counted + refused).contains(&delivered),
            "{counted} {delivered}"
        );
        assert_eq!(self.number("/latency/push_from_send/count"), delivered);
        let stamped = self.number("/latency/network/count");
        assert_eq!(self.number("/latency/generator_delay/count"), stamped);
        assert!(stamped <= delivered);
        assert_eq!(
            self.at("/generator/unstamped").is_null(),
            stamped == delivered
        );
        let sent = self.number("/pushes/sent");
        let answered = ["accepted", "rejected", "unknown"]
            .map(|outcome| self.number(&format!("/pushes/{outcome}")));
        assert_eq!(answered.iter().sum::<u64>(), sent);
        assert_eq!(self.number("/latency/trigger/count"), sent);
        for split in ["/by_event", "/by_audience", "/by_trigger"] {
            let parts = self.at(split).as_object().expect("an object");
            let sum = |place: &str| -> u64 {
                let numbers = parts
                    .values()
                    .filter_map(|part| part.pointer(place)?.as_u64());
                numbers.sum()
            };
            assert_eq!(sum("/delivered"), delivered, "{split}");
            assert_eq!(sum("/push/count"), delivered, "{split}");
            assert_eq!(sum("/pushes"), sent, "{split}");
        }
        let sum = |key: &str| -> u64 {
            let seconds = self.list("/timeline").iter();
            seconds.filter_map(|second| second[key].as_u64()).sum()
        };
        assert_eq!(sum("delivered"), delivered, "{:#}", self.at("/timeline"));
        assert_eq!(sum("sent"), sent, "{:#}", self.at("/timeline"));
        assert_eq!(sum("accepted"), answered[0], "{:#}", self.at("/timeline"));
        for (n, second) in self.list("/timeline").iter().enumerate() {
            assert_eq!(second["second"], n);
        }
    }
}
