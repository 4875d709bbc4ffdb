//! Debian's `redis-server` as a child of a test.

use std::net::TcpListener;
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use super::peers::within;

/// A server without a disk, on a port of its own.
pub(crate) struct Redis {
    child: Child,
    port: u16,
}

impl Redis {
    pub(crate) async fn start() -> Self {
        let free = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = free.local_addr().expect("it is bound").port();
        drop(free);
        let child = spawn(port, &[]).await;
        Self { child, port }
    }

    /// One that speaks TLS too, with this certificate and key, at the port that is given with it.
    pub(crate) async fn start_tls(cert: &str, key: &str) -> (Self, u16) {
        let [port, tls] = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").expect("a free port"));
        let ports = [&port, &tls].map(|free| free.local_addr().expect("it is bound").port());
        drop((port, tls));
        let [port, tls] = ports;
        let tls_port = tls.to_string();
        let more = [
            "--tls-port",
            &tls_port,
            "--tls-cert-file",
            cert,
            "--tls-key-file",
            key,
        ];
        let more = [
            &more[..],
            &["--tls-auth-clients", "no", "--tls-ca-cert-file", cert],
        ]
        .concat();
        let child = spawn(port, &more).await;
        (Self { child, port }, tls)
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// The same for a user of its own, who can be locked out.
    pub(crate) fn url_of(&self, user: &str) -> String {
        format!("redis://{user}:secret@127.0.0.1:{}", self.port)
    }

    /// Lets a user in who may do everything.
    pub(crate) async fn let_in(&self, user: &str) {
        self.ask(&["ACL", "SETUSER", user, "on", ">secret", "~*", "&*", "+@all"])
            .await;
    }

    /// Locks a user out, whose connections end.
    pub(crate) async fn lock_out(&self, user: &str) {
        self.ask(&["ACL", "SETUSER", user, "off"]).await;
        self.ask(&["CLIENT", "KILL", "USER", user]).await;
    }

    async fn ask(&self, words: &[&str]) {
        let client = redis::Client::open(self.url()).expect("a URL");
        let mut connection = client
            .get_multiplexed_async_connection()
            .await
            .expect("a connection");
        let mut command = redis::cmd(words[0]);
        command.arg(&words[1..]);
        let answer = command.query_async::<redis::Value>(&mut connection).await;
        answer.expect("it is done");
    }

    pub(crate) async fn kill(&mut self) {
        self.child.kill().await.expect("it can be killed");
    }

    /// On the same port, with nothing left of before.
    pub(crate) async fn restart(&mut self) {
        self.child = spawn(self.port, &[]).await;
    }
}

async fn spawn(port: u16, more: &[&str]) -> Child {
    let spawned = Command::new("redis-server")
        .args(["--port", &port.to_string(), "--bind", "127.0.0.1"])
        .args(["--save", "", "--appendonly", "no"])
        .args(more)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn();
    let mut child = match spawned {
        Ok(child) => child,
        Err(error) => panic!("cannot start redis-server: {error}. Run ci/install-peers"),
    };
    let mut lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
    let mut said = Vec::new();
    loop {
        let line = within("redis-server to be ready", lines.next_line()).await;
        let line = line.ok().flatten();
        let line = line.unwrap_or_else(|| panic!("redis-server ended: {said:?}"));
        if line.contains("Ready to accept connections") {
            break;
        }
        said.push(line);
    }
    // Nobody reads what else it says, and it must not wait for that.
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    child
}
