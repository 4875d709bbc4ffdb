//! What a seed stands for: each choice about a socket has draws of its own, so that none depends on another or on the order they are made
//! in.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use crate::ids::SocketId;

/// The draws for choice `n` of its kind about a socket; `kind` tells it from all others of the seed.
pub(super) fn of(seed: u64, kind: u64, socket: SocketId, n: u32) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(seed ^ kind);
    rng.set_stream(u64::from(socket.0) << 32 | u64::from(n));
    rng
}

/// A number from 0 to below 1.
pub(super) fn unit(rng: &mut ChaCha8Rng) -> f64 {
    (rng.next_u64() >> 11) as f64 * 2_f64.powi(-53)
}
