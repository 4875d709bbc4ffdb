//! A run.
pub mod machine;
