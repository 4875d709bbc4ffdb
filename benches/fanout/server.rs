//! The servers: what each needs, how it is started, and that it ends.

use crate::process::Places;
use anyhow::{Context as _, bail};
use std::ffi::OsString;
use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Stdio};
use std::sync::mpsc;
use std::time::Duration;

/// How long a server may take until it listens.
const READY: Duration = Duration::from_secs(20);
/// Where the bench may keep files: what it builds, and what servers say on standard error.
const SCRATCH: &str = env!("CARGO_TARGET_TMPDIR");

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The embedded platform, `pushproof serve`.
    Pushproof,
    Socketioxide,
    Node,
    /// Ready-made frames, one plain write for each.
    Raw,
}

impl Kind {
    pub(crate) const ALL: [Self; 4] = [Self::Pushproof, Self::Socketioxide, Self::Node, Self::Raw];

    pub(crate) fn named(name: &str) -> anyhow::Result<Self> {
        let found = Self::ALL.into_iter().find(|kind| kind.name() == name);
        found.with_context(|| format!("no server is called {name:?}; --help has all"))
    }
}

/// A server that can be started.
#[derive(Debug)]
pub(crate) struct Command {
    /// What it is, with its version.
    pub(crate) title: String,
    program: PathBuf,
    args: Vec<OsString>,
    /// What it says on standard error.
    log: PathBuf,
}

/// Finds or builds what a server needs; the error says how to get it.
pub(crate) fn prepare(kind: Kind) -> anyhow::Result<Command> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/fanout");
    let (title, program, args): (_, _, Vec<OsString>) = match kind {
        Kind::Pushproof => {
            let title = format!("pushproof serve {}", env!("CARGO_PKG_VERSION"));
            let args = ["serve", "--port", "0", "--until-stdin-closes"];
            (
                title,
                env!("CARGO_BIN_EXE_pushproof").into(),
                args.map(Into::into).into(),
            )
        }
        Kind::Socketioxide => {
            let (title, program) = socketioxide(&here.join("../../tests/peers/socketioxide"))?;
            (title, program, Vec::new())
        }
        Kind::Node => {
            let title = node(&here.join("node"))?;
            (
                title,
                "node".into(),
                vec![here.join("node/server.mjs").into()],
            )
        }
        Kind::Raw => {
            let program = std::env::current_exe().context("cannot find the bench itself")?;
            (
                "raw (writes only)".to_owned(),
                program,
                vec!["--blaster".into()],
            )
        }
    };
    let log = Path::new(SCRATCH).join(format!("fanout-{}.log", kind.name()));
    Ok(Command {
        title,
        program,
        args,
        log,
    })
}

/// Builds the server on socketioxide; quick if that was done before.
fn socketioxide(at: &Path) -> anyhow::Result<(String, PathBuf)> {
    let target = Path::new(SCRATCH).join("fanout");
    let manifest = at.join("Cargo.toml");
    eprintln!("building {} (minutes, the first time)", at.display());
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = std::process::Command::new(cargo)
        .args([
            "build",
            "--release",
            "--locked",
            "--quiet",
            "--manifest-path",
        ])
        .arg(&manifest)
        .arg("--target-dir")
        .arg(&target)
        .stdin(Stdio::null())
        .status();
    if !status.is_ok_and(|status| status.success()) {
        bail!(
            "it could not be built, see above; to get its crates, once: cargo fetch --locked --manifest-path {}",
            manifest.display()
        );
    }
    let lock =
        std::fs::read_to_string(at.join("Cargo.lock")).context("its Cargo.lock cannot be read")?;
    let version = lock.split("name = \"socketioxide\"\nversion = \"").nth(1);
    let version = version
        .and_then(|rest| rest.split('"').next())
        .unwrap_or("?");
    Ok((
        format!("socketioxide {version}"),
        target.join("release/socketioxide-server"),
    ))
}

/// Looks whether Node and its socket.io are there.
fn node(at: &Path) -> anyhow::Result<String> {
    let node = std::process::Command::new("node").arg("--version").output();
    if !node.is_ok_and(|node| node.status.success()) {
        bail!("node is not installed: install Node 18 or newer");
    }
    let package = std::fs::read(at.join("node_modules/socket.io/package.json"));
    let package = package
        .ok()
        .and_then(|text| serde_json::from_slice::<serde_json::Value>(&text).ok());
    let version = package
        .as_ref()
        .and_then(|package| package["version"].as_str());
    let Some(version) = version else {
        bail!(
            "socket.io is not installed: npm ci --prefix {}",
            at.display()
        );
    };
    Ok(format!("Node socket.io {version}"))
}

/// A server that runs. It ends when this goes; if this process dies first, with its standard input.
#[derive(Debug)]
pub(crate) struct Server {
    child: Running,
    pub(crate) address: SocketAddr,
    /// Held open: a server may say more than where it listens.
    _stdout: BufReader<ChildStdout>,
}

#[derive(Debug)]
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // An error means that it has ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Server {
    pub(crate) fn start(command: &Command, places: &Places) -> anyhow::Result<Self> {
        let log = &command.log;
        let errors =
            File::create(log).with_context(|| format!("cannot write {}", log.display()))?;
        let spawned = places.start(|| {
            std::process::Command::new(&command.program)
                .args(&command.args)
                .env("NODE_ENV", "production")
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(errors)
                .spawn()
        })?;
        let mut child =
            Running(spawned.with_context(|| format!("cannot start {}", command.title))?);
        let stdout = child.0.stdout.take().context("no standard output")?;
        let (tell, told) = mpsc::channel();
        // A read cannot be given up; this one ends with the child at the latest.
        std::thread::spawn(move || {
            let (mut stdout, mut line) = (BufReader::new(stdout), String::new());
            let read = stdout.read_line(&mut line);
            let _ = tell.send((read, line, stdout));
        });
        let (_, line, stdout) = told.recv_timeout(READY).with_context(|| {
            format!(
                "{} did not say that it listens within {READY:?}",
                command.title
            )
        })?;
        let address = line
            .trim_end()
            .rsplit("http://")
            .next()
            .and_then(|at| at.parse().ok());
        let address = address.with_context(|| {
            format!(
                "{} does not say where it listens but {line:?}; see {}",
                command.title,
                log.display()
            )
        })?;
        Ok(Self {
            child,
            address,
            _stdout: stdout,
        })
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.0.id()
    }
}
