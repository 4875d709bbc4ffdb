//! Calls of scenarios, whoever makes them: a request at the HTTP API, or an event of a client.

use super::config::PlatformConfig;
use super::faults::Pushed;
use super::hub::Audience;
use super::mutants::Mutant;
use super::nodes::{Ask, Elsewhere};
use super::said::Said;
use super::scenarios::{self, Bounds, Scenario, StepError};
use super::shared::Shared;
use super::template::Fields;
use super::wrong;
use serde_json::{Value, json};

/// Why a call did not do what it should, or may not have.
#[derive(Debug)]
pub(crate) enum CallError {
    /// A node of the platform did not do its part.
    Unknown,
    /// Something is wrong with the object that it was called with. Nothing was sent.
    Refused(StepError),
    /// A fault says that it failed.
    Failed,
}

/// Runs a scenario of an app. Over only once its events are queued at every socket they are for, at every node. Gives the result of each
/// step.
pub(crate) async fn call(
    shared: &Shared,
    app: usize,
    scenario: &Scenario,
    fields: &Fields<'_>,
) -> Result<Vec<Value>, CallError> {
    let _turn = match &shared.nodes {
        Some(nodes) => Some(nodes.turn().await.map_err(|_| CallError::Unknown)?),
        None => None,
    };
    if shared.config.mutants.has(Mutant::HeadOfLineBlock) {
        Box::pin(wrong::transports::until_read(shared, app)).await;
    }
    let push = |audience: Audience<'_>, event: &str, message: Option<Said<'_>>| {
        push(shared, app, audience, event, message)
    };
    let pushed = scenarios::run(scenario, fields, bounds(&shared.config), push);
    let pushed = pushed.map_err(CallError::Refused)?;
    let mut result = Vec::with_capacity(pushed.len());
    let mut failed = false;
    for (here, elsewhere) in pushed {
        let there = match (elsewhere, &shared.nodes) {
            (Some(elsewhere), Some(nodes)) => elsewhere.answer(nodes).await,
            _ => Ok(0),
        };
        let there = there.map_err(|_| CallError::Unknown)?;
        if let Some(faults) = shared.hub.faults() {
            faults.answered(&here, shared.clock.now());
        }
        failed |= here.failed;
        result.push(json!({"deliveredTo": here.sockets as u64 + there}));
    }
    if failed {
        return Err(CallError::Failed);
    }
    Ok(result)
}

fn bounds(config: &PlatformConfig) -> Bounds {
    let boundless = config.mutants.has(Mutant::OversizeKillsClient);
    Bounds {
        max_payload: if boundless {
            usize::MAX
        } else {
            config.max_payload
        },
        any_name: config.mutants.has(Mutant::ReservedNamesOk),
    }
}

/// Queues one event here, the other nodes having been asked to do the same.
fn push(
    shared: &Shared,
    app: usize,
    audience: Audience<'_>,
    event: &str,
    message: Option<Said<'_>>,
) -> (Pushed, Option<Elsewhere>) {
    let user = match audience {
        Audience::Everyone => None,
        Audience::User(user) => Some(user),
    };
    let mutants = shared.config.mutants;
    let here_only =
        mutants.has(Mutant::LocalOnly) || mutants.has(Mutant::FirstNodeOnly) && user.is_some();
    let ask = Ask::Push {
        app,
        user,
        event,
        message,
    };
    let elsewhere = (!here_only).then(|| shared.ask(ask)).flatten();
    let now = shared.clock.now();
    let here = if wrong::ends::is_deaf(shared) {
        Pushed::default()
    } else {
        shared.hub.push(app, audience, event, message, now)
    };
    (here, elsewhere)
}
