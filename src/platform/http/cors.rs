//! Which web pages may read the answers. No answer ever allows credentials, so a reflected origin gains nobody anything.

use super::{Answer, reply};
use crate::platform::config::Origins;
use http::header::{self, HeaderValue};
use http::{Response, StatusCode};
use http_body_util::Full;

/// Whether a request from this origin may use the sockets. Requests from outside a browser carry none.
pub(super) fn permits(origins: &Origins, origin: Option<&HeaderValue>) -> bool {
    match (origins, origin) {
        (Origins::Any, _) | (_, None) => true,
        (Origins::Only(list), Some(origin)) => {
            list.iter().any(|o| o.as_bytes() == origin.as_bytes())
        }
    }
}

/// Adds to an answer whether the page that asked may read it.
pub(super) fn allow(origins: &Origins, origin: Option<&HeaderValue>, answer: &mut Answer) {
    let headers = answer.headers_mut();
    match (origins, origin) {
        (Origins::Any, _) => {
            headers.insert(
                header::ACCESS_CONTROL_ALLOW_ORIGIN,
                HeaderValue::from_static("*"),
            );
        }
        (Origins::Only(_), Some(origin)) => {
            headers.insert(header::VARY, HeaderValue::from_static("Origin"));
            if permits(origins, Some(origin)) {
                headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
            }
        }
        (Origins::Only(_), None) => {}
    }
}

/// The answer to a preflight, which needs neither session nor login.
pub(super) fn preflight() -> Answer {
    let mut answer: Answer = Response::new(Full::default());
    *answer.status_mut() = StatusCode::NO_CONTENT;
    let headers = answer.headers_mut();
    for (name, value) in [
        (header::ACCESS_CONTROL_ALLOW_METHODS, "GET, POST, OPTIONS"),
        (
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            "content-type, authorization",
        ),
        (header::ACCESS_CONTROL_MAX_AGE, "600"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    answer
}

/// Refuses a page of a foreign origin.
pub(super) fn forbidden() -> Answer {
    reply::json(
        StatusCode::FORBIDDEN,
        &serde_json::json!({"code": 4, "message": "Forbidden"}),
    )
}

#[cfg(test)]
mod tests {
    use super::{Origins, permits};
    use http::HeaderValue;

    #[test]
    fn origins_are_compared_exactly() {
        let only = Origins::Only(vec!["https://a.example".into()]);
        let permits = |origins, origin| permits(origins, Some(&HeaderValue::from_static(origin)));
        assert!(permits(&Origins::Any, "https://b.example"));
        assert!(permits(&only, "https://a.example"));
        assert!(!permits(&only, "https://a.example.evil"));
        assert!(!permits(&only, "http://a.example"));
        assert!(!permits(&only, "null"));
    }
}
