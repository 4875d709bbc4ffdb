//! The nodes of the target, and which of them a user, a socket or a lane goes to.
//!
//! Users take the nodes in turn within their app, and the sockets of a user go to one after the other: so every node has sockets of every
//! app, and the sockets of one user are at several.

use core::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::client::endpoint::{Endpoint, Presents, socket_uri};
use crate::client::http::Http;
use crate::client::route::{Tls, TrustError};
use crate::identity::{self, trust};
use crate::ids::{Lane, SocketId, UserId};
use crate::scenario::Plan;
use crate::scenario::triggers::Trigger;

/// Sockets that connect from one local address while there is a choice: well below the 28,000 ports that it has.
const PER_ADDRESS: usize = 10_000;

/// Where one node is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Its base URL.
    pub base: String,
    /// The address behind the host's name, or the proxy's on the way there, looked up once for all sockets.
    pub address: SocketAddr,
}

/// The ways to the nodes. Connections for logins and pushes belong to the runtime on which this was made.
#[derive(Debug, Clone)]
pub struct Nodes {
    ways: Arc<[(Http, Endpoint)]>,
    /// Of the triggers that go elsewhere, by their place among all.
    elsewhere: Arc<[Option<Http>]>,
}

impl Nodes {
    /// Of these places, for a run of this plan. Neither an answer nor the opening of a socket is waited for longer than told.
    pub fn new(
        plan: &Plan,
        places: &[Place],
        answer: Duration,
        connect: Duration,
    ) -> Result<Self, String> {
        let elsewhere = plan.contract.triggers.iter().map(Trigger::url);
        let elsewhere: Vec<_> = elsewhere.collect();
        let mut urls = places.iter().map(|place| place.base.as_str());
        let mut urls = urls.by_ref().chain(elsewhere.iter().copied().flatten());
        let secure = urls.any(|url| url.starts_with("https:"));
        let tls = secure.then(|| identity::tls(plan)).transpose()?;
        let route = |base: &str| identity::route(plan, base, tls.as_ref());
        let elsewhere = elsewhere.iter().map(|url| {
            url.map(|url| Ok::<_, String>(Http::new(url, route(url)?, answer)))
                .transpose()
        });
        let elsewhere = elsewhere.collect::<Result<_, _>>()?;
        let ways = places.iter().map(|place| {
            let route = route(&place.base)?;
            let uri = socket_uri(&place.base, &plan.contract.path)
                .map_err(|e| format!("{}: {e}", place.base))?;
            let endpoint = Endpoint {
                address: place.address,
                route: route.clone(),
                uri,
                presents: Presents {
                    query: String::new(),
                    headers: plan.contract.headers.clone(),
                },
                connect_timeout: connect,
                sources: sources(plan, place.address.ip()),
            };
            Ok((Http::new(&place.base, route, answer), endpoint))
        });
        let ways = ways.collect::<Result<_, String>>()?;
        Ok(Self { ways, elsewhere })
    }

    /// Where a user logs in.
    pub fn of_user(&self, plan: &Plan, user: UserId) -> &Http {
        &self.nth(turn_of(plan, user)).0
    }

    /// Where a socket connects.
    pub fn of_socket(&self, plan: &Plan, user: UserId, socket: SocketId) -> &Endpoint {
        &self.ways[self.number_of_socket(plan, user, socket)].1
    }

    /// How many nodes there are: one at least.
    pub fn count(&self) -> usize {
        self.ways.len()
    }

    /// Which node a socket connects to, in the order of the target's URLs.
    pub fn number_of_socket(&self, plan: &Plan, user: UserId, socket: SocketId) -> usize {
        let n = socket.0 % plan.sockets_per_user;
        (turn_of(plan, user) + n as usize) % self.ways.len()
    }

    /// Which node a lane asks for its pushes; `None`: this trigger goes elsewhere.
    pub fn number_of_lane(&self, lane: Lane, trigger: usize) -> Option<usize> {
        let elsewhere = self.elsewhere.get(trigger).is_some_and(Option::is_some);
        (!elsewhere).then_some(lane.index() % self.ways.len())
    }

    /// Where a lane asks for its pushes by this trigger, and where a publisher's socket of it connects.
    pub fn of_lane(&self, lane: Lane, trigger: usize) -> (&Http, &Endpoint) {
        let (http, endpoint) = self.nth(lane.index());
        let elsewhere = self.elsewhere.get(trigger).and_then(Option::as_ref);
        (elsewhere.unwrap_or(http), endpoint)
    }

