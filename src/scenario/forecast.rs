//! What a plan comes to, told before it is carried out.

use std::time::Duration;

use super::audience::Reach;
use super::closed::Closed;
use super::plan::Plan;
use super::workload::{Spec, Workload};
use crate::ids::{AppId, Audience, PushId, UserId};

/// Most pushes that are looked at; of more, one in so many stands for the rest.
const LOOKED_AT: u64 = 100_000;

/// Pushes that stand for those of a closed loop, of which nobody knows how many there will be.
const SAMPLE: u64 = 1_000;

/// What a plan comes to if the target does all that it is asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Forecast {
    /// Pushes in all; of a closed loop that lasts for a time, which has as many as there is time for, a number of them to tell what they are.
    pub pushes: u64,
    /// Those aimed at everyone.
    pub broadcasts: u64,
    /// Those aimed at users who are not there.
    pub at_nobody: u64,
    /// Pushes under each event name.
    pub by_event: Vec<u64>,
    /// Arrivals at sockets that are connected all the time.
    pub deliveries: u64,
    /// Bytes of the payloads that are asked for.
    pub bytes_asked: u64,
    /// Bytes of the payloads that arrive.
    pub bytes_delivered: u64,
    /// Every push was looked at; else the figures, but for the number of pushes, are those of some of them.
    pub is_exact: bool,
    /// Until everybody is connected, at the rate that is asked for.
    pub connecting: Duration,
    /// From the first login to the verdict.
    pub takes: Duration,
}

impl Forecast {
    /// Looks at the pushes of a plan.
    pub fn of(plan: &Plan) -> Self {
        let workload = Workload::new(plan);
        let pushes = match plan.closed {
            Some(Closed { count: None }) => SAMPLE,
            _ => plan.pace().hits(),
        };
        let stride = pushes.div_ceil(LOOKED_AT).max(1);
        let mut sums = Sums::default();
        let apps = (0..plan.apps.len() as u32).map(AppId);
        let there: Vec<_> = apps
            .map(|app| users_of(plan, app) - refused_of(plan, app))
            .collect();
        let mut by_event = vec![0; plan.events.len()];
        let looked_at = (0..pushes).step_by(stride as usize);
        let specs = looked_at.filter_map(|n| {
            let id = place(plan, n)?;
            Some((id, workload.spec_at_any_time(id)?))
        });
        for (id, spec) in specs {
            let tag = Workload::tag(id, &spec, 0);
            let bytes = workload.bytes(&spec, &tag).map(|bytes| bytes.len());
            let bytes = bytes.unwrap_or_else(|| workload.payload(&spec, &tag).len()) as u64;
            let recipients = recipients(plan, &spec, &there);
            sums.seen += 1;
            sums.broadcasts += u64::from(spec.audience == Audience::Everyone);
            sums.at_nobody += u64::from(recipients == 0);
            sums.deliveries += recipients;
            sums.asked += bytes;
            sums.delivered += bytes * recipients;
            by_event[spec.event.index()] += 1;
        }
        let seen = sums.seen.max(1);
        let scaled = |sum: u64| (u128::from(sum) * u128::from(pushes) / u128::from(seen)) as u64;
        let sockets = f64::from(plan.sockets());
        let connecting = Duration::try_from_secs_f64(sockets / plan.connect_rate);
        let logins = plan.login_rate.filter(|_| plan.contract.login.is_some());
        let logins = logins.map_or(Ok(Duration::ZERO), |rate| {
            Duration::try_from_secs_f64(f64::from(plan.users) / rate)
        });
        let connecting = connecting
            .unwrap_or(Duration::MAX)
            .max(logins.unwrap_or(Duration::MAX));
        Self {
            pushes,
            broadcasts: scaled(sums.broadcasts),
            at_nobody: scaled(sums.at_nobody),
            by_event: by_event.into_iter().map(scaled).collect(),
            deliveries: scaled(sums.deliveries),
            bytes_asked: scaled(sums.asked),
            bytes_delivered: scaled(sums.delivered),
            is_exact: stride == 1,
            connecting,
            takes: connecting
                .saturating_add(plan.duration)
                .saturating_add(plan.settle),
        }
    }
}

#[derive(Default)]
struct Sums {
    seen: u64,
    broadcasts: u64,
    at_nobody: u64,
    deliveries: u64,
    asked: u64,
    delivered: u64,
}

/// The place of push `n` of the schedule.
fn place(plan: &Plan, n: u64) -> Option<PushId> {
    plan.deal().push_at(n)
}

/// At how many sockets a push arrives if all are connected.
fn recipients(plan: &Plan, spec: &Spec, there: &[u64]) -> u64 {
    let users = match plan.reach(spec.app, spec.audience) {
        Reach::Everyone => there[spec.app.index()],
        Reach::One => 1,
        Reach::Absent | Reach::Foreign | Reach::Refused => 0,
    };
    users * u64::from(plan.sockets_per_user)
}

/// The users of an app: they take the apps in turn.
fn users_of(plan: &Plan, app: AppId) -> u64 {
    let apps = plan.apps.len() as u32;
    u64::from(plan.users / apps + u32::from(app.0 < plan.users % apps))
}

/// Those of them whom the target has to refuse.
fn refused_of(plan: &Plan, app: AppId) -> u64 {
    if plan.refused.is_none() {
        return 0;
    }
    let users = (0..plan.users).map(UserId);
    let refused = users.filter(|user| plan.app_of(*user) == app && plan.is_refused(*user));
    refused.count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::file::File;

    fn forecast(text: &str) -> Forecast {
        Forecast::of(&Plan::from_file(&File::parse(text).unwrap(), 7).unwrap())
    }

    #[test]
    fn counts_what_a_run_expects() {
        let text = "seed = 1\n[users]\ncount = 7\nsockets_per_user = 2\nconnect_rate = \"7/s\"\n[pushes]\nrate = \"100/s\"\nduration = \"3s\"\n";
        let all = forecast(&format!("{text}broadcast = 1.0\n"));
        assert_eq!((all.pushes, all.broadcasts), (300, 300));
        // Four users of one app, three of the other, two sockets each.
        assert!((300 * 6..300 * 8).contains(&all.deliveries), "{all:?}");
        let one = forecast(&format!("{text}broadcast = 0.0\n"));
        assert_eq!((one.broadcasts, one.deliveries), (0, 600));
        assert_eq!(one.bytes_delivered, one.bytes_asked * 2);
        assert_eq!(one.by_event.iter().sum::<u64>(), 300);
        assert!(one.is_exact);
        assert_eq!(one.connecting, Duration::from_secs(2));
        assert_eq!(one.takes, Duration::from_secs(2 + 3 + 3));
    }

    #[test]
    fn of_many_pushes_some_are_looked_at() {
        let many = forecast("[pushes]\nrate = \"100000/s\"\nduration = \"10s\"\nbroadcast = 0.1\n");
        assert_eq!((many.pushes, many.is_exact), (1_000_000, false));
        assert!(many.broadcasts.abs_diff(100_000) < 5_000, "{many:?}");
        let per_push = many.deliveries as f64 / 1e6;
        assert!((per_push - (0.9 + 0.1 * 500.0)).abs() < 2.0, "{many:?}");
    }
}
