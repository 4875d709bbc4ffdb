//! What one embedded platform is made of: apps, users, timings and bounds.

use super::faults::{FaultConfig, FaultError};
use super::mutants::Mutants;
use super::scenarios::Scenario;
use super::store::Structure;
use std::time::Duration;

/// The settings of one embedded platform. Every queue and buffer has its bound here.
#[derive(Debug, Clone)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of its own, by name"
)]
pub struct PlatformConfig {
    /// The apps (tenants). No push of one ever reaches a socket of another.
    pub apps: Vec<AppConfig>,
    /// In every app the users `user-0` … `user-<n-1>` can log in, each with the password `password-<number>`.
    pub numbered_users: u32,
    /// In every app users of any name, but for `*` and the empty one, can log in with this password as well.
    pub any_password: Option<String>,
    /// Namespaces served beside the main one, `/`; each asks for credentials of its own.
    pub namespaces: Vec<String>,
    /// Time between two heartbeats of the server.
    pub ping_interval: Duration,
    /// Time within which a heartbeat must be answered.
    pub ping_timeout: Duration,
    /// Time within which a connection must have joined a namespace, or it is closed.
    pub connect_timeout: Duration,
    /// Time within which a begun transport upgrade must be finished, or it is dropped.
    pub upgrade_timeout: Duration,
    /// Time within which the attachments of a binary packet must have come, or the connection is closed.
    pub assembly_timeout: Duration,
    /// Time within which the next request's head must have come on a connection; idle connections end with it.
    pub idle_timeout: Duration,
    /// Time within which the body of a request must have come, and within which a client must take some of an answer.
    pub request_timeout: Duration,
    /// Most bytes in one WebSocket message, one polling body from a client, and one push message.
    pub max_payload: usize,
    /// How long a login lasts; its sockets are closed at the end.
    pub session_ttl: Duration,
    /// How often a minute a login may fail for one user of an app; then every one is refused until the minute is over.
    pub failed_logins: u32,
    /// How much may wait for one connection before it is closed.
    pub queue: QueueBounds,
    /// Whether HTTP long-polling is offered.
    pub polling: bool,
    /// Whether WebSocket is offered.
    pub websocket: bool,
    /// Most Engine.IO connections at once; more are refused.
    pub max_sockets: usize,
    /// Which web pages may talk to the platform.
    pub origins: Origins,
    /// Whether client events named `message` are sent back as `message-back` with the same arguments, and those named
    /// `message-with-ack` acknowledged with them. Every other event is ignored, and acknowledged with no arguments where asked.
    pub echo: bool,
    /// Whether it is the server that the official protocol suites ask for: sockets join without credentials, and are told what they showed by
    /// an event `auth`; at `/engine.io/` messages of Engine.IO itself are sent back.
    pub official_echo: bool,
    /// The token that shows the view of `/admin`; `None`: there is none.
    pub admin: Option<String>,
    /// What it does wrong, and how often.
    pub faults: FaultConfig,
    /// Where it breaks the protocol.
    pub mutants: Mutants,
    /// A capacity of its own making.
    pub limits: Limits,
    /// How long a socket whose connection broke can be recovered, and what it misses is kept; `None`: not at all, as before Socket.IO 4.6.
    pub recovery: Option<Duration>,
    /// Of a platform of several nodes: time within which a node must have done what another asks of it, or it is ended.
    pub node_timeout: Duration,
}

/// An artificial, exact capacity. `None`: whatever the machine can do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Limits {
    /// Deliveries of pushes a second, over all connections; more wait.
    pub deliveries_per_s: Option<u32>,
    /// Sockets at once, over all apps; the CONNECT of one more is refused.
    pub sockets: Option<usize>,
}

/// How much may wait for one connection. Beyond either bound the connection is closed: an event is never skipped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QueueBounds {
    /// Most packets waiting.
    pub packets: usize,
    /// Most bytes waiting.
    pub bytes: usize,
}

