//! What somebody who watches over the platform is told of it.

use super::faults;
use super::shared::Shared;
use serde_json::{Value, json};
use std::cmp::Reverse;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Most users of an app that are told of by name: those with the most sockets.
const MOST_USERS: usize = 100;

/// Pushes of an app, counted since the platform was started.
#[derive(Debug, Default)]
pub(crate) struct PushCount {
    asked: AtomicU64,
    queued: AtomicU64,
}

impl PushCount {
    /// One was asked for, and queued at so many sockets of this node.
    pub(crate) fn count(&self, sockets: usize) {
        self.asked.fetch_add(1, Ordering::Relaxed);
        self.queued.fetch_add(sockets as u64, Ordering::Relaxed);
    }
}

/// The platform as it is now, as JSON.
pub(crate) fn state(shared: &Shared) -> Value {
    let apps = shared.config.apps.iter().enumerate();
    let apps: Vec<Value> = apps.map(|(place, _)| app(shared, place)).collect();
    json!({
        "up_ms": shared.clock.now().as_micros() / 1_000,
        "connections": shared.connections(),
        "apps": apps,
        "faults": faults::truth(shared.hub.faults(), &shared.config.faults),
    })
}

fn app(shared: &Shared, place: usize) -> Value {
    let app = &shared.config.apps[place];
    let (sockets, mut users) = shared.hub.present(place);
    let of_users = users.len();
    users.sort_by_cached_key(|(user, sockets)| (Reverse(*sockets), Arc::clone(user)));
    users.truncate(MOST_USERS);
    let users: Vec<Value> = users
        .iter()
        .map(|(user, sockets)| json!({"user": &**user, "sockets": sockets}))
        .collect();
    let data = shared.data.app(place, &app.structures);
    let objects = app.structures.iter().enumerate();
    let objects: Vec<Value> = objects
        .map(|(at, structure)| json!({"structure": structure.name, "objects": data.count(at)}))
        .collect();
    let pushes = &shared.pushes[place];
    json!({
        "name": app.name,
        "title": app.title.as_ref().unwrap_or(&app.name),
        "plugin": app.sockets,
        "sockets": sockets,
        "users": of_users,
        "users_most": users,
        "pushes": pushes.asked.load(Ordering::Relaxed),
        "queued": pushes.queued.load(Ordering::Relaxed),
        "objects": objects,
    })
}
