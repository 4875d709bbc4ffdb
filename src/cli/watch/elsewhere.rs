//! A run that goes on elsewhere, over HTTP.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, bail};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::client::conn::http1;
use hyper::http::uri::Authority;
use hyper::{Request, StatusCode, Uri};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::sync::mpsc;

use super::super::files;
use super::shown::{Left, Shown};
use super::{announce, tell_end};
use crate::report::snapshot;
use crate::summary::Snapshot;
use crate::summary::live::PAST;
use crate::summary::verdict::EXIT_USAGE;

/// Between two looks.
const EVERY: Duration = Duration::from_secs(1);

/// Most bytes of a snapshot.
const MOST: usize = 16 << 20;
/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Shows it to its end.
pub(super) async fn watch(
    mut from: Elsewhere,
    mut interrupted: mpsc::Receiver<()>,
    start: impl FnOnce(mpsc::Receiver<()>) -> Shown,
) -> anyhow::Result<ExitCode> {
    let first = tokio::select! {
        first = from.next() => first?,
        _ = interrupted.recv() => return Ok(Left::Interrupted.code()),
    };
    let has_begun = has_begun(&first);
    if has_begun {
        announce(&first.about, "elsewhere");
    }
    let mut shown = start(interrupted);
    let ended = to_the_end(&mut from, (first, has_begun), &mut shown).await;
    shown.stop().await;
    match ended {
        Ended::Left(left) => {
            files::say("no longer watching; the run goes on");
            Ok(left.code())
        }
        Ended::Over(last) => {
            if let Some(judgement) = &last.ended {
                tell_end(judgement);
            }
            Ok(ExitCode::SUCCESS)
        }
        // Who serves metrics ends with the run: the last look comes too late more often than not.
        Ended::Gone(error) => {
            files::say(&format!(
                "the run is over, or cannot be reached any more: {error:#}"
            ));
            Ok(ExitCode::from(EXIT_USAGE))
        }
    }
}

/// Why it is shown no longer.
enum Ended {
    /// It is over.
    Over(Box<Snapshot>),
    /// It cannot be reached any more.
    Gone(anyhow::Error),
    /// Nobody watches any more.
    Left(Left),
}

/// It listens a moment before there is a run to tell of.
fn has_begun(snapshot: &Snapshot) -> bool {
    snapshot.about.started_at_unix_ms > 0
}

async fn to_the_end(
    from: &mut Elsewhere,
    (mut newest, mut is_announced): (Snapshot, bool),
    shown: &mut Shown,
) -> Ended {
    loop {
        if has_begun(&newest) {
            if !std::mem::replace(&mut is_announced, true) {
                announce(&newest.about, "elsewhere");
            }
            shown.show(newest.clone());
            if newest.ended.is_some() {
                return Ended::Over(newest.into());
            }
        }
        if let Some(left) = shown.until(shown.now() + EVERY).await {
            return Ended::Left(left);
        }
        tokio::select! {
            left = shown.left() => return Ended::Left(left),
            next = from.next() => match next {
                Ok(next) => newest = next,
                Err(error) => return Ended::Gone(error),
            }
        }
    }
}

/// A run elsewhere.
pub(super) struct Elsewhere {
    /// Host and port.
    authority: String,
    /// What is known of it.
    last: Snapshot,
}

impl Elsewhere {
    /// At an address of its metrics. Nothing is asked yet.
    pub(super) fn at(address: &str) -> anyhow::Result<Self> {
        let wrong = || {
            format!("{address:?} is no address of metrics; write for example http://127.0.0.1:9464")
        };
        let text = if address.contains("://") {
            address.to_owned()
        } else {
            format!("http://{address}")
        };
        let uri: Uri = text.parse().with_context(wrong)?;
        let plain = uri.scheme_str() == Some("http");
        let path = matches!(uri.path(), "" | "/" | "/metrics" | "/snapshot");
        // Without a scheme only the port tells an address from the name of a file.
        let told = |authority: &&Authority| address.contains("://") || authority.port().is_some();
        let authority = uri.authority().filter(|_| plain && path).filter(told);
        let Some(authority) = authority else {
            bail!("{}", wrong());
        };
        let (host, port) = (authority.host(), authority.port_u16().unwrap_or(80));
        Ok(Self {
            authority: format!("{host}:{port}"),
            last: Snapshot::default(),
        })
    }

    /// How the run goes now.
    pub(super) async fn next(&mut self) -> anyhow::Result<Snapshot> {
        let newest = self.last.past.last().map_or(0, |second| second.second);
        let asked = tokio::time::timeout(PATIENCE, self.get(newest)).await;
        let at = &self.authority;
        let bytes = asked.with_context(|| format!("no answer from {at} within {PATIENCE:?}"))??;
        let mut next = snapshot::read(&bytes).with_context(|| format!("http://{at}/snapshot"))?;
        // Another run has taken its place.
        if next.about.started_at_unix_ms == self.last.about.started_at_unix_ms {
            let from = next.past.first().map_or(u64::MAX, |second| second.second);
            let before = self.last.past.iter().filter(|second| second.second < from);
            let mut past: Vec<_> = before.chain(next.past.iter()).cloned().collect();
            let excess = past.len().saturating_sub(PAST);
            past.drain(..excess);
            next.past = past.into();
        } else if newest > 0 {
            self.last = Snapshot::default();
            return Box::pin(self.next()).await;
        }
        self.last = next.clone();
        Ok(next)
    }

    /// The bytes of a snapshot with the seconds from this one on: the last that is known may have changed.
    async fn get(&self, since: u64) -> anyhow::Result<Bytes> {
        let at = &self.authority;
        let tcp = TcpStream::connect(at).await;
        let tcp = tcp.with_context(|| {
            format!("no run serves its metrics at {at}; start one with --metrics {at}")
        })?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(tcp)).await?;
        let connection = tokio::spawn(connection);
        let request = Request::get(format!("/snapshot?since={since}"))
            .header(hyper::header::HOST, at)
            .body(Empty::<Bytes>::new())?;
        let response = sender.send_request(request).await?;
        let status = response.status();
        if status != StatusCode::OK {
            bail!("http://{at}/snapshot answers {status}: no run serves its metrics there");
        }
        let body = Limited::new(response.into_body(), MOST).collect().await;
        connection.abort();
        let body = body.map_err(|error| anyhow::anyhow!("http://{at}/snapshot: {error}"))?;
        Ok(body.to_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_one_of_metrics() {
        for (address, wanted) in [
            ("127.0.0.1:9464", "127.0.0.1:9464"),
            ("http://127.0.0.1:9464/metrics", "127.0.0.1:9464"),
            ("http://[::1]:9464/", "[::1]:9464"),
            ("http://host", "host:80"),
        ] {
            assert_eq!(Elsewhere::at(address).unwrap().authority, wanted);
        }
        for address in ["", "https://host", "http://host/other", "a b", "run.json"] {
            assert!(Elsewhere::at(address).is_err(), "{address}");
        }
    }
}
