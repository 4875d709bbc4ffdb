//! One socket while it polls.

use std::future::ready;
use std::pin::pin;
use std::rc::Rc;
use std::time::Duration;

use tokio::sync::watch;

use super::call::{CallError, Connection, Known};
use super::outbox::Outbox;
use super::probe::probe;
use super::way::{Doing, Way, Went, done, rung};
use super::{Line, Moved, NOT_TEXT, Polling, poll, post, too_long};
use crate::client::endpoint::{Endpoint, Opened};
use crate::client::listener::{ConnectError, Ended, Hello, Listener};
use crate::client::talk::{Step, Talk};
use crate::clock::Clock;
use crate::history::{Leave, Stamp};
use crate::protocol::engine::{self, Part};
use crate::protocol::frame::Message;
use crate::time::Time;

/// How long the connection for POSTs is kept for more: well below the five seconds after which Node closes one.
const SPARE: Duration = Duration::from_secs(2);
/// How long a goodbye that the target does not take is waited for: it must not hold up the end of a run.
const PATIENCE: Duration = Duration::from_millis(500);

/// What became of a socket.
pub enum Over<H> {
    /// It has ended.
    Ended(H, Ended),
    /// It has a WebSocket now.
    Moved(Box<Moved<H>>),
}

type Answered = (Option<Connection>, Result<Vec<u8>, CallError>);
type Posted = Result<(Connection, Option<Time>), CallError>;

pub(super) struct Polled<'a, H, F> {
    endpoint: &'a Endpoint,
    nth: usize,
    sid: Rc<str>,
    clock: Clock,
    talk: Talk<H>,
    out: Outbox,
    /// The connection of polls, while none is under way.
    connection: Option<Connection>,
    polling: Doing<'a, Answered>,
    posting: Doing<'a, Posted>,
    /// The connection for POSTs, while none is under way, and until when it is kept.
    spare: Option<(Connection, Time)>,
    way: Way<'a>,
    stays: Option<F>,
    /// What was heard last had not come before this.
    answered: Time,
    /// (slow) It does not poll before this.
    polls_at: Time,
    /// It has stopped reading, and its holder knows. A poll under way stays open, and nobody reads its answer.
    stopped: bool,
}

impl<'a, H: Listener, F: FnOnce(String)> Polled<'a, H, F> {
    pub(super) fn new(
        opened: Polling<'a>,
        hello: Hello,
        holder: H,
        clock: Clock,
        upgrade: Option<F>,
    ) -> (Self, String) {
        let Polling {
            endpoint,
            nth,
            connection,
            handshake,
            first,
        } = opened;
        let (now, timeout) = (clock.now(), endpoint.connect_timeout);
        let answered = holder.not_before();
        let out = Outbox::new(clock, timeout, handshake.max_payload);
        connection.tell(&out.poll_tcp);
        let sid: Rc<str> = handshake.sid.into();
        let mut polled = Self {
            way: Way::None,
            endpoint,
            nth,
            clock,
            talk: Talk::new(holder, hello, now, timeout),
            out,
            connection: Some(connection),
            polling: None,
            posting: None,
            spare: None,
            stays: upgrade,
            answered,
            polls_at: Time::ZERO,
            stopped: false,
            sid: Rc::clone(&sid),
        };
        if polled.stays.is_some() {
            if handshake.upgrades.iter().any(|one| one == "websocket") {
                let probing = async move { probe(endpoint, nth, &sid).await };
                polled.way = Way::Probing(Some(Box::pin(probing)));
            } else {
                polled.stay("the target offers no websocket in its handshake".to_owned());
            }
        }
        (polled, first)
    }

