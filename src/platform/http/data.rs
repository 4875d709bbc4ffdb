//! Data structures over HTTP: endpoints that run scenarios, endpoints that read objects, webhooks.

use super::api::{GENERAL, Query, session, unknown};
use super::{Answer, reply};
use crate::platform::accounts::Login;
use crate::platform::calls::{self, CallError, Caller};
use crate::platform::mutants::Mutant;
use crate::platform::scenarios::{Scenario, StepError, Trigger};
use crate::platform::shared::Shared;
use crate::platform::template::{Fields, Template};
use crate::platform::wrong::au;
use http::StatusCode;
use serde_json::json;
use serde_json::value::to_raw_value;
use std::sync::Arc;

/// How many objects a page has where the call does not say, and the most.
const PAGE_SIZE: usize = 20;
const MOST_PAGE_SIZE: usize = 1_000;

fn bad(message: &str) -> Answer {
    reply::error(StatusCode::BAD_REQUEST, GENERAL, message)
}

fn session_needed() -> Answer {
    reply::error(StatusCode::FORBIDDEN, GENERAL, "session needed")
}

/// Why a call comes from nowhere.
#[derive(Debug, Clone, Copy)]
enum Stranger {
    NoApp,
    NoSession,
}

impl Stranger {
    fn answer(self) -> Answer {
        match self {
            Self::NoApp => bad("no such app"),
            Self::NoSession => session_needed(),
        }
    }
}

/// Where a call is made, and by whom; `None`: by nobody who is logged in.
fn caller(shared: &Shared, query: &Query) -> Result<(usize, Option<Login>), Stranger> {
    let app = shared.accounts.app(&query.app).ok_or(Stranger::NoApp)?;
    if query.session.is_empty() {
        return Ok((app, None));
    }
    let login = session(shared, query).ok_or(Stranger::NoSession)?;
    Ok((app, Some(login)))
}

/// Runs a scenario. Answered only once its events are queued at every socket they are for, at every node; or at once, if the endpoint is one that
/// does not wait.
pub(super) async fn trigger(
    shared: &Arc<Shared>,
    query: &Query,
    structure: &str,
    method: &str,
    body: &[u8],
) -> Answer {
    let (app, login) = match caller(shared, query) {
        Ok(found) => found,
        Err(stranger) => return stranger.answer(),
    };
    let scenarios = &shared.config.apps[app].scenarios;
    let endpoint = scenarios
        .iter()
        .enumerate()
        .find_map(|(at, one)| Some((at, one, one.on.endpoint(structure, method)?)));
    let Some((place, scenario, endpoint)) = endpoint else {
        return bad("no such endpoint");
    };
    if endpoint.session && login.is_none() {
        return session_needed();
    }
    let Ok(fields) = serde_json::from_slice::<Fields<'_>>(body) else {
        return bad("the body is not a JSON object");
    };
    if shared.config.mutants.has(Mutant::UnboundedAuthQueue) {
        au::before_a_push(shared).await;
    }
    let user = login
        .filter(|_| scenario.asks_who())
        .map(|login| login.user);
    let caller = Caller { app, user };
    let scenarios = std::iter::once(scenario);
    match calls::asked(shared, &caller, place, scenarios, body, fields).await {
        Ok(result) => reply::json_text(StatusCode::OK, calls::answer(&result)),
        Err(error) => failed(&error),
    }
}

/// Runs the scenarios that wait for a webhook. That none does is nobody's business who calls from outside.
pub(super) async fn webhook(shared: &Shared, query: &Query, name: &str, body: &[u8]) -> Answer {
    let done = || reply::json(StatusCode::OK, &json!({"result": null, "status": "OK"}));
    let Some(app) = shared.accounts.app(&query.app) else {
        return done();
    };
    let waits = |one: &&Scenario| matches!(&one.on, Trigger::Webhook(own) if own == name);
    let scenarios = shared.config.apps[app].scenarios.iter();
    let mut scenarios = scenarios.filter(waits).peekable();
    if scenarios.peek().is_none() {
        return done();
    }
    let Ok(fields) = serde_json::from_slice::<Fields<'_>>(body) else {
        return bad("the body is not a JSON object");
    };
    let caller = Caller { app, user: None };
    match calls::call(shared, &caller, scenarios, fields).await {
        Ok(_) => done(),
        Err(error) => failed(&error),
    }
}

fn failed(error: &CallError) -> Answer {
    match error {
        CallError::Unknown => unknown(),
        CallError::Failed => {
            let status = StatusCode::INTERNAL_SERVER_ERROR;
            reply::error(status, GENERAL, &error.to_string())
        }
        CallError::Busy => {
            let status = StatusCode::SERVICE_UNAVAILABLE;
            reply::error(status, GENERAL, &error.to_string())
        }
        CallError::Refused(error) => refused(error),
    }
}

fn refused(error: &StepError) -> Answer {
    let status = match error {
        StepError::MessageTooLong { .. } => StatusCode::PAYLOAD_TOO_LARGE,
        error if error.is_of_the_scenarios() => StatusCode::INTERNAL_SERVER_ERROR,
        _ => StatusCode::BAD_REQUEST,
    };
    reply::error(status, GENERAL, &error.to_string())
}

/// Reads objects, the newest first.
pub(super) fn read(shared: &Shared, query: &Query, structure: &str, endpoint: &str) -> Answer {
    let (app, login) = match caller(shared, query) {
        Ok(found) => found,
        Err(stranger) => return stranger.answer(),
    };
    let data = shared.data.app(app, &shared.config.apps[app].structures);
    let found = data.place(structure).and_then(|place| {
        let structure = data.structure(place);
        let reading = structure.readings.iter().find(|one| one.name == endpoint)?;
        Some((place, structure, reading))
    });
    let Some((place, structure, reading)) = found else {
        return bad("no such endpoint");
    };
    if reading.session && login.is_none() {
        return session_needed();
    }
    let Ok(page) = query.page.as_deref().unwrap_or("0").parse::<usize>() else {
        return bad("page must be a number from 0");
    };
    let size = query.page_size.as_deref().map(str::parse::<usize>);
    let size = size.unwrap_or(Ok(PAGE_SIZE)).ok();
    let Some(size) = size.filter(|size| (1..=MOST_PAGE_SIZE).contains(size)) else {
        return bad(&format!(
            "pageSize must be a number from 1 to {MOST_PAGE_SIZE}"
        ));
    };
    let user = to_raw_value(login.as_ref().map_or("", |login| &login.user));
    let fields: Fields<'_> = user.iter().map(|user| ("@user".into(), &**user)).collect();
    let value = |(name, template): &(String, Template)| {
        let place = structure.fields.iter().position(|field| field == name)?;
        // A field that nobody has is nobody's: the condition stays one.
        let value = template.fill(&fields).unwrap_or("null".into());
        Some((place, value.into_owned()))
    };
    let only: Vec<_> = reading
        .only
        .iter()
        .map(|one| one.iter().filter_map(value).collect())
        .collect();
    let (objects, total) = data.read(place, &only, page, size);
    reply::json_text(
        StatusCode::OK,
        format!(
            "{{\"payload\":[{}],\"pageInfo\":{{\"page\":{page},\"pageSize\":{size},\"totalElements\":{total}}},\"status\":\"ok\"}}",
            objects.join(",")
        ),
    )
}
