//! How many bytes a payload has at least.

use std::borrow::Cow;
use std::fmt;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, MapAccess, SeqAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::scenario::draws::unit;

/// The largest payload there can be, in bytes: 1 MiB.
pub const LARGEST: u32 = 1 << 20;
/// Most points of a table.
const MOST_POINTS: usize = 100;
/// Tells the draws of sizes from all others.
const DRAW: u64 = 0x7369_7a65;

/// Bytes that a payload has at least: `200`, `{ min = 100, max = 5000 }`, `{ median = 900, sigma = 1.2, max = 100000 }` or
/// `[[50, 200], [99, 4000], [100, 100000]]`.
#[derive(Debug, Clone, PartialEq)]
pub enum Size {
    /// Always so many.
    Fixed(u32),
    /// Any number from one to another, as often.
    Uniform(u32, u32),
    /// Lognormal: the median, the standard deviation of the logarithm, and the most there can be.
    LogNormal(u32, f64, u32),
    /// Percentiles, each with the size that so many per cent of the payloads do not exceed; linear between two.
    Table(Vec<(f64, u32)>),
}

impl Default for Size {
    fn default() -> Self {
        Self::Fixed(0)
    }
}

impl Size {
    /// The size that these bits stand for.
    pub fn draw(&self, bits: u64) -> u32 {
        let rng = || ChaCha8Rng::seed_from_u64(bits ^ DRAW);
        match self {
            Self::Fixed(size) => *size,
            Self::Uniform(min, max) => {
                let span = f64::from(max - min) + 1.0;
                min + ((unit(&mut rng()) * span) as u32).min(max - min)
            }
            Self::LogNormal(median, sigma, max) => {
                let mut rng = rng();
                // Box and Muller; the first is never zero.
                let (one, two) = (1.0 - unit(&mut rng), unit(&mut rng));
                let normal = (-2.0 * one.ln()).sqrt() * (core::f64::consts::TAU * two).cos();
                ((f64::from(*median) * (sigma * normal).exp()) as u32).min(*max)
            }
            Self::Table(points) => {
                let at = unit(&mut rng()) * 100.0;
                let next = points.partition_point(|(percent, _)| *percent <= at);
                let last = points.len().saturating_sub(1);
                let (percent, size) = points[next.min(last)];
                let Some((before, smaller)) = next.checked_sub(1).map(|n| points[n]) else {
                    return size;
                };
                let part = ((at - before) / (percent - before).max(f64::MIN_POSITIVE)).min(1.0);
                smaller + (f64::from(size - smaller) * part) as u32
            }
        }
    }

    /// The most that is ever drawn.
    pub fn most(&self) -> u32 {
        match self {
            Self::Fixed(size) => *size,
            Self::Uniform(_, max) | Self::LogNormal(_, _, max) => *max,
            Self::Table(points) => points.last().map_or(0, |(_, size)| *size),
        }
    }

    /// What is wrong with it where payloads have at most so many bytes; `None`: nothing.
    pub fn wrong(&self, most: u32) -> Option<String> {
        let told = match self {
            Self::Uniform(min, max) if min > max => {
                format!("the smallest size ({min}) is above the largest ({max})")
            }
            Self::LogNormal(median, sigma, max) => {
                if *median == 0 || median > max {
                    format!("a median of {median} bytes; write one from 1 to the largest ({max})")
                } else if !(0.0..=10.0).contains(sigma) {
                    format!("a sigma of {sigma}; write a number from 0 to 10")
                } else {
                    String::new()
                }
            }
            Self::Table(points) => {
                let rises = points
                    .windows(2)
                    .all(|two| two[0].0 < two[1].0 && two[0].1 <= two[1].1);
                let begins = points.first().is_some_and(|(percent, _)| *percent >= 0.0);
                let ends = points
                    .last()
                    .is_some_and(|(percent, _)| (*percent - 100.0).abs() < f64::EPSILON);
                if points.len() > MOST_POINTS {
                    format!("at most {MOST_POINTS} percentiles")
                } else if !(rises && begins && ends) {
                    "percentiles and sizes have to rise, up to 100, as [[50, 200], [99, 4000], [100, 60000]]".to_owned()
                } else {
                    String::new()
                }
            }
            Self::Fixed(_) | Self::Uniform(..) => String::new(),
        };
        if !told.is_empty() {
            return Some(told);
        }
        let size = self.most();
        (size > most)
            .then(|| format!("{size} bytes are more than a push carries; ask for at most {most}"))
    }
}

impl From<u32> for Size {
    fn from(size: u32) -> Self {
        Self::Fixed(size)
    }
}

