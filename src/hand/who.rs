//! Who listens: a user of the scenario or by name, or whoever a session id or token stands for.

use std::fmt;

pub use crate::ids::AppId;
use crate::ids::UserId;
use crate::scenario::Plan;
use crate::scenario::people::Listed;
use crate::scenario::reader::nearest;
use crate::scenario::template::Name;

/// Who a socket belongs to.
#[derive(Clone, PartialEq, Eq)]
pub struct Who {
    app: AppId,
    /// `None`: whoever the session or token stands for.
    name: Option<String>,
    /// Which of the listed users.
    listed: Option<UserId>,
    password: String,
    shows: Shows,
}

/// What is shown to get in.
#[derive(Clone, PartialEq, Eq)]
enum Shows {
    /// What the plan has for the user: whatever a login gives, and a token of its own.
    Own,
    /// A session id, in place of logging in.
    Session(String),
    /// A token.
    Token(String),
}

/// What was given by hand to get in with.
#[derive(Clone, Copy, Default)]
pub struct Given<'a> {
    /// The password.
    pub password: Option<&'a str>,
    /// A token.
    pub token: Option<&'a str>,
}

/// Nobody can get in so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WhoError {
    /// The scenario lists users, and not this one.
    #[error("there is no {name:?} among the {count} users of the scenario{}", meant(.near.as_deref()))]
    NotListed {
        /// Who was asked for.
        name: String,
        /// How many are listed.
        count: usize,
        /// A name that is listed, and may have been meant.
        near: Option<String>,
    },
    /// The scenario has no such app.
    #[error("there is no app {asked:?} in the scenario; it has {}", .known.join(", "))]
    NoApp {
        /// Which was asked for.
        asked: String,
        /// Those that there are.
        known: Vec<String>,
    },
    /// The user is another app's.
    #[error("{name:?} is a user of app {apps}, not of {asked}; leave --app out, or name that one")]
    Elsewhere {
        /// Who was asked for.
        name: String,
        /// Where.
        asked: String,
        /// Whose user it is.
        apps: String,
    },
    /// Several apps have a user of this name.
    #[error("{name:?} is a user of several apps ({apps}); say with --app which is meant")]
    Several {
        /// Who was asked for.
        name: String,
        /// Whose users these are.
        apps: String,
    },
    /// The password was not given, and the plan has none for this user.
    #[error("no password is known for {0:?}; give it with --password")]
    NoPassword(String),
    /// No token was given, and the plan has none for this user.
    #[error("no token is known for {0:?}; give it with --token")]
    NoToken(String),
}

fn meant(near: Option<&str>) -> String {
    near.map_or_else(String::new, |near| format!("; did you mean {near:?}?"))
}

/// The app that is asked for; the first, if none is.
pub fn app(plan: &Plan, asked: Option<&str>) -> Result<AppId, WhoError> {
    let Some(asked) = asked else {
        return Ok(AppId(0));
    };
    let place = plan.apps.iter().position(|app| app == asked);
    let place = place.ok_or_else(|| WhoError::NoApp {
        asked: asked.to_owned(),
        known: plan.apps.clone(),
    })?;
    Ok(AppId(place as u32))
}

/// The app in which somebody is meant: the one that is asked for, or that whose user a list says it is. `None`: nobody is listed by this name.
pub fn app_of(plan: &Plan, asked: Option<&str>, name: &str) -> Result<Option<AppId>, WhoError> {
    let asked = asked.map(|asked| app(plan, Some(asked))).transpose()?;
    let users = plan.people.named(name).unwrap_or_default();
    let apps: Vec<_> = users.iter().map(|user| plan.app_of(*user)).collect();
    let names = || {
        let names = apps.iter().map(|app| plan.apps[app.index()].as_str());
        names.collect::<Vec<_>>().join(", ")
    };
    let name = name.to_owned();
    match (asked, apps.as_slice()) {
        (_, []) => Ok(None),
        (Some(app), all) if all.contains(&app) => Ok(Some(app)),
        (Some(app), _) => Err(WhoError::Elsewhere {
            name,
            asked: plan.apps[app.index()].clone(),
            apps: names(),
        }),
        (None, [app]) => Ok(Some(*app)),
        (None, _) => Err(WhoError::Several {
            name,
            apps: names(),
        }),
    }
}

/// That nobody is listed by this name.
pub fn not_listed(plan: &Plan, name: &str) -> WhoError {
    let names: Vec<_> = plan.people.names().collect();
    WhoError::NotListed {
        name: name.to_owned(),
        count: names.len(),
        near: nearest(name, &names).map(str::to_owned),
    }
}

