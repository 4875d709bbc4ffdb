//! Requests of sockets, on their way into the journal. No judge has to know of them.

use super::Recorder;
use super::kept::{MOST_KEPT, start};
use crate::history::{Reply, Request};
use crate::journal::fact::Fact;
use crate::time::Time;

impl Recorder {
    /// A socket emitted an event, and awaits an answer.
    pub fn requested(&mut self, request: &Request) {
        if let Some(record) = &mut self.record {
            record.log.put(request.sent, &Fact::Requested(*request));
        }
    }

    /// It is known what came of it. Only an answer that is not right is kept, or its start.
    pub fn request_over(&mut self, request: &Request, reply: Reply, at: Time, answer: &str) {
        if let Some(record) = &mut self.record {
            let answer = match reply {
                Reply::Wrong | Reply::Unasked => start(answer, MOST_KEPT),
                Reply::Right | Reply::None | Reply::Gone | Reply::Late => "",
            };
            let request = *request;
            let fact = Fact::Replied {
                request,
                reply,
                at,
                answer,
            };
            record.log.put(at, &fact);
        }
    }
}
