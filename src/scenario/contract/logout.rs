//! How users log out.

use super::{Call, Keys, Logout, Reading, Written};
use crate::scenario::template::Name;

const LOGOUT_PATH: &str = "/good/api/v4/auth/logout?appID={{app}}&sessionID={{session}}";
const KEYS: Keys = Keys {
    method: "target.logout.method",
    path: "target.logout.path",
    headers: "target.logout.headers",
    body: "target.logout.body",
};

impl Reading<'_> {
    pub(super) fn logout(&mut self, logout: &Logout) -> Call {
        let written = Written {
            method: Some(logout.method.as_deref().unwrap_or("GET")),
            path: logout.path.as_deref().unwrap_or(LOGOUT_PATH),
            headers: logout.headers.as_ref(),
            body: logout.body.as_deref().unwrap_or_default(),
        };
        self.call(&KEYS, Name::SOCKET, &written)
    }
}
