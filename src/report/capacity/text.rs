//! The search for people.

use std::fmt::Write as _;

use crate::capacity::curve;
use crate::capacity::fit::{Estimate, Usl};
use crate::capacity::verdict::{Judgement, Verdict};
use crate::capacity::{Outcome, Search, Step, Vary};
use crate::report::text::{duration, number};

/// A load with its unit.
#[must_use]
pub fn load(vary: Vary, load: f64) -> String {
    match vary {
        Vary::Sockets => format!("{} sockets", number(load as u64)),
        Vary::Rate => format!("{load} pushes/s"),
        Vary::Payload => format!("{} bytes", number(load as u64)),
    }
}

/// The result, the steps by load, and what else they tell, ending in a line break.
///
/// # Panics
/// Never: writing to memory does not fail.
#[must_use]
pub fn render(search: &Search) -> String {
    let judgement = search.judge();
    let mut out = String::new();
    let to_memory = "writing to memory does not fail";
    headline(&mut out, search, &judgement).expect(to_memory);
    steps(&mut out, search).expect(to_memory);
    more(&mut out, search, &judgement).expect(to_memory);
    out
}

fn headline(out: &mut String, search: &Search, judgement: &Judgement) -> std::fmt::Result {
    let shown = |of: f64| load(search.settings.vary, of);
    let bounds = match (judgement.held, judgement.broke) {
        (Some(held), Some(broke)) => {
            let apart = apart(judgement).map_or(String::new(), |apart| format!(" ({apart} above)"));
            format!("{} hold, {} do not{apart}", shown(held), shown(broke))
        }
        (Some(held), None) => format!("{} hold", shown(held)),
        (None, Some(broke)) => format!("{} do not hold", shown(broke)),
        (None, None) => "nothing is known of the capacity".to_owned(),
    };
    let word = match judgement.verdict {
        Verdict::Found => "FOUND",
        Verdict::AtLeast => "AT LEAST",
        Verdict::Below => "BELOW",
        Verdict::Unknown => "UNKNOWN",
    };
    writeln!(out, "{word}  {bounds}")?;
    for (n, broke) in judgement.first.iter().enumerate() {
        let when = if n == 0 { "broke first" } else { "and" };
        writeln!(out, "  - {when}: {}", broke.detail)?;
    }
    for reason in &judgement.reasons {
        writeln!(out, "  - {reason}")?;
    }
    writeln!(out)
}

/// The head of the table.
const HEAD: [&str; 9] = [
    "load",
    "",
    "deliveries/s",
    "p50",
    "p99",
    "max",
    "target",
    "generator",
    "what broke",
];

fn cells(cells: &[&str; 9]) -> String {
    let [load, outcome, rate, p50, p99, max, target, generator, broke] = cells;
    let line = format!(
        "  {load:<16}{outcome:<9}{rate:>12}{p50:>10}{p99:>10}{max:>10}{target:>8}{generator:>11}  {broke}"
    );
    line.trim_end().to_owned()
}

/// By how much the smallest load that did not hold is above the largest that did.
pub(super) fn apart(judgement: &Judgement) -> Option<String> {
    let (held, broke) = judgement.held.zip(judgement.broke)?;
    Some(format!("{:.1} %", (broke / held - 1.0) * 100.0))
}

/// Of the steps that held under a load, the last: it decided.
pub(super) fn decided(search: &Search, load: f64) -> Option<&Step> {
    let mut held = search.at(load).filter(|s| s.outcome == Outcome::Held);
    held.next_back()
}

/// The 99th percentile with the interval that it is in.
pub(super) fn p99(step: &Step) -> String {
    let at = duration(step.figures.p99_us);
    match interval(step).as_str() {
        "" => at,
        interval => format!("{at} ({interval})"),
    }
}

/// That interval; empty if it is not known.
pub(super) fn interval(step: &Step) -> String {
    match (step.figures.p99_low_us, step.figures.p99_high_us) {
        (Some(low), Some(high)) => format!("{} to {}", duration(Some(low)), duration(Some(high))),
        (Some(low), None) => format!("{} or more", duration(Some(low))),
        (None, _) => String::new(),
    }
}

/// How a step came out, in a word; `?`: close to the boundary.
pub(super) fn outcome(step: &Step) -> &'static str {
    match (step.outcome, step.close) {
        (Outcome::Held, false) => "held",
        (Outcome::Held, true) => "held?",
        (Outcome::Broke, false) => "broke",
        (Outcome::Broke, true) => "broke?",
        (Outcome::Unclear, _) => "unclear",
    }
}

/// To three digits: what a fit says is no measurement.
pub(super) fn rounded(load: f64) -> f64 {
    let scale = 10_f64.powf(load.log10().floor() - 2.0).max(1.0);
    (load / scale).round() * scale
}

