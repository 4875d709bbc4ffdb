//! Connecting and authentication, as mutants have it.

use crate::platform::accounts::Login;
use crate::platform::conn::Conn;
use crate::platform::entering::NOT_AUTHORIZED;
use crate::platform::mutants::Mutant;
use crate::platform::packets::encode;
use crate::platform::shared::Shared;
use crate::platform::socket::{ClientEvent, Membership};
use crate::platform::token::Token;
use crate::protocol::socket::PacketType;
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How long an answer to CONNECT is behind the membership that it tells of.
const BEHIND: Duration = Duration::from_millis(40);
/// How long a check of credentials takes where events are dropped meanwhile.
const CHECK: Duration = Duration::from_millis(20);
/// The same where checks take their turns.
const SLOW_CHECK: Duration = Duration::from_millis(100);
/// The same where pushes wait for them.
const QUEUED_CHECK: Duration = Duration::from_millis(5);

/// What they remember: nothing at a platform that is right.
#[derive(Debug, Default)]
pub(crate) struct State {
    /// What handshakes had in their queries, by the ids of their sessions.
    queries: Mutex<HashMap<Token, String>>,
    /// Whose turn it is to have credentials checked.
    turn: Arc<tokio::sync::Mutex<()>>,
}

/// Keeps the query of a handshake, whose credentials are to count.
pub(crate) fn opened(shared: &Shared, conn: &Conn, query: Option<&str>) {
    let queries = &shared.entering.queries;
    let mut queries = queries.lock().unwrap_or_else(PoisonError::into_inner);
    queries.insert(conn.sid(), query.unwrap_or_default().to_owned());
}

fn by_query(shared: &Shared, conn: &Conn) -> Option<Login> {
    let queries = &shared.entering.queries;
    let mut queries = queries.lock().unwrap_or_else(PoisonError::into_inner);
    let query = queries.remove(&conn.sid())?;
    drop(queries);
    let value = |name| {
        let mut pairs = form_urlencoded::parse(query.as_bytes());
        pairs.find(|(key, _)| key == name).map(|(_, value)| value)
    };
    let (app, session) = (value("app_id")?, value("session_id")?);
    shared.accounts.find(&app, &session, shared.clock.now())
}

/// Whom a mutant lets in by what is no proof.
pub(crate) fn lets_in(shared: &Shared, conn: &Conn, auth: &str) -> Option<Login> {
    let has = |mutant| shared.config.mutants.has(mutant);
    if has(Mutant::QueryOverridesAuth)
        && let Some(login) = by_query(shared, conn)
    {
        return Some(login);
    }
    let value: Value = serde_json::from_str(auth).unwrap_or_default();
    let nothing = auth.is_empty();
    let joined = || conn.read(|session| session.sockets.any_joined());
    let guest = has(Mutant::AnonymousOk) && nothing
        || has(Mutant::AcceptAnyAuthType) && !nothing && !value.is_object()
        || has(Mutant::TruthyCheck) && value.as_object().is_some_and(is_truthy)
        || has(Mutant::AuthBypassSecondNamespace) && nothing && joined();
    if guest {
        return Some(shared.accounts.guest(shared.clock.now()));
    }
    let session = value.get("session_id").and_then(Value::as_str);
    let token = session.and_then(Token::parse);
    token
        .filter(|_| has(Mutant::CheckOneOnly))
        .and_then(|token| shared.accounts.get(token))
}

/// Whether both parts of the credentials are there by a look that takes anything but strings for good.
fn is_truthy(auth: &Map<String, Value>) -> bool {
    let parts = ["app_id", "session_id"].map(|key| auth.get(key).unwrap_or(&Value::Null));
    let truthy = |value: &Value| match value {
        Value::Null => false,
        Value::Bool(value) => *value,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(_) | Value::Object(_) => true,
    };
    parts.iter().all(|part| truthy(part)) && !parts.iter().all(|part| part.is_string())
}

/// Why credentials are refused, by the mutant that tells.
pub(crate) fn why(shared: &Shared, auth: &str) -> &'static str {
    let value: Value = serde_json::from_str(auth).unwrap_or_default();
    let app = value.get("app_id").and_then(Value::as_str);
    match app.and_then(|app| shared.accounts.app(app)) {
        None => "no such app",
        Some(_) => NOT_AUTHORIZED,
    }
}

