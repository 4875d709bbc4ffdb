//! The metrics of a run to a collector of OpenTelemetry, while it goes on.
//!
//! A thread of its own sends them, so that no collector takes time from the lanes. A run never fails because of one: every message has all
//! figures since the start, so what one that was lost had comes with the next.

use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::{Context as _, bail};
use bytes::Bytes;
use hyper::http::uri::PathAndQuery;
use hyper::{Method, StatusCode, Uri};
use percent_encoding::percent_decode_str;
use tokio::sync::oneshot;

use crate::cli::files;
use crate::cli::newest::Newest;
use crate::cli::seed::random_name;
use crate::client::http::{Call, Http};
use crate::client::route::{Route, Tls, Trust};
use crate::clock;
use crate::report::metrics::otlp;
use crate::summary::Snapshot;

/// Between two messages, if the environment does not say: a run is short.
const EVERY: Duration = Duration::from_secs(5);
/// How long a collector may take, if the environment does not say.
const PATIENCE: Duration = Duration::from_secs(10);
/// Where a collector takes metrics.
const PATH: &str = "/v1/metrics";
/// Tries of the last message, which no other comes after.
const LAST_TRIES: u32 = 3;
/// Between these.
const BETWEEN: Duration = Duration::from_secs(1);

/// How and where to send.
#[derive(Debug, PartialEq, Eq)]
struct Settings {
    /// The collector, up to its path.
    base: String,
    path: String,
    headers: Vec<(String, String)>,
    /// What tells this run from whatever else is sent there.
    resource: Vec<(String, String)>,
    every: Duration,
    patience: Duration,
}

impl Settings {
    /// To the collector at this URL, and otherwise as the variables of OpenTelemetry say.
    fn of(url: &str, variable: &dyn Fn(&str) -> Option<String>) -> anyhow::Result<Self> {
        let uri: Uri = url
            .parse()
            .ok()
            .filter(|uri: &Uri| {
                matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some()
            })
            .with_context(|| {
                format!("--otlp: {url:?} is no URL of a collector; write for example http://127.0.0.1:4318")
            })?;
        let scheme = uri.scheme_str().unwrap_or_default();
        let authority = uri.authority().map_or("", |authority| authority.as_str());
        if authority.contains('@') {
            // It is said where metrics go.
            bail!(
                "--otlp: a URL with a user or password is told to whoever sees the screen; put them into OTEL_EXPORTER_OTLP_HEADERS, as authorization=..."
            );
        }
        let path = match uri.path_and_query().map(PathAndQuery::as_str) {
            None | Some("" | "/") => PATH.to_owned(),
            Some(path) => path.to_owned(),
        };
        // Those of metrics alone go before those of everything; empty is as good as not there.
        let found = |names: &[&'static str]| {
            let mut known = names
                .iter()
                .filter_map(|name| Some((*name, variable(name)?)));
            known.find(|(_, value)| !value.is_empty())
        };
        let protocol = found(&[
            "OTEL_EXPORTER_OTLP_METRICS_PROTOCOL",
            "OTEL_EXPORTER_OTLP_PROTOCOL",
        ]);
        if let Some((name, protocol)) = protocol.filter(|(_, known)| known != "http/protobuf") {
            bail!(
                "{name}: {protocol:?} is not spoken here, only http/protobuf; give --otlp the collector's port for HTTP, 4318 as a rule"
            );
        }
        let millis = |named: Option<(&'static str, String)>, otherwise| match named {
            None => Ok(otherwise),
            Some((name, text)) => match text.trim().parse::<u64>() {
                Ok(ms) if ms > 0 => Ok(Duration::from_millis(ms)),
                _ => bail!("{name}: {text:?} is no number of milliseconds"),
            },
        };
        let every = found(&["OTEL_METRIC_EXPORT_INTERVAL"]);
        let patience = found(&[
            "OTEL_EXPORTER_OTLP_METRICS_TIMEOUT",
            "OTEL_EXPORTER_OTLP_TIMEOUT",
        ]);
        let headers = found(&[
            "OTEL_EXPORTER_OTLP_METRICS_HEADERS",
            "OTEL_EXPORTER_OTLP_HEADERS",
        ]);
        let named = found(&["OTEL_RESOURCE_ATTRIBUTES"]);
        let mut resource = vec![
            ("service.name".to_owned(), "pushproof".to_owned()),
            (
                "service.version".to_owned(),
                env!("CARGO_PKG_VERSION").to_owned(),
            ),
        ];
        let service = found(&["OTEL_SERVICE_NAME"]);
        let service = service.map(|(_, name)| ("service.name".to_owned(), name));
        for (key, value) in pairs(named)?.into_iter().chain(service) {
            match resource.iter_mut().find(|(known, _)| *known == key) {
                Some(known) => known.1 = value,
                None => resource.push((key, value)),
            }
        }
        Ok(Self {
            base: format!("{scheme}://{authority}"),
            path,
            headers: pairs(headers)?,
            resource,
            every: millis(every, EVERY)?,
            patience: millis(patience, PATIENCE)?,
        })
    }
}

