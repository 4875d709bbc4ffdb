//! Where the target is, and what it offers.

use core::net::SocketAddr;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use super::driver::{Seats, User};
use super::offers::{Capability, Offers};
use super::operate::{Operates, Operator};
use super::probe::session::{POLLING, WEBSOCKET, open_data};
use super::probe::{Heard, PATIENCE, Probe, ProbeError};
use crate::client::route::Route;
use crate::clock::Clock;
use crate::fleet::nodes::{Nodes, Place};
use crate::identity;
use crate::scenario::Plan;
use crate::summary::conformance::Outcome;

/// How long a login, or what ends one, may take.
const ANSWER: std::time::Duration = std::time::Duration::from_secs(10);

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
    /// How it is spoken to, and what is known of it.
    pub(super) plan: Arc<Plan>,
    /// The ways to log in and to ask for pushes.
    pub(super) nodes: Nodes,
    /// Users whom no case has.
    pub(super) seats: Arc<Seats>,
    offers: Arc<RwLock<Offers>>,
    operator: Operator,
    /// Which of the nodes it is, from 0.
    pub(super) node: usize,
    /// The other nodes, of the first.
    others: OnceLock<Vec<Arc<Self>>>,
}

/// Where one node is.
struct Spot {
    base: String,
    authority: String,
    path: String,
    address: SocketAddr,
    route: Route,
}

impl Spot {
    async fn look_up(base: &str, plan: &Plan) -> Result<Self, Unreached> {
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
        Ok(Self {
            base: base.to_owned(),
            authority: authority.to_owned(),
            path: format!("{}{}", uri.path().trim_end_matches('/'), plan.contract.path),
            address: address.map_err(Unreached::Nowhere)?,
            route,
        })
    }
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
    /// `endless`: that there are more users than the plan says, as at the embedded platform.
    pub async fn find(base: &str, plan: &Arc<Plan>, endless: bool) -> Result<Arc<Self>, Unreached> {
        Self::operated(base, plan, endless, None).await
    }

    /// The same target, which somebody can end and bring back besides the commands of the plan.
    pub async fn operated(
        base: &str,
        plan: &Arc<Plan>,
        endless: bool,
        by: Option<Arc<dyn Operates>>,
    ) -> Result<Arc<Self>, Unreached> {
        let operator = by.map_or_else(|| Operator::of(plan), Operator::by);
        let mut spots = vec![Spot::look_up(base, plan).await?];
        for node in &plan.nodes {
            spots.push(Spot::look_up(node, plan).await?);
        }
        let places = spots.iter().map(|spot| Place {
            base: spot.base.clone(),
            address: spot.address,
        });
        let places: Vec<_> = places.collect();
        let nodes = Nodes::new(plan, &places, ANSWER, PATIENCE).map_err(Unreached::Nowhere)?;
        let mut offers = Offers::said(plan);
        for what in Capability::of_acts() {
            if what.acts().iter().all(|act| operator.can(*act)) {
                offers.have(what);
            }
        }
        let offers = Arc::new(RwLock::new(offers));
        let seats = Arc::new(Seats::of(plan, endless));
        let mut targets = spots.into_iter().enumerate().map(|(node, spot)| Self {
            base: spot.base,
            authority: spot.authority,
            path: spot.path,
            address: spot.address,
            route: spot.route,
            headers: plan.contract.headers.clone(),
            offers: Arc::clone(&offers),
            operator: operator.clone(),
            node,
            others: OnceLock::new(),
            seats: Arc::clone(&seats),
            nodes: nodes.clone(),
            plan: Arc::clone(plan),
        });
        let first = targets.next();
        let first = first.unwrap_or_else(|| unreachable!("the base is the first"));
        first.others.get_or_init(|| targets.map(Arc::new).collect());
        first.asked().await
    }

    /// This node of it, from 0; the first if there are fewer.
    pub(super) fn at_node(self: &Arc<Self>, node: usize) -> Arc<Self> {
        let others = self.others.get().map_or(&[][..], Vec::as_slice);
        let other = node.checked_sub(1).and_then(|place| others.get(place));
        Arc::clone(other.unwrap_or(self))
    }

    /// How many nodes it has.
    pub(super) fn count_nodes(&self) -> usize {
        1 + self.others.get().map_or(0, Vec::len)
    }

