//! By hand: one push, and whatever comes at a socket. For people who want to see what a target does, and for scripts.
//!
//! * [`push`] asks for one push, over the same trigger as a run.
//! * [`listen`](mod@listen) logs users in, holds a socket for each of them with the same driver as a run, and tells what they hear.
//!
//! Nothing here judges or prints. Both go by a [`Plan`], so that whatever a plan says of a target holds here too.

mod ear;
pub mod listen;
mod way;
pub mod who;

use std::sync::Arc;
use std::time::Duration;

use crate::client::http::Answer;
use crate::clock::Clock;
use crate::fleet::nodes::Nodes;
use crate::history::Outcome;
use crate::ids::{AppId, Lane};
use crate::run;
use crate::scenario::Plan;
use crate::summary::Target;
use crate::trigger::{Asker, Wanted};

/// A push to ask for.
#[derive(Debug, Clone, Copy)]
pub struct Push<'a> {
    /// In which app.
    pub app: AppId,
    /// A user, or `*` for everyone in the app.
    pub audience: &'a str,
    /// The event name.
    pub event: &'a str,
    /// The message as JSON; empty: the event has no arguments.
    pub message: &'a str,
    /// The message as bytes, in place of JSON.
    pub bytes: Option<&'a [u8]>,
    /// By which trigger of the plan, from 0.
    pub trigger: usize,
}

/// What everyone is called.
pub const EVERYONE: &str = "*";

impl Push<'_> {
    /// What its trigger asks of a list of users, and no list has, in words.
    pub fn lacks(&self, plan: &Plan) -> Option<String> {
        let everyone = self.audience == EVERYONE;
        let places = plan.contract.triggers[self.trigger].way.places();
        let mut places = places
            .into_iter()
            .filter(|place| if everyone { place.everyone } else { place.one });
        let (key, column) =
            places.find_map(|place| Some((place.key, place.template.columns().next()?)))?;
        if everyone {
            return Some(format!(
                "a push at everyone has no {{{{user.{column}}}}}, which {key} of the trigger asks for; name a user"
            ));
        }
        let listed = plan.somebody(self.app, self.audience).listed();
        match listed.map(|listed| listed.column(column)) {
            None => Some(who::not_listed(plan, self.audience).to_string()),
            Some("") => Some(format!(
                "{:?} has no {column}, which {key} of the trigger asks for",
                self.audience
            )),
            Some(_) => None,
        }
    }
}

/// How the asking ended.
#[derive(Debug, Clone)]
pub struct Answered {
    /// What is known of the push.
    pub outcome: Outcome,
    /// Why it is not accepted.
    pub why: Option<String>,
    /// What the target answered, if it did.
    pub answer: Option<Answer>,
    /// From the first byte to the answer, or to when it was given up.
    pub took: Duration,
}

/// Asks for a push at the first node of a plan. Nothing is waited for longer than `timeout`.
pub async fn push(plan: &Arc<Plan>, push: Push<'_>, timeout: Duration) -> Answered {
    let clock = Clock::start();
    let nodes = match look_up(plan, timeout).await {
        Ok(nodes) => nodes,
        Err(why) => {
            return Answered {
                outcome: Outcome::Unknown,
                why: Some(why),
                answer: None,
                took: clock.now() - crate::time::Time::ZERO,
            };
        }
    };
    let node = nodes.of_lane(Lane(0), push.trigger);
    // Who sends in a run holds no socket here: such a trigger is refused before, and would be unknown.
    let senders = Vec::new();
    let mut trigger = Asker::new(plan, push.trigger, node, senders, timeout, clock);
    let user = Some(push.audience).filter(|audience| *audience != EVERYONE);
    let ready = trigger.ready(&Wanted {
        app: &plan.apps[push.app.index()],
        user,
        listed: user.and_then(|user| plan.somebody(push.app, user).listed()),
        event: push.event,
        message: push.message,
        bytes: push.bytes,
    });
    let begun = clock.now();
    let (asked, answer) = trigger.ask_in_full(ready).await;
    Answered {
        outcome: asked.outcome,
        why: asked.why,
        answer,
        took: clock.now() - begun,
    }
}

/// The ways to the nodes that a plan names.
async fn look_up(plan: &Plan, timeout: Duration) -> Result<Nodes, String> {
    let target = Target::of(plan);
    let places = tokio::time::timeout(timeout, run::places(plan, &target)).await;
    let places = places.unwrap_or_else(|_| {
        Err(format!(
            "the name of {} was not looked up within {timeout:?}",
            target.url
        ))
    })?;
    Nodes::new(plan, &places, timeout, timeout)
}
