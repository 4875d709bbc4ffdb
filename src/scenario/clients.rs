//! How sockets behave that lose their connection: the backoff of socket.io-client, reproducible by the seed.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::draws;
use super::driver::Driver;
use super::file;
use super::neglect::Neglect;
use super::problems::Problems;
use super::transport::Transports;
use crate::ids::SocketId;

/// Tells the draws of this module from all others of a seed.
const DRAWS: u64 = 0x636c_6965_6e74_7321;
/// The longest wait anybody may ask for between attempts.
const LONGEST: Duration = Duration::from_secs(3_600);

/// What a socket that the target dropped means for the verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Drops {
    /// The run cannot pass: what the socket missed cannot be told.
    #[default]
    Unknown,
    /// The run may pass if every expected push came and every socket came back: for tests that restart the target.
    Allowed,
}

/// What a socket does when its connection ends without its doing.
#[derive(Debug, Clone, PartialEq)]
pub struct Clients {
    /// Whether it comes back.
    pub reconnect: bool,
    /// Before the first attempt; doubled for each further one.
    pub delay: Duration,
    /// The most it is doubled to.
    pub delay_max: Duration,
    /// By which share of itself a wait is shortened or lengthened, 0 to 1.
    pub jitter: f64,
    /// After so many attempts in a row it gives up; `None`: never.
    pub attempts: Option<u32>,
    /// Whether it asks for what it has missed, where the target offers that.
    pub recovery: bool,
    /// What a drop means for the verdict.
    pub drops: Drops,
    /// Which client holds the sockets.
    pub driver: Driver,
    /// Which transport a socket speaks.
    pub transports: Transports,
    /// Which sockets neglect what they owe the target.
    pub neglect: Neglect,
}

impl Clients {
    pub(super) fn new(file: &file::Clients) -> Self {
        Self {
            reconnect: file.reconnect.unwrap_or(true),
            delay: file.reconnect_delay.map_or(Duration::ZERO, |s| s.0),
            delay_max: file.reconnect_delay_max.map_or(Duration::ZERO, |s| s.0),
            jitter: file.reconnect_jitter.unwrap_or_default(),
            attempts: file.reconnect_attempts,
            recovery: file.recovery.unwrap_or(true),
            drops: file.drops.unwrap_or_default(),
            driver: file.driver.unwrap_or_default(),
            transports: Transports::new(file.transport, file.transports),
            neglect: Neglect::new(file.slow, file.stuck, file.mute),
        }
    }

    /// The plan as it would be written.
    pub fn to_file(&self) -> file::Clients {
        use super::units::Span;
        let (transport, transports) = self.transports.written();
        let (slow, stuck, mute) = self.neglect.written();
        file::Clients {
            driver: (self.driver != Driver::default()).then_some(self.driver),
            transport,
            transports,
            reconnect: Some(self.reconnect),
            reconnect_delay: Some(Span(self.delay)),
            reconnect_delay_max: Some(Span(self.delay_max)),
            reconnect_jitter: Some(self.jitter),
            reconnect_attempts: self.attempts,
            recovery: (!self.recovery).then_some(false),
            drops: Some(self.drops),
            slow,
            stuck,
            mute,
        }
    }

    pub(super) fn check(&self, problems: &mut Problems) {
        problems.check(!self.delay.is_zero(), "clients.reconnect_delay", || {
            "without a wait a target that is gone is asked without end; write one above zero, as 1s".to_owned()
        });
        problems.check(
            (self.delay..=LONGEST).contains(&self.delay_max),
            "clients.reconnect_delay_max",
            || {
                format!(
                    "{:?}; write one from reconnect_delay ({:?}) to an hour",
                    self.delay_max, self.delay
                )
            },
        );
        problems.share("clients.reconnect_jitter", self.jitter);
        self.neglect.check(problems);
    }

    /// Whether another attempt is made after so many that failed in a row.
    pub fn tries_again(&self, failed: u32) -> bool {
        self.reconnect && self.attempts.is_none_or(|most| failed < most)
    }

    /// The wait before an attempt: after so many that `failed` in a row; `nth` counts all waits of the socket, so that no two jitter
    /// alike.
    pub fn backoff(&self, seed: u64, socket: SocketId, failed: u32, nth: u32) -> Duration {
        let wait = self.delay.as_secs_f64() * f64::from(failed.min(32)).exp2();
        let drawn = draws::unit(&mut draws::of(seed, DRAWS, socket, nth));
        let jittered = wait * (1.0 + self.jitter * (2.0 * drawn - 1.0));
        Duration::from_secs_f64(jittered.min(self.delay_max.as_secs_f64()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Transport;

    const SOCKET: SocketId = SocketId(7);

    fn clients() -> Clients {
        Clients {
            reconnect: true,
            delay: Duration::from_secs(1),
            delay_max: Duration::from_secs(5),
            jitter: 0.0,
            attempts: None,
            recovery: true,
            drops: Drops::Unknown,
            driver: Driver::Lean,
            transports: Transports::One(Transport::WebSocket),
            neglect: Neglect::default(),
        }
    }

    #[test]
    fn waits_double_up_to_the_most() {
        let waits: Vec<_> = (0..5)
            .map(|failed| clients().backoff(1, SOCKET, failed, failed).as_secs())
            .collect();
        assert_eq!(waits, [1, 2, 4, 5, 5]);
        assert_eq!(clients().backoff(1, SOCKET, u32::MAX, 0).as_secs(), 5);
    }

    #[test]
    fn jitter_is_the_seeds_and_stays_in_its_bounds() {
        let jittered = Clients {
            jitter: 0.5,
            ..clients()
        };
        let wait = |seed, socket, nth| jittered.backoff(seed, SocketId(socket), 0, nth);
        assert_eq!(wait(3, 1, 2), wait(3, 1, 2));
        assert_ne!(wait(3, 1, 2), wait(4, 1, 2));
        assert_ne!(wait(3, 1, 2), wait(3, 2, 2));
        assert_ne!(wait(3, 1, 2), wait(3, 1, 3));
        let waits: Vec<_> = (0..1_000).map(|n| wait(9, 1, n).as_secs_f64()).collect();
        assert!(waits.iter().all(|wait| (0.5..1.5).contains(wait)));
        let mean = waits.iter().sum::<f64>() / 1_000.0;
        assert!((mean - 1.0).abs() < 0.05, "{mean}");
    }

    #[test]
    fn gives_up_after_the_bound_or_at_once_without_reconnects() {
        let bounded = Clients {
            attempts: Some(2),
            ..clients()
        };
        assert!(bounded.tries_again(1) && !bounded.tries_again(2));
        let never = Clients {
            reconnect: false,
            ..clients()
        };
        assert!(!never.tries_again(0));
        assert!(clients().tries_again(1_000_000));
    }
}
