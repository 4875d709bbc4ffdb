//! How users got in, and what became of those whom the target has to refuse.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Reasons, Summary};

/// How the logins of a run fared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct LoginCounts {
    /// Requests.
    pub attempted: u64,
    /// Of these, the ones after a request of the same login that had failed.
    pub retried: u64,
    /// Logins that gave no session in the end.
    pub failed: u64,
}

impl LoginCounts {
    /// Adds a login of so many requests.
    pub fn add(&mut self, requests: &[Duration], succeeded: bool) {
        let requests = requests.len() as u64;
        self.attempted += requests;
        self.retried += requests.saturating_sub(1);
        self.failed += u64::from(requests > 0 && !succeeded);
    }
}

/// What became of the sockets that the target has to refuse.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct MustRefuse {
    /// How many there are.
    pub sockets: u64,
    /// Those that it refused.
    pub refused: u64,
    /// Those that it let in.
    pub let_in: u64,
    /// Those that could not be tried.
    pub untried: u64,
    /// How it refused them, with how many.
    pub refusals: Reasons,
    /// Why they could not be tried, with how many.
    pub troubles: Reasons,
}

impl MustRefuse {
    /// So many were not connected.
    pub fn turned_away(&mut self, sockets: u64, is_refusal: bool, why: &str) {
        if is_refusal {
            self.refused += sockets;
            self.refusals.add(why, sockets);
        } else {
            self.untried += sockets;
            self.troubles.add(why, sockets);
        }
    }

    /// Whether it is known of each what became of it.
    pub fn is_known(&self) -> bool {
        self.refused + self.let_in + self.untried >= self.sockets
    }
}

/// Why a target that let somebody in fails the run.
pub(super) fn let_in(summary: &Summary) -> Option<String> {
    let counts = &summary.must_refuse;
    let kind = summary.plan.refused?.kind.name();
    (counts.let_in > 0).then(|| {
        format!(
            "{} of {} sockets with {kind} credentials were let in: the target has to refuse them",
            counts.let_in, counts.sockets
        )
    })
}

/// Why it is not known whether the target refuses all that it has to.
pub(super) fn not_told(summary: &Summary) -> Option<String> {
    let counts = &summary.must_refuse;
    let kind = summary.plan.refused?.kind.name();
    let untold = counts.sockets - (counts.refused + counts.let_in).min(counts.sockets);
    if untold == 0 || summary.interrupted || summary.aborted.is_some() && counts.untried == 0 {
        return None;
    }
    let why = counts.troubles.most_common();
    Some(format!(
        "of {untold} of {} sockets with {kind} credentials it is not known whether the target refuses them: {why}",
        counts.sockets
    ))
}
