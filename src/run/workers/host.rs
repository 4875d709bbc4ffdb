//! A worker: holds its part of the sockets, judges what arrives there by a copy of the ledger, and tells the run.

use std::io::{Read, Write};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::BEAT;
use super::copy::{Copy, Copyist};
use super::link;
use super::message::{Assign, Final, FromWorker, ToWorker, VERSION};
use crate::clock::Clock;
use crate::fleet::arrive::{self, LoginNote, Part};
use crate::fleet::login::Rate;
use crate::fleet::nodes::Nodes;
use crate::fleet::shard::{Note, Order, Shard};
use crate::run::health::Health;
use crate::run::settling::Settler;
use crate::run::sockets::{self, CONNECT_TIMEOUT, Share, Sockets};
use crate::run::vigil::{self, Vigil};
use crate::scenario::{Contract, People, Plan};
use crate::time::Time;
use crate::trigger::lane::{ANSWER_TIMEOUT, LaneReport};

/// Messages that wait to be written: what tells of them waits too, and no socket does.
const WAITING: usize = 4_096;

/// Works for the run at the other end of the link, until that is over or gone.
///
/// # Errors
/// In words, if what comes over the link is no assignment, or cannot be carried out; the run is told as well.
pub async fn work(
    from: impl Read + Send + 'static,
    to: impl Write + Send + 'static,
) -> Result<(), String> {
    let (told, mut orders) = mpsc::unbounded_channel();
    // It ends with the link, which the other end closes; nobody waits for it.
    std::thread::Builder::new()
        .name("link-in".to_owned())
        .spawn(move || listen(from, &told))
        .map_err(|e| format!("a thread could not be started: {e}"))?;
    let (say, said) = mpsc::channel(WAITING);
    let writing = std::thread::Builder::new()
        .name("link-out".to_owned())
        .spawn(move || speak(to, said))
        .map_err(|e| format!("a thread could not be started: {e}"))?;
    let worked = match orders.recv().await {
        Some(Heard::Assigned(assign, copy)) => match Host::start(*assign, &copy, say.clone()) {
            Ok(host) => {
                say.send(FromWorker::Ready).await.ok();
                host.serve(orders).await;
                Ok(())
            }
            Err(why) => Err(why),
        },
        Some(Heard::Wrong(why)) => Err(why),
        Some(Heard::Told(_)) | None => Err("there is no run at the other end".to_owned()),
    };
    if let Err(why) = &worked {
        say.send(FromWorker::Trouble(why.clone())).await.ok();
    }
    drop(say);
    tokio::task::spawn_blocking(|| writing.join()).await.ok();
    worked
}

/// What comes over the link, but for the pushes, which go into the copy at once.
enum Heard {
    Assigned(Box<Assigned>, Arc<Copy>),
    Told(ToWorker),
    Wrong(String),
}

struct Assigned {
    plan: Plan,
    assign: Assign,
}

fn listen(mut from: impl Read, told: &mpsc::UnboundedSender<Heard>) {
    let mut room = Vec::new();
    let mut copyist = None;
    let wrong = loop {
        let message = match link::next_blocking(&mut from, &mut room) {
            Ok(Some(message)) => message,
            Ok(None) => return,
            Err(error) => break error.to_string(),
        };
        let heard = match (message, &mut copyist) {
            (ToWorker::Assign(assign), None) => match read_plan(&assign) {
                Ok(plan) => {
                    let copy = copyist.insert(Copyist::new(&plan)).copy();
                    let assign = *assign;
                    Heard::Assigned(Box::new(Assigned { plan, assign }), copy)
                }
                Err(why) => break why,
            },
            (ToWorker::Assign(_), Some(_)) => break "a second assignment".to_owned(),
            (_, None) => break "no assignment".to_owned(),
            (ToWorker::Sent(id, push), Some(copyist)) => {
                if !copyist.sent(id, &push) {
                    break format!("push {id} out of turn");
                }
                continue;
            }
            (ToWorker::Answered(id, answer), Some(copyist)) => {
                copyist.answered(id, answer);
                continue;
            }
            (ToWorker::Told(until), Some(copyist)) => {
                copyist.told(until);
                continue;
            }
            (ToWorker::Settle(until), Some(copyist)) => {
                copyist.told(until);
                Heard::Told(ToWorker::Settle(until))
            }
            (message, Some(_)) => Heard::Told(message),
        };
        if told.send(heard).is_err() {
            return;
        }
    };
    told.send(Heard::Wrong(wrong)).ok();
}

