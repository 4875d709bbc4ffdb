//! Before a run: can the target be reached, and does each app let its first user in? A run that cannot succeed says so in seconds.

use std::net::SocketAddr;

use super::sockets::CONNECT_TIMEOUT;
use crate::client::http::HttpError;
use crate::client::login::LoginError;
use crate::clock::Clock;
use crate::fleet::login::Door;
use crate::fleet::nodes::{Nodes, Place};
use crate::ids::UserId;
use crate::scenario::Plan;
use crate::summary::Target;
use crate::trigger::lane::ANSWER_TIMEOUT;

/// Why a run cannot begin.
pub(super) struct Unreached {
    /// A sentence for people.
    pub(super) why: String,
    /// What this machine ran out of, if that is why.
    pub(super) shortage: Option<String>,
}

impl From<String> for Unreached {
    fn from(why: String) -> Self {
        let shortage = None;
        Self { why, shortage }
    }
}

/// What may be meant by a server that ends a connection without a word.
const MAYBE_TLS: &str =
    "; if the target speaks TLS at this port, write https:// in place of http://";

impl From<LoginError> for Unreached {
    fn from(error: LoginError) -> Self {
        let mut why = error.to_string();
        if let LoginError::Http { cause, .. } = &error
            && matches!(cause, HttpError::Broken(_))
            && !why.contains("https://")
        {
            why += MAYBE_TLS;
        }
        Self {
            why,
            shortage: error.shortage().map(str::to_owned),
        }
    }
}

/// Looks the nodes of the target up and logs the first user of each app in; where there are several nodes, each lets a user in.
pub(super) async fn check(
    plan: &Plan,
    target: &Target,
    clock: Clock,
) -> Result<Vec<Place>, Unreached> {
    let places = places(plan, target).await?;
    let nodes = Nodes::new(plan, &places, ANSWER_TIMEOUT, CONNECT_TIMEOUT)?;
    // Users take the apps in turn, and within an app the nodes.
    let users = plan
        .apps
        .len()
        .max(plan.apps.len() * (places.len() - 1) + 1);
    let door = Door {
        plan,
        nodes: &nodes,
        clock,
        rate: None,
        // One that is not there is told of at once.
        waits_for_target: false,
    };
    for user in (0..plan.users).take(users) {
        door.log_in(UserId(user)).await.0?;
    }
    Ok(places)
}

/// Looks the nodes of the target up, or the proxies on the way there.
pub async fn places(plan: &Plan, target: &Target) -> Result<Vec<Place>, String> {
    let mut places = Vec::new();
    for base in target.urls() {
        let address = match plan.access.proxies.of_target(base) {
            Some(proxy) => look_up(&format!("http://{}", proxy.authority), "proxy").await?,
            None => look_up(base, "target").await?,
        };
        let base = base.to_owned();
        places.push(Place { base, address });
    }
    Ok(places)
}

async fn look_up(base: &str, what: &str) -> Result<SocketAddr, String> {
    let uri: http::Uri = base.parse().map_err(|e| format!("{base}: {e}"))?;
    let host = uri.host().unwrap_or_default();
    let name = host.trim_start_matches('[').trim_end_matches(']');
    let usual = if uri.scheme_str() == Some("https") {
        443
    } else {
        80
    };
    let port = uri.port_u16().unwrap_or(usual);
    let mut found = tokio::net::lookup_host((name, port))
        .await
        .map_err(|error| format!("the {what}'s name {host:?} cannot be looked up: {error}"))?;
    let first = found.next();
    first.ok_or_else(|| format!("the {what}'s name {host:?} has no address"))
}
