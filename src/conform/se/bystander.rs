//! Somebody who does nothing wrong, beside whoever does: each case looks whether they have all that is theirs.

use crate::conform::case::{Capability, missed};
use crate::conform::driver::{Credentials, Crowd, Publisher, To, User, exactly};
use crate::conform::probe::Probe;
use crate::conform::probe::socket::Socket;
use crate::summary::conformance::Outcome;

/// A socket of another user, to which something is said before, during and after what the case does.
pub(super) struct Bystander {
    probe: Probe,
    hears: Hears,
    said: u64,
    _seats: Option<Crowd>,
}

enum Hears {
    /// Numbered pushes.
    Pushes(Box<(User, Socket, Publisher)>),
    /// What they say themselves.
    Echoes(Box<Socket>),
    /// Nothing that the suite could bring about: their connection has to go on.
    Nothing(Box<Socket>),
    /// Nobody is let in: sessions have to open.
    Sessions,
}

impl Bystander {
    /// One beside whoever is no user. Where nobody is let in, new sessions have to do.
    pub(super) async fn new(probe: &Probe) -> Result<Self, Outcome> {
        if !probe.offers(Capability::Login) {
            return Self::ready(probe, Hears::Sessions, None).await;
        }
        let seats = probe.users(1).await?;
        let hears = Hears::of(probe, &seats[0]).await?;
        Self::ready(probe, hears, Some(seats)).await
    }

    /// One beside a user, who is logged in.
    pub(super) async fn beside(probe: &Probe) -> Result<(Self, Credentials), Outcome> {
        let seats = probe.users(2).await?;
        let shows = probe.log_in(&seats[0]).await?;
        let hears = Hears::of(probe, &seats[1]).await?;
        Ok((Self::ready(probe, hears, Some(seats)).await?, shows))
    }

    async fn ready(probe: &Probe, hears: Hears, seats: Option<Crowd>) -> Result<Self, Outcome> {
        let mut own = Self {
            probe: probe.clone(),
            hears,
            said: 0,
            _seats: seats,
        };
        // What does not work before the case has done anything is not what it is about.
        own.next().await.map_err(|outcome| match outcome {
            Outcome::Fail(seen) => Outcome::Unknown(format!(
                "a bystander hears nothing to begin with: {}",
                seen.seen
            )),
            outcome => outcome,
        })?;
        Ok(own)
    }

    /// That they hear what is said to them now, and nothing else.
    pub(super) async fn goes_on(&mut self, after: &str) -> Result<(), Outcome> {
        match self.next().await {
            Ok(()) => Ok(()),
            Err(Outcome::Fail(seen)) => Err(missed(
                format!("a bystander who hears all as before: {}", seen.allowed),
                format!("after {after}: {}", seen.seen),
            )),
            // A push that is not accepted says nothing, unless nobody is there any more.
            Err(outcome @ Outcome::Unknown(_)) => Err(match lives(&self.probe, after).await {
                Ok(()) => outcome,
                Err(gone) => gone,
            }),
            Err(outcome) => Err(outcome),
        }
    }

    /// That they hear on, and that there are sessions for others.
    pub(super) async fn unharmed(mut self, after: &str) -> Result<(), Outcome> {
        self.goes_on(after).await?;
        lives(&self.probe, after).await
    }

    async fn next(&mut self) -> Result<(), Outcome> {
        self.said += 1;
        let (event, message) = (self.probe.event_name(), self.probe.message(self.said));
        let due = [message];
        match &mut self.hears {
            Hears::Pushes(all) => {
                let (user, socket, publisher) = &mut **all;
                publisher.push(To::User(user), &event, &due[0]).await?;
                let heard = socket.event(&event).await?;
                exactly("the push", &[heard], &due)
            }
            Hears::Echoes(socket) => {
                let echo = self.probe.section().echo.clone().unwrap_or_default();
                socket.emit(None, &echo.event, &due[0]);
                let heard = socket.event(&echo.back).await?;
                exactly("what they said", &[heard], &due)
            }
            Hears::Nothing(socket) => socket.quiet(std::time::Duration::from_millis(20)).await,
            Hears::Sessions => lives(&self.probe, "this").await,
        }
    }
}

impl Hears {
    async fn of(probe: &Probe, user: &User) -> Result<Self, Outcome> {
        let socket = probe.come(user).await?;
        Ok(if probe.offers(Capability::Push) {
            Self::Pushes((user.clone(), socket, probe.publisher()).into())
        } else if probe.offers(Capability::Echo) {
            Self::Echoes(socket.into())
        } else {
            Self::Nothing(socket.into())
        })
    }
}

/// That the target still opens sessions.
pub(super) async fn lives(probe: &Probe, after: &str) -> Result<(), Outcome> {
    let opened = probe.opens().await;
    opened.map(drop).map_err(|outcome| match outcome {
        Outcome::Error(_) => outcome,
        outcome => missed(
            "sessions as before",
            format!("after {after}: {}", outcome.detail()),
        ),
    })
}
