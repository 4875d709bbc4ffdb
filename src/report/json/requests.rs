//! The part of the report that is about requests: events that sockets emitted, and their answers.

use std::borrow::Cow;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::history::Reply;
use crate::measure::RequestExample;
use crate::summary::Summary;

/// Events that sockets emitted, with an ack wanted.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Requests {
    /// The event's name.
    pub event: String,
    /// Requests of the schedule.
    pub scheduled: u64,
    /// Requests emitted; none is while its socket is away.
    pub sent: u64,
    /// Those with the right answer.
    pub answered: u64,
    /// Those with another answer: any of them fails the run.
    pub wrong: u64,
    /// Those without an answer in time although the socket stayed connected: any of them fails the run.
    pub timed_out: u64,
    /// Those whose connection, or the run, ended before their answer.
    pub unanswered: u64,
    /// Acks that no request explains, or that had come before: any of them fails the run.
    pub unasked: u64,
    /// Answers to requests that had timed out.
    pub late: u64,
    /// The first 20 of each: requests with a wrong answer, requests without one, acks that no request explains.
    pub examples: Vec<Example>,
}

/// A request that went wrong.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Example {
    /// `wrong`, `timed_out` or `unasked`.
    pub what: Cow<'static, str>,
    /// Which request, by its place in the schedule, which is its `{{seq}}`; `null` for an ack that no request explains.
    pub seq: Option<u64>,
    /// The socket.
    pub socket: u32,
    /// Whose it is.
    pub user: String,
    /// That user's app.
    pub app: String,
    /// The arguments of the ack, as JSON, or their first 400 bytes; `null` if none came.
    pub answer: Option<String>,
    /// When the schedule wanted it, since the start of the run.
    pub intended_us: Option<u64>,
    /// When it was sent.
    pub sent_us: Option<u64>,
    /// When its answer came, or it was given up.
    pub at_us: u64,
}

/// `None`: no socket of the scenario emits anything.
pub(super) fn requests(summary: &Summary) -> Option<Requests> {
    let asked = summary.plan.requests.as_ref()?;
    let counts = &summary.requests.counts;
    let examples = summary.requests.examples().iter();
    Some(Requests {
        event: asked.event.clone(),
        scheduled: summary.plan.requests_scheduled(),
        sent: counts.sent,
        answered: counts.answered,
        wrong: counts.wrong,
        timed_out: counts.timed_out,
        unanswered: counts.unanswered(),
        unasked: counts.unasked,
        late: counts.late,
        examples: examples.map(|one| example(summary, one)).collect(),
    })
}

fn example(summary: &Summary, example: &RequestExample) -> Example {
    let (plan, request) = (&summary.plan, &example.request);
    let asked = example.reply != Reply::Unasked;
    let app = plan.apps.get(plan.app_of(request.user).index());
    Example {
        what: what(example.reply).into(),
        seq: asked.then_some(request.number),
        socket: request.socket.0,
        user: plan.name_of(request.user),
        app: app.cloned().unwrap_or_default(),
        answer: (example.reply != Reply::None).then(|| example.answer.clone()),
        intended_us: asked.then(|| request.intended.as_micros()),
        sent_us: asked.then(|| request.sent.as_micros()),
        at_us: example.at.as_micros(),
    }
}

fn what(reply: Reply) -> &'static str {
    match reply {
        Reply::Wrong => "wrong",
        Reply::Unasked => "unasked",
        _ => "timed_out",
    }
}
