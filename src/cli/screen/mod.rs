//! A dashboard on a terminal, whatever it shows: whether it can be shown, the thread that draws it and reads keys, and what stands on
//! standard error meanwhile.
//!
//! The thread polls for keys, and looks at each turn whether there is a newer snapshot: that is handed over in passing, and nobody waits
//! for a terminal. It draws on a new snapshot, a key, a message or another size only, and at most ten times a second.

mod guard;
pub(super) mod held;
mod keys;

use std::io::IsTerminal as _;
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::Args;
use clap::builder::BoolishValueParser;
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::event;
use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::io::Errno;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{mpsc, oneshot, watch};

use super::files;
use super::terminal::colour;
use crate::clock::Clock;
use crate::dashboard::state::Order;
use crate::dashboard::{Board, Theme};
use crate::report::text::Colour;
use crate::time::Time;
use guard::Frames;

/// Between two frames, at least; and between two looks for a newer snapshot.
const FRAME: Duration = Duration::from_millis(100);
/// Between progress lines, where the terminal was lost.
const LINE_EVERY: Duration = Duration::from_secs(2);
/// Orders that are not taken yet: whoever presses more keys meanwhile is not heard.
const ORDERS: usize = 8;
/// How long a terminal may take for what is still to be written when the run is over.
const PATIENCE: Duration = Duration::from_secs(2);

/// Whether there is to be a dashboard.
#[derive(Debug, Args)]
pub(super) struct TuiArgs {
    /// Show the live dashboard; the default on a terminal. docs/dashboard.md has its keys.
    #[arg(
        long,
        env = "PUSHPROOF_TUI",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true",
        value_name = "WHETHER",
        hide_possible_values = true,
        value_parser = BoolishValueParser::new(),
        overrides_with = "no_tui"
    )]
    tui: Option<bool>,
    /// Print plain progress lines every few seconds instead.
    #[arg(long, overrides_with = "tui")]
    no_tui: bool,
}

impl TuiArgs {
    /// Whether it is to be shown. `otherwise`: whether it is where nobody said so, if the terminal can.
    pub(super) fn wanted(&self, otherwise: bool) -> anyhow::Result<bool> {
        let lacking = lacking();
        let asked = if self.no_tui { Some(false) } else { self.tui };
        match (asked, lacking) {
            (Some(true), Some(lacking)) => bail!(
                "--tui: the dashboard needs a terminal, and {lacking}; leave it out for plain lines"
            ),
            (asked, lacking) => Ok(asked.unwrap_or(otherwise && lacking.is_none())),
        }
    }
}

/// What is in the way of a dashboard, if anything.
fn lacking() -> Option<&'static str> {
    if !std::io::stdout().is_terminal() {
        Some("standard output is none")
    } else if !std::io::stdin().is_terminal() {
        Some("standard input is none")
    } else if !std::io::stderr().is_terminal() {
        Some("standard error is none")
    } else if std::env::var_os("TERM").is_none_or(|term| term.is_empty() || term == "dumb") {
        Some("TERM says that this one cannot be drawn on")
    } else {
        None
    }
}

/// What the terminal can show, and whoever looks at it wants.
fn theme() -> Theme {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"];
    let mut locale = locale.iter().filter_map(std::env::var_os);
    let locale = locale.find(|value| !value.is_empty()).unwrap_or_default();
    let locale = locale.to_string_lossy().to_ascii_lowercase();
    Theme {
        colour: matches!(colour(true), Colour::On),
        unicode: locale.contains("utf-8") || locale.contains("utf8"),
    }
}

/// A dashboard that is shown.
#[derive(Debug)]
pub(super) struct Screen {
    thread: Option<JoinHandle<()>>,
    /// Ready when that has ended; `None`: that was heard.
    ended: Option<oneshot::Receiver<()>>,
    /// What is shown is only watched.
    watching: bool,
    orders: mpsc::Receiver<Order>,
    hangup: Signal,
}

impl Screen {
    /// Takes the terminal, and draws on it until the snapshots end. What is only watched is left with the terminal. `line`: one of them in a line, for when the terminal is lost.
    pub(super) fn start<B: Board>(
        snapshots: watch::Receiver<B::Snapshot>,
        board: B,
        line: fn(&B::Snapshot) -> String,
    ) -> anyhow::Result<Self> {
        let watching = board.is_watching();
        let (sender, orders) = mpsc::channel(ORDERS);
        let (end, ended) = oneshot::channel();
        let hangup = signal(SignalKind::hangup()).context("cannot listen for SIGHUP")?;
        guard::enter().context("cannot draw on this terminal; --no-tui prints plain lines")?;
        let thread = std::thread::Builder::new()
            .name("dashboard".to_owned())
            .spawn(move || {
                show(snapshots, &sender, board, line);
                end.send(()).ok();
            });
        let thread = match thread {
            Ok(thread) => thread,
            Err(error) => {
                guard::leave();
                return Err(error).context("a thread for the dashboard could not be started");
            }
        };
        Ok(Self {
            thread: Some(thread),
            ended: Some(ended),
            watching,
            orders,
            hangup,
        })
    }

    /// What is asked for next. Never comes if nothing is.
    pub(super) async fn order(&mut self) -> Order {
        tokio::select! {
            Some(order) = self.orders.recv() => order,
            _ = self.hangup.recv() => {
                // There is nothing to draw on any more; the run still settles and reports.
                guard::leave();
                Order::Interrupt
            }
            () = over(&mut self.ended), if self.watching => Order::Interrupt,
            else => std::future::pending().await,
        }
    }

