//! What shows work that is done piece by piece while it goes on: a dashboard, a line below what is said, or nothing.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;

use super::files;
use super::screen::{Screen, held};
use super::status::Status;
use crate::clock::Clock;
use crate::dashboard::Board;
use crate::dashboard::state::Order;
use crate::run::embedded::Says;
use crate::time::Time;

/// Between two looks at the work: what is under way is told with how long that has lasted.
const LOOK: Duration = Duration::from_millis(200);

/// What was asked to be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    Dashboard,
    Line,
    Nothing,
}

impl Wanted {
    /// The dashboard if it is to be there, a line unless nobody wants any progress.
    pub(super) fn of(tui: bool, quiet: bool) -> Self {
        match (quiet, tui) {
            (true, _) => Self::Nothing,
            (false, true) => Self::Dashboard,
            (false, false) => Self::Line,
        }
    }
}

/// Where an embedded platform says what it has to say.
#[derive(Debug, Clone, Copy)]
pub(super) struct Voice {
    /// Somebody wants to hear it.
    pub(super) verbose: bool,
    /// A dashboard has the terminal.
    pub(super) tui: bool,
}

impl Voice {
    /// For one platform.
    pub(super) fn says(self) -> Says {
        match (self.verbose, self.tui) {
            (false, _) => Says::Nothing,
            (true, false) => Says::Here,
            (true, true) => held::pipe().map_or(Says::Nothing, Says::To),
        }
    }
}

/// What shows it.
pub(super) struct Shown {
    how: How,
    /// What is to be said when the dashboard is over.
    later: Mutex<String>,
}

enum How {
    Line(Status),
    Dashboard {
        shows: JoinHandle<()>,
        end: oneshot::Sender<()>,
    },
}

impl Shown {
    /// Begins to show what `look` says of the work after so much time, by a dashboard or in a `line`. `asked` hears of each key that asks
    /// for an end.
    pub(super) fn start<B: Board>(
        wanted: Wanted,
        board: B,
        look: impl Fn(Duration) -> B::Snapshot + Send + 'static,
        line: fn(&B::Snapshot) -> String,
        asked: impl Fn() + Send + 'static,
    ) -> Self {
        let (sender, snapshots) = watch::channel(B::Snapshot::default());
        sender.send_replace(look(Duration::ZERO));
        let screen = (wanted == Wanted::Dashboard).then(|| Screen::start(snapshots, board, line));
        let how = match screen {
            Some(Ok(screen)) => {
                let (end, ended) = oneshot::channel();
                let shows = tokio::spawn(show(screen, sender, ended, look, asked));
                How::Dashboard { shows, end }
            }
            other => {
                if let Some(Err(error)) = other {
                    files::say(&format!("{error:#}"));
                }
                let wanted = wanted != Wanted::Nothing;
                How::Line(Status::start(wanted, move |passed| line(&look(passed))))
            }
        };
        Self {
            how,
            later: Mutex::default(),
        }
    }

    /// Says something: now, as it is said here, or when the dashboard is over.
    pub(super) fn tell(
        &self,
        text: &str,
        now: impl FnOnce(&str) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        match self.how {
            How::Line(_) => now(text),
            How::Dashboard { .. } => {
                self.later().push_str(text);
                Ok(())
            }
        }
    }

    /// The same for what is said to people, which cannot fail.
    pub(super) fn tell_people(&self, text: &str) {
        let now = |text: &str| {
            files::say_all(text);
            Ok(())
        };
        self.tell(text, now).ok();
    }

    fn later(&self) -> MutexGuard<'_, String> {
        self.later.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends it, and gives what is to be said now.
    pub(super) async fn stop(self) -> String {
        match self.how {
            How::Line(status) => status.stop().await,
            How::Dashboard { shows, end } => {
                // Whoever has ended already needs no word.
                end.send(()).ok();
                shows.await.ok();
            }
        }
        self.later
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// Hands snapshots to a dashboard, and keys from it, until it is told to end.
async fn show<S>(
    mut screen: Screen,
    snapshots: watch::Sender<S>,
    mut ended: oneshot::Receiver<()>,
    look: impl Fn(Duration) -> S,
    asked: impl Fn(),
) {
    let clock = Clock::start();
    let mut looks = tokio::time::interval(LOOK);
    loop {
        tokio::select! {
            // Whoever would send it may be gone, which is an end too.
            _ = &mut ended => break,
            order = screen.order() => match order {
                Order::End | Order::Interrupt => asked(),
                Order::Rate(_) | Order::Redraw => {}
            },
            _ = looks.tick() => {
                snapshots.send_replace(look(clock.now() - Time::ZERO));
            }
        }
    }
    drop(snapshots);
    screen.stop().await;
}