impl Serialize for Size {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Fixed(size) => to.serialize_u32(*size),
            Self::Uniform(min, max) => {
                let mut map = to.serialize_map(Some(2))?;
                map.serialize_entry("min", min)?;
                map.serialize_entry("max", max)?;
                map.end()
            }
            Self::LogNormal(median, sigma, max) => {
                let mut map = to.serialize_map(Some(3))?;
                map.serialize_entry("median", median)?;
                map.serialize_entry("sigma", sigma)?;
                map.serialize_entry("max", max)?;
                map.end()
            }
            Self::Table(points) => points.serialize(to),
        }
    }
}

impl<'de> Deserialize<'de> for Size {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(SizeVisitor)
    }
}

struct SizeVisitor;

const FIELDS: [&str; 4] = ["min", "max", "median", "sigma"];

impl<'de> Visitor<'de> for SizeVisitor {
    type Value = Size;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number of bytes, { min, max }, { median, sigma } or a table of percentiles")
    }

    fn visit_u64<E: de::Error>(self, size: u64) -> Result<Size, E> {
        let size = u32::try_from(size);
        size.map(Size::Fixed).map_err(|_| {
            de::Error::invalid_value(de::Unexpected::Other("so large a number"), &self)
        })
    }

    fn visit_i64<E: de::Error>(self, size: i64) -> Result<Size, E> {
        match u64::try_from(size) {
            Ok(size) => self.visit_u64(size),
            Err(_) => Err(de::Error::invalid_value(
                de::Unexpected::Signed(size),
                &self,
            )),
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Size, A::Error> {
        let mut points = Vec::new();
        while let Some(point) = seq.next_element()? {
            points.push(point);
        }
        Ok(Size::Table(points))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Size, A::Error> {
        let (mut min, mut max, mut median, mut sigma) = (None, None, None, None);
        while let Some(key) = map.next_key::<Cow<'_, str>>()? {
            match key.as_ref() {
                "min" => min = Some(map.next_value::<u32>()?),
                "max" => max = Some(map.next_value::<u32>()?),
                "median" => median = Some(map.next_value::<u32>()?),
                "sigma" => sigma = Some(map.next_value::<f64>()?),
                other => return Err(de::Error::unknown_field(other, &FIELDS)),
            }
        }
        match (min, max, median, sigma) {
            (min, Some(max), None, None) => Ok(Size::Uniform(min.unwrap_or(0), max)),
            (None, max, Some(median), sigma) => Ok(Size::LogNormal(
                median,
                sigma.unwrap_or(1.0),
                max.unwrap_or(LARGEST),
            )),
            _ => Err(de::Error::custom(
                "a size has `max`, or `min` and `max`, or `median` with `sigma` and `max`",
            )),
        }
    }
}

impl JsonSchema for Size {
    fn schema_name() -> Cow<'static, str> {
        "Size".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let bytes = json_schema!({ "type": "integer", "minimum": 0, "maximum": LARGEST });
        json_schema!({
            "description": "Bytes: a number, a range, a lognormal distribution, or a table of percentiles.",
            "anyOf": [
                bytes,
                {
                    "type": "object",
                    "properties": { "min": bytes, "max": bytes },
                    "required": ["max"],
                    "additionalProperties": false
                },
                {
                    "type": "object",
                    "properties": {
                        "median": bytes,
                        "sigma": { "type": "number", "minimum": 0, "maximum": 10, "default": 1.0 },
                        "max": bytes
                    },
                    "required": ["median"],
                    "additionalProperties": false
                },
                {
                    "type": "array",
                    "items": { "type": "array", "prefixItems": [{ "type": "number" }, bytes], "minItems": 2, "maxItems": 2 }
                }
            ]
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(size: &Size) -> Vec<u32> {
        let mut all: Vec<_> = (0..20_000).map(|bits| size.draw(bits * 7_919)).collect();
        all.sort_unstable();
        all
    }

    fn near(one: u32, other: u32) {
        let off = f64::from(one) / f64::from(other) - 1.0;
        assert!(off.abs() < 0.06, "{one} for {other}");
    }

    #[test]
    fn sizes_are_distributed_as_asked_for() {
        let uniform = drawn(&Size::Uniform(1_000, 5_000));
        assert!(uniform[0] >= 1_000 && uniform[19_999] <= 5_000);
        near(uniform[5_000], 2_000);
        near(uniform[15_000], 4_000);
        let skewed = drawn(&Size::LogNormal(1_000, 1.0, 1 << 20));
        near(skewed[10_000], 1_000);
        // One standard deviation up: 84.1 % are below.
        near(skewed[16_826], 2_718);
        let capped = drawn(&Size::LogNormal(1_000, 3.0, 2_000));
        assert_eq!(capped[19_999], 2_000);
        let table = drawn(&Size::Table(vec![
            (50.0, 200),
            (90.0, 4_000),
            (100.0, 60_000),
        ]));
        assert_eq!((table[0], table[9_000]), (200, 200));
        near(table[18_000], 4_000);
        near(table[19_000], 32_000);
        assert!(table[19_999] <= 60_000);
    }
}
