//! The model server: what a right push server does, as simply as it can be said, and one thing that it does wrong.

use std::collections::VecDeque;

use pushproof::history::Outcome;
use pushproof::ids::{AppId, Audience, PushId, UserId};

use crate::rand::Rand;
use crate::world::MS;

/// What the server does wrong, now and then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    Drop,
    Duplicate,
    OtherUser,
    OtherApp,
    Rename,
    Corrupt,
    Delay,
    Reorder,
    Phantom,
    Premature,
}

impl Fault {
    pub(crate) const ALL: [Self; 10] = [
        Self::Drop,
        Self::Duplicate,
        Self::OtherUser,
        Self::OtherApp,
        Self::Rename,
        Self::Corrupt,
        Self::Delay,
        Self::Reorder,
        Self::Phantom,
        Self::Premature,
    ];
}

/// Of so many deliveries about one is harmed.
const HARMED: u64 = 8;
/// A push that is overtaken on purpose was answered so long before the one that overtakes it was asked for: longer than any answer
/// is under way.
const OVERTAKEN_AFTER: u64 = 150 * MS;

/// What is under way to a client.
#[derive(Debug, Clone)]
pub(crate) enum Frame {
    Text {
        text: String,
        /// What was done to it; counted as truth once the client has read it.
        harm: Option<Fault>,
    },
    /// The server ended the connection in an orderly way.
    Fin,
    /// The connection was reset: what the client has not read is gone.
    Rst,
}

impl Frame {
    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self::Text {
            text: text.into(),
            harm: None,
        }
    }
}

/// A push as the server was asked for it.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) id: PushId,
    pub(crate) app: AppId,
    pub(crate) audience: Audience,
    pub(crate) event: String,
    pub(crate) payload: String,
    /// When the request was there.
    pub(crate) at: u64,
}

/// What the server does with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Decision {
    pub(crate) deliver: bool,
    /// `None`: no answer, ever.
    pub(crate) answer: Option<Outcome>,
}

impl Decision {
    pub(crate) fn draw(rand: &mut Rand, refusals: bool, unknowns: bool) -> Self {
        let (deliver, answer) = match rand.below(20) {
            0 if refusals => (false, Some(Outcome::Rejected)),
            1 if unknowns => (true, Some(Outcome::Unknown)),
            2 if unknowns => (false, Some(Outcome::Unknown)),
            3 if unknowns => (true, None),
            4 if unknowns => (false, None),
            _ => (true, Some(Outcome::Accepted)),
        };
        Self { deliver, answer }
    }
}

/// The server's end of a connection.
#[derive(Debug)]
pub(crate) struct Peer {
    pub(crate) app: AppId,
    pub(crate) user: UserId,
    pub(crate) joined: bool,
    pub(crate) gone: bool,
    /// Pings sent that were not answered.
    pub(crate) pings_owed: u32,
    /// Held back to be overtaken, with when its push was answered.
    held: Option<(String, u64)>,
    /// Nothing is sent before this moment.
    pub(crate) stuck_until: u64,
}

impl Peer {
    pub(crate) fn new(app: AppId, user: UserId) -> Self {
        Self {
            app,
            user,
            joined: false,
            gone: false,
            pings_owed: 0,
            held: None,
            stuck_until: 0,
        }
    }

    fn is_of(&self, app: AppId, audience: Audience) -> bool {
        self.joined
            && !self.gone
            && self.app == app
            && match audience {
                Audience::Everyone => true,
                Audience::User(user) => user == self.user,
            }
    }

    /// What is held back and will be overtaken by nobody.
    pub(crate) fn release(&mut self) -> Option<Frame> {
        self.held.take().map(|(text, _)| Frame::text(text))
    }
}

/// What one push makes the server send.
#[derive(Debug, Default)]
pub(crate) struct Sent {
    /// To which connection what, in order.
    pub(crate) frames: Vec<(usize, Frame)>,
    /// The push was not sent to these, which should have had it.
    pub(crate) dropped: Vec<usize>,
}

