//! The Engine.IO endpoint: handshakes, polls, posts, and the way to WebSocket.

use super::{Answer, Link, accept, body, cors, reply};
use crate::platform::conn::Conn;
use crate::platform::engine::{CloseReason, PollRefusal, Transport};
use crate::platform::mutants::{Mutant, Mutants};
use crate::platform::shared::Shared;
use crate::platform::token::Token;
use crate::platform::websocket::Purpose;
use crate::platform::wrong;
use crate::protocol::engine::{self, DecodeError};
use bytes::Bytes;
use http::header::{self, HeaderValue};
use http::{Method, Response, StatusCode};
use http_body_util::Full;
use hyper::Request;
use hyper::body::Incoming;
use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Why a request is refused, by the numbers that clients know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Refusal {
    UnknownTransport,
    UnknownSid,
    BadMethod,
    BadRequest,
    UnsupportedVersion,
}

impl Refusal {
    fn answer(self, mutants: Mutants) -> Answer {
        self.answer_as(StatusCode::BAD_REQUEST, mutants)
    }

    fn answer_as(self, status: StatusCode, mutants: Mutants) -> Answer {
        let (code, message) = match self {
            Self::UnknownTransport => (0, "Transport unknown"),
            Self::UnknownSid => (1, "Session ID unknown"),
            Self::BadMethod => (2, "Bad handshake method"),
            Self::BadRequest => (3, "Bad request"),
            Self::UnsupportedVersion => (5, "Unsupported protocol version"),
        };
        let code = if mutants.has(Mutant::StringCodes) {
            serde_json::json!(code.to_string())
        } else {
            serde_json::json!(code)
        };
        reply::json(
            status,
            &serde_json::json!({"code": code, "message": message}),
        )
    }
}

/// The query of a request: each key that matters at most once.
#[derive(Debug, Default, PartialEq, Eq)]
struct Query {
    version: Option<String>,
    transport: Option<String>,
    sid: Option<String>,
    jsonp: Option<String>,
}

impl Query {
    fn parse(query: &str, mutants: Mutants) -> Result<Self, Refusal> {
        let flips = mutants.has(Mutant::LastFirstFlip);
        let later = flips && query.contains("sid=");
        let mut found = Self::default();
        for (key, value) in form_urlencoded::parse(query.as_bytes()) {
            let place = match &*key {
                "EIO" => &mut found.version,
                "transport" => &mut found.transport,
                "sid" => &mut found.sid,
                "j" => &mut found.jsonp,
                _ => continue,
            };
            if place.is_some() && !flips {
                return Err(Refusal::BadRequest);
            }
            if place.is_none() || later {
                *place = Some(value.into_owned());
            }
        }
        Ok(found)
    }
}

pub(super) async fn handle(
    shared: &Arc<Shared>,
    link: &Link,
    request: Request<Incoming>,
    bare: bool,
) -> Answer {
    let mutants = shared.config.mutants;
    let origin = request.headers().get(header::ORIGIN);
    if !cors::permits(&shared.config.origins, origin)
        && !wrong::se::lets_any_page_in(mutants, request.headers())
    {
        return cors::forbidden();
    }
    if let Some((status, headers, body)) = wrong::se::answer(mutants, request.uri()) {
        let mut answer = reply::text(status, body);
        answer.headers_mut().extend(headers);
        return answer;
    }
    if mutants.has(Mutant::Hang) && request.uri().query().is_none() {
        return std::future::pending().await;
    }
    match checked(shared, &request, bare) {
        Err(Refusal::UnknownTransport) if is_on_prototype(mutants, &request) => {
            reply::text(StatusCode::INTERNAL_SERVER_ERROR, "not a constructor\n")
        }
        Err(refusal) => refusal.answer(mutants),
        Ok((Transport::WebSocket, _))
            if mutants.has(Mutant::PlainGet200)
                && !request.headers().contains_key(header::UPGRADE) =>
        {
            reply::text(StatusCode::OK, "ok")
        }
        Ok((Transport::WebSocket, conn)) => websocket(shared, link, &request, conn, bare),
        Ok((Transport::Polling, None)) => {
            let query = request.uri().query();
            let opened = open(shared, Transport::Polling, bare, query);
            open_polling(shared, link, opened).await
        }
        Ok((Transport::Polling, Some(conn))) if request.method() == Method::POST => {
            post(shared, &conn, request).await
        }
        Ok((Transport::Polling, Some(conn))) => poll(shared, link, conn).await,
    }
}

