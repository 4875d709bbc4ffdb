//! What the loads lead to: the 99th percentile and the throughput of each, in bars beside their figures.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::View;
use crate::capacity::curve::telling;
use crate::capacity::{Outcome, Step};
use crate::dashboard::list::climb::{Climb, load};
use crate::dashboard::panel::{lines, nothing, panel, right};
use crate::dashboard::plot::Axis;
use crate::dashboard::text::{maybe_micros, rate};

/// Cells of a load, a latency and a throughput.
const LOAD: usize = 16;
const LATENCY: usize = 8;
const RATE: usize = 10;
/// Cells between them.
const GAP: usize = 2;

pub(super) fn draw(view: View<'_>, climb: &Climb, frame: &mut Frame<'_>, area: Rect) {
    if area.is_empty() {
        return;
    }
    let title = "By load: p99 (logarithmic), deliveries/s";
    let within = panel(view, title, frame, area);
    let steps = telling(&climb.search);
    if steps.is_empty() {
        return nothing(view, frame, within, "no step has told anything yet");
    }
    // Of one load the last step counts; of more loads than there is room for, the largest.
    let mut shown: Vec<&Step> = Vec::new();
    for step in steps {
        match shown.last_mut() {
            Some(last) if last.load.total_cmp(&step.load).is_eq() => *last = step,
            _ => shown.push(step),
        }
    }
    let from = shown.len().saturating_sub(usize::from(within.height));
    let shown = &shown[from..];
    let axis = Axis::over(shown.iter().filter_map(|step| step.figures.p99_us));
    let rates = shown.iter().map(|step| step.figures.deliveries_per_s);
    let most = rates.fold(0.0, f64::max);
    let figures = 2 + LOAD + GAP + LATENCY + GAP + RATE + GAP;
    let room = usize::from(within.width).saturating_sub(figures + GAP) / 2;
    let rows = shown.iter().map(|step| {
        let figures = &step.figures;
        let p99 = figures.p99_us.zip(axis);
        let latency = p99.map_or(0.0, |(us, axis)| axis.place(us));
        let share = if most > 0.0 {
            figures.deliveries_per_s / most
        } else {
            0.0
        };
        let held = step.outcome == Outcome::Held;
        let (mark, looks) = if held {
            ("  ", view.theme.plot())
        } else {
            ("! ", view.theme.warning())
        };
        let gap = " ".repeat(GAP);
        Line::from(vec![
            Span::styled(mark, looks),
            Span::raw(right(
                view,
                &load(climb.search.settings.vary, step.load),
                LOAD,
            )),
            Span::raw(gap.clone()),
            Span::raw(right(
                view,
                &maybe_micros(figures.p99_us, view.theme),
                LATENCY,
            )),
            Span::raw(gap.clone()),
            Span::styled(bar(view, latency, room), looks),
            Span::raw(gap.clone()),
            Span::raw(right(view, &rate(figures.deliveries_per_s), RATE)),
            Span::raw(gap),
            Span::styled(bar(view, share, room), looks),
        ])
    });
    lines(frame, within, rows.collect());
}

/// A bar in so many cells; whatever there is takes one at least.
fn bar(view: View<'_>, share: f64, room: usize) -> String {
    let full = view.theme.progress().0;
    let cells = (share.clamp(0.0, 1.0) * room as f64).round() as usize;
    let cells = cells.max(usize::from(share > 0.0)).min(room);
    format!("{}{}", full.repeat(cells), " ".repeat(room - cells))
}
