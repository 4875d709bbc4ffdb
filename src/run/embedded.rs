//! The embedded platform as a child process of the same binary: its CPU, memory and file limit are not the generator's.

use std::collections::BTreeSet;
use std::process::Stdio;
use std::time::Duration;

use serde::Deserialize;
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncWriteExt as _, BufReader};
use tokio::process::{Child, Command};

use crate::client::http::Http;
use crate::client::route::Route;
use crate::ids::UserId;
use crate::scenario::Plan;
use crate::scenario::plan::Faults;
use crate::scenario::template::Name;
use crate::summary::Target;

/// What `serve` prints once it listens, before its URL.
pub const READY: &str = "pushproof platform listening on ";

/// Variables that stand for flags of `serve` and would change a run.
const SETTINGS: [&str; 6] = [
    "FAULT",
    "FAULT_SEED",
    "FAULT_USERS",
    "FAULT_DELAY",
    "LIMIT_DELIVERIES_PER_S",
    "LIMIT_SOCKETS",
];

/// How long the platform may take to listen.
const PATIENCE: Duration = Duration::from_secs(20);

/// A running platform. It ends when this is dropped, and with this process however that ends: it watches its standard input.
#[derive(Debug)]
pub struct Embedded {
    child: Child,
    /// Of each node, the first one first.
    urls: Vec<String>,
}

/// Where it says what it has to say.
#[derive(Debug)]
pub enum Says {
    /// Nowhere.
    Nothing,
    /// On our own standard error.
    Here,
    /// Into this pipe.
    To(std::io::PipeWriter),
}

impl From<bool> for Says {
    fn from(here: bool) -> Self {
        if here { Self::Here } else { Self::Nothing }
    }
}

impl From<Says> for Stdio {
    fn from(says: Says) -> Self {
        match says {
            Says::Nothing => Self::null(),
            Says::Here => Self::inherit(),
            Says::To(pipe) => pipe.into(),
        }
    }
}

/// Why there is no embedded platform.
#[derive(Debug, thiserror::Error)]
pub enum EmbeddedError {
    /// The binary could not be started again.
    #[error("the embedded platform could not be started: {0}")]
    Start(#[source] std::io::Error),
    /// It ended, or said something else, before all of its nodes listened.
    #[error("the embedded platform did not come up; it said {0:?}")]
    NotReady(String),
    /// It said nothing.
    #[error("the embedded platform did not come up within {PATIENCE:?}")]
    Silent,
    /// It did not tell what it had done.
    #[error("the embedded platform did not tell what it had done: {0}")]
    Truth(String),
}

/// What the platform did wrong. It tells more than is read here.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Truth {
    /// The faults that were on.
    pub faults: Vec<FaultTruth>,
}

/// What it did of one fault.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct FaultTruth {
    /// How many occasions there were.
    pub occasions: u64,
    /// How many harms were done.
    pub injected: u64,
}

/// The flags that make `serve` the platform of a plan, at these ports; none: each node on a free one.
fn flags(plan: &Plan, ports: &[u16]) -> Vec<String> {
    let free = vec![0; plan.platform_nodes as usize];
    let ports = if ports.is_empty() { &free } else { ports };
    let ports: Vec<_> = ports.iter().map(u16::to_string).collect();
    let mut flags = vec![format!("--port={}", ports.join(","))];
    flags.extend(plan.apps.iter().map(|app| format!("--app={app}")));
    let namespaces = namespaces(plan);
    flags.extend(namespaces.iter().map(|name| format!("--namespace={name}")));
    let limits = plan.limits;
    let most = limits.deliveries_per_s;
    flags.extend(most.map(|most| format!("--limit-deliveries-per-s={most}")));
    let most = limits.sockets;
    flags.extend(most.map(|most| format!("--limit-sockets={most}")));
    let millis = plan.platform_recovery.map(|window| window.as_millis());
    flags.extend(millis.map(|ms| format!("--recovery-ms={ms}")));
    flags.extend(plan.faults.iter().flat_map(misdeeds));
    flags
}

/// The namespaces that sockets of a plan connect to, besides the main one.
fn namespaces(plan: &Plan) -> BTreeSet<String> {
    let template = &plan.contract.namespace;
    if template.is_empty() {
        return BTreeSet::new();
    }
    let users = if template.has(Name::User) {
        plan.users
    } else {
        plan.users.min(plan.apps.len() as u32)
    };
    let users = (0..users).map(UserId);
    users.map(|user| plan.namespace_of(user)).collect()
}