impl Who {
    /// A user, in the app that is asked for, or else the one that a list has it in, or the plan's first. What was not given is what the plan
    /// has for the user: of its list, or by its number (`password-7` of `user-7`). In a password `{n}` stands for that number.
    pub fn user(
        plan: &Plan,
        asked: Option<&str>,
        name: &str,
        given: Given<'_>,
    ) -> Result<Self, WhoError> {
        let app = match app_of(plan, asked, name)? {
            Some(app) => app,
            None if plan.people.are_listed() => return Err(not_listed(plan, name)),
            None => app(plan, asked)?,
        };
        let somebody = plan.somebody(app, name);
        let contract = &plan.contract;
        let password = match given.password {
            Some(given) => Some(somebody.numbered(given).unwrap_or_else(|| given.to_owned())),
            None => somebody.password(),
        };
        let none = || WhoError::NoPassword(name.to_owned());
        let password = match password {
            None if contract.shows(Name::Password) => return Err(none()),
            password => password.unwrap_or_default(),
        };
        let shows = match given.token {
            Some(token) => Shows::Token(token.to_owned()),
            None if contract.shows(Name::Token) && somebody.token(0).is_none() => {
                return Err(WhoError::NoToken(name.to_owned()));
            }
            None => Shows::Own,
        };
        Ok(Self {
            app,
            name: Some(name.to_owned()),
            listed: somebody.user().filter(|_| plan.people.are_listed()),
            password,
            shows,
        })
    }

    /// The first user of the app that is asked for, or of any.
    pub fn first(plan: &Plan, asked: Option<&str>, given: Given<'_>) -> Result<Self, WhoError> {
        let here = asked.map(|asked| app(plan, Some(asked))).transpose()?;
        let is_one = |user: &UserId| {
            here.is_none_or(|app| plan.app_of(*user) == app)
                && (!plan.people.are_listed() || plan.people.row(*user).is_some())
        };
        let first = (0..plan.users).map(UserId).find(is_one);
        let first = first.unwrap_or_default();
        let app = &plan.apps[plan.app_of(first).index()];
        Self::user(plan, Some(app), &plan.name_of(first), given)
    }

    /// Whoever this session id stands for.
    pub fn session(app: AppId, session: &str) -> Self {
        Self::whoever(app, Shows::Session(session.to_owned()))
    }

    /// Whoever this token stands for.
    pub fn token(app: AppId, token: &str) -> Self {
        Self::whoever(app, Shows::Token(token.to_owned()))
    }

    fn whoever(app: AppId, shows: Shows) -> Self {
        Self {
            app,
            name: None,
            listed: None,
            password: String::new(),
            shows,
        }
    }

    /// The app.
    pub fn app(&self) -> AppId {
        self.app
    }

    /// The user's name, if it is known.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// The password; empty: none.
    pub(super) fn password(&self) -> &str {
        &self.password
    }

    /// What a list has of the user.
    pub(super) fn listed<'a>(&self, plan: &'a Plan) -> Option<Listed<'a>> {
        plan.people.listed(self.listed?)
    }

    /// The session id that was given.
    pub(super) fn given_session(&self) -> Option<&str> {
        match &self.shows {
            Shows::Session(session) => Some(session),
            Shows::Own | Shows::Token(_) => None,
        }
    }

    /// The token to show at a time in seconds since 1970; empty: none. One that the plan signs is made anew.
    pub(super) fn token_at(&self, plan: &Plan, now: u64) -> String {
        match (&self.shows, &self.name) {
            (Shows::Token(token), _) => token.clone(),
            (Shows::Own, Some(name)) => {
                plan.somebody(self.app, name).token(now).unwrap_or_default()
            }
            _ => String::new(),
        }
    }

    /// What is called no longer good where the target takes it no more and there is no other; `None`: there is a login, or a new token.
    pub(super) fn only_has(&self, plan: &Plan) -> Option<&'static str> {
        match self.shows {
            Shows::Session(_) => Some("the session"),
            Shows::Token(_) if plan.contract.login.is_none() => Some("the token"),
            Shows::Own | Shows::Token(_) => None,
        }
    }
}

/// The user's name, or what else there is to call it; never a secret.
impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let otherwise = match self.shows {
            Shows::Token(_) => "the token",
            Shows::Session(_) | Shows::Own => "the session",
        };
        f.write_str(self.name().unwrap_or(otherwise))
    }
}

