//! What is shown of a list, and what keys do to it.

use std::ops::ControlFlow;

use ratatui::Frame;

use super::keys::{Action, BINDINGS};
use super::{Item, Tried, Worth, render};
use crate::dashboard::around::{Around, General};
use crate::dashboard::board::Board;
use crate::dashboard::keys::{Key, action};
use crate::dashboard::state::Order;
use crate::dashboard::theme::Theme;

/// Which lines are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Filter {
    /// All.
    #[default]
    All,
    /// What somebody should look at.
    Problems,
    /// What came to this.
    Word(&'static str),
}

impl Filter {
    /// Whether it lets this one through.
    pub fn lets(self, item: &Item) -> bool {
        match self {
            Self::All => true,
            Self::Problems => item.word.worth.is_problem(),
            Self::Word(word) => item.word.word == word,
        }
    }
}

/// What is shown.
#[derive(Debug)]
pub struct State {
    /// What is around it.
    pub around: Around<Tried>,
    /// The line chosen, as a place among all that has ended; `None`: the newest are shown as they come.
    chosen: Option<usize>,
    /// Which lines are shown.
    pub filter: Filter,
    /// Whether the details have all the room.
    pub open: bool,
    /// The first line of the details that is shown; past the end means the end.
    pub scroll: usize,
    /// Lines of the list, or of the details if they are open, as last drawn.
    page: usize,
    /// Lines that the details have, as last drawn.
    lines: usize,
}

impl Default for State {
    fn default() -> Self {
        Self {
            around: Around::new("no more are begun; the report tells of those that ended"),
            chosen: None,
            filter: Filter::All,
            open: false,
            scroll: 0,
            page: 0,
            lines: 0,
        }
    }
}

impl State {
    /// The lines that are shown, as places among all that has ended.
    pub fn places(&self, shown: &Tried) -> Vec<usize> {
        let all = shown.ended.iter().enumerate();
        let let_through = all.filter(|(_, item)| self.filter.lets(item));
        let_through.map(|(place, _)| place).collect()
    }

    /// The line chosen, if one is and it is there.
    pub fn chosen<'a>(&self, shown: &'a Tried) -> Option<(usize, &'a Item)> {
        let place = self.chosen?;
        let item = shown.ended.get(place)?;
        self.filter.lets(item).then_some((place, item))
    }

    /// Of what the details tell: the one chosen, or else the newest of those that are worst.
    pub fn told<'a>(&self, shown: &'a Tried) -> Option<&'a Item> {
        if let Some((_, item)) = self.chosen(shown) {
            return Some(item);
        }
        let problems = shown.ended.iter();
        let problems = problems.filter(|item| item.word.worth.is_problem());
        // Of several that are worst it gives the last.
        problems
            .max_by_key(|item| item.word.worth)
            .map(AsRef::as_ref)
    }

    fn act(&mut self, action: Action, newest: &Tried) {
        let page = self.page.max(1).cast_signed();
        match action {
            Action::General(General::Close) => self.open = false,
            Action::General(_) => {}
            Action::Move(by) if self.open => self.scroll_by(by),
            Action::Page(by) if self.open => self.scroll_by(by.saturating_mul(page)),
            Action::First if self.open => self.scroll = 0,
            Action::Newest if self.open => self.scroll_by(isize::MAX),
            Action::Move(by) => self.choose(by, newest),
            Action::Page(by) => self.choose(by.saturating_mul(page), newest),
            Action::First => self.choose(isize::MIN, newest),
            Action::Newest => self.chosen = None,
            Action::Problem(by) => self.choose_problem(by, newest),
            Action::Filter(by) => self.filter_by(by, newest),
            Action::Problems => {
                self.filter = match self.filter {
                    Filter::Problems => Filter::All,
                    _ => Filter::Problems,
                }
            }
            Action::Details => {
                self.open = !self.open;
                self.scroll = 0;
            }
        }
    }

    fn scroll_by(&mut self, by: isize) {
        let last = self.lines.saturating_sub(self.page);
        self.scroll = self.scroll.min(last).saturating_add_signed(by).min(last);
    }

    /// Chooses the line that is so many below the one chosen, or above the newest where none is.
    fn choose(&mut self, by: isize, newest: &Tried) {
        let shown = self.around.shown(newest);
        let places = self.places(shown);
        let Some(last) = places.len().checked_sub(1) else {
            return;
        };
        let chosen = self.chosen(shown).map(|(place, _)| place);
        let at = chosen.and_then(|chosen| places.iter().position(|place| *place == chosen));
        let at = match at {
            Some(at) => at.saturating_add_signed(by),
            // The newest is chosen first, whatever the way.
            None => last.saturating_add_signed(by.saturating_add(1).min(0)),
        };
        self.chosen = places.get(at.min(last)).copied();
    }

    fn choose_problem(&mut self, by: isize, newest: &Tried) {
        let shown = self.around.shown(newest);
        let mut places = self.places(shown);
        places.retain(|place| shown.ended[*place].word.worth.is_problem());
        let chosen = self.chosen(shown).map(|(place, _)| place);
        let next = match (chosen, by > 0) {
            (Some(chosen), true) => places.iter().find(|place| **place > chosen),
            (Some(chosen), false) => places.iter().rev().find(|place| **place < chosen),
            (None, true) => places.first(),
            (None, false) => places.last(),
        };
        match next {
            Some(place) => {
                self.chosen = Some(*place);
                self.scroll = 0;
            }
            None => self.around.say(match places.is_empty() {
                true => "nothing here is other than it should be so far",
                false if by > 0 => "that was the last one so far",
                false => "that was the first one",
            }),
        }
    }

    /// All, what somebody should look at, then each word in its order, then all again.
    fn filter_by(&mut self, by: isize, newest: &Tried) {
        let words = newest
            .about
            .words
            .iter()
            .map(|word| Filter::Word(word.word));
        let all = [Filter::All, Filter::Problems].into_iter().chain(words);
        let all: Vec<_> = all.collect();
        let at = all.iter().position(|one| *one == self.filter).unwrap_or(0);
        let next = (at + all.len()).saturating_add_signed(by) % all.len();
        self.filter = all[next];
    }

    /// How many came to this worth since the view was paused.
    pub fn missed_meanwhile(&self, newest: &Tried) -> usize {
        let then = self.around.shown(newest);
        newest
            .worth(Worth::Bad)
            .saturating_sub(then.worth(Worth::Bad))
    }
}

impl Board for State {
    type Snapshot = Tried;

    fn draw(&mut self, frame: &mut Frame<'_>, newest: &Tried, theme: Theme) {
        // Of another target there is another list.
        let ended = self.around.shown(newest).ended.len();
        self.chosen = self.chosen.filter(|place| *place < ended);
        let page = render::draw(frame, newest, self, theme);
        (self.page, self.lines) = (page.seen, page.lines);
    }

    fn press(&mut self, key: Key, newest: &Tried) -> Option<Order> {
        let asked = action(BINDINGS, key);
        let general = match asked {
            Some(Action::General(general)) => Some(general),
            _ => None,
        };
        match self.around.press(general, newest) {
            ControlFlow::Break(order) => return order,
            ControlFlow::Continue(()) => self.act(asked?, newest),
        }
        None
    }

    fn say(&mut self, line: &str) {
        self.around.say(line);
    }
}
