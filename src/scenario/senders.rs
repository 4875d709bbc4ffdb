//! Users of the run whose own sockets ask for pushes: which of them, for each lane and app.
//!
//! A lane has one in each app for good, so what it asks for goes over one socket, in order. Who it is, is a function of seed, lane and app: a
//! place among the app's users that the seed decides, and from there on one lane after the other takes the next, so that lanes share no
//! user while there are enough. Users whom the target has to refuse send nothing, nor do those whose first socket neglects something.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use super::driver::Driver;
use super::plan::Plan;
use super::problems::Problems;
use super::transport::{Transport, Transports};
use super::triggers::{Trigger, Way};
use super::workload::below;
use crate::ids::{AppId, Lane, SocketId, UserId};

/// Tells these draws from all others of a seed.
const DRAWS: u64 = 0x7365_6e64_6572_7321;
const KEY: &str = "target.triggers";

/// Who sends for a lane in an app.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sender {
    /// The lane.
    pub lane: Lane,
    /// The app.
    pub app: AppId,
    /// The user ...
    pub user: UserId,
    /// ... and the first of the user's sockets, which emits.
    pub socket: SocketId,
}

impl Plan {
    /// All who send, of the lanes whose triggers have users send; empty: nobody.
    pub fn senders(&self) -> Vec<Sender> {
        let from_users: Vec<bool> = self.triggers_from_users().collect();
        if !from_users.contains(&true) {
            return Vec::new();
        }
        let deal = self.deal();
        let sends = |lane: &Lane| from_users.get(deal.trigger_of(*lane)) == Some(&true);
        let lanes = (0..self.lanes).map(Lane).filter(sends);
        let apps = self.apps.len() as u32;
        lanes
            .flat_map(|lane| (0..apps).filter_map(move |app| self.sender(lane, AppId(app))))
            .collect()
    }

    /// Who sends for this lane in this app; `None`: nobody there can.
    fn sender(&self, lane: Lane, app: AppId) -> Option<Sender> {
        let apps = self.apps.len() as u32;
        let users = self.users.saturating_sub(app.0).div_ceil(apps);
        if users == 0 {
            return None;
        }
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed ^ DRAWS);
        rng.set_stream(app.0.into());
        let first = below(&mut rng, users) + lane.0 % users;
        let from_there = (0..users).map(|n| UserId((first + n) % users * apps + app.0));
        let mut able = from_there.filter_map(|user| {
            let socket = SocketId(user.0 * self.sockets_per_user);
            let neglects = self.clients.neglect.of(self.seed, socket).is_some();
            let able = !neglects && !self.is_refused(user);
            able.then_some(Sender {
                lane,
                app,
                user,
                socket,
            })
        });
        able.next()
    }

    fn triggers_from_users(&self) -> impl Iterator<Item = bool> + '_ {
        let triggers = self.contract.triggers.iter();
        triggers.map(|trigger| trigger.way.is_from_users())
    }
}

impl Problems {
    /// Checks what has to be so for users of the run to send.
    pub(super) fn senders(&mut self, plan: &Plan) {
        let triggers = plan.contract.triggers.iter();
        for (n, trigger) in triggers.enumerate().filter(|(_, t)| t.way.is_from_users()) {
            for why in cannot(plan, trigger) {
                self.add_to_entry(KEY, n, format!("from: {why}"));
            }
        }
    }
}

/// Why a trigger cannot have users send, in words.
fn cannot(plan: &Plan, trigger: &Trigger) -> Vec<String> {
    let mut all = Vec::new();
    let mut check = |fits: bool, why: &str| {
        if !fits {
            all.push(why.to_owned());
        }
    };
    check(
        plan.workers <= 1,
        "the sockets of users are in the workers' processes, and pushes are asked for in the run's; leave generator.workers out, or write \"publisher\"",
    );
    check(
        plan.clients.driver == Driver::Lean,
        "the driver rust_socketio keeps the ids of acks to itself; take the driver lean, or write \"publisher\"",
    );
    let acked = matches!(&trigger.way, Way::Socket(way) if way.ack);
    check(
        acked || plan.churn.is_none(),
        "without an ack nobody knows whether the target got what was sent before a socket left; take ack = true, or leave churn out",
    );
    let websocket = plan.clients.transports == Transports::One(Transport::WebSocket);
    check(
        acked || websocket,
        "without an ack nobody knows whether the target got what a socket that polls was about to post; take ack = true, or websocket alone",
    );
    let fits = plan.users as usize >= plan.apps.len() && plan.sockets_per_user > 0;
    let in_range = u64::from(plan.users) * u64::from(plan.sockets_per_user) <= super::MOST_SOCKETS;
    if fits && in_range {
        for (app, name) in plan.apps.iter().enumerate() {
            let any = plan.sender(Lane(0), AppId(app as u32)).is_some();
            check(
                any,
                &format!(
                    "no user of {name:?} can send: each neglects something or has to be refused"
                ),
            );
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::file::File;

    fn plan(more: &str) -> Plan {
        let text = format!(
            "{more}\n[[target.triggers]]\nkind = \"socket\"\nfrom = \"users\"\n[[target.triggers]]\nname = \"api\"\nkind = \"http\"\n"
        );
        Plan::from_file(&File::parse(&text).unwrap(), 1).unwrap()
    }

    #[test]
    fn each_lane_has_one_sender_in_each_app_and_the_seed_says_who() {
        let of = |seed: u64| {
            let text = format!(
                "seed = {seed}\n[users]\ncount = 41\nsockets_per_user = 3\n[pushes]\nlanes = 6\n[target]\napps = [\"a\", \"b\"]"
            );
            plan(&text)
        };
        let plan = of(7);
        let senders = plan.senders();
        // Three lanes of the first trigger, in two apps.
        let places: Vec<_> = senders.iter().map(|s| (s.lane.0, s.app.0)).collect();
        assert_eq!(places, [(0, 0), (0, 1), (1, 0), (1, 1), (2, 0), (2, 1)]);
        for sender in &senders {
            assert_eq!(plan.app_of(sender.user), sender.app);
            assert_eq!(sender.socket.0, sender.user.0 * 3);
        }
        let mut users: Vec<_> = senders.iter().map(|sender| sender.user.0).collect();
        users.sort_unstable();
        users.dedup();
        assert_eq!(users.len(), 6);
        assert_eq!(of(7).senders(), senders);
        let others: Vec<_> = (8..20).map(|seed| of(seed).senders()).collect();
        assert!(others.iter().any(|other| *other != senders));
    }

    #[test]
    fn who_neglects_something_or_has_to_be_refused_sends_nothing() {
        let plan = plan(
            "[users]\ncount = 40\nrefused = { share = 0.5, kind = \"invalid\" }\n[clients]\nmute = { share = 0.5, after = \"1s\" }\n[pushes]\nlanes = 40",
        );
        let senders = plan.senders();
        // Twenty lanes, in two apps.
        assert_eq!(senders.len(), 40);
        for sender in senders {
            assert!(!plan.is_refused(sender.user));
            let neglect = plan.clients.neglect;
            assert_eq!(neglect.of(plan.seed, sender.socket), None);
        }
    }
}
