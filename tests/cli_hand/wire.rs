//! A Socket.IO server that sends what it is told to, frame by frame, and tells what it read.

use std::collections::VecDeque;

use futures_util::{SinkExt as _, StreamExt as _};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::Message;

const OPEN: &str =
    r#"0{"sid":"e","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}"#;

/// What one connection gets.
#[derive(Default)]
pub(crate) struct Script {
    /// Before its CONNECT is answered.
    pub(crate) before: Vec<Message>,
    /// After that.
    pub(crate) after: Vec<Message>,
}

pub(crate) struct Wire {
    pub(crate) url: String,
    read: mpsc::UnboundedReceiver<String>,
}

impl Wire {
    /// One script for each connection, in the order in which they come.
    pub(crate) async fn start(scripts: Vec<Script>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("bound"));
        let (told, read) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            let mut scripts = VecDeque::from(scripts);
            while let Ok((tcp, _)) = listener.accept().await {
                let script = scripts.pop_front().expect("a script for each connection");
                tokio::spawn(serve(tcp, script, told.clone()));
            }
        });
        Self { url, read }
    }

    /// The next text frame that was read.
    pub(crate) async fn read(&mut self) -> String {
        let read = super::support::within("a frame", self.read.recv()).await;
        read.expect("the server lives")
    }
}

/// `None`: the other side is gone.
async fn serve(
    tcp: tokio::net::TcpStream,
    script: Script,
    told: mpsc::UnboundedSender<String>,
) -> Option<()> {
    let mut ws = tokio_tungstenite::accept_async(tcp).await.ok()?;
    ws.send(Message::text(OPEN)).await.ok()?;
    for message in script.before {
        ws.send(message).await.ok()?;
    }
    let mut after = Some(script.after);
    while let Message::Text(text) = ws.next().await?.ok()? {
        if let Some(asked) = text.strip_prefix("40") {
            let namespace = asked.split_once(',').filter(|_| asked.starts_with('/'));
            let namespace = namespace.map_or_else(String::new, |(name, _)| format!("{name},"));
            let accepted = format!(r#"40{namespace}{{"sid":"s"}}"#);
            ws.send(Message::text(accepted)).await.ok()?;
            for message in after.take().into_iter().flatten() {
                ws.send(message).await.ok()?;
            }
        }
        told.send(text.to_string()).ok();
    }
    None
}
