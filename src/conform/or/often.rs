//! None lost, none twice, none made up.

use std::collections::BTreeMap;

use crate::conform::case::{Judged, missed};
use crate::conform::driver::{To, exactly};
use crate::conform::probe::Probe;
use crate::history;
use crate::protocol::socket::RESERVED_EVENTS;
use crate::summary::conformance::Outcome;

/// OR-06.
pub(super) async fn never_twice(probe: Probe) -> Judged {
    let (user, _seat) = probe.user().await?;
    let mut sockets = [probe.come(&user).await?, probe.come(&user).await?];
    let mut publisher = probe.publisher();
    let event = probe.event_name();
    for n in 0..200 {
        let message = probe.message(n);
        publisher.push(To::User(&user), &event, &message).await?;
    }
    for heard in publisher.heard_by_all(&user, &mut sockets).await? {
        let mut times: BTreeMap<&str, u32> = BTreeMap::new();
        for packet in &heard {
            *times.entry(&packet.data).or_default() += 1;
        }
        let twice: Vec<_> = times.iter().filter(|(_, times)| **times > 1).collect();
        if let Some((data, n)) = twice.first() {
            let seen = format!("{} of them more often; {data} {n} times", twice.len());
            return Err(missed("each of 200 pushes once", seen));
        }
    }
    Ok(Outcome::Pass)
}

/// OR-07.
pub(super) async fn none_lost(probe: Probe) -> Judged {
    const PUSHES: u64 = 300;
    let (user, _seat) = probe.user().await?;
    let mut sockets = [probe.come(&user).await?, probe.come(&user).await?];
    let mut publisher = probe.publisher();
    let event = probe.event_name();
    for n in 0..PUSHES {
        let to = if n % 10 == 0 {
            To::Everyone(&user.app)
        } else {
            To::User(&user)
        };
        publisher.push(to, &event, &probe.message(n)).await?;
    }
    for heard in publisher.heard_by_all(&user, &mut sockets).await? {
        let came = |n: &u64| {
            let message = probe.message(*n);
            heard.iter().any(|packet| packet.data.contains(&message))
        };
        let lost: Vec<_> = (0..PUSHES).filter(|n| !came(n)).collect();
        if let Some(first) = lost.first() {
            let seen = format!(
                "{} of them missing, the first is number {first}",
                lost.len()
            );
            return Err(missed(format!("all of {PUSHES} pushes"), seen));
        }
    }
    Ok(Outcome::Pass)
}

/// OR-08.
pub(super) async fn none_made_up(probe: Probe) -> Judged {
    let users = probe.users(2).await?;
    let mut sockets = probe.come_each(&users).await?;
    let mut publisher = probe.publisher();
    let event = probe.event_name();
    let mut due = Vec::new();
    for n in 0..100 {
        let message = probe.message(n);
        // Each tenth is one that may be refused, by its name or its app.
        let elsewhere = format!("{}app", probe.mark());
        let (to, name) = match n % 20 {
            9 => (To::User(&users[0]), RESERVED_EVENTS[0]),
            19 => (To::Everyone(elsewhere.as_str()), event.as_str()),
            _ => (To::User(&users[0]), event.as_str()),
        };
        if name == event && n % 20 != 19 {
            publisher.push(to, name, &message).await?;
            due.push(message);
            continue;
        }
        let asked = publisher.ask(to, name, &message).await;
        // Of what is not refused, it is another case's to say what becomes of it.
        if asked.outcome != history::Outcome::Rejected && n % 20 == 9 {
            publisher.heard(&users[0], &mut sockets[0]).await?;
            due.clear();
        }
    }
    let heard = publisher.heard_by_each(&users, &mut sockets).await?;
    exactly("what was asked for and not refused", &heard[0], &due)?;
    exactly("nothing at a user whom no push is for", &heard[1], &[])?;
    Ok(Outcome::Pass)
}
