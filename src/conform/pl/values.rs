//! JSON values, one and several.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::conform::case::{Capability, Judged, missed};
use crate::conform::driver::{By, exactly};
use crate::conform::probe::Probe;
use crate::summary::conformance::Outcome;

/// PL-01.
pub(super) async fn simple(probe: Probe) -> Judged {
    let ways = probe.carriers()?;
    let mut trip = probe.trip().await?;
    for value in [
        "null", "true", "false", "0", "-1", "1.5", "\"\"", "\"x\"", "{}", "[]",
    ] {
        trip.arrive(&ways, value).await?;
    }
    Ok(Outcome::Pass)
}

/// PL-02.
pub(super) async fn nothing(probe: Probe) -> Judged {
    let mut ways = probe.carriers()?;
    ways.retain(|by| *by != By::Push || probe.pushes_nothing());
    if ways.is_empty() {
        let why =
            "no echo event is named, and the trigger cannot ask for a push without an argument";
        return Ok(Outcome::Skip(why.to_owned()));
    }
    let mut trip = probe.trip().await?;
    for by in ways {
        let came = trip.carry(by, "").await?;
        let (_, args) = came.event().unwrap_or_default();
        if !args.trim().is_empty() {
            let allowed = format!("no argument, by {}", by.name());
            return Err(missed(allowed, came.told()));
        }
    }
    Ok(Outcome::Pass)
}

/// PL-03.
pub(super) async fn several(probe: Probe) -> Judged {
    let mut trip = probe.trip().await?;
    for args in [
        "1,\"two\",{\"three\":3}",
        "1,null",
        "[1],[2,3]",
        "[1,[2]],3",
    ] {
        trip.arrive(&[By::Echo], args).await?;
    }
    // These a push can have as well.
    let ways = probe.carriers()?;
    for one in ["[1,\"two\"]", "[[1],[2]]", "[null]"] {
        trip.arrive(&ways, one).await?;
    }
    Ok(Outcome::Pass)
}

/// PL-20.
pub(super) async fn offset(probe: Probe) -> Judged {
    let allowed = "one more argument behind its own, a text";
    let mut trip = probe.trip().await?;
    let mut offsets = BTreeSet::new();
    let mut n = 0;
    for by in probe.carriers()? {
        for _ in 0..3 {
            n += 1;
            let message = probe.message(n);
            let came = trip.carry(by, &message).await?;
            let what = format!("by {}, as it was sent", by.name());
            exactly(&what, std::slice::from_ref(&came), &[message])?;
            let Some(offset) = &came.offset else {
                return Err(missed(allowed, came.told()));
            };
            if !offsets.insert(offset.clone()) {
                let seen = format!("{offset:?} again, by {}", by.name());
                return Err(missed("another offset for each event", seen));
            }
        }
    }
    if probe.offers(Capability::Echo) {
        let message = probe.message(n + 1);
        trip.socket.emit(Some(1), &trip.echo.ack, &message);
        let ack = trip.socket.ack(1).await?;
        let due: Value = serde_json::from_str(&format!("[{message}]")).unwrap_or_default();
        if ack.value() != due {
            return Err(missed("an ack of its own arguments alone", ack.told()));
        }
    }
    Ok(Outcome::Pass)
}
