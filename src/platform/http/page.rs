//! The page that shows the platform: one bundle, part of the binary, made by what is in `web/`.

use super::{Answer, reply};
use crate::platform::config::{AppConfig, PlatformConfig};
use bytes::Bytes;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::{Response, StatusCode};
use http_body_util::Full;
use include_dir::{Dir, include_dir};
use serde_json::{Map, Value, json};
use xxhash_rust::xxh3::xxh3_64;

static BUNDLE: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/web/dist");

/// What the page may do: nothing but what it brings, and sockets to anywhere. The libraries it is made with set styles on elements.
const POLICY: &str = "default-src 'self'; connect-src 'self' ws: wss:; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";

/// A file of the page. `None`: there is none of that path.
pub(super) fn file(path: &str, asked: &HeaderMap) -> Option<Answer> {
    let path = match path.strip_prefix('/')? {
        "" => "index.html",
        path => path,
    };
    let bytes = BUNDLE.get_file(path)?.contents();
    let kind = match path.rsplit('.').next() {
        Some("html") => "text/html; charset=UTF-8",
        Some("js") => "text/javascript; charset=UTF-8",
        Some("css") => "text/css; charset=UTF-8",
        Some("svg") => "image/svg+xml",
        Some("md" | "txt") => "text/plain; charset=UTF-8",
        _ => "application/octet-stream",
    };
    let tag = format!("\"{:016x}\"", xxh3_64(bytes));
    let known = asked.get_all(header::IF_NONE_MATCH).iter();
    let known = known.filter_map(|value| value.to_str().ok());
    let is_known = known
        .flat_map(|value| value.split(','))
        .any(|one| one.trim().trim_start_matches("W/") == tag || one.trim() == "*");
    let mut answer = if is_known {
        let mut answer = Response::new(Full::default());
        *answer.status_mut() = StatusCode::NOT_MODIFIED;
        answer
    } else {
        Response::new(Full::new(Bytes::from_static(bytes)))
    };
    // What lies in assets/ has what it is in its name: another one has another name.
    let cache = if path.starts_with("assets/") {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    let headers = answer.headers_mut();
    guard(headers, kind, cache);
    if let Ok(tag) = HeaderValue::try_from(tag) {
        headers.insert(header::ETAG, tag);
    }
    Some(answer)
}

/// What every file of a page says of itself.
pub(super) fn guard(headers: &mut HeaderMap, kind: &'static str, cache: &'static str) {
    let fixed: [(HeaderName, &'static str); 5] = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, cache),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
}

/// What the login form has to know of the apps. Passwords only where everybody is told them.
pub(super) fn apps(config: &PlatformConfig) -> Answer {
    let apps: Vec<Value> = config.apps.iter().map(app).collect();
    reply::json(StatusCode::OK, &json!({"apps": apps}))
}

fn app(app: &AppConfig) -> Value {
    let people: Vec<&str> = app.users.iter().map(|(user, _)| user.as_str()).collect();
    let mut told = json!({
        "name": app.name,
        "title": app.title.as_ref().unwrap_or(&app.name),
        "sockets": app.sockets,
        "people": people,
    });
    if app.hints {
        let hint = |(user, password): &(String, String)| (user.clone(), password.as_str().into());
        let hints: Map<String, Value> = app.users.iter().map(hint).collect();
        told["hint"] = hints.into();
    }
    told
}
