//! What a socket keeps of a session that the target may recover, and what it says of it when it is back.
//!
//! As socket.io-client does: once CONNECT was answered with a private id, the last argument of every event is its offset if it is a string, and
//! the next CONNECT has both (<https://socket.io/docs/v4/connection-state-recovery>). Unlike there, an offset is of one session only.
//!
//! socket.io writes what was missed before its answer to CONNECT. So what comes before that answer at a connection that has asked waits for
//! it: only then it is known whether it was missed, or is premature.

use std::time::Duration;

use bytes::Bytes;

use crate::history::Stamp;
use crate::protocol::socket::last_string;
use crate::time::Time;

/// Most bytes of events that wait for the answer to one CONNECT.
const MOST_EARLY: usize = 16 * 1024 * 1024;
/// Who is away for longer asks for nothing: until it is back everything that was pushed meanwhile has to be kept. socket.io keeps what was
/// missed for two minutes unless it is told otherwise.
const LONGEST: Duration = Duration::from_secs(300);

/// A session that the target may recover. Both are as good as a password, and never shown.
pub struct Recovery {
    pid: String,
    /// JSON, with its quotes; empty: no event has told one.
    offset: String,
    stand: Stand,
    /// What came before the answer to CONNECT.
    early: Vec<Early>,
    early_bytes: usize,
    /// When its last connection ended.
    left: Time,
    /// The event that comes next wants an ack: then it has no offset, whatever its last argument is.
    wants_ack: bool,
}

/// How a connection stands to the session before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stand {
    /// CONNECT asks for nothing.
    Unasked,
    /// CONNECT asks for it.
    Asked,
    /// The target has given an id: this is a new session.
    New,
    /// The target has given the id again: this connection goes on where the last one ended.
    GoesOn,
}

/// An event that came before the answer to CONNECT.
pub struct Early {
    /// When it was read.
    pub at: Stamp,
    /// It cannot have come before.
    pub not_before: Time,
    /// Its name.
    pub name: String,
    /// Its arguments, as JSON without the outer brackets.
    pub args: String,
    /// Whether it wants an ack.
    pub wants_ack: bool,
    /// Its attachments; `None`: it is no binary event.
    pub attachments: Option<Vec<Bytes>>,
}

impl Recovery {
    /// The target gives a session this id. If it is the one that was asked for, that goes on.
    pub fn begins(session: &mut Option<Box<Self>>, pid: String) {
        match session {
            Some(before) if before.stand == Stand::Asked && before.pid == pid => {
                before.stand = Stand::GoesOn;
            }
            session => {
                let early = session.as_mut().map(|before| before.take_early());
                *session = Some(Box::new(Self {
                    pid,
                    offset: String::new(),
                    stand: Stand::New,
                    early: early.unwrap_or_default(),
                    early_bytes: 0,
                    left: Time::ZERO,
                    wants_ack: false,
                }));
            }
        }
    }

    /// Whether the target has given an id in its answer to CONNECT.
    pub fn was_told(&self) -> bool {
        matches!(self.stand, Stand::New | Stand::GoesOn)
    }

    /// Whether this connection goes on where the last one ended.
    pub fn goes_on(&self) -> bool {
        self.stand == Stand::GoesOn
    }

    /// Whether what comes before the answer to CONNECT may be what was missed.
    pub fn awaits_answer(&self) -> bool {
        self.stand == Stand::Asked
    }

    /// Keeps an event until CONNECT is answered. False: there is no room for it.
    pub fn keep(&mut self, early: Early) -> bool {
        let attached = early.attachments.iter().flatten().map(Bytes::len);
        self.early_bytes += early.name.len() + early.args.len() + attached.sum::<usize>();
        let fits = self.early_bytes <= MOST_EARLY;
        if fits {
            self.early.push(early);
        }
        fits
    }

    /// What has been kept.
    pub fn take_early(&mut self) -> Vec<Early> {
        self.early_bytes = 0;
        std::mem::take(&mut self.early)
    }

    /// Whether the next CONNECT will ask for it.
    pub fn can_be_asked(&self) -> bool {
        !self.pid.is_empty() && !self.offset.is_empty()
    }

    /// Its connection says goodbye, or reads no more: what comes still has offsets, and nothing is asked for.
    pub fn close(&mut self) {
        self.pid.clear();
    }

    /// Its connection ended then.
    pub fn has_left(&mut self, at: Time) {
        self.left = at;
    }

    /// Whether it has been too long by then since its connection ended.
    pub fn is_stale(&self, by: Time) -> bool {
        by - self.left > LONGEST
    }

    /// The event that comes next wants an ack.
    pub fn expect_ack(&mut self, wants_ack: bool) {
        self.wants_ack = wants_ack;
    }

    /// Whether it does.
    pub fn wants_ack(&mut self) -> bool {
        std::mem::take(&mut self.wants_ack)
    }

    /// The payload of CONNECT with what asks for it, if it `may`: the id and the offset before what there is, which goes before them where it
    /// has the same.
    pub fn ask(&mut self, auth: &str, may: bool) -> String {
        let asks = may && self.can_be_asked();
        self.stand = if asks { Stand::Asked } else { Stand::Unasked };
        if !asks {
            return auth.to_owned();
        }
        let rest = auth.trim_start().strip_prefix('{');
        let rest = rest.map_or("}", str::trim_start);
        let pid = serde_json::Value::from(self.pid.as_str());
        let comma = if rest.starts_with('}') { "" } else { "," };
        format!("{{\"pid\":{pid},\"offset\":{}{comma}{rest}", self.offset)
    }

