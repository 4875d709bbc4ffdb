//! How many came to what, which is also what the list can be narrowed to.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::{View, style};
use crate::dashboard::list::Worth;
use crate::dashboard::list::state::Filter;
use crate::dashboard::panel::lines;
use crate::dashboard::text::count;

pub(super) fn draw(view: View<'_>, frame: &mut Frame<'_>, area: Rect) {
    let theme = view.theme;
    let mut spans = Vec::new();
    let all = view.shown.ended.iter();
    let problems = all.filter(|item| item.word.worth.is_problem()).count();
    let mut one = |filter: Filter, told: String, looks| {
        let chosen = filter == view.state.filter;
        // In brackets too: not every terminal shows what is reversed.
        let (open, close) = if chosen { ("[", "]") } else { (" ", " ") };
        let looks = if chosen { theme.chosen() } else { looks };
        spans.push(Span::styled(format!("{open}{told}{close}"), looks));
    };
    let all = view.shown.ended.len();
    one(
        Filter::All,
        format!("all {}", count(all as u64)),
        theme.label(),
    );
    if problems > 0 || view.state.filter == Filter::Problems {
        let told = format!("problems {}", count(problems as u64));
        one(Filter::Problems, told, theme.warning());
    }
    for word in view.shown.about.words {
        let filter = Filter::Word(word.word);
        let n = view.shown.came_to(*word);
        // What always matters stands there from the start.
        let always = matches!(word.worth, Worth::Good | Worth::Bad);
        if n > 0 || always || view.state.filter == filter {
            let looks = if n > 0 {
                style(view, word.worth)
            } else {
                theme.label()
            };
            one(filter, format!("{} {}", word.word, count(n as u64)), looks);
        }
    }
    lines(frame, area, vec![Line::from(spans)]);
}
