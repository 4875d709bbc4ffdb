//! The order of pushes.

use futures_util::future::join_all;

use crate::conform::case::{Judged, missed};
use crate::conform::driver::{Crowd, To, User, exactly};
use crate::conform::probe::Probe;
use crate::conform::probe::packet::Packet;
use crate::conform::probe::socket::Socket;
use crate::summary::conformance::Outcome;

/// Sockets whose order is looked at.
const SOCKETS: usize = 4;
/// Pushes, one after the other.
const PUSHES: u64 = 200;

/// A user with several sockets, on all transports.
async fn several(probe: &Probe) -> Result<(User, Vec<Socket>, Crowd), Outcome> {
    let (user, seat) = probe.user().await?;
    let shows = probe.log_in(&user).await?;
    let ways = probe.ways();
    let sockets = (0..SOCKETS).map(|n| probe.socket_over(&shows, ways[n % ways.len()]));
    let sockets: Result<Vec<_>, _> = join_all(sockets).await.into_iter().collect();
    Ok((user, sockets?, seat))
}

/// OR-01.
pub(super) async fn one_publisher(probe: Probe) -> Judged {
    let (user, mut sockets, _seat) = several(&probe).await?;
    let mut publisher = probe.publisher();
    let event = probe.event_name();
    let due: Vec<_> = (0..PUSHES).map(|n| probe.message(n)).collect();
    for message in &due {
        publisher.push(To::User(&user), &event, message).await?;
    }
    for heard in publisher.heard_by_all(&user, &mut sockets).await? {
        exactly(
            "the pushes in the order in which they were asked for",
            &heard,
            &due,
        )?;
    }
    Ok(Outcome::Pass)
}

/// OR-03.
pub(super) async fn both_audiences(probe: Probe) -> Judged {
    let (user, mut sockets, _seat) = several(&probe).await?;
    let mut publisher = probe.publisher();
    let event = probe.event_name();
    let due: Vec<_> = (0..60).map(|n| probe.message(n)).collect();
    for (n, message) in due.iter().enumerate() {
        let to = if n % 2 == 0 {
            To::Everyone(&user.app)
        } else {
            To::User(&user)
        };
        publisher.push(to, &event, message).await?;
    }
    for heard in publisher.heard_by_all(&user, &mut sockets).await? {
        let what = "pushes at everyone and at the user, in turn, in the order in which they were asked for";
        exactly(what, &heard, &due)?;
    }
    Ok(Outcome::Pass)
}

/// OR-04.
pub(super) async fn two_publishers(probe: Probe) -> Judged {
    let (user, mut sockets, _seat) = several(&probe).await?;
    let mut publishers = [probe.publisher(), probe.publisher(), probe.publisher()];
    let event = probe.event_name();
    let due: Vec<_> = (0..PUSHES).map(|n| probe.message(n)).collect();
    for (n, message) in due.iter().enumerate() {
        let publisher = &mut publishers[n % 3];
        publisher.push(To::User(&user), &event, message).await?;
    }
    let heard = publishers[0].heard_by_all(&user, &mut sockets).await?;
    for heard in heard {
        let what =
            "the pushes of three publishers, each asked for once the one before was answered";
        exactly(what, &heard, &due)?;
    }
    Ok(Outcome::Pass)
}

/// OR-05.
pub(super) async fn at_once(probe: Probe) -> Judged {
    const PUBLISHERS: u64 = 4;
    const EACH: u64 = 25;
    let (user, mut sockets, _seat) = several(&probe).await?;
    let pushing = (0..PUBLISHERS).map(|own| {
        let (probe, user) = (&probe, &user);
        async move {
            let (mut publisher, event) = (probe.publisher(), probe.event_name());
            for n in 0..EACH {
                let message = (own * EACH + n).to_string();
                publisher.push(To::User(user), &event, &message).await?;
            }
            Ok(())
        }
    });
    let pushed: Result<Vec<()>, Outcome> = join_all(pushing).await.into_iter().collect();
    pushed?;
    let heard = probe.publisher().heard_by_all(&user, &mut sockets).await?;
    let orders: Vec<Vec<usize>> = heard.iter().map(|heard| places(heard)).collect();
    let count = (PUBLISHERS * EACH) as usize;
    let (mut pairs, mut differ) = (0_u32, 0_u32);
    for a in 0..count {
        for b in 0..a {
            let mut before = orders
                .iter()
                .filter_map(|order| Some(order.get(a)? < order.get(b)?));
            let first = before.next();
            pairs += 1;
            differ += u32::from(before.any(|one| Some(one) != first));
        }
    }
    Ok(Outcome::Info(format!(
        "{SOCKETS} sockets differ in the order of {differ} of {pairs} pairs of pushes"
    )))
}

