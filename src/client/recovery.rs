//! What a socket keeps of a session that the target may recover, and what it says of it when it is back.
//!
//! As socket.io-client does: once CONNECT was answered with a private id, the last argument of every event is its offset if it is a string, and
//! the next CONNECT has both (<https://socket.io/docs/v4/connection-state-recovery>). Unlike there, an offset is of one session only.
//!
//! socket.io writes what was missed before its answer to CONNECT. So what comes before that answer at a connection that has asked waits for
//! it: only then it is known whether it was missed, or is premature.

use bytes::Bytes;

use crate::history::Stamp;
use crate::protocol::socket::last_string;
use crate::time::Time;

/// Most bytes of events that wait for the answer to one CONNECT. At more the answer is taken for granted.
const MOST_EARLY: usize = 16 * 1024 * 1024;

/// A session that the target may recover. Both are as good as a password, and never shown.
pub struct Recovery {
    pid: String,
    /// JSON, with its quotes; empty: no event has told one.
    offset: String,
    /// CONNECT was last asked for with both.
    asked: bool,
    /// The target has told the id since.
    told: bool,
    /// This connection goes on where the last one ended.
    pub goes_on: bool,
    /// What came before the answer to that.
    early: Vec<Early>,
    early_bytes: usize,
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
    /// Its attachments; `None`: it is no binary event.
    pub attachments: Option<Vec<Bytes>>,
}

impl Recovery {
    /// The target gives a session this id. If it is the one that was asked for, that goes on.
    pub fn begins(session: &mut Option<Box<Self>>, pid: String) {
        match session {
            Some(before) if before.asked && before.pid == pid => {
                before.told = true;
                before.goes_on = true;
            }
            session => {
                let early = session.as_mut().map(|before| before.take_early());
                *session = Some(Box::new(Self {
                    pid,
                    offset: String::new(),
                    asked: false,
                    told: true,
                    goes_on: false,
                    early: early.unwrap_or_default(),
                    early_bytes: 0,
                }));
            }
        }
    }

    /// Whether the target has told the id in its last answer to CONNECT. Asked once for each.
    pub fn was_told(&mut self) -> bool {
        std::mem::take(&mut self.told)
    }

    /// Whether what comes before the answer to CONNECT may be what was missed.
    pub fn awaits_answer(&self) -> bool {
        self.asked
    }

    /// Keeps an event until CONNECT is answered. False: there is no room for more.
    pub fn keep(&mut self, early: Early) -> bool {
        let attached = early.attachments.iter().flatten().map(Bytes::len);
        self.early_bytes += early.name.len() + early.args.len() + attached.sum::<usize>();
        self.early.push(early);
        self.early_bytes <= MOST_EARLY
    }

    /// What has been kept.
    pub fn take_early(&mut self) -> Vec<Early> {
        self.early_bytes = 0;
        std::mem::take(&mut self.early)
    }

    /// Whether the next CONNECT will ask for it.
    pub fn can_be_asked(&self) -> bool {
        !self.offset.is_empty()
    }

    /// The payload of CONNECT with what asks for it: the id and the offset before what there is, which goes before them where it has the same.
    pub fn ask(&mut self, auth: &str) -> String {
        self.asked = self.can_be_asked();
        self.goes_on = false;
        let rest = auth.trim_start().strip_prefix('{');
        let rest = rest.map_or("}", str::trim_start);
        if !self.asked {
            return auth.to_owned();
        }
        let pid = serde_json::Value::from(self.pid.as_str());
        let comma = if rest.starts_with('}') { "" } else { "," };
        format!("{{\"pid\":{pid},\"offset\":{}{comma}{rest}", self.offset)
    }

    /// The arguments of an event without its offset, which is kept. `alone`: an offset is all that it may have.
    pub fn arguments<'a>(&mut self, args: &'a str, alone: bool) -> &'a str {
        let Some((before, offset)) = last_string(args) else {
            return args;
        };
        self.offset.clear();
        self.offset.push_str(offset);
        without(args, before, alone)
    }
}

/// The same where nobody has told whether the target recovers anything.
pub fn arguments(args: &str, alone: bool) -> &str {
    last_string(args).map_or(args, |(before, _)| without(args, before, alone))
}

fn without<'a>(args: &'a str, before: &'a str, alone: bool) -> &'a str {
    // A push has one argument or none: a string all by itself is the text that was pushed.
    if before.is_empty() && !alone {
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
        assert!(!session.as_ref().unwrap().goes_on);
        session
    }

    #[test]
    fn a_session_is_asked_for_once_an_event_has_told_its_offset() {
        let mut session = session("p\"1");
        let one = session.as_mut().unwrap();
        assert_eq!(one.ask("{\"a\":1}"), "{\"a\":1}");
        assert_eq!(one.arguments("{\"n\":1},\"o1\"", false), "{\"n\":1}");
        assert_eq!(
            one.arguments("[\"text\"] , \"o\\\"2\" ", false),
            "[\"text\"]"
        );
        for (auth, rest) in [("{\"a\":1}", ",\"a\":1}"), (" { }", "}"), ("", "}")] {
            let asked = one.ask(auth);
            assert_eq!(
                asked,
                format!("{{\"pid\":\"p\\\"1\",\"offset\":\"o\\\"2\"{rest}")
            );
            serde_json::from_str::<serde_json::Value>(&asked).unwrap();
        }
        Recovery::begins(&mut session, "p\"1".to_owned());
        let one = session.as_ref().unwrap();
        assert!(one.goes_on && one.can_be_asked());
    }

    #[test]
    fn another_session_is_another() {
        let mut session = session("p1");
        session.as_mut().unwrap().arguments("1,\"o1\"", false);
        // The target said the same id unasked.
        Recovery::begins(&mut session, "p1".to_owned());
        let one = session.as_ref().unwrap();
        assert!(!one.goes_on && !one.can_be_asked());
        session.as_mut().unwrap().arguments("1,\"o1\"", false);
        session.as_mut().unwrap().ask("");
        Recovery::begins(&mut session, "p2".to_owned());
        let one = session.as_ref().unwrap();
        assert!(!one.goes_on && !one.can_be_asked());
    }

    #[test]
    fn an_offset_alone_is_taken_for_one_where_nothing_else_can_be() {
        let mut session = session("p1");
        let one = session.as_mut().unwrap();
        assert_eq!(one.arguments("\"text\"", false), "\"text\"");
        assert_eq!(one.arguments("\"o1\"", true), "");
        assert_eq!(one.arguments("17", false), "17");
        assert_eq!(one.ask(""), "{\"pid\":\"p1\",\"offset\":\"o1\"}");
        assert_eq!(arguments("17,\"o1\"", false), "17");
        assert_eq!(arguments("17,18", false), "17,18");
    }
}