    /// Serves it to its end, or until it moves. `first`: what came with the handshake.
    pub(super) async fn run<O>(mut self, first: String, mut orders: watch::Receiver<O>) -> Over<H> {
        let mut timer_at = Time::MAX;
        let mut timer = pin!(tokio::time::sleep_until(self.clock.instant(timer_at)));
        // The timer has fired, and whatever had come by then is being read.
        let mut due = false;
        let bell = self.talk.holder.bell();
        // Orders may have changed while it was opened.
        orders.mark_unchanged();
        self.talk.ask(&mut self.out);
        let mut step = self.take(&first);
        drop(first);
        loop {
            match step {
                Step::Go if self.out.is_choked() => {
                    let why = "the target does not read what is written to it";
                    step = self.talk.end(Leave::ConnectionLost, why);
                    continue;
                }
                Step::Go | Step::Gone => {}
                Step::Stop => self.stopped = true,
                Step::Close(ended) => {
                    self.say_the_rest().await;
                    return Over::Ended(self.talk.holder, ended);
                }
                Step::End(ended) => return Over::Ended(self.talk.holder, ended),
            }
            if self.stopped {
                while orders.changed().await.is_ok() {
                    if self.talk.ends_stopped(self.clock.now()) {
                        break;
                    }
                }
                let ended = Ended::NotConnected(ConnectError::Stopped);
                return Over::Ended(self.talk.holder, ended);
            }
            if self.talk.is_leaving() {
                self.way = Way::None;
            }
            match self.move_over() {
                Some(Ok((opened, since))) => return self.moved(opened, since),
                Some(Err(why)) => self.stay(why),
                None => {}
            }
            self.begin();
            let deadline = self.deadline();
            if deadline != timer_at {
                timer_at = deadline;
                timer.as_mut().reset(self.clock.instant(timer_at));
            }
            step = tokio::select! {
                biased;
                (connection, answer) = done(&mut self.polling) => self.answered(connection, answer),
                posted = done(&mut self.posting) => self.posted(posted),
                went = self.way.goes_on() => self.went(went),
                Ok(()) = orders.changed() => {
                    self.talk.ask(&mut self.out);
                    Step::Go
                }
                () = rung(bell.as_deref()) => {
                    self.talk.emit(self.clock.now(), &mut self.out);
                    Step::Go
                }
                () = timer.as_mut(), if !due => {
                    // What came in time comes first, though the thread may have been away: a ping that lies there was not missed.
                    due = true;
                    tokio::task::yield_now().await;
                    Step::Go
                }
                () = ready(()), if due => {
                    due = false;
                    timer_at = Time::ZERO;
                    self.time_is(self.clock.now())
                }
            };
        }
    }

    fn deadline(&self) -> Time {
        let spare = self.spare.as_ref().map_or(Time::MAX, |(_, until)| *until);
        let deadline = self.talk.deadline().min(spare);
        if self.polling.is_none() && self.is_slow() {
            return deadline.min(self.polls_at);
        }
        deadline
    }

    fn is_slow(&self) -> bool {
        self.talk.reads() > 0
    }

    fn time_is(&mut self, now: Time) -> Step {
        if self.spare.as_ref().is_some_and(|(_, until)| *until <= now) {
            self.spare = None;
        }
        self.talk.time_is(now, &mut self.out)
    }

    /// Polls, and posts what waits, unless the socket is about to move.
    fn begin(&mut self) {
        if self.way.is_pausing() {
            return;
        }
        if self.polling.is_none() && !(self.is_slow() && self.clock.now() < self.polls_at) {
            // What comes with it could have come so much earlier, had this side polled at once.
            let kept_back = self.clock.now() - self.answered;
            self.talk.holder.kept_back(kept_back);
            let connection = self.connection.take();
            let line = self.line(connection, &self.out.poll_tcp);
            self.polling = Some(Box::pin(poll(line)));
        }
        self.post();
    }

    fn post(&mut self) {
        if self.posting.is_some() {
            return;
        }
        if let Some(letter) = self.out.letter() {
            let spare = self.spare.take().map(|(connection, _)| connection);
            let line = self.line(spare, &self.out.post_tcp);
            self.posting = Some(Box::pin(post(line, letter)));
        }
    }

