//! The opening of a WebSocket.

use http::HeaderMap;
use http::header::{self, HeaderValue};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

/// The answer to a WebSocket handshake's key, if the handshake is one (RFC 6455, 4.2.1).
pub(super) fn key(headers: &HeaderMap) -> Option<HeaderValue> {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    let says = |name, token: &str| {
        headers
            .get_all(name)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .any(|part| part.trim().eq_ignore_ascii_case(token))
    };
    let key = headers.get(header::SEC_WEBSOCKET_KEY)?;
    let well_formed = says(header::CONNECTION, "upgrade")
        && says(header::UPGRADE, "websocket")
        && says(header::SEC_WEBSOCKET_VERSION, "13")
        && STANDARD.decode(key).is_ok_and(|nonce| nonce.len() == 16);
    if !well_formed {
        return None;
    }
    HeaderValue::try_from(derive_accept_key(key.as_bytes())).ok()
}
