//! Who is let into a namespace, and who is refused. The CONNECT packet is the only place where credentials count.

use super::accounts::Login;
use super::conn::Conn;
use super::mutants::Mutant;
use super::packets::encode_event;
use super::recovery::Claim;
use super::said::Said;
use super::shared::Shared;
use super::template::Fields;
use super::wrong::{self, au, rc};
use std::sync::Arc;
use std::time::Duration;

/// The one refusal of credentials: it does not tell which part of them was wrong.
pub(super) const NOT_AUTHORIZED: &str = "not authorized";
/// Said to somebody who is logged in, where there are no sockets.
const PLUGIN_OFF: &str = "the Socket.io plugin of this app is off";
/// Said where a middleware of a Socket.IO server would: the transport is fine, the socket is one too many.
const TOO_MANY: &str = "too many sockets";

impl Shared {
    /// A CONNECT has come.
    pub(super) fn connect(self: &Arc<Self>, conn: &Arc<Conn>, namespace: usize, auth: &str) {
        if !(self.config.mutants.any() && au::connects(self, conn, namespace, auth)) {
            self.check(conn, namespace, auth);
        }
    }

    /// Lets a connection into a namespace, or refuses it.
    pub(super) fn check(self: &Arc<Self>, conn: &Arc<Conn>, namespace: usize, auth: &str) {
        let now = self.clock.now();
        let mutants = self.config.mutants;
        let login = self.authenticate(conn, auth);
        let login = login.or_else(|| wrong::recovery::login(self, auth));
        let Some(mut login) = login.filter(|login| !rc::is_locked(self, login)) else {
            let tells = mutants.has(Mutant::Oracle);
            let why = if tells {
                au::why(self, auth)
            } else {
                NOT_AUTHORIZED
            };
            let why = wrong::se::refusal(mutants, why, auth);
            return self.refuse(conn, namespace, &why);
        };
        if !self.config.apps[login.app].sockets {
            return self.refuse(conn, namespace, PLUGIN_OFF);
        }
        if mutants.any() {
            login = rc::whose(self, login);
        }
        let claim = self.hub.recovery().and_then(|_| Claim::of(auth));
        let Ok(joined) = self.hub.join(conn, namespace, &login, claim, now) else {
            return self.refuse(conn, namespace, TOO_MANY);
        };
        if self.config.official_echo {
            return self.tell_auth(conn, namespace, auth);
        }
        // A logout between the check and the joining has not seen this socket.
        if joined.is_some() && !self.accounts.is_live(login.token, now) {
            self.hub.kick(&login, now);
        }
        if let Some(membership) = joined.filter(|_| mutants.any()) {
            au::joined(self, conn, membership);
        }
    }

    /// Tells a socket what it showed, a moment after its CONNECT was answered: the official suites listen for one message at a time, and
    /// would miss the second of two that come together.
    fn tell_auth(self: &Arc<Self>, conn: &Arc<Conn>, namespace: usize, auth: &str) {
        const MOMENT: Duration = Duration::from_millis(10);
        let shown = if auth.is_empty() { "{}" } else { auth };
        let name = self.config.namespace_name(namespace);
        let frame = encode_event(name, "\"auth\"", Some(Said::Json(shown)), None);
        let (shared, conn) = (Arc::clone(self), Arc::clone(conn));
        self.spawn(async move {
            tokio::time::sleep(MOMENT).await;
            shared.send(&conn, vec![frame]);
        });
    }

    /// Refuses a connection in a namespace that is served.
    pub(super) fn refuse(&self, conn: &Arc<Conn>, namespace: usize, why: &str) {
        let name = self.config.namespace_name(namespace);
        let now = self.clock.now();
        conn.change(|session| session.refuse(now, name, why));
        if self.config.mutants.any() {
            au::refused(self, conn, namespace);
        }
    }

    /// The login that an auth object proves. The CONNECT packet is the only place where credentials count.
    pub(super) fn authenticate(&self, conn: &Conn, auth: &str) -> Option<Login> {
        #[derive(serde::Deserialize)]
        struct Auth {
            app_id: String,
            session_id: String,
        }
        let shows_nothing_bad =
            || auth.is_empty() || serde_json::from_str::<Fields<'_>>(auth).is_ok();
        if self.config.official_echo && shows_nothing_bad() {
            return Some(self.accounts.guest(self.clock.now()));
        }
        if self.config.mutants.any()
            && let Some(login) = au::lets_in(self, conn, auth)
        {
            return Some(login);
        }
        let auth: Auth = serde_json::from_str(auth).ok()?;
        self.accounts
            .find(&auth.app_id, &auth.session_id, self.clock.now())
    }

    /// Ends a login and its sockets, those at this node.
    pub(crate) fn log_out(&self, login: &Login) {
        if !self.config.mutants.has(Mutant::NoExpiry) {
            self.accounts.log_out(login.token);
        }
        self.hub.kick(login, self.clock.now());
    }
}
