//! `pushproof push` and `pushproof listen` as a user meets them: the real binary as a child, its streams and exit codes, against
//! `pushproof serve`, against a target written from the contract alone, and against what is no target.

mod broken;
mod drops;
#[path = "../support/front.rs"]
#[allow(dead_code, reason = "a part of it is used here")]
mod front;
mod listen;
mod node;
#[path = "../support/peers.rs"]
#[allow(dead_code, reason = "a part of it is used here")]
mod peers;
mod push;
#[path = "../support/redis.rs"]
#[allow(dead_code, reason = "a part of it is used here")]
mod redis;
mod redis_tls;
#[path = "../support/rest.rs"]
#[allow(dead_code, reason = "a part of it is used here")]
mod rest;
#[path = "../support/signals.rs"]
mod signals;
#[path = "../cli_run/support.rs"]
#[allow(dead_code, reason = "a part of it is used here")]
mod support;
#[path = "../cli_run/target.rs"]
#[allow(dead_code, reason = "a part of it is used here")]
mod target;
mod users;
mod wire;

use std::process::Stdio;

use support::{Done, Run, done, pushproof, within};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio_tungstenite::tungstenite::Message;

/// `pushproof serve` on a port of its own.
struct Served {
    url: String,
    _child: Child,
}

impl Served {
    async fn start() -> Self {
        let mut command = pushproof();
        command.args(["serve", "--port", "0"]);
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("the binary starts");
        let stdout = child.stdout.take().expect("stdout is piped");
        let mut lines = BufReader::new(stdout).lines();
        let line = within("the ready line", lines.next_line()).await;
        let line = line.expect("UTF-8").expect("a line");
        let url = line.strip_prefix("pushproof platform listening on ");
        Self {
            url: url.expect("a ready line").to_owned(),
            _child: child,
        }
    }
}

/// A subcommand at this target with these arguments.
fn command(name: &str, url: &str, args: &[&str]) -> Command {
    let mut command = pushproof();
    command.args([name, "--target", url]).args(args);
    command
}

/// A listener that is connected.
async fn listening(url: &str, args: &[&str]) -> Run {
    let mut run = Run::start(command("listen", url, args));
    run.hears("listens in app").await;
    run
}

/// A push that is accepted, with what was said of it.
async fn push(url: &str, user: &str, event: &str, more: &[&str]) -> String {
    let mut command = command("push", url, &["--user", user, "--event", event]);
    command.args(more);
    let done = done(command).await;
    assert_eq!((done.code, done.stderr.as_str()), (Some(0), ""), "{done:?}");
    done.stdout
}

/// The lines for pipes, each without its time, which is one.
fn untimed(done: &Done) -> Vec<&str> {
    let untimed = |line| {
        let (time, rest) = str::split_once(line, '\t').expect("fields");
        humantime::parse_rfc3339(time).expect("RFC 3339");
        rest
    };
    done.stdout.lines().map(untimed).collect()
}