/// The transport asked for and the session named, if the request makes sense.
fn checked(
    shared: &Shared,
    request: &Request<Incoming>,
    bare: bool,
) -> Result<(Transport, Option<Arc<Conn>>), Refusal> {
    let mutants = shared.config.mutants;
    let query = Query::parse(request.uri().query().unwrap_or_default(), mutants)?;
    let transport = match query.transport.as_deref() {
        Some("polling") if shared.config.polling => Transport::Polling,
        Some("websocket") if shared.config.websocket => Transport::WebSocket,
        _ => return Err(Refusal::UnknownTransport),
    };
    if !serves(mutants, query.version.as_deref(), query.sid.is_some()) {
        return Err(Refusal::UnsupportedVersion);
    }
    let conn = match &query.sid {
        Some(sid) => match shared.find(sid, bare) {
            None if mutants.has(Mutant::UnknownSidCreates) => None,
            None if mutants.has(Mutant::StaleSidAccepted) && Token::parse(sid).is_some() => None,
            conn => Some(conn.ok_or(Refusal::UnknownSid)?),
        },
        None => None,
    };
    let post = (conn.is_some() || mutants.has(Mutant::PostOpensSession))
        && transport == Transport::Polling;
    if !(request.method() == Method::GET || post && request.method() == Method::POST) {
        return Err(Refusal::BadMethod);
    }
    let upgrade = request.headers().contains_key(header::UPGRADE);
    let plain = transport == Transport::WebSocket && mutants.has(Mutant::PlainGet200);
    if upgrade != (transport == Transport::WebSocket) && !plain || query.jsonp.is_some() {
        return Err(Refusal::BadRequest);
    }
    Ok((transport, conn))
}

/// Whether a request of this version is served, in a session or for one.
fn serves(mutants: Mutants, version: Option<&str>, in_session: bool) -> bool {
    match version {
        Some("4") => true,
        _ if in_session => mutants.has(Mutant::MixProtocols),
        Some("3") => mutants.has(Mutant::Treat3As4),
        _ => mutants.has(Mutant::AcceptAnyEio),
    }
}

/// Whether the transport asked for is found where JavaScript looks last, by the mutant that looks there.
fn is_on_prototype(mutants: Mutants, request: &Request<Incoming>) -> bool {
    let query = request.uri().query().unwrap_or_default();
    let names = ["__proto__", "constructor", "toString"];
    mutants.has(Mutant::TransportOnPrototype)
        && form_urlencoded::parse(query.as_bytes())
            .any(|(key, value)| key == "transport" && names.contains(&&*value))
}

/// Opens a session that this query asks for, unless there are too many.
fn open(
    shared: &Shared,
    transport: Transport,
    bare: bool,
    query: Option<&str>,
) -> Option<Arc<Conn>> {
    let conn = shared.open(transport, bare)?;
    if shared.config.mutants.has(Mutant::QueryOverridesAuth) {
        wrong::au::opened(shared, &conn, query);
    }
    Some(conn)
}

async fn open_polling(shared: &Arc<Shared>, link: &Link, opened: Option<Arc<Conn>>) -> Answer {
    let Some(conn) = opened else {
        return Refusal::BadRequest
            .answer_as(StatusCode::SERVICE_UNAVAILABLE, shared.config.mutants);
    };
    shared.keep(Arc::clone(&conn));
    let sid = conn.sid();
    let mut answer = poll(shared, link, conn).await;
    wrong::se::set_cookie(shared.config.mutants, sid, answer.headers_mut());
    answer
}

/// Ends the session if its poll is given up: the client broke the connection, so what it has got is unknowable.
struct PendingPoll<'a> {
    shared: &'a Shared,
    conn: Option<Arc<Conn>>,
}

impl Drop for PendingPoll<'_> {
    fn drop(&mut self) {
        if let Some(conn) = self.conn.take() {
            let now = self.shared.clock.now();
            conn.change(|session| session.engine.abort_poll(now));
        }
    }
}

async fn poll(shared: &Arc<Shared>, link: &Link, conn: Arc<Conn>) -> Answer {
    let now = shared.clock.now();
    // What time has asked for by now counts, whether or not its timer has come to it.
    if conn.read(|session| session.deadline() <= now) {
        shared.handle_timeout(&conn);
    }
    match conn.change(|session| session.engine.begin_poll(now)) {
        Ok(()) => {}
        Err(PollRefusal::Gone) => return Refusal::UnknownSid.answer(shared.config.mutants),
        Err(PollRefusal::Overlap) if shared.config.mutants.has(Mutant::BothServed) => {
            return reply::text(StatusCode::OK, "6");
        }
        Err(PollRefusal::WrongTransport | PollRefusal::Overlap) => {
            return Refusal::BadRequest.answer(shared.config.mutants);
        }
    }
    let mut pending = PendingPoll {
        shared,
        conn: Some(Arc::clone(&conn)),
    };
    let mut body = poll_fn(|cx| conn.poll_body(cx)).await;
    pending.conn = None;
    link.polled(Some(conn));
    let mutants = shared.config.mutants;
    if mutants.has(Mutant::WrongLength) && link.requests.load(Ordering::Relaxed) > 1 {
        // What is behind the length that was said is not part of the answer.
        body.pop();
    }
    let mut answer = reply::text(StatusCode::OK, body);
    if mutants.has(Mutant::Cacheable) {
        let kept = HeaderValue::from_static("public, max-age=60");
        answer.headers_mut().insert(header::CACHE_CONTROL, kept);
    }
    answer
}

/// Frees the place of the one POST that a session may have at a time.
struct PendingPost<'a>(&'a Conn);

