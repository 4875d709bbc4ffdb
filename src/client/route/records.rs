//! TLS without any input or output: records in, text out, and the other way round.
//!
//! rustls's connection without buffers of its own: what came lies with whoever read it, so a connection at rest has its keys and no
//! more, and the sockets of a thread share one buffer.

use rustls::client::{ClientConnectionData, UnbufferedClientConnection};
use rustls::unbuffered::{
    ConnectionState, EncodeError, EncryptError, UnbufferedStatus, WriteTraffic,
};

/// One TLS connection: keys, and how far it has come.
pub(in crate::client) struct Records {
    connection: UnbufferedClientConnection,
    /// The other side will send no more.
    over: bool,
}

/// What became of bytes that came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::client) struct Taken {
    /// So many were whole records. The rest has to come again, with more behind it.
    pub(in crate::client) bytes: usize,
    /// Text can be sealed: the handshake is over.
    pub(in crate::client) ready: bool,
}

impl Records {
    pub(in crate::client) fn new(connection: UnbufferedClientConnection) -> Self {
        Self {
            connection,
            over: false,
        }
    }

    /// Whether the other side has said that nothing more comes.
    pub(in crate::client) fn is_over(&self) -> bool {
        self.over
    }

    /// Takes what came, which is deciphered in place. The text goes to `text` piece by piece, and what has to be written for it is added
    /// to `out`: handshake messages, and after an error the alert that tells the other side.
    pub(in crate::client) fn take(
        &mut self,
        raw: &mut [u8],
        mut text: impl FnMut(&[u8]),
        out: &mut Vec<u8>,
    ) -> Result<Taken, rustls::Error> {
        let mut bytes = 0;
        loop {
            let UnbufferedStatus { mut discard, state } =
                self.connection.process_tls_records(&mut raw[bytes..]);
            let mut done = None;
            match state {
                Ok(ConnectionState::ReadTraffic(mut traffic)) => {
                    while let Some(record) = traffic.next_record() {
                        let record = record?;
                        discard += record.discard;
                        text(record.payload);
                    }
                }
                Ok(ConnectionState::EncodeTlsData(mut data)) => {
                    encode(out, |into| data.encode(into).map_err(|error| lacks(&error)))?;
                }
                Ok(ConnectionState::TransmitTlsData(data)) => data.done(),
                Ok(ConnectionState::WriteTraffic(_)) => done = Some(true),
                Ok(ConnectionState::PeerClosed | ConnectionState::Closed) => {
                    self.over = true;
                    done = Some(true);
                }
                Ok(_) => done = Some(false),
                Err(error) => {
                    self.alert(out);
                    return Err(error);
                }
            }
            bytes += discard;
            if let Some(ready) = done {
                return Ok(Taken { bytes, ready });
            }
        }
    }

    /// What is left to say after an error.
    fn alert(&mut self, out: &mut Vec<u8>) {
        let UnbufferedStatus { state, .. } = self.connection.process_tls_records(&mut []);
        if let Ok(ConnectionState::EncodeTlsData(mut data)) = state {
            encode(out, |into| data.encode(into).map_err(|error| lacks(&error))).ok();
        }
    }

    /// Adds a text to `out`, sealed.
    pub(in crate::client) fn seal(
        &mut self,
        text: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<(), rustls::Error> {
        self.write(out, |traffic, into| traffic.encrypt(text, into))
    }

    /// Adds the word that nothing more will be sent.
    pub(in crate::client) fn close(&mut self, out: &mut Vec<u8>) -> Result<(), rustls::Error> {
        // The method itself is not general enough over lifetimes.
        #[expect(clippy::redundant_closure_for_method_calls)]
        self.write(out, |traffic, into| traffic.queue_close_notify(into))
    }

    fn write(
        &mut self,
        out: &mut Vec<u8>,
        mut write: impl FnMut(
            &mut WriteTraffic<'_, ClientConnectionData>,
            &mut [u8],
        ) -> Result<usize, EncryptError>,
    ) -> Result<(), rustls::Error> {
        loop {
            let UnbufferedStatus { state, .. } = self.connection.process_tls_records(&mut []);
            match state? {
                ConnectionState::WriteTraffic(mut traffic) => {
                    return encode(out, |into| {
                        write(&mut traffic, into).map_err(|error| match error {
                            EncryptError::InsufficientSize(lacks) => Some(lacks.required_size),
                            EncryptError::EncryptExhausted => None,
                        })
                    });
                }
                ConnectionState::EncodeTlsData(mut data) => {
                    encode(out, |into| data.encode(into).map_err(|error| lacks(&error)))?;
                }
                ConnectionState::TransmitTlsData(data) => data.done(),
                ConnectionState::PeerClosed => self.over = true,
                _ => return Err(rustls::Error::HandshakeNotComplete),
            }
        }
    }
}

/// How large the place has to be.
fn lacks(error: &EncodeError) -> Option<usize> {
    match error {
        EncodeError::InsufficientSize(lacks) => Some(lacks.required_size),
        EncodeError::AlreadyEncoded => None,
    }
}

/// Adds what is written to `out`; a place that is too small says how large it has to be.
fn encode(
    out: &mut Vec<u8>,
    mut write: impl FnMut(&mut [u8]) -> Result<usize, Option<usize>>,
) -> Result<(), rustls::Error> {
    let begun = out.len();
    loop {
        match write(&mut out[begun..]) {
            Ok(written) => {
                out.truncate(begun + written);
                return Ok(());
            }
            Err(Some(needed)) if needed > out.len() - begun => out.resize(begun + needed, 0),
            Err(_) => {
                out.truncate(begun);
                return Err(rustls::Error::EncryptError);
            }
        }
    }
}
