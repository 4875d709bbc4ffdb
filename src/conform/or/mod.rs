//! OR: order, and how often.

use super::case::Case;

/// Its cases.
pub(super) static CASES: [Case; 0] = [];
