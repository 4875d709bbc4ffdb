//! What mutants do that takes more than a line where they stand.

pub(super) mod nodes;
