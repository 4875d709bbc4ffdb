//! Small payloads and large ones, and those that are too large.

use std::time::Duration;

use crate::conform::case::{Judged, missed};
use crate::conform::driver::{By, To};
use crate::conform::probe::Probe;
use crate::history;
use crate::summary::conformance::Outcome;

/// Most bytes that the suite sends at once, whatever the target takes.
const MOST: u64 = 2_000_000;
/// Room for the name of the event and what else stands around its argument.
const AROUND: u64 = 256;
/// How long what was accepted may take to arrive.
const ARRIVES: Duration = Duration::from_secs(5);

/// Text that tells where something is missing in it.
fn text(bytes: usize) -> String {
    let mut text = String::with_capacity(bytes + 24);
    text.push('"');
    while text.len() < bytes + 1 {
        text.extend([text.len().to_string().as_str(), "."]);
    }
    text.truncate(bytes + 1);
    text.push('"');
    text
}

/// PL-12.
pub(super) async fn whole(probe: Probe) -> Judged {
    let ways = probe.carriers()?;
    for over in probe.ways() {
        let limit = probe.session(over).await?.max_payload.min(MOST);
        // Beside the argument there are the event's name and some signs.
        let most = usize::try_from(limit - AROUND.min(limit)).unwrap_or_default();
        let mut trip = probe.trip_over(over).await?;
        for bytes in [0, 1, 125, 126, 127, 65_535, 65_536, 100_000, most] {
            if bytes > most {
                continue;
            }
            let sent = text(bytes);
            for by in &ways {
                let came = trip.carry(*by, &sent).await?;
                let (_, args) = came.event().unwrap_or_default();
                let equal = args == sent
                    || serde_json::from_str::<String>(args)
                        .is_ok_and(|text| text == sent[1..sent.len() - 1]);
                if !equal {
                    let how = format!("by {} over {}", by.name(), over.name());
                    let seen = format!("{} bytes: {}", args.len(), came.told());
                    return Err(missed(format!("{bytes} bytes of text, {how}"), seen));
                }
            }
        }
    }
    Ok(Outcome::Pass)
}

/// PL-13.
pub(super) async fn too_large(probe: Probe) -> Judged {
    let limit = probe.session(probe.usual_way()).await?.max_payload;
    if limit > MOST {
        let why = format!("the target takes {limit} bytes at once, more than the suite sends");
        return Ok(Outcome::Skip(why));
    }
    let limit = usize::try_from(limit).unwrap_or_default();
    let mut trip = probe.trip().await?;
    let event = format!("{}-large", probe.event_name());
    let sent = text(limit + 1_000);
    let asked = trip
        .publisher
        .ask(To::User(&trip.user), &event, &sent)
        .await;
    if asked.outcome == history::Outcome::Accepted {
        let is = |packet: &crate::conform::probe::packet::Packet| {
            packet.event().is_some_and(|(name, _)| name == event)
        };
        let what = "a refusal of the push, or all of it";
        let came = trip.socket.until_within(ARRIVES, what, is).await?;
        let args = came.last().and_then(|packet| Some(packet.event()?.1.len()));
        if args != Some(sent.len()) {
            return Err(missed(what, format!("{args:?} bytes of it")));
        }
    }
    let message = probe.message(1);
    let next = trip.carry(By::Push, &message).await;
    match next {
        Ok(_) => Ok(Outcome::Pass),
        Err(Outcome::Fail(seen)) => Err(missed(
            "the next push at the same socket, after one that is too large",
            seen.seen,
        )),
        Err(other) => Err(other),
    }
}

#[cfg(test)]
mod tests {
    use super::text;

    #[test]
    fn a_text_has_the_length_that_it_was_asked_for() {
        for bytes in [0, 1, 125, 65_536] {
            assert_eq!(text(bytes).len(), bytes + 2);
            let read: String = serde_json::from_str(&text(bytes)).unwrap();
            assert_eq!(read.len(), bytes);
        }
    }
}