/// Without password, token and session id: these end up in no log.
impl fmt::Debug for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Who({self})")
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::scenario::file::File;
    use crate::scenario::people::{ByHand, Loaded, Row};

    fn password(name: &str, password: Option<&str>) -> Option<String> {
        let plan = Plan::from_file(&File::default(), 1).unwrap();
        let given = Given {
            password,
            ..Given::default()
        };
        let who = Who::user(&plan, None, name, given);
        who.ok().map(|who| who.password)
    }

    #[test]
    fn a_numbered_user_has_a_password_of_its_number() {
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(password("user-0", None), some("password-0"));
        assert_eq!(password("user-12", None), some("password-12"));
        assert_eq!(password("user-5000", None), some("password-5000"));
        assert_eq!(password("user-12", Some("x{n}")), some("x12"));
        assert_eq!(password("user-12", Some("pw")), some("pw"));
        assert_eq!(password("alice", Some("{n}")), some("{n}"));
        for name in ["alice", "user-", "user-x", "user-1 ", "User-1", ""] {
            assert_eq!(password(name, None), None, "{name}");
        }
    }

    /// Of two apps, one of which has more users than the other.
    fn listed(text: &str) -> Plan {
        let row = |name: &str, app: &str, password: &str, tenant: &str| Row {
            name: name.to_owned(),
            app: Some(app.to_owned()),
            password: Some(password.to_owned()).filter(|password| !password.is_empty()),
            more: vec![tenant.to_owned()],
            ..Row::default()
        };
        let rows = vec![
            row("ann", "red", "a", "x"),
            row("bob", "blue", "", "y"),
            row("cleo", "red", "c", "z"),
            row("dora", "red", "", "z"),
            row("ann", "blue", "other", "w"),
        ];
        let file = File {
            loaded: Some(Arc::new(Loaded {
                rows: Some(rows),
                columns: vec!["tenant".to_owned()],
                key: None,
            })),
            by_hand: Some(ByHand::default()),
            ..File::parse(text).unwrap()
        };
        Plan::from_file(&file, 1).unwrap()
    }

    #[test]
    fn a_listed_user_has_what_the_list_has_of_it() {
        let plan = listed("[users]\ntoken = \"t-{n}\"\n[target.login]\nretries = 0\n");
        let user = |name, app: Option<&str>| {
            let who = Who::user(&plan, app, name, Given::default())?;
            let listed = who.listed(&plan).unwrap().row();
            let row = (listed.name.clone(), listed.more[0].clone());
            Ok((who.app.0, who.password.clone(), who.token_at(&plan, 0), row))
        };
        let is = |app, password: &str, token: &str, name: &str, tenant: &str| {
            let row = (name.to_owned(), tenant.to_owned());
            Ok((app, password.to_owned(), token.to_owned(), row))
        };
        assert_eq!(user("cleo", None), is(0, "c", "t-1", "cleo", "z"));
        assert_eq!(user("bob", None), is(1, "password-0", "t-0", "bob", "y"));
        assert_eq!(user("dora", None), is(0, "password-2", "t-2", "dora", "z"));
        assert_eq!(user("ann", Some("blue")), is(1, "other", "t-1", "ann", "w"));
        let why = |asked: Result<_, WhoError>| asked.unwrap_err().to_string();
        assert_eq!(
            why(user("ann", None)),
            "\"ann\" is a user of several apps (red, blue); say with --app which is meant"
        );
        assert_eq!(
            why(user("cleo", Some("blue"))),
            "\"cleo\" is a user of app red, not of blue; leave --app out, or name that one"
        );
        assert_eq!(
            why(user("cleo", Some("green"))),
            "there is no app \"green\" in the scenario; it has red, blue"
        );
        assert_eq!(
            why(user("cloe", None)),
            "there is no \"cloe\" among the 5 users of the scenario; did you mean \"cleo\"?"
        );
    }

    #[test]
    fn nobody_needs_what_nothing_shows() {
        let plan = |text: &str| Plan::from_file(&File::parse(text).unwrap(), 1).unwrap();
        let user = |plan: &Plan, name| Who::user(plan, None, name, Given::default());
        let numbered = plan("[users]\ntoken = \"t-{n}\"\n");
        assert_eq!(
            user(&numbered, "user-3").unwrap().token_at(&numbered, 0),
            "t-3"
        );
        let none = user(&numbered, "alice").unwrap_err();
        assert_eq!(none, WhoError::NoToken("alice".to_owned()));
        let signed = plan("[users.jwt]\nalgorithm = \"HS256\"\nsecret = \"s\"\n");
        let alice = user(&signed, "alice").unwrap();
        assert!(alice.token_at(&signed, 0).starts_with("ey"));
        assert_eq!(alice.only_has(&signed), None);
    }

    #[test]
    fn secrets_are_not_shown() {
        let plan = Plan::from_file(&File::default(), 1).unwrap();
        let given = Given {
            password: Some("secret"),
            ..Given::default()
        };
        let user = Who::user(&plan, None, "user-3", given).unwrap();
        let session = Who::session(AppId(0), "secret");
        let token = Who::token(AppId(0), "secret");
        assert_eq!(format!("{user} {user:?}"), "user-3 Who(user-3)");
        assert_eq!(
            format!("{session} {session:?}, {token}"),
            "the session Who(the session), the token"
        );
    }
}
