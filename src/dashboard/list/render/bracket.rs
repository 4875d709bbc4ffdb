//! Between which loads the capacity is: in words, and on an axis with every load that was tried.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;

use super::View;
use crate::capacity::Outcome;
use crate::dashboard::list::climb::{Climb, load};
use crate::dashboard::panel::lines;
use crate::dashboard::plot::write;
use crate::dashboard::text::fit;

/// Lines that it takes.
pub(super) const LINES: u16 = 2;

pub(super) fn draw(view: View<'_>, climb: &Climb, frame: &mut Frame<'_>, area: Rect) {
    let theme = view.theme;
    let told = fit(&words(climb), usize::from(area.width) - 1, theme);
    lines(frame, area, vec![Line::raw(format!(" {told}"))]);
    let axis = Rect {
        x: area.x + 1,
        y: area.y + 1,
        width: area.width.saturating_sub(2),
        height: area.height.saturating_sub(1),
    };
    axis_of(view, climb, frame, axis);
}

/// What is known, in words.
fn words(climb: &Climb) -> String {
    let search = &climb.search;
    let vary = search.settings.vary;
    let judgement = search.judge();
    let wanted = search.settings.bounds.precision * 100.0;
    match (judgement.held, judgement.broke) {
        (None, None) => "nothing is known of the capacity yet".to_owned(),
        (Some(held), None) => format!("{} held, and none broke yet", load(vary, held)),
        (None, Some(broke)) => format!("{} broke, and none held yet", load(vary, broke)),
        (Some(held), Some(broke)) => {
            let apart = (broke / held - 1.0) * 100.0;
            format!(
                "{} held, {} broke: {apart:.1} % between them, {wanted:.0} % is wanted",
                load(vary, held),
                load(vary, broke),
            )
        }
    }
}

/// Loads on a logarithmic axis.
struct Axis {
    from: f64,
    to: f64,
    cells: u16,
}

impl Axis {
    fn cell(&self, load: f64) -> u16 {
        let share = (load.ln() - self.from) / (self.to - self.from);
        let last = f64::from(self.cells.saturating_sub(1));
        (share.clamp(0.0, 1.0) * last).round() as u16
    }
}

fn axis_of(view: View<'_>, climb: &Climb, frame: &mut Frame<'_>, area: Rect) {
    let theme = view.theme;
    let steps = &climb.search.steps;
    let now = climb.now.as_ref().map(|now| now.load);
    let loads = || steps.iter().map(|step| step.load).chain(now);
    let loads = || loads().filter(|load| *load > 0.0);
    let (Some(least), Some(most)) = (loads().reduce(f64::min), loads().reduce(f64::max)) else {
        return;
    };
    if area.is_empty() {
        return;
    }
    let axis = Axis {
        from: least.ln() - 0.1,
        to: most.ln() + 0.1,
        cells: area.width,
    };
    let line = theme.sign("─", "-").repeat(usize::from(area.width));
    write(frame, area, 0, 0, &line, theme.frame());
    let judgement = climb.search.judge();
    if let (Some(held), Some(broke)) = (judgement.held, judgement.broke) {
        // The capacity is somewhere here.
        let (from, to) = (axis.cell(held), axis.cell(broke));
        let between = theme.sign("═", "=").repeat(usize::from(to - from));
        write(frame, area, from, 0, &between, theme.title());
    }
    let mut mark = |load: f64, sign: &str, style: Style| {
        write(frame, area, axis.cell(load), 0, sign, style);
    };
    for step in steps {
        match step.outcome {
            Outcome::Held => mark(step.load, theme.sign("●", "o"), theme.good()),
            Outcome::Broke => mark(step.load, theme.sign("✗", "x"), theme.warning()),
            Outcome::Unclear => mark(step.load, "?", theme.warning()),
        }
    }
    if let Some(now) = now {
        mark(now, theme.sign("▲", "^"), theme.loud(theme.title()));
    }
}