fn read_plan(assign: &Assign) -> Result<Plan, String> {
    if assign.version != VERSION {
        let (run, worker) = (&assign.version, VERSION);
        return Err(format!("the run is pushproof {run}, this worker {worker}"));
    }
    let plan: Plan = serde_json::from_str(&assign.plan).map_err(|e| format!("no plan: {e}"))?;
    let given = serde_json::from_str(&assign.spoken).map_err(|e| format!("no contract: {e}"))?;
    let contract = Contract::of_given(&given, &plan.contract.shown)?;
    let (users, loaded) =
        serde_json::from_str(&assign.users).map_err(|e| format!("no users: {e}"))?;
    let people = People::of_given(&users, loaded, &plan.apps, plan.users)?;
    Ok(Plan {
        people: people.into(),
        password: assign.password.clone(),
        contract: contract.into(),
        access: assign.access.clone().into(),
        ..plan
    })
}

fn speak(mut to: impl Write, mut said: mpsc::Receiver<FromWorker>) {
    while let Some(message) = said.blocking_recv() {
        let mut frames = link::encoded(&message);
        // What else waits goes along.
        while frames.len() < 1 << 16
            && let Ok(message) = said.try_recv()
        {
            frames.extend(link::encoded(&message));
        }
        if to.write_all(&frames).and_then(|()| to.flush()).is_err() {
            return;
        }
    }
}

struct Host {
    plan: Arc<Plan>,
    clock: Clock,
    /// Where users log in; those who come in take it with them.
    nodes: Option<Nodes>,
    part: Part,
    shards: Vec<Shard>,
    settler: Settler,
    notes: mpsc::Receiver<Note>,
    logins: mpsc::Receiver<LoginNote>,
    login_note: mpsc::Sender<LoginNote>,
    rate: Arc<Rate>,
    arrivals: Option<JoinHandle<()>>,
    vigil: Vigil,
    beating: JoinHandle<()>,
    health: Health,
    connected: u64,
    say: mpsc::Sender<FromWorker>,
}

impl Host {
    fn start(
        assigned: Assigned,
        copy: &Arc<Copy>,
        say: mpsc::Sender<FromWorker>,
    ) -> Result<Self, String> {
        let Assigned { plan, assign } = assigned;
        let (first, here, all) = (assign.first, assign.here, assign.all);
        if here == 0 || first.checked_add(here).is_none_or(|end| end > all) {
            return Err(format!("no part of {all} shards: {here} from {first}"));
        }
        let part = Part { first, here, all };
        let plan = Arc::new(plan);
        let clock = Clock::since(assign.origin);
        let share = Share {
            part,
            ledger: Arc::clone(&copy.ledger),
            follows: Some(Arc::clone(copy) as _),
        };
        let sockets = Sockets::start(&plan, &assign.places, share, clock, None)
            .map_err(|e| format!("a thread for the sockets could not be started: {e}"))?;
        let nodes = Nodes::new(&plan, &assign.places, ANSWER_TIMEOUT, CONNECT_TIMEOUT)?;
        let vigil = Vigil::start(clock);
        let (beats, beat) = (vigil.beats_with(&sockets.shards), say.clone());
        let beating = tokio::spawn(async move {
            let mut every = tokio::time::interval(BEAT);
            loop {
                every.tick().await;
                let away = vigil::away(&beats, clock.now());
                if beat.send(FromWorker::Beat(away)).await.is_err() {
                    break;
                }
            }
        });
        let (login_note, logins) = mpsc::channel(plan.users as usize / all * here + 1_024);
        let settler = Settler::new(&plan, sockets.ledger, sockets.shards.len(), None);
        Ok(Self {
            plan,
            clock,
            nodes: Some(nodes),
            part,
            shards: sockets.shards,
            settler,
            notes: sockets.notes,
            logins,
            login_note,
            rate: sockets.logins,
            arrivals: None,
            vigil,
            beating,
            health: Health::default(),
            connected: 0,
            say,
        })
    }

