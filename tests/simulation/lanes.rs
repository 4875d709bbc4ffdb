//! The generator's lanes: each asks for its next push after the answer to the last.

use pushproof::history::{Outcome, Push};
use pushproof::ids::{AppId, Audience, EventId, PushId, UserId};
use pushproof::time::Time;
use pushproof::verify::{Answer, Source, Tag};

use crate::server::Asked;
use crate::world::{APPS, EVENTS, Event, MS, World};

/// A lane waits so long for an answer.
const ANSWER_TIMEOUT: u64 = 250 * MS;

impl World {
    pub(crate) fn send_push(&mut self, lane: u32) {
        let sender = &mut self.lanes[lane as usize];
        if sender.left == 0 {
            return self.lane_ended();
        }
        sender.left -= 1;
        let user = UserId(self.rand.below(u64::from(self.setup.users)) as u32);
        let app = AppId(user.0 % APPS);
        let audience = if self.rand.one_in(2) {
            Audience::Everyone
        } else {
            Audience::User(user)
        };
        let event = EventId(self.rand.below(EVENTS.len() as u64) as u32);
        let now = self.time();
        let writer = &mut self.lanes[lane as usize].writer;
        let stream_seq = writer.next_in_stream(app, audience);
        let push = Push {
            intended: now,
            sent: now,
            app,
            audience,
            event,
            stream_seq,
        };
        let id = writer.send(&push).expect("the ledger has room");
        self.lanes[lane as usize].waiting = Some(id);
        let payload = self.source.payload(&Tag {
            push: id,
            app,
            audience,
            event,
            stream_seq,
            intended: now,
        });
        let at = self.now + self.latency();
        let asked = Asked {
            id,
            app,
            audience,
            event: EVENTS[event.index()].to_owned(),
            payload,
            at,
        };
        self.at(at, Event::Request(asked));
        self.at(self.now + ANSWER_TIMEOUT, Event::AnswerTimeout(id));
    }

    pub(crate) fn answered(&mut self, push: PushId, outcome: Outcome) {
        let lane = push.lane;
        let sender = &mut self.lanes[lane.index()];
        if sender.waiting != Some(push) {
            return;
        }
        sender.waiting = None;
        let at = Time::from_nanos(self.now);
        sender.writer.answer(push, Answer { outcome, at });
        let pause = if self.rand.one_in(3) {
            150 * MS
        } else {
            15 * MS
        };
        let next = self.now + self.rand.below(pause);
        self.at(next, Event::Lane(lane.0));
    }

    pub(crate) fn lane_ended(&mut self) {
        if self
            .lanes
            .iter()
            .all(|l| l.left == 0 && l.waiting.is_none())
        {
            self.lanes_ended_at.get_or_insert(self.now);
            let settled = self.now + self.setup.settle.as_nanos() as u64;
            self.stop_at = settled.max(self.away_until + self.setup.settle.as_nanos() as u64);
            // Whatever waits to be overtaken has waited long enough.
            for conn in 0..self.peers.len() {
                if let Some(frame) = self.peers[conn].release() {
                    self.server_says(conn, frame);
                }
            }
        }
    }
}
