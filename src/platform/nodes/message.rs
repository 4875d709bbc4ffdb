//! What nodes say to each other, as bytes: a length of four bytes, little-endian, and a message of at most that many.
//!
//! Whoever reads one believes nothing: what is too long, is no message, or says what no node would say, is an error and never a panic.

use crate::platform::config::PlatformConfig;
use crate::platform::said::Said;
use bytes::{BufMut, Bytes, BytesMut};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::net::SocketAddr;
use std::time::Duration;

/// Bytes of the length before each message.
pub(super) const HEAD: usize = 4;
/// Longest message before there is a platform: where a node listens.
pub(super) const MAX_HELLO: usize = 64;
/// Room for the parts of a push beside its event name and message, which have the platform's bound each.
const AROUND: usize = 256 * 1024;

/// One message between two nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Message<'a> {
    /// The first of a node that was started: it listens here.
    Hello { address: SocketAddr },
    /// To be done here, and answered under the number.
    Ask {
        id: u64,
        #[serde(borrow)]
        ask: Ask<'a>,
    },
    /// What was asked for has been done, at so many sockets. `None`: nobody knows, as not every node said so in time.
    Answer { id: u64, sockets: Option<u64> },
    /// The platform ends.
    Stop,
}

/// What a node asks of the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Ask<'a> {
    /// Take over a login.
    LogIn {
        token: u128,
        app: usize,
        user: &'a str,
        /// For how long it is good yet. Each node has a clock of its own.
        left: Duration,
    },
    /// End a login and its sockets.
    LogOut { token: u128 },
    /// Queue an event at all sockets of the app, or of one of its users. Event and message are JSON as it stands; the latter may be bytes.
    Push {
        app: usize,
        user: Option<&'a str>,
        event: &'a str,
        #[serde(borrow)]
        message: Option<Said<'a>>,
    },
}

/// Why bytes are no message of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotAMessage {
    #[error("a message longer than any")]
    TooLong,
    #[error("bytes that are no message")]
    Garbled,
    #[error("a message that names {0}")]
    Unknown(&'static str),
}

/// Longest message that the nodes of a platform send.
pub(super) fn max_len(config: &PlatformConfig) -> usize {
    config
        .max_payload
        .saturating_mul(2)
        .saturating_add(AROUND)
        .min(u32::MAX as usize)
}

/// A message as it goes out. `None`: it is longer than any may be.
pub(super) fn encode(message: &Message<'_>, max: usize) -> Option<Bytes> {
    let body = postcard::to_allocvec(message).ok()?;
    if body.len() > max {
        return None;
    }
    let mut frame = BytesMut::with_capacity(HEAD + body.len());
    frame.put_u32_le(u32::try_from(body.len()).ok()?);
    frame.put_slice(&body);
    Some(frame.freeze())
}

/// How long the message is that begins with these bytes; `None`: too few of them.
pub(super) fn length(bytes: &[u8], max: usize) -> Result<Option<usize>, NotAMessage> {
    let Some(head) = bytes.first_chunk::<HEAD>() else {
        return Ok(None);
    };
    let length = u32::from_le_bytes(*head) as usize;
    if length > max {
        return Err(NotAMessage::TooLong);
    }
    Ok(Some(length))
}

/// Reads one message, without its length.
pub(super) fn decode(body: &[u8]) -> Result<Message<'_>, NotAMessage> {
    match postcard::take_from_bytes(body) {
        Ok((message, [])) => Ok(message),
        _ => Err(NotAMessage::Garbled),
    }
}

