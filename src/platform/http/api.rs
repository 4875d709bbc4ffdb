//! The platform's HTTP interface: login, check, logout, scenarios, webhooks.

use super::{Answer, body, data, reply};
use crate::platform::accounts::Login;
use crate::platform::nodes::{Ask, Unknown};
use crate::platform::shared::Shared;
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
pub(super) const GENERAL: u16 = 100;

/// The parameters of a call; all others are ignored.
#[derive(Debug, Default)]
pub(super) struct Query {
    pub(super) app: String,
    pub(super) session: String,
    pub(super) page: Option<String>,
    pub(super) page_size: Option<String>,
}

impl Query {
    fn parse(query: &str) -> Self {
        let mut found = Self::default();
        for (key, value) in form_urlencoded::parse(query.as_bytes()) {
            match &*key {
                "appID" => found.app = value.into_owned(),
                "sessionID" => found.session = value.into_owned(),
                "page" => found.page = Some(value.into_owned()),
                "pageSize" => found.page_size = Some(value.into_owned()),
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
                Ok(body) => data::trigger(shared, &query, structure, method, &body).await,
                Err(e) => reply::error(e.status(), GENERAL, e.message()),
            }
        }
        ["v5", "data", structure, endpoint] if get => {
            data::read(shared, &query, structure, endpoint)
        }
        ["v5", "webhook", name @ ..] if post => match small_body(shared, request).await {
            Ok(body) => data::webhook(shared, &query, &name.join("/"), &body).await,
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
pub(super) fn unknown() -> Answer {
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
    let given = serde_json::from_slice::<Credentials>(body).ok();
    if let Some(given) = &given
        && let Some(left) = shared.attempts.refused(&query.app, &given.username, now)
    {
        let seconds = left.as_secs() + 1;
        let said = format!("Too many failed logins: try again in {seconds} s");
        return reply::error(StatusCode::TOO_MANY_REQUESTS, GENERAL, &said);
    }
    let login = given.and_then(|Credentials { username, password }| {
        let login = shared
            .accounts
            .log_in(&query.app, &username, &password, now);
        if login.is_none() {
            shared.attempts.fail(&query.app, &username, now);
        }
        login
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

pub(super) fn session(shared: &Shared, query: &Query) -> Option<Login> {
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
