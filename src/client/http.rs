//! HTTP calls to the target: one keep-alive client, bounded time, bounded answers.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};

use super::login::said;
use super::route::{Connector, Route};
use super::shortage;
use super::upgrade::redirect;
use crate::clock;

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
    pub body: Bytes,
}

/// An answer, whatever its status.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The HTTP status.
    pub status: StatusCode,
    /// How long the target wants to be left alone, if it says so (`Retry-After`).
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
        self.call(request.body(Full::new(call.body))).await
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
        let retry_after = retry_after(answer.headers());
        let location = answer.headers().get(http::header::LOCATION);
        let location = location.and_then(|to| to.to_str().ok()).map(str::to_owned);
        let body = Limited::new(answer.into_body(), MAX_ANSWER)
            .collect()
            .await
            .map_err(|e| HttpError::Broken(e.to_string()))?;
        Ok(Answer {
            status,
            retry_after,
            body: body.to_bytes(),
            location,
        })
    }
}

/// How long to wait, said in seconds or as a date (RFC 9110, section 10.2.3). A date is held against the answer's own (`Date`), so that it does
/// not matter what clock the target goes by; without that, against this machine's.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let header = |name| Some(headers.get(name)?.to_str().ok()?.trim());
    let said = header(http::header::RETRY_AFTER)?;
    if let Ok(seconds) = said.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let until = httpdate::parse_http_date(said).ok()?;
    let now = header(http::header::DATE).and_then(|date| httpdate::parse_http_date(date).ok());
    // One that has passed is no wait.
    Some(match now {
        Some(now) => until.duration_since(now).unwrap_or_default(),
        None => clock::until(until),
    })
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
    use http::HeaderValue;

    use super::*;

    #[test]
    fn a_wait_is_said_in_seconds_or_as_a_date_of_any_form() {
        let wait = |said: &'static str, date: Option<&'static str>| {
            let mut headers = HeaderMap::new();
            headers.insert("retry-after", HeaderValue::from_static(said));
            if let Some(date) = date {
                headers.insert("date", HeaderValue::from_static(date));
            }
            retry_after(&headers)
        };
        let date = Some("Sun, 06 Nov 1994 08:49:30 GMT");
        let seven = Some(Duration::from_secs(7));
        for said in [
            "7",
            " 7 ",
            "Sun, 06 Nov 1994 08:49:37 GMT",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun Nov  6 08:49:37 1994",
        ] {
            assert_eq!(wait(said, date), seven, "{said}");
        }
        // By the answer's own clock it has passed; by this machine's, where the answer does not say, long ago.
        assert_eq!(
            wait("Sun, 06 Nov 1994 08:49:29 GMT", date),
            Some(Duration::ZERO)
        );
        assert_eq!(
            wait("Sun, 06 Nov 1994 08:49:37 GMT", None),
            Some(Duration::ZERO)
        );
        assert_eq!(
            wait("Sun, 06 Nov 1994 08:49:37 GMT", Some("today")),
            Some(Duration::ZERO)
        );
        let later = wait("Fri, 31 Dec 9999 23:59:59 GMT", None);
        assert!(
            later.is_some_and(|wait| wait.as_secs() > 1_000_000_000),
            "{later:?}"
        );
        for none in ["soon", "-1", "Sun, 06 Nov 1994", ""] {
            assert_eq!(wait(none, date), None, "{none}");
        }
    }

    #[test]
    fn encodes_what_a_query_cannot_hold() {
        assert_eq!(query_value("demo-1"), "demo-1");
        assert_eq!(query_value("a&b=c/ä"), "a%26b%3Dc%2F%C3%A4");
    }
}
