//! A process of the bench: orders go to its standard input, what it says in lines of JSON comes back, and it ends with its handle.

use std::collections::VecDeque;
use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::process::{ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use serde_json::Value;

/// How long an ending process may take before it is killed.
const GRACE: Duration = Duration::from_secs(3);
/// Lines that are no answers and kept, to say why it ended.
const KEPT: usize = 12;

type Tail = Arc<Mutex<VecDeque<String>>>;

pub(crate) struct Child {
    name: &'static str,
    process: std::process::Child,
    orders: Option<ChildStdin>,
    said: Receiver<Value>,
    tail: Tail,
}

impl Child {
    pub(crate) fn start(name: &'static str, command: &mut Command) -> anyhow::Result<Self> {
        let mut process = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("{name} cannot be started"))?;
        let tail = Tail::default();
        let (told, said) = channel();
        let (out, err) = (process.stdout.take(), process.stderr.take());
        follow(out.expect("it is piped"), Some(told), &tail);
        follow(err.expect("it is piped"), None, &tail);
        Ok(Self {
            name,
            orders: process.stdin.take(),
            process,
            said,
            tail,
        })
    }

    /// This program again, as one of its own parts.
    pub(crate) fn part(name: &'static str, args: &[String]) -> anyhow::Result<Self> {
        let this = std::env::current_exe()?;
        Self::start(name, Command::new(this).arg(name).args(args))
    }

    pub(crate) fn pid(&self) -> u32 {
        self.process.id()
    }

    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    pub(crate) fn order(&mut self, order: &str) -> anyhow::Result<()> {
        let orders = self.orders.as_mut().expect("it is taken at the end only");
        writeln!(orders, "{order}").with_context(|| self.last_words())
    }

    /// Waits until it says this, and gives what of it; what else it says until then is passed over.
    pub(crate) fn hear(&self, key: &str, limit: Duration) -> anyhow::Result<Value> {
        let end = Instant::now() + limit;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            match self.said.recv_timeout(left) {
                Ok(said) if said.get(key).is_some() => return Ok(said[key].clone()),
                Ok(said) if said.get("failed").is_some() => {
                    bail!("{}: {}", self.name, said["failed"]);
                }
                Ok(_) => {}
                Err(RecvTimeoutError::Timeout) => {
                    bail!("{}: no {key:?} within {} s", self.name, limit.as_secs());
                }
                Err(RecvTimeoutError::Disconnected) => bail!("{}", self.last_words()),
            }
        }
    }

    /// Orders, and waits for the answer.
    pub(crate) fn ask(&mut self, order: &str, key: &str) -> anyhow::Result<Value> {
        const ANSWER: Duration = Duration::from_secs(10);
        self.order(order)?;
        self.hear(key, ANSWER)
    }

    /// Fails once it has ended: whoever waits for what it does elsewhere need not wait on.
    pub(crate) fn is_there(&mut self) -> anyhow::Result<()> {
        match self.process.try_wait()? {
            None => Ok(()),
            Some(_) => bail!("{}", self.last_words()),
        }
    }

    fn last_words(&self) -> String {
        let tail = self.tail.lock().expect("no panic");
        let lines: Vec<_> = tail.iter().map(|line| line.trim()).collect();
        format!("{} ended early: {}", self.name, lines.join(" | "))
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        drop(self.orders.take());
        let end = Instant::now() + GRACE;
        while Instant::now() < end {
            if !matches!(self.process.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Passes on lines of JSON, and keeps the last of the others.
fn follow(from: impl Read + Send + 'static, told: Option<Sender<Value>>, tail: &Tail) {
    let tail = Arc::clone(tail);
    std::thread::spawn(move || {
        for line in BufReader::new(from).lines().map_while(Result::ok) {
            let told = told.as_ref();
            if let Some((told, said)) = told.zip(serde_json::from_str(&line).ok()) {
                let _ = told.send(said);
                continue;
            }
            let mut tail = tail.lock().expect("no panic");
            if tail.len() == KEPT {
                tail.pop_front();
            }
            tail.push_back(line);
        }
    });
}
