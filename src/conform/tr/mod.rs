//! TR: transports, and the upgrade between them.

use super::case::Case;

/// Its cases.
pub(super) static CASES: [Case; 0] = [];
