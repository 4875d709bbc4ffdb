//! Ends the target, or a part of it, and brings it back, for the cases that are about that.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::process::Command;

use super::probe::{Probe, ProbeError};
use super::target;
use crate::scenario::Plan;
use crate::scenario::conformance::{Act, Operate};
use crate::summary::conformance::Outcome;

/// Between two looks whether a target is there again.
const LOOK: Duration = Duration::from_millis(20);

/// What is under way when something is done to a target.
pub type Acting<'a> = Pin<Box<dyn Future<Output = Result<(), String>> + Send + 'a>>;

/// Somebody who can end a target and bring it back.
pub trait Operates: Send + Sync {
    /// Whether it can do this.
    fn can(&self, act: Act) -> bool;
    /// Does it, and returns when it is done.
    fn act(&self, act: Act) -> Acting<'_>;
}

/// By the commands of a plan.
struct ByCommand(Arc<Plan>);

impl ByCommand {
    fn section(&self) -> Option<&Operate> {
        self.0.conformance.operate.as_ref()
    }
}

impl Operates for ByCommand {
    fn can(&self, act: Act) -> bool {
        self.section()
            .is_some_and(|section| section.command(act).is_some())
    }

    fn act(&self, act: Act) -> Acting<'_> {
        let command = self.section().and_then(|section| section.command(act));
        Box::pin(async move {
            let words = command.ok_or_else(|| format!("{} names no command", act.key()))?;
            let (program, arguments) = words.split_first().ok_or("no command")?;
            let mut command = Command::new(program);
            command
                .args(arguments)
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .kill_on_drop(true);
            let status = command.status().await;
            let status = status.map_err(|error| format!("{}: {program}: {error}", act.key()))?;
            if status.success() {
                Ok(())
            } else {
                Err(format!("{}: {program} ended with {status}", act.key()))
            }
        })
    }
}

/// Who operates the target, if anybody may.
#[derive(Default, Clone)]
pub(super) struct Operator {
    by: Option<Arc<dyn Operates>>,
    /// Somebody has said that it may be.
    allowed: Arc<AtomicBool>,
    /// Something was ended that has not been brought back.
    touched: Arc<AtomicBool>,
}

impl fmt::Debug for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let who = if self.by.is_some() {
            "somebody"
        } else {
            "nobody"
        };
        f.debug_tuple("Operator").field(&who).finish()
    }
}

impl Operator {
    /// The commands of a plan, if it has any.
    pub(super) fn of(plan: &Arc<Plan>) -> Self {
        let commands = plan.conformance.operate.is_some();
        Self {
            by: commands.then(|| Arc::new(ByCommand(Arc::clone(plan))) as Arc<dyn Operates>),
            ..Self::default()
        }
    }

    /// Somebody.
    pub(super) fn by(operates: Arc<dyn Operates>) -> Self {
        Self {
            by: Some(operates),
            ..Self::default()
        }
    }

    /// Whether this can be done.
    pub(super) fn can(&self, act: Act) -> bool {
        self.by.as_ref().is_some_and(|by| by.can(act))
    }

    /// Whether it may be.
    pub(super) fn allow(&self, allowed: bool) {
        self.allowed.store(allowed, Ordering::Relaxed);
    }

    fn may(&self) -> bool {
        self.allowed.load(Ordering::Relaxed)
    }

    async fn act(&self, act: Act, patience: Duration) -> Result<(), String> {
        let by = self.by.as_ref().ok_or("nobody may end the target")?;
        self.touched.store(true, Ordering::Relaxed);
        let done = tokio::time::timeout(patience, by.act(act)).await;
        done.unwrap_or_else(|_| Err(format!("{act}: not done within {patience:?}")))
    }

    /// Whether something was done since this was asked last.
    pub(super) fn was_touched(&self) -> bool {
        self.touched.swap(false, Ordering::Relaxed)
    }
}

impl Probe {
    /// Time within which something is done to the target, and it does again what it did before.
    pub fn recovery(&self) -> Duration {
        let operate = self.section().operate.clone();
        operate.unwrap_or_default().patience()
    }

    /// Whether this may be done to the target, and can.
    pub fn can(&self, act: Act) -> bool {
        let operator = self.target.operator();
        operator.may() && operator.can(act)
    }

    /// Does something to the target. That it cannot be done leaves the case without a result.
    pub async fn operate(&self, act: Act) -> Result<(), Outcome> {
        self.note_at(0, "→", &format!("({act})"));
        let done = self.target.operator().act(act, self.recovery()).await;
        self.note_at(
            0,
            "←",
            &format!("({act}: {})", done.as_ref().err().map_or("done", |why| why)),
        );
        done.map_err(Outcome::Unknown)
    }

    /// Waits until this node opens sessions again. That it does not in time leaves the case without a result.
    pub async fn there_again(&self) -> Result<(), Outcome> {
        let by = self.elapsed() + self.recovery();
        loop {
            match target::opens(self).await {
                Ok(()) => return Ok(()),
                Err(error) if self.elapsed() > by => {
                    let why = format!(
                        "the target has not come back within {:?}: {error}",
                        self.recovery()
                    );
                    return Err(Outcome::Unknown(why));
                }
                Err(_) => tokio::time::sleep(LOOK).await,
            }
        }
    }

    /// Whether nobody listens at this node any more within this time.
    pub async fn gone_within(&self, patience: Duration) -> bool {
        let until = self.elapsed() + patience;
        loop {
            if let Err(ProbeError::Connect(_)) = self.connect().await {
                return true;
            }
            if self.elapsed() > until {
                return false;
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Brings back all of what the case has ended.
    pub(super) async fn heal(&self) -> Result<(), Outcome> {
        if !self.target.operator().was_touched() {
            return Ok(());
        }
        self.operate(Act::Start).await?;
        for node in 0..self.nodes() {
            self.at_node(node).there_again().await?;
        }
        self.target.operator().was_touched();
        Ok(())
    }
}
