//! The header: what is tried, against what, how far it is, and how it stands.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;

use super::View;
use crate::dashboard::list::Standing;
use crate::dashboard::list::climb::{Climb, load};
use crate::dashboard::panel::{ends, lines, progress, share};
use crate::dashboard::text::{clock, count, plural};

pub(super) fn draw(view: View<'_>, frame: &mut Frame<'_>, area: Rect) {
    let width = usize::from(area.width);
    let rows = vec![title(view, width), about(view, width), far(view, width)];
    lines(frame, area, rows);
}

/// How it stands so far, in words and a colour. Of the newest, whatever is looked at.
pub(super) fn verdict(view: View<'_>) -> (String, Style) {
    let theme = view.theme;
    if let Some(climb) = &view.newest.climb {
        return found(view, climb);
    }
    let count = |n: usize| count(n as u64);
    let held = !view.newest.about.held_against.is_empty();
    let (word, style) = match view.newest.standing() {
        // Whether that was expected is told at the end.
        Standing::Failed(n) if held => (format!(" {} FAILED SO FAR ", count(n)), theme.warning()),
        Standing::Failed(n) => {
            let (one, many) = view.newest.about.called;
            (
                format!(" FAIL: {} ", plural(n as u64, one, many)),
                theme.bad(),
            )
        }
        Standing::Unclear(n) => (
            format!(" NO FAILURE, {} WITHOUT RESULT ", count(n)),
            theme.warning(),
        ),
        Standing::Ok => (" OK SO FAR ".to_owned(), theme.good()),
        Standing::Open => (" NO VERDICT YET ".to_owned(), Style::new()),
    };
    (word, theme.loud(style))
}

/// What a search has come to so far.
fn found(view: View<'_>, climb: &Climb) -> (String, Style) {
    let theme = view.theme;
    let vary = climb.search.settings.vary;
    let judgement = climb.search.judge();
    let (word, style) = match (judgement.held, judgement.broke) {
        (None, None) => (" NOTHING KNOWN YET ".to_owned(), Style::new()),
        (Some(held), None) => (format!(" {} HELD ", load(vary, held)), theme.good()),
        (None, Some(broke)) => (format!(" {} BROKE ", load(vary, broke)), theme.warning()),
        (Some(held), Some(broke)) => (
            format!(" {} HELD, {} BROKE ", load(vary, held), load(vary, broke)),
            theme.good(),
        ),
    };
    (word, theme.loud(style))
}

/// How far the step of a search is that is under way.
fn step(view: View<'_>, climb: &Climb, width: usize) -> Line<'static> {
    let n = climb.search.steps.len();
    let Some(now) = &climb.now else {
        let phase = if view.state.around.ending {
            "ending"
        } else {
            view.shown.phase
        };
        let told = format!(" after {} ", plural(n as u64, "step", "steps"));
        return progress(view, width, phase, None, &told);
    };
    let phase = match (view.state.around.ending, now.run.phase) {
        (true, "pushing") => "ending",
        (_, "") => "starting",
        (_, phase) => phase,
    };
    let (gone, left) = (now.run.phase_elapsed, now.run.phase_left);
    let share = left.map(|left| share(gone, left));
    let told = left.map_or_else(
        || format!("for {}", clock(gone)),
        |left| format!("{} left", clock(left)),
    );
    let told = format!(" step {}, {told} ", now.number);
    progress(view, width, phase, share, &told)
}

fn title(view: View<'_>, width: usize) -> Line<'static> {
    let (word, style) = verdict(view);
    let name = format!(" pushproof {}", view.shown.about.command);
    ends(view, width, (&name, view.theme.title()), (&word, style))
}

fn about(view: View<'_>, width: usize) -> Line<'static> {
    let about = &view.shown.about;
    let dot = view.theme.sign("·", "|");
    let mut told = clock(view.shown.elapsed);
    for more in [&about.facts, &about.held_against] {
        if !more.is_empty() {
            told = format!("{more} {dot} {told}");
        }
    }
    let quiet = Style::new();
    let target = format!(" {}", about.target);
    ends(view, width, (&target, quiet), (&format!("{told} "), quiet))
}

fn far(view: View<'_>, width: usize) -> Line<'static> {
    let shown = view.shown;
    if let Some(climb) = &shown.climb {
        return step(view, climb, width);
    }
    let phase = if view.state.around.ending {
        "ending"
    } else {
        shown.phase
    };
    let ended = shown.ended.len();
    let (one, many) = shown.about.called;
    let of = shown.of.unwrap_or(ended);
    let called = if of == 1 { one } else { many };
    let n = |n: usize| count(n as u64);
    let told = match shown.of {
        Some(_) => format!(" {} of {} {called} ", n(ended), n(of)),
        None => format!(" {} {called} ", n(ended)),
    };
    let share = shown.of.filter(|of| *of > 0);
    let share = share.map(|of| (ended as f64 / of as f64).min(1.0));
    progress(view, width, phase, share, &told)
}
