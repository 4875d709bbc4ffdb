//! A route as hyper's client takes it.

use std::error::Error;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use hyper_util::client::legacy::connect::{Connected, Connection, HttpConnector};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tower_service::Service;

use super::line::Line;
use super::{Proxy, Route};

/// Connects over a route.
#[derive(Debug, Clone)]
pub(in crate::client) struct Connector {
    tcp: HttpConnector,
    route: Route,
}

type Failed = Box<dyn Error + Send + Sync>;

impl Connector {
    /// A TCP connection is waited for no longer than `timeout`.
    pub(in crate::client) fn new(route: Route, timeout: Duration) -> Self {
        let mut tcp = HttpConnector::new();
        tcp.set_nodelay(true);
        tcp.set_connect_timeout(Some(timeout));
        tcp.enforce_http(false);
        Self { tcp, route }
    }
}

impl Service<Uri> for Connector {
    type Response = TokioIo<Line<TcpStream>>;
    type Error = Failed;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Failed>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Failed>> {
        self.tcp.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, to: Uri) -> Self::Future {
        let proxy = self.route.proxy().map(Proxy::to_string);
        let to = proxy.map_or(Ok(to), |proxy| proxy.parse());
        let tcp = to.map(|to| self.tcp.call(to));
        let route = self.route.clone();
        Box::pin(async move {
            let tcp = tcp?.await?.into_inner();
            Ok(TokioIo::new(route.take(tcp).await?))
        })
    }
}

impl Connection for Line<TcpStream> {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}
