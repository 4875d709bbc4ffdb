//! Lists of what is tried, without a terminal.

mod keys;
mod made;
mod screens;
