//! Bounds with units, read for a metric, and observed figures in words.

use super::metric::{Metric, Unit};
use crate::scenario::units::{Rate, Span};

const KIB: f64 = 1024.0;

/// What a figure is compared with, in the base of its metric's unit, or in percent of a whole.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Bound {
    pub(super) number: f64,
    /// It is percent of the metric's whole.
    pub(super) share: bool,
}

impl Bound {
    /// Reads the bound of a metric. The error says what to write.
    pub(super) fn parse(text: &str, metric: &Metric) -> Result<Self, String> {
        let text = text.split_whitespace().collect::<String>();
        let plain = |number| Self {
            number,
            share: false,
        };
        let wrong = || wrong(&text, metric);
        match metric.unit() {
            Unit::Time => {
                let span = text.parse::<Span>().map_err(|_| wrong())?;
                Ok(plain(span.0.as_secs_f64() * 1e6))
            }
            Unit::Bytes => bytes(&text).map(plain).ok_or_else(wrong),
            Unit::PerSecond => {
                let rate = text.parse::<Rate>().ok().filter(|_| text.contains('/'));
                Ok(plain(rate.ok_or_else(wrong)?.0))
            }
            Unit::Processor => {
                let percent = text.strip_suffix('%').and_then(number);
                percent.map(plain).ok_or_else(wrong)
            }
            Unit::Count(whole) => match text.strip_suffix('%') {
                None => number(&text).map(plain).ok_or_else(wrong),
                Some(_) if whole.is_none() => Err(wrong()),
                Some(percent) => Ok(Self {
                    number: number(percent).ok_or_else(wrong)?,
                    share: true,
                }),
            },
        }
    }

    /// The unit that figures compared with it are reported in.
    pub(super) fn unit(&self, metric: &Metric) -> &'static str {
        match metric.unit() {
            Unit::Count(_) if self.share => "%",
            Unit::Count(_) => "",
            Unit::Time => "us",
            Unit::Bytes => "bytes",
            Unit::PerSecond => "/s",
            Unit::Processor => "%",
        }
    }
}

fn wrong(text: &str, metric: &Metric) -> String {
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let n = if number(digits).is_some() {
        digits
    } else {
        "5"
    };
    let (is, write) = match metric.unit() {
        Unit::Time => ("a time", format!("as {n}ms or {n}s")),
        Unit::Bytes => ("a size", format!("as {n}KiB or {n}MiB")),
        Unit::PerSecond => ("a rate", format!("as {n}/s")),
        Unit::Processor => ("a share of one processor", format!("as {n}%")),
        Unit::Count(None) => ("a count", format!("as a plain number, {n}")),
        Unit::Count(Some(whole)) => (
            "a count",
            format!("as a plain number, {n}, or as {n}%, which is of {whole}"),
        ),
    };
    format!("{metric} is {is}, and {text:?} is none; write it {write}")
}

/// Not negative, and finite.
pub(super) fn number(text: &str) -> Option<f64> {
    let starts = text.starts_with(|c: char| c.is_ascii_digit());
    let number: f64 = text.replace('_', "").parse().ok()?;
    (starts && number.is_finite()).then_some(number)
}

fn bytes(text: &str) -> Option<f64> {
    if text == "0" {
        return Some(0.0);
    }
    let unit = text.find(|c: char| c.is_ascii_alphabetic())?;
    let times = match &text[unit..] {
        "B" => 1.0,
        "kB" => 1e3,
        "MB" => 1e6,
        "GB" => 1e9,
        "KiB" => KIB,
        "MiB" => KIB * KIB,
        "GiB" => KIB * KIB * KIB,
        _ => return None,
    };
    Some(number(&text[..unit])? * times)
}

/// A figure for people, exact enough to be told from its bound.
pub(super) fn words(observed: f64, unit: &str) -> String {
    let short = |number: f64, decimals: usize| {
        let text = format!("{number:.decimals$}");
        match text.split_once('.') {
            Some((whole, rest)) if rest.bytes().all(|b| b == b'0') => whole.to_owned(),
            Some(_) => text.trim_end_matches('0').to_owned(),
            None => text,
        }
    };
    match unit {
        "us" if observed < 1e3 => format!("{} µs", short(observed, 1)),
        "us" if observed < 1e6 => format!("{} ms", short(observed / 1e3, 3)),
        "us" => format!("{} s", short(observed / 1e6, 3)),
        "bytes" if observed < KIB => format!("{} B", short(observed, 0)),
        "bytes" if observed < KIB * KIB => format!("{} KiB", short(observed / KIB, 1)),
        "bytes" => format!("{} MiB", short(observed / KIB / KIB, 1)),
        "%" => format!("{} %", short(observed, 4)),
        unit => format!("{}{unit}", short(observed, 2)),
    }
}
