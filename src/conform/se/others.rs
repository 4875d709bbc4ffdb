//! What is another's, and what becomes of others.

use std::time::Duration;

use super::attack::{Said, acked, say, transports};
use super::bystander::lives;
use crate::conform::case::{Judged, missed};
use crate::conform::driver::{Credentials, To, exactly};
use crate::conform::probe::Probe;
use crate::conform::probe::link::Over;
use crate::conform::probe::session::Polling;
use crate::conform::probe::socket::Socket;
use crate::protocol::binary::ONLY_PLACEHOLDER;
use crate::summary::conformance::Outcome;

/// SE-23.
pub(super) async fn public_id(probe: Probe) -> Judged {
    let users = probe.users(2).await?;
    let shows = probe.log_in(&users[0]).await?;
    let mut victim = probe.socket_over(&shows, Over::Polling).await?;
    let as_other = probe.presenting(&probe.log_in(&users[1]).await?);
    let polling = Polling::of(as_other, victim.sid.clone());
    let acked = acked(&probe);
    for (what, answer) in [
        (
            "a POST",
            polling
                .post(&polling.query(), &format!("421[{acked}]"))
                .await?,
        ),
        ("a GET", polling.poll().await?),
    ] {
        if !(400..500).contains(&answer.status) {
            let seen = format!("{what} with the public id of another's socket: {answer}");
            return Err(missed("HTTP 4xx", seen));
        }
    }
    let what = "requests with the public id of their socket";
    still_hears(&probe, &users[0], &mut victim, what).await?;
    lives(&probe, what).await?;
    Ok(Outcome::Pass)
}

/// That a socket hears a push, where pushes can be asked for, and nothing else.
async fn still_hears(
    probe: &Probe,
    user: &crate::conform::driver::User,
    socket: &mut Socket,
    after: &str,
) -> Result<(), Outcome> {
    let heard = if probe.offers(crate::conform::case::Capability::Push) {
        let (event, message) = (probe.event_name(), probe.message(1));
        let mut publisher = probe.publisher();
        publisher.push(To::User(user), &event, &message).await?;
        let heard = socket.event(&event).await;
        heard.and_then(|heard| exactly("the push", &[heard], &[message]))
    } else {
        socket.quiet(Duration::from_millis(100)).await
    };
    heard.map_err(|outcome| match outcome {
        Outcome::Fail(seen) => missed(seen.allowed, format!("after {after}: {}", seen.seen)),
        outcome => outcome,
    })
}

/// SE-31.
pub(super) async fn fate(probe: Probe) -> Judged {
    /// Pushes, and connections that break the protocol beside each.
    const PUSHES: u64 = 30;
    const BESIDE: usize = 4;
    let Some(bound) = probe.section().bound else {
        return Err(Outcome::Unknown("no bound is stated".to_owned()));
    };
    let users = probe.users(2).await?;
    let shows = probe.log_in(&users[0]).await?;
    let mut bystander = probe.come(&users[1]).await?;
    let mut publisher = probe.publisher();
    let event = probe.event_name();
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let mut breaking = tokio::task::JoinSet::new();
    for n in 0..BESIDE {
        let (probe, shows, stopped) = (probe.clone(), shows.clone(), stopped.clone());
        breaking.spawn(async move { break_on(&probe, &shows, n, &stopped).await });
    }
    for n in 1..=PUSHES {
        let message = probe.message(n);
        let asked = probe.elapsed();
        publisher
            .push(To::User(&users[1]), &event, &message)
            .await?;
        let heard = bystander.event(&event).await?;
        let took = heard.at.saturating_sub(asked);
        exactly("the push, in order", &[heard], &[message])?;
        if took > bound.0 {
            let seen = format!("push {n} of {PUSHES} after {took:?}");
            return Err(missed(format!("each push within {:?}", bound.0), seen));
        }
    }
    stop.send_replace(true);
    let mut broken = 0;
    while let Some(count) = breaking.join_next().await {
        broken += count.map_err(|error| Outcome::Error(error.to_string()))??;
    }
    if broken == 0 {
        let why = "no connection broke the protocol while pushes came".to_owned();
        return Err(Outcome::Unknown(why));
    }
    let told = format!("({broken} connections broke the protocol meanwhile)");
    probe.note_at(0, "·", &told);
    publisher.heard(&users[1], &mut bystander).await?;
    lives(&probe, "protocol errors").await?;
    Ok(Outcome::Pass)
}

/// Breaks the protocol on one connection after the other. Gives how often.
async fn break_on(
    probe: &Probe,
    shows: &Credentials,
    first: usize,
    stopped: &tokio::sync::watch::Receiver<bool>,
) -> Result<usize, Outcome> {
    let breaches: [&[Said]; 5] = [
        &["9".into()],
        &["42{}".into()],
        &["45999-[\"x\"]".into()],
        &[Said::Binary(vec![0])],
        &[
            format!("451-[{},{ONLY_PLACEHOLDER}]", acked(probe)).into(),
            "42[\"x\"]".into(),
        ],
    ];
    let ways = transports(probe);
    let mut broken = 0;
    while !*stopped.borrow() {
        let n = first + broken;
        let over = ways[n % ways.len()];
        let mut session = probe.presenting(shows).session(over).await?;
        session.hello(&shows.hello).await?;
        for said in breaches[n % breaches.len()] {
            say(&mut session, said).await?;
        }
        broken += 1;
    }
    Ok(broken)
}
