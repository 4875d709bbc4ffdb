//! The header: what runs, against what, how far it is, and how it stands.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;

use super::panel::{ends, lines, share};
use super::{View, panel};
use crate::dashboard::text::{clock, plural};
use crate::summary::{Standing, Verdict};

pub(super) fn draw(view: View<'_>, frame: &mut Frame<'_>, area: Rect) {
    let width = usize::from(area.width);
    lines(
        frame,
        area,
        vec![
            title(view, width),
            about(view, width),
            progress(view, width),
        ],
    );
}

/// The verdict so far, in a word and a colour. Of the newest snapshot, whatever is looked at.
pub(super) fn verdict(view: View<'_>) -> (String, Style) {
    let theme = view.theme;
    let (word, style) = match view.newest.so_far().standing {
        Standing::Over(verdict) => {
            let style = match verdict {
                Verdict::Pass => theme.good(),
                Verdict::Fail => theme.bad(),
                Verdict::Unknown => theme.warning(),
            };
            return (
                format!(" {} ", verdict.name().to_uppercase()),
                theme.loud(style),
            );
        }
        Standing::Violations => {
            let n = view.newest.counts.violations();
            let word = if n == 0 {
                " FAIL ".to_owned()
            } else {
                format!(" FAIL: {} ", plural(n, "violation", "violations"))
            };
            return (word, theme.loud(theme.bad()));
        }
        Standing::Breached => (" THRESHOLD BREACHED ", theme.bad()),
        Standing::Limited => (" GENERATOR IS THE LIMIT ", theme.warning()),
        Standing::Unknown => (" NO VERDICT YET ", Style::new()),
        Standing::Ok => (" OK SO FAR ", theme.good()),
    };
    (word.to_owned(), theme.loud(style))
}

fn title(view: View<'_>, width: usize) -> Line<'static> {
    let (word, style) = verdict(view);
    let name = match view.shown.about.scenario.as_str() {
        "" => " pushproof".to_owned(),
        scenario => format!(" pushproof: {scenario}"),
    };
    ends(view, width, (&name, view.theme.title()), (&word, style))
}

fn about(view: View<'_>, width: usize) -> Line<'static> {
    let about = &view.shown.about;
    let dot = view.theme.sign("·", "|");
    let target = match (about.target.embedded, about.target.url.as_str()) {
        (true, "") => "the embedded platform".to_owned(),
        (true, url) => format!("the embedded platform, {url}"),
        (false, url) => url.to_owned(),
    };
    let nodes = match about.target.nodes.len() {
        0 => String::new(),
        n => format!(" and {}", plural(n as u64, "node more", "nodes more")),
    };
    let elapsed = clock(view.shown.elapsed);
    let told = format!("seed {} {dot} {elapsed} ", about.seed);
    let quiet = Style::new();
    ends(
        view,
        width,
        (&format!(" {target}{nodes}"), quiet),
        (&told, quiet),
    )
}

fn progress(view: View<'_>, width: usize) -> Line<'static> {
    let shown = view.shown;
    let phase = match shown.phase {
        "" => "starting",
        phase => phase,
    };
    let phase = if view.state.ending && phase == "pushing" {
        "ending early"
    } else {
        phase
    };
    let told = match (shown.phase_left, shown.phase_elapsed) {
        (Some(left), elapsed) => format!(
            " {:.0} %, {} left ",
            100.0 * share(elapsed, left),
            clock(left)
        ),
        (None, elapsed) => format!(" for {} ", clock(elapsed)),
    };
    let share = shown
        .phase_left
        .map(|left| share(shown.phase_elapsed, left));
    panel::progress(view, width, phase, share, &told)
}
