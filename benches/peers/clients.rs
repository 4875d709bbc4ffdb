//! The clients: what each is, whether it is there, and how its process is started.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use clap::ValueEnum;
use serde_json::json;

use crate::child::Child;

const HERE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/peers");
const RUST_SOCKETIO: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/rust_socketio");
const INSTALL: &str = "run benches/peers/install";
/// How long a process may take to be ready.
const READY: Duration = Duration::from_secs(30);

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
#[value(rename_all = "snake_case")]
pub(crate) enum Client {
    Raw,
    Pushproof,
    Node,
    RustSocketio,
    Artillery,
}

/// A client's process.
pub(crate) struct Started {
    pub(crate) child: Child,
    /// The client's own process id, where the child only keeps it.
    pub(crate) pid: u32,
}

impl Client {
    pub(crate) const ALL: [Self; 5] = [
        Self::Raw,
        Self::Pushproof,
        Self::Node,
        Self::RustSocketio,
        Self::Artillery,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Raw => "raw",
            Self::Pushproof => "pushproof",
            Self::Node => "node",
            Self::RustSocketio => "rust_socketio",
            Self::Artillery => "artillery",
        }
    }

    pub(crate) fn what(self) -> &'static str {
        match self {
            Self::Raw => "a selector and a buffer, nothing parsed: the limit",
            Self::Pushproof => "pushproof run, everything verified",
            Self::Node => "Node, socket.io-client 4.8.1",
            Self::RustSocketio => "rust_socketio 0.6.0, async",
            Self::Artillery => "Artillery 2.0.21, artillery-engine-socketio-v3 1.2.0",
        }
    }

    /// Makes it ready. An error says what is missing and how to mend it.
    pub(crate) fn prepare(self) -> Result<(), String> {
        match self {
            Self::Raw | Self::Pushproof => Ok(()),
            Self::Node => installed("node", "socket.io-client"),
            Self::Artillery => installed("artillery", "artillery"),
            Self::RustSocketio => build_rust_socketio(),
        }
    }

    /// Whether it takes the orders of this bench; the others run by themselves, behind a keeper.
    pub(crate) fn obeys(self) -> bool {
        matches!(self, Self::Raw | Self::Node | Self::RustSocketio)
    }

    /// Starts a client that holds so many sockets and brings no load of its own. One that takes orders has connected none yet.
    pub(crate) fn start(self, url: &str, sockets: u64, timed: bool) -> anyhow::Result<Started> {
        let timed = timed.then_some("--timed");
        let mut command = match self {
            Self::Raw => {
                let mut this = Command::new(std::env::current_exe()?);
                this.arg("raw");
                this
            }
            Self::Node => {
                let mut node = Command::new("node");
                node.arg(format!("{HERE}/node/client.mjs"));
                node
            }
            Self::RustSocketio => Command::new(rust_socketio()),
            Self::Artillery => return start_artillery(url, sockets),
            Self::Pushproof => unreachable!("it brings its own load"),
        };
        let child = Child::start(self.name(), command.arg(url).args(timed))?;
        child.hear("ready", READY)?;
        let pid = child.pid();
        Ok(Started { child, pid })
    }
}

/// Starts a program behind a keeper, in the folder of this bench.
pub(crate) fn keep(name: &'static str, program: &[&str]) -> anyhow::Result<Started> {
    let mut keeper = Command::new(std::env::current_exe()?);
    keeper.arg("keeper").args(program);
    // It must not tell its makers about its runs.
    keeper.env("ARTILLERY_DISABLE_TELEMETRY", "true");
    keeper.current_dir(HERE);
    let child = Child::start(name, &mut keeper)?;
    let pid = child.hear("pid", READY)?.as_u64().unwrap_or_default();
    let pid = u32::try_from(pid)?;
    Ok(Started { child, pid })
}

fn start_artillery(url: &str, sockets: u64) -> anyhow::Result<Started> {
    let phases = json!({"config": {"phases": [{"duration": 1, "arrivalCount": sockets}]}});
    keep(
        "artillery",
        &[
            "node",
            "artillery/node_modules/artillery/bin/run",
            "run",
            "--quiet",
            "--target",
            url,
            "--overrides",
            &phases.to_string(),
            "artillery/sockets.yml",
        ],
    )
}

fn installed(folder: &str, package: &str) -> Result<(), String> {
    let node = Command::new("node")
        .arg("--version")
        .stdout(Stdio::null())
        .status();
    if !node.is_ok_and(|status| status.success()) {
        return Err(format!("Node is not installed; {INSTALL}"));
    }
    let package = Path::new(HERE)
        .join(folder)
        .join("node_modules")
        .join(package);
    if package.exists() {
        Ok(())
    } else {
        Err(format!("its packages are not installed; {INSTALL}"))
    }
}

fn rust_socketio() -> PathBuf {
    Path::new(RUST_SOCKETIO).join("release/pushproof-bench-rust-socketio")
}

/// Builds its crate, the first time for some minutes.
fn build_rust_socketio() -> Result<(), String> {
    eprintln!("building the client on rust_socketio (some minutes, the first time)");
    let built = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["build", "--quiet", "--release", "--locked"])
        .arg("--manifest-path")
        .arg(format!("{HERE}/rust_socketio/Cargo.toml"))
        .args(["--target-dir", RUST_SOCKETIO])
        .stdin(Stdio::null())
        .status();
    match built {
        Ok(status) if status.success() => Ok(()),
        Ok(_) => Err(format!(
            "its client does not build; it needs OpenSSL's headers: {INSTALL}"
        )),
        Err(error) => Err(format!("cargo cannot be started: {error}")),
    }
}
