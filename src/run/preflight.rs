//! Before a run: can the target be reached, and does each app let its first user in? A run that cannot succeed says so in seconds.

use super::sockets::CONNECT_TIMEOUT;
use crate::client::http::HttpError;
use crate::client::login::LoginError;
use crate::clock::Clock;
use crate::fleet::login::Door;
use crate::fleet::nodes::{Nodes, Place};
use crate::identity;
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
        let address = identity::look_up(plan, base).await?;
        let base = base.to_owned();
        places.push(Place { base, address });
    }
    Ok(places)
}
