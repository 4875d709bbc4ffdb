//! Calls of scenarios, whoever makes them: a request at the HTTP API, a webhook, or an event of a client.

use super::clock::Clock;
use super::config::PlatformConfig;
use super::faults::Pushed;
use super::hub::Audience;
use super::mutants::Mutant;
use super::nodes::{Ask, Elsewhere};
use super::said::Said;
use super::scenarios::{self, Bounds, Scenario, StepError, Trigger, World};
use super::shared::Shared;
use super::template::Fields;
use super::wrong;
use serde_json::value::{RawValue, to_raw_value};
use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

/// The user where nobody is logged in.
static NOBODY: LazyLock<Box<RawValue>> =
    LazyLock::new(|| RawValue::from_string("\"\"".to_owned()).unwrap_or_default());

/// Why a call did not do what it should, or may not have.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CallError {
    /// A node of the platform did not do its part.
    #[error("a node has not answered")]
    Unknown,
    /// Nobody would wait for it, and too many of that kind are under way.
    #[error("too many calls at once")]
    Busy,
    /// Something is wrong with the object that it was called with, and nothing was done; or with what it led to, and what was done before
    /// stays done.
    #[error(transparent)]
    Refused(#[from] StepError),
    /// A fault says that it failed.
    #[error("internal error")]
    Failed,
}

/// Who calls, and where.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    /// The app.
    pub(crate) app: usize,
    /// The user who is logged in; `None`: nobody is, or it does not matter.
    pub(crate) user: Option<Arc<str>>,
}

impl Caller {
    /// The user, if one is known.
    fn as_json(&self) -> Option<Box<RawValue>> {
        to_raw_value(self.user.as_deref()?).ok()
    }
}

/// Runs scenarios of the caller's app on an object, of which these are the fields; or, if the first one's endpoint does not wait, has it run, and
/// gives nothing. `first`: its place among those of the app.
pub(crate) async fn asked(
    shared: &Arc<Shared>,
    caller: &Caller,
    first: usize,
    scenarios: impl Iterator<Item = &Scenario>,
    object: &[u8],
    mut fields: Fields<'_>,
) -> Result<Vec<String>, CallError> {
    let scenario = &shared.config.apps[caller.app].scenarios[first];
    if !is_put_off(scenario) {
        return call(shared, caller, scenarios, fields).await;
    }
    let user = caller.as_json();
    fields.insert("@user".into(), user.as_deref().unwrap_or(&NOBODY));
    scenario.check(&fields)?;
    if later(shared, caller, first, object) {
        Ok(Vec::new())
    } else {
        Err(CallError::Busy)
    }
}

/// Runs scenarios of the caller's app. Over only once their events are queued at every socket they are for, at every node. Gives what the caller
/// gets, as JSON: what they reply, or the object made last, or what became of each push.
pub(super) async fn call(
    shared: &Shared,
    caller: &Caller,
    scenarios: impl Iterator<Item = &Scenario>,
    mut fields: Fields<'_>,
) -> Result<Vec<String>, CallError> {
    let _turn = match &shared.nodes {
        Some(nodes) => Some(nodes.turn().await.map_err(|_| CallError::Unknown)?),
        None => None,
    };
    let app = caller.app;
    if shared.config.mutants.has(Mutant::HeadOfLineBlock) {
        Box::pin(wrong::transports::until_read(shared, app)).await;
    }
    // What a client says of itself counts for nothing.
    let user = caller.as_json();
    let user: &RawValue = user.as_deref().unwrap_or(&NOBODY);
    let _ = fields.insert("@user".into(), user);
    let (pushed, ended) = {
        let config = &shared.config.apps[app];
        let world = World {
            scenarios: &config.scenarios,
            data: shared.data.app(app, &config.structures),
            user,
            when: Clock::unix_ms(),
            bounds: bounds(&shared.config),
        };
        let push = |audience: Audience<'_>, event: &str, message: Option<Said<'_>>| {
            push(shared, app, audience, event, message)
        };
        scenarios::run(scenarios, &fields, world, push)
    };
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
        let sockets = here.sockets as u64 + there;
        result.push(format!("{{\"deliveredTo\":{sockets}}}"));
    }
    let ended = ended.map_err(CallError::Refused)?;
    if failed {
        return Err(CallError::Failed);
    }
    Ok(ended.unwrap_or(result))
}

/// Whether a call is answered before the scenario runs.
fn is_put_off(scenario: &Scenario) -> bool {
    matches!(&scenario.on, Trigger::Endpoint(endpoint) if !endpoint.sync)
}

/// Runs a scenario of the caller's app on an object without anybody waiting for it. `false`: it does not, for too many are under way. If it fails,
/// standard error says so, once for each scenario and reason.
fn later(shared: &Arc<Shared>, caller: &Caller, scenario: usize, object: &[u8]) -> bool {
    let Some(permit) = shared.permit() else {
        return false;
    };
    let (own, caller, object) = (Arc::clone(shared), caller.clone(), object.to_owned());
    shared.spawn(async move {
        let scenario = &own.config.apps[caller.app].scenarios[scenario];
        let fields: Fields<'_> = serde_json::from_slice(&object).unwrap_or_default();
        let ended = call(&own, &caller, std::iter::once(scenario), fields).await;
        if let Err(error) = ended {
            own.failures.tell(&scenario.name, &error);
        }
        drop(permit);
    });
    true
}

/// What has been said of calls that failed while nobody waited for them.
#[derive(Debug, Default)]
pub(crate) struct Failures(Mutex<BTreeSet<String>>);

impl Failures {
    /// Most lines that are said.
    const MOST: usize = 100;

    fn tell(&self, scenario: &str, error: &CallError) {
        let line = format!("scenario {scenario:?}: {error}");
        let mut said = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if said.len() < Self::MOST && said.insert(line.clone()) {
            eprintln!("pushproof platform: {line}");
        }
    }
}

/// What a call is answered with.
pub(crate) fn answer(result: &[String]) -> String {
    format!("{{\"result\":[{}],\"status\":\"ok\"}}", result.join(","))
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
    shared.pushes[app].count(here.sockets);
    (here, elsewhere)
}
