//! The parts of the report that are about who gets in: logins, and whom the target has to refuse.

use std::borrow::Cow;
use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::summary::Summary;

/// Logins.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Logins {
    /// Requests.
    pub attempted: u64,
    /// Of these, the ones after a request of the same login that had failed.
    pub retried: u64,
    /// Logins that gave no session in the end.
    pub failed: u64,
}

/// Sockets with credentials that are not good: the target has to refuse them.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct MustRefuse {
    /// What is wrong with what they show: `expired`, `revoked` or `invalid`.
    pub kind: Cow<'static, str>,
    /// How many there are. None of them is in `sockets.wanted`.
    pub sockets: u64,
    /// Those that the target refused.
    pub refused: u64,
    /// Those that it let in: any of them fails the run, and whatever comes there is `misdelivered`.
    pub let_in: u64,
    /// Those that could not be tried.
    pub untried: u64,
    /// How the target refused them, with how many.
    pub refused_because: BTreeMap<String, u64>,
    /// Why they could not be tried, with how many.
    pub untried_because: BTreeMap<String, u64>,
}

pub(super) fn logins(summary: &Summary) -> Logins {
    let counts = &summary.logins;
    Logins {
        attempted: counts.attempted,
        retried: counts.retried,
        failed: counts.failed,
    }
}

pub(super) fn must_refuse(summary: &Summary) -> Option<MustRefuse> {
    let refused = summary.plan.refused?;
    let counts = &summary.must_refuse;
    Some(MustRefuse {
        kind: refused.kind.name().into(),
        sockets: counts.sockets,
        refused: counts.refused,
        let_in: counts.let_in,
        untried: counts.untried,
        refused_because: counts.refusals.to_map(),
        untried_because: counts.troubles.to_map(),
    })
}
