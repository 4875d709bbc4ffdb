//! `pushproof serve`: the embedded push platform as a server of its own.

mod announce;
mod settings;

use super::files;
use super::nodes::{self, Ending};
use super::ports::{self, Ports};
use crate::platform::nodes::say_hello;
use crate::platform::{Fault, FaultRate, Mutant, PlatformConfig, Role, UserGlob, serve};
use crate::summary::verdict::EXIT_USAGE;
use anyhow::Context as _;
use std::io::{BufRead as _, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::{mpsc, oneshot};

/// Connections that may wait to be accepted.
const BACKLOG: u32 = 4096;

/// Run the embedded push platform as a server.
#[derive(Debug, clap::Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of its own, by name"
)]
pub struct ServeArgs {
    /// Address to listen on.
    #[arg(long, env = "PUSHPROOF_HOST", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    pub host: IpAddr,
    /// Port to listen on; 0 picks a free one. Several (repeated, with commas, or as 3001-3006) make one platform of as many
    /// processes, its nodes, each with files for sockets of its own.
    #[arg(
        long = "port",
        value_name = "PORT",
        env = "PUSHPROOF_PORT",
        value_delimiter = ',',
        default_value = "3000"
    )]
    pub ports: Vec<Ports>,
    /// Listen on every address of this machine, for others to reach it, in place of --host.
    #[arg(long, conflicts_with = "host")]
    pub public: bool,
    /// What to serve: apps, users, data structures and scenarios, as TOML or JSON (docs/platform.md) [default: the apps demo and other, with
    /// what the page at / shows].
    #[arg(long, value_name = "FILE", conflicts_with = "apps")]
    pub platform: Option<PathBuf>,
    /// An app (tenant) to serve, with nothing in it but push/send; repeatable. In place of --platform.
    #[arg(long = "app", value_name = "NAME")]
    pub apps: Vec<String>,
    /// A namespace to serve beside the main one, such as /admin; repeatable.
    #[arg(long = "namespace", value_name = "NAME")]
    pub namespaces: Vec<String>,
    /// Milliseconds between heartbeats.
    #[arg(long, value_name = "MS", default_value_t = 25_000)]
    pub ping_interval_ms: u64,
    /// Milliseconds within which a heartbeat must be answered.
    #[arg(long, value_name = "MS", default_value_t = 20_000)]
    pub ping_timeout_ms: u64,
    /// Milliseconds within which a connection must have joined a namespace.
    #[arg(long, value_name = "MS", default_value_t = 45_000)]
    pub connect_timeout_ms: u64,
    /// Milliseconds within which a transport upgrade must be finished.
    #[arg(long, value_name = "MS", default_value_t = 10_000)]
    pub upgrade_timeout_ms: u64,
    /// Milliseconds within which the attachments of a packet must have come.
    #[arg(long, value_name = "MS", default_value_t = 10_000)]
    pub assembly_timeout_ms: u64,
    /// Milliseconds within which a request must be all there.
    #[arg(long, value_name = "MS", default_value_t = 15_000)]
    pub request_timeout_ms: u64,
    /// Milliseconds within which a socket whose connection broke can come back and get what it has missed, as Socket.IO's connection state
    /// recovery; socket.io's own is 120000 [default: no recovery].
    #[arg(long, value_name = "MS", value_parser = clap::value_parser!(u64).range(1..))]
    pub recovery_ms: Option<u64>,
    /// Bytes that may wait for a client before its connection is closed.
    #[arg(long, value_name = "BYTES", default_value_t = 32 << 20)]
    pub queue_bytes: usize,
    /// Let users of any name log in with this password, besides those with their own.
    #[arg(long, value_name = "PASSWORD")]
    pub any_password: Option<String>,
    /// Let only pages of this origin talk to the platform, as `https://app.example`; repeatable.
    #[arg(long = "origin", value_name = "ORIGIN")]
    pub origins: Vec<String>,
    /// Be the server that the official protocol suites ask for: nobody shows credentials, sockets are told what they showed by an event auth,
    /// /custom is served, and /engine.io/ sends back messages of Engine.IO itself.
    #[arg(long)]
    pub official_echo: bool,
    /// Most bytes in one message.
    #[arg(long, value_name = "BYTES", default_value_t = 1_000_000)]
    pub max_payload: usize,
    /// How long a login lasts (such as 500ms, 90s, 15m, 24h).
    #[arg(long, value_name = "DURATION", default_value = "24h", value_parser = parse_duration)]
    pub session_ttl: Duration,
    /// Most connections at once, at each node [default: what the file limit allows, up to 100000].
    #[arg(long, value_name = "N")]
    pub max_sockets: Option<usize>,
    /// Misbehave: a fault and its rate, as drop=1/1000 for one in each 1,000 occasions; repeatable, or several with commas.
    /// --fault-list has them all.
    #[arg(
        long = "fault",
        value_name = "NAME=1/N",
        env = "PUSHPROOF_FAULT",
        value_delimiter = ','
    )]
    pub faults: Vec<FaultRate>,
    /// Decides which occasions are taken: the same seed harms the same places.
    #[arg(
        long,
        value_name = "N",
        env = "PUSHPROOF_FAULT_SEED",
        default_value_t = 0
    )]
    pub fault_seed: u64,
    /// Harm only deliveries at users whose names match, as '*[3-9]?'.
    #[arg(long, value_name = "GLOB", env = "PUSHPROOF_FAULT_USERS")]
    pub fault_users: Option<UserGlob>,
    /// How late a fault makes a delivery [default: 2500ms]. Longer than the deadline, shorter than the settling.
    #[arg(long, value_name = "DURATION", env = "PUSHPROOF_FAULT_DELAY", value_parser = parse_duration)]
    pub fault_delay: Option<Duration>,
    /// Print every fault with what it does, and end.
    #[arg(long)]
    pub fault_list: bool,
    /// Let only so many deliveries through each second, over all sockets; more wait, in order, and none is lost.
    #[arg(long, value_name = "N", env = "PUSHPROOF_LIMIT_DELIVERIES_PER_S", value_parser = clap::value_parser!(u32).range(1..))]
    pub limit_deliveries_per_s: Option<u32>,
    /// Let only so many sockets in at once, over all apps; the CONNECT of one more is refused.
    #[arg(long, value_name = "N", env = "PUSHPROOF_LIMIT_SOCKETS", value_parser = clap::value_parser!(u32).range(1..))]
    pub limit_sockets: Option<u32>,
    /// Show who is connected, what is pushed and what faults have harmed at /admin, to whoever has its token: that of the environment, or else one
    /// that is drawn, and printed with the address.
    #[arg(long)]
    pub admin: bool,
    /// The token of /admin.
    #[arg(
        long,
        value_name = "TOKEN",
        env = "PUSHPROOF_ADMIN_TOKEN",
        hide = true,
        hide_env_values = true
    )]
    pub admin_token: Option<String>,
    /// Break the protocol in this way on every connection; repeatable.
    #[arg(long = "mutant", value_name = "NAME")]
    pub mutants: Vec<Mutant>,
    /// Time within which a node must have done what another asks of it; then it is ended, and the push answered with 503.
    #[arg(long, value_name = "DURATION", default_value = "5s", value_parser = parse_duration)]
    pub node_timeout: Duration,
    /// The place of this node among those that the first one starts.
    #[arg(long, value_name = "PLACE", hide = true)]
    pub node: Option<usize>,
    /// End as soon as standard input ends: a parent's way to leave no orphan behind.
    #[arg(long, hide = true)]
    pub until_stdin_closes: bool,
}

