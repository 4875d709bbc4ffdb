//! The view of somebody who watches over the platform, for whoever has its token. There is nothing here where it was not asked for.

use super::{Answer, page, reply};
use crate::platform::accounts::same;
use crate::platform::admin;
use crate::platform::shared::Shared;
use http::header::{self, HeaderMap, HeaderValue};
use http::{Response, StatusCode};
use http_body_util::Full;

const PAGE: &str = include_str!("admin/admin.html");
const SCRIPT: &str = include_str!("admin/admin.js");
const STYLE: &str = include_str!("admin/admin.css");

/// Answers a request below `/admin`. `None`: there is no such thing.
pub(super) fn handle(shared: &Shared, path: &str, asked: &HeaderMap) -> Option<Answer> {
    let token = shared.config.admin.as_deref()?;
    let (text, kind) = match path {
        "/admin" => (PAGE, "text/html; charset=UTF-8"),
        "/admin/admin.js" => (SCRIPT, "text/javascript; charset=UTF-8"),
        "/admin/admin.css" => (STYLE, "text/css; charset=UTF-8"),
        "/admin/state" if shows(token, asked) => {
            return Some(reply::json(StatusCode::OK, &admin::state(shared)));
        }
        "/admin/state" => {
            let mut answer = reply::text(StatusCode::UNAUTHORIZED, "the admin's token is needed\n");
            let bearer = HeaderValue::from_static("Bearer");
            answer
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, bearer);
            return Some(answer);
        }
        _ => return None,
    };
    let mut answer = Response::new(Full::from(text));
    page::guard(answer.headers_mut(), kind, "no-cache");
    Some(answer)
}

/// Whether a request shows the token.
fn shows(token: &str, asked: &HeaderMap) -> bool {
    let shown = asked.get(header::AUTHORIZATION);
    let shown = shown.and_then(|value| value.to_str().ok()?.split_once(' '));
    shown.is_some_and(|(scheme, shown)| {
        scheme.eq_ignore_ascii_case("Bearer") && same(token, shown.trim())
    })
}
