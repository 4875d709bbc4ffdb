//! One socket of an engine: what is read at it, and what is done there.

use std::time::Duration;

use super::kernel::Received;
use super::link::{Got, Link};
use super::tools::Tools;
use super::wire::WebSocket;
use crate::client::listener::{ConnectError, Ended, Listener};
use crate::client::talk::{Step, Talk};
use crate::history::Leave;
use crate::protocol::frame::Reader;
use crate::time::Time;

/// How often a slow socket reads.
const SIPS_A_SECOND: usize = 10;

pub(super) struct Socket<H> {
    pub(super) link: Link,
    pub(super) reader: Reader,
    /// When it is looked at, at the latest.
    pub(super) looked_at: Time,
    /// (slow) When it reads again; `Time::ZERO`: it does not wait for that.
    pub(super) reads_at: Time,
    pub(super) state: State<H>,
}

pub(super) enum State<H> {
    Talking(Talk<H>),
    /// It has stopped reading, and its holder knows.
    Stopped(Talk<H>),
    /// Its end was told; what was written last is on its way.
    Closing {
        until: Time,
    },
}

impl<H: Listener> Socket<H> {
    /// Takes bytes that were read just now, with the kernel's stamp of the last of them.
    pub(super) fn take(
        &mut self,
        mut bytes: &[u8],
        received: Option<Received>,
        tools: &mut Tools,
    ) -> Step {
        let State::Talking(talk) = &mut self.state else {
            return Step::Go;
        };
        let mut at = tools.stamp(received);
        loop {
            let message = match self.reader.read(&mut bytes) {
                Ok(None) => return Step::Go,
                Ok(Some(message)) => message,
                Err(error) => return talk.end(Leave::ProtocolError, &error.to_string()),
            };
            // What comes with an answer to CONNECT comes after CONNECT was sent.
            if !talk.is_connected() {
                at = tools.stamp(None);
            }
            let link = &mut self.link;
            match talk.take(at, message, &mut WebSocket { link, tools }) {
                Step::Go => {}
                over => return over,
            }
        }
    }

    /// Reads as much as a slow socket may, and says when to go on. Its bytes lie with the kernel, and then with the target.
    pub(super) fn sip(&mut self, buffer: &mut [u8], reads: u32, tools: &mut Tools) -> Step {
        let now = tools.clock.now();
        if now < self.reads_at {
            return Step::Go;
        }
        self.reads_at = Time::ZERO;
        let most = (reads as usize / SIPS_A_SECOND).clamp(1, buffer.len());
        let (length, read) = match self.link.read(buffer, most, tools) {
            Ok(Got::Nothing) => return self.check_link(),
            Ok(Got::End) => return self.lost("end of stream"),
            Ok(Got::Bytes(length, read)) => (length, read),
            Err(error) => return self.lost(&error.to_string()),
        };
        self.reads_at = now + Duration::from_secs_f64(read.bytes as f64 / f64::from(reads));
        self.take(&buffer[..length], read.received, tools)
    }

    pub(super) fn ask(&mut self, tools: &mut Tools) -> Step {
        match &mut self.state {
            State::Talking(talk) => {
                let link = &mut self.link;
                talk.ask(&mut WebSocket { link, tools });
                Step::Go
            }
            State::Stopped(talk) => {
                if talk.ends_stopped(tools.clock.now()) {
                    return Step::End(Ended::NotConnected(ConnectError::Stopped));
                }
                Step::Go
            }
            State::Closing { .. } => Step::Go,
        }
    }

    /// Emits what is wanted at once.
    pub(super) fn emit(&mut self, tools: &mut Tools) -> Step {
        if let State::Talking(talk) = &mut self.state {
            let (now, link) = (tools.clock.now(), &mut self.link);
            talk.emit(now, &mut WebSocket { link, tools });
        }
        Step::Go
    }

    pub(super) fn kept_back(&mut self, by: Duration) {
        if let State::Talking(talk) = &mut self.state {
            talk.holder.kept_back(by);
        }
    }

    pub(super) fn time_is(&mut self, now: Time, tools: &mut Tools) -> Step {
        match &mut self.state {
            State::Talking(talk) => {
                let link = &mut self.link;
                talk.time_is(now, &mut WebSocket { link, tools })
            }
            State::Closing { until } if *until <= now => Step::Gone,
            State::Closing { .. } | State::Stopped(_) => Step::Go,
        }
    }

    pub(super) fn deadline(&self) -> Time {
        match &self.state {
            State::Talking(talk) if self.reads_at != Time::ZERO => {
                talk.deadline().min(self.reads_at)
            }
            State::Talking(talk) => talk.deadline(),
            State::Stopped(_) => Time::MAX,
            State::Closing { until } => *until,
        }
    }

    pub(super) fn flush(&mut self) -> Step {
        self.link.flush();
        match self.state {
            State::Closing { .. } if self.link.is_written() => Step::Gone,
            _ => Step::Go,
        }
    }

    /// Everything that came was read. If writing has failed, that is the end.
    pub(super) fn check_link(&self) -> Step {
        match self.link.broken() {
            Some(error) => self.lost(&error.to_string()),
            None => Step::Go,
        }
    }

    pub(super) fn lost(&self, detail: &str) -> Step {
        match &self.state {
            State::Talking(talk) => talk.end(Leave::ConnectionLost, detail),
            State::Closing { .. } => Step::Gone,
            State::Stopped(_) => Step::Go,
        }
    }
}
