//! Durations and rates with units, as people write them: `30s`, `250ms`, `1m30s`, `500/s`, `30/m`.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// A span of time written with units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span(pub Duration);

/// A rate written with its unit of time; kept as times a second.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Rate(pub f64);

/// The longest span anything here may take: a month. Keeps arithmetic with times far from its limits.
const LONGEST: Duration = Duration::from_secs(31 * 24 * 3600);
/// The highest rate: more than one machine can ask for by orders of magnitude.
const FASTEST: f64 = 1e7;

/// Why a text is no span or rate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnitError {
    /// Not of the form.
    #[error("{text:?} is not a duration; write a number with a unit, as 30s, 250ms or 1m30s")]
    Span {
        /// What was written.
        text: String,
    },
    /// A number alone.
    #[error("{text:?} has no unit; write {text}s for seconds or {text}ms for milliseconds")]
    NoUnit {
        /// What was written.
        text: String,
    },
    /// Not of the form.
    #[error("{text:?} is not a rate; write a number and a unit of time, as 500/s or 30/m")]
    Rate {
        /// What was written.
        text: String,
    },
    /// Out of bounds.
    #[error("{text:?} is too large; the most is {most}")]
    TooLarge {
        /// What was written.
        text: String,
        /// The bound.
        most: &'static str,
    },
}

impl FromStr for Span {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        let wrong = || UnitError::Span {
            text: text.to_owned(),
        };
        let trimmed = text.trim();
        if !trimmed.is_empty() && trimmed.bytes().all(|b| b.is_ascii_digit()) && trimmed != "0" {
            return Err(UnitError::NoUnit {
                text: trimmed.to_owned(),
            });
        }
        if trimmed == "0" {
            return Ok(Self(Duration::ZERO));
        }
        let mut rest = trimmed;
        let mut sum = Duration::ZERO;
        while !rest.is_empty() {
            let digits = rest
                .find(|c: char| !c.is_ascii_digit() && c != '.')
                .ok_or_else(wrong)?;
            let number: f64 = rest[..digits].parse().map_err(|_| wrong())?;
            rest = &rest[digits..];
            let letters = rest
                .find(|c: char| c.is_ascii_digit())
                .unwrap_or(rest.len());
            let unit = match &rest[..letters] {
                "us" | "µs" => 1e-6,
                "ms" => 1e-3,
                "s" => 1.0,
                "m" => 60.0,
                "h" => 3600.0,
                _ => return Err(wrong()),
            };
            rest = &rest[letters..];
            sum = Duration::try_from_secs_f64(number * unit)
                .ok()
                .map(whole_micros)
                .and_then(|part| sum.checked_add(part))
                .filter(|sum| *sum <= LONGEST)
                .ok_or_else(|| UnitError::TooLarge {
                    text: text.to_owned(),
                    most: "744h",
                })?;
        }
        if trimmed.is_empty() {
            return Err(wrong());
        }
        Ok(Self(sum))
    }
}

/// As exact as it is written again.
fn whole_micros(span: Duration) -> Duration {
    let micros = (span.as_nanos() + 500) / 1_000;
    u64::try_from(micros).map_or(Duration::MAX, Duration::from_micros)
}

impl FromStr for Rate {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        let wrong = || UnitError::Rate {
            text: text.to_owned(),
        };
        let (number, unit) = text.trim().split_once('/').unwrap_or((text.trim(), "s"));
        let number: f64 = number.trim().parse().map_err(|_| wrong())?;
        let per = match unit.trim() {
            "ms" => 1e-3,
            "s" | "sec" => 1.0,
            "m" | "min" => 60.0,
            "h" => 3600.0,
            _ => return Err(wrong()),
        };
        let rate = number / per;
        if !rate.is_finite() || number < 0.0 {
            return Err(wrong());
        }
        if rate > FASTEST {
            return Err(UnitError::TooLarge {
                text: text.to_owned(),
                most: "10000000/s",
            });
        }
        Ok(Self(rate))
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let micros = self.0.as_micros();
        let (value, unit) = match micros {
            0 => return f.write_str("0s"),
            us if us % 1_000 != 0 => (us, "us"),
            us if us % 1_000_000 != 0 => (us / 1_000, "ms"),
            us if us % 60_000_000 != 0 => (us / 1_000_000, "s"),
            us => (us / 60_000_000, "m"),
        };
        write!(f, "{value}{unit}")
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/s", self.0)
    }
}

/// Reads and writes a type as the text that it is written as.
macro_rules! from_text {
    ($name:ident, $wanted:literal) => {
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                struct Text;
                impl serde::de::Visitor<'_> for Text {
                    type Value = $name;
                    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        f.write_str($wanted)
                    }
                    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<$name, E> {
                        text.parse().map_err(E::custom)
                    }
                }
                from.deserialize_str(Text)
            }
        }
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.collect_str(self)
            }
        }
        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }
            fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
                String::json_schema(generator)
            }
        }
    };
}
pub(super) use from_text;
from_text!(Span, "a time with its unit in quotes, as \"10s\",");
from_text!(Rate, "a rate with its unit in quotes, as \"500/s\",");

#[cfg(test)]
mod tests {
    use super::*;

    fn span(text: &str) -> Result<Duration, String> {
        text.parse::<Span>().map(|s| s.0).map_err(|e| e.to_string())
    }

    #[test]
    fn reads_durations() {
        for (text, millis) in [
            ("30s", 30_000),
            ("250ms", 250),
            ("1.5s", 1_500),
            ("1m30s", 90_000),
            (" 2h ", 7_200_000),
            ("0", 0),
            ("0s", 0),
        ] {
            assert_eq!(span(text), Ok(Duration::from_millis(millis)), "{text}");
        }
    }

    #[test]
    fn says_how_to_write_a_duration() {
        assert_eq!(
            span("30").unwrap_err(),
            "\"30\" has no unit; write 30s for seconds or 30ms for milliseconds"
        );
        for text in ["", "s", "-1s", "1 day", "1d", "3s ", "1..2s", "∞", "1s2"] {
            if text.trim() != "3s" {
                assert!(
                    span(text).unwrap_err().contains("is not a duration"),
                    "{text}"
                );
            }
        }
        assert!(span("1e9h").is_err());
        assert!(span("99999999999999h").unwrap_err().contains("744h"));
    }

    #[test]
    fn reads_rates() {
        for (text, per_second) in [
            ("500/s", 500.0),
            ("30/m", 0.5),
            ("7", 7.0),
            ("1/ms", 1000.0),
        ] {
            assert_eq!(text.parse(), Ok(Rate(per_second)), "{text}");
        }
        for text in ["", "/s", "fast", "5/d", "-1/s", "NaN/s", "inf/s"] {
            let error = text.parse::<Rate>().unwrap_err().to_string();
            assert!(error.contains("500/s"), "{text}: {error}");
        }
        assert!("1e12/s".parse::<Rate>().is_err());
    }

    #[test]
    fn writes_what_it_reads() {
        for text in ["30s", "250ms", "90s", "2m", "0s", "15us"] {
            assert_eq!(text.parse::<Span>().unwrap().to_string(), text);
        }
    }
}