impl Ask<'_> {
    /// Whether this platform could have been asked for it.
    pub(super) fn check(&self, config: &PlatformConfig) -> Result<(), NotAMessage> {
        match *self {
            Self::LogIn {
                app, user, left, ..
            } => {
                let is_user = !user.is_empty() && user != "*";
                is_one_of(config, app)?;
                if !is_user || left > config.session_ttl {
                    return Err(NotAMessage::Unknown("a login that there cannot be"));
                }
                Ok(())
            }
            Self::LogOut { .. } => Ok(()),
            Self::Push {
                app,
                event,
                message,
                ..
            } => {
                is_one_of(config, app)?;
                let named = serde_json::from_str::<String>(event).is_ok();
                let said = match message {
                    Some(Said::Json(json)) => serde_json::from_str::<&RawValue>(json).is_ok(),
                    Some(Said::Bytes(_)) | None => true,
                };
                if !(named && said) {
                    return Err(NotAMessage::Unknown("an event that is not JSON"));
                }
                Ok(())
            }
        }
    }
}

fn is_one_of(config: &PlatformConfig, app: usize) -> Result<(), NotAMessage> {
    if app < config.apps.len() {
        return Ok(());
    }
    Err(NotAMessage::Unknown("an app that there is not"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PUSH: Ask<'_> = Ask::Push {
        app: 1,
        user: Some("user-1"),
        event: "\"e\"",
        message: Some(Said::Json("{\"a\": 1.0}")),
    };

    #[test]
    fn messages_come_back_as_they_were() {
        let address = "[::1]:3000".parse().unwrap();
        let login = Ask::LogIn {
            token: u128::MAX,
            app: 0,
            user: "user-1",
            left: Duration::from_millis(7),
        };
        for message in [
            Message::Hello { address },
            Message::Ask { id: 1, ask: login },
            Message::Ask {
                id: u64::MAX,
                ask: Ask::LogOut { token: 1 },
            },
            Message::Ask { id: 3, ask: PUSH },
            Message::Answer {
                id: 4,
                sockets: None,
            },
            Message::Answer {
                id: 4,
                sockets: Some(1 << 40),
            },
            Message::Stop,
        ] {
            let frame = encode(&message, 100).unwrap();
            assert_eq!(length(&frame, 100), Ok(Some(frame.len() - HEAD)));
            assert_eq!(decode(&frame[HEAD..]).as_ref(), Ok(&message));
            let cut = decode(&frame[HEAD..frame.len() - 1]);
            assert_eq!(cut, Err(NotAMessage::Garbled), "{message:?}");
            let longer = [&frame[HEAD..], b"x"].concat();
            assert_eq!(decode(&longer), Err(NotAMessage::Garbled), "{message:?}");
        }
    }

    #[test]
    fn lengths_are_bounded_both_ways() {
        let push = Message::Ask { id: 1, ask: PUSH };
        assert_eq!(encode(&push, 20), None);
        assert_eq!(length(&[1, 0, 0], 20), Ok(None));
        assert_eq!(length(&[20, 0, 0, 0], 20), Ok(Some(20)));
        assert_eq!(length(&[21, 0, 0, 0, 9], 20), Err(NotAMessage::TooLong));
        assert_eq!(length(&[255; 8], 1 << 20), Err(NotAMessage::TooLong));
    }

    #[test]
    fn what_no_node_would_ask_for_is_refused() {
        let config = PlatformConfig::default();
        assert_eq!(PUSH.check(&config), Ok(()));
        let login = |app, user, left| Ask::LogIn {
            token: 1,
            app,
            user,
            left,
        };
        let push = |app, event, message| Ask::Push {
            app,
            user: None,
            event,
            message,
        };
        let hour = Duration::from_secs(3600);
        assert_eq!(login(0, "user-1", hour).check(&config), Ok(()));
        for ask in [
            login(2, "user-1", hour),
            login(0, "*", hour),
            login(0, "", hour),
            login(0, "user-1", hour * 25),
            push(usize::MAX, "\"e\"", None),
            push(0, "e", None),
            push(0, "\"e\",1", None),
            push(0, "\"e\"", Some(Said::Json(""))),
            push(0, "\"e\"", Some(Said::Json("1]1"))),
        ] {
            assert!(ask.check(&config).is_err(), "{ask:?}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = length(&bytes, 100);
            if let Ok(Message::Ask { ask, .. }) = decode(&bytes) {
                let _ = ask.check(&PlatformConfig::default());
            }
        }
    }
}
