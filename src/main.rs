//! The `pushproof` command.

fn main() {}
