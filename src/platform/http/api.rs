//! The platform's HTTP interface: login, check, logout, scenarios, webhooks.

use super::{Answer, body, reply};
use crate::platform::accounts::Login;
use crate::platform::scenarios::{self, StepError};
use crate::platform::shared::Shared;
use crate::platform::template::Fields;
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
            Ok(body) => log_in(shared, &query, &body),
            Err(answer) => answer,
        },
        ["v4" | "v5", "auth", "check"] if get => check(shared, &query),
        ["v4" | "v5", "auth", "logout"] if get => log_out(shared, &query),
        ["v5", "data", structure, method] if post => {
            let limit = shared.config.max_payload + AROUND_MESSAGE;
            match body::read(request, limit, shared.config.request_timeout).await {
                Ok(body) => trigger(shared, &query, structure, method, &body),
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

fn log_in(shared: &Shared, query: &Query, body: &[u8]) -> Answer {
    #[derive(serde::Deserialize)]
    struct Credentials {
        username: String,
        password: String,
    }
    let login = serde_json::from_slice::<Credentials>(body)
        .ok()
        .and_then(|given| {
            let now = shared.clock.now();
            shared
                .accounts
                .log_in(&query.app, &given.username, &given.password, now)
        });
    match login {
        Some(login) => reply::json(
            StatusCode::OK,
            &json!({"result": token(&login), "status": "ok"}),
        ),
        None => reply::error(
            StatusCode::BAD_REQUEST,
            BAD_LOGIN,
            "User or password incorrect",
        ),
    }
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

fn log_out(shared: &Shared, query: &Query) -> Answer {
    if let Some(login) = session(shared, query) {
        shared.log_out(&login);
    }
    reply::json(StatusCode::OK, &json!({"result": true, "status": "ok"}))
}

/// Runs a scenario. Answered only once its events are queued at every socket they are for.
fn trigger(shared: &Shared, query: &Query, structure: &str, method: &str, body: &[u8]) -> Answer {
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
    let now = shared.clock.now();
    match scenarios::run(
        scenario,
        &shared.hub,
        app,
        &fields,
        shared.config.max_payload,
        now,
    ) {
        Ok(delivered) => {
            let result: Vec<_> = delivered
                .iter()
                .map(|count| json!({"deliveredTo": count}))
                .collect();
            reply::json(StatusCode::OK, &json!({"result": result, "status": "ok"}))
        }
        Err(e @ StepError::MessageTooLong { .. }) => {
            reply::error(StatusCode::PAYLOAD_TOO_LARGE, GENERAL, &e.to_string())
        }
        Err(e) => bad(&e.to_string()),
    }
}
