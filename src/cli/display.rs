//! What is shown of a run: the dashboard, progress lines, or nothing.

use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::files;
use super::screen::Screen;
use super::shown::Voice;
use super::terminal::show_progress;
use crate::dashboard::State;
use crate::dashboard::state::{Of, Order};
use crate::report::progress;
use crate::run::embedded::Says;
use crate::summary::Snapshot;

/// What was asked to be shown.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted {
    /// The dashboard, not lines.
    pub(super) tui: bool,
    /// Nothing at all.
    pub(super) quiet: bool,
    /// A line every second, and what the platform says.
    pub(super) verbose: bool,
}

impl Wanted {
    /// Where the embedded platform says what it has to say.
    pub(super) fn says(self) -> Says {
        let (verbose, tui) = (self.verbose, self.tui);
        Voice { verbose, tui }.says()
    }
}

/// What shows a run.
#[derive(Debug)]
pub(super) enum Display {
    Nothing,
    Lines(JoinHandle<()>),
    Dashboard(Screen),
}

impl Display {
    /// Shows these snapshots until they are over.
    pub(super) fn start(wanted: Wanted, snapshots: watch::Receiver<Snapshot>, of: Of) -> Self {
        if wanted.quiet {
            return Self::Nothing;
        }
        if wanted.tui {
            match Screen::start(snapshots.clone(), State::new(of), progress::line) {
                Ok(screen) => return Self::Dashboard(screen),
                Err(error) => files::say(&format!("{error:#}")),
            }
        }
        Self::Lines(tokio::spawn(show_progress(snapshots, wanted.verbose)))
    }

    /// Whether a key may ask for something.
    pub(super) fn takes_keys(&self) -> bool {
        matches!(self, Self::Dashboard(_))
    }

    /// What is asked for by a key. Never comes where there are none.
    pub(super) async fn order(&mut self) -> Order {
        match self {
            Self::Dashboard(screen) => screen.order().await,
            Self::Nothing | Self::Lines(_) => std::future::pending().await,
        }
    }

    /// Ends it. The snapshots have to be over.
    pub(super) async fn stop(self) {
        match self {
            Self::Nothing => {}
            Self::Lines(lines) => {
                lines.await.ok();
            }
            Self::Dashboard(screen) => screen.stop().await,
        }
    }
}
