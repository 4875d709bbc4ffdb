//! What is shown, and what keys do to it. No terminal, no time: a state and a key give a state, and perhaps an order for the run.

pub mod keys;

use std::collections::VecDeque;

use keys::{Action, Key};
use ratatui::Frame;

use super::board::Board;
use super::render;
use super::theme::Theme;
use crate::summary::Snapshot;
use crate::verify::Class;

/// Messages that are kept: the last ones; what is older has been read, or never will be.
const MESSAGES: usize = 100;
/// The least and the largest factor of the schedule's rate, in tenths.
const FACTORS: (i32, i32) = (1, 100);

/// A page of the dashboard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub enum Tab {
    /// What matters most of everything.
    #[default]
    Overview,
    /// Latency in all its figures.
    Latency,
    /// Examples of violations.
    Violations,
    /// The run by event name, audience, trigger and node.
    Parts,
    /// How the generator fares, and messages.
    Generator,
}

impl Tab {
    /// All of them, in their order.
    pub const ALL: [Self; 5] = [
        Self::Overview,
        Self::Latency,
        Self::Violations,
        Self::Parts,
        Self::Generator,
    ];

    /// Its title.
    pub fn name(self) -> &'static str {
        match self {
            Self::Overview => "Overview",
            Self::Latency => "Latency",
            Self::Violations => "Violations",
            Self::Parts => "Parts",
            Self::Generator => "Generator",
        }
    }

    fn moved(self, by: usize) -> Self {
        Self::ALL[(self as usize + by) % Self::ALL.len()]
    }
}

/// What the run is asked to do.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Order {
    /// End early: no more pushes, settle, report. Where a run is only watched: leave the dashboard.
    End,
    /// As Ctrl-C elsewhere: the first time as [`Order::End`], the second time at once. Where a run is only watched: leave.
    Interrupt,
    /// Push at the schedule's rate times this.
    Rate(f64),
    /// Draw everything anew: somebody else has drawn on the terminal.
    Redraw,
}

/// What the dashboard is of, and with that what its keys may order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Of {
    /// A run of this process: it can be steered and ended.
    #[default]
    Run,
    /// A run elsewhere, or one that is over: it is only watched.
    Watched,
}

/// Said to whoever presses a key that would steer a run.
const NOT_STEERED: &str = "what is watched is not steered from here; q leaves the dashboard";

/// What is shown.
#[derive(Debug, Default)]
#[allow(clippy::struct_excessive_bools)] // each is a state of its own
pub struct State {
    /// Which page.
    pub tab: Tab,
    /// What is looked at while the run goes on; `None`: whatever is newest.
    pub frozen: Option<Snapshot>,
    /// The first line shown of each page, or the chosen one; past the end means the end.
    scroll: [usize; Tab::ALL.len()],
    /// Of which class examples are shown; `None`: of all.
    pub class: Option<Class>,
    /// Whether the keys are shown.
    pub help: bool,
    /// Whether it asks if the run is to end.
    pub asking: bool,
    /// Whether it has been asked to end.
    pub ending: bool,
    /// What it is of.
    pub of: Of,
    /// By what the schedule's rate is multiplied, in tenths; 0 stands for never changed.
    tenths: i32,
    /// What was said, oldest first.
    messages: VecDeque<String>,
    /// Lines of a page that are seen at a time, as last drawn.
    pub page: usize,
    /// Lines that it has, as last drawn.
    lines: usize,
}

impl State {
    /// One that nobody has touched yet.
    pub fn new(of: Of) -> Self {
        Self {
            of,
            ..Self::default()
        }
    }

    /// Whether the run is only watched.
    pub fn is_watching(&self) -> bool {
        self.of == Of::Watched
    }

    /// What is to be drawn when this is the newest.
    pub fn shown<'a>(&'a self, newest: &'a Snapshot) -> &'a Snapshot {
        self.frozen.as_ref().unwrap_or(newest)
    }

    /// Something was said that would otherwise stand on the terminal.
    pub fn say(&mut self, line: &str) {
        if self.messages.len() == MESSAGES {
            self.messages.pop_front();
        }
        self.messages.push_back(line.to_owned());
    }

    /// What was said, oldest first.
    pub fn messages(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.messages.iter().map(String::as_str)
    }

    /// The line to begin with, or the chosen one, of this page if it has so many.
    pub fn line(&self, lines: usize) -> usize {
        self.scroll[self.tab as usize].min(lines.saturating_sub(1))
    }

