//! Watches the runtime that the lanes run on, and how long any thread of the generator has been away.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::task::JoinHandle;

use crate::clock::Clock;
use crate::fleet::pulse::Beats;
use crate::fleet::shard::Shard;
use crate::measure::Latency;
use crate::time::Time;

#[derive(Default)]
struct Delay {
    all: Latency,
    /// The most since that was asked for last.
    longest: Duration,
}

pub(super) struct Vigil {
    clock: Clock,
    beats: Arc<Beats>,
    delay: Arc<Mutex<Delay>>,
    beating: JoinHandle<()>,
    /// How long each thread had been away when the lanes ended.
    before: Vec<Duration>,
}

impl Vigil {
    pub(super) fn start(clock: Clock) -> Self {
        let beats = Arc::new(Beats::new(clock));
        let delay = Arc::<Mutex<Delay>>::default();
        let beating = tokio::spawn(beat(Arc::clone(&beats), Arc::clone(&delay)));
        Self {
            clock,
            beats,
            delay,
            beating,
            before: Vec::new(),
        }
    }

    /// Absences count from now on. `others`: how long the other threads of the generator have been away in all.
    pub(super) fn count_from_now(&mut self, others: Vec<Duration>) {
        self.before = self.with(others);
    }

    /// How long any thread has been away since.
    pub(super) fn away_since(&self, others: Vec<Duration>) -> Duration {
        let away = self.with(others).into_iter().zip(&self.before);
        let since = away.map(|(now, before)| now.saturating_sub(*before));
        since.max().unwrap_or_default()
    }

    fn with(&self, mut others: Vec<Duration>) -> Vec<Duration> {
        others.push(self.beats.away(self.clock.now()));
        others
    }

    /// The beats of these shards' threads and of this runtime.
    pub(super) fn beats_with(&self, shards: &[Shard]) -> Vec<Arc<Beats>> {
        let shards = shards.iter().map(|shard| &shard.beats);
        shards.chain([&self.beats]).map(Arc::clone).collect()
    }

    /// Ends the watch and gives how late the runtime was.
    pub(super) async fn end(&mut self) -> Latency {
        self.beating.abort();
        (&mut self.beating).await.ok();
        let mut delay = self.delay.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut delay.all)
    }

    /// How late the runtime was since that was asked for last, at most.
    pub(super) fn late_since(&self) -> Duration {
        let mut delay = self.delay.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut delay.longest)
    }
}

/// How long each of these threads has been away in all.
pub(super) fn away(beats: &[Arc<Beats>], now: Time) -> Vec<Duration> {
    beats.iter().map(|beats| beats.away(now)).collect()
}

async fn beat(beats: Arc<Beats>, delay: Arc<Mutex<Delay>>) {
    let late = |by| {
        let mut delay = delay.lock().unwrap_or_else(PoisonError::into_inner);
        delay.all.record(by);
        delay.longest = delay.longest.max(by);
    };
    beats.run(late).await;
}
