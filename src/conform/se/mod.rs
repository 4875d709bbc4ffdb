//! SE: security and robustness.

use super::case::Case;

/// Its cases.
pub(super) static CASES: [Case; 0] = [];
