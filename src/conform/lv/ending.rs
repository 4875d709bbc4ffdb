//! How a target ends.

use std::time::Duration;

use futures_util::future::join_all;

use crate::conform::case::{Judged, missed};
use crate::conform::driver::{Flow, Pushed, To, came_of, events_of, exactly};
use crate::conform::probe::Probe;
use crate::scenario::conformance::Act;
use crate::summary::conformance::Outcome;

/// How long pushes go on before the target is told to end.
const BEFORE: Duration = Duration::from_millis(100);
/// A push that was asked for this shortly before the end of a socket may have been taken when the socket was gone.
const SHORTLY: Duration = Duration::from_millis(150);

/// LV-14.
pub(super) async fn in_order(probe: Probe) -> Judged {
    let (user, _seat) = probe.user().await?;
    let shows = probe.log_in(&user).await?;
    let ways = probe.ways();
    let mut sockets = Vec::new();
    for way in &ways {
        sockets.push(probe.socket_over(&shows, *way).await?);
    }
    let (event, flow) = (probe.event_name(), Flow::default());
    let mut publisher = probe.publisher();
    let ending = async {
        tokio::time::sleep(BEFORE).await;
        let ended = probe.operate(Act::Stop).await;
        flow.end();
        ended
    };
    let stream = publisher.stream(To::User(&user), &event, &flow, true);
    let (stream, ended) = tokio::join!(stream, ending);
    ended?;
    let patience = probe.recovery();
    let ends = sockets
        .iter_mut()
        .map(|socket| socket.ended_within(patience));
    let ends = join_all(ends).await;
    for (way, end) in ways.iter().zip(ends) {
        let (heard, end) = end?;
        let what = format!("at a socket over {}, before it ended", way.name());
        let late = |push: &Pushed| push.asked + SHORTLY > end;
        came_of(&what, &events_of(heard), &stream, late)?;
    }
    if !probe.gone_within(patience).await {
        let seen = "somebody who takes connections, still";
        return Err(missed(
            format!("a port that is free within {patience:?}"),
            seen,
        ));
    }
    probe.operate(Act::Start).await?;
    probe.there_again().await?;
    let mut socket = probe.come(&user).await?;
    let mut publisher = probe.publisher();
    let due = [probe.message(1)];
    publisher.push(To::User(&user), &event, &due[0]).await?;
    let heard = publisher.heard(&user, &mut socket).await?;
    exactly("one push, and nothing from before", &heard, &due)?;
    Ok(Outcome::Pass)
}