    /// Who can end it and bring it back, if anybody can.
    pub(super) fn operator(&self) -> &Operator {
        &self.operator
    }

    /// Whether it has this.
    pub fn offers(&self, what: Capability) -> bool {
        self.lacks(what).is_none()
    }

    /// What comes of a case that needs this, if it is not there.
    pub fn lacks(&self, what: Capability) -> Option<Outcome> {
        let offers = self.offers.read().unwrap_or_else(PoisonError::into_inner);
        offers.lacking(what).cloned()
    }

    fn lack(&self, what: Capability, why: Outcome) {
        let mut offers = self.offers.write().unwrap_or_else(PoisonError::into_inner);
        offers.lack(what, why);
    }

    /// Why nobody is let in, if nobody is.
    pub fn nobody_is_let_in(&self) -> Option<String> {
        self.lacks(Capability::Login).map(|why| why.detail())
    }

    /// One that nothing is said to.
    #[cfg(test)]
    pub(super) fn without_transports() -> Self {
        let file = crate::scenario::file::File::default();
        let plan = Arc::new(Plan::from_file(&file, 1).unwrap());
        let base = "http://127.0.0.1:1".to_owned();
        let address = ([127, 0, 0, 1], 1).into();
        let mut offers = Offers::said(&plan);
        for what in [Capability::Polling, Capability::WebSocket] {
            offers.lack(what, Outcome::Skip(what.lacking().to_owned()));
        }
        let place = Place {
            base: base.clone(),
            address,
        };
        Self {
            base,
            authority: "127.0.0.1:1".to_owned(),
            path: "/socket.io/".to_owned(),
            address,
            route: Route::default(),
            headers: Vec::new(),
            nodes: Nodes::new(&plan, &[place], ANSWER, PATIENCE).unwrap(),
            seats: Arc::new(Seats::of(&plan, false)),
            plan,
            offers: Arc::new(RwLock::new(offers)),
            operator: Operator::default(),
            node: 0,
            others: OnceLock::new(),
        }
    }

    /// Asks for a session on each transport, and lets somebody in. What the target makes of it besides is for the cases.
    async fn asked(self) -> Result<Arc<Self>, Unreached> {
        let target = Arc::new(self);
        let probe = Probe::new(Arc::clone(&target), Clock::start(), 0);
        let polling = polling(&probe).await;
        let websocket = websocket(&probe).await;
        if let (Err(polling), Err(websocket)) = (&polling, &websocket) {
            return Err(match polling {
                No::Broken(cause) if matches!(websocket, No::Broken(_)) => Unreached::Silent {
                    base: target.base.clone(),
                    cause: cause.clone(),
                },
                _ => Unreached::NoEngine {
                    url: format!("{}{}", target.base.trim_end_matches('/'), target.path),
                    polling: polling.to_string(),
                    websocket: websocket.to_string(),
                },
            });
        }
        for (what, there) in [
            (Capability::Polling, polling.is_ok()),
            (Capability::WebSocket, websocket.is_ok()),
        ] {
            if !there {
                let why = Outcome::Skip(what.lacking().to_owned());
                target.lack(what, why);
            }
        }
        target.enter(&probe).await;
        Ok(target)
    }

    /// Lets the first user in, and finds out what comes with that.
    async fn enter(&self, probe: &Probe) {
        let first = User::of(&self.plan, &self.seats.first().unwrap_or_default());
        let connected = probe
            .come(&first)
            .await
            .map(|socket| socket.connected.clone());
        match connected {
            Err(why) => {
                let told = format!("nobody is let in: {}", why.detail());
                self.lack(Capability::Login, Outcome::Unknown(told.clone()));
                self.lack(Capability::Recovery, Outcome::Unknown(told));
            }
            Ok(connected) => {
                if connected.get("pid").is_none() {
                    let what = Capability::Recovery;
                    let why = Outcome::Skip(what.lacking().to_owned());
                    self.lack(what, why);
                }
            }
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

/// Whether a session opens on each transport that the target has. What it says is no matter.
pub(super) async fn opens(probe: &Probe) -> Result<(), ProbeError> {
    if probe.offers(Capability::Polling)
        && let Err(No::Broken(error)) = polling(probe).await
    {
        return Err(error);
    }
    if probe.offers(Capability::WebSocket)
        && let Err(No::Broken(error)) = websocket(probe).await
    {
        return Err(error);
    }
    Ok(())
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
