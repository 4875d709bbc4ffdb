//! The way of a socket to where the engine holds it: in at first, and back whenever a connection has ended. A task only for so long, unless
//! it polls.

use std::rc::Rc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, watch};

use super::hold::{Held, Member};
use super::life::{Life, Next};
use super::login::Door;
use super::shard::{Note, Order};
use super::shared::Shared;
use crate::client::endpoint::{self, Endpoint};
use crate::client::listener::{ConnectError, Ended};
use crate::client::login::LoginError;
use crate::client::polling;
use crate::scenario::{Driver, Transport};

/// Brings a socket of the plan in for the first time.
pub(super) async fn come(shared: Rc<Shared>, member: Member, permit: OwnedSemaphorePermit) {
    let life = Life::new(member.socket);
    connect(shared, member, life, permit).await;
}

/// A connection that the engine held has ended: the socket goes on its way back, unless the run is over.
pub(super) fn over(shared: &Rc<Shared>, held: Held, ended: Ended) {
    let (member, life, next, away) = held.ended(ended);
    if next != Next::Over && *shared.orders.borrow() != Order::Leave {
        shared.spawn(come_back(Rc::clone(shared), member, life, next, away));
    }
}

async fn come_back(
    shared: Rc<Shared>,
    mut member: Member,
    mut life: Life,
    next: Next,
    away: Duration,
) {
    let back = Box::pin(way_back(&shared, &mut member, &mut life, next, away));
    match back.await {
        Some(permit) => connect(shared, member, life, permit).await,
        None => shared.forsake(&member),
    }
}

/// Connects until the engine has it. While it polls it is held here.
async fn connect(
    shared: Rc<Shared>,
    mut member: Member,
    mut life: Life,
    mut permit: OwnedSemaphorePermit,
) {
    loop {
        let own = shared.own_endpoint_of(&member);
        let endpoint = own
            .as_deref()
            .unwrap_or_else(|| shared.endpoint_of(&member));
        let turn = member.socket.index();
        let mut held = Held::new(&shared, member, life, permit);
        let mut orders = shared.orders.clone();
        let transport = shared.transport_of(&held.member);
        let over = if shared.plan.clients.driver == Driver::RustSocketio {
            // Boxed as that of sockets which poll, for the same reason.
            Box::pin(second(&shared, endpoint, held, orders)).await
        } else if transport == Transport::WebSocket {
            let opened = tokio::select! {
                opened = endpoint::open(endpoint, turn) => opened,
                () = told_to_leave(&mut orders) => Err(ConnectError::Stopped),
            };
            match opened {
                Ok(opened) => {
                    let hello = held.hello();
                    return shared.engine.add(opened, hello, held);
                }
                Err(error) => (held, Ended::NotConnected(error)),
            }
        } else {
            let upgrades = transport == Transport::Upgrade;
            // Most are WebSockets at once.
            let polls = Box::pin(poll(&shared, endpoint, turn, held, orders, upgrades));
            match polls.await {
                polling::Over::Ended(held, ended) => (held, ended),
                polling::Over::Moved(moved) => return shared.engine.carry(*moved),
            }
        };
        let (held, ended) = over;
        let (next, away);
        (member, life, next, away) = held.ended(ended);
        // Most never come here: what they would need for it shall not be part of their way in.
        let back = way_back(&shared, &mut member, &mut life, next, away);
        match Box::pin(back).await {
            Some(again) => permit = again,
            None => return shared.forsake(&member),
        }
    }
}

/// Holds a socket by the second driver, from its connection to the end of that.
#[cfg(feature = "rust_socketio")]
async fn second(
    shared: &Shared,
    endpoint: &Endpoint,
    mut held: Held,
    orders: watch::Receiver<Order>,
) -> (Held, Ended) {
    let hello = held.hello();
    crate::client::rust_socketio::hold(endpoint, &hello, held, shared.clock, orders).await
}

/// In a build without it no run begins that asks for it.
#[cfg(not(feature = "rust_socketio"))]
fn second(
    _: &Shared,
    _: &Endpoint,
    held: Held,
    _: watch::Receiver<Order>,
) -> impl Future<Output = (Held, Ended)> {
    let lacking = Driver::RustSocketio.lacking().unwrap_or_default();
    let error = ConnectError::Closed(lacking.to_owned());
    std::future::ready((held, Ended::NotConnected(error)))
}

