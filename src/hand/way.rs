//! The task of one listening socket: logs in, connects, waits for the end of the connection, and comes back.

use std::rc::Rc;

use tokio::sync::oneshot;

use super::ear::Ear;
use super::listen::{ListenError, Room, Told};
use super::who::Who;
use crate::client::endpoint;
use crate::client::listener::{ConnectError, Ended};
use crate::client::login::LoginError;
use crate::fleet::life::{Life, Next};
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
        let mut session = match self.room.who(self.place) {
            Who::User { .. } => None,
            Who::Session(session) => Some(session.clone()),
        };
        loop {
            let ended = match session.clone() {
                Some(known) => Ok(self.connect(&known, life.came()).await),
                None => match self.log_in().await {
                    Ok(new) => {
                        session = Some(new);
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
            if let Err(gone) = self.take(next, &mut session).await {
                return gone;
            }
        }
    }

    /// What comes after the end of a connection, up to when the next is to be tried.
    async fn take(&self, next: Next, session: &mut Option<String>) -> Result<(), ListenError> {
        let (why, dropped, wait) = match next {
            // The listening is over, and this task with it.
            Next::Over | Next::Away => return std::future::pending().await,
            Next::Refused(cause) => {
                let whose = self.whose();
                return Err(ListenError::Connect { whose, cause });
            }
            Next::LogIn => match self.room.who(self.place) {
                Who::User { .. } => {
                    *session = None;
                    return Ok(());
                }
                Who::Session(_) => {
                    let why = "the session is no longer taken".to_owned();
                    (why, false, None)
                }
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
            who: self.room.who(self.place),
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

    async fn log_in(&self) -> Result<String, LoginError> {
        let plan = &self.room.order.plan;
        let http = self.room.nodes.of_user(plan, self.user());
        self.identity("").log_in(&plan.contract, http).await
    }

    /// Who this is, in a session.
    fn identity<'a>(&'a self, session: &'a str) -> Identity<'a> {
        let (user, password) = match self.room.who(self.place) {
            Who::User { name, password } => (name.as_str(), password.as_str()),
            Who::Session(_) => ("", ""),
        };
        Identity {
            app: &self.room.order.plan.apps[0],
            user,
            password,
            session,
            token: session,
            listed: None,
        }
    }

    /// Connects, and waits for the end.
    async fn connect(&self, session: &str, again: bool) -> Ended {
        let plan = &self.room.order.plan;
        let socket = SocketId(self.place as u32);
        let endpoint = self.room.nodes.of_socket(plan, self.user(), socket);
        let identity = self.identity(session);
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

    fn user(&self) -> UserId {
        UserId(self.place as u32)
    }

    /// Who this is, in which app, and at which node.
    fn whose(&self) -> String {
        let plan = &self.room.order.plan;
        format!(
            "{} of app {} at {}",
            self.room.who(self.place),
            plan.apps[0],
            self.room.nodes.of_user(plan, self.user()).base()
        )
    }
}
