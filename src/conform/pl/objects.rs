//! The keys of objects.

use std::fmt;

use serde::Deserialize;
use serde::de::{IgnoredAny, MapAccess, Visitor};

use crate::conform::case::{Judged, missed};
use crate::conform::driver::exactly;
use crate::conform::probe::Probe;
use crate::protocol::binary::ONLY_PLACEHOLDER;
use crate::summary::conformance::Outcome;

/// The keys of an object, in the order of the text.
struct Keys(Vec<String>);

impl<'de> Deserialize<'de> for Keys {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Reading;
        impl<'de> Visitor<'de> for Reading {
            type Value = Keys;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Keys, A::Error> {
                let mut keys = Vec::new();
                while let Some((key, IgnoredAny)) = map.next_entry()? {
                    keys.push(key);
                }
                Ok(Keys(keys))
            }
        }
        from.deserialize_map(Reading)
    }
}

/// PL-09.
pub(super) async fn order(probe: Probe) -> Judged {
    let sent = r#"{"zebra":1,"apple":2,"Mango":3,"_b":4,"é":5,"apple2":6,"":7}"#;
    let due = ["zebra", "apple", "Mango", "_b", "é", "apple2", ""];
    let mut trip = probe.trip().await?;
    for by in probe.carriers()? {
        let came = trip.carry(by, sent).await?;
        let (_, args) = came.event().unwrap_or_default();
        let keys = serde_json::from_str::<Keys>(args);
        if !keys.is_ok_and(|keys| keys.0 == due) {
            let allowed = format!("by {}, the keys in their order: {sent}", by.name());
            return Err(missed(allowed, args));
        }
    }
    Ok(Outcome::Pass)
}

/// PL-10.
pub(super) async fn prototypes(probe: Probe) -> Judged {
    let ways = probe.carriers()?;
    let mut trip = probe.trip().await?;
    for object in [
        r#"{"__proto__":{"polluted":true},"x":1}"#,
        r#"{"constructor":{"prototype":{"polluted":true}}}"#,
        r#"{"prototype":{"polluted":true},"toJSON":"x","toString":"y"}"#,
        r#"[{"__proto__":[1]},{"toJSON":null},{"hasOwnProperty":1}]"#,
    ] {
        trip.arrive(&ways, object).await?;
    }
    drop(trip);
    // And nothing else has any of it.
    let clean = probe.trip().await;
    let mut clean = match clean {
        Err(Outcome::Fail(seen)) => {
            return Err(missed("a target that still lets users in", seen.seen));
        }
        clean => clean?,
    };
    for by in ways {
        let came = clean.carry(by, "{}").await?;
        exactly("an object without keys", &[came], &["{}".to_owned()])?;
    }
    Ok(Outcome::Pass)
}

/// PL-11.
pub(super) async fn no_placeholder(probe: Probe) -> Judged {
    let ways = probe.carriers()?;
    let mut trip = probe.trip().await?;
    for object in [
        ONLY_PLACEHOLDER.to_owned(),
        format!("{{\"in\":[{ONLY_PLACEHOLDER}]}}"),
        r#"{"_placeholder":true,"num":7}"#.to_owned(),
    ] {
        trip.arrive(&ways, &object).await?;
    }
    Ok(Outcome::Pass)
}
