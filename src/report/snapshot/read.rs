//! A snapshot read back. Whatever comes may be wrong.

use std::time::Duration;

use super::SCHEMA;
use super::form::{Ended, Form, Stands};
use crate::scenario::threshold::{Threshold, ThresholdError};
use crate::summary::live::{PAST, PartKind};
use crate::summary::verdict::Judgement;
use crate::summary::{Checked, Outcome, Snapshot, Verdict};

/// Why bytes are no snapshot.
#[derive(Debug, thiserror::Error)]
pub enum Unread {
    /// They are not of its form.
    #[error("this is no snapshot of a run: {0}")]
    Form(#[from] serde_json::Error),
    /// They are of another.
    #[error("it is a {0:?}, and this version reads {SCHEMA:?}")]
    Schema(String),
    /// Runs have no such phase.
    #[error("there is no phase {0:?}")]
    Phase(String),
    /// There is no such outcome of a threshold, or verdict.
    #[error("there is no outcome {0:?}")]
    Outcome(String),
    /// A threshold that this version does not know.
    #[error(transparent)]
    Threshold(#[from] ThresholdError),
}

/// Reads a snapshot.
///
/// # Errors
/// If it is none that this version knows.
pub fn read(bytes: &[u8]) -> Result<Snapshot, Unread> {
    let mut form: Form = serde_json::from_slice(bytes)?;
    if form.schema != SCHEMA {
        return Err(Unread::Schema(form.schema));
    }
    let phases = ["connecting", "pushing", "settling", "over", ""];
    let Some(phase) = phases.into_iter().find(|phase| *phase == form.phase) else {
        return Err(Unread::Phase(form.phase));
    };
    let excess = form.past.len().saturating_sub(PAST);
    form.past.drain(..excess);
    let triggers = form
        .parts
        .iter()
        .filter(|part| part.kind == PartKind::Trigger);
    let triggers: Vec<_> = triggers.map(|part| part.name.clone()).collect();
    let words = Words {
        events: &form.about.events,
        triggers: &triggers,
    };
    let thresholds = words.all(form.thresholds)?;
    let ended = form.ended.map(|ended| words.judgement(ended)).transpose()?;
    Ok(Snapshot {
        thresholds: thresholds.into(),
        ended: ended.map(Into::into),
        about: form.about.about().into(),
        phase,
        phase_elapsed: Duration::from_micros(form.phase_elapsed_us),
        phase_left: form.phase_left_us.map(Duration::from_micros),
        elapsed: Duration::from_micros(form.elapsed_us),
        rate: form.rate,
        sockets: form.sockets,
        logins: form.logins,
        must_refuse: form.must_refuse,
        refusals: form.refusals,
        drops: form.drops,
        pushes: form.pushes,
        push_failures: form.push_failures,
        counts: form.counts,
        second: form.second,
        past: form.past.into(),
        in_flight: form.in_flight,
        latencies: form.latencies.into(),
        parts: form.parts.into(),
        examples: form.examples.into(),
        users: form.users.into(),
        generator: form.generator,
        requests: form.requests,
        rate_fixed: Some("it runs elsewhere"),
        changes: form.changes,
    })
}

/// What thresholds of a run may be about.
pub(super) struct Words<'a> {
    pub(super) events: &'a [String],
    pub(super) triggers: &'a [String],
}

impl Words<'_> {
    fn all(&self, all: Vec<Stands>) -> Result<Vec<Checked>, Unread> {
        all.into_iter().map(|one| self.checked(one)).collect()
    }

    fn checked(&self, stands: Stands) -> Result<Checked, Unread> {
        let threshold = Threshold::of(&stands.expression, self.events, self.triggers)?;
        let outcome = match stands.outcome.as_str() {
            "kept" => Outcome::Kept,
            "breached" => Outcome::Breached,
            "unknown" => Outcome::unknown(&stands.why.unwrap_or_default()),
            _ => return Err(Unread::Outcome(stands.outcome)),
        };
        let held = stands.held;
        Ok(Checked {
            held: held.map(|(observed, holds)| threshold.held(observed, holds)),
            metric: threshold.metric,
            expression: stands.expression,
            outcome,
        })
    }

    pub(super) fn judgement(&self, ended: Ended) -> Result<Judgement, Unread> {
        let all = [Verdict::Pass, Verdict::Fail, Verdict::Unknown];
        let verdict = all
            .into_iter()
            .find(|verdict| verdict.name() == ended.verdict);
        Ok(Judgement {
            verdict: verdict.ok_or(Unread::Outcome(ended.verdict))?,
            exit_code: ended.exit_code,
            reasons: ended.reasons,
            limits: ended.limits,
            thresholds: self.all(ended.thresholds)?,
        })
    }
}