    fn nth(&self, n: usize) -> &(Http, Endpoint) {
        &self.ways[n % self.ways.len()]
    }
}

/// Whether the certificates that a plan came with can be used. An error has the key of the scenario that named them.
pub fn check_certificates(plan: &Plan) -> Result<(), (&'static str, String)> {
    match Tls::new(trust(plan)) {
        Ok(_) => Ok(()),
        Err(error) => Err(match &error {
            TrustError::Authority(why) => ("target.tls.ca", why.clone()),
            TrustError::Certificate(why) => ("target.tls.cert", why.clone()),
            TrustError::Key(why) => ("target.tls.key", why.clone()),
        }),
    }
}

/// The place of a user in its app.
fn turn_of(plan: &Plan, user: UserId) -> usize {
    user.index() / plan.apps.len()
}

/// The local addresses that sockets connect to this one from; empty: whatever the system chooses. The loopback network has addresses enough
/// for any number of sockets.
fn sources(plan: &Plan, to: IpAddr) -> Vec<IpAddr> {
    if !plan.source_addrs.is_empty() {
        let same_kind = |addr: &&IpAddr| addr.is_ipv4() == to.is_ipv4();
        return plan
            .source_addrs
            .iter()
            .filter(same_kind)
            .copied()
            .collect();
    }
    // A socket that polls has a second connection at times, and the port of one that was closed is taken for a minute more.
    let each = if plan.clients.transports.is_websocket() {
        1
    } else {
        3
    };
    let needed = (plan.sockets() as usize * each).div_ceil(PER_ADDRESS);
    if needed <= 1 || !to.is_loopback() || !to.is_ipv4() {
        return Vec::new();
    }
    let first = u32::from(Ipv4Addr::new(127, 0, 0, 2));
    let nth = |n: u32| IpAddr::V4(Ipv4Addr::from(first + n));
    (0..needed as u32).map(nth).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::file::File;

    fn plan(text: &str) -> Plan {
        Plan::from_file(&File::parse(text).unwrap(), 1).unwrap()
    }

    #[test]
    fn many_sockets_on_loopback_take_several_addresses() {
        let of = |users: u32, to: &str| {
            let plan = plan(&format!("[users]\ncount = {users}\n"));
            sources(&plan, to.parse().unwrap())
        };
        assert!(of(10_000, "127.0.0.1").is_empty());
        let many = of(95_000, "127.0.0.1");
        assert_eq!(many.len(), 10);
        assert_eq!(many[0].to_string(), "127.0.0.2");
        assert_eq!(many[9].to_string(), "127.0.0.11");
        assert!(of(95_000, "::1").is_empty());
        let polls = self::plan("[users]\ncount = 9000\n[clients]\ntransport = \"polling\"\n");
        assert_eq!(sources(&polls, "127.0.0.1".parse().unwrap()).len(), 3);
        assert!(of(95_000, "10.0.0.1").is_empty());
    }

    #[test]
    fn addresses_that_are_named_are_taken_where_they_fit() {
        let plan = plan("[generator]\nsource_addrs = [\"127.0.0.7\", \"::1\", \"127.0.0.8\"]\n");
        let v4 = sources(&plan, "127.0.0.1".parse().unwrap());
        assert_eq!(
            v4.iter().map(ToString::to_string).collect::<Vec<_>>(),
            ["127.0.0.7", "127.0.0.8"]
        );
        assert_eq!(sources(&plan, "::1".parse().unwrap()).len(), 1);
    }

    #[test]
    fn every_node_has_users_of_every_app_and_a_users_sockets_are_at_several() {
        let plan =
            plan("[target]\napps = [\"a\", \"b\"]\n[users]\ncount = 12\nsockets_per_user = 2\n");
        let place = |port: u16| Place {
            base: format!("http://127.0.0.1:{port}"),
            address: SocketAddr::from(([127, 0, 0, 1], port)),
        };
        let second = Duration::from_secs(1);
        let nodes = Nodes::new(&plan, &[place(1), place(2), place(3)], second, second).unwrap();
        let mut seen = std::collections::BTreeSet::new();
        for user in (0..12).map(UserId) {
            let port = |n| {
                let socket = SocketId(user.0 * 2 + n);
                nodes.of_socket(&plan, user, socket).address.port()
            };
            assert_ne!(port(0), port(1));
            seen.insert((plan.app_of(user), port(0)));
        }
        assert_eq!(seen.len(), 6);
    }
}