/// The flags that tell it what to do wrong.
fn misdeeds(faults: &Faults) -> Vec<String> {
    let mut flags = vec![
        format!("--fault={}", faults.rates),
        format!("--fault-seed={}", faults.seed),
    ];
    flags.extend(faults.users.iter().map(|u| format!("--fault-users={u}")));
    let millis = faults.delay.map(|delay| delay.as_millis());
    flags.extend(millis.map(|ms| format!("--fault-delay={ms}ms")));
    flags
}

/// The base URL of each node, from what `serve` prints.
async fn urls(
    mut stdout: impl AsyncBufRead + Unpin,
    nodes: u32,
) -> Result<Vec<String>, EmbeddedError> {
    let mut urls = Vec::with_capacity(nodes as usize);
    for _ in 0..nodes {
        let mut line = String::new();
        let read = stdout.read_line(&mut line).await;
        read.map_err(EmbeddedError::Start)?;
        let url = line.trim().strip_prefix(READY);
        urls.push(
            url.ok_or_else(|| EmbeddedError::NotReady(line.trim().to_owned()))?
                .to_owned(),
        );
    }
    Ok(urls)
}

impl Embedded {
    /// Starts the platform of this plan, each node on a free port, and waits until all of them listen.
    pub async fn start(plan: &Plan, says: impl Into<Says>) -> Result<Self, EmbeddedError> {
        Self::start_with(plan, says, &[], &[]).await
    }

    /// The same, with more flags of `serve`, and at these ports, if there are any.
    pub async fn start_with(
        plan: &Plan,
        says: impl Into<Says>,
        more: &[&str],
        ports: &[u16],
    ) -> Result<Self, EmbeddedError> {
        let program = std::env::current_exe().map_err(EmbeddedError::Start)?;
        let mut command = Command::new(program);
        command
            .args(["serve", "--until-stdin-closes"])
            .args(flags(plan, ports))
            .args(more)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::from(says.into()))
            .kill_on_drop(true);
        // What a run meets is in its scenario, whatever stands around it.
        for name in SETTINGS {
            command.env_remove(format!("PUSHPROOF_{name}"));
        }
        // A Ctrl-C at the terminal goes to the whole process group; the platform has to outlive it, for the run to settle.
        #[cfg(unix)]
        command.process_group(0);
        let mut child = command.spawn().map_err(EmbeddedError::Start)?;
        let stdout = child.stdout.take();
        let stdout = stdout.ok_or_else(|| EmbeddedError::NotReady(String::new()))?;
        let urls = urls(BufReader::new(stdout), plan.platform_nodes);
        let urls = tokio::time::timeout(PATIENCE, urls).await;
        let urls = urls.map_err(|_| EmbeddedError::Silent)??;
        Ok(Self { child, urls })
    }

    /// Its process, while it lives.
    pub fn id(&self) -> Option<u32> {
        self.child.id()
    }

    /// The base URL of its first node.
    pub fn url(&self) -> &str {
        &self.urls[0]
    }

    /// It, as a run's target.
    pub fn target(&self) -> Target {
        Target {
            url: self.urls[0].clone(),
            nodes: self.urls[1..].to_vec(),
            embedded: true,
        }
    }

    /// The base URLs of all of its nodes, the first one first.
    pub fn urls(&self) -> &[String] {
        &self.urls
    }

    /// What it did wrong, as it says itself.
    pub async fn truth(&self) -> Result<Truth, EmbeddedError> {
        let answer = Http::new(self.url(), Route::default(), PATIENCE)
            .get("/admin/faults")
            .await;
        let answer = answer.map_err(|e| EmbeddedError::Truth(e.to_string()))?;
        serde_json::from_slice(&answer.body).map_err(|e| EmbeddedError::Truth(e.to_string()))
    }

    /// Tells it to end one of its nodes, which is counted from 0 and not the first: in order, or as `kill -9` does. It is done when nobody
    /// listens there any more.
    pub async fn end_node(&mut self, node: usize, in_order: bool) -> std::io::Result<()> {
        let how = if in_order { "stop" } else { "kill" };
        let stdin = self.child.stdin.as_mut();
        let stdin = stdin.ok_or_else(|| std::io::Error::other("it has ended"))?;
        stdin
            .write_all(format!("{how} {}\n", node + 1).as_bytes())
            .await?;
        stdin.flush().await
    }

    /// Ends it and waits until it is gone.
    pub async fn stop(mut self) {
        const GRACE: Duration = Duration::from_secs(3);
        drop(self.child.stdin.take());
        if tokio::time::timeout(GRACE, self.child.wait())
            .await
            .is_err()
        {
            self.child.kill().await.ok();
        }
    }
}
