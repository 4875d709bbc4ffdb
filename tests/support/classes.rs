//! The classes of violation, as every report names them.

pub(crate) const CLASSES: [&str; 9] = [
    "lost",
    "duplicated",
    "misdelivered",
    "misrouted",
    "corrupted",
    "reordered",
    "late",
    "phantom",
    "premature",
];