impl Drop for PendingPost<'_> {
    fn drop(&mut self) {
        self.0.change(|session| session.engine.end_post());
    }
}

async fn post(shared: &Arc<Shared>, conn: &Arc<Conn>, request: Request<Incoming>) -> Answer {
    let mutants = shared.config.mutants;
    let kind = request.headers().get(header::CONTENT_TYPE);
    if kind.is_some_and(|kind| {
        kind.as_bytes()
            .to_ascii_lowercase()
            .starts_with(b"application/octet-stream")
    }) {
        if mutants.has(Mutant::HangOnOctet) {
            return std::future::pending().await;
        }
        return Refusal::BadRequest.answer(mutants);
    }
    if mutants.has(Mutant::InterleaveBodies) {
        Box::pin(wrong::transports::as_it_comes(
            shared,
            conn,
            request.into_body(),
        ))
        .await;
        return reply::text(StatusCode::OK, "ok");
    }
    if !conn.change(|session| session.engine.begin_post()) {
        return Refusal::BadRequest.answer(shared.config.mutants);
    }
    let _pending = PendingPost(conn);
    let config = &shared.config;
    let (max, patience) = wrong::se::body_limits(config);
    match body::read(request, max, patience).await {
        Ok(body) => receive(shared, conn, &body),
        Err(e) => Refusal::BadRequest.answer_as(e.status(), shared.config.mutants),
    }
}

/// Hands the packets of a body to the session, up to the first that ends it.
fn receive(shared: &Arc<Shared>, conn: &Arc<Conn>, body: &Bytes) -> Answer {
    let mutants = shared.config.mutants;
    if !conn.read(|session| session.engine.takes_posts()) {
        return Refusal::BadRequest.answer(mutants);
    }
    let broken = |how| {
        let now = shared.clock.now();
        conn.change(|session| session.engine.close(now, CloseReason::Protocol(how)));
        Refusal::BadRequest.answer(shared.config.mutants)
    };
    let Ok(text) = std::str::from_utf8(body) else {
        return broken("a body that is not UTF-8");
    };
    if wrong::se::panics_at(shared.config.mutants, text) {
        shared.crash();
    }
    if mutants.has(Mutant::ReorderOnUpgrade) && conn.read(|session| session.engine.is_upgrading()) {
        wrong::transports::later(shared, conn, text);
        return reply::text(StatusCode::OK, "ok");
    }
    let most = if mutants.has(Mutant::SilentPacketCap) {
        16
    } else {
        usize::MAX
    };
    for packet in engine::decode_payload(text).take(most) {
        let packet = match packet {
            Ok(packet) => packet,
            Err(DecodeError::Base64) if mutants.has(Mutant::LenientB64) => continue,
            Err(_) => return broken("not an Engine.IO packet"),
        };
        shared.receive(conn, packet);
        if conn.read(|session| session.engine.is_broken()) {
            return Refusal::BadRequest.answer(shared.config.mutants);
        }
    }
    reply::text(StatusCode::OK, "ok")
}

fn websocket(
    shared: &Arc<Shared>,
    link: &Link,
    request: &Request<Incoming>,
    conn: Option<Arc<Conn>>,
    bare: bool,
) -> Answer {
    let Some(accept) = accept::key(request.headers()) else {
        return Refusal::BadRequest.answer(shared.config.mutants);
    };
    let (conn, purpose) = match conn {
        None => match open(shared, Transport::WebSocket, bare, request.uri().query()) {
            Some(conn) => (conn, Purpose::Carry),
            None => {
                return Refusal::BadRequest
                    .answer_as(StatusCode::SERVICE_UNAVAILABLE, shared.config.mutants);
            }
        },
        Some(conn)
            if shared.config.mutants.has(Mutant::HijackBySid)
                && conn.change(|session| session.engine.hijack()) =>
        {
            (conn, Purpose::Carry)
        }
        Some(conn) => {
            let now = shared.clock.now();
            match conn.change(|session| session.engine.begin_upgrade(now)) {
                Some(attempt) => (conn, Purpose::Upgrade { attempt }),
                None => return Refusal::BadRequest.answer(shared.config.mutants),
            }
        }
    };
    link.become_websocket(conn, purpose);
    let mut answer: Answer = Response::new(Full::default());
    *answer.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = answer.headers_mut();
    headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(header::SEC_WEBSOCKET_ACCEPT, accept);
    answer
}

#[cfg(test)]
mod tests {
    use super::{Mutants, Query, Refusal};

    #[test]
    fn keys_that_matter_stand_once() {
        let query =
            Query::parse("EIO=4&transport=polling&t=abc&t=def", Mutants::default()).unwrap();
        assert_eq!(query.version.as_deref(), Some("4"));
        assert_eq!(query.transport.as_deref(), Some("polling"));
        assert_eq!(query.sid, None);
        for twice in [
            "EIO=4&EIO=4",
            "transport=polling&transport=websocket",
            "sid=&sid=",
        ] {
            assert_eq!(
                Query::parse(twice, Mutants::default()),
                Err(Refusal::BadRequest)
            );
        }
    }
}
