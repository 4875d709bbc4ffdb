//! One user, and everyone.

use futures_util::future::join_all;
use serde_json::Value;

use crate::conform::case::{Judged, missed};
use crate::conform::driver::{To, exactly};
use crate::conform::probe::Probe;
use crate::history;
use crate::summary::conformance::Outcome;

/// Users that a push is not for, and users that a push at everyone is for.
const OTHERS: u32 = 6;

/// RT-01.
pub(super) async fn one(probe: Probe) -> Judged {
    let users = probe.users(1 + OTHERS).await?;
    let mut sockets = probe.come_each(&users).await?;
    let mut publisher = probe.publisher();
    let (event, message) = (probe.event_name(), probe.message(1));
    publisher
        .push(To::User(&users[0]), &event, &message)
        .await?;
    let due = [message];
    for (n, (user, socket)) in users.iter().zip(&mut sockets).enumerate() {
        let heard = publisher.heard(user, socket).await?;
        if n == 0 {
            exactly("the push at the user", &heard, &due)?;
        } else {
            exactly("nothing at another user", &heard, &[])?;
        }
    }
    Ok(Outcome::Pass)
}

/// RT-04.
pub(super) async fn everyone(probe: Probe) -> Judged {
    let users = probe.users(OTHERS).await?;
    let mut sockets = probe.come_each(&users).await?;
    let mut publisher = probe.publisher();
    let (event, message) = (probe.event_name(), probe.message(1));
    publisher
        .push(To::Everyone(&users[0].app), &event, &message)
        .await?;
    let due = [message];
    for (user, socket) in users.iter().zip(&mut sockets) {
        let heard = publisher.heard(user, socket).await?;
        exactly("the push at everyone", &heard, &due)?;
    }
    Ok(Outcome::Pass)
}

/// Sockets of one user that a push has to reach.
const SEVERAL: [usize; 3] = [2, 10, 100];

/// RT-02.
pub(super) async fn several(probe: Probe) -> Judged {
    let users = probe.users(SEVERAL.len() as u32).await?;
    let mut publisher = probe.publisher();
    for (n, (user, count)) in users.iter().zip(SEVERAL).enumerate() {
        let all = join_all((0..count).map(|_| probe.come(user))).await;
        let mut sockets = all.into_iter().collect::<Result<Vec<_>, _>>()?;
        let (event, message) = (probe.event_name(), probe.message(n as u64));
        publisher.push(To::User(user), &event, &message).await?;
        let due = [message];
        for heard in publisher.heard_by_all(user, &mut sockets).await? {
            let what = format!("the push once at each of {count} sockets");
            exactly(&what, &heard, &due)?;
        }
    }
    Ok(Outcome::Pass)
}

/// Users at whom pushes are, and others, whom none is for.
const TARGETS: usize = 10;
const WATCHING: usize = 30;
/// Pushes at each, in all more than a thousand.
const EACH: u64 = 110;

/// RT-10.
pub(super) async fn no_leak(probe: Probe) -> Judged {
    let users = probe.users((TARGETS + WATCHING) as u32).await?;
    let all = join_all(users.iter().map(|user| probe.come(user))).await;
    let mut sockets = all.into_iter().collect::<Result<Vec<_>, _>>()?;
    let due = |target: usize| {
        let first = target as u64 * EACH;
        (first..first + EACH).map(|n| probe.message(n))
    };
    // One who pushes for each user, so that the order is known as well.
    let pushing = users[..TARGETS].iter().enumerate().map(|(target, user)| {
        let (mut publisher, event) = (probe.publisher(), probe.event_name());
        let messages = due(target);
        async move {
            for message in messages {
                publisher.push(To::User(user), &event, &message).await?;
            }
            Ok(())
        }
    });
    join_all(pushing)
        .await
        .into_iter()
        .collect::<Result<(), Outcome>>()?;
    let mut publisher = probe.publisher();
    let heard = publisher.heard_by_each(&users, &mut sockets).await?;
    for (n, heard) in heard.iter().enumerate() {
        if n < TARGETS {
            let due: Vec<_> = due(n).collect();
            exactly("the pushes at this user, and no others", heard, &due)?;
        } else {
            exactly("nothing at a user whom no push is for", heard, &[])?;
        }
    }
    Ok(Outcome::Pass)
}

