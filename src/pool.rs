//! Several things at a time, until all have ended or it is told to stop.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use crate::clock::Clock;
use crate::time::Time;

/// What goes on at this moment, by its name, for whoever shows it.
#[derive(Debug, Clone)]
pub struct Running {
    clock: Clock,
    all: Arc<Mutex<Vec<Begun>>>,
}

/// One of them, and when it began.
type Begun = (Arc<str>, Time);

impl Default for Running {
    fn default() -> Self {
        Self {
            clock: Clock::start(),
            all: Arc::default(),
        }
    }
}

/// One of the things that go on; ends when it is dropped.
#[derive(Debug)]
pub struct Going {
    running: Running,
    name: Arc<str>,
}

impl Running {
    /// Something begins.
    pub fn begin(&self, name: &str) -> Going {
        let name: Arc<str> = name.into();
        let now = self.clock.now();
        self.all().push((Arc::clone(&name), now));
        Going {
            running: self.clone(),
            name,
        }
    }

    /// What goes on and for how long, what began first before the others.
    pub fn names(&self) -> Vec<(Arc<str>, Duration)> {
        let now = self.clock.now();
        let all = self.all();
        let all = all
            .iter()
            .map(|(name, begun)| (Arc::clone(name), now - *begun));
        all.collect()
    }

    fn all(&self) -> MutexGuard<'_, Vec<Begun>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Going {
    fn drop(&mut self) {
        let mut all = self.running.all();
        if let Some(at) = all
            .iter()
            .position(|(name, _)| Arc::ptr_eq(name, &self.name))
        {
            all.remove(at);
        }
    }
}

/// What has ended, in the order of the tasks, and whether that was not all.
pub struct Ended<T> {
    /// What the tasks came to.
    pub all: Vec<T>,
    /// It was told to stop: what had not ended then is not among them.
    pub interrupted: bool,
}

/// Carries these tasks out, so many at a time, at least one; `done` hears of each as it ends. Ends early when `stop` turns true.
///
/// # Panics
/// If one of the tasks does.
pub async fn several<T: Send + 'static>(
    jobs: usize,
    tasks: impl IntoIterator<Item = impl Future<Output = T> + Send + 'static>,
    stop: &mut watch::Receiver<bool>,
    mut done: impl FnMut(&T),
) -> Ended<T> {
    let places = Arc::new(Semaphore::new(jobs.max(1)));
    let mut set = JoinSet::new();
    for (n, task) in tasks.into_iter().enumerate() {
        let places = Arc::clone(&places);
        set.spawn(async move {
            // Nobody closes it.
            let _place = places.acquire_owned().await;
            (n, task.await)
        });
    }
    let mut all = Vec::new();
    let mut interrupted = false;
    loop {
        tokio::select! {
            ended = set.join_next() => match ended {
                Some(Ok((n, came))) => {
                    done(&came);
                    all.push((n, came));
                }
                // It was told to stop.
                Some(Err(error)) if error.is_cancelled() => {}
                Some(Err(error)) => std::panic::resume_unwind(error.into_panic()),
                None => break,
            },
            Ok(_) = stop.wait_for(|stop| *stop), if !interrupted => {
                interrupted = true;
                set.abort_all();
            }
        }
    }
    all.sort_by_key(|(n, _)| *n);
    Ended {
        all: all.into_iter().map(|(_, came)| came).collect(),
        interrupted,
    }
}
