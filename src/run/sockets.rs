//! The shards of a run, or of one of its workers, and what they and the lanes share.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};

use super::process;
use crate::client::sender::Sender;
use crate::clock::Clock;
use crate::fleet::arrive::{self, Part};
use crate::fleet::emitting::Senders;
use crate::fleet::login::Rate;
use crate::fleet::nodes::Place;
use crate::fleet::shard::{self, Command, Finished, Note, Shard};
use crate::ids::{Lane, SocketId};
use crate::journal::{Follows, Header, Pen, PushLog, Recorder};
use crate::scenario::phases::WarmUp;
use crate::scenario::{Askers, Driver, Plan, Transport, Workload};
use crate::trigger::lane;
use crate::trigger::sender::Speaker;
use crate::verify::{Awaited, Ledger, Streams, There};

/// From a socket's first byte to the answer to CONNECT, at most.
pub(super) const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);
/// Most shards of a process: beyond a handful of threads the machine, not the thread count, is the limit.
const MOST_SHARDS: usize = 16;

pub(super) struct Sockets {
    pub(super) workload: Arc<Workload>,
    pub(super) ledger: Arc<Ledger>,
    pub(super) push_log: Option<PushLog>,
    pub(super) shards: Vec<Shard>,
    /// What the lanes of a closed loop wait for.
    pub(super) awaited: Option<Arc<Awaited>>,
    /// The sockets that are there.
    pub(super) there: Arc<There>,
    /// When logins may be asked for.
    pub(super) logins: Arc<Rate>,
    pub(super) notes: mpsc::Receiver<Note>,
    /// Who asks for pushes, and for which lane.
    pub(super) speakers: Vec<(Lane, Speaker)>,
}

/// Which shards, and by which ledger they judge.
pub(super) struct Share {
    pub(super) part: Part,
    pub(super) ledger: Arc<Ledger>,
    /// The same ledger, if it follows another one.
    pub(super) follows: Option<Arc<dyn Follows>>,
}

impl Share {
    /// All shards of a run, and the ledger that the lanes write.
    pub(super) fn whole(plan: &Plan) -> Self {
        Self {
            part: Part::whole(shard_count(plan)),
            ledger: Arc::new(Ledger::new(plan.lanes, plan.most_pushes_per_lane())),
            follows: None,
        }
    }
}

impl Sockets {
    pub(super) fn start(
        plan: &Arc<Plan>,
        places: &[Place],
        share: Share,
        clock: Clock,
        journal: Option<(Pen, Header)>,
    ) -> std::io::Result<Self> {
        let Share {
            part,
            ledger,
            follows,
        } = share;
        let workload = Arc::new(Workload::new(plan));
        let rules = Arc::new(workload.rules(plan));
        let places: Arc<[Place]> = places.into();
        // Room for everything that every socket can say at a time, and some: a shard does not wait for the run.
        let all = plan.sockets() as usize;
        let here = (all * part.here).div_ceil(part.all);
        let (note, notes) = mpsc::channel(here * 2 + 1_024);
        let pen = journal.map(|(pen, header)| {
            pen.header(&header.to_json());
            pen
        });
        let share = part.here as f64 / part.all as f64;
        let logins = Arc::new(Rate::new(plan, clock, share));
        let awaited = plan.closed.map(|_| Arc::new(Awaited::new(plan.lanes)));
        let there = Arc::new(There::new(plan.users, plan.apps.len()));
        let askers = Askers::of(plan).map(Arc::new);
        let (mut senders, speakers) = speaking(plan, part);
        let start = |index| {
            let log = pen.as_ref().map(|pen| pen.sockets(index as u16));
            let (rules, ledger) = (Arc::clone(&rules), Arc::clone(&ledger));
            let source = Arc::clone(&workload) as _;
            let mut judge = Recorder::new(Arc::clone(&rules), ledger, source, log);
            if let Some(follows) = &follows {
                judge = judge.following(rules, Arc::clone(follows));
            }
            let driver = plan.clients.driver;
            let mut polling = 0;
            for (socket, user) in arrive::sockets_of(plan, index, part.all) {
                judge.plan(socket, user, plan.hears(user));
                let transport = plan.clients.transports.of(plan.seed, socket);
                let engines = transport == Transport::WebSocket && driver == Driver::Lean;
                polling += usize::from(!engines);
            }
            Shard::start(shard::Setup {
                index,
                plan: Arc::clone(plan),
                judge,
                places: Arc::clone(&places),
                answer_timeout: lane::ANSWER_TIMEOUT,
                connect_timeout: CONNECT_TIMEOUT,
                clock,
                notes: note.clone(),
                polling,
                logins: Arc::clone(&logins),
                warm_up: WarmUp::of(plan, &workload),
                there: Arc::clone(&there),
                awaited: awaited.clone(),
                askers: askers.clone(),
                senders: senders.remove(&index),
            })
        };
        let shards = part.shards().map(start).collect::<Result<_, _>>()?;
        Ok(Self {
            workload,
            ledger,
            push_log: pen.map(|pen| PushLog::new(pen.pushes())),
            shards,
            awaited,
            there,
            logins,
            notes,
            speakers,
        })
    }
}

