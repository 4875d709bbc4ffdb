//! JSON as a client may write it.

use std::time::Duration;

use super::numbers::is_end;
use crate::conform::case::{Judged, missed};
use crate::conform::driver::{By, exactly};
use crate::conform::probe::Probe;
use crate::summary::conformance::Outcome;

/// How long an answer to what may be refused is waited for.
const ANSWER: Duration = Duration::from_secs(2);

/// How long what is not to come is waited for.
const LATER: Duration = Duration::from_millis(100);

/// PL-18.
pub(super) async fn white_space(probe: Probe) -> Judged {
    let mut told = None;
    for (before, inside) in [("", " "), ("", "\n\t"), ("", "\r"), (" ", "")] {
        let mut trip = probe.trip().await?;
        let event = serde_json::Value::from(trip.echo.event.as_str());
        let packet = format!(
            "42{before}[{inside}{event}{inside},{inside}{{{inside}\"a\"{inside}:{inside}1{inside}}}{inside}]"
        );
        trip.socket.send(&packet);
        let back = trip.echo.back.clone();
        let came = match trip.socket.event(&back).await {
            Ok(came) => exactly("{\"a\":1}", &[came], &["{\"a\":1}".to_owned()]),
            Err(outcome) => Err(outcome),
        };
        // Some take a space for an ack id, and answer that.
        let came = match came {
            Ok(()) => trip.socket.quiet(LATER).await,
            Err(outcome) => Err(outcome),
        };
        if let Err(outcome) = came {
            let Outcome::Fail(seen) = outcome else {
                return Err(outcome);
            };
            let which = format!("an echo of {packet:?}, and nothing else");
            told.get_or_insert(missed(which, seen.seen));
        }
    }
    told.map_or(Ok(Outcome::Pass), Err)
}

fn nested(depth: usize) -> String {
    format!("{}{}", "[".repeat(depth), "]".repeat(depth))
}

/// PL-19.
pub(super) async fn deep(probe: Probe) -> Judged {
    for by in probe.carriers()? {
        let mut trip = probe.trip().await?;
        let flat = nested(100);
        let came = trip.carry(by, &flat).await?;
        let (_, args) = came.event().unwrap_or_default();
        if args != flat {
            return Err(missed(
                format!("100 arrays in each other, by {}", by.name()),
                args,
            ));
        }
        let deep = nested(2_000);
        match by {
            By::Push => match trip.offer(by, &deep).await {
                Ok(_) => {}
                Err(Outcome::Fail(seen)) if is_end(&seen.seen) => {}
                Err(other) => return Err(other),
            },
            By::Echo => {
                trip.socket.emit(None, &trip.echo.event, &deep);
                let came = trip.socket.next_within(ANSWER).await;
                if came.is_none() {
                    let allowed = "2,000 arrays in each other sent back, or an answer that says no";
                    return Err(missed(allowed, format!("nothing within {ANSWER:?}")));
                }
            }
        }
    }
    Ok(Outcome::Pass)
}
