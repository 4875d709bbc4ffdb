//! What is wrong with a scenario, with the lines it is in.

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

use super::text::Colour;
use crate::scenario::{Mistake, Source};

/// All mistakes, in the order of their places.
#[must_use]
pub fn render(sources: &[Source], mistakes: &[Mistake], colour: Colour) -> String {
    let mut mistakes: Vec<_> = mistakes.iter().collect();
    mistakes.sort_by_key(|mistake| (mistake.at.0, mistake.at.1.start));
    let renderer = match colour {
        Colour::On => Renderer::styled(),
        Colour::Off => Renderer::plain(),
    };
    let shown = mistakes.into_iter().filter_map(|mistake| {
        let (source, span) = &mistake.at;
        let source = sources.get(*source)?;
        let place = AnnotationKind::Primary.span(within(&source.text, span));
        let snippet = Snippet::source(source.text.as_str()).path(source.name.as_str());
        let mut group = Level::ERROR
            .primary_title(mistake.what.as_str())
            .element(snippet.annotation(place));
        if let Some(help) = &mistake.help {
            group = group.element(Level::HELP.message(help.as_str()));
        }
        Some(renderer.render(&[group]))
    });
    shown.fold(String::new(), |all, one| all + &one + "\n\n")
}

/// A place that is there: a file may end before what is missing in it.
fn within(text: &str, span: &std::ops::Range<usize>) -> std::ops::Range<usize> {
    let bound = |at: usize| {
        (0..=at.min(text.len()))
            .rev()
            .find(|at| text.is_char_boundary(*at))
    };
    let start = bound(span.start).unwrap_or(0);
    // A value over several lines is shown by its first.
    let line = text[start..]
        .find('\n')
        .map_or(text.len(), |end| start + end);
    start..bound(span.end).unwrap_or(0).clamp(start, line.max(start))
}
