//! Whether session ids can be guessed.

use std::collections::{BTreeSet, HashSet};
use std::time::Duration;

use tokio::task::JoinSet;

use crate::conform::case::{Judged, missed};
use crate::conform::probe::session::{POLLING, open_data, sid_of};
use crate::conform::probe::{Probe, ProbeError};
use crate::summary::conformance::Outcome;

/// Connections that collect ids.
const CONNECTIONS: u32 = 4;
/// Fewer say nothing: each letter of a large alphabet has to have a fair chance to be seen.
const FEWEST: usize = 500;
/// What makes guessing hopeless.
const BITS: f64 = 96.0;
/// Room enough to judge what has been collected before the case is over.
const ENOUGH: Duration = Duration::from_secs(45);

/// HS-15. Every session is closed again, so that a target holds a few at a time.
pub(super) async fn unguessable(probe: Probe) -> Judged {
    let mut tasks = JoinSet::new();
    for n in 0..CONNECTIONS {
        let share = probe.sids / CONNECTIONS + u32::from(n < probe.sids % CONNECTIONS);
        tasks.spawn(collect(probe.clone(), share));
    }
    let mut ids = Vec::new();
    let mut trouble = None;
    while let Some(collected) = tasks.join_next().await {
        let (some, error) = collected.map_err(|error| Outcome::Error(error.to_string()))?;
        ids.extend(some);
        trouble = trouble.or(error);
    }
    if ids.len() < FEWEST {
        let why = trouble.unwrap_or_else(|| "time is up".to_owned());
        return Ok(Outcome::Unknown(format!(
            "only {} session ids were to be had: {why}",
            ids.len()
        )));
    }
    let count = ids.len();
    let distinct: HashSet<_> = ids.iter().collect();
    if distinct.len() < count {
        return Err(missed(
            format!("{count} session ids, all distinct"),
            format!("{} of {count} distinct", distinct.len()),
        ));
    }
    let bits = room(&ids);
    if bits < BITS {
        return Err(missed(
            format!("room for {BITS} bits in what differs between ids"),
            format!(
                "{bits:.0} bits over {count} ids, as {:?}, {:?}",
                ids[0], ids[1]
            ),
        ));
    }
    Ok(Outcome::Pass)
}

/// So many ids, each of a session that is closed at once, or what came in between.
async fn collect(probe: Probe, share: u32) -> (Vec<String>, Option<String>) {
    let mut ids = Vec::new();
    let mut connection = None;
    while ids.len() < share as usize && probe.elapsed() < ENOUGH {
        let line = match connection.take() {
            Some(line) => line,
            None => match probe.connect().await {
                Ok(line) => line,
                Err(error) => return (ids, Some(error.to_string())),
            },
        };
        match one(&probe, line).await {
            Ok((id, kept)) => {
                ids.push(id);
                connection = kept;
            }
            Err(why) => return (ids, Some(why)),
        }
    }
    (ids, None)
}

type Line = crate::conform::probe::Connection;

/// One id, and the connection if it goes on.
async fn one(probe: &Probe, mut line: Line) -> Result<(String, Option<Line>), String> {
    let words = |error: ProbeError| error.to_string();
    let opened = line.ask(&probe.request("GET", POLLING)).await;
    let opened = opened.map_err(words)?;
    let id = open_data(&opened).and_then(|data| sid_of(&data));
    let id = id.ok_or_else(|| opened.to_string())?;
    if !opened.goes_on() {
        return Ok((id, None));
    }
    let sid = crate::client::http::query_value(&id);
    let close = probe
        .request("POST", &format!("{POLLING}&sid={sid}"))
        .text("1");
    // How the target takes it is nothing to this case.
    let closed = line.ask(&close).await;
    Ok((
        id,
        closed.is_ok_and(|answer| answer.goes_on()).then_some(line),
    ))
}

/// The bits that ids of this kind have room for: at each place, as many letters as were seen there.
fn room(ids: &[String]) -> f64 {
    let length = ids.iter().map(String::len).min().unwrap_or(0);
    let letters = |place: usize| {
        let seen: BTreeSet<u8> = ids.iter().map(|id| id.as_bytes()[place]).collect();
        seen.len()
    };
    (0..length)
        .map(|place| (letters(place) as f64).log2())
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(make: impl Fn(u64) -> String) -> f64 {
        let ids: Vec<_> = (0..1000).map(make).collect();
        room(&ids)
    }

    /// Scatters a number over 64 bits.
    fn scattered(n: u64) -> u64 {
        let n = (n + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        (n ^ n >> 29).wrapping_mul(0xbf58_476d_1ce4_e5b9)
    }

    #[test]
    fn counters_and_what_stays_the_same_have_no_room() {
        assert!(of(|n| format!("{n:032x}")) < 13.0);
        assert!(of(|n| format!("session-of-this-very-server-{n}")) < 13.0);
        let half = of(|n| format!("{:016x}{:016x}", 7, scattered(n)));
        assert!((60.0..=64.0).contains(&half), "{half}");
        let whole = of(|n| format!("{:016x}{:016x}", scattered(n), scattered(n + 5000)));
        assert!(whole > 125.0, "{whole}");
    }
}