    /// The factor of the schedule's rate that was asked for last.
    pub fn factor(&self) -> f64 {
        match self.tenths {
            0 => 1.0,
            tenths => f64::from(tenths) / 10.0,
        }
    }

    /// A key was pressed while this was the newest, and so many lines of the page are there.
    pub fn press(&mut self, key: Key, newest: &Snapshot, lines: usize) -> Option<Order> {
        let action = keys::action(key);
        let yes = matches!(action, Some(Action::End | Action::Quit | Action::Yes));
        if std::mem::take(&mut self.asking) && yes {
            self.end();
            return Some(Order::End);
        }
        // Whoever reads the help wants to leave it first; ending is never in the way.
        let ends = matches!(
            action,
            Some(Action::End | Action::Quit | Action::Interrupt | Action::Redraw)
        );
        if std::mem::take(&mut self.help) && !ends {
            return None;
        }
        self.act(action?, newest, lines)
    }

    fn act(&mut self, action: Action, newest: &Snapshot, lines: usize) -> Option<Order> {
        let page = self.page.max(1).cast_signed();
        match action {
            Action::Show(tab) => self.tab = tab,
            Action::Next => self.tab = self.tab.moved(1),
            Action::Previous => self.tab = self.tab.moved(Tab::ALL.len() - 1),
            Action::Pause => {
                self.frozen = match self.frozen.take() {
                    Some(_) => None,
                    None => Some(newest.clone()),
                }
            }
            Action::Scroll(by) => self.scroll_by(by, lines),
            Action::Page(by) => self.scroll_by(by.saturating_mul(page), lines),
            Action::First => self.scroll[self.tab as usize] = 0,
            Action::Last => self.scroll[self.tab as usize] = lines.saturating_sub(1),
            Action::Class(by) if self.tab == Tab::Violations => self.choose_class(by),
            Action::Quit if self.is_watching() => return Some(Order::End),
            Action::Interrupt if self.is_watching() => return Some(Order::Interrupt),
            Action::Rate(_) | Action::End if self.is_watching() => self.say(NOT_STEERED),
            Action::Rate(by) => return self.change_rate(by, newest),
            Action::End | Action::Quit if self.ending => {
                self.say("the run is ending already; Ctrl-C ends it at once, without a report");
            }
            Action::End | Action::Quit => self.asking = true,
            Action::Interrupt => {
                self.end();
                return Some(Order::Interrupt);
            }
            Action::Redraw => return Some(Order::Redraw),
            Action::Help => self.help = true,
            Action::Class(_) | Action::Yes | Action::Close => {}
        }
        None
    }

    fn end(&mut self) {
        self.ending = true;
        self.say("no more pushes: settling, then the report; Ctrl-C ends at once, without one");
    }

    fn scroll_by(&mut self, by: isize, lines: usize) {
        let line = self.line(lines).saturating_add_signed(by);
        self.scroll[self.tab as usize] = line.min(lines.saturating_sub(1));
    }

    /// None, then each class in its order, then none again.
    fn choose_class(&mut self, by: isize) {
        let places = Class::ALL.len() + 1;
        let place = self.class.map_or(0, |class| class as usize + 1);
        let place = (place + places).saturating_add_signed(by) % places;
        self.class = place.checked_sub(1).map(|at| Class::ALL[at]);
        self.scroll[Tab::Violations as usize] = 0;
    }

    fn change_rate(&mut self, by: i32, newest: &Snapshot) -> Option<Order> {
        let none = "nothing is pushed on a schedule now";
        let none = (newest.rate.is_none() || self.ending).then_some(none);
        if let Some(why) = newest.rate_fixed.or(none) {
            self.say(&format!("the rate cannot be changed: {why}"));
            return None;
        }
        let before = if self.tenths == 0 { 10 } else { self.tenths };
        self.tenths = (before + by).clamp(FACTORS.0, FACTORS.1);
        let percent = self.tenths * 10;
        self.say(&format!("asked for {percent} % of the schedule's rate"));
        Some(Order::Rate(self.factor()))
    }
}

impl Board for State {
    type Snapshot = Snapshot;

    fn draw(&mut self, frame: &mut Frame<'_>, newest: &Snapshot, theme: Theme) {
        let page = render::draw(frame, newest, self, theme);
        (self.page, self.lines) = (page.seen, page.lines);
    }

    fn press(&mut self, key: Key, newest: &Snapshot) -> Option<Order> {
        Self::press(self, key, newest, self.lines)
    }

    fn is_watching(&self) -> bool {
        Self::is_watching(self)
    }

    fn say(&mut self, line: &str) {
        Self::say(self, line);
    }
}
