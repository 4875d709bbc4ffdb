//! Seeds nobody chose.

use anyhow::Context as _;

/// Draws a seed that readers of JSON who know numbers only as doubles read whole.
pub(super) fn draw_seed() -> anyhow::Result<u64> {
    let seed = getrandom::u64().context("the system gives no random numbers")?;
    Ok(seed & ((1 << 53) - 1))
}

/// 128 random bits as a name that no other has, and that nobody can guess.
pub(super) fn random_name() -> anyhow::Result<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).context("the system gives no random numbers")?;
    Ok(format!("{:032x}", u128::from_le_bytes(bytes)))
}