impl ServeArgs {
    /// Where to listen.
    fn address(&self) -> IpAddr {
        if self.public {
            IpAddr::V4(Ipv4Addr::UNSPECIFIED)
        } else {
            self.host
        }
    }
}

/// Reads a duration with its unit.
fn parse_duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("{text:?} is not a duration; write for example 500ms, 90s, 15m or 24h");
    let digits = text.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?;
    let number: u64 = text[..digits].parse().map_err(|_| wrong())?;
    let millis = match &text[digits..] {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return Err(wrong()),
    };
    number
        .checked_mul(millis)
        .map(Duration::from_millis)
        .ok_or_else(wrong)
}

/// Runs the server until it is told to end.
pub fn run(args: &ServeArgs) -> anyhow::Result<ExitCode> {
    if args.fault_list {
        files::print(&fault_list())?;
        return Ok(ExitCode::SUCCESS);
    }
    let files = files::raise_limit();
    let checked = ports::all(&args.ports).and_then(|ports| {
        let config = settings::config(args, ports.len(), files)?;
        config.validate().map_err(|e| e.to_string())?;
        Ok((ports, config))
    });
    let (ports, config) = match checked {
        Ok(checked) => checked,
        Err(wrong) => {
            files::say(&format!("error: {wrong}"));
            return Ok(ExitCode::from(EXIT_USAGE));
        }
    };
    // The official suites send over two connections at once and take for granted that what was sent first is done first, as it is where one
    // thread does all.
    let mut runtime = if args.official_echo {
        tokio::runtime::Builder::new_current_thread()
    } else {
        tokio::runtime::Builder::new_multi_thread()
    };
    runtime
        .enable_all()
        .build()
        .context("cannot start the runtime")?
        .block_on(async {
            match args.node {
                None => run_until_told(args, &ports, config).await,
                Some(place) => run_node(args, &ports, place, config).await,
            }
        })
}