    fn line(&self, connection: Option<Connection>, known: &Known) -> Line<'a> {
        Line {
            endpoint: self.endpoint,
            nth: self.nth,
            sid: Rc::clone(&self.sid),
            connection,
            known: Rc::clone(known),
        }
    }

    /// A poll has come to its end.
    fn answered(
        &mut self,
        connection: Option<Connection>,
        answer: Result<Vec<u8>, CallError>,
    ) -> Step {
        self.connection = connection;
        let step = match answer.map(String::from_utf8) {
            Ok(Ok(body)) => {
                let length = body.len() as f64;
                let step = self.take(&body);
                if self.is_slow() {
                    let wait = length / f64::from(self.talk.reads());
                    self.polls_at = self.clock.now() + Duration::from_secs_f64(wait);
                }
                step
            }
            Ok(Err(_)) => self.talk.end(Leave::ProtocolError, NOT_TEXT),
            Err(error) => self.broken("a poll", error),
        };
        self.has_heard();
        step
    }

    /// Now is when the next poll should be sent, or the move be made.
    fn has_heard(&mut self) {
        self.talk.holder.kept_back(Duration::ZERO);
        self.answered = self.talk.holder.not_before();
    }

    /// Takes the packets of an answer.
    fn take(&mut self, body: &str) -> Step {
        let mut at = Stamp::new(self.clock.now(), None);
        for part in engine::parts(body) {
            // What comes with an answer to CONNECT comes after CONNECT was sent.
            if !self.talk.is_connected() {
                at = Stamp::new(self.clock.now(), None);
            }
            let step = match &part {
                Ok(Part::Text(text)) => self.talk.take(at, Message::Text(text), &mut self.out),
                Ok(Part::Binary(bytes)) => {
                    self.talk.take(at, Message::Binary(bytes), &mut self.out)
                }
                Err(error) => self.talk.end(Leave::ProtocolError, &error.to_string()),
            };
            if !matches!(step, Step::Go) {
                return step;
            }
        }
        Step::Go
    }

    fn posted(&mut self, posted: Posted) -> Step {
        match posted {
            Ok((connection, asked)) => {
                self.spare = Some((connection, self.clock.now() + SPARE));
                if let Some(asked) = asked {
                    self.talk.answered(asked);
                }
                if self.way.is_pausing() {
                    self.has_heard();
                }
                Step::Go
            }
            Err(error) => self.broken("a POST", error),
        }
    }

    /// A call has come to nothing: the session is over, as it is for socket.io-client.
    fn broken(&self, asked: &'static str, error: CallError) -> Step {
        let error = match error {
            CallError::Broken(why) => return self.talk.end(Leave::ConnectionLost, &why),
            CallError::TooLong(most) => {
                return self.talk.end(Leave::ProtocolError, &too_long(most));
            }
            CallError::Connect(error) => error,
            CallError::Refused { status, body } => ConnectError::Http {
                asked,
                status,
                body,
            },
        };
        if self.talk.is_connected() {
            self.talk.end(Leave::ConnectionLost, &error.to_string())
        } else {
            Step::End(Ended::NotConnected(error))
        }
    }

    /// Something has happened on the way to a WebSocket.
    fn went(&mut self, went: Went) -> Step {
        match went {
            Went::Probed(Ok(to)) => {
                let since = self.talk.holder.not_before();
                self.way = Way::Pausing { to, since };
                self.has_heard();
            }
            Went::Probed(Err(why)) => self.stay(why),
            Went::Early(read) => {
                if let Err(why) = self.way.early(read) {
                    self.stay(why);
                }
            }
        }
        Step::Go
    }

    /// The session stays on polling.
    fn stay(&mut self, why: String) {
        self.way = Way::None;
        if let Some(stays) = self.stays.take() {
            stays(why);
        }
    }

    /// Moves the session, if it is time to: whatever came by polls has been taken, and nothing is being posted. Gives the WebSocket, and
    /// since when something may have come there.
    fn move_over(&mut self) -> Option<Result<(Opened, Time), String>> {
        if self.polling.is_some() || self.posting.is_some() {
            return None;
        }
        self.way.end(self.endpoint.address)
    }

    fn moved(mut self, opened: Opened, since: Time) -> Over<H> {
        Over::Moved(Box::new(Moved {
            opened,
            unsaid: std::iter::from_fn(|| self.out.next()).collect(),
            since,
            heard: self.answered,
            talk: self.talk,
        }))
    }

    /// Posts what still waits, for as long as that may take. The poll stays: a target that sees it end first has lost the socket.
    async fn say_the_rest(&mut self) {
        let all = async {
            loop {
                self.post();
                if self.posting.is_none() {
                    return;
                }
                tokio::select! {
                    posted = done(&mut self.posting) => match posted {
                        Ok((connection, _)) => self.spare = Some((connection, Time::MAX)),
                        Err(_) => return,
                    },
                    _ = done(&mut self.polling) => {}
                }
            }
        };
        tokio::time::timeout(PATIENCE, all).await.ok();
    }
}
