//! The search as a page: the answer, what broke first, latency and throughput over load, and every step.

mod charts;

use std::fmt::Write as _;

use super::text::{apart, decided, estimate, interval, load, outcome, p99, rounded};
use crate::capacity::curve;
use crate::capacity::fit::{Unfit, Usl};
use crate::capacity::verdict::{Judgement, Verdict};
use crate::capacity::{Outcome, Search};
use crate::report::html::{Escaped, page};
use crate::report::json::rfc3339;
use crate::report::text::{duration, number};
use crate::scenario::units::Span;

/// The page, ending in a line break.
///
/// # Panics
/// Never: writing to memory does not fail.
#[must_use]
pub fn html(search: &Search) -> String {
    let judgement = search.judge();
    let law = curve::scalability(search);
    let mut out = String::new();
    let to_memory = "writing to memory does not fail";
    head(&mut out, search, &judgement).expect(to_memory);
    tiles(&mut out, search, &judgement, &law).expect(to_memory);
    if !search.steps.is_empty() {
        out.push_str("<h2>Latency over load</h2>\n");
        out.push_str(&charts::latency(search, &judgement));
        out.push_str("<h2>Throughput over load</h2>\n");
        out.push_str(&charts::throughput(search, &judgement, law.as_ref().ok()));
        scalability(&mut out, &law).expect(to_memory);
        out.push_str("<h2>The search</h2>\n");
        out.push_str(&charts::order(search));
        table(&mut out, search).expect(to_memory);
    }
    foot(&mut out, search, &judgement).expect(to_memory);
    let title = format!("pushproof capacity: {}", answer(search, &judgement));
    page(&title, &out)
}

/// The capacity in a line.
fn answer(search: &Search, judgement: &Judgement) -> String {
    let shown = |of: f64| load(search.settings.vary, of);
    match (judgement.held, judgement.broke) {
        (Some(held), Some(broke)) => format!("{} hold, {} do not", shown(held), shown(broke)),
        (Some(held), None) => format!("at least {} hold", shown(held)),
        (None, Some(broke)) => format!("{} do not hold", shown(broke)),
        (None, None) => "nothing is known of the capacity".to_owned(),
    }
}

fn head(out: &mut String, search: &Search, judgement: &Judgement) -> std::fmt::Result {
    let class = match judgement.verdict {
        Verdict::Found => "good",
        Verdict::AtLeast if judgement.exit_code == 0 => "good",
        Verdict::AtLeast | Verdict::Unknown => "warn",
        Verdict::Below => "bad",
    };
    let word = judgement.verdict.name().replace('_', " ").to_uppercase();
    let answer = answer(search, judgement);
    let target = if search.target.embedded {
        "the embedded platform"
    } else {
        &search.target.url
    };
    writeln!(
        out,
        "<p class=\"soft\">pushproof capacity · {} · {} · {}</p>",
        Escaped(&search.scenario),
        Escaped(target),
        rfc3339(search.started_at_unix_ms)
    )?;
    writeln!(
        out,
        "<h1><span class=\"word {class}\">{word}</span> {}</h1>",
        Escaped(&answer)
    )?;
    for (n, broke) in judgement.first.iter().enumerate() {
        let when = if n == 0 { "Broke first: " } else { "And: " };
        writeln!(out, "<p>{when}{}</p>", Escaped(&broke.detail))?;
    }
    for reason in &judgement.reasons {
        writeln!(out, "<p class=\"soft\">{}</p>", Escaped(reason))?;
    }
    Ok(())
}

fn tiles(
    out: &mut String,
    search: &Search,
    judgement: &Judgement,
    law: &Result<Usl, Unfit>,
) -> std::fmt::Result {
    let vary = search.settings.vary;
    let of = |of: Option<f64>| of.map_or("–".to_owned(), |of| load(vary, of));
    let at = judgement.held.and_then(|held| decided(search, held));
    let (p99, within) = at.map_or(("–".to_owned(), String::new()), |step| {
        (duration(step.figures.p99_us), interval(step))
    });
    let rate = at.map_or("–".to_owned(), |step| {
        number(step.figures.deliveries_per_s.round() as u64)
    });
    let above = apart(judgement).map_or(String::new(), |apart| format!("{apart} above that"));
    let knee = of(curve::knee(&curve::points(search)));
    let usl = law.as_ref().ok();
    let peak = usl.and_then(|usl| Some((usl, usl.peak()?)));
    let (peak, most) = peak.map_or(("–".to_owned(), String::new()), |(usl, peak)| {
        let most = number(usl.throughput(peak).round() as u64);
        (load(vary, rounded(peak)), format!("{most} deliveries/s"))
    });
    out.push_str("<section class=\"tiles\">\n");
    for (name, what, more) in [
        ("largest load that held", of(judgement.held), String::new()),
        ("smallest that did not", of(judgement.broke), above),
        ("p99 at the largest that held", p99, within),
        ("deliveries/s there", rate, String::new()),
        ("knee", knee, String::new()),
        ("most by the fitted law, at", peak, most),
    ] {
        writeln!(
            out,
            "<div><span>{name}</span><b>{}</b><small>{}</small></div>",
            Escaped(&what),
            Escaped(&more)
        )?;
    }
    out.push_str("</section>\n");
    Ok(())
}

