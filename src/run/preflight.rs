//! Before a run: can the target be reached, and does each app let its first user in? A run that cannot succeed says so in seconds.

use std::net::SocketAddr;

use super::sockets::CONNECT_TIMEOUT;
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

impl From<LoginError> for Unreached {
    fn from(error: LoginError) -> Self {
        Self {
            why: error.to_string(),
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
    let places = places(target).await?;
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

/// Looks the nodes of the target up.
pub async fn places(target: &Target) -> Result<Vec<Place>, String> {
    let mut places = Vec::new();
    for base in target.urls() {
        let address = look_up(base).await?;
        let base = base.to_owned();
        places.push(Place { base, address });
    }
    Ok(places)
}

async fn look_up(base: &str) -> Result<SocketAddr, String> {
    let uri: http::Uri = base.parse().map_err(|e| format!("{base}: {e}"))?;
    let host = uri.host().unwrap_or_default();
    let name = host.trim_start_matches('[').trim_end_matches(']');
    let port = uri.port_u16().unwrap_or(80);
    let mut found = tokio::net::lookup_host((name, port))
        .await
        .map_err(|error| format!("the target's name {host:?} cannot be looked up: {error}"))?;
    let first = found.next();
    first.ok_or_else(|| format!("the target's name {host:?} has no address"))
}
