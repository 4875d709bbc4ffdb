//! Messages as bytes: each is its length in four bytes and its postcard form.

use std::io::{self, Read};

use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::io::{AsyncRead, AsyncReadExt as _};

/// No message is longer: a second of a shard holds a histogram and the lists of its broadcasts.
const LONGEST: usize = 1 << 30;

/// A message as it goes over the link.
pub(super) fn encoded(message: &impl Serialize) -> Vec<u8> {
    let frame = postcard::to_extend(message, vec![0; 4]).expect("writing to memory does not fail");
    let mut frame = frame;
    let length = (frame.len() - 4) as u32;
    frame[..4].copy_from_slice(&length.to_le_bytes());
    frame
}

fn decoded<T: DeserializeOwned>(bytes: &[u8]) -> io::Result<T> {
    let wrong = |e| io::Error::new(io::ErrorKind::InvalidData, format!("no message: {e}"));
    let (message, rest) = postcard::take_from_bytes(bytes).map_err(wrong)?;
    if rest.is_empty() {
        return Ok(message);
    }
    let more = "bytes behind a message";
    Err(io::Error::new(io::ErrorKind::InvalidData, more))
}

fn length(head: [u8; 4]) -> io::Result<usize> {
    let length = u32::from_le_bytes(head) as usize;
    if length <= LONGEST {
        return Ok(length);
    }
    let too_long = format!("a message of {length} bytes");
    Err(io::Error::new(io::ErrorKind::InvalidData, too_long))
}

/// The next message; `None` at the end of the link.
pub(super) async fn next<T: DeserializeOwned>(
    from: &mut (impl AsyncRead + Unpin),
    room: &mut Vec<u8>,
) -> io::Result<Option<T>> {
    let mut head = [0; 4];
    match from.read_exact(&mut head).await {
        Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        read => drop(read?),
    }
    room.resize(length(head)?, 0);
    from.read_exact(room).await?;
    let message = decoded(room);
    room.shrink_to(1 << 20);
    message.map(Some)
}

/// The next message, on a thread of its own; `None` at the end of the link.
pub(super) fn next_blocking<T: DeserializeOwned>(
    from: &mut impl Read,
    room: &mut Vec<u8>,
) -> io::Result<Option<T>> {
    let mut head = [0; 4];
    match from.read_exact(&mut head) {
        Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        read => read?,
    }
    room.resize(length(head)?, 0);
    from.read_exact(room)?;
    decoded(room).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::workers::message::ToWorker;
    use crate::time::Time;

    #[test]
    fn what_is_written_is_read_and_nothing_else_is() {
        let at = Time::from_nanos(7);
        let bytes = [ToWorker::Start { at }, ToWorker::Finish].map(|m| encoded(&m));
        let mut both = &*bytes.concat();
        let mut room = Vec::new();
        let mut next = || next_blocking::<ToWorker>(&mut both, &mut room);
        assert!(matches!(next(), Ok(Some(ToWorker::Start { at: read })) if read == at));
        assert!(matches!(next(), Ok(Some(ToWorker::Finish))));
        assert!(matches!(next(), Ok(None)));
        for wrong in [
            &[1, 0, 0, 0, 99][..],
            &[2, 0, 0, 0, 10, 10],
            &[9, 0, 0, 0, 1],
            &[0, 0, 0, 255],
        ] {
            let read = next_blocking::<ToWorker>(&mut &*wrong, &mut Vec::new());
            assert!(read.is_err(), "{wrong:?}: {read:?}");
        }
    }
}
