//! What lies between a TCP connection and what is spoken on it: a proxy that has to be asked to pass it on, and TLS.
//!
//! * `records`: TLS without input and output; `tls`: whom it trusts, and what its errors mean.
//! * `line`: a connection on tokio, plain or with TLS in it. The engine has its own kind, over the same records.
//! * `connector`: the same for hyper's client.
//! * `proxy`: asks a proxy to connect to the target (RFC 9110, section 9.3.6).
//!
//! *Invariant:* a route that has neither costs a plain connection nothing but a byte that says so.

mod connector;
mod line;
mod proxy;
mod records;
mod tls;

use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

pub(super) use self::connector::Connector;
pub use self::line::Line;
pub(super) use self::line::Session;
pub use self::proxy::Proxy;
pub use self::tls::{Tls, Trust, TrustError};

/// What a connection to a target goes through.
#[derive(Debug, Clone, Default)]
pub struct Route {
    /// The target's host, for people.
    host: String,
    /// The same with its port.
    authority: String,
    tls: Option<(Tls, ServerName<'static>)>,
    proxy: Option<Proxy>,
}

/// Why a connection that is open is none to the target.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RouteError {
    /// There is no TLS.
    #[error("no TLS connection to {host}: {cause}")]
    Tls {
        /// The target.
        host: String,
        /// What went wrong, and what to do about it.
        cause: String,
    },
    /// The proxy does not pass it on.
    #[error("the proxy {proxy} does not connect to {host}: {cause}")]
    Proxy {
        /// The proxy.
        proxy: String,
        /// The target.
        host: String,
        /// What it said, or what went wrong.
        cause: String,
    },
}

impl Tls {
    /// Shakes hands with what is no target, and speaks no HTTP, at this host. The error is in words.
    pub async fn secure(&self, tcp: TcpStream, host: &str) -> Result<Line<TcpStream>, String> {
        let unbracketed = host.trim_start_matches('[').trim_end_matches(']');
        let name = ServerName::try_from(unbracketed.to_owned())
            .map_err(|_| format!("{host:?} is no name that a certificate has"))?;
        let secured = Box::pin(Line::secured(tcp, self, &name)).await;
        secured.map_err(|failed| match failed {
            line::Failed::Tls(error @ rustls::Error::InvalidMessage(_)) => {
                format!("what came is no TLS: {error}")
            }
            line::Failed::Tls(error) => tls::in_words(&error, host),
            line::Failed::Io(error) => error.to_string(),
            line::Failed::Ended => "the connection was ended during the handshake".to_owned(),
        })
    }
}

impl Route {
    /// To the target at this base URL. `tls` is for those that are `https://`.
    pub fn new(base: &str, tls: Option<&Tls>, proxy: Option<Proxy>) -> Result<Self, String> {
        let uri: http::Uri = base.parse().map_err(|error| format!("{base}: {error}"))?;
        let host = uri.host().unwrap_or_default();
        let unbracketed = host.trim_start_matches('[').trim_end_matches(']');
        let tls = match tls.filter(|_| uri.scheme_str() == Some("https")) {
            None => None,
            Some(tls) => {
                let name = ServerName::try_from(unbracketed.to_owned())
                    .map_err(|_| format!("{base}: {host:?} is no name that a certificate has"))?;
                Some((tls.clone(), name))
            }
        };
        let usual = if uri.scheme_str() == Some("https") {
            443
        } else {
            80
        };
        Ok(Self {
            authority: format!("{host}:{}", uri.port_u16().unwrap_or(usual)),
            host: host.to_owned(),
            tls,
            proxy,
        })
    }

    /// The proxy on the way.
    pub fn proxy(&self) -> Option<&Proxy> {
        self.proxy.as_ref()
    }

    /// From an open connection to one to the target.
    pub async fn take<S>(&self, io: S) -> Result<Line<S>, RouteError>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        if self.proxy.is_none() && self.tls.is_none() {
            return Ok(Line::plain(io));
        }
        // Most need none of it: what it takes shall not be part of their way in.
        Box::pin(self.through(io)).await
    }

    async fn through<S>(&self, mut io: S) -> Result<Line<S>, RouteError>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        if let Some(proxy) = &self.proxy {
            let asked = proxy.ask(&mut io, &self.authority).await;
            asked.map_err(|cause| RouteError::Proxy {
                proxy: proxy.to_string(),
                host: self.authority.clone(),
                cause,
            })?;
        }
        let Some((tls, name)) = &self.tls else {
            return Ok(Line::plain(io));
        };
        let secured = Line::secured(io, tls, name).await;
        secured.map_err(|failed| RouteError::Tls {
            host: self.host.clone(),
            cause: match failed {
                line::Failed::Tls(error) => tls::in_words(&error, &self.host),
                line::Failed::Io(error) => error.to_string(),
                line::Failed::Ended => {
                    "the connection was ended during the handshake: does the target speak plain HTTP at this port? Then write http:// in place of https://"
                        .to_owned()
                }
            },
        })
    }
}
