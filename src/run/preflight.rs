//! Before a run: can the target be reached, and does each app let its first user in? A run that cannot succeed says so in seconds.

use std::net::SocketAddr;

use crate::client::http::Http;
use crate::client::login;
use crate::client::websocket::socket_uri;
use crate::ids::UserId;
use crate::scenario::Plan;

/// Where a target was reached.
pub(super) struct Reached {
    pub(super) address: SocketAddr,
    pub(super) sockets: http::Uri,
}

/// Looks the target up and logs the first user of each app in. The error is a sentence for people.
pub(super) async fn check(plan: &Plan, http: &Http) -> Result<Reached, String> {
    let address = look_up(http.base()).await?;
    for app in 0..plan.apps.len() as u32 {
        let user = UserId(app);
        let name = plan.name_of(user);
        let app = &plan.apps[plan.app_of(user).index()];
        login::login(http, app, &name, &plan.password_of(user))
            .await
            .map_err(|error| error.to_string())?;
    }
    let sockets = socket_uri(http.base()).map_err(|e| format!("{}: {e}", http.base()))?;
    Ok(Reached { address, sockets })
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
