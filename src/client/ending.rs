//! What the end of a connection is told as.

use super::listener::{ConnectError, Ended};
use crate::history::Leave;
use crate::time::Time;

/// The end of a connection on which CONNECT was not accepted.
pub(super) fn not_connected(leave: Leave, detail: &str) -> Ended {
    let what = match detail {
        "" => leave.describe().to_owned(),
        detail => detail.to_owned(),
    };
    Ended::NotConnected(if leave == Leave::ProtocolError {
        ConnectError::NotSocketIo(what)
    } else {
        ConnectError::Closed(what)
    })
}

/// The end of one that was connected, last heard of at `heard`. Once goodbye was said the end is no death, whoever made it.
pub(super) fn left(
    leave: Leave,
    detail: &str,
    said_goodbye: bool,
    heard: Time,
    not_before: Time,
) -> Ended {
    let after = match leave {
        // Found by this side alone, or made by it: the link may have been dead for long.
        Leave::PingTimeout
        | Leave::ConnectionLost
        | Leave::Ours
        | Leave::OursAbrupt
        | Leave::Stuck
        | Leave::Evicted
        | Leave::Overdue => heard,
        // It came from the target, and whatever that had sent came before it.
        Leave::ServerDisconnect | Leave::ServerClose | Leave::Overload | Leave::ProtocolError => {
            not_before
        }
    };
    Ended::Left {
        leave: if said_goodbye { Leave::Ours } else { leave },
        detail: detail.to_owned(),
        after,
    }
}
