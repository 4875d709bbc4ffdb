//! Sockets that neglect what they owe the target: that read slowly, stop reading, or answer no pings. Which do is a pure function of seed and
//! socket.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::draws;
use super::problems::Problems;
use super::units::{Span, from_text};
use crate::ids::SocketId;

/// Tells the draws of this module from all others of a seed.
const DRAWS: u64 = 0x6e65_676c_6563_7421;
/// Reads as fast as anybody.
const FASTEST: u64 = 1 << 30;
/// How far shares may add up to more than one: what is lost in writing them as decimals.
const SLACK: f64 = 1e-6;

/// Sockets that read slowly all the while pushes go on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Slow {
    /// Share of the sockets, 0 to 1; left out: 0.1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub share: Option<f64>,
    /// How much each reads, as `10KiB/s`; left out: that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read_rate: Option<ByteRate>,
}

/// Sockets that stop reading, and keep their connection.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Stuck {
    /// Share of the sockets, 0 to 1; left out: 0.05.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub share: Option<f64>,
    /// How long after it was connected each stops, as `2s`; left out: that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<Span>,
}

/// Sockets that read, and stop answering pings.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Mute {
    /// Share of the sockets, 0 to 1; left out: 0.05.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub share: Option<f64>,
    /// How long after it was connected each stops, as `2s`; left out: that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<Span>,
}

/// Bytes a second, written with their units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ByteRate(pub u32);

from_text!(
    ByteRate,
    "bytes a second with their unit in quotes, as \"10KiB/s\","
);

impl FromStr for ByteRate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!("{text:?} is no rate of reading; write bytes a second, as 10KiB/s or 500B/s")
        };
        let amount = text.trim().strip_suffix("/s").ok_or_else(wrong)?.trim();
        let digits = amount
            .find(|c: char| !c.is_ascii_digit())
            .ok_or_else(wrong)?;
        let number: u64 = amount[..digits].parse().map_err(|_| wrong())?;
        let unit = match amount[digits..].trim() {
            "B" => 1,
            "KiB" => 1 << 10,
            "MiB" => 1 << 20,
            "kB" => 1_000,
            "MB" => 1_000_000,
            _ => return Err(wrong()),
        };
        match number.checked_mul(unit) {
            Some(rate @ 1..=FASTEST) => Ok(Self(rate as u32)),
            _ => Err(wrong() + "; at least one byte, and at most 1024MiB/s"),
        }
    }
}

impl fmt::Display for ByteRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            rate if rate.is_multiple_of(1 << 20) => write!(f, "{}MiB/s", rate >> 20),
            rate if rate.is_multiple_of(1 << 10) => write!(f, "{}KiB/s", rate >> 10),
            rate => write!(f, "{rate}B/s"),
        }
    }
}

/// Who neglects what.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Neglect {
    slow: Option<(f64, ByteRate)>,
    stuck: Option<(f64, Duration)>,
    mute: Option<(f64, Duration)>,
}

/// What one socket neglects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Neglected {
    /// It reads so many bytes a second.
    Slow(ByteRate),
    /// It stops reading so long after it was connected.
    Stuck(Duration),
    /// It answers no ping from so long after it was connected.
    Mute(Duration),
}

impl Neglect {
    /// What a scenario says.
    pub fn new(slow: Option<Slow>, stuck: Option<Stuck>, mute: Option<Mute>) -> Self {
        let after = |span: Option<Span>| span.map_or(Duration::from_secs(2), |span| span.0);
        let slow = slow.map(|slow| {
            let rate = slow.read_rate.unwrap_or(ByteRate(10 << 10));
            (slow.share.unwrap_or(0.1), rate)
        });
        Self {
            slow,
            stuck: stuck.map(|stuck| (stuck.share.unwrap_or(0.05), after(stuck.after))),
            mute: mute.map(|mute| (mute.share.unwrap_or(0.05), after(mute.after))),
        }
    }