    /// The arguments of an event without its offset, which is kept. `alone`: an offset is all that it may have.
    pub fn arguments<'a>(&mut self, args: &'a str, alone: impl FnOnce() -> bool) -> &'a str {
        if self.wants_ack() {
            return args;
        }
        let Some((before, offset)) = last_string(args) else {
            return args;
        };
        self.offset.clear();
        self.offset.push_str(offset);
        without(args, before, alone)
    }
}

/// The same where nobody has told whether the target recovers anything.
pub fn arguments(args: &str, alone: impl FnOnce() -> bool) -> &str {
    last_string(args).map_or(args, |(before, _)| without(args, before, alone))
}

fn without<'a>(args: &'a str, before: &'a str, alone: impl FnOnce() -> bool) -> &'a str {
    // A push has one argument or none: a string all by itself is the text that was pushed.
    if before.is_empty() && !alone() {
        args
    } else {
        before
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(pid: &str) -> Option<Box<Recovery>> {
        let mut session = None;
        Recovery::begins(&mut session, pid.to_owned());
        assert!(!session.as_ref().unwrap().goes_on());
        session
    }

    #[test]
    fn a_session_is_asked_for_once_an_event_has_told_its_offset() {
        let mut session = session("p\"1");
        let one = session.as_mut().unwrap();
        assert_eq!(one.ask("{\"a\":1}", true), "{\"a\":1}");
        assert_eq!(one.arguments("{\"n\":1},\"o1\"", || false), "{\"n\":1}");
        assert_eq!(
            one.arguments("[\"text\"] , \"o\\\"2\" ", || false),
            "[\"text\"]"
        );
        for (auth, rest) in [("{\"a\":1}", ",\"a\":1}"), (" { }", "}"), ("", "}")] {
            let asked = one.ask(auth, true);
            assert_eq!(
                asked,
                format!("{{\"pid\":\"p\\\"1\",\"offset\":\"o\\\"2\"{rest}")
            );
            serde_json::from_str::<serde_json::Value>(&asked).unwrap();
        }
        Recovery::begins(&mut session, "p\"1".to_owned());
        let one = session.as_ref().unwrap();
        assert!(one.goes_on() && one.can_be_asked());
    }

    #[test]
    fn who_has_said_goodbye_asks_for_nothing_and_still_takes_offsets_off() {
        let mut session = session("p1");
        let one = session.as_mut().unwrap();
        one.arguments("1,\"o1\"", || false);
        one.close();
        assert_eq!(one.arguments("2,\"o2\"", || false), "2");
        assert!(!one.can_be_asked());
        assert_eq!(one.ask("{}", true), "{}");
        let mut session = self::session("p1");
        let one = session.as_mut().unwrap();
        one.arguments("1,\"o1\"", || false);
        assert_eq!(one.ask("{}", false), "{}");
        assert!(!one.awaits_answer());
    }

    #[test]
    fn an_event_that_wants_an_ack_has_no_offset() {
        let mut session = session("p1");
        let one = session.as_mut().unwrap();
        one.expect_ack(true);
        assert_eq!(one.arguments("1,\"text\"", || false), "1,\"text\"");
        assert!(!one.can_be_asked());
        assert_eq!(one.arguments("1,\"o1\"", || false), "1");
        assert!(one.can_be_asked());
    }

    #[test]
    fn what_waits_for_an_answer_is_bounded() {
        let mut session = session("p1");
        let one = session.as_mut().unwrap();
        let early = |bytes| Early {
            at: Stamp::new(Time::ZERO, None),
            not_before: Time::ZERO,
            name: String::new(),
            args: "x".repeat(bytes),
            wants_ack: false,
            attachments: None,
        };
        assert!(one.keep(early(MOST_EARLY / 2)));
        assert!(one.keep(early(MOST_EARLY / 2)));
        assert!(!one.keep(early(1)));
        assert_eq!(one.take_early().len(), 2);
        assert!(one.keep(early(1)));
    }

    #[test]
    fn another_session_is_another() {
        let mut session = session("p1");
        session.as_mut().unwrap().arguments("1,\"o1\"", || false);
        // The target said the same id unasked.
        Recovery::begins(&mut session, "p1".to_owned());
        let one = session.as_ref().unwrap();
        assert!(!one.goes_on() && !one.can_be_asked());
        session.as_mut().unwrap().arguments("1,\"o1\"", || false);
        session.as_mut().unwrap().ask("", true);
        Recovery::begins(&mut session, "p2".to_owned());
        let one = session.as_ref().unwrap();
        assert!(!one.goes_on() && !one.can_be_asked());
    }

    #[test]
    fn an_offset_alone_is_taken_for_one_where_nothing_else_can_be() {
        let mut session = session("p1");
        let one = session.as_mut().unwrap();
        assert_eq!(one.arguments("\"text\"", || false), "\"text\"");
        assert_eq!(one.arguments("\"o1\"", || true), "");
        assert_eq!(one.arguments("17", || false), "17");
        assert_eq!(one.ask("", true), "{\"pid\":\"p1\",\"offset\":\"o1\"}");
        assert_eq!(arguments("17,\"o1\"", || false), "17");
        assert_eq!(arguments("17,18", || false), "17,18");
    }
}