/// The sockets of these shards that ask for pushes: what each shard needs to have them do so, and what each lane does.
fn speaking(plan: &Plan, part: Part) -> (HashMap<usize, Senders>, Vec<(Lane, Speaker)>) {
    let mut here = HashMap::new();
    let mut speakers = Vec::new();
    let mut known: HashMap<SocketId, Sender> = HashMap::new();
    let all = plan.senders();
    for sender in &all {
        let shard = arrive::shard_of(plan, sender.user, part.all);
        if !part.shards().contains(&shard) {
            continue;
        }
        let (post, senders) = here.entry(shard).or_insert_with(|| {
            // Each lane has one under way at most.
            let (post, letters) = mpsc::channel(plan.lanes as usize);
            let there = Vec::new();
            (post, Senders { letters, there })
        });
        let sender_of = || {
            let (there, seen) = watch::channel(false);
            senders.there.push((sender.socket, there));
            Sender::new(sender.socket, post.clone(), seen)
        };
        let way = known.entry(sender.socket).or_insert_with(sender_of);
        let speaker = Speaker {
            app: plan.apps[sender.app.index()].clone(),
            name: plan.name_of(sender.user),
            sender: way.clone(),
        };
        speakers.push((sender.lane, speaker));
    }
    let here = here.into_iter();
    let here = here.map(|(shard, (_, senders))| (shard, senders));
    (here.collect(), speakers)
}

/// Has the shards judge, one after the other. `None`: the shard is gone, and what it knew with it. Shards are numbered from `first` on.
pub(super) async fn judge(
    shards: &[Shard],
    first: usize,
    streams: &Arc<Streams>,
) -> Vec<(usize, Option<Finished>)> {
    let mut judged = Vec::new();
    for (index, shard) in (first..).zip(shards) {
        judged.push((index, judge_one(shard, Arc::clone(streams)).await));
    }
    judged
}

async fn judge_one(shard: &Shard, streams: Arc<Streams>) -> Option<Finished> {
    let (reply, finished) = oneshot::channel();
    let command = Command::Finish { streams, reply };
    shard.commands.send(command).await.ok()?;
    finished.await.ok()
}

/// The shards of a run, over all its workers.
pub(super) fn shard_count(plan: &Plan) -> usize {
    if plan.workers > 1 {
        return plan.workers as usize * shards_of_worker(plan);
    }
    process::cpus()
        .clamp(1, MOST_SHARDS)
        .min(plan.users as usize)
}

/// The shards of each worker: all workers together have a thread for each processor, if there are not more workers than that.
pub(super) fn shards_of_worker(plan: &Plan) -> usize {
    let workers = plan.workers as usize;
    let most = plan.users as usize / plan.apps.len() / workers;
    (process::cpus() / workers)
        .clamp(1, MOST_SHARDS)
        .min(most.max(1))
}