    /// As it would be written.
    pub(super) fn written(&self) -> (Option<Slow>, Option<Stuck>, Option<Mute>) {
        let slow = self.slow.map(|(share, rate)| Slow {
            share: Some(share),
            read_rate: Some(rate),
        });
        let stuck = self.stuck.map(|(share, after)| Stuck {
            share: Some(share),
            after: Some(Span(after)),
        });
        let mute = self.mute.map(|(share, after)| Mute {
            share: Some(share),
            after: Some(Span(after)),
        });
        (slow, stuck, mute)
    }

    pub(super) fn check(&self, problems: &mut Problems) {
        let shares = [
            ("clients.slow.share", self.slow.map(|(share, _)| share)),
            ("clients.stuck.share", self.stuck.map(|(share, _)| share)),
            ("clients.mute.share", self.mute.map(|(share, _)| share)),
        ];
        let mut sum = 0.0;
        for (key, share) in shares {
            if let Some(share) = share {
                problems.share(key, share);
                // What is none is told by itself.
                sum += if (0.0..=1.0).contains(&share) {
                    share
                } else {
                    0.0
                };
            }
        }
        if let Some((key, _)) = shares.into_iter().rev().find(|(_, share)| share.is_some()) {
            problems.check(sum <= 1.0 + SLACK, key, || {
                format!("slow, stuck and mute sockets together are {sum} of all; make it 1 at most: no socket is two of them")
            });
        }
    }

    /// What a socket neglects; `None`: nothing.
    pub fn of(&self, seed: u64, socket: SocketId) -> Option<Neglected> {
        if *self == Self::default() {
            return None;
        }
        let drawn = draws::unit(&mut draws::of(seed, DRAWS, socket, 0));
        let mut below = 0.0;
        let mut takes = |share: f64| {
            below += share;
            drawn < below
        };
        if let Some((share, rate)) = self.slow
            && takes(share)
        {
            return Some(Neglected::Slow(rate));
        }
        if let Some((share, after)) = self.stuck
            && takes(share)
        {
            return Some(Neglected::Stuck(after));
        }
        let (share, after) = self.mute?;
        takes(share).then_some(Neglected::Mute(after))
    }

    /// How many of so many sockets are slow, stuck and mute.
    pub fn counts(&self, seed: u64, sockets: u32) -> [u32; 3] {
        let mut counts = [0; 3];
        if *self == Self::default() {
            return counts;
        }
        for socket in (0..sockets).map(SocketId) {
            match self.of(seed, socket) {
                Some(Neglected::Slow(_)) => counts[0] += 1,
                Some(Neglected::Stuck(_)) => counts[1] += 1,
                Some(Neglected::Mute(_)) => counts[2] += 1,
                None => {}
            }
        }
        counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_of_reading_is_written_as_it_is_read() {
        for (text, rate) in [
            ("10KiB/s", 10_240),
            ("1MiB/s", 1 << 20),
            ("500B/s", 500),
            ("3kB/s", 3_000),
        ] {
            let read: ByteRate = text.parse().unwrap();
            assert_eq!(read, ByteRate(rate));
            assert_eq!(read.to_string().parse(), Ok(read));
        }
        for wrong in [
            "10",
            "10KiB",
            "KiB/s",
            "-1B/s",
            "0B/s",
            "9999999MiB/s",
            "1/s",
            "",
        ] {
            let error = wrong.parse::<ByteRate>().unwrap_err();
            assert!(error.contains("10KiB/s"), "{wrong}: {error}");
        }
    }

    #[test]
    fn each_socket_neglects_one_thing_at_most_and_always_the_same() {
        let neglect = Neglect::new(
            Some(Slow::default()),
            Some(Stuck::default()),
            Some(Mute {
                share: Some(0.2),
                after: None,
            }),
        );
        let [slow, stuck, mute] = neglect.counts(3, 10_000);
        assert!((900..1_100).contains(&slow), "{slow}");
        assert!((420..580).contains(&stuck), "{stuck}");
        assert!((1_850..2_150).contains(&mute), "{mute}");
        assert_eq!(neglect.counts(3, 10_000), [slow, stuck, mute]);
        assert_ne!(neglect.counts(4, 10_000), [slow, stuck, mute]);
        assert_eq!(Neglect::default().counts(3, 10_000), [0; 3]);
    }
}
