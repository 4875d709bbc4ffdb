//! JSON values, one and several.

use serde_json::value::RawValue;

use crate::conform::case::{Judged, missed};
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
    let mut trip = probe.trip().await?;
    let message = probe.message(1);
    let came = trip.carry(By::Push, &message).await?;
    let (_, args) = came.event().unwrap_or_default();
    let array = format!("[{args}]");
    let items: Vec<&RawValue> = serde_json::from_str(&array).unwrap_or_default();
    match &items[..] {
        [_] => Ok(Outcome::Info(
            "a push has its own argument alone".to_owned(),
        )),
        [own, offset] if serde_json::from_str::<String>(offset.get()).is_ok() => {
            let mut own_alone = came.clone();
            own_alone.data = format!("[\"\",{own}]");
            exactly("the push's own argument first", &[own_alone], &[message])?;
            Ok(Outcome::Info(format!(
                "a push has the place to recover from as its last argument: {offset}"
            )))
        }
        _ => Err(missed(
            "the push's own argument, and at most a text behind it",
            came.told(),
        )),
    }
}
