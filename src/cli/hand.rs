//! What `push` and `listen` share: which target, which app, and how long to wait.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::access::{self, TlsArgs};
use super::files;
use super::scenario::Asked;
use super::seed::draw_seed;
use crate::scenario::Plan;
use crate::scenario::file::{self, File};
use crate::scenario::people::ByHand;
use crate::scenario::units::Span;
use crate::summary::verdict::EXIT_USAGE;

/// A target, an app of it, and patience.
#[derive(Debug, Args)]
pub(super) struct AtArgs {
    /// Base URL of the target; where `pushproof serve` listens if neither this nor the scenario has one. Where the system has several
    /// nodes, repeatable.
    #[arg(
        long = "target",
        value_name = "URL",
        env = "PUSHPROOF_TARGET",
        value_delimiter = ','
    )]
    targets: Vec<String>,
    #[command(flatten)]
    tls: TlsArgs,
    /// A scenario whose [target] says how the target is spoken to, and whose [users] says who the users are and what they show.
    #[arg(long, value_name = "FILE")]
    scenario: Option<PathBuf>,
    /// Set any key of the scenario, as target.path=/live/; repeatable.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    settings: Vec<String>,
    /// The app id; left out: the one whose user a list says it is, the scenario's first, or demo.
    #[arg(long, value_name = "ID", env = "PUSHPROOF_APP", value_parser = app)]
    pub(super) app: Option<String>,
    /// How long to wait for an answer, or for a socket to be connected.
    #[arg(
        long,
        value_name = "TIME",
        env = "PUSHPROOF_TIMEOUT",
        default_value = "10s",
        value_parser = positive
    )]
    pub(super) timeout: Span,
}

/// `run` takes several with commas from the same variable.
fn app(text: &str) -> Result<String, String> {
    if text.contains(',') {
        return Err(format!("{text:?} is more than one app; name one"));
    }
    Ok(text.to_owned())
}

/// A span of time that is not nothing.
pub(super) fn positive(text: &str) -> Result<Span, String> {
    let span: Span = text
        .parse()
        .map_err(|error: crate::scenario::units::UnitError| error.to_string())?;
    if span.0.is_zero() {
        return Err("nothing happens in no time; write one above zero, as 10s".to_owned());
    }
    Ok(span)
}

impl AtArgs {
    /// A plan, or what is wrong with it, in words.
    pub(super) fn plan(
        &self,
        reconnect: bool,
        by_hand: ByHand,
    ) -> anyhow::Result<Result<Plan, String>> {
        let flags = File {
            target: file::Target {
                url: self.targets.first().cloned(),
                nodes: self.targets.get(1..).map(<[String]>::to_vec),
                tls: self.tls.section(),
                ..file::Target::default()
            },
            clients: file::Clients {
                reconnect: Some(reconnect),
                ..file::Clients::default()
            },
            ..File::default()
        };
        let mut asked = Asked::load(self.scenario.as_deref(), flags, &self.settings)?;
        asked.by_hand(SERVE, self.app.as_deref(), by_hand);
        let plan = asked.plan(draw_seed()?);
        if let Ok(plan) = &plan {
            access::announce(plan);
        }
        Ok(plan)
    }
}

/// Where `pushproof serve` listens.
const SERVE: &str = "http://127.0.0.1:3000";

/// Says what is wrong with what was asked for.
pub(super) fn refuse(told: &str) -> ExitCode {
    files::say_all(told);
    ExitCode::from(EXIT_USAGE)
}