/// Which web pages may talk to the platform. Credentials (cookies) are never part of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origins {
    /// Any page.
    Any,
    /// Pages of these origins only (`https://example.org`), on every transport; requests without an `Origin` pass.
    Only(Vec<String>),
}

/// One app (tenant).
#[derive(Debug, Clone)]
pub struct AppConfig {
    /// The `app_id`.
    pub name: String,
    /// What people call it, if that is something else.
    pub title: Option<String>,
    /// Whether the Socket.io plugin is on. Without it users can log in, and sockets are refused.
    pub sockets: bool,
    /// Users beside the numbered ones: user id and password.
    pub users: Vec<(String, String)>,
    /// Whether everybody is told their passwords, which are no secrets then.
    pub hints: bool,
    /// Its data structures.
    pub structures: Vec<Structure>,
    /// Its scenarios.
    pub scenarios: Vec<Scenario>,
}

impl AppConfig {
    /// An app with the numbered users and the scenario `push/send`.
    pub fn named(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            title: None,
            sockets: true,
            users: Vec::new(),
            hints: false,
            structures: Vec::new(),
            scenarios: vec![Scenario::push_send()],
        }
    }
}

impl Default for PlatformConfig {
    fn default() -> Self {
        Self {
            apps: vec![AppConfig::named("demo"), AppConfig::named("other")],
            numbered_users: 1_000_000,
            any_password: None,
            namespaces: Vec::new(),
            ping_interval: Duration::from_secs(25),
            ping_timeout: Duration::from_secs(20),
            connect_timeout: Duration::from_secs(45),
            upgrade_timeout: Duration::from_secs(10),
            assembly_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(75),
            request_timeout: Duration::from_secs(15),
            max_payload: 1_000_000,
            session_ttl: Duration::from_secs(24 * 3600),
            failed_logins: 100,
            queue: QueueBounds {
                packets: 32_768,
                bytes: 32 << 20,
            },
            polling: true,
            websocket: true,
            max_sockets: 100_000,
            origins: Origins::Any,
            echo: true,
            official_echo: false,
            admin: None,
            faults: FaultConfig::default(),
            mutants: Mutants::default(),
            limits: Limits::default(),
            recovery: None,
            node_timeout: Duration::from_secs(5),
        }
    }
}

