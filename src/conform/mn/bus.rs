//! The bus that nodes share: gone, out of one node's reach, or with things on it that no node has said.

use std::time::Duration;

use futures_util::StreamExt as _;
use redis::aio::MultiplexedConnection;

use crate::conform::case::{Judged, missed};
use crate::conform::driver::{Flow, Publisher, Pushed, To, User, came_of, events_of, exactly};
use crate::conform::probe::socket::Socket;
use crate::conform::probe::{PATIENCE, Probe};
use crate::scenario::conformance::{Act, Offline};
use crate::summary::conformance::Outcome;

/// How long pushes go on while something is amiss.
const AMISS: Duration = Duration::from_millis(400);
/// How long something that is not to come is waited for.
const LATER: Duration = Duration::from_millis(300);
/// Between two attempts.
const PAUSE: Duration = Duration::from_millis(50);
/// Most channels that are looked at.
const CHANNELS: usize = 16;

/// A user's sockets at two nodes.
struct Pair {
    user: User,
    sockets: Vec<Socket>,
    _seat: crate::conform::driver::Crowd,
}

impl Pair {
    async fn come(probe: &Probe) -> Result<Self, Outcome> {
        let (user, seat) = probe.user().await?;
        let sockets = vec![
            probe.come(&user).await?,
            probe.at_node(1).come(&user).await?,
        ];
        let mut pair = Self {
            user,
            sockets,
            _seat: seat,
        };
        // What does not reach both to begin with is not what the case is about.
        let mut publisher = probe.publisher();
        let heard = publisher.heard_by_all(&pair.user, &mut pair.sockets).await;
        heard.map_err(|outcome| Outcome::Unknown(outcome.detail()))?;
        Ok(pair)
    }

    /// Pushes at the user for a while, whatever becomes of them.
    async fn pushes(&self, publisher: &mut Publisher, event: &str) -> Vec<Pushed> {
        let flow = Flow::default();
        let ending = async {
            tokio::time::sleep(AMISS).await;
            flow.end();
        };
        let stream = publisher.stream(To::User(&self.user), event, &flow, false);
        tokio::join!(stream, ending).0
    }

    /// What has come at one of the sockets, and comes within a moment.
    async fn heard_at(&mut self, which: usize) -> Vec<crate::conform::probe::packet::Packet> {
        let socket = &mut self.sockets[which];
        let mut all = Vec::new();
        while let Some(came) = socket.next_within(LATER).await {
            if let crate::conform::probe::socket::Came::Packet(packet) = came {
                all.push(packet);
            }
        }
        events_of(all)
    }

    /// Waits until a push reaches both sockets again. What comes besides is given.
    async fn whole_again(
        &mut self,
        probe: &Probe,
        publisher: &mut Publisher,
    ) -> Result<(), Outcome> {
        let until = probe.elapsed() + probe.recovery();
        for n in 0.. {
            let event = format!("{}-again-{n}", probe.event_name());
            publisher.ask(To::User(&self.user), &event, "null").await;
            let is = |packet: &crate::conform::probe::packet::Packet| {
                packet.event().is_some_and(|(name, _)| name == event)
            };
            let mut here = true;
            for socket in &mut self.sockets {
                here &= socket.until_within(LATER, "a push", is).await.is_ok();
            }
            if here {
                return Ok(());
            }
            if probe.elapsed() > until {
                break;
            }
            tokio::time::sleep(PAUSE).await;
        }
        Err(missed(
            format!(
                "pushes that reach both nodes within {:?} of the bus's return",
                probe.recovery()
            ),
            "none that does",
        ))
    }
}

