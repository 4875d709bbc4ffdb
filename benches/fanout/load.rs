//! The two loads, and what they show.

use crate::args::Args;
use crate::process::Usage;
use crate::sockets::{Net, Sockets};
use crate::trigger::Trigger;
use anyhow::{Context as _, bail};
use mio::Events;
use rustix::time::{ClockId, clock_gettime};
use std::time::{Duration, Instant};

/// How long the last deliveries may take.
const DRAIN: Duration = Duration::from_secs(10);
/// How long is listened for what should not come.
const AFTERWARDS: Duration = Duration::from_millis(100);

/// One way of asking for broadcasts.
pub(crate) struct Load {
    /// Callers at once.
    triggers: usize,
    /// Most broadcasts that some socket still waits for.
    window: u32,
    /// Not measured.
    warm_up: Duration,
    span: Duration,
}

/// What a load showed.
#[derive(Debug)]
pub(crate) struct Measured {
    /// Deliveries a second.
    pub(crate) rate: f64,
    /// The server's CPU time for each, in microseconds.
    pub(crate) cpu: f64,
    /// How much of the time the server used a processor; more than 1 if several. Much less than it could have had: it was kept waiting,
    /// by other programs, or by the reader and the callers.
    pub(crate) busy: f64,
    /// The same of the reading thread.
    pub(crate) reader: f64,
}

impl Load {
    /// A few broadcasts, one by one.
    pub(crate) const FIRST: Self = Self {
        triggers: 1,
        window: 1,
        warm_up: Duration::ZERO,
        span: Duration::from_millis(1),
    };

    /// As fast as the server can, with bounded queues.
    pub(crate) fn closed(args: &Args) -> Self {
        Self {
            triggers: args.triggers,
            window: args.window,
            warm_up: args.span / 5,
            span: args.span,
        }
    }

    /// The next broadcast only when all have the last.
    pub(crate) fn one(args: &Args) -> Self {
        Self {
            triggers: 1,
            window: 1,
            ..Self::closed(args)
        }
    }

    pub(crate) fn run(
        &self,
        net: &mut Net,
        sockets: &mut Sockets,
        triggers: &mut [Trigger],
        server: u32,
    ) -> anyhow::Result<Measured> {
        let mut run = Run {
            net,
            progress: Progress::new(sockets.len(), sockets.events()),
            sockets,
            triggers,
            happened: Events::with_capacity(1024),
        };
        run.ask_until(self, Instant::now() + self.warm_up)?;
        let (begun, before) = (Instant::now(), Used::of(server, &run.progress)?);
        run.ask_until(self, begun + self.span)?;
        let (took, after) = (begun.elapsed(), Used::of(server, &run.progress)?);
        run.drain()?;
        let part = |before: Duration, after: Duration| {
            after.saturating_sub(before).as_secs_f64() / took.as_secs_f64()
        };
        let rate = (after.deliveries - before.deliveries) as f64 / took.as_secs_f64();
        let busy = part(before.server, after.server);
        Ok(Measured {
            rate,
            busy,
            cpu: busy * 1e6 / rate,
            reader: part(before.reader, after.reader),
        })
    }
}

/// What was used until one moment.
struct Used {
    server: Duration,
    reader: Duration,
    deliveries: u64,
}

impl Used {
    fn of(server: u32, progress: &Progress) -> anyhow::Result<Self> {
        Ok(Self {
            server: Usage::of(server)?.cpu,
            reader: own_cpu(),
            deliveries: progress.deliveries,
        })
    }
}

struct Run<'a> {
    net: &'a mut Net,
    sockets: &'a mut Sockets,
    triggers: &'a mut [Trigger],
    progress: Progress,
    happened: Events,
}

impl Run<'_> {
    fn ask_until(&mut self, load: &Load, until: Instant) -> anyhow::Result<()> {
        loop {
            let left = until.saturating_duration_since(Instant::now());
            // What was never asked for shows nothing.
            if left.is_zero() && self.progress.complete > 0 {
                return Ok(());
            }
            for trigger in &mut self.triggers[..load.triggers] {
                if !trigger.waits && self.progress.asked - self.progress.complete < load.window {
                    trigger.ask()?;
                    self.progress.ask();
                }
            }
            if self.step(left.max(Duration::from_millis(1)))? == 0 && left.is_zero() {
                self.drain()?;
            }
        }
    }

    /// Takes in what there is; how much happened.
    fn step(&mut self, at_most: Duration) -> anyhow::Result<usize> {
        self.net.wait(&mut self.happened, at_most)?;
        let mut count = 0;
        for event in &self.happened {
            count += 1;
            if let Some(place) = Trigger::place(event.token()) {
                self.triggers[place].hear(self.net)?;
                continue;
            }
            let place = event.token().0;
            let events = self
                .sockets
                .read(self.net, place)
                .with_context(|| format!("socket {place}"))?;
            self.progress.delivered(events)?;
        }
        Ok(count)
    }

    /// Waits until everything that was asked for has come, and a while longer for what was not.
    fn drain(&mut self) -> anyhow::Result<()> {
        let late = Instant::now() + DRAIN;
        while self.progress.complete < self.progress.asked || self.triggers.iter().any(|t| t.waits)
        {
            if Instant::now() > late {
                bail!(
                    "{} deliveries lost: they did not come within {DRAIN:?}",
                    self.progress.missing()
                );
            }
            self.step(Duration::from_millis(100))?;
        }
        let end = Instant::now() + AFTERWARDS;
        while Instant::now() < end {
            self.step(Duration::from_millis(10))?;
        }
        Ok(())
    }
}

/// Who has got how much of what was asked for.
struct Progress {
    sockets: u32,
    /// Events that each socket had before.
    before: u32,
    /// Broadcasts asked for.
    asked: u32,
    /// For each broadcast, at how many sockets so many have come.
    reached: Vec<u32>,
    /// Broadcasts that all sockets have.
    complete: u32,
    deliveries: u64,
}

impl Progress {
    fn new(sockets: usize, before: u32) -> Self {
        Self {
            sockets: sockets as u32,
            before,
            asked: 0,
            reached: Vec::new(),
            complete: 0,
            deliveries: 0,
        }
    }

    fn ask(&mut self) {
        self.asked += 1;
        self.reached.push(0);
    }

    /// One socket has got its events of this range, counted from its first.
    fn delivered(&mut self, events: std::ops::Range<u32>) -> anyhow::Result<()> {
        self.deliveries += u64::from(events.end - events.start);
        for nth in events {
            let Some(reached) = self.reached.get_mut((nth - self.before) as usize) else {
                bail!("a delivery too many: a socket has more events than were asked for");
            };
            *reached += 1;
        }
        while self.complete < self.asked && self.reached[self.complete as usize] == self.sockets {
            self.complete += 1;
        }
        Ok(())
    }

    fn missing(&self) -> u64 {
        u64::from(self.asked) * u64::from(self.sockets) - self.deliveries
    }
}

/// CPU time of this thread, which is the reader.
fn own_cpu() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec as u32)
}
