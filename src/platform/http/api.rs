//! The platform's HTTP interface: login, check, logout, scenarios, webhooks.

use super::{Answer, body, reply};
use crate::platform::accounts::Login;
use crate::platform::calls::{self, CallError};
use crate::platform::mutants::Mutant;
use crate::platform::nodes::{Ask, Unknown};
use crate::platform::scenarios::StepError;
use crate::platform::shared::Shared;
use crate::platform::template::Fields;
use crate::platform::wrong::au;
use bytes::Bytes;
use http::{Method, StatusCode};
use hyper::Request;
use hyper::body::Incoming;
use serde_json::json;
use std::sync::Arc;

/// Most bytes of a login's or webhook's body.
const SMALL_BODY: usize = 64 * 1024;
/// Room in a scenario call's body beside the message.
const AROUND_MESSAGE: usize = 64 * 1024;

/// Error codes: the one known for a refused login, and one for everything else.
const BAD_LOGIN: u16 = 108;
const GENERAL: u16 = 100;

/// The parameters of a call; all others are ignored.
#[derive(Debug, Default)]
struct Query {
    app: String,
    session: String,
}

impl Query {
    fn parse(query: &str) -> Self {
        let mut found = Self::default();
        for (key, value) in form_urlencoded::parse(query.as_bytes()) {
            match &*key {
                "appID" => found.app = value.into_owned(),
                "sessionID" => found.session = value.into_owned(),
                _ => {}
            }
        }
        found
    }
}

/// Answers the call at `/good/api/{call}`.
pub(super) async fn handle(shared: &Arc<Shared>, call: &str, request: Request<Incoming>) -> Answer {
    let query = Query::parse(request.uri().query().unwrap_or_default());
    let post = request.method() == Method::POST;
    let get = request.method() == Method::GET;
    let parts: Vec<&str> = call.split('/').collect();
    match &parts[..] {
        ["v5", "auth"] if post => match small_body(shared, request).await {
            Ok(body) => log_in(shared, &query, &body).await,
            Err(answer) => answer,
        },
        ["v4" | "v5", "auth", "check"] if get => check(shared, &query),
        ["v4" | "v5", "auth", "logout"] if get => log_out(shared, &query).await,
        ["v5", "data", structure, method] if post => {
            // Room for bytes in base64.
            let limit = shared.config.max_payload.div_ceil(3) * 4 + AROUND_MESSAGE;
            match body::read(request, limit, shared.config.request_timeout).await {
                Ok(body) => trigger(shared, &query, structure, method, &body).await,
                Err(e) => reply::error(e.status(), GENERAL, e.message()),
            }
        }
        ["v5", "webhook", ..] if post => match small_body(shared, request).await {
            Ok(_) => reply::json(StatusCode::OK, &json!({"result": null, "status": "OK"})),
            Err(answer) => answer,
        },
        _ => reply::error(StatusCode::BAD_REQUEST, GENERAL, "no such endpoint"),
    }
}

async fn small_body(shared: &Shared, request: Request<Incoming>) -> Result<Bytes, Answer> {
    body::read(request, SMALL_BODY, shared.config.request_timeout)
        .await
        .map_err(|e| reply::error(e.status(), GENERAL, e.message()))
}

/// A node of the platform did not do its part: it may have, or may not.
fn unknown() -> Answer {
    reply::error(
        StatusCode::SERVICE_UNAVAILABLE,
        GENERAL,
        "not every node of the platform has answered: what became of it is unknown",
    )
}

/// Asks the other nodes, if there are any, and waits until all have done it.
async fn everywhere(shared: &Shared, ask: Ask<'_>) -> Result<(), Unknown> {
    let Some(nodes) = &shared.nodes else {
        return Ok(());
    };
    let _turn = nodes.turn().await?;
    nodes.ask(ask).answer(nodes).await?;
    Ok(())
}

async fn log_in(shared: &Shared, query: &Query, body: &[u8]) -> Answer {
    #[derive(serde::Deserialize)]
    struct Credentials {
        username: String,
        password: String,
    }
    let now = shared.clock.now();
    let login = serde_json::from_slice::<Credentials>(body)
        .ok()
        .and_then(|given| {
            shared
                .accounts
                .log_in(&query.app, &given.username, &given.password, now)
        });
    let Some(login) = login else {
        let said = "User or password incorrect";
        return reply::error(StatusCode::BAD_REQUEST, BAD_LOGIN, said);
    };
    let ask = Ask::LogIn {
        token: login.token.bits(),
        app: login.app,
        user: &login.user,
        left: login.until.since(now),
    };
    if everywhere(shared, ask).await.is_err() {
        return unknown();
    }
    let result = token(&login);
    reply::json(StatusCode::OK, &json!({"result": result, "status": "ok"}))
}

fn token(login: &Login) -> serde_json::Value {
    json!({"token": login.token.to_string(), "username": &*login.user, "role": ""})
}

fn session(shared: &Shared, query: &Query) -> Option<Login> {
    shared
        .accounts
        .find(&query.app, &query.session, shared.clock.now())
}

fn check(shared: &Shared, query: &Query) -> Answer {
    let result = match session(shared, query) {
        Some(login) => json!({"result": true, "token": token(&login)}),
        None => json!({"result": false, "token": null}),
    };
    reply::json(StatusCode::OK, &json!({"result": result, "status": "ok"}))
}

async fn log_out(shared: &Shared, query: &Query) -> Answer {
    if let Some(login) = session(shared, query) {
        shared.log_out(&login);
        let token = login.token.bits();
        if everywhere(shared, Ask::LogOut { token }).await.is_err() {
            return unknown();
        }
    }
    reply::json(StatusCode::OK, &json!({"result": true, "status": "ok"}))
}

/// Runs a scenario. Answered only once its events are queued at every socket they are for, at every node.
async fn trigger(
    shared: &Shared,
    query: &Query,
    structure: &str,
    method: &str,
    body: &[u8],
) -> Answer {
    let bad = |message| reply::error(StatusCode::BAD_REQUEST, GENERAL, message);
    let Some(app) = shared.accounts.app(&query.app) else {
        return bad("no such app");
    };
    if !query.session.is_empty() && session(shared, query).is_none() {
        return reply::error(StatusCode::FORBIDDEN, GENERAL, "session needed");
    }
    let endpoint = shared.config.apps[app]
        .scenarios
        .iter()
        .find(|s| s.structure == structure && s.method == method);
    let Some(scenario) = endpoint else {
        return bad("no such endpoint");
    };
    let Ok(fields) = serde_json::from_slice::<Fields<'_>>(body) else {
        return bad("the body is not a JSON object");
    };
    if shared.config.mutants.has(Mutant::UnboundedAuthQueue) {
        au::before_a_push(shared).await;
    }
    match calls::call(shared, app, scenario, &fields).await {
        Ok(result) => reply::json(StatusCode::OK, &json!({"result": result, "status": "ok"})),
        Err(CallError::Unknown) => unknown(),
        Err(CallError::Failed) => {
            let status = StatusCode::INTERNAL_SERVER_ERROR;
            reply::error(status, GENERAL, "internal error")
        }
        Err(CallError::Refused(e @ StepError::MessageTooLong { .. })) => {
            reply::error(StatusCode::PAYLOAD_TOO_LARGE, GENERAL, &e.to_string())
        }
        Err(CallError::Refused(e)) => bad(&e.to_string()),
    }
}
