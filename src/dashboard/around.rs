//! What dashboards have around whatever they show: a paused view, the help, the question whether to end, messages.

use std::collections::VecDeque;
use std::ops::ControlFlow;

use super::state::Order;

/// Messages that are kept: the last ones; what is older has been read, or never will be.
const MESSAGES: usize = 100;

/// What a key asks for wherever it is pressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum General {
    /// Freeze the view, or let it go on.
    Pause,
    /// End early, after having asked.
    End,
    /// Yes.
    Yes,
    /// As Ctrl-C elsewhere.
    Interrupt,
    /// Show the help.
    Help,
    /// Draw everything anew.
    Redraw,
    /// Close what lies above the view.
    Close,
}

/// The state of it.
#[derive(Debug)]
pub struct Around<S> {
    /// What is looked at while the work goes on; `None`: whatever is newest.
    pub frozen: Option<S>,
    /// Whether the keys are shown.
    pub help: bool,
    /// Whether it asks if the work is to end.
    pub asking: bool,
    /// Whether it has been asked to end.
    pub ending: bool,
    /// What comes of ending, in words.
    ends: &'static str,
    /// What was said, oldest first.
    messages: VecDeque<String>,
}

impl<S: Clone> Around<S> {
    /// Nothing but the newest is shown. `ends`: what comes of ending early.
    pub fn new(ends: &'static str) -> Self {
        Self {
            frozen: None,
            help: false,
            asking: false,
            ending: false,
            ends,
            messages: VecDeque::new(),
        }
    }

    /// What is to be drawn when this is the newest.
    pub fn shown<'a>(&'a self, newest: &'a S) -> &'a S {
        self.frozen.as_ref().unwrap_or(newest)
    }

    /// Something was said that would otherwise stand on the terminal.
    pub fn say(&mut self, line: &str) {
        if self.messages.len() == MESSAGES {
            self.messages.pop_front();
        }
        self.messages.push_back(line.to_owned());
    }

    /// What was said last.
    pub fn last_said(&self) -> Option<&str> {
        self.messages.back().map(String::as_str)
    }

    /// A key was pressed. What goes on: it is for whatever is shown.
    pub fn press(&mut self, asked: Option<General>, newest: &S) -> ControlFlow<Option<Order>> {
        let yes = matches!(asked, Some(General::End | General::Yes));
        if std::mem::take(&mut self.asking) && yes {
            self.end();
            return ControlFlow::Break(Some(Order::End));
        }
        // Whoever reads the help wants to leave it first; ending is never in the way.
        let ends = matches!(
            asked,
            Some(General::End | General::Interrupt | General::Redraw)
        );
        if std::mem::take(&mut self.help) && !ends {
            return ControlFlow::Break(None);
        }
        let order = match asked {
            None | Some(General::Close) => return ControlFlow::Continue(()),
            Some(General::Pause) => {
                self.frozen = match self.frozen.take() {
                    Some(_) => None,
                    None => Some(newest.clone()),
                };
                None
            }
            Some(General::End) if self.ending => {
                self.say("it is ending already");
                None
            }
            Some(General::End) => {
                self.asking = true;
                None
            }
            Some(General::Interrupt) => {
                self.end();
                Some(Order::Interrupt)
            }
            Some(General::Redraw) => Some(Order::Redraw),
            Some(General::Help) => {
                self.help = true;
                None
            }
            Some(General::Yes) => None,
        };
        ControlFlow::Break(order)
    }

    fn end(&mut self) {
        if !std::mem::replace(&mut self.ending, true) {
            self.say(self.ends);
        }
    }
}