/// `key=value,key=value`, each encoded as in a URL. What a value is, is told nobody: it may be a secret.
fn pairs(named: Option<(&'static str, String)>) -> anyhow::Result<Vec<(String, String)>> {
    let Some((name, text)) = named else {
        return Ok(Vec::new());
    };
    let parts = text.split(',').map(str::trim);
    let parts = parts.filter(|part| !part.is_empty());
    parts
        .map(|part| {
            let (key, value) = part.split_once('=').unwrap_or_default();
            let value = percent_decode_str(value.trim()).decode_utf8();
            let key = key.trim();
            match value {
                Ok(value) if !key.is_empty() => Ok((key.to_owned(), value.into_owned())),
                _ => bail!("{name}: it is not of the form key=value,key=value"),
            }
        })
        .collect()
}

/// Sends until it is finished.
pub(in crate::cli) struct Exporter {
    stop: oneshot::Sender<()>,
    thread: JoinHandle<Outcome>,
    to: String,
}

/// What became of the messages.
#[derive(Debug, Default, PartialEq, Eq)]
struct Outcome {
    taken: u64,
    /// Why the last one was not taken, if it was not.
    last: Option<String>,
}

impl Exporter {
    /// To the collector at this URL. Nothing is sent before there is a run.
    pub(in crate::cli) fn start(url: &str, shown: Newest) -> anyhow::Result<Self> {
        let mut settings = Settings::of(url, &|name| std::env::var(name).ok())?;
        let instance = ("service.instance.id".to_owned(), random_name()?);
        if !settings.resource.iter().any(|(key, _)| *key == instance.0) {
            settings.resource.push(instance);
        }
        let tls = Tls::new(Trust::default()).context("--otlp")?;
        let route = Route::new(&settings.base, Some(&tls), None);
        let route = route.map_err(|why| anyhow::anyhow!("--otlp: {why}"))?;
        let http = Http::new(&settings.base, route, settings.patience);
        let to = format!("{}{}", settings.base, settings.path);
        let (stop, stopped) = oneshot::channel();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .context("a runtime for the collector")?;
        let thread = std::thread::Builder::new()
            .name("otlp".to_owned())
            .spawn(move || runtime.block_on(send_all(&http, &settings, &shown, stopped)))
            .context("a thread for the collector could not be started")?;
        Ok(Self { stop, thread, to })
    }

    /// Where it sends to.
    pub(in crate::cli) fn to(&self) -> &str {
        &self.to
    }

    /// Sends what the run came to, and says whether that was taken.
    pub(in crate::cli) fn finish(self, quiet: bool) {
        drop(self.stop);
        let Ok(outcome) = self.thread.join() else {
            return;
        };
        match outcome.last {
            None if quiet => {}
            None => files::say(&format!(
                "metrics sent to {} {} times",
                self.to, outcome.taken
            )),
            Some(why) => files::say(&format!(
                "--otlp: the collector has not taken what the run came to: {why}. The report has it"
            )),
        }
    }
}

async fn send_all(
    http: &Http,
    settings: &Settings,
    shown: &Newest,
    mut stopped: oneshot::Receiver<()>,
) -> Outcome {
    let mut outcome = Outcome::default();
    let mut told = false;
    let newest = || {
        let newest = shown.get();
        // There is none yet.
        (newest.about.started_at_unix_ms > 0).then_some(newest)
    };
    loop {
        tokio::select! {
            () = tokio::time::sleep(settings.every) => {}
            _ = &mut stopped => break,
        }
        let Some(snapshot) = newest() else { continue };
        outcome.add(send(http, settings, &snapshot).await);
        if let Some(why) = outcome.last.as_ref().filter(|_| !told) {
            told = true;
            files::say(&format!("--otlp: {why}. The run goes on without it"));
        }
    }
    let Some(last) = newest() else {
        return outcome;
    };
    // Nobody waits longer for all of these than for any other.
    let tries = async {
        for tried in 1..=LAST_TRIES {
            outcome.add(send(http, settings, &last).await);
            if outcome.last.is_none() || tried == LAST_TRIES {
                break;
            }
            tokio::time::sleep(BETWEEN).await;
        }
    };
    if tokio::time::timeout(settings.patience, tries)
        .await
        .is_err()
    {
        let patience = settings.patience;
        let why = || format!("no answer within {patience:?}");
        outcome.last = outcome.last.or_else(|| Some(why()));
    }
    outcome
}

impl Outcome {
    fn add(&mut self, sent: Result<(), String>) {
        self.taken += u64::from(sent.is_ok());
        self.last = sent.err();
    }
}

/// Sends one message. The error is in words.
async fn send(http: &Http, settings: &Settings, snapshot: &Snapshot) -> Result<(), String> {
    let now = clock::unix_millis().saturating_mul(1_000_000);
    let message = otlp::message(snapshot, &settings.resource, now);
    let mut headers = settings.headers.clone();
    headers.push(("Content-Type".to_owned(), otlp::CONTENT_TYPE.to_owned()));
    let asked = http.ask(Call {
        method: Method::POST,
        path: settings.path.clone(),
        headers,
        body: Bytes::from(message),
    });
    let answer = asked.await.map_err(|error| error.to_string())?;
    if answer.status != StatusCode::OK {
        let (to, path, status) = (http.base(), &settings.path, answer.status);
        return Err(format!("{to}{path} answers {status}{}", answer.words()));
    }
    match otlp::left_out(&answer.body) {
        None => Ok(()),
        Some((n, why)) => Err(format!("the collector left out {n} figures: {why}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(url: &str, variables: &[(&str, &str)]) -> Result<Settings, String> {
        let variable = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        Settings::of(url, &variable).map_err(|error| error.to_string())
    }

    fn owned(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        let owned = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
        pairs.iter().map(owned).collect()
    }

    #[test]
    fn a_collector_is_a_url_with_or_without_a_path() {
        for (url, base, path) in [
            (
                "http://127.0.0.1:4318",
                "http://127.0.0.1:4318",
                "/v1/metrics",
            ),
            ("https://host/", "https://host", "/v1/metrics"),
            ("http://host/otlp/v1?x=1", "http://host", "/otlp/v1?x=1"),
        ] {
            let settings = of(url, &[]).unwrap();
            assert_eq!((&*settings.base, &*settings.path), (base, path));
            assert_eq!((settings.every, settings.patience), (EVERY, PATIENCE));
        }
        for url in [
            "",
            "127.0.0.1:4318",
            "grpc://host",
            "http://",
            "a b",
            "http://user:secret@host",
        ] {
            let told = of(url, &[]).unwrap_err();
            assert!(told.starts_with("--otlp: "), "{told}");
            assert!(!told.contains("secret"), "{told}");
        }
    }

    #[test]
    fn the_rest_is_said_by_the_variables_of_opentelemetry() {
        let settings = of(
            "http://host",
            &[
                ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
                ("OTEL_EXPORTER_OTLP_METRICS_PROTOCOL", "http/protobuf"),
                (
                    "OTEL_EXPORTER_OTLP_HEADERS",
                    "api-key=a%20b, x-more = 1=2 ,",
                ),
                ("OTEL_EXPORTER_OTLP_METRICS_HEADERS", ""),
                ("OTEL_EXPORTER_OTLP_TIMEOUT", "1500"),
                ("OTEL_METRIC_EXPORT_INTERVAL", "250"),
                (
                    "OTEL_RESOURCE_ATTRIBUTES",
                    "service.name=other,team=push%2Cers",
                ),
                ("OTEL_SERVICE_NAME", "mine"),
            ],
        )
        .unwrap();
        assert_eq!(
            settings.headers,
            owned(&[("api-key", "a b"), ("x-more", "1=2")])
        );
        assert_eq!(settings.every, Duration::from_millis(250));
        assert_eq!(settings.patience, Duration::from_millis(1_500));
        let version = env!("CARGO_PKG_VERSION");
        assert_eq!(
            settings.resource,
            owned(&[
                ("service.name", "mine"),
                ("service.version", version),
                ("team", "push,ers")
            ])
        );
    }

    #[test]
    fn a_variable_that_says_nonsense_is_named_and_no_secret_told() {
        for (name, value) in [
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
            ("OTEL_METRIC_EXPORT_INTERVAL", "0"),
            ("OTEL_EXPORTER_OTLP_METRICS_TIMEOUT", "1s"),
            ("OTEL_RESOURCE_ATTRIBUTES", "secret"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "=secret"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "key=%ffsecret"),
        ] {
            let told = of("http://host", &[(name, value)]).unwrap_err();
            assert!(told.starts_with(name) && !told.contains("secret"), "{told}");
        }
    }
}
