//! Security and robustness.

use crate::platform::config::PlatformConfig;
use crate::platform::conn::Conn;
use crate::platform::engine::CloseReason;
use crate::platform::mutants::{Mutant, Mutants};
use crate::platform::shared::Shared;
use crate::platform::socket::Request;
use crate::platform::token::Token;
use crate::protocol::engine::{Packet, SEPARATOR};
use bytes::Bytes;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::{StatusCode, Uri};
use std::borrow::Cow;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead as _, ReadBuf};
use tokio::net::TcpStream;

/// The most bytes of a WebSocket message, and of a frame.
pub(in crate::platform) fn message_limits(config: &PlatformConfig) -> [Option<usize>; 2] {
    let most = Some(config.max_payload);
    if config.mutants.has(Mutant::NoMaxPayload) {
        [None, None]
    } else if config.mutants.has(Mutant::FragmentFlood) {
        [None, most]
    } else {
        [most, most]
    }
}

/// The most bytes of a body, and the time for it.
pub(in crate::platform) fn body_limits(config: &PlatformConfig) -> (usize, Duration) {
    let mutants = config.mutants;
    let most = if mutants.has(Mutant::BufferAll) {
        usize::MAX
    } else {
        config.max_payload
    };
    let patience = if mutants.has(Mutant::Slowloris) {
        Duration::MAX
    } else {
        config.request_timeout
    };
    (most, patience)
}

/// Whether these packets of Engine.IO bring the platform down.
pub(in crate::platform) fn panics_at(mutants: Mutants, packets: &str) -> bool {
    mutants.has(Mutant::PanicOnMultibyte)
        && packets
            .split(SEPARATOR)
            .any(|packet| !packet.is_empty() && !packet.is_char_boundary(1))
}

/// Whether this packet brings the platform down.
pub(in crate::platform) fn crashes(mutants: Mutants, packet: &Packet<'_>) -> bool {
    /// How deep the stack is.
    const DEEP: usize = 10_000;
    let Packet::Message(text) = packet else {
        return false;
    };
    if mutants.has(Mutant::RecursiveWalk) {
        return text.bytes().filter(|byte| *byte == b'[').count() > DEEP;
    }
    mutants.has(Mutant::CrashOnErrorEvent) && text.contains("[\"error\"")
}

/// A WebSocket has ended that had a frame with its request, or not.
pub(in crate::platform) fn ended(shared: &Shared, early: bool, reason: CloseReason) {
    let broken = matches!(reason, CloseReason::Protocol(_));
    if shared.config.mutants.has(Mutant::CrashOnEarlyFrame) && early && broken {
        shared.crash();
    }
}

/// What becomes of a text that is no packet of Socket.IO.
pub(in crate::platform) fn undecoded(mutants: Mutants, text: &str) -> Request<'static> {
    let binary = text.starts_with(['5', '6']);
    let none = binary && text[1..].starts_with("0-");
    if mutants.has(Mutant::LenientParser)
        || mutants.has(Mutant::AllocByCount) && binary && !none
        || mutants.has(Mutant::ZeroAttachmentLeak) && none
    {
        Request::Nothing
    } else {
        Request::Fatal("not a Socket.IO packet")
    }
}

/// The text of a packet, up to the end of its array.
pub(in crate::platform) fn without_tail(mutants: Mutants, text: &str) -> &str {
    if !mutants.has(Mutant::TrailingGarbageOk) {
        return text;
    }
    let Some(begin) = text.find('[') else {
        return text;
    };
    let mut values =
        serde_json::Deserializer::from_str(&text[begin..]).into_iter::<serde::de::IgnoredAny>();
    match values.next() {
        Some(Ok(_)) => &text[..begin + values.byte_offset()],
        _ => text,
    }
}

/// The packet that this one is taken for.
pub(in crate::platform) fn rewritten(mutants: Mutants, text: &str) -> Option<String> {
    let (numbers, names) = (
        mutants.has(Mutant::PlaceholderOverride),
        mutants.has(Mutant::NameByAttachment),
    );
    if !(numbers || names) || !text.starts_with('5') {
        return None;
    }
    let (head, data) = text.split_at(text.find('[')?);
    let mut data: Vec<serde_json::Value> = serde_json::from_str(data).ok()?;
    let mut changed = false;
    for (n, value) in data.iter_mut().enumerate() {
        if value.get("_placeholder").is_none() {
            continue;
        }
        if n == 0 && names {
            *value = value.to_string().into();
            changed = true;
        } else if n > 0 && numbers && value["num"] != 0 {
            value["num"] = 0.into();
            changed = true;
        }
    }
    changed.then(|| format!("{head}{}", serde_json::Value::from(data)))
}

