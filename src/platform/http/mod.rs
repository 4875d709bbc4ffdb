//! HTTP: one task per TCP connection, from its first request to its end, be it as a WebSocket.
//!
//! Bounds: bytes and number of headers, time for a request's head and body, bytes of a body, time to take an answer.

mod accept;
mod admin;
mod api;
mod body;
mod cors;
mod data;
mod engine;
mod io;
mod page;
mod reply;

use super::conn::Conn;
use super::engine::CloseReason;
use super::faults;
use super::mutants::Mutant;
use super::shared::Shared;
use super::websocket::{self, Purpose};
use super::wrong;
use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioTimer;
use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::net::TcpStream;

/// Most bytes of a request's head.
const MAX_HEAD: usize = 16 * 1024;
/// Most header lines of a request.
const MAX_HEADERS: usize = 64;

type Answer = Response<Full<Bytes>>;

/// What one TCP connection's requests leave for it to do.
#[derive(Debug, Default)]
struct Link {
    /// The WebSocket it is to become.
    upgrade: Mutex<Option<(Arc<Conn>, Purpose)>>,
    /// The session whose poll was answered last; whether the answer got through is known with the next request.
    polled: Mutex<Option<Arc<Conn>>>,
    /// Requests that have come.
    requests: AtomicU64,
}

impl Link {
    fn become_websocket(&self, conn: Arc<Conn>, purpose: Purpose) {
        *self.upgrade.lock().unwrap_or_else(PoisonError::into_inner) = Some((conn, purpose));
    }

    fn polled(&self, conn: Option<Arc<Conn>>) -> Option<Arc<Conn>> {
        let mut polled = self.polled.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut *polled, conn)
    }
}

/// A TCP connection that has become a WebSocket.
struct Upgraded {
    tcp: TcpStream,
    read: Bytes,
    conn: Arc<Conn>,
    purpose: Purpose,
}

/// Serves one TCP connection to its end.
pub(crate) async fn serve(shared: Arc<Shared>, tcp: TcpStream) {
    // Boxed, so that a WebSocket does not keep the room that HTTP needed.
    let upgraded = Box::pin(serve_requests(Arc::clone(&shared), tcp)).await;
    if let Some(Upgraded {
        tcp,
        read,
        conn,
        purpose,
    }) = upgraded
    {
        websocket::run(&shared, &conn, tcp, read, purpose).await;
    }
}

async fn serve_requests(shared: Arc<Shared>, tcp: TcpStream) -> Option<Upgraded> {
    let link = Arc::new(Link::default());
    let write_failed = Arc::new(AtomicBool::new(false));
    let io = io::Bounded::new(tcp, &shared.config, Arc::clone(&write_failed));
    let service = {
        let (shared, link) = (Arc::clone(&shared), Arc::clone(&link));
        service_fn(move |request: Request<Incoming>| {
            let (shared, link) = (Arc::clone(&shared), Arc::clone(&link));
            let answer: Pin<Box<dyn Future<Output = Result<Answer, Infallible>> + Send>> =
                Box::pin(async move { Ok(handle(&shared, &link, request).await) });
            answer
        })
    };
    let mut http = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(shared.config.idle_timeout)
        .max_headers(MAX_HEADERS)
        .max_buf_size(MAX_HEAD)
        .serve_connection(io, service);

    let mut stopping = shared.stopping();
    let result = tokio::select! {
        result = poll_fn(|cx| http.poll_without_shutdown(cx)) => result,
        () = async { drop(stopping.wait_for(|stop| *stop).await) } => {
            Pin::new(&mut http).graceful_shutdown();
            poll_fn(|cx| http.poll_without_shutdown(cx)).await
        }
    };
    if write_failed.load(Ordering::Relaxed)
        && let Some(conn) = link.polled(None)
    {
        // The packets of that answer are lost, so nothing may follow them.
        let now = shared.clock.now();
        conn.change(|session| session.engine.close(now, CloseReason::TransportLost));
    }
    if result.is_err() && shared.config.mutants.has(Mutant::UnhandledUpgradeError) {
        shared.crash();
    }
    let upgrade = link
        .upgrade
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .take();
    let (conn, purpose) = upgrade?;
    if result.is_err() {
        match purpose {
            Purpose::Carry => shared.forget(&conn),
            Purpose::Upgrade { attempt } => conn.change(|s| s.engine.end_upgrade(attempt)),
        }
        return None;
    }
    let parts = http.into_parts();
    Some(Upgraded {
        tcp: parts.io.into_inner(),
        read: parts.read_buf,
        conn,
        purpose,
    })
}

/// Answers one request.
async fn handle(shared: &Arc<Shared>, link: &Link, request: Request<Incoming>) -> Answer {
    link.polled(None);
    link.requests.fetch_add(1, Ordering::Relaxed);
    let origin = request.headers().get(http::header::ORIGIN).cloned();
    let chunked = request
        .headers()
        .contains_key(http::header::TRANSFER_ENCODING);
    let mut answer = route(shared, link, request).await;
    cors::allow(&shared.config.origins, origin.as_ref(), &mut answer);
    let mutants = shared.config.mutants;
    wrong::se::allow(mutants, origin, answer.headers_mut());
    if chunked && !mutants.has(Mutant::ClTe) {
        // Whoever disagrees about where a chunked body ends must not find a second request behind it.
        reply::end_connection(&mut answer);
    }
    answer
}

async fn route(shared: &Arc<Shared>, link: &Link, request: Request<Incoming>) -> Answer {
    let hosts = request.headers().get_all(http::header::HOST).iter().count();
    if hosts > 1 || hosts == 0 && request.version() == http::Version::HTTP_11 {
        return reply::text(http::StatusCode::BAD_REQUEST, "not exactly one Host\n");
    }
    if request.method() == http::Method::OPTIONS && !shared.config.mutants.has(Mutant::Preflight400)
    {
        return cors::preflight();
    }
    let path = request.uri().path().to_owned();
    let mutants = shared.config.mutants;
    let captured = mutants.has(Mutant::PrefixCapture) && path.starts_with("/socket.io");
    if path == "/socket.io/" || captured {
        return engine::handle(shared, link, request, false).await;
    }
    if path == "/engine.io/" && shared.config.official_echo {
        return engine::handle(shared, link, request, true).await;
    }
    if let Some(call) = path.strip_prefix("/good/api/") {
        return api::handle(shared, call, request).await;
    }
    let get = matches!(*request.method(), http::Method::GET | http::Method::HEAD);
    match (get, path.as_str()) {
        (true, "/healthz") => reply::text(http::StatusCode::OK, "ok\n"),
        (true, "/admin/faults") => reply::json(
            http::StatusCode::OK,
            &faults::truth(shared.hub.faults(), &shared.config.faults),
        ),
        (true, "/platform.json") => page::apps(&shared.config),
        (get, path) => get
            .then(|| {
                let headers = request.headers();
                admin::handle(shared, path, headers).or_else(|| page::file(path, headers))
            })
            .flatten()
            .unwrap_or_else(|| reply::text(http::StatusCode::NOT_FOUND, "not found\n")),
    }
}
