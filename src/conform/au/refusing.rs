//! Credentials that are not good.

use crate::conform::case::Judged;
use crate::conform::probe::Probe;
use crate::summary::conformance::Outcome;

/// AU-03.
pub(super) async fn nothing_shown(probe: Probe) -> Judged {
    let (user, _seat) = probe.user().await?;
    let mut shows = probe.log_in(&user).await?;
    shows.presents = probe.presents_nothing();
    probe
        .refused("a socket that shows nothing", &shows.with_auth_text(""))
        .await?;
    Ok(Outcome::Pass)
}
