//! Answers, as they come: nothing in them is taken for granted.

use std::fmt;

use httparse::Status;

use super::ProbeError;

/// Most bytes of an answer's head, and of its body.
const MAX_HEAD: usize = 64 * 1024;
const MAX_BODY: usize = 40 << 20;
const MAX_HEADERS: usize = 128;

/// How an answer says where its body ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// In so many bytes.
    Length(usize),
    /// In chunks.
    Chunked,
    /// With the connection.
    ToTheEnd,
    /// It has none: by its status, or what was asked.
    None,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// Headers, in the order they came.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
    /// How its end was said.
    pub framing: Framing,
    /// The connection ended before the body did.
    pub cut: bool,
}

impl Answer {
    /// The first header of this name.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut all = self.headers.iter();
        all.find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// The body as text; what is none is replaced.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// Whether the connection may be asked again.
    pub fn goes_on(&self) -> bool {
        let close = self.header("connection").unwrap_or_default();
        !self.cut
            && self.framing != Framing::ToTheEnd
            && !close.to_ascii_lowercase().contains("close")
    }

    /// Whether a session was opened: a packet of type 0 with an object.
    pub fn is_open(&self) -> bool {
        self.status == 200 && self.body.starts_with(b"0{")
    }
}

/// In a line: the status and the beginning of the body.
impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HTTP {}", self.status)?;
        if !self.body.is_empty() {
            write!(f, " {}", super::trace::escaped(&self.text()))?;
        }
        if self.cut {
            f.write_str(", and the connection ended before the body did")?;
        }
        Ok(())
    }
}

/// An answer with nothing but a status and a body.
#[cfg(test)]
pub(in crate::conform) fn answer_of(status: u16, body: &str) -> Answer {
    Answer {
        status,
        headers: Vec::new(),
        body: body.as_bytes().to_vec(),
        framing: Framing::Length(body.len()),
        cut: false,
    }
}

/// An answer as far as it has come.
#[derive(Debug)]
pub(super) struct Reading {
    without_body: bool,
}

impl Reading {
    /// `without_body`: it was asked for with HEAD.
    pub(super) fn new(without_body: bool) -> Self {
        Self { without_body }
    }

    /// The answer and how many bytes it took, once it is all there.
    pub(super) fn read(&mut self, came: &[u8]) -> Result<Option<(Answer, usize)>, ProbeError> {
        let Some((mut answer, head)) = self.head(came)? else {
            return Ok(None);
        };
        // One that only says that the real one follows.
        if (100..200).contains(&answer.status) && answer.status != 101 {
            let rest = self.read(&came[head..])?;
            return Ok(rest.map(|(answer, bytes)| (answer, head + bytes)));
        }
        let behind = &came[head..];
        let body = match answer.framing {
            Framing::None => Some((Vec::new(), 0)),
            Framing::Length(length) if length > MAX_BODY => {
                return Err(ProbeError::TooLong(MAX_BODY));
            }
            Framing::Length(length) => behind.get(..length).map(|body| (body.to_vec(), length)),
            Framing::Chunked => dechunked(behind)?,
            Framing::ToTheEnd => None,
        };
        if body.is_none() && behind.len() > MAX_BODY {
            return Err(ProbeError::TooLong(MAX_BODY));
        }
        Ok(body.map(|(body, bytes)| {
            answer.body = body;
            (answer, head + bytes)
        }))
    }

    /// The connection has ended with this.
    pub(super) fn ended(&mut self, came: &[u8]) -> Result<Answer, ProbeError> {
        if came.is_empty() {
            return Err(ProbeError::Ended);
        }
        let Some((mut answer, head)) = self.head(came)? else {
            return Err(ProbeError::NotHttp(
                "the head of the answer has no end".to_owned(),
            ));
        };
        answer.cut = answer.framing != Framing::ToTheEnd;
        answer.body = came[head..].to_vec();
        Ok(answer)
    }

    fn head(&self, came: &[u8]) -> Result<Option<(Answer, usize)>, ProbeError> {
        let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
        let mut response = httparse::Response::new(&mut headers);
        let head = match response.parse(came) {
            Ok(Status::Complete(head)) => head,
            Ok(Status::Partial) if came.len() > MAX_HEAD => {
                return Err(ProbeError::TooLong(MAX_HEAD));
            }
            Ok(Status::Partial) => return Ok(None),
            Err(error) => return Err(ProbeError::NotHttp(error.to_string())),
        };
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let headers = response.headers.iter();
        let mut answer = Answer {
            status: response.code.unwrap_or_default(),
            headers: headers
                .map(|header| (header.name.to_owned(), text(header.value)))
                .collect(),
            body: Vec::new(),
            framing: Framing::None,
            cut: false,
        };
        answer.framing = self.framing(&answer)?;
        Ok(Some((answer, head)))
    }

