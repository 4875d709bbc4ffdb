//! Many sockets that come back at once.

use std::time::Duration;

use futures_util::future::try_join_all;

use crate::conform::case::{Judged, missed};
use crate::conform::driver::{Credentials, To, User, exactly};
use crate::conform::probe::socket::Socket;
use crate::conform::probe::{PATIENCE, Probe};
use crate::summary::conformance::Outcome;

/// Sockets, each of a user of its own.
const SOCKETS: u32 = 24;
/// How far apart they come back.
const JITTER: Duration = Duration::from_millis(2);

/// RC-04.
pub(super) async fn all_at_once(probe: Probe) -> Judged {
    let users = probe.users(SOCKETS).await?;
    let shown = try_join_all(users.iter().map(|user| probe.log_in(user))).await?;
    let sockets = try_join_all(shown.iter().map(|shows| probe.socket(shows))).await?;
    drop(sockets);
    let back = shown
        .iter()
        .zip(0..)
        .map(|(shows, n)| comes_back(&probe, shows, n));
    let mut sockets = try_join_all(back).await?;
    let all = users.iter().zip(&mut sockets).zip(1..);
    try_join_all(all.map(|((user, socket), n)| hears_its_own(&probe, user, socket, n))).await?;
    Ok(Outcome::Pass)
}

async fn comes_back(probe: &Probe, shows: &Credentials, n: u32) -> Result<Socket, Outcome> {
    tokio::time::sleep(JITTER * n).await;
    let begun = probe.elapsed();
    let ways = probe.ways();
    let way = ways[n as usize % ways.len()];
    let socket = probe.socket_over(shows, way).await?;
    let took = probe.elapsed().saturating_sub(begun);
    if took > PATIENCE {
        let allowed = format!("every socket back within {PATIENCE:?}");
        return Err(missed(allowed, format!("one after {took:?}")));
    }
    Ok(socket)
}

async fn hears_its_own(
    probe: &Probe,
    user: &User,
    socket: &mut Socket,
    n: u64,
) -> Result<(), Outcome> {
    let mut publisher = probe.publisher();
    let due = [probe.message(n)];
    publisher
        .push(To::User(user), &probe.event_name(), &due[0])
        .await?;
    let heard = publisher.heard(user, socket).await?;
    exactly("the push at its own user, and no other", &heard, &due)
}