    async fn serve(mut self, mut orders: mpsc::UnboundedReceiver<Heard>) {
        loop {
            tokio::select! {
                heard = orders.recv() => match heard {
                    Some(Heard::Told(message)) => self.told(message).await,
                    Some(Heard::Wrong(why)) => {
                        self.say.send(FromWorker::Trouble(why)).await.ok();
                        break;
                    }
                    Some(Heard::Assigned(..)) | None => break,
                },
                Some(note) = self.notes.recv() => self.note(note).await,
                Some(note) = self.logins.recv() => {
                    self.say.send(FromWorker::Login(note)).await.ok();
                }
            }
        }
        self.end().await;
    }

    async fn note(&mut self, note: Note) {
        self.connected += u64::from(matches!(note, Note::Connected { again: false, .. }));
        self.say.send(FromWorker::Note(note)).await.ok();
    }

    async fn told(&mut self, message: ToWorker) {
        match message {
            ToWorker::Start { at } => self.begin(at),
            ToWorker::StopArrivals => self.stop_arrivals(),
            ToWorker::Pushing => self.health.pushing(self.clock.now(), self.connected),
            ToWorker::Pushed => self.health.pushed(self.clock.now()),
            ToWorker::Order(order) => {
                for shard in &self.shards {
                    shard.order(order);
                }
            }
            ToWorker::Settle(now) => self.settler.turn(now, &self.shards),
            ToWorker::Finish => self.finish().await,
            ToWorker::Assign(_)
            | ToWorker::Sent(..)
            | ToWorker::Answered(..)
            | ToWorker::Told(_) => {}
        }
    }

    fn begin(&mut self, at: Time) {
        let Some(nodes) = self.nodes.take() else {
            return;
        };
        self.health.connecting();
        let commands = self.shards.iter().map(|shard| shard.commands.clone());
        let arriving = arrive::users(
            Arc::clone(&self.plan),
            nodes,
            self.clock,
            self.part,
            commands.collect(),
            self.login_note.clone(),
            Arc::clone(&self.rate),
        );
        let when = self.clock.instant(at);
        self.arrivals = Some(tokio::spawn(async move {
            tokio::time::sleep_until(when).await;
            arriving.await;
        }));
    }

    fn stop_arrivals(&self) {
        if let Some(arrivals) = &self.arrivals {
            arrivals.abort();
        }
    }

    async fn pass_on(&mut self) {
        while let Ok(note) = self.logins.try_recv() {
            self.say.send(FromWorker::Login(note)).await.ok();
        }
        while let Ok(note) = self.notes.try_recv() {
            self.note(note).await;
        }
    }

    async fn finish(&mut self) {
        let ended = self.clock.now();
        self.health.ended();
        self.stop_arrivals();
        let streams = self.settler.rest(ended, &self.shards).await;
        let judged = sockets::judge(&self.shards, self.part.first, &streams).await;
        // What was said meanwhile comes before the end.
        self.pass_on().await;
        for (_, finished) in &judged {
            match finished {
                Some(finished) => {
                    self.health.delays(&finished.delay);
                    self.health.judged(finished.caught_up);
                }
                None => self.health.part_failed(),
            }
        }
        let delay = self.vigil.end().await;
        self.health.delays(&delay);
        let generator = self.health.generator(ended, &LaneReport::default(), 0, 0);
        let all = Final {
            shards: judged,
            generator,
            connected: self.connected,
        };
        self.say.send(FromWorker::Final(Box::new(all))).await.ok();
    }

    async fn end(mut self) {
        const GRACE: Duration = Duration::from_secs(3);
        self.stop_arrivals();
        self.beating.abort();
        for shard in &self.shards {
            shard.order(Order::Leave);
        }
        self.notes.close();
        while self.notes.recv().await.is_some() {}
        let shards = std::mem::take(&mut self.shards);
        let joined = tokio::task::spawn_blocking(|| shards.into_iter().for_each(Shard::stop));
        tokio::time::timeout(GRACE, joined).await.ok();
    }
}
