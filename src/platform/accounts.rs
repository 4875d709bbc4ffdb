//! Who may log in, and who is logged in.
//!
//! Ids are compared exactly, byte by byte, and never folded or normalised. A login belongs to one app and one user for a fixed time.

use super::config::{AppConfig, PlatformConfig};
use super::token::Token;
use crate::time::Time;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// One login.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Login {
    /// Its session id, a secret.
    pub(crate) token: Token,
    /// The place of its app.
    pub(crate) app: usize,
    /// The user's id.
    pub(crate) user: Arc<str>,
    /// When it ends by itself.
    pub(crate) until: Time,
}

#[derive(Debug, Default)]
struct Logins {
    live: HashMap<Token, Login>,
    /// In the order of ending, which is the order of beginning.
    endings: VecDeque<(Time, Token)>,
}

impl Logins {
    fn forget_ended(&mut self, now: Time) {
        while let Some((until, token)) = self.endings.front()
            && *until <= now
        {
            self.live.remove(token);
            self.endings.pop_front();
        }
    }
}

/// All accounts and logins of a platform.
#[derive(Debug)]
pub(crate) struct Accounts {
    apps: Vec<AppConfig>,
    numbered_users: u32,
    any_password: Option<String>,
    ttl: Duration,
    logins: Mutex<Logins>,
}

impl Accounts {
    pub(crate) fn new(config: &PlatformConfig) -> Self {
        Self {
            apps: config.apps.clone(),
            numbered_users: config.numbered_users,
            any_password: config.any_password.clone(),
            ttl: config.session_ttl,
            logins: Mutex::default(),
        }
    }

    fn logins(&self) -> MutexGuard<'_, Logins> {
        self.logins.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The place of an app.
    pub(crate) fn app(&self, name: &str) -> Option<usize> {
        self.apps.iter().position(|app| app.name == name)
    }

    /// Logs a user in. `None`: no such app, user or password; which of them is nobody's business.
    pub(crate) fn log_in(&self, app: &str, user: &str, password: &str, now: Time) -> Option<Login> {
        let app = self.app(app)?;
        if !self.password_fits(app, user, password) {
            return None;
        }
        let login = Login {
            token: Token::random(),
            app,
            user: user.into(),
            until: now + self.ttl,
        };
        self.take_over(login.clone(), now);
        Some(login)
    }

    /// Somebody of the first app who has shown nothing, and whose login nobody can end.
    pub(crate) fn guest(&self, now: Time) -> Login {
        Login {
            token: Token::GUEST,
            app: 0,
            user: "guest".into(),
            until: now + self.ttl,
        }
    }

    /// Makes a login good here, one of another node among them.
    pub(crate) fn take_over(&self, login: Login, now: Time) {
        let mut logins = self.logins();
        logins.forget_ended(now);
        // Of another node's, which were a little on their way, the order is not quite that of their ends: one may be forgotten that
        // much later. It is good no longer all the same.
        logins.endings.push_back((login.until, login.token));
        logins.live.insert(login.token, login);
    }

    fn password_fits(&self, app: usize, user: &str, password: &str) -> bool {
        // `*` is everyone: as a user's id it would turn a private push into a broadcast.
        if user == "*" || user.is_empty() {
            return false;
        }
        if let Some(any) = &self.any_password
            && same(any, password)
        {
            return true;
        }
        if let Some((_, expected)) = self.apps[app].users.iter().find(|(u, _)| u == user) {
            return same(expected, password);
        }
        user.strip_prefix("user-")
            .and_then(|number| Some((number, number.parse::<u32>().ok()?)))
            .is_some_and(|(text, number)| {
                number < self.numbered_users
                    && number.to_string() == text
                    && password.strip_prefix("password-") == Some(text)
            })
    }

    /// The login that a session id stands for in that app, if it has not ended.
    pub(crate) fn find(&self, app: &str, session: &str, now: Time) -> Option<Login> {
        let app = self.app(app)?;
        let token = Token::parse(session)?;
        let logins = self.logins();
        let login = logins.live.get(&token)?;
        (login.app == app && now < login.until).then(|| login.clone())
    }

    /// The login of this session id, whatever its app.
    pub(crate) fn get(&self, token: Token) -> Option<Login> {
        self.logins().live.get(&token).cloned()
    }

    /// Whether a login found before is still good.
    pub(crate) fn is_live(&self, token: Token, now: Time) -> bool {
        if token == Token::GUEST {
            return true;
        }
        self.logins()
            .live
            .get(&token)
            .is_some_and(|login| now < login.until)
    }

    /// Ends a login.
    pub(crate) fn log_out(&self, token: Token) {
        // Its place among the endings goes with time; that keeps the list sorted without a search.
        self.logins().live.remove(&token);
    }
}

/// Whether two secrets are the same, in a time that does not tell how much of them is.
pub(crate) fn same(one: &str, other: &str) -> bool {
    let pairs = one.bytes().zip(other.bytes());
    let differ = pairs.fold(0, |all, (a, b)| all | (a ^ b));
    one.len() == other.len() && std::hint::black_box(differ) == 0
}

#[cfg(test)]
mod tests {
    use super::Accounts;
    use crate::platform::config::PlatformConfig;
    use crate::time::Time;
    use std::time::Duration;

    fn accounts() -> Accounts {
        let mut config = PlatformConfig {
            numbered_users: 100,
            session_ttl: Duration::from_secs(10),
            ..PlatformConfig::default()
        };
        config.apps[0].users = vec![
            ("Bob".into(), "secret".into()),
            ("user-7".into(), "own".into()),
        ];
        Accounts::new(&config)
    }

    #[test]
    fn only_exact_credentials_log_in() {
        let accounts = accounts();
        let fits = |app, user, password| accounts.log_in(app, user, password, Time::ZERO).is_some();
        assert!(fits("demo", "user-0", "password-0"));
        assert!(fits("demo", "user-99", "password-99"));
        assert!(fits("demo", "Bob", "secret"));
        assert!(fits("demo", "user-7", "own"));
        assert!(fits("other", "user-7", "password-7"));
        for (app, user, password) in [
            ("demo", "user-7", "password-7"),
            ("demo", "bob", "secret"),
            ("other", "Bob", "secret"),
            ("demo", "user-100", "password-100"),
            ("demo", "user-01", "password-01"),
            ("demo", "user-+1", "password-+1"),
            ("demo", "user-1", "password-01"),
            ("demo", "user-1", "password-1 "),
            ("demo", "*", "password-*"),
            ("demo", "", ""),
            ("nowhere", "user-1", "password-1"),
        ] {
            assert!(!fits(app, user, password), "{app} {user} {password}");
        }
    }

    #[test]
    fn a_login_is_good_in_its_app_until_it_ends() {
        let accounts = accounts();
        let at = |s| Time::ZERO + Duration::from_secs(s);
        let login = accounts
            .log_in("demo", "user-1", "password-1", at(0))
            .unwrap();
        let token = login.token.to_string();
        assert_eq!(accounts.find("demo", &token, at(9)), Some(login.clone()));
        assert_eq!(accounts.find("other", &token, at(9)), None);
        assert_eq!(accounts.find("demo", &token[1..], at(9)), None);
        assert_eq!(accounts.find("demo", &token, at(10)), None);

        let second = accounts
            .log_in("demo", "user-1", "password-1", at(20))
            .unwrap();
        assert_eq!(accounts.logins().live.len(), 1, "the ended login is gone");
        accounts.log_out(second.token);
        assert!(!accounts.is_live(second.token, at(21)));
        assert_eq!(
            accounts.find("demo", &second.token.to_string(), at(21)),
            None
        );
    }
}
