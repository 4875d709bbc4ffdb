//! Values on their way to a socket, by whatever the target has for it: an echo of what the socket sends, or a push.

use super::{Crowd, Publisher, To, User, exactly};
use crate::conform::case::{Capability, missed};
use crate::conform::probe::Probe;
use crate::conform::probe::link::Over;
use crate::conform::probe::packet::Packet;
use crate::conform::probe::socket::Socket;
use crate::history;
use crate::protocol::binary::push_placeholder;
use crate::protocol::socket::encode_binary_event;
use crate::scenario::conformance::Echo;
use crate::scenario::triggers::Way;
use crate::summary::conformance::Outcome;

/// What brings a value to a socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// The target sends back what the socket has sent.
    Echo,
    /// A push at the socket's user, which takes one argument or none.
    Push,
}

impl By {
    /// In words.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Echo => "an echo",
            Self::Push => "a push",
        }
    }
}

/// A socket of a user whom no other case has, and the ways to it.
pub struct Trip {
    /// It.
    pub socket: Socket,
    /// Whose it is.
    pub user: User,
    /// Who asks for the pushes.
    pub publisher: Publisher,
    /// The events that are sent back.
    pub echo: Echo,
    probe: Probe,
    pushes: u32,
    _seat: Crowd,
}

impl Probe {
    /// What brings values to sockets at this target. That nothing does leaves the case out.
    pub fn carriers(&self) -> Result<Vec<By>, Outcome> {
        let all = [(By::Echo, Capability::Echo), (By::Push, Capability::Push)];
        let there = all.into_iter().filter(|(_, what)| self.offers(*what));
        let there: Vec<_> = there.map(|(by, _)| by).collect();
        if there.is_empty() {
            let (echo, push) = (Capability::Echo.lacking(), Capability::Push.lacking());
            return Err(Outcome::Skip(format!("{echo}; and {push}")));
        }
        Ok(there)
    }

    /// A socket that values can be brought to, on this way.
    pub async fn trip_over(&self, over: Over) -> Result<Trip, Outcome> {
        self.carriers()?;
        let (user, seat) = self.user().await?;
        let shows = self.log_in(&user).await?;
        Ok(Trip {
            socket: self.socket_over(&shows, over).await?,
            publisher: self.publisher(),
            echo: self.section().echo.clone().unwrap_or_default(),
            probe: self.clone(),
            pushes: 0,
            user,
            _seat: seat,
        })
    }

    /// The same, on the way that needs the least.
    pub async fn trip(&self) -> Result<Trip, Outcome> {
        self.trip_over(self.usual_way()).await
    }

    /// Whether a push can carry bytes.
    pub fn pushes_bytes(&self) -> bool {
        let way = &self.target.plan.contract.triggers[0].way;
        self.offers(Capability::Push) && way.cannot_carry_bytes().is_none()
    }

    /// Whether a push can be without an argument.
    pub fn pushes_nothing(&self) -> bool {
        let way = &self.target.plan.contract.triggers[0].way;
        self.offers(Capability::Push) && matches!(way, Way::Http(way) if way.bare.is_some())
    }
}

impl Trip {
    /// Brings these arguments to the socket, as they stand between the brackets, and gives what came of them.
    pub async fn carry(&mut self, by: By, args: &str) -> Result<Packet, Outcome> {
        match by {
            By::Echo => {
                self.socket.emit(None, &self.echo.event, args);
                self.socket.event(&self.echo.back).await
            }
            By::Push => {
                let event = self.next_event();
                let to = To::User(&self.user);
                self.publisher.push(to, &event, args).await?;
                self.socket.event(&event).await
            }
        }
    }

    /// The same; `None`: whoever asked for the push was refused.
    pub async fn offer(&mut self, by: By, args: &str) -> Result<Option<Packet>, Outcome> {
        if by == By::Echo {
            return self.carry(by, args).await.map(Some);
        }
        let event = self.next_event();
        let asked = self.publisher.ask(To::User(&self.user), &event, args).await;
        match asked.outcome {
            history::Outcome::Accepted => self.socket.event(&event).await.map(Some),
            history::Outcome::Rejected => Ok(None),
            history::Outcome::Unknown => Err(Outcome::Unknown(asked.why.unwrap_or_default())),
        }
    }

    /// Brings bytes to the socket.
    pub async fn carry_bytes(&mut self, by: By, bytes: &[u8]) -> Result<Packet, Outcome> {
        match by {
            By::Echo => {
                self.send_binary(None, &placeholders(1), &[bytes.to_vec()]);
                self.socket.event(&self.echo.back).await
            }
            By::Push => {
                let event = self.next_event();
                let to = To::User(&self.user);
                self.publisher.push_binary(to, &event, bytes).await?;
                self.socket.event(&event).await
            }
        }
    }

    fn next_event(&mut self) -> String {
        self.pushes += 1;
        format!("{}-{}", self.probe.event_name(), self.pushes)
    }

    /// Sends the event that is sent back, or with an id the one that is acknowledged, with these arguments and attachments.
    pub fn send_binary(&self, id: Option<u64>, args: &str, attachments: &[Vec<u8>]) {
        let event = match id {
            Some(_) => &self.echo.ack,
            None => &self.echo.event,
        };
        let mut text = "4".to_owned();
        let namespace = &self.socket.namespace;
        encode_binary_event(namespace, id, event, args, attachments.len(), &mut text);
        self.socket.send(&text);
        for attachment in attachments {
            self.socket.send_binary(attachment);
        }
    }

    /// That these arguments arrive by each of these ways, as equal values.
    pub async fn arrive(&mut self, ways: &[By], args: &str) -> Result<(), Outcome> {
        for by in ways {
            let came = self.carry(*by, args).await?;
            let what = format!("by {}, as it was sent", by.name());
            exactly(&what, &[came], &[args.to_owned()])?;
        }
        Ok(())
    }

    /// That something still arrives, after what is said here.
    pub async fn goes_on(&mut self, after: &str) -> Result<(), Outcome> {
        let by = self.probe.carriers()?[0];
        let message = self.probe.message(0);
        let came = self.carry(by, &message).await;
        came.map(drop).map_err(|outcome| match outcome {
            Outcome::Fail(seen) => missed(
                format!("a connection that goes on after {after}"),
                seen.seen,
            ),
            other => other,
        })
    }
}

/// So many placeholders, in order.
pub fn placeholders(count: usize) -> String {
    let mut args = String::new();
    for num in 0..count {
        if num > 0 {
            args.push(',');
        }
        push_placeholder(num, &mut args);
    }
    args
}
