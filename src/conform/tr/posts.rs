//! POSTs: two at once, bodies that are none, and many packets in one.

use std::time::Duration;

use crate::conform::case::{Judged, missed};
use crate::conform::driver::{event, number};
use crate::conform::probe::link::{Over, Session};
use crate::conform::probe::socket::Came;
use crate::conform::probe::{PATIENCE, Probe, ProbeError};
use crate::protocol::engine::SEPARATOR;
use crate::summary::conformance::Outcome;

/// Long enough for a request to have arrived.
const SHORTLY: Duration = Duration::from_millis(150);
/// How long it may take until a session is gone that came to its end.
const SOON: Duration = Duration::from_secs(1);

/// TR-03.
pub(super) async fn two_at_once(probe: Probe) -> Judged {
    let (user, _seat) = probe.user().await?;
    let mut session = probe.come_by_hand(&user, Over::Polling).await?;
    let polling = session.requests();
    let own = session.probe().clone();
    let request = own
        .request("POST", &polling.query())
        .text(&body(&probe, 1..=2));
    let mut first = own.connect().await?;
    let bytes = first.bytes(&request);
    // One packet with what separates it from the next, which is to come later.
    let separator = bytes.iter().position(|byte| *byte == SEPARATOR as u8);
    let cut = separator.map_or(bytes.len(), |at| at + 1);
    first.note("→", "POST, the first of two packets");
    first.write(&bytes[..cut]).await.ok();
    tokio::time::sleep(SHORTLY).await;
    let second = polling.post(&polling.query(), &body(&probe, 3..=4)).await?;
    first.note("→", "the second packet");
    first.write(&bytes[cut..]).await.ok();
    if second.status >= 400 {
        return Ok(Outcome::Pass);
    }
    let first = first.answer_within(PATIENCE).await?;
    let orders: [&[u64]; 2] = if first.status == 200 {
        [&[1, 2, 3, 4], &[3, 4, 1, 2]]
    } else {
        [&[3, 4], &[3, 4]]
    };
    let came = echoed(&probe, &mut session, orders[0].len()).await?;
    if orders.contains(&came.as_slice()) {
        return Ok(Outcome::Pass);
    }
    Err(missed(
        "the second of two POSTs at once refused, or all of one handled before the other (1, 2 and 3, 4)",
        format!("both accepted, and echoed in the order {came:?}"),
    ))
}

/// The echo events of these numbers, as a body.
fn body(probe: &Probe, numbers: impl Iterator<Item = u64>) -> String {
    let name = probe.echo().event;
    let events: Vec<_> = numbers.map(|n| event(&name, &probe.message(n))).collect();
    events.join(&SEPARATOR.to_string())
}

/// The numbers of so many echoes, in the order they come.
pub(super) async fn echoed(
    probe: &Probe,
    session: &mut Session,
    count: usize,
) -> Result<Vec<u64>, Outcome> {
    let mut came = Vec::new();
    while came.len() < count {
        match probe.own_within(session, PATIENCE).await {
            Ok(Came::Packet(packet)) => came.extend(number(&packet)),
            other => {
                let seen = other.map_or_else(|error| error.to_string(), |came| came.told());
                return Err(missed(
                    format!("{count} echoes"),
                    format!("{} of them ({came:?}), and then: {seen}", came.len()),
                ));
            }
        }
    }
    Ok(came)
}

/// TR-08.
pub(super) async fn bad_base64(probe: Probe) -> Judged {
    for body in ["b!!!!", "bAQ*D"] {
        let polling = probe.polling().await?;
        let answer = polling.post(&polling.query(), body).await?;
        if !polling.is_over_within(SOON).await? {
            return Err(missed(
                format!("no session any more within {SOON:?} of {body}, which is no base64"),
                format!("{answer}, and a session that takes packets"),
            ));
        }
    }
    Ok(Outcome::Pass)
}

/// TR-09.
pub(super) async fn octets(probe: Probe) -> Judged {
    const LATEST: Duration = Duration::from_secs(3);
    let allowed = "HTTP 400, and all of it";
    let polling = probe.polling().await?;
    let mut request = probe
        .request("POST", &polling.query())
        .header("Content-Type", "application/octet-stream");
    request.body = b"3".to_vec();
    match probe.connect().await?.ask_within(&request, LATEST).await {
        Ok(answer) if (400..500).contains(&answer.status) && !answer.cut => Ok(Outcome::Pass),
        Ok(answer) => Err(missed(allowed, answer.to_string())),
        Err(error @ ProbeError::Connect(_)) => Err(error.into()),
        Err(error) => Err(missed(allowed, error.to_string())),
    }
}

/// TR-20.
pub(super) async fn many_packets(probe: Probe) -> Judged {
    /// What has to be taken, and what may be refused.
    const FEW: u64 = 16;
    const MANY: u64 = 50;
    let (user, _seat) = probe.user().await?;
    let mut session = probe.come_by_hand(&user, Over::Polling).await?;
    let polling = session.requests();
    for count in [FEW, MANY] {
        let answer = polling
            .post(&polling.query(), &body(&probe, 1..=count))
            .await?;
        if answer.status >= 400 && count == MANY {
            return Ok(Outcome::Pass);
        }
        if answer.status != 200 {
            let allowed = format!("HTTP 200 to a POST of {count} packets");
            return Err(missed(allowed, answer.to_string()));
        }
        let came = echoed(&probe, &mut session, count as usize).await?;
        if !came.iter().copied().eq(1..=count) {
            let allowed = format!("the {count} echoes of one POST, in order");
            return Err(missed(allowed, format!("{came:?}")));
        }
    }
    Ok(Outcome::Pass)
}