/// Opens a session on long-polling and holds it, until it has ended or moved to a WebSocket.
async fn poll(
    shared: &Shared,
    endpoint: &Endpoint,
    turn: usize,
    mut held: Held,
    mut orders: watch::Receiver<Order>,
    upgrades: bool,
) -> polling::Over<Held> {
    let opened = tokio::select! {
        opened = polling::open(endpoint, turn) => opened,
        () = told_to_leave(&mut orders) => Err(ConnectError::Stopped),
    };
    let opened = match opened {
        Ok(opened) => opened,
        Err(error) => return polling::Over::Ended(held, Ended::NotConnected(error)),
    };
    shared.polled.set(true);
    let stays = upgrades.then_some(|why| shared.say(Note::NotUpgraded { why }));
    let hello = held.hello();
    let over = polling::hold(opened, hello, held, shared.clock, orders, stays).await;
    if matches!(over, polling::Over::Moved(_)) {
        shared.say(Note::Upgraded);
    }
    over
}

/// All that lies between the end of a connection and the next attempt. `None`: there will be none.
async fn way_back(
    shared: &Shared,
    member: &mut Member,
    life: &mut Life,
    mut next: Next,
    away: Duration,
) -> Option<OwnedSemaphorePermit> {
    if next == Next::LogIn {
        // The login counts as part of the way back.
        let permit = shared.permit().await?;
        match Box::pin(log_in(shared, member)).await? {
            Ok(()) => return Some(permit),
            Err(error) => {
                drop(permit);
                let (why, plan) = (error.reason(), &shared.plan);
                next = life.failed(why, error.shortage(), &plan.clients, plan.seed);
            }
        }
    }
    let (note, wait) = match next {
        Next::Over | Next::LogIn => return None,
        Next::Refused(error) => {
            let shortage = error.shortage().map(str::to_owned);
            let why = error.to_string();
            (Note::Refused { why, shortage }, None)
        }
        Next::Away => (Note::Away, Some(away)),
        Next::Dropped {
            leave,
            detail,
            wait,
        } => {
            let returns = wait.is_some();
            let note = Note::Dropped {
                leave,
                detail,
                returns,
            };
            (note, wait)
        }
        Next::NotBack {
            why,
            shortage,
            wait,
        } => {
            let gives_up = wait.is_none();
            let note = Note::NotBack {
                why,
                shortage,
                gives_up,
            };
            (note, wait)
        }
    };
    if *shared.orders.borrow() == Order::Leave {
        return None;
    }
    // Not the target's doing: its absence is over when pushing is.
    let ours = match &note {
        Note::Away => true,
        Note::Dropped { leave, .. } => leave.is_neglect(),
        _ => false,
    };
    shared.tell(note).await;
    let wait = wait?;
    shared.stays_away(member, wait);
    if !stay_away(shared, wait, ours).await {
        return None;
    }
    shared.permit().await
}

/// False: the run is over. A socket that left, or was ended, because the scenario says so comes back at the latest when pushing is over.
async fn stay_away(shared: &Shared, wait: Duration, ours: bool) -> bool {
    let mut orders = shared.orders.clone();
    let until = shared.clock.now() + wait;
    loop {
        match *orders.borrow_and_update() {
            Order::Leave => return false,
            Order::Stay if ours => return true,
            _ => {}
        }
        tokio::select! {
            () = tokio::time::sleep_until(shared.clock.instant(until)) => return true,
            changed = orders.changed() => if changed.is_err() {
                return false;
            }
        }
    }
}

/// `None`: the run is over.
async fn log_in(shared: &Shared, member: &mut Member) -> Option<Result<(), LoginError>> {
    let mut orders = shared.orders.clone();
    let begun = shared.clock.now();
    let door = Door {
        plan: &shared.plan,
        nodes: &shared.nodes,
        clock: shared.clock,
        rate: Some(&shared.logins),
        waits_for_target: true,
    };
    let (login, tried) = tokio::select! {
        login = door.log_in(member.user) => login,
        () = told_to_leave(&mut orders) => return None,
    };
    let took = login.is_ok().then(|| shared.clock.now() - begun);
    if !tried.0.is_empty() {
        shared.tell(Note::LoggedIn { took, tried }).await;
    }
    Some(login.map(|credentials| member.session = credentials))
}

async fn told_to_leave(orders: &mut watch::Receiver<Order>) {
    orders.wait_for(|order| *order == Order::Leave).await.ok();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size<F: Future>(_: fn(Rc<Shared>, Member, OwnedSemaphorePermit) -> F) -> usize {
        size_of::<F>()
    }

    /// Hundreds of them at once leave their memory behind.
    #[test]
    fn the_way_in_is_small() {
        let size = size(come);
        assert!(size <= 1_400, "{size} bytes");
    }
}