/// MN-06.
pub(super) async fn down(probe: Probe) -> Judged {
    let mut pair = Pair::come(&probe).await?;
    let mut publisher = probe.publisher();
    probe.operate(Act::StopBus).await?;
    let event = probe.event_name();
    let stream = pair.pushes(&mut publisher, &event).await;
    let own = pair.heard_at(0).await;
    came_of(
        "at the node that was asked, which is alone",
        &own,
        &stream,
        |_| false,
    )?;
    let other = pair.heard_at(1).await;
    came_of("at another node", &other, &stream, |_| true)?;
    probe.operate(Act::StartBus).await?;
    if probe.section().offline == Some(Offline::Store) {
        pair.whole_again(&probe, &mut publisher).await?;
        return Ok(Outcome::Pass);
    }
    // Nothing of what was pushed meanwhile comes now, and what is pushed from now on comes once.
    let event = format!("{event}-again");
    let until = probe.elapsed() + probe.recovery();
    let mut late = Vec::new();
    loop {
        let message = probe.message(0);
        publisher.ask(To::User(&pair.user), &event, &message).await;
        late.extend(pair.heard_at(1).await);
        if late
            .iter()
            .any(|packet| packet.event().is_some_and(|(name, _)| name == event))
        {
            break;
        }
        if probe.elapsed() > until {
            return Err(missed(
                format!(
                    "pushes that reach both nodes within {:?} of the bus's return",
                    probe.recovery()
                ),
                "none that does",
            ));
        }
    }
    let replayed = late
        .iter()
        .find(|packet| packet.event().is_some_and(|(name, _)| name != event));
    if let Some(replayed) = replayed {
        return Err(missed(
            "nothing of what was pushed while the bus was gone",
            replayed.told(),
        ));
    }
    pair.heard_at(0).await;
    once_at_both(&probe, &mut pair).await
}

/// MN-07.
pub(super) async fn cut_off(probe: Probe) -> Judged {
    let mut pair = Pair::come(&probe).await?;
    let mut here = probe.publisher();
    let mut there = probe.at_node(1).publisher();
    probe.operate(Act::CutNode(1)).await?;
    let event = probe.event_name();
    let stream = pair.pushes(&mut here, &event).await;
    let own = pair.heard_at(0).await;
    came_of("at a node that is not cut off", &own, &stream, |_| false)?;
    let other = pair.heard_at(1).await;
    came_of("at the node that is cut off", &other, &stream, |_| true)?;
    let stream = pair.pushes(&mut there, &format!("{event}-there")).await;
    let heard = pair.heard_at(0).await;
    let beyond = came_of(
        "of pushes that the node that is cut off has accepted, at another",
        &heard,
        &stream,
        |_| false,
    );
    pair.heard_at(1).await;
    probe.operate(Act::JoinNode(1)).await?;
    pair.whole_again(&probe, &mut here).await?;
    pair.heard_at(0).await;
    pair.heard_at(1).await;
    once_at_both(&probe, &mut pair).await?;
    beyond?;
    Ok(Outcome::Pass)
}

/// That a push from each node comes once at both sockets.
async fn once_at_both(probe: &Probe, pair: &mut Pair) -> Judged {
    let mut publisher = probe.publisher();
    for node in 0..2 {
        let due = [probe.message(100 + node)];
        let event = format!("{}-once", probe.event_name());
        let mut there = probe.at_node(node as usize).publisher();
        there.push(To::User(&pair.user), &event, &due[0]).await?;
        let heard = publisher
            .heard_by_all(&pair.user, &mut pair.sockets)
            .await?;
        for heard in heard {
            exactly("a push from each node, once", &heard, &due)?;
        }
    }
    Ok(Outcome::Pass)
}

