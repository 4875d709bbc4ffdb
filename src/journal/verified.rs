//! Judging a journal: what the run came to, from its history alone, beside what the run itself said.

use std::io::{Read, Seek};
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::block::{Kind, Source};
use super::differences::{Difference, differences};
use super::replay::{Replay, Replayed, Terms};
use super::scan::{Damage, Index, Unreadable, scan};
use crate::scenario::phases::WarmUp;
use crate::scenario::{Plan, Workload};
use crate::summary::{Aborted, Environment, Summary, Target};
use crate::time::Time;

/// What a run is to do: the first block of its journal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Header {
    /// The version of pushproof that writes it.
    pub pushproof: String,
    /// The scenario's name.
    pub scenario: String,
    /// The plan, as a scenario file that gives it again.
    pub plan: Plan,
    /// The target.
    pub target: Target,
    /// Milliseconds since 1970 at its start.
    pub started_at_unix_ms: u64,
    /// How many shards hold its sockets.
    pub shards: u16,
}

impl Header {
    /// Its JSON.
    ///
    /// # Panics
    /// Never: every header is JSON.
    pub fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("a header is JSON")
    }
}

/// What a run came to: the last block of its journal.
#[derive(Serialize, Deserialize)]
struct Footer {
    summary: Summary,
    aborted: Option<Early>,
}

/// What ended a run early; the condition is one of the plan's.
#[derive(Serialize, Deserialize)]
struct Early {
    condition: String,
    observed: f64,
    at: Duration,
}

impl From<&Aborted> for Early {
    fn from(aborted: &Aborted) -> Self {
        Self {
            condition: aborted.condition.to_string(),
            observed: aborted.held.observed,
            at: aborted.at,
        }
    }
}

impl Footer {
    /// The summary; `None` if this version cannot tell what it says.
    fn summary(mut self) -> Option<Summary> {
        if let Some(early) = self.aborted {
            let conditions = &self.summary.plan.abort_on;
            let condition = conditions
                .iter()
                .find(|c| c.to_string() == early.condition)?;
            self.summary.aborted = Some(Aborted {
                held: condition.held(early.observed),
                condition: condition.clone(),
                at: early.at,
            });
        }
        Some(self.summary)
    }
}

/// The JSON of the last block.
///
/// # Panics
/// Never: every summary is JSON.
pub fn footer(summary: &Summary) -> Vec<u8> {
    let footer = Footer {
        aborted: summary.aborted.as_ref().map(Early::from),
        summary: summary.clone(),
    };
    serde_json::to_vec(&footer).expect("a summary is JSON")
}

/// A journal, judged.
#[derive(Debug)]
pub struct Verified {
    /// What its history comes to. What a history does not tell (logins, the generator's health) is what the run said.
    pub summary: Summary,
    /// What is wrong with the file. If anything is, the summary is of the rest, and does not pass.
    pub damage: Vec<Damage>,
    /// What the run itself said, if its last block is there.
    pub said: Option<Summary>,
    /// Where the two differ although nothing is missing. There should be none.
    pub differences: Vec<Difference>,
}

/// Judges a journal. Memory goes to the sockets, the pushes and 60 bytes for each block of the file, not to what arrived.
pub fn verify(file: &mut (impl Read + Seek)) -> Result<Verified, Unreadable> {
    let mut judging = Judging::begin(file)?;
    while judging.step(file, None)? {}
    Ok(judging.finish())
}

/// A journal that is being judged.
pub(super) struct Judging {
    pub(super) header: Header,
    /// What the run itself said.
    pub(super) said: Option<Summary>,
    /// What is wrong with the file, as far as that is known from its blocks.
    pub(super) damage: Vec<Damage>,
    pub(super) replay: Replay,
}

impl Judging {
    /// Finds the blocks of a file, and what it was to do.
    pub(super) fn begin(file: &mut (impl Read + Seek)) -> Result<Self, Unreadable> {
        let mut index = scan(file)?;
        let footer = index.footer.take();
        let said = footer.and_then(|json| {
            let said = serde_json::from_slice(&json).ok().and_then(Footer::summary);
            if said.is_none() {
                // Whole, but not as this version writes it.
                index.damage.push(Damage::NoFooter);
            }
            said
        });
        let header = header(&mut index, said.as_ref())?;
        let (pushes, sockets) = sources(&mut index, &header);
        Ok(Self {
            replay: Replay::new(terms(&header.plan), pushes, sockets),
            header,
            said,
            damage: index.damage,
        })
    }

    /// Takes in the next fact, if it was told before that time. False: there is none.
    pub(super) fn step(
        &mut self,
        file: &mut (impl Read + Seek),
        before: Option<Time>,
    ) -> Result<bool, Unreadable> {
        let stepped = self.replay.step(file, before);
        stepped.map_err(|failed| failed.of(&self.header.pushproof))
    }

    /// When the next fact was told that is left. `None`: there is none.
    pub(super) fn next_at(
        &mut self,
        file: &mut (impl Read + Seek),
    ) -> Result<Option<Time>, Unreadable> {
        let next = self.replay.next_at(file);
        next.map_err(|failed| failed.of(&self.header.pushproof))
    }

