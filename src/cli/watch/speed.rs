//! How fast a run that is over is gone through.

use std::str::FromStr;
use std::time::Duration;

/// The least and the largest factor: slower nobody looks at, faster is as good as `max`.
const FACTORS: (f64, f64) = (0.01, 10_000.0);

/// So many times as fast as the run went.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Speed {
    /// As fast as can be.
    Max,
    /// Times as fast.
    Times(f64),
}

impl Speed {
    /// How long after the first moment that is shown another one is, which came so much later.
    pub(super) fn after(self, since: Duration) -> Duration {
        match self {
            Self::Max => Duration::ZERO,
            Self::Times(times) => since.div_f64(times),
        }
    }
}

impl FromStr for Speed {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || {
            let (least, most) = FACTORS;
            format!("{text:?} is no speed; write a number from {least} to {most}, as 10, or max")
        };
        if text == "max" {
            return Ok(Self::Max);
        }
        let number = text.strip_suffix('x').unwrap_or(text);
        let times: f64 = number.parse().map_err(|_| wrong())?;
        if times == 0.0 {
            return Ok(Self::Max);
        }
        if (FACTORS.0..=FACTORS.1).contains(&times) {
            Ok(Self::Times(times))
        } else {
            Err(wrong())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_speed_is_a_number_or_max() {
        for (text, speed) in [
            ("1", Speed::Times(1.0)),
            ("10x", Speed::Times(10.0)),
            ("0.5", Speed::Times(0.5)),
            ("0", Speed::Max),
            ("max", Speed::Max),
        ] {
            assert_eq!(text.parse(), Ok(speed), "{text}");
        }
        for text in ["", "fast", "-1", "nan", "inf", "1e9", "0.001", "x"] {
            assert!(text.parse::<Speed>().is_err(), "{text}");
        }
    }

    #[test]
    fn what_came_later_is_shown_later() {
        let second = Duration::from_secs(1);
        assert_eq!(Speed::Times(4.0).after(second), Duration::from_millis(250));
        assert_eq!(Speed::Times(0.5).after(second), second * 2);
        assert_eq!(Speed::Max.after(second), Duration::ZERO);
    }
}
