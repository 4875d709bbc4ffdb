//! Event names, and how often each is pushed.

use std::borrow::Cow;
use std::fmt;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::problems::Problems;
use super::workload::below;
use crate::ids::EventId;
use crate::protocol::socket::RESERVED_EVENTS;

/// Far more than tells a frequent event from a rare one; a thousand names of this weight have a sum that fits 32 bits.
const MOST_WEIGHT: u32 = 1_000_000;
const MOST_NAMES: usize = 1_000;
const FIELDS: [&str; 2] = ["name", "weight"];

/// An event name with its weight, written `"alert"` or `{ name = "alert", weight = 3 }`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The name, character for character.
    pub name: String,
    /// It is drawn so many times as often as a name of weight 1.
    pub weight: u32,
}

impl<T: Into<String>> From<T> for Event {
    fn from(name: T) -> Self {
        Self {
            name: name.into(),
            weight: 1,
        }
    }
}

impl Serialize for Event {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        if self.weight == 1 {
            return to.serialize_str(&self.name);
        }
        let mut map = to.serialize_map(Some(2))?;
        map.serialize_entry("name", &self.name)?;
        map.serialize_entry("weight", &self.weight)?;
        map.end()
    }
}

impl<'de> Deserialize<'de> for Event {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(EventVisitor)
    }
}

struct EventVisitor;

impl<'de> Visitor<'de> for EventVisitor {
    type Value = Event;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(r#"an event name, as "alert" or { name = "alert", weight = 3 }"#)
    }

    fn visit_str<E: de::Error>(self, name: &str) -> Result<Event, E> {
        Ok(Event::from(name))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Event, A::Error> {
        let (mut name, mut weight) = (None, None);
        while let Some(key) = map.next_key::<Cow<'_, str>>()? {
            match key.as_ref() {
                "name" if name.is_some() => return Err(de::Error::duplicate_field("name")),
                "name" => name = Some(map.next_value()?),
                "weight" if weight.is_some() => return Err(de::Error::duplicate_field("weight")),
                "weight" => weight = Some(map.next_value::<Weight>()?.0),
                other => return Err(de::Error::unknown_field(other, &FIELDS)),
            }
        }
        Ok(Event {
            name: name.ok_or_else(|| de::Error::missing_field("name"))?,
            weight: weight.unwrap_or(1),
        })
    }
}

struct Weight(u32);

impl<'de> Deserialize<'de> for Weight {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(WeightVisitor)
    }
}

struct WeightVisitor;

impl Visitor<'_> for WeightVisitor {
    type Value = Weight;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a weight, a whole number from 1 to {MOST_WEIGHT}")
    }

    fn visit_u64<E: de::Error>(self, weight: u64) -> Result<Weight, E> {
        u32::try_from(weight)
            .ok()
            .filter(|weight| (1..=MOST_WEIGHT).contains(weight))
            .map(Weight)
            .ok_or_else(|| de::Error::invalid_value(de::Unexpected::Unsigned(weight), &self))
    }

    fn visit_i64<E: de::Error>(self, weight: i64) -> Result<Weight, E> {
        match u64::try_from(weight) {
            Ok(weight) => self.visit_u64(weight),
            Err(_) => Err(de::Error::invalid_value(
                de::Unexpected::Signed(weight),
                &self,
            )),
        }
    }
}

impl JsonSchema for Event {
    fn schema_name() -> Cow<'static, str> {
        "Event".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "An event name: a text, or an object with its weight.",
            "anyOf": [
                { "type": "string" },
                {
                    "type": "object",
                    "properties": {
                        "name": { "type": "string", "description": "The name, character for character." },
                        "weight": {
                            "type": "integer", "minimum": 1, "maximum": MOST_WEIGHT, "default": 1,
                            "description": "It is drawn so many times as often as a name of weight 1."
                        }
                    },
                    "required": ["name"],
                    "additionalProperties": false
                }
            ]
        })
    }
}

impl Problems {
    /// Checks the event names of a plan.
    pub(super) fn events(&mut self, events: &[String]) {
        const KEY: &str = "pushes.events";
        self.check(!events.is_empty(), KEY, || {
            "name at least one event".to_owned()
        });
        self.check(events.len() <= MOST_NAMES, KEY, || {
            format!("at most {MOST_NAMES} event names")
        });
        for (i, event) in events.iter().enumerate() {
            self.check(!event.is_empty(), KEY, || {
                "an event name is empty".to_owned()
            });
            self.check(!RESERVED_EVENTS.contains(&event.as_str()), KEY, || {
                format!(
                    "{event:?} is reserved by Socket.IO and cannot be pushed; choose another name"
                )
            });
            self.check(!events[..i].contains(event), KEY, || {
                format!("{event:?} is named twice; give it a weight instead, as {{ name = {event:?}, weight = 2 }}")
            });
        }
    }
}

