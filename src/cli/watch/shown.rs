//! What shows a run that is watched, and when whoever watches wants to leave.

use std::process::ExitCode;

use tokio::sync::{mpsc, watch};

use super::super::files;
use super::super::screen::Screen;
use super::super::terminal::Lines;
use crate::clock::Clock;
use crate::dashboard::State;
use crate::dashboard::state::{Of, Order};
use crate::report::progress;
use crate::summary::Snapshot;
use crate::summary::verdict::EXIT_INTERRUPTED;
use crate::time::Time;

/// Why it is shown no longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Left {
    /// By a key.
    Quit,
    /// By Ctrl-C or a signal, or with the terminal.
    Interrupted,
}

impl Left {
    /// The exit code of one who left before the end.
    pub(super) fn code(self) -> ExitCode {
        match self {
            Self::Quit => ExitCode::SUCCESS,
            Self::Interrupted => ExitCode::from(EXIT_INTERRUPTED),
        }
    }
}

/// What shows a run.
#[derive(Debug)]
pub(super) struct Shown {
    by: By,
    watcher: watch::Sender<Snapshot>,
    interrupted: mpsc::Receiver<()>,
    clock: Clock,
}

#[derive(Debug)]
enum By {
    Lines(Lines),
    Dashboard(Box<Screen>),
}

impl Shown {
    /// Shows what it is handed, on a dashboard or in lines, until an interrupt.
    pub(super) fn start(tui: bool, verbose: bool, interrupted: mpsc::Receiver<()>) -> Self {
        let (watcher, snapshots) = watch::channel(Snapshot::default());
        let screen = tui.then(|| Screen::start(snapshots, State::new(Of::Watched), progress::line));
        let by = match screen {
            Some(Ok(screen)) => By::Dashboard(Box::new(screen)),
            Some(Err(error)) => {
                files::say(&format!("{error:#}"));
                By::Lines(Lines::new(verbose))
            }
            None => By::Lines(Lines::new(verbose)),
        };
        Self {
            by,
            watcher,
            interrupted,
            clock: Clock::start(),
        }
    }

    /// Whether it is on a dashboard.
    pub(super) fn is_dashboard(&self) -> bool {
        matches!(self.by, By::Dashboard(_))
    }

    /// Shows how the run stands.
    pub(super) fn show(&mut self, snapshot: Snapshot) {
        if let By::Lines(lines) = &mut self.by {
            lines.tell(&snapshot);
        }
        self.watcher.send_replace(snapshot);
    }

    /// Waits until whoever watches wants to leave.
    pub(super) async fn left(&mut self) -> Left {
        loop {
            let order = async {
                match &mut self.by {
                    By::Dashboard(screen) => screen.order().await,
                    By::Lines(_) => std::future::pending().await,
                }
            };
            tokio::select! {
                _ = self.interrupted.recv() => return Left::Interrupted,
                order = order => match order {
                    Order::End => return Left::Quit,
                    Order::Interrupt => return Left::Interrupted,
                    Order::Rate(_) | Order::Redraw => {}
                }
            }
        }
    }

    /// How long it has been shown.
    pub(super) fn now(&self) -> Time {
        self.clock.now()
    }

    /// Waits until then, or until whoever watches wants to leave before that.
    pub(super) async fn until(&mut self, then: Time) -> Option<Left> {
        let then = self.clock.instant(then);
        tokio::select! {
            // Who wants to leave does not wait for a run that is always late.
            biased;
            left = self.left() => Some(left),
            () = tokio::time::sleep_until(then) => None,
        }
    }

    /// The end: on a dashboard it stands for as long as anybody looks at it.
    pub(super) async fn stands(&mut self) {
        if self.is_dashboard() {
            self.left().await;
        }
    }

    /// Gives the terminal back.
    pub(super) async fn stop(self) {
        drop(self.watcher);
        if let By::Dashboard(screen) = self.by {
            screen.stop().await;
        }
    }
}
