//! Tells the workers, each in its own time: nobody who tells waits for one that is slow.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use tokio::io::AsyncWriteExt as _;
use tokio::process::ChildStdin;
use tokio::sync::mpsc;

use super::link;
use super::message::ToWorker;
use crate::history::Push;
use crate::ids::PushId;
use crate::journal::Follower;
use crate::verify::Answer;

/// Most bytes that wait for a worker that does not read: more, and it is given up.
const MOST_WAITING: usize = 256 << 20;

type Frame = Arc<[u8]>;

/// What goes to the workers, in one order for all of them.
#[derive(Debug, Default)]
pub(super) struct Feed {
    /// Empty once it has ended.
    links: RwLock<Vec<Link>>,
}

#[derive(Debug)]
struct Link {
    queue: mpsc::UnboundedSender<Frame>,
    waiting: Arc<AtomicUsize>,
}

impl Feed {
    /// A further worker. What is told it is written here by the future that this gives.
    pub(super) fn link(&mut self, to: ChildStdin) -> impl Future<Output = ()> + use<> {
        let (queue, frames) = mpsc::unbounded_channel();
        let waiting = Arc::new(AtomicUsize::new(0));
        let link = Link {
            queue,
            waiting: Arc::clone(&waiting),
        };
        let links = self.links.get_mut().unwrap_or_else(PoisonError::into_inner);
        links.push(link);
        write(to, frames, waiting)
    }

    pub(super) fn tell(&self, message: &ToWorker) {
        let frame: Frame = link::encoded(message).into();
        for link in self
            .links
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .iter()
        {
            link.put(Arc::clone(&frame));
        }
    }

    pub(super) fn tell_one(&self, worker: usize, message: &ToWorker) {
        let links = self.links.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(link) = links.get(worker) {
            link.put(link::encoded(message).into());
        }
    }

    /// Whether a worker is so far behind that it will never catch up.
    pub(super) fn is_choked(&self, worker: usize) -> bool {
        let links = self.links.read().unwrap_or_else(PoisonError::into_inner);
        let waiting = links
            .get(worker)
            .map(|link| link.waiting.load(Ordering::Relaxed));
        waiting.is_some_and(|waiting| waiting > MOST_WAITING)
    }

    /// Nothing more is told: the workers' inputs end when all is written.
    pub(super) fn end(&self) {
        self.links
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }
}

impl Link {
    fn put(&self, frame: Frame) {
        self.waiting.fetch_add(frame.len(), Ordering::Relaxed);
        self.queue.send(frame).ok();
    }
}

impl Follower for Feed {
    fn sent(&self, id: PushId, push: &Push) {
        self.tell(&ToWorker::Sent(id, *push));
    }

    fn answered(&self, id: PushId, answer: Answer) {
        self.tell(&ToWorker::Answered(id, answer));
    }
}

/// Ends with the queue, or when the worker reads no more.
async fn write(
    mut to: ChildStdin,
    mut frames: mpsc::UnboundedReceiver<Frame>,
    waiting: Arc<AtomicUsize>,
) {
    let mut together = Vec::new();
    while let Some(frame) = frames.recv().await {
        together.clear();
        together.extend_from_slice(&frame);
        while together.len() < 1 << 16
            && let Ok(frame) = frames.try_recv()
        {
            together.extend_from_slice(&frame);
        }
        if to.write_all(&together).await.is_err() {
            return;
        }
        waiting.fetch_sub(together.len(), Ordering::Relaxed);
    }
}
