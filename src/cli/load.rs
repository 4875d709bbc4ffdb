//! The flags of `run` and `capacity` that say who is pushed at, from where and how: each is a key of the scenario too.

use std::net::IpAddr;

use clap::Args;

use super::access::TlsArgs;

use crate::scenario::Transport;
use crate::scenario::file::{self, File};
use crate::scenario::units::{Rate, Span};

/// Who is pushed at, from where and how.
#[derive(Debug, Args)]
pub(super) struct LoadArgs {
    /// Base URL of the system under test; left out, the embedded platform is started. Repeatable where the system has several nodes:
    /// users, sockets and pushes are spread over them.
    #[arg(
        long = "target",
        value_name = "URL",
        env = "PUSHPROOF_TARGET",
        value_delimiter = ','
    )]
    targets: Vec<String>,
    #[command(flatten)]
    tls: TlsArgs,
    /// An app id; repeatable. Users and pushes are spread over the apps, and no app may hear another.
    #[arg(
        long = "app",
        value_name = "ID",
        env = "PUSHPROOF_APP",
        value_delimiter = ','
    )]
    apps: Vec<String>,
    /// Users, over all apps.
    #[arg(long, value_name = "N", env = "PUSHPROOF_USERS")]
    pub(super) users: Option<u32>,
    /// Sockets of each user.
    #[arg(long, value_name = "N", env = "PUSHPROOF_SOCKETS_PER_USER")]
    sockets_per_user: Option<u32>,
    /// Rate at which logins and connects begin, as 500/s.
    #[arg(long, value_name = "RATE", env = "PUSHPROOF_CONNECT_RATE")]
    connect_rate: Option<Rate>,
    /// Pushes a second over all lanes, as 200/s.
    #[arg(long, value_name = "RATE", env = "PUSHPROOF_RATE")]
    pub(super) rate: Option<Rate>,
    /// Sequential trigger workers that share the rate.
    #[arg(long, value_name = "N", env = "PUSHPROOF_LANES")]
    pub(super) lanes: Option<u32>,
    /// How long after it was sent a push may arrive without being late, as 2s.
    #[arg(long, value_name = "TIME", env = "PUSHPROOF_DEADLINE")]
    pub(super) deadline: Option<Span>,
    /// How long to wait after the last push before judging, as 3s; at least the deadline.
    #[arg(long, value_name = "TIME", env = "PUSHPROOF_SETTLE")]
    pub(super) settle: Option<Span>,
    /// How the packets of sockets travel: websocket (the default), polling, or upgrade, which begins with polling as browsers do.
    #[arg(long, value_name = "TRANSPORT", env = "PUSHPROOF_TRANSPORT")]
    transport: Option<Transport>,
    /// Processes that share the users, where one may not open as many files as there are sockets.
    #[arg(long, value_name = "N", env = "PUSHPROOF_WORKERS")]
    workers: Option<u32>,
    /// A local address that sockets connect from, in turn with others; repeatable. `auto`, the default, takes as many of 127.0.0.0/8 as are
    /// needed where the target is on the loopback interface.
    #[arg(
        long = "source-addr",
        value_name = "ADDRESS",
        env = "PUSHPROOF_SOURCE_ADDR",
        value_delimiter = ',',
        value_parser = source_addr
    )]
    source_addrs: Vec<SourceAddr>,
    /// Set any key of the scenario, as pushes.broadcast=0.5; repeatable. Overrides the file, the environment and every flag.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub(super) settings: Vec<String>,
}

/// A local address; `None`: chosen by the target's.
#[derive(Debug, Clone, Copy)]
struct SourceAddr(Option<IpAddr>);

fn source_addr(text: &str) -> Result<SourceAddr, String> {
    if text == "auto" {
        return Ok(SourceAddr(None));
    }
    let wrong = |_| format!("{text:?} is not an address; write for example 127.0.0.2, ::1 or auto");
    text.parse()
        .map(|addr| SourceAddr(Some(addr)))
        .map_err(wrong)
}

/// A list that was given, if it was.
pub(super) fn given<T>(list: Vec<T>) -> Option<Vec<T>> {
    (!list.is_empty()).then_some(list)
}

impl LoadArgs {
    /// The flags as a scenario that lies over a file.
    pub(super) fn file(&self) -> File {
        let sources = given(self.source_addrs.clone());
        File {
            target: file::Target {
                url: self.targets.first().cloned(),
                apps: given(self.apps.clone()),
                // A target named here takes the place of all that the scenario names.
                nodes: self.targets.get(1..).map(<[String]>::to_vec),
                tls: self.tls.section(),
                ..file::Target::default()
            },
            users: file::Users {
                count: self.users,
                sockets_per_user: self.sockets_per_user,
                connect_rate: self.connect_rate,
                ..file::Users::default()
            },
            pushes: file::Pushes {
                rate: self.rate,
                lanes: self.lanes,
                ..file::Pushes::default()
            },
            verify: file::Verify {
                deadline: self.deadline,
                settle: self.settle,
                ..file::Verify::default()
            },
            clients: file::Clients {
                transport: self.transport,
                ..file::Clients::default()
            },
            generator: file::Generator {
                workers: self.workers,
                // None at all is what `auto` says.
                source_addrs: sources.map(|all| all.iter().filter_map(|addr| addr.0).collect()),
            },
            ..File::default()
        }
    }
}