    /// Judges what has been taken in.
    pub(super) fn finish(self) -> Verified {
        let (said, mut damage) = (self.said, self.damage);
        let replayed = self.replay.finish();
        damage.extend(replayed.damage.iter().cloned());
        let summary = sum_up(self.header, said.clone(), replayed, &damage);
        let differences = match &said {
            Some(said) if damage.is_empty() => differences(said, &summary),
            _ => Vec::new(),
        };
        Verified {
            summary,
            damage,
            said,
            differences,
        }
    }
}

/// The first block; in its place, the last one has what was to be done too.
fn header(index: &mut Index, said: Option<&Summary>) -> Result<Header, Unreadable> {
    if let Some(json) = index.header.take() {
        return serde_json::from_slice(&json).map_err(|error| Unreadable::Plan(error.to_string()));
    }
    let said = said.ok_or(Unreadable::NoPlan)?;
    let begun = !index.damage.is_empty() || !index.sources.is_empty();
    if begun {
        index.damage.push(Damage::NoHeader);
    }
    let shard = |source: &Source| (source.kind == Kind::Sockets).then_some(source.number);
    let most = index.sources.keys().filter_map(shard).max();
    Ok(Header {
        pushproof: said.environment.pushproof.clone(),
        scenario: said.scenario.clone(),
        plan: said.plan.clone(),
        target: said.target.clone(),
        started_at_unix_ms: said.started_at_unix_ms,
        shards: most.map_or(0, |most| most.saturating_add(1)),
    })
}

fn terms(plan: &Plan) -> Terms {
    let workload = Arc::new(Workload::new(plan));
    Terms {
        rules: Arc::new(workload.rules(plan)),
        warm_up: WarmUp::of(plan, &workload),
        pushes: workload,
        plan: plan.clone(),
    }
}

type Spots = Vec<super::scan::Spot>;

/// The blocks of each source that the run had. One that is not there at all is damage too.
fn sources(index: &mut Index, header: &Header) -> (Spots, Vec<(Source, Spots)>) {
    let mut take = |source: Source| {
        let spots = index.sources.remove(&source);
        if spots.is_none() && header.shards > 0 {
            let through = Time::ZERO;
            index.damage.push(Damage::NoEnd { source, through });
        }
        spots.unwrap_or_default()
    };
    let source = |kind, number| Source { kind, number };
    let pushes = take(source(Kind::Pushes, 0));
    let sockets = (0..header.shards).map(|shard| source(Kind::Sockets, shard));
    let sockets = sockets.map(|source| (source, take(source))).collect();
    (pushes, sockets)
}

fn sum_up(header: Header, said: Option<Summary>, replayed: Replayed, damage: &[Damage]) -> Summary {
    let mut summary = said.unwrap_or_else(|| nothing_said(header, &replayed));
    summary.missing = missing(damage, replayed.left_out);
    if summary.missing.is_empty() && summary.not_begun.is_some() {
        return summary;
    }
    // Which lanes went on waiting, and how many pushes a changed course had, only the run knows.
    let said = std::mem::replace(&mut summary.pushes, replayed.pushes);
    summary.pushes.given_up = said.given_up;
    let changed = !summary.rate_changes.is_empty();
    let scheduled = summary.plan.scheduled(summary.pushes.sent);
    summary.pushes.scheduled = if changed { said.scheduled } else { scheduled };
    summary.findings = replayed.findings;
    summary.requests = replayed.requests;
    let meter = &replayed.meter;
    summary.latencies.push = meter.push();
    summary.latencies.push_from_send = meter.from_send().clone();
    summary.latencies.network = meter.network().clone();
    summary.latencies.generator_delay = meter.generator_delay().clone();
    summary.latencies.trigger = replayed.trigger;
    summary.generator.held_up = summary.findings.counts.held_up;
    let (splits, asked) = (&replayed.splits, replayed.asked);
    let parts = splits.parts(&summary.plan, meter, asked, &summary.findings);
    summary.by_app = parts.by_app;
    summary.by_event = parts.by_event;
    summary.by_audience = parts.by_audience;
    summary.by_trigger = parts.by_trigger;
    summary
}

/// The summary of a run that has not said anything itself.
fn nothing_said(header: Header, replayed: &Replayed) -> Summary {
    let mut summary = Summary {
        duration: replayed.through - Time::ZERO,
        environment: Environment {
            pushproof: header.pushproof,
            ..Environment::default()
        },
        ..Summary::empty(
            header.scenario,
            header.plan,
            header.target,
            header.started_at_unix_ms,
        )
    };
    summary.sockets.wanted = u64::from(summary.plan.sockets());
    summary.sockets.connected = replayed.connected;
    summary.sockets.reconnected = replayed.reconnected;
    summary.sockets.recovered = replayed.recovered;
    summary.sockets.dropped = replayed.dropped;
    summary
}

/// Most pieces of damage told one by one.
const MOST_TOLD: usize = 5;

/// What is not there to be judged, in words.
fn missing(damage: &[Damage], left_out: u64) -> Vec<String> {
    let mut missing = Vec::new();
    if !damage.is_empty() {
        let mut told: Vec<_> = damage
            .iter()
            .take(MOST_TOLD)
            .map(ToString::to_string)
            .collect();
        if damage.len() > MOST_TOLD {
            told.push(format!("and {} more", damage.len() - MOST_TOLD));
        }
        missing.push(format!("the journal is damaged: {}", told.join("; ")));
    }
    if left_out > 0 {
        missing.push(format!(
            "{left_out} events could not be judged: the pushes or sockets that they belong to are in what is missing"
        ));
    }
    missing
}