/// Draws event names by their weights.
#[derive(Debug, Clone)]
pub(super) struct Events {
    /// The sums of the weights up to each name; empty if all are as likely.
    sums: Vec<u32>,
    names: u32,
}

impl Events {
    pub(super) fn new(weights: &[u32]) -> Self {
        let alike = weights.windows(2).all(|pair| pair[0] == pair[1]);
        let sums = weights.iter().scan(0, |sum, weight| {
            *sum += weight;
            Some(*sum)
        });
        Self {
            sums: if alike { Vec::new() } else { sums.collect() },
            names: weights.len() as u32,
        }
    }

    pub(super) fn draw(&self, rng: &mut ChaCha8Rng) -> EventId {
        EventId(match self.sums.last() {
            None => below(rng, self.names),
            Some(all) => {
                let drawn = ((u128::from(rng.next_u64()) * u128::from(*all)) >> 64) as u32;
                self.sums.partition_point(|sum| *sum <= drawn) as u32
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use rand_chacha::rand_core::SeedableRng;

    use super::*;
    use crate::scenario::file::File;
    use crate::scenario::{Plan, left_out};

    fn plan(events: &str) -> Result<Plan, String> {
        let file = File::parse(&format!("[pushes]\nevents = {events}\n"));
        let file = file.map_err(|error| error.to_string())?;
        Plan::from_file(&file, 5).map_err(|problems| format!("{problems:?}"))
    }

    #[test]
    fn names_come_with_weights_or_without() {
        let plan =
            plan(r#"[{ name = "alert", weight = 3 }, { name = "оповещение 🔔" }, "message"]"#);
        let plan = plan.unwrap();
        assert_eq!(plan.events, ["alert", "оповещение 🔔", "message"]);
        assert_eq!(plan.weights, [3, 1, 1]);
        let written = serde_json::to_value(File::from(&plan)).unwrap();
        assert_eq!(
            written["pushes"]["events"].to_string(),
            r#"[{"name":"alert","weight":3},"оповещение 🔔","message"]"#
        );
        let read: Plan = serde_json::from_value(written).unwrap();
        assert_eq!(read, plan);
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        for (events, says) in [
            (
                "[{ name = \"a\", wieght = 3 }]",
                "unknown field `wieght`, expected `name` or `weight`",
            ),
            ("[{ weight = 3 }]", "missing field `name`"),
            ("[{ name = \"a\", weight = 0 }]", "from 1 to 1000000"),
            ("[{ name = \"a\", weight = -2 }]", "from 1 to 1000000"),
            ("[{ name = \"a\", weight = 1.5 }]", "a whole number"),
            (
                "[{ name = \"a\", weight = 99999999999 }]",
                "from 1 to 1000000",
            ),
            ("[{ name = \"a\", weight = \"3\" }]", "a whole number"),
            ("[{ name = 5 }]", "expected a string"),
            ("[\"a\", 5]", "an event name, as \"alert\" or { name"),
            ("[[\"a\"]]", "an event name, as \"alert\" or { name"),
        ] {
            let error = plan(events).unwrap_err();
            assert!(error.contains(says), "{events}: {error}");
            assert!(error.contains("line 2"), "{events}: {error}");
        }
        for (events, says) in [
            ("[\"a\", { name = \"a\", weight = 2 }]", "is named twice"),
            ("[{ name = \"connect\", weight = 2 }]", "is reserved"),
            ("[]", "at least one event"),
        ] {
            let error = plan(events).unwrap_err();
            assert!(error.contains(says), "{events}: {error}");
            assert!(error.contains("pushes.events"), "{events}: {error}");
        }
    }

    #[test]
    fn names_are_drawn_by_their_weights() {
        let events = Events::new(&[3, 1, 6]);
        let mut rng = ChaCha8Rng::seed_from_u64(4);
        let mut drawn = [0_u32; 3];
        for _ in 0..100_000 {
            drawn[events.draw(&mut rng).index()] += 1;
        }
        for (drawn, share) in drawn.into_iter().zip([0.3, 0.1, 0.6]) {
            let off = f64::from(drawn) / 1e5 - share;
            assert!(off.abs() < 0.01, "{share}: {drawn}");
        }
    }

    #[test]
    fn a_rare_name_that_is_never_drawn_is_left_out() {
        let rare = plan(r#"[{ name = "often", weight = 1000000 }, "never"]"#).unwrap();
        assert_eq!(left_out(&rare), ["event \"never\""]);
    }
}
