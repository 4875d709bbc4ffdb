//! Good credentials, and what CONNECT says.

use std::time::Duration;

use crate::conform::case::{Judged, missed};
use crate::conform::probe::Probe;
use crate::conform::probe::socket::Came;
use crate::protocol::socket::PacketType;
use crate::summary::conformance::Outcome;

/// How long a second answer is waited for.
const LATER: Duration = Duration::from_millis(300);

/// AU-01.
pub(super) async fn once(probe: Probe) -> Judged {
    let (user, _seat) = probe.user().await?;
    for way in probe.ways() {
        let shows = probe.log_in(&user).await?;
        let mut socket = probe.socket_over(&shows, way).await?;
        if socket.sid.is_empty() {
            return Err(missed("a sid with something in it", "an empty one"));
        }
        while let Some(came) = socket.next_within(LATER).await {
            let again = matches!(&came, Came::Packet(packet) if packet.kind == PacketType::Connect);
            if again || matches!(came, Came::Ended(..)) {
                let seen = format!("over {}: {} as well", way.name(), came.told());
                return Err(missed("one answer to CONNECT", seen));
            }
        }
    }
    Ok(Outcome::Pass)
}
