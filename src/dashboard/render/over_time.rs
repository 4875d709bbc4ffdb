//! Push latency over time: median, 99th percentile and maximum of each second, with the thresholds.

use ratatui::Frame;
use ratatui::layout::Rect;

use super::View;
use super::panel::{nothing, panel, right};
use super::plot::{Axis, Dots, write};
use crate::dashboard::text::{clock, fit, micros};
use crate::summary::Second;

/// Cells of the scale on the left, and of the names on the right.
const SCALE: u16 = 7;
const NAMES: u16 = 4;

/// Seconds that there is room for at least.
const LEAST_SECONDS: usize = 60;

type Figure = fn(&Second) -> Option<u64>;

/// What is drawn, from the back to the front, with its sign where Braille cannot be shown.
const SERIES: [(&str, &str, Figure); 3] = [
    ("max", "^", |second| second.push_max_us),
    ("p99", "o", |second| second.push_p99_us),
    ("p50", ".", |second| second.push_p50_us),
];

pub(super) fn draw(view: View<'_>, frame: &mut Frame<'_>, area: Rect) {
    let title = "Push latency over time: p50, p99, max";
    let area = panel(view, title, frame, area);
    if area.width < SCALE + NAMES + 8 || area.height < 4 {
        return nothing(view, frame, area, "too little room");
    }
    let plot = Rect {
        x: area.x + SCALE,
        y: area.y,
        width: area.width - SCALE - NAMES,
        height: area.height - 1,
    };
    let mut dots = SERIES.map(|_| Dots::new(plot));
    let past = &view.shown.past;
    let past = &past[past.len().saturating_sub(dots[0].columns())..];
    let figures = past
        .iter()
        .flat_map(|second| SERIES.iter().filter_map(move |(_, _, of)| of(second)));
    let limits = view.shown.about.push_limits.iter().map(|(_, us)| *us);
    let mut figures = figures.peekable();
    if figures.peek().is_none() {
        return nothing(view, frame, area, "nothing was delivered yet");
    }
    let Some(axis) = Axis::over(figures.chain(limits)) else {
        return;
    };
    scale(view, frame, area, &dots[0], axis);
    thresholds(view, frame, plot, &dots[0], axis);
    // Few seconds are drawn broader.
    let each = (dots[0].columns() / past.len().max(LEAST_SECONDS)).max(1);
    let first = dots[0].columns() - past.len() * each;
    let mut names = Vec::new();
    for ((name, sign, of), dots) in SERIES.iter().zip(&mut dots) {
        let mut before = None;
        for (n, second) in past.iter().enumerate() {
            let row = of(second).map(|us| dots.row(axis.place(us)));
            if let Some(row) = row {
                // Joined with the second before by a line in this one's first column.
                let x = first + n * each;
                dots.line(x, row, before.unwrap_or(row));
                for x in x..x + each {
                    dots.set(x, row);
                }
            }
            before = row;
        }
        dots.draw(view, frame, plot, sign, view.theme.plot());
        names.extend(before.map(|row| (row / 4, *name)));
    }
    label(view, frame, area, names);
    times(view, frame, area, past, first);
}

/// The powers of ten, on the left.
fn scale(view: View<'_>, frame: &mut Frame<'_>, area: Rect, dots: &Dots, axis: Axis) {
    let mut free = area.height;
    for us in axis.ticks() {
        let y = (dots.row(axis.place(us)) / 4) as u16;
        if y < free {
            free = y;
            let told = right(view, &whole(view, us), usize::from(SCALE) - 1);
            write(frame, area, 0, y, &told, view.theme.label());
        }
    }
}

/// A power of ten without digits after the point.
pub(super) fn whole(view: View<'_>, us: u64) -> String {
    micros(us, view.theme).replace(".00", "").replace(".0", "")
}

/// A line for each threshold, with its words.
fn thresholds(view: View<'_>, frame: &mut Frame<'_>, plot: Rect, dots: &Dots, axis: Axis) {
    let theme = view.theme;
    let line = theme.sign("─", "-").repeat(usize::from(plot.width));
    for (words, us) in &view.shown.about.push_limits {
        let y = (dots.row(axis.place(*us)) / 4) as u16;
        write(frame, plot, 0, y, &line, theme.limit());
        let short = words.strip_prefix("latency.push.").unwrap_or(words);
        let words = fit(short, usize::from(plot.width) / 2, theme);
        write(frame, plot, 1, y, &format!(" {words} "), theme.limit());
    }
}

/// The name of each line at its end: above one another if they end at the same place.
fn label(view: View<'_>, frame: &mut Frame<'_>, area: Rect, names: Vec<(usize, &str)>) {
    let x = area.width - NAMES;
    let mut free = 0;
    let last = usize::from(area.height).saturating_sub(2);
    let all = names.len();
    for (n, (row, name)) in names.into_iter().enumerate() {
        // Those that are still to come need room below.
        let lowest = last.saturating_sub(all - 1 - n);
        let y = row.max(free).min(lowest);
        free = y + 1;
        write(
            frame,
            area,
            x,
            y as u16,
            &format!(" {name}"),
            view.theme.plot(),
        );
    }
}

/// When the first second that is shown was, and the last.
fn times(view: View<'_>, frame: &mut Frame<'_>, area: Rect, past: &[Second], first: usize) {
    let y = area.height - 1;
    let (Some(one), Some(last)) = (past.first(), past.last()) else {
        return;
    };
    let at = |second: &Second| clock(std::time::Duration::from_secs(second.second));
    let (from, to) = (at(one), at(last));
    let style = view.theme.label();
    let end = (area.width - NAMES).saturating_sub(to.len() as u16);
    let start = SCALE + (first / 2) as u16;
    if start + from.len() as u16 + 1 < end {
        write(frame, area, start, y, &from, style);
    }
    write(frame, area, end, y, &to, style);
}
