//! The charts of a search.

use crate::capacity::curve;
use crate::capacity::fit::Usl;
use crate::capacity::verdict::Judgement;
use crate::capacity::{Outcome, Search, Step, Vary};
use crate::report::capacity::text::{load, outcome, p99};
use crate::report::html::chart::{Axis, Chart, Dot, Scale, Series};
use crate::report::text::{duration, number};
use crate::scenario::threshold::metric::Timing;
use crate::scenario::threshold::{Metric, Unit};

/// Points that the curve of the law is drawn with.
const CURVE: u32 = 60;

/// The axis of loads.
fn loads(vary: Vary, scale: Scale) -> Axis<'static> {
    Axis {
        label: vary.unit(),
        scale,
        shown: short,
    }
}

/// A number on an axis.
fn short(n: f64) -> String {
    if n >= 1e6 {
        format!("{} M", n / 1e6)
    } else if n >= 1_000.0 {
        number(n.round() as u64)
    } else {
        format!("{}", (n * 100.0).round() / 100.0)
    }
}

fn micros(us: f64) -> String {
    duration(Some(us.round() as u64))
}

/// What a point is.
fn told(search: &Search, step: &Step) -> String {
    let broke: Vec<_> = step.broke.iter().map(|of| of.what.as_str()).collect();
    let figures = &step.figures;
    format!(
        "{}: {}{}{}, {} deliveries/s, p50 {}, p99 {}",
        load(search.settings.vary, step.load),
        outcome(step),
        if broke.is_empty() { "" } else { ", " },
        broke.join(" and "),
        number(figures.deliveries_per_s.round() as u64),
        duration(figures.p50_us),
        p99(step)
    )
}

/// The boundary as a band, if both of its ends are known.
fn band(judgement: &Judgement) -> Option<(f64, f64, &'static str)> {
    let (held, broke) = judgement.held.zip(judgement.broke)?;
    Some((held, broke, "the capacity lies here"))
}

pub(super) fn latency(search: &Search, judgement: &Judgement) -> String {
    let steps = curve::telling(search);
    let dots = |us: fn(&Step) -> Option<u64>, bars: bool| -> Vec<Dot> {
        let dot = |step: &&Step| {
            let figures = &step.figures;
            let low = figures.p99_low_us.filter(|_| bars);
            Some(Dot {
                x: step.load,
                y: us(step)? as f64,
                between: low.map(|low| (low as f64, figures.p99_high_us.map(|high| high as f64))),
                hollow: step.outcome == Outcome::Broke,
                title: told(search, step),
            })
        };
        steps.iter().filter_map(dot).collect()
    };
    let bounds = search.plan.thresholds.iter().filter(|threshold| {
        let push = matches!(threshold.metric, Metric::Latency(Timing::Push, _));
        push && threshold.metric.unit() == Unit::Time
    });
    let level = bounds.filter_map(|threshold| Some((threshold.most()?, threshold.to_string())));
    let knee = curve::knee(&curve::points(search));
    let chart = Chart {
        title: "Push latency, from the time the schedule wanted each push; a ring is a step that broke",
        x: loads(search.settings.vary, Scale::Log),
        y: Axis {
            label: "latency",
            scale: Scale::Log,
            shown: micros,
        },
        series: vec![
            Series {
                name: "p99, with the interval it is in (95 %)",
                class: "two",
                dots: dots(|step| step.figures.p99_us, true),
                path: true,
                bare: false,
            },
            Series {
                name: "p50",
                class: "one",
                dots: dots(|step| step.figures.p50_us, false),
                path: true,
                bare: false,
            },
        ],
        band: band(judgement),
        upright: knee
            .map(|knee| (knee, "knee".to_owned()))
            .into_iter()
            .collect(),
        level: level.collect(),
    };
    chart.draw()
}

pub(super) fn throughput(search: &Search, judgement: &Judgement, law: Option<&Usl>) -> String {
    let steps = curve::telling(search);
    let dots = steps.iter().map(|step| Dot {
        x: step.load,
        y: step.figures.deliveries_per_s,
        hollow: step.outcome == Outcome::Broke,
        title: told(search, step),
        ..Dot::default()
    });
    let mut series = vec![Series {
        name: "measured",
        class: "one",
        dots: dots.collect(),
        path: false,
        bare: false,
    }];
    let most = steps.iter().map(|step| step.load).fold(0.0, f64::max);
    if let Some(law) = law {
        let loads = (1..=CURVE).map(|n| most * f64::from(n) / f64::from(CURVE));
        series.push(Series {
            name: "the Universal Scalability Law, fitted",
            class: "three",
            dots: loads
                .map(|x| Dot {
                    x,
                    y: law.throughput(x),
                    ..Dot::default()
                })
                .collect(),
            path: true,
            bare: true,
        });
    }
    let chart = Chart {
        title: "Deliveries a second, in whole seconds of pushing",
        x: loads(search.settings.vary, Scale::Linear),
        y: Axis {
            label: "deliveries/s",
            scale: Scale::Linear,
            shown: short,
        },
        series,
        band: band(judgement),
        upright: Vec::new(),
        level: Vec::new(),
    };
    chart.draw()
}

/// The loads in the order in which they were tried.
pub(super) fn order(search: &Search) -> String {
    let of = |name, class, outcome: Outcome| {
        let steps = (1..).zip(&search.steps);
        let dots = steps.filter(|(_, step)| step.outcome == outcome);
        Series {
            name,
            class,
            dots: dots
                .map(|(n, step): (u32, _)| Dot {
                    x: f64::from(n),
                    y: step.load,
                    hollow: outcome != Outcome::Held,
                    title: format!("step {n}: {}", told(search, step)),
                    ..Dot::default()
                })
                .collect(),
            path: false,
            bare: false,
        }
    };
    let chart = Chart {
        title: "Each step, in the order in which they were made",
        x: Axis {
            label: "step",
            scale: Scale::Linear,
            shown: short,
        },
        y: Axis {
            label: search.settings.vary.unit(),
            scale: Scale::Log,
            shown: short,
        },
        series: vec![
            of("held", "one", Outcome::Held),
            of("broke", "two", Outcome::Broke),
            of("says nothing", "three", Outcome::Unclear),
        ],
        band: None,
        upright: Vec::new(),
        level: Vec::new(),
    };
    chart.draw()
}