/// Every fault, what the N of its rate 1/N counts, and what it does.
fn fault_list() -> String {
    let faults = Fault::all();
    let lines = faults.map(|f| {
        format!(
            "{:<17} one in N of: {}\n{:19}{}\n",
            f.name(),
            f.occasion(),
            "",
            f.sentence()
        )
    });
    lines.collect()
}

/// The one node, or the first of several.
async fn run_until_told(
    args: &ServeArgs,
    ports: &[u16],
    config: PlatformConfig,
) -> anyhow::Result<ExitCode> {
    let Some((listener, address)) = listen_or_say(args.address(), ports[0])? else {
        return Ok(ExitCode::from(EXIT_USAGE));
    };
    let (orders, mut ordered) = mpsc::channel(8);
    let mut told = std::pin::pin!(told_to_end(args.until_stdin_closes.then_some(orders))?);
    let started = tokio::select! {
        started = nodes::start(ports.len()) => started?,
        () = &mut told => return Ok(ExitCode::SUCCESS),
    };
    let others = started.iter().map(|node| node.address);
    let addresses: Vec<SocketAddr> = std::iter::once(address).chain(others).collect();
    announce::announce(&addresses, &config)?;
    let (watched, peers) = nodes::watch_over(started);
    let role = if peers.is_empty() {
        Role::Alone
    } else {
        Role::First(peers)
    };
    let told = async {
        loop {
            tokio::select! {
                () = &mut told => break,
                Some((how, place)) = ordered.recv() => watched.end_one(how, place),
            }
        }
        watched.told();
    };
    serve(listener, config, role, told).await?;
    watched.end().await;
    Ok(ExitCode::SUCCESS)
}

/// A node that another one has started.
async fn run_node(
    args: &ServeArgs,
    ports: &[u16],
    place: usize,
    config: PlatformConfig,
) -> anyhow::Result<ExitCode> {
    let mut link = nodes::link_to_first()?;
    let port = ports.get(place).context("there is no such node")?;
    let Some((listener, address)) = listen_or_say(args.address(), *port)? else {
        return Ok(ExitCode::from(EXIT_USAGE));
    };
    let told = told_to_end(None)?;
    let hello = say_hello(&mut link, address).await;
    hello.context("the first node does not listen")?;
    serve(listener, config, Role::Other(link), told).await?;
    Ok(ExitCode::SUCCESS)
}

/// Listens, and finds out where. `None`: it cannot, and has said so.
fn listen_or_say(host: IpAddr, port: u16) -> anyhow::Result<Option<(TcpListener, SocketAddr)>> {
    let address = SocketAddr::new(host, port);
    let listener = match listen(address) {
        Ok(listener) => listener,
        Err(e) => {
            let why = match e.kind() {
                ErrorKind::AddrInUse => "the port is in use; choose another with --port".to_owned(),
                _ => e.to_string(),
            };
            files::say(&format!("error: cannot listen on {address}: {why}"));
            return Ok(None);
        }
    };
    let address = listener.local_addr();
    let address = address.context("the listener has no address")?;
    Ok(Some((listener, address)))
}

fn listen(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = if address.is_ipv4() {
        TcpSocket::new_v4()
    } else {
        TcpSocket::new_v6()
    }?;
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Ready when a signal, or the end of standard input where that is read, says to end. What lines of it say of nodes is handed on.
fn told_to_end(
    stdin: Option<mpsc::Sender<(Ending, usize)>>,
) -> anyhow::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot listen for SIGINT")?;
    let mut terminate = signal(SignalKind::terminate()).context("cannot listen for SIGTERM")?;
    let until_stdin_closes = stdin.is_some();
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            () = stdin_end(stdin), if until_stdin_closes => {}
        }
    })
}

/// Waits on a thread of its own, which may outlive the runtime: a read from standard input cannot be given up.
async fn stdin_end(orders: Option<mpsc::Sender<(Ending, usize)>>) {
    let (done, ended) = oneshot::channel();
    std::thread::spawn(move || {
        // An error is as good an end as any; the receivers may be gone because the server ended first.
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            if let Some((order, orders)) = Ending::read(&line).zip(orders.as_ref()) {
                let _ = orders.blocking_send(order);
            }
        }
        let _ = done.send(());
    });
    let _ = ended.await;
}

#[cfg(test)]
mod tests {
    use super::parse_duration;
    use std::time::Duration;

    #[test]
    fn durations_have_units() {
        assert_eq!(parse_duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(parse_duration("2h"), Ok(Duration::from_secs(7200)));
        for wrong in ["", "5", "s", "-1s", "1.5s", "1d", "99999999999999999999s"] {
            assert!(parse_duration(wrong).is_err(), "{wrong}");
        }
    }
}
