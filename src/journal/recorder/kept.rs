//! How much is kept of what came.

/// Most bytes of an event that are kept: name, payload and attachments.
pub const MOST_KEPT: usize = 64 << 10;
/// Most bytes of a name that are kept of an event larger than that.
pub(super) const MOST_NAME: usize = 4 << 10;

/// As much of a text as fits.
pub(super) fn start(text: &str, most: usize) -> &str {
    let mut end = most.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}
