//! Nodes that do not do in time, or in turn, what another asks of them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;

use crate::platform::hub::Audience;
use crate::platform::mutants::Mutant;
use crate::platform::nodes::Ask;
use crate::platform::said::Said;
use crate::platform::shared::Shared;

/// How late a push is: long enough for others to overtake it.
const LATE: Duration = Duration::from_millis(60);

/// Takes a push that another node asks for, to do it later than it says. False: it is to be done at once.
pub(in crate::platform) fn puts_off(shared: &Arc<Shared>, ask: Ask<'_>) -> bool {
    static PUSHES: AtomicU64 = AtomicU64::new(0);
    let Ask::Push {
        app,
        user,
        event,
        message,
    } = ask
    else {
        return false;
    };
    let mutants = shared.config.mutants;
    let every_other = mutants.has(Mutant::PerNodeReorder)
        && PUSHES.fetch_add(1, Ordering::Relaxed).is_multiple_of(2);
    if !every_other && !mutants.has(Mutant::EarlyNodeAck) {
        return false;
    }
    let (user, event) = (user.map(str::to_owned), event.to_owned());
    let (text, bytes) = match message {
        Some(Said::Json(json)) => (Some(json.to_owned()), None),
        Some(Said::Bytes(bytes)) => (None, Some(Bytes::copy_from_slice(bytes))),
        None => (None, None),
    };
    let late = Arc::clone(shared);
    shared.spawn(async move {
        tokio::time::sleep(LATE).await;
        let audience = user.as_deref().map_or(Audience::Everyone, Audience::User);
        let said = text.as_deref().map(Said::Json);
        let said = said.or(bytes.as_deref().map(Said::Bytes));
        let now = late.clock.now();
        late.hub.push(app, audience, &event, said, now);
    });
    true
}
