//! Large numbers.

use serde_json::value::RawValue;

use crate::conform::case::{Judged, missed};
use crate::conform::driver::To;
use crate::conform::probe::Probe;
use crate::conform::probe::packet::Packet;
use crate::summary::conformance::Outcome;

/// Receivers whose numbers are compared.
const SOCKETS: usize = 4;

/// PL-07.
pub(super) async fn large(probe: Probe) -> Judged {
    let (user, _seat) = probe.user().await?;
    let mut sockets = Vec::new();
    for _ in 0..SOCKETS {
        sockets.push(probe.come(&user).await?);
    }
    let mut publisher = probe.publisher();
    let numbers = [
        "9007199254740993",
        "18446744073709551615",
        "123456789012345678901234567890",
        "0.1234567890123456789012345",
        "3.141592653589793238462643383279",
    ];
    for number in numbers {
        let event = probe.event_name();
        publisher.push(To::User(&user), &event, number).await?;
        let mut first: Option<String> = None;
        for socket in &mut sockets {
            let came = socket.event(&event).await?;
            let (_, args) = came.event().unwrap_or_default();
            let args = args.trim();
            let same = args == number
                || as_float(args).is_some_and(|float| Some(float) == as_float(number));
            if !same {
                let allowed = format!("{number}, or the nearest floating-point number");
                return Err(missed(allowed, args));
            }
            let first = first.get_or_insert_with(|| args.to_owned());
            if first != args {
                let allowed = format!("the same {number} at every receiver");
                return Err(missed(
                    allowed,
                    format!("{first} at one and {args} at another"),
                ));
            }
        }
    }
    Ok(Outcome::Pass)
}

fn as_float(text: &str) -> Option<u64> {
    text.parse::<f64>().ok().map(f64::to_bits)
}

/// PL-08.
pub(super) async fn endless(probe: Probe) -> Judged {
    for by in probe.carriers()? {
        let mut trip = probe.trip().await?;
        // Behind it comes what can be told from it.
        let came = match trip.offer(by, "[1e400,-1e400]").await {
            Ok(None) => continue,
            Ok(Some(came)) => came,
            Err(Outcome::Fail(seen)) if seen.seen.contains("nothing within") => {
                let allowed = format!("by {}, something, or a refusal", by.name());
                return Err(missed(allowed, "nothing"));
            }
            // Whoever takes it for no JSON may say so by ending the connection.
            Err(Outcome::Fail(seen)) if is_end(&seen.seen) => continue,
            Err(other) => return Err(other),
        };
        if !is_json(&came) {
            let allowed = format!("by {}, what is JSON", by.name());
            return Err(missed(allowed, came.told()));
        }
    }
    Ok(Outcome::Pass)
}

pub(super) fn is_end(seen: &str) -> bool {
    seen.starts_with("closed") || seen.starts_with("the end of")
}

fn is_json(packet: &Packet) -> bool {
    serde_json::from_str::<&RawValue>(&packet.data).is_ok()
}
