//! Seeds nobody chose.

use anyhow::Context as _;

/// Draws a seed that readers of JSON who know numbers only as doubles read whole.
pub(super) fn draw_seed() -> anyhow::Result<u64> {
    let seed = getrandom::u64().context("the system gives no random numbers")?;
    Ok(seed & ((1 << 53) - 1))
}
