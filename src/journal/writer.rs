//! Writing a journal while a run goes on: each source fills blocks of its own, one thread writes them.
//!
//! What is in memory is bounded whatever the disk does: a block for each source, and those on their way to the disk. When these are
//! too many, who has another one waits. When the disk fails, the run goes on without a journal, and [`Journal::close`] says so.

use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use super::block::{self, HEAD, Head, Kind, Source};
use super::encode::Encoder;
use super::fact::Fact;
use crate::time::Time;

/// Bytes of a body after which a block is closed. A source closes what it has once a second, too.
const BLOCK: usize = 64 << 10;
/// Blocks on their way to the disk: 4 MiB, some ten milliseconds of a slow one.
const UNDER_WAY: usize = 64;

/// The journal of a run, being written.
#[derive(Debug)]
pub struct Journal {
    pen: Pen,
    thread: JoinHandle<std::io::Result<u64>>,
}

/// Makes the logs of a journal.
#[derive(Debug, Clone)]
pub struct Pen {
    to: SyncSender<Block>,
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    /// Nothing can be written any more.
    failed: AtomicBool,
    /// Bodies that have been written, to be filled again.
    spare: Mutex<Vec<Vec<u8>>>,
}

/// A block on its way: room for its head, then its body.
#[derive(Debug)]
struct Block {
    source: Source,
    last: bool,
    sequence: u32,
    from: Time,
    through: Time,
    bytes: Vec<u8>,
}

impl Journal {
    /// Starts the thread that writes to `out`, which is empty.
    pub fn start(out: impl Write + Send + 'static) -> std::io::Result<Self> {
        let (to, blocks) = sync_channel(UNDER_WAY);
        let shared = Arc::<Shared>::default();
        let pen = Pen {
            to,
            shared: Arc::clone(&shared),
        };
        let thread = std::thread::Builder::new()
            .name("journal".to_owned())
            .spawn(move || {
                let result = write(out, &blocks, &shared);
                shared.failed.store(true, Ordering::Relaxed);
                if result.is_err() {
                    // Whoever waits to hand over a block shall not wait for ever.
                    while blocks.recv().is_ok_and(|b| b.source.kind != Kind::Footer) {}
                }
                result
            })?;
        Ok(Self { pen, thread })
    }

    /// What the parts of the run write with.
    pub fn pen(&self) -> Pen {
        self.pen.clone()
    }

    /// Ends the journal with what the run came to, as JSON, and waits until all of it is written. Gives its size in bytes, or why it is
    /// not whole.
    pub fn close(self, footer: &[u8]) -> std::io::Result<u64> {
        self.pen.json(Kind::Footer, footer);
        let joined = self.thread.join();
        joined.unwrap_or_else(|_| Err(std::io::Error::other("its thread has died")))
    }
}

fn write(mut out: impl Write, blocks: &Receiver<Block>, shared: &Shared) -> std::io::Result<u64> {
    let preamble = block::preamble();
    out.write_all(&preamble)?;
    let mut written = preamble.len() as u64;
    while let Ok(mut block) = blocks.recv() {
        let body = &block.bytes[HEAD..];
        let head = Head::of(
            block.source,
            block.last,
            block.sequence,
            block.from,
            block.through,
            body,
        );
        block.bytes[..HEAD].copy_from_slice(&head.bytes());
        out.write_all(&block.bytes)?;
        written += block.bytes.len() as u64;
        match block.source.kind {
            Kind::Footer => break,
            Kind::Header => {}
            Kind::Sockets | Kind::Pushes => {
                let spare = shared.spare.lock();
                let mut spare = spare.unwrap_or_else(PoisonError::into_inner);
                spare.push(block.bytes);
            }
        }
    }
    out.flush()?;
    Ok(written)
}

impl Pen {
    /// Begins the journal with what the run is to do, as JSON.
    pub fn header(&self, json: &[u8]) {
        self.json(Kind::Header, json);
    }

    /// The log of a shard's sockets.
    pub fn sockets(&self, shard: u16) -> Log {
        self.log(Kind::Sockets, shard)
    }

    /// The log of the pushes.
    pub fn pushes(&self) -> Log {
        self.log(Kind::Pushes, 0)
    }

    fn log(&self, kind: Kind, number: u16) -> Log {
        Log {
            pen: self.clone(),
            source: Source { kind, number },
            sequence: 0,
            from: Time::ZERO,
            latest: Time::ZERO,
            encoder: Encoder::default(),
            bytes: blank(),
        }
    }

    fn json(&self, kind: Kind, json: &[u8]) {
        let mut bytes = vec![0; HEAD];
        bytes.extend_from_slice(json);
        self.send(Block {
            source: Source { kind, number: 0 },
            last: true,
            sequence: 0,
            from: Time::ZERO,
            through: Time::ZERO,
            bytes,
        });
    }

    /// Waits when too many are under way.
    fn send(&self, block: Block) {
        // It fails only after the thread has ended, which whoever closes the journal hears of.
        self.to.send(block).ok();
    }

    fn failed(&self) -> bool {
        self.shared.failed.load(Ordering::Relaxed)
    }

    fn spare(&self) -> Vec<u8> {
        let spare = self.shared.spare.lock();
        let spare = spare.unwrap_or_else(PoisonError::into_inner).pop();
        let Some(mut bytes) = spare else {
            return blank();
        };
        bytes.truncate(HEAD);
        bytes
    }
}

/// Room for a head and a body, with some more for the last fact.
fn blank() -> Vec<u8> {
    let mut bytes = Vec::with_capacity(HEAD + BLOCK + BLOCK / 16);
    bytes.resize(HEAD, 0);
    bytes
}

/// What one source writes.
#[derive(Debug)]
pub struct Log {
    pen: Pen,
    source: Source,
    sequence: u32,
    /// Where the block that is being filled begins.
    from: Time,
    /// The latest time that was told.
    latest: Time,
    encoder: Encoder,
    bytes: Vec<u8>,
}

impl Log {
    /// Writes a fact that became known at `now`. May wait for the disk.
    pub fn put(&mut self, now: Time, fact: &Fact<'_>) {
        if self.pen.failed() {
            return;
        }
        if self.bytes.len() == HEAD {
            self.encoder.begin(self.from);
        }
        self.encoder.put(&mut self.bytes, fact);
        self.latest = self.latest.max(now);
        if self.bytes.len() >= HEAD + BLOCK {
            self.hand_over(false);
        }
    }

    /// Hands over what there is: all that this source saw until now.
    pub fn turn(&mut self, now: Time) {
        self.latest = self.latest.max(now);
        if self.bytes.len() > HEAD {
            self.hand_over(false);
        }
    }

    /// Nothing more will come.
    pub fn end(mut self, now: Time) {
        self.latest = self.latest.max(now);
        self.hand_over(true);
    }

    fn hand_over(&mut self, last: bool) {
        let next = self.pen.spare();
        let bytes = std::mem::replace(&mut self.bytes, next);
        self.pen.send(Block {
            source: self.source,
            last,
            sequence: self.sequence,
            from: self.from,
            through: self.latest,
            bytes,
        });
        self.sequence += 1;
        self.from = self.latest;
    }
}