/// One step in a line, without its line break.
#[must_use]
pub fn line(search: &Search, step: &Step) -> String {
    let figures = &step.figures;
    let percent = |of: Option<f64>| of.map_or("-".to_owned(), |of| format!("{of:.0} %"));
    let mut broke: Vec<_> = step.broke.iter().map(|broke| broke.what.clone()).collect();
    if step.outcome == Outcome::Unclear {
        broke = vec!["says nothing".to_owned()];
    }
    cells(&[
        &load(search.settings.vary, step.load),
        outcome(step),
        &number(figures.deliveries_per_s.round() as u64),
        &duration(figures.p50_us),
        &duration(figures.p99_us),
        &duration(figures.max_us),
        &percent(figures.target_percent),
        &percent(figures.generator_percent),
        &broke.join(", "),
    ])
}

fn steps(out: &mut String, search: &Search) -> std::fmt::Result {
    if search.steps.is_empty() {
        return Ok(());
    }
    writeln!(out, "{}", cells(&HEAD))?;
    for step in super::table(search).0 {
        writeln!(out, "{}", line(search, step))?;
    }
    if search.steps.iter().any(|step| step.close) {
        writeln!(out, "  ? close to the boundary, so it takes two that agree")?;
    }
    writeln!(out)
}

fn more(out: &mut String, search: &Search, judgement: &Judgement) -> std::fmt::Result {
    let plan = &search.plan;
    let embedded = if search.target.embedded {
        "the embedded platform, started anew for each step".to_owned()
    } else {
        search.target.url.clone()
    };
    writeln!(
        out,
        "  target      {embedded} · apps {}",
        plan.apps.join(", ")
    )?;
    let slo: Vec<_> = plan.thresholds.iter().map(ToString::to_string).collect();
    let slo = match &slo[..] {
        [] => String::new(),
        slo => format!(" · {}", slo.join(" · ")),
    };
    writeln!(out, "  slo         no violation{slo}")?;
    if let Some((held, step)) = judgement
        .held
        .and_then(|at| Some((at, decided(search, at)?)))
    {
        let rate = number(step.figures.deliveries_per_s.round() as u64);
        let (held, p99) = (load(search.settings.vary, held), p99(step));
        writeln!(out, "  at {held:<11} p99 {p99} · {rate} deliveries/s")?;
    }
    let points = super::table(search).1;
    match curve::knee(&points) {
        Some(knee) => writeln!(
            out,
            "  knee        {}: beyond it latency grows faster than throughput",
            load(search.settings.vary, knee)
        )?,
        None => writeln!(out, "  knee        none in these loads")?,
    }
    match curve::scalability(search) {
        Ok(usl) => scalability(out, search, &usl)?,
        Err(why) => writeln!(out, "  usl         no fit: {why}")?,
    }
    writeln!(
        out,
        "  search      {} steps · seed {} · took {:.0} s · exit {}",
        search.steps.len(),
        plan.seed,
        search.took.as_secs_f64(),
        judgement.exit_code
    )
}

fn scalability(out: &mut String, search: &Search, usl: &Usl) -> std::fmt::Result {
    writeln!(
        out,
        "  usl         λ {} deliveries/s · σ {} · κ {} · R² {:.3}, {} points",
        estimate(usl.lambda),
        estimate(usl.sigma),
        estimate(usl.kappa),
        usl.r_squared,
        usl.points
    )?;
    if let Some(peak) = usl.peak() {
        let rate = number(usl.throughput(peak).round() as u64);
        let peak = load(search.settings.vary, rounded(peak));
        writeln!(
            out,
            "              most by it: {rate} deliveries/s at {peak}"
        )?;
    }
    Ok(())
}

/// A parameter with its standard error, which has two digits, and the value as many places.
pub(super) fn estimate(of: Estimate) -> String {
    let Some(error) = of.error.filter(|error| *error > 0.0) else {
        return match of.error {
            Some(_) => format!("{:.3e}", of.value),
            None => "0 (not told from 0)".to_owned(),
        };
    };
    // Of the larger, so that both are of one power of ten.
    let power = of.value.abs().max(error).log10().floor() as i32;
    let (power, scale) = match power {
        -3..=5 => (0, 1.0),
        _ => (power, 10_f64.powi(power)),
    };
    let (value, error) = (of.value / scale, error / scale);
    let places = (1 - error.log10().floor() as i32).clamp(0, 9) as usize;
    match power {
        0 => format!("{value:.places$} ± {error:.places$}"),
        _ => format!("({value:.places$} ± {error:.places$})e{power}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_has_the_digits_that_its_error_allows() {
        let shown = |value, error| estimate(Estimate { value, error });
        assert_eq!(shown(25.134, Some(1.59)), "25.1 ± 1.6");
        assert_eq!(shown(8.89e-6, Some(1.51e-6)), "(8.9 ± 1.5)e-6");
        assert_eq!(shown(0.026_715, Some(0.004_49)), "0.0267 ± 0.0045");
        assert_eq!(shown(98_765.4, Some(1_234.4)), "98765 ± 1234");
        assert_eq!(shown(0.0, None), "0 (not told from 0)");
        assert_eq!(shown(3.0, Some(0.0)), "3.000e0");
    }
}