/// Deals with a CONNECT in a way of its own. False: there is nothing of the kind.
pub(crate) fn connects(
    shared: &Arc<Shared>,
    conn: &Arc<Conn>,
    namespace: usize,
    auth: &str,
) -> bool {
    let has = |mutant| shared.config.mutants.has(mutant);
    let joined = conn.read(|session| {
        let mut all = session.sockets.memberships();
        all.find(|member| member.namespace == namespace)
    });
    if let Some(member) = joined {
        again(shared, conn, member, auth);
        return true;
    }
    let bars = has(Mutant::PoisonedConnection) || has(Mutant::NoRejoin);
    if bars && conn.read(|session| session.sockets.is_barred(namespace)) {
        shared.refuse(conn, namespace, NOT_AUTHORIZED);
        return true;
    }
    let turn = Arc::clone(&shared.entering.turn);
    let (turn, takes) = if has(Mutant::DropPipelined) {
        (None, CHECK)
    } else if has(Mutant::SerialAuth) {
        (Some(turn), SLOW_CHECK)
    } else if has(Mutant::UnboundedAuthQueue) {
        (Some(turn), QUEUED_CHECK)
    } else {
        return false;
    };
    let (keeper, conn, auth) = (Arc::clone(shared), Arc::clone(conn), auth.to_owned());
    shared.spawn(async move {
        let _turn = match &turn {
            Some(turn) => Some(turn.lock().await),
            None => None,
        };
        tokio::time::sleep(takes).await;
        keeper.check(&conn, namespace, &auth);
    });
    true
}

/// A push waits until all credentials that came before it are checked.
pub(crate) async fn before_a_push(shared: &Shared) {
    drop(shared.entering.turn.lock().await);
}

/// A namespace that is joined is asked for again, with credentials that may be somebody else's.
fn again(shared: &Shared, conn: &Conn, member: Membership, auth: &str) {
    let Some(login) = shared.authenticate(conn, auth) else {
        return;
    };
    if login.app != member.app {
        return;
    }
    if shared.config.mutants.has(Mutant::IdentityMerge) {
        shared.hub.also(member, &login);
        return;
    }
    shared.hub.becomes(member, &login);
    let now = shared.clock.now();
    conn.change(|session| session.welcome(now, member));
}

/// Whether an event is taken for one of the server's own.
pub(crate) fn is_lifecycle(
    shared: &Shared,
    conn: &Conn,
    event: &ClientEvent<'_>,
    sender: Option<Membership>,
) -> bool {
    let own = ["connect", "connection"].contains(&event.name.as_str());
    if let Some(sender) = sender.filter(|_| own) {
        again(shared, conn, sender, &event.args);
    }
    own
}

/// A connection has been refused.
pub(crate) fn refused(shared: &Shared, conn: &Arc<Conn>, namespace: usize) {
    let has = |mutant| shared.config.mutants.has(mutant);
    if has(Mutant::RefusedStays) {
        conn.change(|session| session.sockets.stay());
    }
    if has(Mutant::PoisonedConnection) {
        conn.change(|session| session.sockets.bar(namespace));
    }
    if has(Mutant::JoinBeforeAuth) {
        let now = shared.clock.now();
        let guest = shared.accounts.guest(now);
        // A platform that is full has no place for it either.
        shared.hub.join(conn, namespace, &guest, None, now).ok();
    }
}

/// A connection has become a member, without a word so far.
pub(crate) fn joined(shared: &Arc<Shared>, conn: &Arc<Conn>, member: Membership) {
    let has = |mutant| shared.config.mutants.has(mutant);
    if has(Mutant::JoinBeforeAuth) {
        let now = shared.clock.now();
        conn.change(|session| session.welcome(now, member));
    }
    if has(Mutant::JoinBeforeAck) {
        let (keeper, conn) = (Arc::clone(shared), Arc::clone(conn));
        shared.spawn(async move {
            tokio::time::sleep(BEHIND).await;
            let now = keeper.clock.now();
            conn.change(|session| session.welcome(now, member));
        });
    }
}

/// Says CONNECT in a namespace that is not served.
pub(crate) fn welcome_anywhere(shared: &Shared, conn: &Conn, namespace: &str) {
    let data = json!({"sid": Token::random().to_string()}).to_string();
    let frame = encode(PacketType::Connect, namespace, None, &data);
    let now = shared.clock.now();
    conn.change(|session| session.engine.send(now, frame));
}