/// Where each number came among the others.
fn places(heard: &[Packet]) -> Vec<usize> {
    let mut places = vec![usize::MAX; heard.len()];
    for (at, packet) in heard.iter().enumerate() {
        let number = packet
            .event()
            .and_then(|(_, args)| args.parse::<usize>().ok());
        if let Some(place) = number.and_then(|number| places.get_mut(number)) {
            *place = at;
        }
    }
    places
}

/// Most bytes of a large push.
const LARGE: u64 = 900_000;

/// OR-10.
pub(super) async fn mixed_sizes(probe: Probe) -> Judged {
    let (user, _seat) = probe.user().await?;
    let shows = probe.log_in(&user).await?;
    let bytes = probe.pushes_bytes();
    for over in probe.ways() {
        let limit = probe.session(over).await?.max_payload;
        let large = usize::try_from((limit / 10 * 9).min(LARGE)).unwrap_or_default();
        let large_text = format!("\"{}\"", "x".repeat(large.saturating_sub(200)));
        let mut socket = probe.socket_over(&shows, over).await?;
        let mut publisher = probe.publisher();
        // Told apart by their names.
        let mut due = Vec::new();
        for n in 0..8 {
            let event = format!("{}-{n}", probe.event_name());
            let to = To::User(&user);
            match n % 4 {
                0 => publisher.push(to, &event, &large_text).await?,
                2 if bytes => {
                    let large = vec![7; large / 2];
                    publisher.push_binary(to, &event, &large).await?;
                }
                3 if bytes => publisher.push_binary(to, &event, &[1]).await?,
                _ => publisher.push(to, &event, "1").await?,
            }
            due.push(event);
        }
        let heard = publisher.heard(&user, &mut socket).await?;
        let names = heard
            .iter()
            .map(|packet| packet.event().map(|(name, _)| name).unwrap_or_default());
        let names: Vec<_> = names.collect();
        if names != due {
            let allowed = format!(
                "pushes of all sizes in their order over {}: {due:?}",
                over.name()
            );
            return Err(missed(allowed, format!("{names:?}")));
        }
    }
    Ok(Outcome::Pass)
}

/// OR-11.
pub(super) async fn contiguous(probe: Probe) -> Judged {
    const EACH: u64 = 60;
    if !probe.pushes_bytes() {
        let why = "the trigger cannot carry bytes".to_owned();
        return Ok(Outcome::Skip(why));
    }
    let (user, mut sockets, _seat) = several(&probe).await?;
    let event = probe.event_name();
    // Three who push text, and one who pushes bytes.
    let pushing = (0..4).map(|own| {
        let (probe, user, event) = (&probe, &user, &event);
        async move {
            let mut publisher = probe.publisher();
            for n in 0..EACH {
                let to = To::User(user);
                if own == 0 {
                    let bytes = [n as u8; 32];
                    publisher.push_binary(to, event, &bytes).await?;
                } else {
                    publisher.push(to, event, &probe.message(n)).await?;
                }
            }
            Ok(())
        }
    });
    let pushed: Result<Vec<()>, Outcome> = join_all(pushing).await.into_iter().collect();
    pushed?;
    // What comes in between is told as what it is, and missed.
    for heard in probe.publisher().heard_by_all(&user, &mut sockets).await? {
        let binary = heard.iter().filter(|packet| !packet.attachments.is_empty());
        let bytes: Vec<_> = binary.map(|packet| packet.attachments.concat()).collect();
        let due: Vec<_> = (0..EACH).map(|n| vec![n as u8; 32]).collect();
        if bytes != due || heard.len() as u64 != 4 * EACH {
            let allowed = format!(
                "{EACH} events with the bytes that they were pushed with, and {} others",
                3 * EACH
            );
            let seen = format!("{} with bytes, {} in all", bytes.len(), heard.len());
            return Err(missed(allowed, seen));
        }
    }
    Ok(Outcome::Pass)
}
