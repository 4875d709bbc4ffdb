//! The embedded platform as a child process of the same binary: its CPU, memory and file limit are not the generator's.

use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// What `serve` prints once it listens, before its URL.
pub const READY: &str = "pushproof platform listening on ";

/// How long the platform may take to listen.
const PATIENCE: Duration = Duration::from_secs(20);

/// A running platform. It ends when this is dropped, and with this process however that ends: it watches its standard input.
#[derive(Debug)]
pub struct Embedded {
    child: Child,
    url: String,
}

/// Why there is no embedded platform.
#[derive(Debug, thiserror::Error)]
pub enum EmbeddedError {
    /// The binary could not be started again.
    #[error("the embedded platform could not be started: {0}")]
    Start(#[source] std::io::Error),
    /// It ended, or said something else, before it listened.
    #[error("the embedded platform did not come up; it said {0:?}")]
    NotReady(String),
    /// It said nothing.
    #[error("the embedded platform did not come up within {PATIENCE:?}")]
    Silent,
}

impl Embedded {
    /// Starts the platform with these apps on a free port and waits until it listens.
    pub async fn start(apps: &[String], verbose: bool) -> Result<Self, EmbeddedError> {
        let program = std::env::current_exe().map_err(EmbeddedError::Start)?;
        let mut command = Command::new(program);
        command
            .args(["serve", "--port", "0", "--until-stdin-closes"])
            .args(apps.iter().flat_map(|app| ["--app", app]))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(if verbose {
                Stdio::inherit()
            } else {
                Stdio::null()
            })
            .kill_on_drop(true);
        // A Ctrl-C at the terminal goes to the whole process group; the platform has to outlive it, for the run to settle.
        #[cfg(unix)]
        command.process_group(0);
        let mut child = command.spawn().map_err(EmbeddedError::Start)?;
        let stdout = child.stdout.take();
        let mut line = String::new();
        if let Some(stdout) = stdout {
            let mut stdout = BufReader::new(stdout);
            let read = tokio::time::timeout(PATIENCE, stdout.read_line(&mut line)).await;
            read.map_err(|_| EmbeddedError::Silent)?
                .map_err(EmbeddedError::Start)?;
        }
        match line.trim().strip_prefix(READY) {
            Some(url) => Ok(Self {
                url: url.to_owned(),
                child,
            }),
            None => Err(EmbeddedError::NotReady(line.trim().to_owned())),
        }
    }

    /// Its base URL.
    pub fn url(&self) -> &str {
        &self.url
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
