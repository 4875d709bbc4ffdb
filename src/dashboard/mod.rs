//! The live dashboards: what a person sees of a run, of a suite of cases or trials, or of a search while it goes on, on a terminal.
//!
//! Each is a [`Board`]: a state that is drawn and that keys change, without any terminal. [`state`] and [`render`] are the run's, with one
//! file for each widget; it draws an immutable [`crate::summary::Snapshot`]. [`list`] shows things that are tried one by one. They share
//! [`keys`], [`around`] (a paused view, the help, ending early), [`theme`], and how panels, plots and texts are drawn. Whoever has a terminal
//! feeds keys and snapshots in, and carries out what is asked for. *Invariants:* nothing here touches a terminal, waits, or sees what runs; no
//! size, snapshot or key makes it panic; whatever came over the network is shown harmlessly; nothing is told by colour alone.

pub mod around;
pub mod board;
mod help;
pub mod keys;
pub mod list;
mod panel;
mod plot;
pub mod render;
pub mod state;
#[cfg(test)]
mod tests;
mod text;
pub mod theme;

pub use board::Board;
pub use render::draw;
pub use state::State;
pub use theme::Theme;