/// Why settings make no platform.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// Nobody could log in.
    #[error("the platform needs at least one app")]
    NoApp,
    /// App ids must tell apps apart.
    #[error("app {0:?} is named twice")]
    AppTwice(String),
    /// An app id that no request could name.
    #[error("an app needs a name")]
    EmptyApp,
    /// The id `*` means everyone, the empty id nobody.
    #[error("app {app:?} cannot have a user {user:?}: the id is reserved")]
    ReservedUser {
        /// The app.
        app: String,
        /// The refused user id.
        user: String,
    },
    /// A namespace that no packet could name, or the main one, which is always served.
    #[error("namespace {0:?} must begin with '/', be longer than that, and contain no ',' or '?'")]
    Namespace(String),
    /// Faults that contradict each other.
    #[error(transparent)]
    Fault(#[from] FaultError),
    /// Whoever shows nothing is nobody, and so is whoever would come back as them.
    #[error(
        "where nobody shows credentials no connection can be recovered: leave recovery out, or the official echo"
    )]
    RecoveryOfNobody,
    /// A timing that the open packet could not carry.
    #[error("{0} must be at least one millisecond")]
    Timing(&'static str),
    /// Without a transport there is no platform.
    #[error("at least one of polling and websocket must be on")]
    NoTransport,
    /// A bound of zero lets nothing through.
    #[error("{0} must be at least {1}")]
    Bound(&'static str, usize),
}

impl PlatformConfig {
    /// Checks that the settings make sense together.
    pub fn validate(&self) -> Result<(), ConfigError> {
        if self.apps.is_empty() {
            return Err(ConfigError::NoApp);
        }
        for (place, app) in self.apps.iter().enumerate() {
            if app.name.is_empty() {
                return Err(ConfigError::EmptyApp);
            }
            if self.apps[..place].iter().any(|a| a.name == app.name) {
                return Err(ConfigError::AppTwice(app.name.clone()));
            }
            if let Some((user, _)) = app.users.iter().find(|(u, _)| u.is_empty() || u == "*") {
                return Err(ConfigError::ReservedUser {
                    app: app.name.clone(),
                    user: user.clone(),
                });
            }
        }
        if let Some(name) = self
            .namespaces
            .iter()
            .find(|n| n.len() < 2 || !n.starts_with('/') || n.contains([',', '?']))
        {
            return Err(ConfigError::Namespace(name.clone()));
        }
        self.faults.validate(self.recovery.is_some())?;
        if self.recovery.is_some() && self.official_echo {
            return Err(ConfigError::RecoveryOfNobody);
        }
        self.validate_bounds()
    }

    fn validate_bounds(&self) -> Result<(), ConfigError> {
        for (what, value) in [
            ("ping interval", self.ping_interval),
            ("ping timeout", self.ping_timeout),
            ("connect timeout", self.connect_timeout),
            ("upgrade timeout", self.upgrade_timeout),
            ("assembly timeout", self.assembly_timeout),
            ("idle timeout", self.idle_timeout),
            ("request timeout", self.request_timeout),
            ("session ttl", self.session_ttl),
            ("node timeout", self.node_timeout),
            ("recovery", self.recovery.unwrap_or(Duration::MAX)),
        ] {
            if value < Duration::from_millis(1) {
                return Err(ConfigError::Timing(what));
            }
        }
        if !self.polling && !self.websocket {
            return Err(ConfigError::NoTransport);
        }
        for (what, value, least) in [
            ("max payload", self.max_payload, 1_024),
            ("queue packets", self.queue.packets, 1),
            ("queue bytes", self.queue.bytes, 1_024),
            ("max sockets", self.max_sockets, 1),
            (
                "limit of deliveries a second",
                self.limits.deliveries_per_s.unwrap_or(1) as usize,
                1,
            ),
            ("limit of sockets", self.limits.sockets.unwrap_or(1), 1),
        ] {
            if value < least {
                return Err(ConfigError::Bound(what, least));
            }
        }
        Ok(())
    }

    /// The place of a namespace among those served; the main one is at 0. Names are compared exactly.
    pub(crate) fn namespace(&self, name: &str) -> Option<usize> {
        if name == crate::protocol::socket::MAIN_NAMESPACE {
            return Some(0);
        }
        self.namespaces
            .iter()
            .position(|n| n == name)
            .map(|at| at + 1)
    }

    /// The name of a served namespace.
    pub(crate) fn namespace_name(&self, at: usize) -> &str {
        match at {
            0 => crate::protocol::socket::MAIN_NAMESPACE,
            at => &self.namespaces[at - 1],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{AppConfig, ConfigError, PlatformConfig};
    use std::time::Duration;

    #[test]
    fn the_default_is_valid_and_absurdities_are_named() {
        let valid = PlatformConfig::default();
        assert_eq!(valid.validate(), Ok(()));
        let with = |change: &dyn Fn(&mut PlatformConfig)| {
            let mut config = valid.clone();
            change(&mut config);
            config.validate().unwrap_err()
        };
        assert_eq!(with(&|c| c.apps.clear()), ConfigError::NoApp);
        assert_eq!(
            with(&|c| c.apps.push(AppConfig::named("demo"))),
            ConfigError::AppTwice("demo".into())
        );
        assert!(matches!(
            with(&|c| c.apps[0].users.push(("*".into(), "x".into()))),
            ConfigError::ReservedUser { .. }
        ));
        assert!(matches!(
            with(&|c| c.namespaces.push("admin".into())),
            ConfigError::Namespace(_)
        ));
        assert_eq!(
            with(&|c| c.ping_timeout = Duration::ZERO),
            ConfigError::Timing("ping timeout")
        );
    }
}
