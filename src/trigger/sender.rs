//! Asking by an event that a socket of the run's emits: in each app the lane has a user who sends, by the first of the user's sockets.
//!
//! The ack is the answer, as for a publisher. Who is not connected is waited for before a push is asked for, so that it counts as sent when
//! it can be. What was under way when the connection ended is unknown, and nothing is asked twice.

use std::time::Duration;

use super::{Asked, Wanted, socket};
use crate::client::sender::Sender;
use crate::scenario::triggers::SocketWay;

/// A user who sends for a lane in an app.
#[derive(Debug, Clone)]
pub struct Speaker {
    /// The app id.
    pub app: String,
    /// The user's name.
    pub name: String,
    /// The socket.
    pub sender: Sender,
}

/// One lane's, in every app.
pub(super) struct Speakers {
    way: SocketWay,
    timeout: Duration,
    all: Vec<Speaker>,
}

impl Speakers {
    pub(super) fn new(way: SocketWay, timeout: Duration, all: Vec<Speaker>) -> Self {
        Self { way, timeout, all }
    }

    fn of(&self, app: &str) -> Option<&Speaker> {
        self.all.iter().find(|speaker| speaker.app == app)
    }

    /// What stands between the brackets of the event's arguments.
    pub(super) fn args(&self, wanted: &Wanted<'_>) -> String {
        let from = self.of(wanted.app).map_or("", |speaker| &speaker.name);
        socket::args(&self.way, wanted, from)
    }

    pub(super) fn is_there(&self, app: &str) -> bool {
        self.of(app).is_none_or(|speaker| speaker.sender.is_there())
    }

    /// Waits until the sender in an app is connected, for as long as an answer may take.
    pub(super) async fn there(&mut self, app: &str) {
        if let Some(speaker) = self.all.iter_mut().find(|speaker| speaker.app == app) {
            let there = speaker.sender.there();
            tokio::time::timeout(self.timeout, there).await.ok();
        }
    }

    pub(super) async fn emit(&self, app: &str, args: String, bytes: Option<Vec<u8>>) -> Asked {
        let Some(speaker) = self.of(app) else {
            return Asked::unknown("no user of the run holds a socket here to send by");
        };
        let (emit, ack) = (&self.way.emit, self.way.ack);
        let acked = speaker.sender.emit(emit, args, bytes, ack, self.timeout);
        match acked.await {
            Ok(acked) => socket::judge(&self.way, &acked),
            Err(error) => Asked::unknown(error.to_string()),
        }
    }
}
