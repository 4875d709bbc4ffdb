//! A proxy that is asked to connect to the target.

use std::fmt;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

/// Most bytes of an answer's head.
const MOST: usize = 16 * 1024;

/// A proxy that speaks HTTP.
#[derive(Clone, PartialEq, Eq)]
pub struct Proxy {
    /// Its host with its port.
    pub authority: String,
    /// The value of `Proxy-Authorization`.
    pub authorization: Option<String>,
}

/// Without what it is told of who asks.
impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "http://{}", self.authority)
    }
}

/// The same: credentials end up in no log.
impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Proxy({self})")
    }
}

impl Proxy {
    /// Has it connect to this host and port. An error is in words.
    pub(super) async fn ask<S>(&self, io: &mut S, authority: &str) -> Result<(), String>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let authorization = match &self.authorization {
            Some(value) => format!("Proxy-Authorization: {value}\r\n"),
            None => String::new(),
        };
        let request =
            format!("CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n{authorization}\r\n");
        let said = async {
            io.write_all(request.as_bytes()).await?;
            io.flush().await
        };
        said.await.map_err(|error| error.to_string())?;
        let mut head = Vec::new();
        // Byte by byte: what follows belongs to whoever speaks next.
        while !head.ends_with(b"\r\n\r\n") {
            if head.len() == MOST {
                return Err("the head of its answer has no end".to_owned());
            }
            match io.read_u8().await {
                Ok(byte) => head.push(byte),
                Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
                    return Err("it ended the connection without an answer".to_owned());
                }
                Err(error) => return Err(error.to_string()),
            }
        }
        let mut headers = [httparse::EMPTY_HEADER; 64];
        let mut answer = httparse::Response::new(&mut headers);
        match (answer.parse(&head), answer.code) {
            (Ok(_), Some(200..=299)) => Ok(()),
            (Ok(_), Some(407)) => Err(
                "HTTP 407: it wants to know who asks; write user and password into its URL, as http://user:password@host:port"
                    .to_owned(),
            ),
            (Ok(_), Some(status)) => {
                let why = answer.reason.unwrap_or_default();
                Err(format!("HTTP {status} {why}").trim_end().to_owned())
            }
            _ => Err("its answer is not HTTP".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn asked(answer: &'static [u8]) -> (String, Result<(), String>) {
        let (mut ours, mut theirs) = tokio::io::duplex(1024);
        let proxy = Proxy {
            authority: "proxy.test:8080".to_owned(),
            authorization: Some("Basic dTpw".to_owned()),
        };
        let serve = async move {
            let mut request = vec![0; 1024];
            let read = theirs.read(&mut request).await.unwrap();
            theirs.write_all(answer).await.unwrap();
            String::from_utf8(request[..read].to_vec()).unwrap()
        };
        let (asked, request) = tokio::join!(proxy.ask(&mut ours, "a.test:443"), serve);
        (request, asked)
    }

    #[tokio::test]
    async fn a_proxy_is_asked_for_the_target_and_says_why_not() {
        let (request, answer) = asked(b"HTTP/1.1 200 Connection established\r\n\r\n").await;
        assert_eq!(
            request,
            "CONNECT a.test:443 HTTP/1.1\r\nHost: a.test:443\r\nProxy-Authorization: Basic dTpw\r\n\r\n"
        );
        assert_eq!(answer, Ok(()));
        for (answer, says) in [
            (
                &b"HTTP/1.1 502 Bad Gateway\r\n\r\n"[..],
                "HTTP 502 Bad Gateway",
            ),
            (b"HTTP/1.1 407 Who\r\n\r\n", "wants to know who asks"),
            (b"SSH-2.0\r\n\r\n", "not HTTP"),
            (b"HTTP/1.1 200", "without an answer"),
        ] {
            let error = asked(answer).await.1.unwrap_err();
            assert!(error.contains(says), "{error}");
        }
    }

    #[test]
    fn what_a_proxy_is_told_is_not_shown() {
        let proxy = Proxy {
            authority: "p:1".to_owned(),
            authorization: Some("secret".to_owned()),
        };
        assert_eq!(format!("{proxy} {proxy:?}"), "http://p:1 Proxy(http://p:1)");
    }
}