    fn framing(&self, answer: &Answer) -> Result<Framing, ProbeError> {
        if self.without_body || matches!(answer.status, 100..200 | 204 | 304) {
            return Ok(Framing::None);
        }
        if let Some(coding) = answer.header("transfer-encoding") {
            let last = coding.rsplit(',').next().unwrap_or_default().trim();
            return Ok(if last.eq_ignore_ascii_case("chunked") {
                Framing::Chunked
            } else {
                Framing::ToTheEnd
            });
        }
        let Some(length) = answer.header("content-length") else {
            return Ok(Framing::ToTheEnd);
        };
        let length = length.trim().parse();
        length
            .map(Framing::Length)
            .map_err(|_| ProbeError::NotHttp("its Content-Length is no number".to_owned()))
    }
}

/// The body in these chunks and the bytes that it took, once the last is there.
fn dechunked(mut rest: &[u8]) -> Result<Option<(Vec<u8>, usize)>, ProbeError> {
    let (all, mut body) = (rest.len(), Vec::new());
    loop {
        let parsed = httparse::parse_chunk_size(rest);
        let Status::Complete((head, length)) =
            parsed.map_err(|_| ProbeError::NotHttp("a chunk's size is no number".to_owned()))?
        else {
            return Ok(None);
        };
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        if length > MAX_BODY - body.len().min(MAX_BODY) {
            return Err(ProbeError::TooLong(MAX_BODY));
        }
        // Each ends with a line break; behind the last there may be trailers, which nobody here sends.
        let Some(chunk) = rest.get(head..head + length + 2) else {
            return Ok(None);
        };
        body.extend_from_slice(&chunk[..length]);
        rest = &rest[head + length + 2..];
        if length == 0 {
            return Ok(Some((body, all - rest.len())));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(came: &str) -> Result<Option<(Answer, usize)>, ProbeError> {
        Reading::new(false).read(came.as_bytes())
    }

    #[test]
    fn a_body_ends_where_its_head_says() {
        let whole = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nX-A: b\r\n\r\nabcHTTP";
        let (answer, bytes) = read(whole).unwrap().unwrap();
        assert_eq!((answer.status, answer.text().as_str()), (200, "abc"));
        assert_eq!(answer.header("x-a"), Some("b"));
        assert_eq!(bytes, whole.len() - 4);
        for end in 1..bytes {
            assert_eq!(read(&whole[..end]), Ok(None), "{end}");
        }
        let chunks = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1;x=y\r\nc\r\n0\r\n\r\n";
        let (answer, bytes) = read(chunks).unwrap().unwrap();
        assert_eq!((answer.text().as_str(), bytes), ("abc", chunks.len()));
        for end in 1..bytes {
            assert_eq!(read(&chunks[..end]), Ok(None), "{end}");
        }
        let (answer, _) = read("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No\r\n\r\n")
            .unwrap()
            .unwrap();
        assert_eq!((answer.status, answer.framing), (204, Framing::None));
    }

    #[test]
    fn what_ends_with_its_connection_is_whole_only_if_it_said_so() {
        let ended = |came: &str| Reading::new(false).ended(came.as_bytes());
        let open = ended("HTTP/1.0 400 No\r\n\r\nwhy").unwrap();
        assert_eq!((open.text().as_str(), open.cut), ("why", false));
        let cut = ended("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nwhy").unwrap();
        assert!(cut.cut);
        assert_eq!(ended(""), Err(ProbeError::Ended));
        assert!(matches!(ended("HTTP/1.1 200"), Err(ProbeError::NotHttp(_))));
    }

    #[test]
    fn nothing_is_read_without_a_bound() {
        for endless in [
            "HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n".to_owned(),
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffff\r\n".to_owned(),
            format!("HTTP/1.1 200 OK\r\nX: {}", "y".repeat(MAX_HEAD)),
            format!("HTTP/1.1 200 OK\r\n\r\n{}", "y".repeat(MAX_BODY + 1)),
        ] {
            assert!(matches!(read(&endless), Err(ProbeError::TooLong(_))));
        }
        assert!(matches!(read("SSH-2.0\r\n"), Err(ProbeError::NotHttp(_))));
    }
}
