//! Sessions that are asked for on a transport that is not theirs, or by who does not hold them.

use std::time::Duration;

use crate::conform::case::{Judged, missed};
use crate::conform::driver::event;
use crate::conform::probe::link::Over;
use crate::conform::probe::session::{POLLING, WEBSOCKET};
use crate::conform::probe::{Heard, Probe, ProbeError, WebSocket};
use crate::summary::conformance::{Missed, Outcome};

/// How long something that is not to come is waited for.
const LATER: Duration = Duration::from_millis(300);
/// How long a WebSocket that is of no use may stay.
const SOON: Duration = Duration::from_secs(1);

/// TR-10.
pub(super) async fn polling_on_websocket(probe: Probe) -> Judged {
    let (user, _seat) = probe.user().await?;
    for over in [Over::WebSocket, Over::Upgrade] {
        let mut session = probe.come_by_hand(&user, over).await?;
        let polling = session.requests();
        let foreign = event(&probe.echo().event, &probe.message(1));
        let got = polling.poll().await?;
        let posted = polling.post(&polling.query(), &foreign).await?;
        for (what, answer) in [("GET", &got), ("POST", &posted)] {
            if answer.status != 400 {
                return Err(missed(
                    format!("HTTP 400 to a {what} for a session on {}", over.name()),
                    answer.to_string(),
                ));
            }
        }
        match probe.own_within(&mut session, LATER).await {
            Err(ProbeError::Timeout(_)) => {}
            Ok(came) => return Err(missed("nothing of what was refused", came.told())),
            Err(error) => return Err(error.into()),
        }
        probe.still_works(&mut session, 2).await?;
    }
    Ok(Outcome::Pass)
}

/// TR-11. A session that began on a WebSocket may answer the probe of another, as long as it goes on where it is.
pub(super) async fn second_websocket(probe: Probe) -> Judged {
    let (user, _seat) = probe.user().await?;
    let mut warning = None;
    for over in [Over::Upgrade, Over::WebSocket] {
        let mut session = probe.come_by_hand(&user, over).await?;
        let query = session.query("websocket");
        // It stays until the first was seen to go on.
        let mut second = session.probe().websocket(&query).await?.ok();
        if let Some(ws) = &mut second {
            ws.send("2probe").await.ok();
            if let Some(seen) = stays(ws, SOON).await {
                let allowed = format!("a second WebSocket for a session on {} closed", over.name());
                if over == Over::Upgrade {
                    return Err(missed(allowed, seen));
                }
                warning = Some(Missed {
                    allowed,
                    seen,
                    silent: false,
                });
            }
        }
        probe.still_works(&mut session, 1).await?;
        drop(second);
    }
    Ok(warning.map_or(Outcome::Pass, Outcome::NonStrict))
}

/// What a WebSocket does that is not closed in this time.
async fn stays(ws: &mut WebSocket, patience: Duration) -> Option<String> {
    match ws.next_within(patience).await {
        Ok(Heard::Close(_) | Heard::End) | Err(ProbeError::Ended) => None,
        Ok(heard) => Some(format!("{heard:?}")),
        Err(ProbeError::Timeout(_)) => Some(format!("one that stays open for {patience:?}")),
        Err(error) => Some(error.to_string()),
    }
}

/// TR-19.
pub(super) async fn served(probe: Probe) -> Judged {
    let mut told = Vec::new();
    let polling = probe.get(POLLING).await?;
    told.push(if polling.is_open() {
        "long-polling is served".to_owned()
    } else {
        format!("long-polling is refused with HTTP {}", polling.status)
    });
    told.push(match probe.websocket(WEBSOCKET).await? {
        Ok(_) => "a WebSocket is served".to_owned(),
        Err(answer) => format!("a WebSocket is refused with HTTP {}", answer.status),
    });
    Ok(Outcome::Info(told.join(", ")))
}

/// TR-18.
pub(super) async fn strangers(probe: Probe) -> Judged {
    let (user, _seat) = probe.user().await?;
    let unknown = "EIO=4&transport=websocket&sid=AAAAAAAAAAAAAAAAAAAA";
    if let Ok(mut ws) = probe.websocket(unknown).await?
        && let Some(seen) = stays(&mut ws, SOON).await
    {
        let allowed = "a WebSocket that names an unknown session refused, or closed";
        return Err(missed(allowed, seen));
    }
    let mut session = probe.come_by_hand(&user, Over::Polling).await?;
    let query = session.query("websocket");
    // Whoever knows an id may come and go, and say whatever is no upgrade.
    for (n, says) in (1..).zip([&[][..], &["40"], &["hello"], &["3probe", "41"]]) {
        session.poll_on();
        if let Ok(mut ws) = probe.websocket(&query).await? {
            for text in says {
                ws.send(text).await.ok();
            }
            match ws.next_within(LATER).await {
                Ok(Heard::Text(text)) => {
                    let allowed = "nothing said to who does not hold the session";
                    return Err(missed(allowed, text));
                }
                Ok(Heard::Binary(bytes)) => {
                    let allowed = "nothing said to who does not hold the session";
                    return Err(missed(allowed, format!("{} bytes", bytes.len())));
                }
                Ok(Heard::Close(_) | Heard::End) | Err(_) => {}
            }
        }
        probe.still_works(&mut session, n).await?;
    }
    Ok(Outcome::Pass)
}
