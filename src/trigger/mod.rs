//! Triggers: the ways of asking a target for a push, and the lanes that ask.
//!
//! * [`http`]: the platform's HTTP endpoint.
//! * [`lane`]: one sequential trigger worker, whatever the way.
//! * [`turns`]: which pushes no two lanes may ask for at once.

pub mod http;
pub mod lane;
pub mod turns;
