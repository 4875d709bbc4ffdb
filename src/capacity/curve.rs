//! What the steps tell beside the capacity: latency over load, and where its knee is.

use super::fit::{self, Unfit, Usl};
use super::{Outcome, Search, Step};

/// Fewest loads that a knee can be told from.
const FEWEST: usize = 3;

/// What was measured under one load, over all its steps that say something.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// The load.
    pub load: f64,
    /// Deliveries a second, the mean of the steps.
    pub deliveries_per_s: f64,
    /// Mean push latency in microseconds, the mean of the steps.
    pub mean_us: f64,
}

/// The steps by load, and in the order in which they were made.
pub fn sorted(search: &Search) -> Vec<&Step> {
    let mut steps: Vec<_> = search.steps.iter().collect();
    steps.sort_by(|a, b| a.load.total_cmp(&b.load));
    steps
}

/// Whether a step tells what its load leads to: the generator was no limit, and the sockets were let in that it is about.
fn tells(step: &Step) -> bool {
    let refused = step.broke.iter().any(|broke| broke.what == "refused");
    step.outcome != Outcome::Unclear && !refused
}

/// The steps that tell what their loads lead to, by load.
pub fn telling(search: &Search) -> Vec<&Step> {
    let mut steps = sorted(search);
    steps.retain(|step| tells(step));
    steps
}

/// One point for each load, ascending.
pub fn points(search: &Search) -> Vec<Point> {
    let mut points: Vec<(Point, f64)> = Vec::new();
    for step in telling(search) {
        let Some(mean_us) = step.figures.mean_us else {
            continue;
        };
        match points.last_mut() {
            Some((point, n)) if point.load.total_cmp(&step.load).is_eq() => {
                *n += 1.0;
                point.mean_us += (mean_us - point.mean_us) / *n;
                point.deliveries_per_s +=
                    (step.figures.deliveries_per_s - point.deliveries_per_s) / *n;
            }
            _ => points.push((
                Point {
                    load: step.load,
                    deliveries_per_s: step.figures.deliveries_per_s,
                    mean_us,
                },
                1.0,
            )),
        }
    }
    points.into_iter().map(|(point, _)| point).collect()
}

/// The load with the largest ratio of throughput to mean latency (Kleinrock's power): beyond it latency grows faster than
/// throughput. `None`: too few loads, or the ratio still grows at the largest.
pub fn knee(points: &[Point]) -> Option<f64> {
    let power = |point: &Point| point.deliveries_per_s / point.mean_us.max(1.0);
    let best = points.iter().max_by(|a, b| power(a).total_cmp(&power(b)))?;
    let last = points.last()?;
    (points.len() >= FEWEST && best.load < last.load).then_some(best.load)
}

/// The Universal Scalability Law, fitted to throughput over load.
///
/// # Errors
/// If there is no fit that says anything.
pub fn scalability(search: &Search) -> Result<Usl, Unfit> {
    let points: Vec<_> = telling(search)
        .into_iter()
        .map(|step| (step.load, step.figures.deliveries_per_s))
        .collect();
    fit::fit(&points)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capacity::{Vary, tests};

    fn step(load: f64, deliveries_per_s: f64, mean_us: f64, outcome: Outcome) -> Step {
        let mut step = tests::step(load, outcome);
        step.figures.deliveries_per_s = deliveries_per_s;
        step.figures.mean_us = Some(mean_us);
        step
    }

    #[test]
    fn a_point_for_each_load() {
        let mut search = tests::search(Vary::Rate, "");
        search.steps = vec![
            step(20.0, 200.0, 2.0, Outcome::Held),
            step(10.0, 100.0, 1.0, Outcome::Held),
            step(20.0, 220.0, 4.0, Outcome::Broke),
            step(40.0, 999.0, 9.0, Outcome::Unclear),
            step(80.0, 999.0, 9.0, Outcome::Broke),
        ];
        search.steps[4].broke[0].what = "refused".to_owned();
        let points: Vec<_> = points(&search)
            .iter()
            .map(|p| (p.load, p.deliveries_per_s, p.mean_us))
            .collect();
        assert_eq!(points, [(10.0, 100.0, 1.0), (20.0, 210.0, 3.0)]);
        assert_eq!(scalability(&search), Err(Unfit::TooFew(2)));
    }

    #[test]
    fn the_knee_is_where_latency_begins_to_win() {
        let point = |(load, deliveries_per_s, mean_us)| Point {
            load,
            deliveries_per_s,
            mean_us,
        };
        let seen = [
            (1.0, 10.0, 5.0),
            (2.0, 20.0, 6.0),
            (4.0, 39.0, 9.0),
            (8.0, 60.0, 40.0),
        ];
        let points: Vec<_> = seen.into_iter().map(point).collect();
        assert_eq!(knee(&points), Some(4.0));
        assert_eq!(knee(&points[..3]), None, "it may lie further up");
        assert_eq!(knee(&points[2..]), None);
        assert_eq!(knee(&[]), None);
    }
}
