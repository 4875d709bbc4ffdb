//! RC: coming back, and recovery.

use super::case::Case;

/// Its cases.
pub(super) static CASES: [Case; 0] = [];
