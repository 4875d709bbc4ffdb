//! A terminal without much room: how it stands, the counts, and as much else as there are lines.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::{View, footer, going, header, style, told};
use crate::dashboard::list::Worth;
use crate::dashboard::panel::{Tone, lines, pair};
use crate::dashboard::text::{clock, count, fit};

pub(super) fn draw(view: View<'_>, frame: &mut Frame<'_>, area: Rect) {
    let (shown, theme) = (view.shown, view.theme);
    let width = usize::from(area.width);
    let (word, style_of) = header::verdict(view);
    let mut rows = vec![Line::styled(word, style_of)];
    if view.state.around.asking {
        rows.push(footer::said(view, width));
    }
    let ended = count(shown.ended.len() as u64);
    let far = match shown.of {
        Some(of) => format!("{ended} of {}", count(of as u64)),
        None => ended,
    };
    let row = |label: &str, value: &str, tone| pair(view, area.width, label, value, tone);
    rows.push(row(shown.about.called.1, &far, Tone::Plain));
    for word in shown.about.words {
        let n = shown.came_to(*word);
        if n > 0 {
            let tone = match word.worth {
                Worth::Bad => Tone::Bad,
                Worth::Warning | Worth::Unclear => Tone::Warning,
                Worth::Aside | Worth::Good => Tone::Plain,
            };
            rows.push(row(word.word, &count(n as u64), tone));
        }
    }
    rows.push(row("for", &clock(shown.elapsed), Tone::Plain));
    if let Some(item) = view.state.told(shown) {
        let told = format!("{} {}", told(item.word), item.name);
        let looks = style(view, item.word.worth);
        rows.push(Line::styled(fit(&told, width, theme), looks));
    }
    if shown.climb.is_none() {
        rows.push(going::line(view, width));
    }
    if !view.state.around.asking {
        rows.push(footer::said(view, width));
    }
    rows.push(Line::styled("q end early  ? keys", theme.label()));
    lines(frame, area, rows);
}
