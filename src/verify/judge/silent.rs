//! Whom to ask for a sign of life before judging ends.
//!
//! A link that dies without a word looks like one on which nothing happens. What is missing there is lost only if the connection was
//! still there when it should have come, and that takes a sign of life from later.

use std::sync::Arc;

use super::{Judge, Slot};
use crate::history::Outcome;
use crate::time::Time;
use crate::verify::streams::Streams;

impl Judge {
    /// Connections that lack something which [`Judge::finish`] would call lost, and that have shown no sign of life after `since`.
    /// `rest`: the pushes that have not settled. What the pushes before are found missing for good is not asked about again.
    pub fn silent(&mut self, rest: &Streams, since: Time) -> Vec<Slot> {
        let first = self.batches - self.pending.len() as u32;
        let pending = std::mem::take(&mut self.pending);
        let mut silent = Vec::new();
        for socket in 0..self.sockets.all.len() {
            let judged = self.sockets.all[socket].judged;
            let slots: Vec<_> = self.sockets.connections(socket).collect();
            for slot in slots {
                let connection = self.sockets.at(slot);
                if !connection.presence.is_silent(since) {
                    continue;
                }
                let from = judged.max(connection.opened);
                let batches = (first..).zip(pending.iter().map(Arc::as_ref).chain([rest]));
                let mut batches = batches.skip_while(|(number, _)| *number < from);
                if batches.any(|(_, streams)| self.lacks(slot, streams)) {
                    silent.push(self.sockets.slot(slot));
                }
            }
        }
        self.pending = pending;
        silent
    }

    /// Whether a connection lasts as far as is known, and has shown no sign of life after `since`.
    pub fn is_silent(&mut self, slot: Slot, since: Time) -> bool {
        let connection = self.sockets.get(slot);
        connection.is_some_and(|connection| connection.presence.is_silent(since))
    }

    /// Whether something that was expected has not come.
    fn lacks(&mut self, slot: u32, streams: &Streams) -> bool {
        let socket = self.sockets.of(slot);
        let (app, user) = (socket.app, socket.user);
        let presence = self.sockets.at(slot).presence;
        let mut all = streams.of_socket(app, user);
        all.any(|(lane, audience, stream)| {
            let expected = presence.spans(stream, self.rules.settle).expected;
            let missing = self.sockets.missing(slot, lane, audience, stream.range());
            missing.into_iter().any(|(from, to)| {
                let lost = from.max(expected.start)..to.min(expected.end);
                stream.count(Outcome::Accepted, lost) > 0
            })
        })
    }
}
