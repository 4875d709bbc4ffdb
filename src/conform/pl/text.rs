//! Unicode.

use crate::conform::case::Judged;
use crate::conform::driver::By;
use crate::conform::probe::Probe;
use crate::summary::conformance::Outcome;

/// PL-04.
pub(super) async fn unicode(probe: Probe) -> Judged {
    let ways = probe.carriers()?;
    let mut trip = probe.trip().await?;
    for text in [
        "\"Zoë, Ωmega, Привет, 漢字\"",
        "\"\u{1f600}\u{1f1f7}\u{1f1fa}\u{10ffff}\"",
        "\"cafe\u{301} café\"",
        "\"\u{202e}\u{200f}שלום\u{202c}\"",
        "\"a\u{2028}b\u{2029}c\"",
        "\"\u{feff}x\u{feff}\"",
        r#""\u0000\u0001\u001f\u007f""#,
        r#""\ud83d\ude00 \u00e9 \/ \b\f\n\r\t""#,
    ] {
        trip.arrive(&ways, text).await?;
    }
    Ok(Outcome::Pass)
}

/// PL-05.
pub(super) async fn separator(probe: Probe) -> Judged {
    let ways = probe.carriers()?;
    for over in probe.ways() {
        let mut trip = probe.trip_over(over).await?;
        for text in [r#""a\u001eb""#, r#"{"\u001e4":"\u001e\u001e2"}"#] {
            trip.arrive(&ways, text).await?;
        }
    }
    Ok(Outcome::Pass)
}

/// PL-06.
pub(super) async fn half_a_pair(probe: Probe) -> Judged {
    let mut told = Vec::new();
    for by in probe.carriers()? {
        let mut trip = probe.trip().await?;
        let became = match trip.offer(by, r#""a\ud800b""#).await {
            Ok(None) => "refused".to_owned(),
            Ok(Some(came)) => {
                let (_, args) = came.event().unwrap_or_default();
                match args.to_ascii_lowercase() {
                    kept if kept.contains(r"\ud800") => "kept".to_owned(),
                    _ if args.contains('\u{fffd}') => "replaced".to_owned(),
                    _ => format!("made into {args}"),
                }
            }
            Err(Outcome::Fail(seen)) => format!("not delivered ({})", seen.seen),
            Err(other) => return Err(other),
        };
        let goes_on = match trip.goes_on("half a surrogate pair").await {
            Ok(()) => "the connection goes on",
            Err(_) => "the connection does not go on",
        };
        let by = match by {
            By::Echo => "a client's",
            By::Push => "a publisher's",
        };
        told.push(format!("{by} is {became}; {goes_on}"));
    }
    Ok(Outcome::Info(told.join("; ")))
}
