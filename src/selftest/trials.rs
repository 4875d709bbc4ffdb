//! What is tried: which faults, how often, under which load, and what each has to show as.

use std::time::Duration;

use crate::platform::Fault;
use crate::scenario::event::Event;
use crate::scenario::file::{self, File, Shape};
use crate::scenario::units::{Rate, Span};
use crate::verify::{Class, Ordering};

/// One run of the self-test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trial {
    /// What the platform does wrong; `None`: nothing, and nothing may be found.
    pub fault: Option<Fault>,
    /// Once in so many occasions.
    pub one_in: u32,
    /// Whether sockets leave and come back meanwhile.
    pub churn: bool,
}

/// The classes that one injection shows as, with how many violations of each. Empty: no violation, but an unknown outcome.
pub type ShowsAs = &'static [(Class, u64)];

/// What a right verifier says of a fault, as docs/faults.md has it.
pub fn shows_as(fault: Fault) -> ShowsAs {
    match fault {
        Fault::Drop
        | Fault::DropTail
        | Fault::SkipSocket
        | Fault::SkipShard
        | Fault::Swallow
        | Fault::Freeze => &[(Class::Lost, 1)],
        Fault::Duplicate | Fault::DuplicateLate | Fault::RecoverTwice => &[(Class::Duplicated, 1)],
        Fault::Reorder | Fault::ReorderFar | Fault::RecoverSwapped => &[(Class::Reordered, 1)],
        Fault::WrongUser
        | Fault::WrongApp
        | Fault::Stray
        | Fault::CrossApp
        | Fault::RecoverForeign => &[(Class::Misdelivered, 1)],
        Fault::RenameCase | Fault::RenameSpace | Fault::RenameOther => &[(Class::Misrouted, 1)],
        Fault::CorruptDigit
        | Fault::CorruptType
        | Fault::CorruptTruncate
        | Fault::CorruptUnicode
        | Fault::CorruptKey => &[(Class::Corrupted, 1)],
        Fault::Delay => &[(Class::Late, 1)],
        Fault::Phantom | Fault::AfterLeave => &[(Class::Phantom, 1)],
        Fault::Premature => &[(Class::Premature, 1)],
        // The last three are found as requests that went wrong, which are no deliveries.
        Fault::Answer500 | Fault::AckWrong | Fault::AckDrop | Fault::AckTwice => &[],
        Fault::Swap => &[(Class::Misdelivered, 2), (Class::Lost, 2)],
    }
}

/// What an occasion of a fault is, which decides how many there can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Occasion {
    /// A delivery of any push.
    Delivery,
    /// A delivery of a push at one user.
    Targeted,
    /// A delivery of more than 64 KiB.
    Large,
    /// A push.
    Push,
    /// A push at `*`.
    Broadcast,
    /// A socket, or its CONNECT.
    Socket,
    /// A push at a client that left and still listens.
    Left,
    /// A push at a user who is not there.
    Nobody,
    /// A socket that is back and gets what it has missed.
    Recovery,
}

fn occasion(fault: Fault) -> Occasion {
    match fault {
        Fault::WrongUser | Fault::SkipSocket | Fault::Swap => Occasion::Targeted,
        Fault::CorruptTruncate => Occasion::Large,
        Fault::Swallow | Fault::Answer500 => Occasion::Push,
        Fault::SkipShard => Occasion::Broadcast,
        Fault::DropTail | Fault::Freeze | Fault::Premature => Occasion::Socket,
        Fault::AfterLeave => Occasion::Left,
        Fault::Stray | Fault::CrossApp => Occasion::Nobody,
        Fault::RecoverTwice | Fault::RecoverSwapped | Fault::RecoverForeign => Occasion::Recovery,
        _ => Occasion::Delivery,
    }
}

/// The rates at which a fault is tried. Of sockets there are fewer than of deliveries, and large payloads take their time.
fn rates(fault: Fault) -> [u32; 2] {
    match occasion(fault) {
        Occasion::Delivery | Occasion::Targeted | Occasion::Push | Occasion::Broadcast => {
            [100, 10_000]
        }
        Occasion::Large | Occasion::Left | Occasion::Nobody => [100, 1_000],
        Occasion::Socket => [10, 100],
        Occasion::Recovery => [2, 10],
    }
}

/// Everything that is tried: the clean controls first. `quick`: each fault once, and churn where it makes the most difference.
pub fn all(quick: bool) -> Vec<Trial> {
    let mut trials = Vec::new();
    for churn in [false, true] {
        trials.push(Trial {
            fault: None,
            one_in: 1,
            churn,
        });
    }
    for fault in Fault::all().filter(|fault| !fault.is_of_acks()) {
        for one_in in rates(fault) {
            for churn in [false, true] {
                let trial = Trial {
                    fault: Some(fault),
                    one_in,
                    churn,
                };
                let recovers = fault.is_of_recovery();
                let with_churn = recovers || matches!(fault, Fault::AfterLeave | Fault::Drop);
                let is_quick = one_in == rates(fault)[0] && churn == with_churn;
                // Who does not leave gets nothing after it has left, and is not back.
                let possible = churn || !(fault == Fault::AfterLeave || recovers);
                if possible && (is_quick || !quick) {
                    trials.push(trial);
                }
            }
        }
    }
    trials
}

/// Users who stay, whatever the churn: whoever harms only them harms only deliveries that have to happen. They are the users of
/// whom [`CHURNING`] does not take the last digit.
const STEADY: &str = "*[3-9]";
/// Share of the users who come and go.
const CHURNING: f64 = 0.3;

/// Share of the pushes at users who are not there, where those are what is harmed.
const NOBODY: f64 = 0.6;

