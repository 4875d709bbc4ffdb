//! The WebSocket opening handshake (RFC 6455 section 4.1), by hand for two reasons: the library's leaves its 4 KiB read buffer with
//! every socket for good, and a fleet that connects at thousands a second does little else.

use httparse::Status;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio_tungstenite::tungstenite::handshake::client::generate_key;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use super::endpoint::Endpoint;

/// Most bytes of an answer's head: what hyper and Node allow as well, roughly.
const MAX_HEAD: usize = 16 * 1024;
const MAX_HEADERS: usize = 64;
/// Most bytes of a refusal that are shown.
const SHOWN: usize = 200;

/// Why there is no WebSocket.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum UpgradeError {
    /// The connection ended.
    #[error("the connection ended during the WebSocket handshake: {0}")]
    Io(String),
    /// The answer is HTTP, but not 101.
    #[error("the target refused the WebSocket: HTTP {status}{body}")]
    Status {
        /// The status.
        status: u16,
        /// The start of what came with it, after a colon; empty if nothing did.
        body: String,
    },
    /// The answer is no HTTP, or no answer to this handshake.
    #[error("not a WebSocket handshake: {0}")]
    NotWebSocket(&'static str),
}

impl From<std::io::Error> for UpgradeError {
    fn from(error: std::io::Error) -> Self {
        Self::Io(error.to_string())
    }
}

/// Asks for a WebSocket at this endpoint, for a session there if it is to move. What came behind the answer belongs to the WebSocket and is
/// returned.
pub(super) async fn upgrade<S>(
    stream: &mut S,
    endpoint: &Endpoint,
    sid: Option<&str>,
) -> Result<Vec<u8>, UpgradeError>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let key = generate_key();
    let (host, path) = (endpoint.host(), endpoint.path("websocket", sid));
    let mut request = format!(
        "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n"
    );
    for (name, value) in &endpoint.presents.headers {
        request.extend([name, ": ", value, "\r\n"]);
    }
    request.push_str("\r\n");
    stream.write_all(request.as_bytes()).await?;
    stream.flush().await?;
    let mut answer = Vec::with_capacity(512);
    loop {
        if stream.read_buf(&mut answer).await? == 0 {
            return Err(UpgradeError::Io("end of stream".to_owned()));
        }
        let checked = check(&answer, &derive_accept_key(key.as_bytes()));
        if let Some(head) = checked? {
            return Ok(answer.split_off(head));
        }
        if answer.len() > MAX_HEAD {
            return Err(UpgradeError::NotWebSocket("its head has no end"));
        }
    }
}

/// Checks the answer. `None`: it is not all there yet; else the length of its head.
fn check(answer: &[u8], accept: &str) -> Result<Option<usize>, UpgradeError> {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut response = httparse::Response::new(&mut headers);
    let head = match response.parse(answer) {
        Ok(Status::Complete(head)) => head,
        Ok(Status::Partial) => return Ok(None),
        Err(_) => return Err(UpgradeError::NotWebSocket("the answer is not HTTP")),
    };
    let status = response.code.unwrap_or_default();
    if status != 101 {
        return refused(status, response.headers, &answer[head..]).map(|()| None);
    }
    let header = |name: &str| {
        let found = response
            .headers
            .iter()
            .find(|h| h.name.eq_ignore_ascii_case(name));
        found.map_or("", |h| std::str::from_utf8(h.value).unwrap_or("").trim())
    };
    let upgrades = header("Connection")
        .split(',')
        .any(|token| token.trim().eq_ignore_ascii_case("upgrade"));
    if !upgrades || !header("Upgrade").eq_ignore_ascii_case("websocket") {
        return Err(UpgradeError::NotWebSocket(
            "the answer switches to no WebSocket",
        ));
    }
    if header("Sec-WebSocket-Accept") != accept {
        return Err(UpgradeError::NotWebSocket("the answer accepts another key"));
    }
    Ok(Some(head))
}

