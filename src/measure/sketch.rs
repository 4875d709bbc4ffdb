//! A small histogram, for what is handed over every second.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Each doubling is divided into so many steps, as a power of two: a value is told within 1/32 of itself.
const STEPS_LOG2: u32 = 4;
const STEPS: usize = 1 << STEPS_LOG2;
/// Values of so many bits are told apart, which is as far as [`HIGHEST`](super::HIGHEST) goes.
const BITS: u32 = 30;
const CELLS: usize = STEPS * (BITS - STEPS_LOG2 + 1) as usize;

/// A histogram of microseconds in 3.5 KB, where a [`Latency`](super::Latency) has 170: its quantiles are within 3 % of the truth. It takes
/// its memory with the first sample. In serialized form only the cells with samples are there.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "Written", try_from = "Written")]
pub struct Sketch {
    cells: Option<Box<[u64; CELLS]>>,
    count: u64,
    max_us: u64,
}

impl Sketch {
    /// Records one latency. Under a microsecond counts as one.
    #[inline]
    pub fn record(&mut self, latency: Duration) {
        let us = u64::try_from(latency.as_micros())
            .unwrap_or(u64::MAX)
            .max(1);
        self.cells()[cell(us)] += 1;
        self.count += 1;
        self.max_us = self.max_us.max(us);
    }

    #[inline]
    fn cells(&mut self) -> &mut [u64; CELLS] {
        self.cells.get_or_insert_with(|| Box::new([0; CELLS]))
    }

    /// Adds another's samples.
    pub fn merge(&mut self, other: &Self) {
        if let Some(cells) = &other.cells {
            for (sum, n) in self.cells().iter_mut().zip(cells.iter()) {
                *sum += n;
            }
        }
        self.count += other.count;
        self.max_us = self.max_us.max(other.max_us);
    }

    /// How many samples.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The latency that `q` (0 to 1) of the samples do not exceed, in microseconds; `None` without samples.
    pub fn quantile_us(&self, q: f64) -> Option<u64> {
        let cells = self.cells.as_ref()?;
        let rank = ((self.count as f64 * q).ceil() as u64).clamp(1, self.count);
        let mut so_far = 0;
        let found = cells.iter().position(|n| {
            so_far += n;
            so_far >= rank
        })?;
        Some(middle(found).min(self.max_us))
    }

    /// The largest sample, in microseconds.
    pub fn max_us(&self) -> Option<u64> {
        (self.count > 0).then_some(self.max_us)
    }
}

/// The cell of a value.
#[inline]
fn cell(us: u64) -> usize {
    let us = us.min((1 << BITS) - 1);
    if us < STEPS as u64 {
        return us as usize;
    }
    let doubling = us.ilog2() - STEPS_LOG2;
    (doubling as usize + 1) * STEPS + (us >> doubling) as usize % STEPS
}

/// The value in the middle of a cell.
fn middle(cell: usize) -> u64 {
    if cell < STEPS {
        return cell as u64;
    }
    let doubling = cell / STEPS - 1;
    let first = (STEPS + cell % STEPS) << doubling;
    (first + ((1 << doubling) >> 1)) as u64
}

#[derive(Serialize, Deserialize)]
struct Written {
    cells: Vec<(u16, u64)>,
    max_us: u64,
}

impl From<Sketch> for Written {
    fn from(sketch: Sketch) -> Self {
        let cells = sketch.cells.iter().flat_map(|cells| cells.iter());
        let cells = cells.enumerate().filter(|(_, n)| **n > 0);
        Self {
            cells: cells.map(|(cell, n)| (cell as u16, *n)).collect(),
            max_us: sketch.max_us,
        }
    }
}

impl TryFrom<Written> for Sketch {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        let mut sketch = Self {
            max_us: written.max_us,
            ..Self::default()
        };
        for (cell, n) in written.cells {
            let place = sketch.cells().get_mut(usize::from(cell));
            *place.ok_or_else(|| format!("there is no cell {cell}"))? = n;
            let count = sketch.count.checked_add(n);
            sketch.count = count.ok_or("too many samples")?;
        }
        Ok(sketch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_is_told_within_three_percent() {
        let mut before = 0;
        for us in (0..40_u64).chain((0..26).flat_map(|n| [40 << n, (41 << n) - 1, 57 << n])) {
            let us = us.min((1 << BITS) - 1);
            let found = middle(cell(us));
            assert!(found.abs_diff(us) * 32 <= us, "{us}: {found}");
            before = before.max(cell(us));
        }
        assert!(before < CELLS);
        assert_eq!(cell(u64::MAX), CELLS - 1);
    }

    #[test]
    fn quantiles_are_as_a_larger_histograms() {
        let (mut sketch, mut exact) = (Sketch::default(), crate::measure::Latency::default());
        assert_eq!(sketch.quantile_us(0.5), None);
        for n in 1..=10_000_u64 {
            let latency = Duration::from_micros(n * n / 7);
            sketch.record(latency);
            exact.record(latency);
        }
        for q in [0.0, 0.1, 0.5, 0.9, 0.99, 0.999, 1.0] {
            let (found, truth) = (
                sketch.quantile_us(q).unwrap(),
                exact.quantile_us(q).unwrap(),
            );
            assert!(
                found.abs_diff(truth) * 30 <= truth,
                "{q}: {found}, not {truth}"
            );
        }
        assert_eq!(sketch.max_us(), Some(10_000 * 10_000 / 7));
        assert_eq!(sketch.count(), 10_000);
    }

    #[test]
    fn what_is_written_is_read_and_adds_up() {
        let mut sketch = Sketch::default();
        for us in [1, 3, 3, 900, 700_000_000] {
            sketch.record(Duration::from_micros(us));
        }
        let text = serde_json::to_string(&sketch).unwrap();
        let mut read: Sketch = serde_json::from_str(&text).unwrap();
        assert_eq!(read, sketch);
        read.merge(&sketch);
        assert_eq!((read.count(), read.max_us()), (10, Some(700_000_000)));
        assert_eq!(read.quantile_us(0.5), Some(3));
        let wrong = r#"{"cells":[[60000,1]],"max_us":1}"#;
        assert!(serde_json::from_str::<Sketch>(wrong).is_err());
        let none = serde_json::to_string(&Sketch::default()).unwrap();
        assert_eq!(
            serde_json::from_str::<Sketch>(&none).unwrap(),
            Sketch::default()
        );
    }
}