/// RT-11.
pub(super) async fn one_copy(probe: Probe) -> Judged {
    let (user, _seat) = probe.user().await?;
    let shows = probe.log_in(&user).await?;
    // Two sockets of one session, and one of another.
    let mut sockets = vec![
        probe.socket(&shows).await?,
        probe.socket(&shows).await?,
        probe.come(&user).await?,
    ];
    let mut publisher = probe.publisher();
    let event = probe.event_name();
    let due = [probe.message(1), probe.message(2)];
    let everyone = To::Everyone(&user.app);
    publisher.push(everyone, &event, &due[0]).await?;
    publisher.push(To::User(&user), &event, &due[1]).await?;
    for heard in publisher.heard_by_all(&user, &mut sockets).await? {
        exactly("one copy of each of two pushes", &heard, &due)?;
    }
    Ok(Outcome::Pass)
}

/// RT-21.
pub(super) async fn counted(probe: Probe) -> Judged {
    let users = probe.users(2).await?;
    let counts: [u64; 2] = [3, 1];
    let mut sockets = Vec::new();
    for (user, count) in users.iter().zip(counts) {
        for _ in 0..count {
            sockets.push(probe.come(user).await?);
        }
    }
    let mut publisher = probe.publisher();
    // The same twice: what differs then counts something else.
    let turns = [0, 1, 0, 1, 0];
    let mut said: Vec<Vec<(String, u64)>> = Vec::new();
    for turn in turns {
        let (event, message) = (probe.event_name(), probe.message(turn as u64));
        let to = To::User(&users[turn]);
        let (asked, answer) = publisher.ask_in_full(to, &event, &message).await;
        if asked.outcome != history::Outcome::Accepted {
            let why = asked.why.unwrap_or_default();
            return Err(Outcome::Unknown(format!("a push was not accepted: {why}")));
        }
        let mut numbers = Vec::new();
        collect(&answer.unwrap_or_default(), "", &mut numbers);
        said.push(numbers);
    }
    let due = turns.map(|turn| counts[turn]);
    let mut lies = None;
    for (place, _) in &said[0] {
        let of = |numbers: &Vec<(String, u64)>| {
            let found = numbers.iter().find(|(own, _)| own == place);
            found.map(|(_, number)| *number)
        };
        let seen: Vec<_> = said.iter().filter_map(of).collect();
        if seen == due {
            return Ok(Outcome::Pass);
        }
        let steady = seen.len() == turns.len() && seen[0] == seen[2] && seen[1] == seen[3];
        if steady && seen[0] == seen[4] && seen[0] != seen[1] {
            lies = Some(missed(
                format!("{} and {} deliveries told", counts[0], counts[1]),
                format!("{} and {}, at {place}", seen[0], seen[1]),
            ));
        }
    }
    Err(lies.unwrap_or_else(|| {
        Outcome::Skip("the answer to a push does not say how many sockets it was for".to_owned())
    }))
}

/// All whole numbers of a JSON value, with their places.
fn collect(value: &Value, place: &str, numbers: &mut Vec<(String, u64)>) {
    match value {
        Value::Number(number) => numbers.extend(number.as_u64().map(|n| (place.to_owned(), n))),
        Value::Array(items) => {
            for (n, item) in items.iter().enumerate() {
                collect(item, &format!("{place}/{n}"), numbers);
            }
        }
        Value::Object(map) => {
            for (key, value) in map {
                collect(value, &format!("{place}/{key}"), numbers);
            }
        }
        _ => {}
    }
}