impl Trial {
    /// The scenario of the trial.
    pub fn scenario(&self, seed: u64) -> File {
        let occasion = self.fault.map_or(Occasion::Delivery, occasion);
        let seldom = self.one_in >= 1_000;
        let ms = Duration::from_millis;
        // Users of both apps; pushes a second, over how many milliseconds, and which share of them at everyone.
        let (users, rate, duration, broadcast) = match (occasion, seldom) {
            (Occasion::Delivery, false) => (120, 240.0, 1_200, 0.25),
            (Occasion::Delivery, true) => (240, 240.0, 6_000, 0.25),
            (Occasion::Targeted, false) => (120, 400.0, 1_200, 0.1),
            (Occasion::Targeted | Occasion::Push, true) => (120, 2_500.0, 9_000, 0.01),
            (Occasion::Large, false) => (120, 40.0, 1_200, 0.5),
            (Occasion::Large, true) => (120, 40.0, 6_000, 0.5),
            (Occasion::Push | Occasion::Nobody, false) => (120, 400.0, 1_200, 0.05),
            (Occasion::Broadcast, false) => (120, 200.0, 1_200, 1.0),
            (Occasion::Broadcast, true) => (120, 1_700.0, 9_000, 1.0),
            (Occasion::Socket, _) => (240, 240.0, 1_200, 0.25),
            (Occasion::Nobody, true) => (120, 400.0, 6_000, 0.05),
            (Occasion::Left, false) => (120, 120.0, 6_000, 0.25),
            (Occasion::Left, true) => (240, 240.0, 9_000, 0.25),
            // So few that of what a socket misses one comes clearly after the other.
            (Occasion::Recovery, _) => (120, 12.0, 5_000, 0.75),
        };
        let harmed = self.fault.is_some();
        // Names that no two apps share, and that end as those of the others do: in the number that says who comes and goes.
        let foreign = self.fault == Some(Fault::CrossApp);
        let left = occasion == Occasion::Left;
        let recovers = occasion == Occasion::Recovery;
        // What is delayed comes after the deadline and before the end of settling. Only a client that left so long ago that nothing
        // sent since can be under way shows a push after leaving.
        let (settle, delay) = if left {
            (ms(2_000), ms(3_000))
        } else {
            (ms(2_600), ms(2_000))
        };
        File {
            seed: Some(seed),
            users: file::Users {
                count: Some(users),
                sockets_per_user: Some(match self.fault {
                    Some(Fault::SkipSocket) => 2,
                    _ => 1,
                }),
                connect_rate: Some(Rate(1_000.0)),
                name: foreign.then(|| "user-1{id}{n}".to_owned()),
                password: foreign.then(|| "password-1{id}{n}".to_owned()),
                ..file::Users::default()
            },
            pushes: file::Pushes {
                rate: Some(Rate(rate)),
                lanes: Some(if rate > 1_000.0 { 8 } else { 2 }),
                duration: Some(Span(ms(duration))),
                broadcast: Some(broadcast),
                absent: (occasion == Occasion::Nobody && !foreign).then_some(NOBODY),
                foreign: foreign.then_some(NOBODY),
                events: Some(
                    ["alert", "Refresh", " padded ", "Обновить"]
                        .map(Event::from)
                        .into(),
                ),
                shapes: Some(match self.fault {
                    // Only these have a key to lose.
                    Some(Fault::CorruptKey) => vec![Shape::Object],
                    _ => vec![Shape::Object, Shape::Array, Shape::Text],
                }),
                size: (occasion == Occasion::Large).then_some(70_000.into()),
                ..file::Pushes::default()
            },
            verify: file::Verify {
                // One delivery that is held up is overtaken too, which would be another violation.
                ordering: Some(match self.fault {
                    Some(Fault::Delay) => Ordering::None,
                    _ => Ordering::Realtime,
                }),
                deadline: Some(Span(ms(1_500))),
                settle: Some(Span(settle)),
            },
            platform: file::Platform {
                faults: self.fault.map(|fault| format!("{fault}=1/{}", self.one_in)),
                fault_seed: self.fault.map(|_| seed),
                recovery: recovers.then_some(Span(ms(120_000))),
                fault_users: (harmed && self.churn && !left && !recovers)
                    .then(|| STEADY.to_owned()),
                fault_delay: harmed.then_some(Span(delay)),
                ..file::Platform::default()
            },
            churn: self.churn.then(|| file::Churn {
                rate: Some(Rate(if left { 12.0 } else { 20.0 })),
                away: Some(Span(ms(if recovers { 1_500 } else { 200 }))),
                share: Some(CHURNING),
                abrupt: Some(match occasion {
                    Occasion::Left => 0.0,
                    Occasion::Recovery => 1.0,
                    _ => 0.5,
                }),
                linger: Some(Span(if left { ms(4_500) } else { ms(0) })),
                ..file::Churn::default()
            }),
            ..File::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Plan;

    #[test]
    fn every_fault_is_tried_at_two_rates_with_and_without_churn() {
        let trials = all(false);
        let pushed = || Fault::all().filter(|fault| !fault.is_of_acks());
        let faults = pushed().count();
        assert_eq!(trials.len(), 2 + faults * 4 - 2 - 3 * 2);
        for fault in pushed() {
            let of = trials.iter().filter(|trial| trial.fault == Some(fault));
            assert!(of.count() >= 2, "{fault}");
        }
        assert_eq!(all(true).len(), 2 + faults);
    }

    #[test]
    fn every_trial_is_a_plan() {
        for trial in all(false) {
            let plan = Plan::from_file(&trial.scenario(7), 0);
            assert!(plan.is_ok(), "{trial:?}: {plan:?}");
        }
    }
}
