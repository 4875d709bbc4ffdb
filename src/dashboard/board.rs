//! What has a terminal to itself, whatever it shows.

use ratatui::Frame;

use super::keys::Key;
use super::state::Order;
use super::theme::Theme;

/// A dashboard: its state, without any terminal. Whoever has one hands newer snapshots and keys in, and carries out what is asked for.
pub trait Board: Send + 'static {
    /// What is shown, at one moment: handed over whole, and never changed after that.
    type Snapshot: Clone + Default + Send + Sync + 'static;

    /// Draws everything.
    fn draw(&mut self, frame: &mut Frame<'_>, newest: &Self::Snapshot, theme: Theme);

    /// A key was pressed while this was the newest.
    fn press(&mut self, key: Key, newest: &Self::Snapshot) -> Option<Order>;

    /// Whether what it shows goes on elsewhere, or is over: then it is left with the terminal, and nobody reads on without one.
    fn is_watching(&self) -> bool {
        false
    }

    /// Something was said that would otherwise stand on the terminal.
    fn say(&mut self, line: &str);
}
