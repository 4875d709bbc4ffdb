//! The task of one listening socket: logs in, connects, waits for the end of the connection, and comes back.

use std::rc::Rc;

use tokio::sync::oneshot;

use super::ear::Ear;
use super::listen::{ListenError, Room, Told};
use super::who::Who;
use crate::client::endpoint;
use crate::client::listener::{ConnectError, Ended};
use crate::client::login::LoginError;
use crate::clock;
use crate::fleet::life::{Life, Next};
use crate::fleet::login::Credentials;
use crate::identity::Identity;
use crate::ids::{SocketId, UserId};

/// Stays connected until the listening is over. An error: it cannot.
pub(super) async fn stay(room: Rc<Room>, place: usize) -> Result<(), ListenError> {
    let mut over = room.over.subscribe();
    let socket = Socket { room: &room, place };
    tokio::select! {
        gone = socket.come_and_come_back() => Err(gone),
        // A connection that the engine holds leaves by itself.
        _ = over.wait_for(|over| *over) => Ok(()),
    }
}

struct Socket<'a> {
    room: &'a Rc<Room>,
    place: usize,
}

impl Socket<'_> {
    /// Ends only by failing.
    async fn come_and_come_back(&self) -> ListenError {
        let plan = &self.room.order.plan;
        let mut life = Life::new(SocketId(self.place as u32));
        let session = self.who().given_session();
        let mut shown = session.map(|session| Credentials::new(session, ""));
        loop {
            let ended = match shown.clone() {
                Some(known) => Ok(self.connect(&known, life.came()).await),
                None => match self.log_in().await {
                    Ok(new) => {
                        shown = Some(new);
                        continue;
                    }
                    Err(error) => Err(error),
                },
            };
            let next = match ended {
                Ok(ended) => life.ended(ended, &plan.clients, plan.seed),
                Err(error) if !life.came() => return ListenError::Login(error),
                Err(error) => {
                    let (why, shortage) = (error.reason(), error.shortage());
                    life.failed(why, shortage, &plan.clients, plan.seed)
                }
            };
            if let Err(gone) = self.take(next, &mut shown).await {
                return gone;
            }
        }
    }

    /// What comes after the end of a connection, up to when the next is to be tried.
    async fn take(&self, next: Next, shown: &mut Option<Credentials>) -> Result<(), ListenError> {
        let (why, dropped, wait) = match next {
            // The listening is over, and this task with it.
            Next::Over | Next::Away => return std::future::pending().await,
            Next::Refused(cause) => {
                let whose = self.whose();
                return Err(ListenError::Connect { whose, cause });
            }
            Next::LogIn => match self.who().only_has(&self.room.order.plan) {
                None => {
                    *shown = None;
                    return Ok(());
                }
                Some(what) => (format!("{what} is no longer taken"), false, None),
            },
            Next::Dropped {
                leave,
                detail,
                wait,
            } => {
                let why = match detail.as_str() {
                    "" => leave.describe().to_owned(),
                    detail => format!("{} ({detail})", leave.describe()),
                };
                (why, true, wait)
            }
            Next::NotBack { why, wait, .. } => (why, false, wait),
        };
        self.room.tell(Told::Away {
            who: self.who(),
            why: why.clone(),
            dropped,
            wait,
        });
        let Some(wait) = wait else {
            let whose = self.whose();
            return Err(ListenError::Gone { whose, why });
        };
        tokio::time::sleep(wait).await;
        Ok(())
    }

    /// What to show: a token that is made anew, and a session id where somebody logs in.
    async fn log_in(&self) -> Result<Credentials, LoginError> {
        let plan = &self.room.order.plan;
        let http = self.room.nodes.of_user(plan, self.user());
        let token = self.who().token_at(plan, clock::unix_millis() / 1_000);
        let identity = self.identity("", &token);
        let session = identity.log_in(&plan.contract, http).await?;
        Ok(Credentials::new(&session, &token))
    }

    fn who(&self) -> &Who {
        self.room.who(self.place)
    }

    /// Who this is, in a session.
    fn identity<'a>(&'a self, session: &'a str, token: &'a str) -> Identity<'a> {
        let (plan, who) = (&self.room.order.plan, self.who());
        Identity {
            app: &plan.apps[who.app().index()],
            user: who.name().unwrap_or_default(),
            password: who.password(),
            session,
            token,
            listed: who.listed(plan),
        }
    }

    /// Connects, and waits for the end.
    async fn connect(&self, shown: &Credentials, again: bool) -> Ended {
        let plan = &self.room.order.plan;
        let endpoint = self.room.nodes.of_socket(plan, self.user(), SocketId(0));
        let identity = self.identity(shown.session(), shown.token());
        let own = identity.endpoint(&plan.contract, endpoint);
        let endpoint = own.as_deref().unwrap_or(endpoint);
        let opened = match endpoint::open(endpoint, self.place).await {
            Ok(opened) => opened,
            Err(error) => return Ended::NotConnected(error),
        };
        let (over, ended) = oneshot::channel();
        let ear = Ear {
            room: Rc::clone(self.room),
            place: self.place,
            again,
            over,
        };
        let hello = identity.hello(&plan.contract);
        self.room.engine.add(opened, hello, ear);
        let stopped = Ended::NotConnected(ConnectError::Stopped);
        ended.await.unwrap_or(stopped)
    }

    /// Whose turn it is among the nodes.
    fn user(&self) -> UserId {
        UserId((self.place * self.room.order.plan.apps.len()) as u32)
    }

    /// Who this is, in which app, and at which node.
    fn whose(&self) -> String {
        let plan = &self.room.order.plan;
        format!(
            "{} of app {} at {}",
            self.who(),
            plan.apps[self.who().app().index()],
            self.room.nodes.of_user(plan, self.user()).base()
        )
    }
}
