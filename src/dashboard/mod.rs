//! The live dashboard: what a person sees of a run while it goes on, on a terminal.
//!
//! [`state`] is what is shown and what keys do, without any terminal; [`render`] draws an immutable [`crate::summary::Snapshot`] by it,
//! one file for each widget; [`theme`] is how that looks. Whoever has a terminal feeds keys and snapshots in, and carries out what
//! [`state::State::press`] asks for. *Invariants:* nothing here touches a terminal, waits, or sees the run; no size, snapshot or key makes it
//! panic; whatever came over the network is shown harmlessly; nothing is told by colour alone.

pub mod render;
pub mod state;
#[cfg(test)]
mod tests;
mod text;
pub mod theme;

pub use render::draw;
pub use state::State;
pub use theme::Theme;
