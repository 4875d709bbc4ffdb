//! What a client sends without waiting, and gets back.

use std::time::Duration;

use crate::conform::case::{Judged, missed};
use crate::conform::driver::exactly;
use crate::conform::probe::link::{Over, Session};
use crate::conform::probe::packet::Packet;
use crate::conform::probe::socket::Came;
use crate::conform::probe::{Heard, PATIENCE, Probe};
use crate::protocol::socket::{MAIN_NAMESPACE, PacketType, encode_event};
use crate::summary::conformance::Outcome;

/// Events in all, and of these so many at once, none of which is read before all are sent.
const MANY: usize = 1_000;
const PART: usize = 250;
/// Packets in one request, where they travel in requests: some servers take no more.
const IN_ONE: usize = 16;

/// A session that has joined, and what it sends.
struct Echoing {
    session: Session,
    event: String,
    back: String,
    probe: Probe,
    /// What was sent and has to come back.
    due: Vec<String>,
    /// What has come.
    heard: Vec<Packet>,
    /// When it was last known that nothing waits.
    idle: Duration,
}

impl Echoing {
    async fn new(
        probe: &Probe,
        over: Over,
    ) -> Result<(Self, crate::conform::driver::Crowd), Outcome> {
        let (user, seat) = probe.user().await?;
        let shows = probe.log_in(&user).await?;
        let mut session = probe.presenting(&shows).session(over).await?;
        let answer = session.hello(&shows.hello).await?;
        if answer.kind != PacketType::Connect {
            return Err(missed("a CONNECT for good credentials", answer.told()));
        }
        let echo = probe.section().echo.clone().unwrap_or_default();
        let echoing = Self {
            session,
            event: echo.event,
            back: echo.back,
            probe: probe.clone(),
            due: Vec::new(),
            heard: Vec::new(),
            idle: probe.elapsed(),
        };
        Ok((echoing, seat))
    }

    /// The next events, as packets of Engine.IO, each with so many bytes more than it needs.
    fn next(&mut self, count: usize, more: usize) -> Vec<String> {
        let mut packets = Vec::with_capacity(count);
        for _ in 0..count {
            let number = self.due.len();
            let args = if more == 0 {
                self.probe.message(number as u64)
            } else {
                format!("{number},\"{}\"", "x".repeat(more))
            };
            let mut text = "4".to_owned();
            encode_event(MAIN_NAMESPACE, None, &self.event, &args, &mut text);
            packets.push(text);
            self.due.push(args);
        }
        packets
    }

    async fn send(&mut self, count: usize, more: usize) -> Result<(), Outcome> {
        let packets = self.next(count, more);
        let packets: Vec<_> = packets.iter().map(String::as_str).collect();
        for some in packets.chunks(IN_ONE) {
            let sent = self.session.send_all(some).await;
            sent.map_err(|outcome| self.blamed(outcome))?;
        }
        Ok(())
    }

    /// Hears on until all have come that are due.
    async fn hear(&mut self) -> Result<(), Outcome> {
        while self.heard.len() < self.due.len() {
            let heard = self.session.next_packet(PATIENCE).await;
            match heard {
                Ok(Came::Packet(packet)) => {
                    if packet.event().is_some_and(|(name, _)| name == self.back) {
                        self.heard.push(packet);
                    }
                }
                Ok(other) => return Err(self.blamed(self.short(&other.told()))),
                Err(error) => return Err(self.blamed(self.short(&error.to_string()))),
            }
        }
        self.idle = self.probe.elapsed();
        Ok(())
    }

    fn short(&self, seen: &str) -> Outcome {
        let (due, came) = (self.due.len(), self.heard.len());
        let seen = format!("{came} of them, and then {seen}");
        missed(format!("{due} events sent back"), seen)
    }

    /// Where so much is sent that pings and their answers wait behind it, the end of a connection is no loss.
    fn blamed(&self, outcome: Outcome) -> Outcome {
        let busy = self.probe.elapsed().saturating_sub(self.idle);
        let by_a_ping = busy >= self.session.timeout;
        match outcome {
            Outcome::Fail(seen) if by_a_ping && !seen.seen.contains("no answer within") => {
                Outcome::Unknown(format!(
                    "it took {busy:?}, and a ping may have waited for too long: {}",
                    seen.seen
                ))
            }
            outcome => outcome,
        }
    }

    fn in_order(&self, what: &str) -> Result<(), Outcome> {
        exactly(what, &self.heard, &self.due)
    }
}

/// OR-02.
pub(super) async fn pipelined(probe: Probe) -> Judged {
    for over in probe.ways() {
        let (mut echoing, _seat) = Echoing::new(&probe, over).await?;
        for _ in 0..MANY / PART {
            echoing.send(PART, 0).await?;
            echoing.hear().await?;
        }
        echoing.in_order(&format!(
            "over {}, the events in the order in which they were sent",
            over.name()
        ))?;
    }
    Ok(Outcome::Pass)
}

/// OR-15.
pub(super) async fn burst(probe: Probe) -> Judged {
    const LARGER: usize = 2_000;
    for over in probe.ways() {
        let (mut echoing, _seat) = Echoing::new(&probe, over).await?;
        for _ in 0..MANY / PART {
            echoing.send(PART, 0).await?;
            echoing.hear().await?;
        }
        for _ in 0..LARGER / PART {
            echoing.send(PART, 1_000).await?;
            echoing.hear().await?;
        }
    }
    Ok(Outcome::Pass)
}

/// OR-09.
pub(super) async fn across_an_upgrade(probe: Probe) -> Judged {
    const SOME: usize = 12;
    for _ in 0..5 {
        let (mut echoing, _seat) = Echoing::new(&probe, Over::Polling).await?;
        // Before it, with a poll under way.
        echoing.session.poll_on();
        echoing.send(SOME, 0).await?;
        let mut ws = echoing.session.probing().await?;
        ws.send("2probe").await?;
        match ws.next().await? {
            Heard::Text(text) if text == "3probe" => {}
            heard => return Err(missed("3probe", format!("{heard:?}"))),
        }
        // While it is under way, with none: what is sent back waits for the new transport.
        echoing.hear().await?;
        echoing.send(SOME, 0).await?;
        echoing.session.finish(ws).await?;
        // And right behind it.
        echoing.send(SOME, 0).await?;
        echoing.hear().await?;
        echoing.in_order("the events in the order in which they were sent, across an upgrade")?;
    }
    Ok(Outcome::Pass)
}
