//! The metrics of a run over HTTP, while it goes on.
//!
//! A thread of its own serves them, so that no scrape takes time from the lanes. What is asked of it is bounded: connections, the head of
//! a request and the time it may take.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::Context as _;
use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{ACCEPT, ALLOW, CONTENT_TYPE};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, oneshot, watch};

use super::newest::Newest;
use crate::report::metrics::prometheus::{self, Format};
use crate::report::snapshot;
use crate::summary::Snapshot;

/// Connections served at a time; others wait to be accepted.
const CONNECTIONS: usize = 16;
/// Most bytes of a request's head.
const HEAD: usize = 16 * 1024;
/// How long a request may take to come, and so how long a connection may be idle.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long after the end of the run whoever watches may take to look once more.
const LAST_LOOK: Duration = Duration::from_millis(1_500);
/// How long answers may take after that which have begun.
const GRACE: Duration = Duration::from_secs(1);

/// Serves until it is dropped.
pub(super) struct Metrics {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Metrics {
    /// Listens at an address, and serves an empty run until there is one. `asked`: the flag or key that says so.
    pub(super) fn start(asked: &str, address: SocketAddr, shown: Newest) -> anyhow::Result<Self> {
        let bound = || -> std::io::Result<_> {
            let listener = std::net::TcpListener::bind(address)?;
            listener.set_nonblocking(true)?;
            Ok((listener.local_addr()?, listener))
        };
        let (bound, listener) = bound().with_context(|| {
            format!(
                "{asked}: cannot listen at {address}; name another, or port 0 for any that is free"
            )
        })?;
        let (stop, stopped) = oneshot::channel();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .context("a runtime for the metrics")?;
        let thread = std::thread::Builder::new()
            .name("metrics".to_owned())
            .spawn(move || runtime.block_on(serve(listener, shown, stopped)))
            .context("a thread for the metrics could not be started")?;
        Ok(Self {
            address: bound,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// Where it listens.
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Metrics {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
    }
}

async fn serve(listener: std::net::TcpListener, shown: Newest, stopped: oneshot::Receiver<()>) {
    // Whether somebody watches who has not seen the end.
    let (watched, mut unseen) = watch::channel(false);
    let Ok(listener) = TcpListener::from_std(listener) else {
        return;
    };
    let room = Arc::new(Semaphore::new(CONNECTIONS));
    let over = watch::channel(()).0;
    let accepting = async {
        loop {
            let Ok(permit) = Arc::clone(&room).acquire_owned().await else {
                return;
            };
            match listener.accept().await {
                Ok((tcp, _)) => {
                    let shown = (shown.clone(), watched.clone());
                    let answering = answer_all(tcp, shown, over.subscribe());
                    tokio::spawn(async move {
                        answering.await;
                        drop(permit);
                    });
                }
                // No descriptor is left: there will be one when a connection ends.
                Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
            }
        }
    };
    let last_look = async {
        // Dropped, when there is no more to tell.
        stopped.await.ok();
        let seen = unseen.wait_for(|unseen| !unseen);
        tokio::time::timeout(LAST_LOOK, seen).await.ok();
    };
    tokio::select! {
        () = accepting => {}
        () = last_look => {}
    }
    // An answer that has begun goes out; idle connections end at once.
    drop(over);
    let all = room.acquire_many(CONNECTIONS as u32);
    tokio::time::timeout(GRACE, all).await.ok();
}

/// Answers what comes over one connection, and no more once the sender of `over` is gone.
async fn answer_all(
    tcp: TcpStream,
    (shown, watched): (Newest, watch::Sender<bool>),
    mut over: watch::Receiver<()>,
) {
    let service = service_fn(move |request: Request<Incoming>| {
        let snapshot = shown.get();
        if request.uri().path() == "/snapshot" {
            watched.send_replace(snapshot.ended.is_none());
        }
        async move { Ok::<_, Infallible>(answer(&request, &snapshot)) }
    });
    let serving = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(PATIENCE)
        .max_buf_size(HEAD)
        .serve_connection(TokioIo::new(tcp), service);
    let mut serving = std::pin::pin!(serving);
    // Whoever asks nonsense, or leaves, is told by HTTP or not at all.
    tokio::select! {
        _ = &mut serving => {}
        _ = over.changed() => {
            serving.as_mut().graceful_shutdown();
            serving.await.ok();
        }
    }
}

fn answer<B>(request: &Request<B>, shown: &Snapshot) -> Response<Full<Bytes>> {
    let plain = "text/plain; charset=utf-8";
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let mut response = page(
            StatusCode::METHOD_NOT_ALLOWED,
            plain,
            "only GET\n".to_owned(),
        );
        let allowed = hyper::header::HeaderValue::from_static("GET, HEAD");
        response.headers_mut().insert(ALLOW, allowed);
        return response;
    }
    match request.uri().path() {
        "/" => page(StatusCode::OK, plain, prometheus::index()),
        "/metrics" => {
            let accept = request.headers().get_all(ACCEPT).iter();
            let accept: Vec<_> = accept.filter_map(|value| value.to_str().ok()).collect();
            let format = Format::asked_for(&accept.join(","));
            let metrics = prometheus::render(shown, format);
            page(StatusCode::OK, format.content_type(), metrics)
        }
        "/snapshot" => {
            let since = request.uri().query().and_then(|query| {
                let mut keys = query.split('&');
                keys.find_map(|key| key.strip_prefix("since="))?
                    .parse()
                    .ok()
            });
            let text = snapshot::render(shown, since.unwrap_or(0));
            page(StatusCode::OK, "application/json", text)
        }
        _ => {
            let text = format!("there is nothing here\n\n{}", prometheus::index());
            page(StatusCode::NOT_FOUND, plain, text)
        }
    }
}

fn page(status: StatusCode, kind: &'static str, text: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(text)));
    *response.status_mut() = status;
    let kind = hyper::header::HeaderValue::from_static(kind);
    response.headers_mut().insert(CONTENT_TYPE, kind);
    response
}