pub(crate) fn fan_out(
    peers: &mut [Peer],
    asked: &Asked,
    accepted: bool,
    now: u64,
    fault: Option<Fault>,
    rand: &mut Rand,
) -> Sent {
    let mut sent = Sent::default();
    let text = event(&asked.event, &asked.payload);
    for conn in 0..peers.len() {
        if !peers[conn].is_of(asked.app, asked.audience) {
            continue;
        }
        let mut put = |conn: usize, text: &str, harm: Option<Fault>| {
            let text = text.to_owned();
            sent.frames.push((conn, Frame::Text { text, harm }));
        };
        // What is held back is overtaken by this push, or by nobody.
        let overtakes = match &peers[conn].held {
            Some((_, answered)) => asked.at > answered + OVERTAKEN_AFTER,
            None => false,
        };
        let held = peers[conn].held.take().map(|(text, _)| text);
        if let (Some(held), false) = (&held, overtakes) {
            put(conn, held, None);
        }
        let harm = fault.filter(|_| rand.one_in(HARMED));
        match harm {
            Some(Fault::Drop) => {
                sent.dropped.push(conn);
                continue;
            }
            Some(Fault::Duplicate) => {
                put(conn, &text, None);
                put(conn, &text, harm);
            }
            Some(Fault::OtherUser | Fault::OtherApp) => {
                put(conn, &text, None);
                let other_app = harm == Some(Fault::OtherApp);
                let wrong = (0..peers.len()).find(|other| {
                    let other = &peers[*other];
                    let outside = match asked.audience {
                        Audience::User(user) if !other_app => {
                            other.app == asked.app && other.user != user
                        }
                        _ => other_app && other.app != asked.app,
                    };
                    outside && other.joined && !other.gone
                });
                if let Some(wrong) = wrong {
                    put(wrong, &text, harm);
                }
            }
            Some(Fault::Rename) => {
                put(
                    conn,
                    &event(&asked.event.to_uppercase(), &asked.payload),
                    harm,
                );
            }
            Some(Fault::Corrupt) => {
                put(conn, &text.replace("\"n\":1", "\"n\":2"), harm);
            }
            Some(Fault::Delay) => {
                peers[conn].stuck_until = peers[conn].stuck_until.max(now + 700 * MS);
                put(conn, &text, None);
            }
            Some(Fault::Phantom) => {
                put(conn, &text, None);
                put(conn, &event("alert", "\"from nowhere\""), harm);
            }
            // Nobody can say of a push that was not accepted when it should have come.
            Some(Fault::Reorder) if held.is_none() && accepted => {
                peers[conn].held = Some((text.clone(), now));
            }
            None | Some(Fault::Reorder | Fault::Premature) => put(conn, &text, None),
        }
        if let (Some(held), true) = (&held, overtakes) {
            put(conn, held, Some(Fault::Reorder));
        }
    }
    sent
}

fn event(name: &str, payload: &str) -> String {
    format!("42[\"{name}\",{payload}]")
}

/// What the server sends when a client asks for the namespace.
pub(crate) fn accept(conn: usize, fault: Option<Fault>, rand: &mut Rand) -> VecDeque<Frame> {
    let mut frames = VecDeque::new();
    if fault == Some(Fault::Premature) && rand.one_in(2) {
        frames.push_back(Frame::Text {
            text: event("alert", "\"too early\""),
            harm: fault,
        });
    }
    frames.push_back(Frame::text(format!("40{{\"sid\":\"s{conn}\"}}")));
    frames
}

impl Fault {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Drop => "drop",
            Self::Duplicate => "duplicate",
            Self::OtherUser => "other user",
            Self::OtherApp => "other app",
            Self::Rename => "rename",
            Self::Corrupt => "corrupt",
            Self::Delay => "delay",
            Self::Reorder => "reorder",
            Self::Phantom => "phantom",
            Self::Premature => "premature",
        }
    }
}
