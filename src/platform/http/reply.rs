//! Answers that are no files of the page: text and JSON, never HTML, never cached, never an echo of what the client sent.

use super::Answer;
use bytes::Bytes;
use http::header::{self, HeaderValue};
use http::{Response, StatusCode};
use http_body_util::Full;
use serde_json::json;

pub(super) fn text(status: StatusCode, body: impl Into<Bytes>) -> Answer {
    with_type(status, "text/plain; charset=UTF-8", body.into())
}

pub(super) fn json(status: StatusCode, body: &serde_json::Value) -> Answer {
    with_type(
        status,
        "application/json; charset=UTF-8",
        body.to_string().into(),
    )
}

/// JSON as it stands.
pub(super) fn json_text(status: StatusCode, body: String) -> Answer {
    with_type(status, "application/json; charset=UTF-8", body.into())
}

fn with_type(status: StatusCode, kind: &'static str, body: Bytes) -> Answer {
    let mut answer = Response::new(Full::new(body));
    *answer.status_mut() = status;
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    answer
}

/// An error of the HTTP interface, in the platform's shape.
pub(super) fn error(status: StatusCode, code: u16, message: &str) -> Answer {
    json(
        status,
        &json!({
            "msg": message,
            "code": code,
            "httpCode": status.as_u16(),
            "typeError": "ERROR",
            "errorVariables": {},
            "payload": null,
            "status": "ERROR",
        }),
    )
}

/// Makes this the connection's last answer.
pub(super) fn end_connection(answer: &mut Answer) {
    answer
        .headers_mut()
        .entry(header::CONNECTION)
        .or_insert(HeaderValue::from_static("close"));
}
