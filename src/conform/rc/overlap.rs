//! A session whose old socket goes while its new one comes.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::future::try_join;

use crate::conform::case::{Judged, missed};
use crate::conform::driver::{Credentials, Publisher, To, User};
use crate::conform::probe::packet::Packet;
use crate::conform::probe::socket::{Came, Socket};
use crate::conform::probe::{Probe, listening};
use crate::history;
use crate::protocol::socket::PacketType;
use crate::summary::conformance::Outcome;

/// Handovers between pushes, and behind those, handovers during pushes.
const BETWEEN: usize = 3;
const DURING: usize = 8;
/// How long a socket is listened to that has left.
const LATER: Duration = Duration::from_millis(150);

/// One push: when it was asked for, and answered.
#[derive(Debug, Clone, Copy)]
struct Push {
    asked: Duration,
    answered: Duration,
}

/// One socket: from before its CONNECT until it had left, and what it got how often.
#[derive(Debug)]
struct Life {
    from: Duration,
    until: Duration,
    heard: BTreeMap<u64, u32>,
}

/// RC-03.
pub(super) async fn handovers(probe: Probe) -> Judged {
    let (user, _seat) = probe.user().await?;
    let shows = probe.log_in(&user).await?;
    let mut publisher = probe.publisher();
    let mut pushes = Vec::new();
    let mut lives = Vec::new();
    let mut old = Holding::begin(&probe, &shows).await?;
    for _ in 0..BETWEEN {
        push(&probe, &mut publisher, &user, &mut pushes).await?;
        let new = Holding::begin(&probe, &shows).await?;
        lives.push(old.end(&probe).await?);
        old = new;
    }
    let over = AtomicBool::new(false);
    let pushing = async {
        while !over.load(Ordering::Relaxed) {
            push(&probe, &mut publisher, &user, &mut pushes).await?;
        }
        Ok(())
    };
    let handing = async {
        for _ in 0..DURING {
            let new = Holding::begin(&probe, &shows).await?;
            lives.push(old.end(&probe).await?);
            old = new;
        }
        over.store(true, Ordering::Relaxed);
        lives.push(old.end(&probe).await?);
        Ok::<_, Outcome>(())
    };
    let both = try_join(handing, pushing).await;
    both?;
    judged(&lives, &pushes)
}

async fn push(
    probe: &Probe,
    publisher: &mut Publisher,
    user: &User,
    pushes: &mut Vec<Push>,
) -> Result<(), Outcome> {
    let asked = probe.elapsed();
    let message = probe.message(pushes.len() as u64);
    let answer = publisher
        .ask(To::User(user), &probe.event_name(), &message)
        .await;
    if answer.outcome != history::Outcome::Accepted {
        let why = answer.why.unwrap_or_default();
        return Err(Outcome::Unknown(format!("a push was not accepted: {why}")));
    }
    pushes.push(Push {
        asked,
        answered: probe.elapsed(),
    });
    Ok(())
}

/// A socket that is there.
struct Holding {
    from: Duration,
    socket: Socket,
}

impl Holding {
    async fn begin(probe: &Probe, shows: &Credentials) -> Result<Self, Outcome> {
        let from = probe.elapsed();
        let socket = probe.socket(shows).await?;
        Ok(Self { from, socket })
    }

    /// Leaves. That it has been heeded a namespace tells that is not there, and was asked for behind it.
    async fn end(mut self, probe: &Probe) -> Result<Life, Outcome> {
        let nowhere = probe.nowhere();
        self.socket.leave();
        self.socket
            .send(&listening::bare(PacketType::Connect, &nowhere));
        let told = |packet: &Packet| packet.namespace == nowhere;
        let what = "CONNECT_ERROR in an unknown namespace";
        let mut came = self.socket.until(what, told).await?;
        let until = probe.elapsed();
        while let Some(Came::Packet(packet)) = self.socket.next_within(LATER).await {
            came.push(packet);
        }
        let mut heard = BTreeMap::new();
        for n in came.iter().filter_map(number) {
            *heard.entry(n).or_insert(0) += 1;
        }
        Ok(Life {
            from: self.from,
            until,
            heard,
        })
    }
}

/// The number of the push that an event is.
fn number(packet: &Packet) -> Option<u64> {
    let (_, args) = packet.event()?;
    let value: serde_json::Value = serde_json::from_str(args).ok()?;
    value.get("n")?.as_u64()
}

fn judged(lives: &[Life], pushes: &[Push]) -> Judged {
    for (k, life) in lives.iter().enumerate() {
        for (n, times) in &life.heard {
            let seen = |what: &str| {
                Err(missed(
                    "each push once at the most at each socket that was there",
                    format!("push {n} {what} at socket {k}"),
                ))
            };
            let Some(push) = usize::try_from(*n).ok().and_then(|n| pushes.get(n)) else {
                // Its answer was not waited for.
                continue;
            };
            if *times > 1 {
                return seen(&format!("{times} times"));
            }
            if push.answered < life.from {
                return seen("answered before that began,");
            }
            if push.asked > life.until {
                return seen("asked for after that had left,");
            }
        }
    }
    if lives.iter().all(|life| life.heard.is_empty()) {
        return Err(Outcome::Unknown("no push arrived at all".to_owned()));
    }
    Ok(Outcome::Pass)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_outside_of_a_life_or_twice_is_missed() {
        let ms = Duration::from_millis;
        let push = |asked, answered| Push {
            asked: ms(asked),
            answered: ms(answered),
        };
        let life = |heard: &[(u64, u32)]| Life {
            from: ms(10),
            until: ms(20),
            heard: heard.iter().copied().collect(),
        };
        let pushes = [
            push(1, 5),
            push(8, 12),
            push(15, 16),
            push(19, 30),
            push(25, 26),
        ];
        let wrong = |heard| judged(&[life(heard)], &pushes).is_err();
        assert!(!wrong(&[(1, 1), (2, 1), (3, 1)]));
        for heard in [&[(0, 1)][..], &[(4, 1)], &[(2, 2)], &[]] {
            assert!(wrong(heard), "{heard:?}");
        }
    }
}
