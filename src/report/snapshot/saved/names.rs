//! What a report tells by name, and a snapshot by number.

use std::collections::BTreeMap;

use crate::history::Push;
use crate::ids::{AppId, Audience, EventId, Lane, PushId, Seq, SocketId, UserId};
use crate::report::json::form::{self, Report};
use crate::scenario::Plan;
use crate::time::Time;
use crate::verify::{Class, Example};

/// The names that ids stand for.
pub(super) struct Names {
    pub(super) events: Vec<String>,
    pub(super) triggers: Vec<String>,
    sockets_per_user: u32,
    /// Of the users that a violation names, their numbers, by app and name: two apps may have a user of the same name.
    users: BTreeMap<(String, String), UserId>,
}

impl Names {
    pub(super) fn of(report: &Report, plan: Option<&Plan>) -> Self {
        let events = report.by_event.keys().cloned();
        let file = report.scenario.plan.known();
        let per_user = file.and_then(|file| file.users.sockets_per_user);
        let sockets_per_user = per_user.unwrap_or(1).max(1);
        let mut users = BTreeMap::new();
        for one in &report.violations {
            let user = UserId(one.socket / sockets_per_user);
            users.insert((one.app.clone(), one.user.clone()), user);
        }
        let aimed = report.violations.iter();
        let aimed = aimed.filter_map(|one| one.push_app.as_ref().zip(one.audience.as_ref()));
        for (app, name) in aimed {
            let place = report.target.apps.iter().position(|known| known == app);
            let place = place.map(|place| AppId(place as u32));
            let is_there = |plan: &Plan| {
                let mut users = plan.named(name).into_iter();
                users.find(|user| Some(plan.app_of(*user)) == place)
            };
            if let Some(user) = plan.and_then(is_there) {
                users.insert((app.clone(), name.clone()), user);
            }
        }
        Self {
            events: plan.map_or_else(|| events.collect(), |plan| plan.events.clone()),
            triggers: report.by_trigger.keys().cloned().collect(),
            sockets_per_user,
            users,
        }
    }

    pub(super) fn event(&self, name: &str) -> EventId {
        let place = self.events.iter().position(|event| event == name);
        EventId(place.unwrap_or(self.events.len()) as u32)
    }

    /// Their names by their numbers.
    pub(super) fn of_users(&self) -> BTreeMap<UserId, String> {
        let users = self.users.iter();
        users
            .map(|((_, name), user)| (*user, name.clone()))
            .collect()
    }

    fn audience(&self, app: &str, name: &str) -> Option<Audience> {
        match name {
            "*" => Some(Audience::Everyone),
            name => {
                let user = self.users.get(&(app.to_owned(), name.to_owned()));
                user.copied().map(Audience::User)
            }
        }
    }
}

/// A violation of the report.
pub(super) fn example(report: &Report, names: &Names, of: &form::Violation) -> Example {
    let app = |name: &str| {
        let place = report.target.apps.iter().position(|app| app == name);
        AppId(place.unwrap_or(report.target.apps.len()) as u32)
    };
    let time = |us: u64| Time::from_nanos(us.saturating_mul(1_000));
    // Of one that came under another name, the one that it was asked for is told in words alone.
    let is_wrong = of.class == Class::Misrouted.name();
    let asked = if is_wrong { "" } else { of.event.as_str() };
    let push = of.push.as_deref().and_then(push_id);
    let sent = || {
        Some(Push {
            intended: time(of.intended_us?),
            sent: time(of.sent_us?),
            app: app(of.push_app.as_deref()?),
            audience: names.audience(of.push_app.as_deref()?, of.audience.as_deref()?)?,
            event: names.event(asked),
            stream_seq: 0,
        })
    };
    let class = Class::ALL
        .into_iter()
        .find(|class| class.name() == of.class);
    Example {
        class: class.unwrap_or(Class::Phantom),
        push,
        sent: sent(),
        answered: of.answered_us.map(time),
        socket: SocketId(of.socket),
        user: UserId(of.socket / names.sockets_per_user),
        app: app(&of.app),
        event: of.event.clone(),
        arrived: of.arrived_us.map(time),
        detail: of.detail.clone(),
    }
}

/// `lane-seq`.
fn push_id(text: &str) -> Option<PushId> {
    let (lane, seq) = text.split_once('-')?;
    Some(PushId {
        lane: Lane(lane.parse().ok()?),
        seq: Seq(seq.parse().ok()?),
    })
}