fn scalability(out: &mut String, law: &Result<Usl, Unfit>) -> std::fmt::Result {
    match law {
        Ok(usl) => writeln!(
            out,
            "<p>X(N) = λN / (1 + σ(N − 1) + κN(N − 1)) with λ = {}, σ = {}, κ = {}; R² {:.3}, {} steps. ± is one standard error. What it says of loads beyond those measured is a guess.</p>",
            estimate(usl.lambda),
            estimate(usl.sigma),
            estimate(usl.kappa),
            usl.r_squared,
            usl.points
        ),
        Err(why) => writeln!(
            out,
            "<p class=\"soft\">No fit of the Universal Scalability Law: {}.</p>",
            Escaped(&why.to_string())
        ),
    }
}

fn table(out: &mut String, search: &Search) -> std::fmt::Result {
    out.push_str(
        "<div class=\"scroll\">\n<table>\n<thead><tr><th>load</th><th class=\"text\">outcome</th>",
    );
    out.push_str("<th>sockets</th><th>pushes/s</th><th>deliveries/s</th><th>p50</th><th>p99 (95 %)</th><th>max</th>");
    out.push_str("<th>CPU target</th><th>CPU generator</th><th class=\"text\">why</th></tr></thead>\n<tbody>\n");
    let percent = |of: Option<f64>| of.map_or("–".to_owned(), |of| format!("{of:.0} %"));
    for step in curve::sorted(search) {
        let figures = &step.figures;
        let why = step.broke.iter().map(|broke| broke.detail.as_str());
        let why: Vec<_> = match step.outcome {
            Outcome::Unclear => step.unclear.iter().map(String::as_str).collect(),
            _ => why.collect(),
        };
        let class = match step.outcome {
            Outcome::Held => "good",
            Outcome::Broke => "bad",
            Outcome::Unclear => "warn",
        };
        writeln!(
            out,
            "<tr><td>{}</td><td class=\"text {class}\">{}</td><td>{}</td><td>{:.1}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td class=\"text wrap\">{}</td></tr>",
            Escaped(&load(search.settings.vary, step.load)),
            outcome(step),
            number(figures.sockets),
            figures.pushes_per_s,
            number(figures.deliveries_per_s.round() as u64),
            duration(figures.p50_us),
            p99(step),
            duration(figures.max_us),
            percent(figures.target_percent),
            percent(figures.generator_percent),
            Escaped(&why.join("; "))
        )?;
    }
    out.push_str("</tbody>\n</table>\n</div>\n");
    Ok(())
}

fn foot(out: &mut String, search: &Search, judgement: &Judgement) -> std::fmt::Result {
    let (settings, machine) = (&search.settings, &search.environment);
    let slo: Vec<_> = search
        .plan
        .thresholds
        .iter()
        .map(ToString::to_string)
        .collect();
    let slo = match slo.len() {
        0 => "no violation".to_owned(),
        _ => format!("no violation, {}", slo.join(", ")),
    };
    writeln!(
        out,
        "<footer>\n<p>SLO: {}. {} steps, each measured for {} to {} after {} of warm-up, {} apart; to within {:.1} %; seed {}; {:.0} s in all; exit code {}.</p>",
        Escaped(&slo),
        search.steps.len(),
        Span(settings.step),
        Span(settings.step_most),
        Span(settings.warm_up),
        Span(settings.cool_down),
        settings.bounds.precision * 100.0,
        search.plan.seed,
        search.took.as_secs_f64(),
        judgement.exit_code
    )?;
    writeln!(
        out,
        "<p>pushproof {} on {} {}, {} processors, {} open files. CPU is in percent of one processor: of all of the target, and of the generator’s busiest thread. A “?” is close to the boundary, and such a load takes two steps that agree.</p>\n</footer>",
        Escaped(&machine.pushproof),
        Escaped(&machine.os),
        Escaped(&machine.arch),
        machine.cpus,
        machine.open_files
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capacity::{Vary, tests};

    #[test]
    fn names_are_text_and_a_search_without_steps_is_a_page() {
        let mut search = tests::search(Vary::Sockets, "");
        search.scenario = "<script>alert(1)</script>".to_owned();
        let page = html(&search);
        assert!(
            page.contains("nothing is known") && !page.contains("<script"),
            "{page}"
        );
        assert!(!page.contains("<svg"), "{page}");
    }

    #[test]
    fn shows_the_answer_the_curves_and_each_step() {
        let slo = "thresholds = [\"latency.push.p99 < 50ms\"]\n";
        let mut search = tests::search(Vary::Rate, slo);
        let of = |load: f64, p99_us, outcome| {
            let mut step = tests::step(load, outcome);
            step.figures.p50_us = Some(2_000);
            step.figures.p99_us = Some(p99_us);
            step.figures.p99_low_us = Some(p99_us - 500);
            step.figures.mean_us = Some(2_500.0);
            step.figures.deliveries_per_s = load * 4.0;
            step
        };
        search.steps = vec![
            of(10.0, 3_000, Outcome::Held),
            of(20.0, 5_000, Outcome::Held),
            of(40.0, 900_000, Outcome::Broke),
        ];
        let page = html(&search);
        for what in [
            "20 pushes/s hold, 40 pushes/s do not",
            "Broke first: too late",
            "latency.push.p99 &lt; 50ms",
            "the capacity lies here",
            "No fit of the Universal Scalability Law",
            "5.00 ms (4.50 ms or more)",
        ] {
            assert!(page.contains(what), "{what}: {page}");
        }
        assert_eq!(
            page.matches("<svg viewBox=\"0 0 760 320\"").count(),
            3,
            "{page}"
        );
        assert_eq!(page.matches("<tr><td>").count(), 3, "{page}");
        for from_elsewhere in ["http:", "https:", "src=", "<script", "<link"] {
            assert!(!page.contains(from_elsewhere), "{from_elsewhere}");
        }
    }
}
