//! What mutants do that takes more than a line where they stand, by the topic of the cases that tell them. Each of these functions does
//! nothing, and quickly, unless its mutant is on.

pub(super) mod nodes;
pub(super) mod se;
pub(super) mod transports;
