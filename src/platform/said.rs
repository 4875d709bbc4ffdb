//! What an event says besides its name: JSON, or bytes.

use serde::{Deserialize, Serialize};

/// The argument of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Said<'a> {
    /// JSON as it stands.
    Json(&'a str),
    /// Bytes, which are attached.
    Bytes(&'a [u8]),
}

impl Said<'_> {
    /// The same, kept.
    pub(crate) fn to_kept(self) -> Kept {
        match self {
            Self::Json(json) => Kept::Json(json.to_owned()),
            Self::Bytes(bytes) => Kept::Bytes(bytes.to_owned()),
        }
    }
}

/// The argument of an event, kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kept {
    Json(String),
    Bytes(Vec<u8>),
}

impl Kept {
    pub(crate) fn said(&self) -> Said<'_> {
        match self {
            Self::Json(json) => Said::Json(json),
            Self::Bytes(bytes) => Said::Bytes(bytes),
        }
    }
}
