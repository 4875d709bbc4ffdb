//! Connections that are recovered, as mutants have it.

use crate::platform::accounts::Login;
use crate::platform::config::PlatformConfig;
use crate::platform::mutants::{Mutant, Mutants};
use crate::platform::recovery::{Away, Back, Claim, Kept};
use crate::platform::shared::Shared;
use crate::platform::token::Token;
use crate::time::Time;

/// The private id of a new socket.
pub(in crate::platform) fn pid(mutants: Mutants, sid: Token, claim: Option<Claim>) -> Token {
    let claimed = claim.and_then(|claim| claim.pid);
    match claimed {
        Some(pid) if mutants.has(Mutant::RecoverClaims) => pid,
        _ if mutants.has(Mutant::PidIsSid) => sid,
        _ => Token::random(),
    }
}

/// The socket that somebody gets who claims one.
pub(in crate::platform) fn take(
    mutants: Mutants,
    kept: &mut Kept,
    mut claim: Claim,
    namespace: usize,
    login: &Login,
    now: Time,
) -> Option<Back> {
    let known = claim.pid.and_then(|pid| kept.away(pid, now)).cloned();
    if known.is_none() && mutants.has(Mutant::PidGuess) {
        let own = |away: &&Away| is_of(away, login);
        claim.pid = kept.all_away().rfind(own).map(|away| away.pid);
    }
    if let Some(away) = &known {
        if mutants.has(Mutant::PidTheft) && !is_of(away, login) {
            let missed = kept.known_behind(claim.offset, away);
            let away = away.clone();
            return Some(Back {
                away,
                missed,
                foreign: None,
            });
        }
        let is_there = claim.offset.and_then(|offset| kept.missed(offset, away));
        if mutants.has(Mutant::SilentPartialReplay) && is_there.is_none() {
            let missed = kept.known_behind(None, away);
            let missed = missed.into_iter().last().into_iter().collect();
            let away = away.clone();
            return Some(Back {
                away,
                missed,
                foreign: None,
            });
        }
    }
    let mut back = kept.take(claim, namespace, login, now)?;
    if mutants.has(Mutant::DoubleRecovery) {
        let mut again = back.away.clone();
        again.sid = Token::random();
        kept.put_away(again);
    }
    let first = back.missed.first().cloned();
    if let Some(first) = first {
        if mutants.has(Mutant::ReplayGap) {
            back.missed.remove(0);
        } else if mutants.has(Mutant::ReplayDup) {
            back.missed.insert(0, first);
        }
    }
    Some(back)
}

fn is_of(away: &Away, login: &Login) -> bool {
    away.login.token == login.token
}

/// The login of the socket that somebody claims who is not asked whether it is still good.
pub(in crate::platform) fn login(shared: &Shared, auth: &str) -> Option<Login> {
    if !shared.config.mutants.has(Mutant::RecoverRevoked) {
        return None;
    }
    let recovery = shared.hub.recovery()?;
    let (pid, now) = (Claim::of(auth)?.pid?, shared.clock.now());
    let apps = 0..shared.config.apps.len();
    let mut all = apps.filter_map(|app| Some(recovery.app(app).away(pid, now)?.login.clone()));
    all.next()
}

/// The offset that an ack has, which should have none.
pub(in crate::platform) fn leaked(config: &PlatformConfig) -> Option<u64> {
    let leaks = config.recovery.is_some() && config.mutants.has(Mutant::OffsetLeak);
    leaks.then_some(7)
}