/// The connection of the socket with this public id.
pub(in crate::platform) fn by_public_id(conns: Vec<Arc<Conn>>, sid: Token) -> Option<Arc<Conn>> {
    let has = |conn: &Arc<Conn>| {
        conn.read(|session| session.sockets.memberships().any(|one| one.sid == sid))
    };
    conns.into_iter().find(has)
}

/// What a refusal says.
pub(in crate::platform) fn refusal<'a>(
    mutants: Mutants,
    why: &'a str,
    shown: &str,
) -> Cow<'a, str> {
    if mutants.has(Mutant::LeakSecret) {
        format!("{why}: {shown}").into()
    } else {
        why.into()
    }
}

/// Whether the page that asks does not matter.
pub(in crate::platform) fn lets_any_page_in(mutants: Mutants, headers: &HeaderMap) -> bool {
    if headers.contains_key(header::UPGRADE) {
        mutants.has(Mutant::WsNoOrigin)
    } else {
        mutants.has(Mutant::CorsReflect)
    }
}

/// Lets the page that asked read the answer.
pub(in crate::platform) fn allow(
    mutants: Mutants,
    origin: Option<HeaderValue>,
    headers: &mut HeaderMap,
) {
    let credentials = mutants.has(Mutant::ReflectWithCredentials);
    if let Some(origin) = origin
        && (credentials || mutants.has(Mutant::CorsReflect))
    {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        if credentials {
            let yes = HeaderValue::from_static("true");
            headers.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, yes);
        }
    }
}

/// Sets a cookie with the id of a session.
pub(in crate::platform) fn set_cookie(mutants: Mutants, sid: Token, headers: &mut HeaderMap) {
    if mutants.has(Mutant::IdentityCookie)
        && let Ok(cookie) = HeaderValue::try_from(format!("io={sid}; Path=/"))
    {
        headers.insert(header::SET_COOKIE, cookie);
    }
}

/// Reads what came of requests, none of which says how long its body is if it says that it comes in chunks.
pub(in crate::platform) fn read_without_length(
    tcp: &mut TcpStream,
    cx: &mut Context<'_>,
    most: usize,
) -> Poll<io::Result<Vec<u8>>> {
    let mut bytes = vec![0; most.min(4096)];
    let mut read = ReadBuf::new(&mut bytes);
    ready!(Pin::new(tcp).poll_read(cx, &mut read))?;
    let came = read.filled().len();
    bytes.truncate(came);
    let place = |name: &[u8]| bytes.windows(name.len()).position(|part| part == name);
    if let (Some(at), Some(_)) = (place(b"Content-Length"), place(b"Transfer-Encoding")) {
        bytes[at] = b'X';
    }
    Poll::Ready(Ok(bytes))
}

/// The answer to a request that is treated as it should not be.
pub(in crate::platform) fn answer(
    mutants: Mutants,
    uri: &Uri,
) -> Option<(StatusCode, HeaderMap, Bytes)> {
    let [jsonp, page, splits] = [
        mutants.has(Mutant::JsonpXss),
        mutants.has(Mutant::ReflectSid),
        mutants.has(Mutant::HeaderEcho),
    ];
    if !(jsonp || page || splits) {
        return None;
    }
    let query = uri.query().unwrap_or_default();
    let value = |name: &str| {
        let mut pairs = form_urlencoded::parse(query.as_bytes());
        pairs
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
    };
    let mut headers = HeaderMap::new();
    let html = HeaderValue::from_static("text/html; charset=UTF-8");
    if let Some(callback) = value("j").filter(|_| jsonp) {
        headers.insert(header::CONTENT_TYPE, html);
        let body = format!("<script>___eio[{callback}](\"6\");</script>");
        return Some((StatusCode::OK, headers, body.into()));
    }
    let sid = value("sid")?;
    if page && sid.contains('<') {
        headers.insert(header::CONTENT_TYPE, html);
        let body = format!("<p>There is no session {sid}.</p>");
        return Some((StatusCode::BAD_REQUEST, headers, body.into()));
    }
    if splits && sid.contains("\r\n") {
        for line in sid.split("\r\n") {
            let (name, value) = line.split_once(':').unwrap_or(("X-Session", line));
            if let (Ok(name), Ok(value)) = (
                HeaderName::try_from(name),
                HeaderValue::try_from(value.trim()),
            ) {
                headers.insert(name, value);
            }
        }
        return Some((StatusCode::BAD_REQUEST, headers, Bytes::new()));
    }
    None
}
