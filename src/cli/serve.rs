//! `pushproof serve`: the embedded push platform as a server of its own.

use super::files;
use crate::platform::{AppConfig, PlatformConfig, serve};
use crate::summary::verdict::EXIT_USAGE;
use anyhow::Context as _;
use std::io::{ErrorKind, Write as _};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::process::ExitCode;
use std::time::Duration;
use tokio::net::{TcpListener, TcpSocket};

/// Files that are not sockets: the process's own, and requests that log in or push while all sockets are taken.
const OTHER_FILES: u64 = 256;
/// Connections that may wait to be accepted.
const BACKLOG: u32 = 4096;

/// Run the embedded push platform as a server.
#[derive(Debug, clap::Args)]
pub struct ServeArgs {
    /// Address to listen on.
    #[arg(long, env = "PUSHPROOF_HOST", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    pub host: IpAddr,
    /// Port to listen on; 0 picks a free one.
    #[arg(long, env = "PUSHPROOF_PORT", default_value_t = 3000)]
    pub port: u16,
    /// An app (tenant) to serve; repeatable.
    #[arg(long = "app", value_name = "NAME", default_values = ["demo", "other"])]
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
    /// Most bytes in one message.
    #[arg(long, value_name = "BYTES", default_value_t = 1_000_000)]
    pub max_payload: usize,
    /// How long a login lasts (such as 500ms, 90s, 15m, 24h).
    #[arg(long, value_name = "DURATION", default_value = "24h", value_parser = parse_duration)]
    pub session_ttl: Duration,
    /// Most connections at once [default: what the file limit allows, up to 100000].
    #[arg(long, value_name = "N")]
    pub max_sockets: Option<usize>,
    /// End as soon as standard input ends: a parent's way to leave no orphan behind.
    #[arg(long, hide = true)]
    pub until_stdin_closes: bool,
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
    let files = files::raise_limit();
    let config = config(args, files);
    if let Err(e) = config.validate() {
        files::say(&format!("error: {e}"));
        return Ok(ExitCode::from(EXIT_USAGE));
    }
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?
        .block_on(run_until_told(args, config))
}

fn config(args: &ServeArgs, files: u64) -> PlatformConfig {
    let defaults = PlatformConfig::default();
    let affordable = usize::try_from(files.saturating_sub(OTHER_FILES)).unwrap_or(usize::MAX);
    PlatformConfig {
        apps: args.apps.iter().map(AppConfig::named).collect(),
        namespaces: args.namespaces.clone(),
        ping_interval: Duration::from_millis(args.ping_interval_ms),
        ping_timeout: Duration::from_millis(args.ping_timeout_ms),
        connect_timeout: Duration::from_millis(args.connect_timeout_ms),
        max_payload: args.max_payload,
        session_ttl: args.session_ttl,
        max_sockets: args
            .max_sockets
            .unwrap_or(defaults.max_sockets.min(affordable).max(1)),
        ..defaults
    }
}

async fn run_until_told(args: &ServeArgs, config: PlatformConfig) -> anyhow::Result<ExitCode> {
    let address = SocketAddr::new(args.host, args.port);
    let listener = match listen(address) {
        Ok(listener) => listener,
        Err(e) => {
            let why = match e.kind() {
                ErrorKind::AddrInUse => "the port is in use; choose another with --port".to_owned(),
                _ => e.to_string(),
            };
            files::say(&format!("error: cannot listen on {address}: {why}"));
            return Ok(ExitCode::from(EXIT_USAGE));
        }
    };
    let address = listener
        .local_addr()
        .context("the listener has no address")?;
    let told = told_to_end(args.until_stdin_closes)?;
    announce(address, &config)?;
    serve(listener, config, told).await?;
    Ok(ExitCode::SUCCESS)
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

/// One line for programs on standard output, and what people may want to know on standard error.
fn announce(address: SocketAddr, config: &PlatformConfig) -> anyhow::Result<()> {
    let app = &config.apps[0].name;
    files::say("users user-0, user-1, … with passwords password-0, password-1, …; try:");
    files::say(&format!(
        "  curl 'http://{address}/good/api/v5/auth?appID={app}' -d '{{\"username\":\"user-0\",\"password\":\"password-0\"}}'"
    ));
    files::say(&format!(
        "  curl 'http://{address}/good/api/v5/data/push/send?appID={app}' -d '{{\"userID\":\"*\",\"eventName\":\"alert\",\"message\":\"hello\"}}'"
    ));
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "pushproof platform listening on http://{address}")
        .and_then(|()| stdout.flush())
        .context("cannot write to standard output")
}

/// Ready when a signal, or the end of standard input, says to end.
fn told_to_end(until_stdin_closes: bool) -> anyhow::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot listen for SIGINT")?;
    let mut terminate = signal(SignalKind::terminate()).context("cannot listen for SIGTERM")?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            () = stdin_end(), if until_stdin_closes => {}
        }
    })
}

/// Waits on a thread of its own, which may outlive the runtime: a read from standard input cannot be given up.
async fn stdin_end() {
    let (done, ended) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        // An error is as good an end as any; the receiver may be gone because the server ended first.
        let _ = std::io::copy(&mut std::io::stdin().lock(), &mut std::io::sink());
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
