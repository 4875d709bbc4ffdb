//! HTTP calls to the target: one keep-alive client, bounded time, bounded answers.

use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};

use super::login::said;
use super::route::{Connector, Route};
use super::shortage;
use super::upgrade::redirect;

/// Most bytes of an answer that are read: any answer of the contract is far smaller.
const MAX_ANSWER: usize = 1 << 20;
/// Most idle connections kept: the lanes' and some. A crowd of logins leaves hundreds behind, with their buffers.
const MAX_IDLE: usize = 64;
/// Bytes read at once: most answers are shorter, and a buffer that grows and shrinks by what came leaves its memory behind.
const READ: usize = 2048;

/// A target's HTTP side. Clones share connections.
#[derive(Debug, Clone)]
pub struct Http {
    client: Client<Connector, Full<Bytes>>,
    base: String,
    timeout: Duration,
}

/// A request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The method.
    pub method: Method,
    /// Path and query below the base URL.
    pub path: String,
    /// Headers besides those of the connection.
    pub headers: Vec<(String, String)>,
    /// The body; may be empty.
    pub body: String,
}

/// An answer, whatever its status.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The HTTP status.
    pub status: StatusCode,
    /// How long the target wants to be left alone, if it says so in seconds (`Retry-After`).
    pub retry_after: Option<Duration>,
    /// The body.
    pub body: Bytes,
    /// Where it leads, if it is a redirect that says so.
    pub location: Option<String>,
}

impl Answer {
    /// What an answer that is no yes says beside its status: its words after a colon, or where it leads. Empty if it says nothing.
    pub fn words(&self) -> String {
        let redirect = redirect(self.status.as_u16(), self.location.as_deref());
        redirect.unwrap_or_else(|| said(&self.body))
    }
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HttpError {
    /// No connection: nothing was sent.
    #[error("cannot connect to {base}: {cause}")]
    Connect {
        /// The target.
        base: String,
        /// What the system said.
        cause: String,
        /// It is this machine that ran out of something.
        ours: bool,
    },
    /// No answer in time.
    #[error("no answer within {0:?}")]
    Timeout(Duration),
    /// The connection ended or what came was not HTTP.
    #[error("the request failed: {0}")]
    Broken(String),
    /// The address cannot be made into a request.
    #[error("not a usable address: {0}")]
    Address(String),
}

impl Http {
    /// A client for the target at this base URL, over this route; no call takes longer than `timeout`.
    pub fn new(base: &str, route: Route, timeout: Duration) -> Self {
        let connector = Connector::new(route, timeout);
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_max_idle_per_host(MAX_IDLE)
            .http1_read_buf_exact_size(READ)
            .build(connector);
        Self {
            client,
            base: base.to_owned(),
            timeout,
        }
    }

    /// The same, where no call takes longer than this.
    #[must_use]
    pub fn within(&self, timeout: Duration) -> Self {
        Self {
            timeout,
            ..self.clone()
        }
    }

    /// The base URL.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// Makes a request. A body is JSON unless a header says otherwise.
    pub async fn ask(&self, call: Call) -> Result<Answer, HttpError> {
        let mut request = Request::builder()
            .method(call.method)
            .uri(format!("{}{}", self.base, call.path));
        let says_what = |(name, _): &(String, String)| name.eq_ignore_ascii_case("content-type");
        if !call.body.is_empty() && !call.headers.iter().any(says_what) {
            request = request.header(http::header::CONTENT_TYPE, "application/json");
        }
        for (name, value) in call.headers {
            request = request.header(name, value);
        }
        self.call(request.body(Full::from(call.body))).await
    }

    /// Gets a path below the base URL.
    pub async fn get(&self, path: &str) -> Result<Answer, HttpError> {
        let request = Request::builder()
            .uri(format!("{}{path}", self.base))
            .body(Full::default());
        self.call(request).await
    }

    async fn call(&self, request: http::Result<Request<Full<Bytes>>>) -> Result<Answer, HttpError> {
        let request = request.map_err(|e| HttpError::Address(e.to_string()))?;
        tokio::time::timeout(self.timeout, self.send(request))
            .await
            .unwrap_or(Err(HttpError::Timeout(self.timeout)))
    }

    async fn send(&self, request: Request<Full<Bytes>>) -> Result<Answer, HttpError> {
        let answer = self.client.request(request).await.map_err(|e| {
            if e.is_connect() {
                HttpError::Connect {
                    base: self.base.clone(),
                    cause: root_cause(&e),
                    ours: shortage::comes_of_shortage(&e),
                }
            } else {
                HttpError::Broken(root_cause(&e))
            }
        })?;
        let status = answer.status();
        let retry_after = answer.headers().get(http::header::RETRY_AFTER);
        let retry_after = retry_after.and_then(|value| value.to_str().ok()?.trim().parse().ok());
        let location = answer.headers().get(http::header::LOCATION);
        let location = location.and_then(|to| to.to_str().ok()).map(str::to_owned);
        let body = Limited::new(answer.into_body(), MAX_ANSWER)
            .collect()
            .await
            .map_err(|e| HttpError::Broken(e.to_string()))?;
        Ok(Answer {
            status,
            retry_after: retry_after.map(Duration::from_secs),
            body: body.to_bytes(),
            location,
        })
    }
}

/// A value as it stands in a query string.
pub fn query_value(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// The innermost cause says what happened; the layers above say only that something did.
pub(super) fn root_cause(error: &(dyn std::error::Error + 'static)) -> String {
    let mut cause = error;
    let mut not_http = false;
    loop {
        let hyper = cause.downcast_ref::<hyper::Error>();
        not_http |= hyper.is_some_and(hyper::Error::is_parse);
        match cause.source() {
            Some(source) => cause = source,
            None if not_http => {
                return format!("what came as an answer is not HTTP ({cause})");
            }
            None => return cause.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::query_value;

    #[test]
    fn encodes_what_a_query_cannot_hold() {
        assert_eq!(query_value("demo-1"), "demo-1");
        assert_eq!(query_value("a&b=c/ä"), "a%26b%3Dc%2F%C3%A4");
    }
}
