//! Several things at a time, until all have ended or it is told to stop.

use std::sync::Arc;

use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

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