/// MN-11.
pub(super) async fn forged(probe: Probe) -> Judged {
    let mut pair = Pair::come(&probe).await?;
    let url = probe.section().bus.clone().unwrap_or_default();
    let channels = channels_of(&probe, &pair, &url).await?;
    if channels.is_empty() {
        let why = "nothing is said on the bus when a push is asked for";
        return Err(Outcome::Unknown(why.to_owned()));
    }
    pair.heard_at(0).await;
    pair.heard_at(1).await;
    let mut bus = connected(&url).await?;
    for (channel, said) in &channels {
        for (what, junk) in junk(said) {
            probe.note_at(0, "→", &format!("(on the bus, {channel:?}: {what})"));
            let mut publish = redis::cmd("PUBLISH");
            publish.arg(channel).arg(junk);
            let published = publish.query_async::<i64>(&mut bus);
            let published = tokio::time::timeout(PATIENCE, published).await;
            published
                .map_err(|_| lost("no answer in time"))?
                .map_err(lost)?;
        }
    }
    for which in 0..2 {
        let heard = pair.heard_at(which).await;
        if let Some(heard) = heard.first() {
            let seen = format!("at node {}: {}", which + 1, heard.told());
            return Err(missed("nothing that comes of what no node has said", seen));
        }
    }
    for node in 0..probe.nodes() {
        let at = probe.at_node(node);
        at.opens().await.map_err(|outcome| {
            let seen = format!("node {}: {}", node + 1, outcome.detail());
            missed("nodes that go on", seen)
        })?;
    }
    once_at_both(&probe, &mut pair).await
}

/// The case cannot be judged without the bus. Its URL is told nowhere: it may hold a password.
fn lost(why: impl std::fmt::Display) -> Outcome {
    Outcome::Unknown(format!("conformance.bus: {why}"))
}

async fn connected(url: &str) -> Result<MultiplexedConnection, Outcome> {
    let client = redis::Client::open(url).map_err(lost)?;
    let connected = client.get_multiplexed_async_connection();
    let connected = tokio::time::timeout(PATIENCE, connected).await;
    connected
        .map_err(|_| lost("no connection in time"))?
        .map_err(lost)
}

/// The channels on which nodes speak of a push, with what they say.
async fn channels_of(
    probe: &Probe,
    pair: &Pair,
    url: &str,
) -> Result<Vec<(String, Vec<u8>)>, Outcome> {
    let client = redis::Client::open(url).map_err(lost)?;
    let listening = async {
        let mut pubsub = client.get_async_pubsub().await?;
        pubsub.psubscribe("*").await?;
        Ok::<_, redis::RedisError>(pubsub)
    };
    let listening = tokio::time::timeout(PATIENCE, listening).await;
    let mut pubsub = listening
        .map_err(|_| lost("no connection in time"))?
        .map_err(lost)?;
    let mut publisher = probe.publisher();
    publisher
        .push(To::User(&pair.user), &probe.event_name(), &probe.message(0))
        .await?;
    let mut heard = pubsub.on_message();
    let mut channels: Vec<(String, Vec<u8>)> = Vec::new();
    while let Ok(Some(message)) = tokio::time::timeout(LATER, heard.next()).await {
        let channel = message.get_channel_name().to_owned();
        let is_new = channels.iter().all(|(known, _)| *known != channel);
        if is_new && channels.len() < CHANNELS {
            channels.push((channel, message.get_payload_bytes().to_vec()));
        }
    }
    Ok(channels)
}

/// What no node says: half of what one did, and things that are dangerous to who believes them.
fn junk(said: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let deep = |open: u8| vec![open; 100_000];
    vec![
        ("half a message", said[..said.len() / 2].to_vec()),
        ("nothing", Vec::new()),
        ("text", b"no message of a node".to_vec()),
        (
            "JSON of another form",
            b"{\"type\":\"no such\",\"data\":null}".to_vec(),
        ),
        (
            "JSON that goes for a prototype",
            b"{\"__proto__\":{\"polluted\":true}}".to_vec(),
        ),
        ("arrays in each other, as MessagePack", deep(0x91)),
        ("arrays in each other, as JSON", deep(b'[')),
        (
            "a list that ends early, as MessagePack",
            vec![0xdd, 0xff, 0xff, 0xff, 0xff],
        ),
        // What a Python server would run if it took it for its own: it calls nothing but `len`.
        ("a pickle", b"cbuiltins\nlen\n(S'x'\ntR.".to_vec()),
        ("bytes that are no text", vec![0xff, 0xfe, 0x80, 0xc1]),
    ]
}
