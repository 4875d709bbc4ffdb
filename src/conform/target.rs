//! Where the target is, and what it offers.

use core::net::SocketAddr;
use std::sync::Arc;

use super::case::Capability;
use super::probe::session::{POLLING, WEBSOCKET, open_data};
use super::probe::{Heard, PATIENCE, Probe, ProbeError};
use crate::client::route::Route;
use crate::clock::Clock;
use crate::identity;
use crate::scenario::Plan;

/// The target of the suite.
#[derive(Debug)]
pub struct Target {
    /// Its base URL.
    pub base: String,
    /// The host with its port, as `Host` has it.
    pub authority: String,
    /// The path of its Engine.IO, with a slash at both ends.
    pub path: String,
    /// Its address, or that of the proxy on the way.
    pub address: SocketAddr,
    /// What a connection to that goes through.
    pub route: Route,
    /// Headers of every request. They may be secrets.
    pub headers: Vec<(String, String)>,
    /// What it offers.
    offers: Vec<Capability>,
}

/// Why there is nothing to try: one sentence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreached {
    /// The URL, or what the plan has for it, leads nowhere.
    #[error("the target cannot be reached: {0}")]
    Nowhere(String),
    /// Nobody answers.
    #[error("the target {base} cannot be reached: {cause}")]
    Silent {
        /// Its base URL.
        base: String,
        /// What happened.
        cause: ProbeError,
    },
    /// Somebody answers, and opens no session.
    #[error(
        "what answers at {url} opens no Engine.IO session: long-polling: {polling}; WebSocket: {websocket}"
    )]
    NoEngine {
        /// Where it was asked.
        url: String,
        /// What it made of a session on long-polling.
        polling: String,
        /// What it made of one on a WebSocket.
        websocket: String,
    },
}

impl Target {
    /// Looks the target at this base URL up, as a plan says that it is reached, and finds out what it offers.
    pub async fn find(base: &str, plan: &Plan) -> Result<Self, Unreached> {
        let uri: http::Uri = base
            .parse()
            .map_err(|error| Unreached::Nowhere(format!("{base}: {error}")))?;
        let tls = base.starts_with("https:").then(|| identity::tls(plan));
        let tls = tls.transpose().map_err(Unreached::Nowhere)?;
        let route = identity::route(plan, base, tls.as_ref()).map_err(Unreached::Nowhere)?;
        let authority = uri.authority().map_or("", |authority| authority.as_str());
        let looked_up = tokio::time::timeout(PATIENCE, identity::look_up(plan, base)).await;
        let late = || Err(format!("{authority}: its name was not looked up in time"));
        let address = looked_up.unwrap_or_else(|_| late());
        let address = address.map_err(Unreached::Nowhere)?;
        Self {
            base: base.to_owned(),
            authority: authority.to_owned(),
            path: format!("{}{}", uri.path().trim_end_matches('/'), plan.contract.path),
            address,
            route,
            headers: plan.contract.headers.clone(),
            offers: vec![Capability::Polling, Capability::WebSocket],
        }
        .asked()
        .await
    }

    /// Whether it has this.
    pub fn offers(&self, what: Capability) -> bool {
        self.offers.contains(&what)
    }

    /// One that nothing is said to.
    #[cfg(test)]
    pub(super) fn without_transports() -> Self {
        Self {
            base: "http://127.0.0.1:1".to_owned(),
            authority: "127.0.0.1:1".to_owned(),
            path: "/socket.io/".to_owned(),
            address: ([127, 0, 0, 1], 1).into(),
            route: Route::default(),
            headers: Vec::new(),
            offers: Vec::new(),
        }
    }

    /// Asks for a session on each transport. What the target makes of it besides is for the cases.
    async fn asked(self) -> Result<Self, Unreached> {
        let target = Arc::new(self);
        let probe = Probe::new(Arc::clone(&target), Clock::start(), 0);
        let polling = polling(&probe).await;
        let websocket = websocket(&probe).await;
        drop(probe);
        let mut target =
            Arc::into_inner(target).unwrap_or_else(|| unreachable!("the probe is gone"));
        target.offers.retain(|what| match what {
            Capability::Polling => polling.is_ok(),
            Capability::WebSocket => websocket.is_ok(),
        });
        match (polling, websocket) {
            (Err(No::Broken(cause)), Err(No::Broken(_))) => Err(Unreached::Silent {
                base: target.base,
                cause,
            }),
            (Err(polling), Err(websocket)) => Err(Unreached::NoEngine {
                url: format!("{}{}", target.base.trim_end_matches('/'), target.path),
                polling: polling.to_string(),
                websocket: websocket.to_string(),
            }),
            _ => Ok(target),
        }
    }
}

/// Why a transport is not offered.
#[derive(Debug, thiserror::Error)]
enum No {
    #[error("{0}")]
    Broken(#[from] ProbeError),
    #[error("{0}")]
    Refused(String),
}

async fn polling(probe: &Probe) -> Result<(), No> {
    let answer = probe.get(POLLING).await?;
    match open_data(&answer) {
        Some(_) => Ok(()),
        None => Err(No::Refused(answer.to_string())),
    }
}

async fn websocket(probe: &Probe) -> Result<(), No> {
    let mut ws = match probe.websocket(WEBSOCKET).await? {
        Ok(ws) => ws,
        Err(answer) => return Err(No::Refused(answer.to_string())),
    };
    match ws.next().await? {
        Heard::Text(_) => Ok(()),
        heard => Err(No::Refused(format!("{heard:?}"))),
    }
}