/// The refusal, once as much of its body is there as is shown. Ok: more is to come.
fn refused(status: u16, headers: &[httparse::Header<'_>], body: &[u8]) -> Result<(), UpgradeError> {
    let length = headers
        .iter()
        .find(|h| h.name.eq_ignore_ascii_case("Content-Length"));
    let length = length.and_then(|h| std::str::from_utf8(h.value).ok()?.trim().parse().ok());
    if body.len() < length.unwrap_or(0_usize).min(SHOWN) {
        return Ok(());
    }
    let header = |name: &str| {
        let found = headers.iter().find(|h| h.name.eq_ignore_ascii_case(name));
        found.and_then(|h| std::str::from_utf8(h.value).ok())
    };
    let body = redirect(status, header("Location")).unwrap_or_else(|| shown(body));
    Err(UpgradeError::Status { status, body })
}

/// Where an answer that is a redirect leads, to be said after its status. Nobody follows it: whatever answers there is another target.
pub(super) fn redirect(status: u16, location: Option<&str>) -> Option<String> {
    let location = location.filter(|_| (300..400).contains(&status))?;
    let location: String = location.chars().take(SHOWN).collect();
    Some(format!(
        ", a redirect to {location}; redirects are not followed, so name the address that answers for itself"
    ))
}

/// The start of a refusal's body in one line, after a colon; empty if it has none.
pub(super) fn shown(body: &[u8]) -> String {
    let shown = String::from_utf8_lossy(&body[..body.len().min(SHOWN)]);
    let words = shown.split_whitespace().collect::<Vec<_>>().join(" ");
    match words.as_str() {
        "" => words,
        words => format!(": {words}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::endpoint::Presents;
    use crate::client::route::Route;

    /// Answers the handshake with what `answer` makes of the accept key, and gives the result of [`upgrade`].
    async fn answered(answer: impl FnOnce(&str) -> String) -> Result<Vec<u8>, UpgradeError> {
        let (mut client, mut server) = tokio::io::duplex(64 * 1024);
        let endpoint = Endpoint {
            address: ([127, 0, 0, 1], 3000).into(),
            uri: "ws://example:3000/socket.io/".parse().unwrap(),
            presents: Presents {
                query: "&token=a%26b".to_owned(),
                headers: vec![("Cookie".to_owned(), "a=b".to_owned())],
            },
            connect_timeout: std::time::Duration::from_secs(5),
            route: Route::default(),
            sources: Vec::new(),
        };
        let serve = async move {
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                server.read_buf(&mut request).await.unwrap();
            }
            let request = String::from_utf8(request).unwrap();
            assert!(request.starts_with(
                "GET /socket.io/?EIO=4&transport=websocket&token=a%26b HTTP/1.1\r\nHost: example:3000\r\n"
            ));
            assert!(request.ends_with("\r\nCookie: a=b\r\n\r\n"));
            let (_, key) = request.split_once("Sec-WebSocket-Key: ").unwrap();
            let key = key.lines().next().unwrap();
            let accept = derive_accept_key(key.as_bytes());
            let answer = answer(&accept);
            // In two parts: an answer may be cut anywhere.
            let (one, two) = answer.split_at(answer.len() / 2);
            server.write_all(one.as_bytes()).await.unwrap();
            tokio::task::yield_now().await;
            server.write_all(two.as_bytes()).await.unwrap();
        };
        tokio::join!(upgrade(&mut client, &endpoint, None), serve).0
    }

    fn switching(accept: &str) -> String {
        format!(
            "HTTP/1.1 101 Switching Protocols\r\nupgrade: WebSocket\r\nconnection: keep-alive, Upgrade\r\nsec-websocket-accept: {accept}\r\n\r\n"
        )
    }

    #[tokio::test]
    async fn what_follows_the_answer_is_kept() {
        assert_eq!(answered(switching).await, Ok(Vec::new()));
        let behind = answered(|accept| switching(accept) + "frames").await;
        assert_eq!(behind, Ok(b"frames".to_vec()));
    }

    #[tokio::test]
    async fn a_refusal_is_told_in_the_targets_words() {
        let refused = answered(|_| {
            "HTTP/1.1 403 Forbidden\r\nContent-Length: 9\r\n\r\nnot\r\nhere".to_owned()
        });
        assert_eq!(
            refused.await.unwrap_err().to_string(),
            "the target refused the WebSocket: HTTP 403: not here"
        );
        let refused = answered(|_| "HTTP/1.1 404 Not Found\r\n\r\n".to_owned()).await;
        let status = UpgradeError::Status {
            status: 404,
            body: String::new(),
        };
        assert_eq!(refused, Err(status));
    }

    #[tokio::test]
    async fn a_redirect_says_where_it_leads() {
        let refused = answered(|_| "HTTP/1.1 308 Moved\r\nlocation: https://a/\r\n\r\n".to_owned());
        assert_eq!(
            refused.await.unwrap_err().to_string(),
            "the target refused the WebSocket: HTTP 308, a redirect to https://a/; redirects are not followed, so name the address that answers for itself"
        );
        assert_eq!(redirect(404, Some("https://a/")), None);
    }

    #[tokio::test]
    async fn what_is_no_answer_to_the_handshake_is_refused() {
        for (answer, says) in [
            ("SSH-2.0-OpenSSH_9.2\r\n", "not HTTP"),
            ("HTTP/1.1 101 Switching Protocols\r\n\r\n", "no WebSocket"),
            (&switching("bm90IHRoZSBrZXk="), "another key"),
        ] {
            let error = answered(|_| answer.to_owned())
                .await
                .unwrap_err()
                .to_string();
            assert!(error.contains(says), "{answer:?}: {error}");
        }
        let endless = answered(|_| {
            "HTTP/1.1 101 Hi\r\n".to_owned() + &"X: y\r\n".repeat(60) + "Z: " + &"z".repeat(20_000)
        });
        assert!(endless.await.unwrap_err().to_string().contains("no end"));
        let cut = answered(|_| "HTTP/1.1 101 Swi".to_owned())
            .await
            .unwrap_err();
        assert_eq!(cut, UpgradeError::Io("end of stream".to_owned()));
    }
}