    /// Gives the terminal back. The snapshots have to be over.
    pub(super) async fn stop(mut self) {
        // One that hangs at a terminal that takes nothing is left behind, and nobody waits for it.
        let ended = tokio::time::timeout(PATIENCE, over(&mut self.ended)).await;
        if let Some(thread) = self.thread.take().filter(|_| ended.is_ok()) {
            thread.join().ok();
        }
        guard::leave();
    }
}

/// Waits until the thread has ended, whatever ended it.
async fn over(ended: &mut Option<oneshot::Receiver<()>>) {
    if let Some(waited_for) = ended {
        waited_for.await.ok();
        *ended = None;
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        guard::leave();
    }
}

/// Waits for a key for this long. An error: the terminal is gone, and whoever read from it now would read nothing for ever.
fn until_something_comes(wait: Duration) -> std::io::Result<()> {
    let stdin = std::io::stdin();
    let mut keys = [PollFd::new(&stdin, PollFlags::IN)];
    let wait = Timespec::try_from(wait).unwrap_or_default();
    match rustix::event::poll(&mut keys, Some(&wait)) {
        // A signal is as good as a key.
        Ok(_) | Err(Errno::INTR) => {}
        Err(error) => return Err(error.into()),
    }
    let gone = PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL;
    if keys[0].revents().intersects(gone) {
        return Err(std::io::ErrorKind::BrokenPipe.into());
    }
    Ok(())
}

/// Draws until the snapshots are over, or the terminal is gone.
fn show<B: Board>(
    mut snapshots: watch::Receiver<B::Snapshot>,
    orders: &mpsc::Sender<Order>,
    board: B,
    line: fn(&B::Snapshot) -> String,
) {
    let is_watching = board.is_watching();
    let Ok(mut drawn) = Drawn::new(orders, board) else {
        return guard::leave();
    };
    while let Ok(newer) = snapshots.has_changed() {
        if !guard::is_up() {
            // What goes on has to come to its end, and somebody may read of it; nobody watches any more.
            if !is_watching {
                lines(snapshots, line);
            }
            return;
        }
        if newer {
            drawn.newest = snapshots.borrow_and_update().clone();
            drawn.stale = true;
        }
        if drawn.turn().is_err() {
            guard::leave();
        }
    }
    guard::leave();
}

/// Progress lines, for the rest of what goes on where the terminal was given back because something panicked.
fn lines<S>(mut snapshots: watch::Receiver<S>, line: fn(&S) -> String) {
    let clock = Clock::start();
    let mut due = Time::ZERO;
    while let Ok(newer) = snapshots.has_changed() {
        if newer && clock.now() >= due {
            due = clock.now() + LINE_EVERY;
            let told = line(&snapshots.borrow_and_update());
            files::say(&told);
        }
        std::thread::sleep(FRAME);
    }
}

/// What is drawn, and when it was last.
struct Drawn<'a, B: Board> {
    terminal: Terminal<CrosstermBackend<Frames>>,
    orders: &'a mpsc::Sender<Order>,
    board: B,
    theme: Theme,
    newest: B::Snapshot,
    clock: Clock,
    /// The last frame.
    at: Option<Time>,
    /// What is drawn is not what there is.
    stale: bool,
}

impl<'a, B: Board> Drawn<'a, B> {
    fn new(orders: &'a mpsc::Sender<Order>, board: B) -> std::io::Result<Self> {
        Ok(Self {
            terminal: Terminal::new(CrosstermBackend::new(Frames::default()))?,
            orders,
            board,
            theme: theme(),
            newest: B::Snapshot::default(),
            clock: Clock::start(),
            at: None,
            stale: true,
        })
    }

    /// Draws if there is something new and it is time, then waits for a key, for no longer than a frame.
    fn turn(&mut self) -> std::io::Result<()> {
        for line in held::unseen() {
            self.board.say(&line);
            self.stale = true;
        }
        let now = self.clock.now();
        let due = self
            .at
            .map_or(Duration::ZERO, |at| FRAME.saturating_sub(now - at));
        if self.stale && due.is_zero() {
            self.draw()?;
            self.at = Some(now);
            self.stale = false;
        }
        let wait = if due.is_zero() { FRAME } else { due };
        until_something_comes(wait)?;
        // Another size comes by a signal, and is told here too.
        while event::poll(Duration::ZERO)? {
            self.happened(&event::read()?)?;
        }
        Ok(())
    }

    fn draw(&mut self) -> std::io::Result<()> {
        let (board, newest, theme) = (&mut self.board, &self.newest, self.theme);
        self.terminal
            .draw(|frame| board.draw(frame, newest, theme))?;
        Ok(())
    }

    fn happened(&mut self, event: &event::Event) -> std::io::Result<()> {
        self.stale |= matches!(event, event::Event::Resize(..));
        let Some(key) = keys::key(event) else {
            return Ok(());
        };
        self.stale = true;
        match self.board.press(key, &self.newest) {
            Some(Order::Redraw) => self.terminal.clear(),
            Some(order) => {
                self.orders.try_send(order).ok();
                Ok(())
            }
            None => Ok(()),
        }
    }
}
