//! How the target is spoken to: where its Socket.IO is, how users log in, what sockets present, how a push is asked for.
//!
//! What is left out is the contract of README.md. *Invariant:* what came from the environment is kept apart from how it was written, and only
//! the latter goes into a report or journal.

mod headers;
mod logout;
mod reading;
mod sections;

use reading::{Keys, Written};
pub(super) use reading::{Reading, http};
pub use sections::{Connect, Login, Logout, Tls, Trigger};

use super::file::Target;
use super::problems::Problems;
use super::retries::Retries;
use super::template::{Column, Escape, Name, Template};
use super::triggers::Trigger as Asker;

/// A request with places for values.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// HTTP method.
    pub method: http::Method,
    /// Path and query.
    pub path: Template,
    /// Headers.
    pub headers: Vec<(String, Template)>,
    /// Body; empty: none.
    pub body: Template,
    /// How values are written in the body.
    pub escape: Escape,
}

/// A request as it goes out.
#[derive(Debug, Clone, PartialEq)]
pub struct Filled {
    /// HTTP method.
    pub method: http::Method,
    /// Path and query.
    pub path: String,
    /// Headers.
    pub headers: Vec<(String, String)>,
    /// Body.
    pub body: String,
}

/// How the target is spoken to.
#[derive(Debug, Clone, PartialEq)]
pub struct Contract {
    /// Where its Socket.IO is: a path that begins and ends with a slash.
    pub path: String,
    /// The namespace that sockets connect to; empty: the main one.
    pub namespace: Template,
    /// Whether the target's certificate is taken unseen.
    pub insecure: bool,
    /// Headers of every request.
    pub headers: Vec<(String, String)>,
    /// How users log in, and where the session id is in the answer; `None`: nobody does.
    pub login: Option<(Call, String)>,
    /// How often a login is tried again, and after which wait.
    pub retries: Retries,
    /// How users log out.
    pub logout: Call,
    /// The columns of a list of users that are asked for, with the keys that do.
    pub columns: Vec<(&'static str, Column)>,
    /// The payload of CONNECT; empty: none.
    pub auth: Template,
    /// Further values of the handshake's query.
    pub query: Vec<(String, Template)>,
    /// Headers of the handshake.
    pub handshake: Vec<(String, Template)>,
    /// How pushes are asked for, in one way or several; never empty.
    pub triggers: Vec<Asker>,
    /// The keys that say so, as they are meant.
    pub given: Target,
    /// The same as they were written, with variables not filled in.
    pub shown: Target,
}

const DEFAULT_PATH: &str = "/socket.io/";
const LOGIN_PATH: &str = "/good/api/v5/auth?appID={{app}}";
const LOGIN_BODY: &str = r#"{"provider":"rest","username":"{{user}}","password":"{{password}}"}"#;
const SESSION: &str = "/result/token";
const AUTH: &str = r#"{"app_id":"{{app}}","session_id":"{{session}}"}"#;

impl Target {
    /// Only what says how the target is spoken to.
    fn spoken(&self) -> Self {
        Self {
            profile: self.profile,
            tls: self.tls.clone(),
            path: self.path.clone(),
            namespace: self.namespace.clone(),
            headers: self.headers.clone(),
            login: self.login.clone(),
            logout: self.logout.clone(),
            connect: self.connect.clone(),
            trigger: self.trigger.clone(),
            triggers: self.triggers.clone(),
            ..Self::default()
        }
    }
}

impl Target {
    /// The same as it was written, for reports: no password, and names as they are meant.
    fn shown(&self, meant: &Self) -> Self {
        let mut shown = self.spoken();
        let entries = shown.triggers.iter_mut().flatten();
        for (shown, meant) in entries.zip(meant.triggers.iter().flatten()) {
            shown.name.clone_from(&meant.name);
            shown.password = None;
            shown.token = None;
        }
        shown
    }

    /// Takes out what says how it is spoken to.
    pub(super) fn take_spoken(&mut self) -> Self {
        let spoken = self.spoken();
        *self = Self {
            url: self.url.take(),
            apps: self.apps.take(),
            nodes: self.nodes.take(),
            ..Self::default()
        };
        spoken
    }

    /// Whether anything says how it is spoken to.
    pub(super) fn is_spoken(&self) -> bool {
        self.spoken() != Self::default()
    }
}

impl Contract {
    /// Of a target as it is meant, and as it was written.
    pub(super) fn new(target: &Target, shown: Option<&Target>, problems: &mut Problems) -> Self {
        let login = &target.login;
        let path = target.path.as_deref().unwrap_or(DEFAULT_PATH);
        let fits = path.starts_with('/') && !path.contains(['?', '#', ' ']);
        problems.check(fits, "target.path", || {
            format!("{path:?} is no path; write it as {DEFAULT_PATH}")
        });
        let retries = Retries::new(login, problems);
        let mut reading = Reading::new(problems);
        let login_keys = Keys {
            method: "target.login.method",
            path: "target.login.path",
            headers: "target.login.headers",
            body: "target.login.body",
        };
        let login_call = reading.call(
            &login_keys,
            Name::LOGIN,
            &Written {
                method: login.method.as_deref(),
                path: login.path.as_deref().unwrap_or(LOGIN_PATH),
                headers: login.headers.as_ref(),
                body: login.body.as_deref().unwrap_or(LOGIN_BODY),
            },
        );
        let logout = reading.logout(&target.logout);
        reading.tls(&target.tls);
        let session = login.session.as_deref().unwrap_or(SESSION).to_owned();
        reading.problems.check(
            session.is_empty() || session.starts_with('/'),
            "target.login.session",
            || format!("{session:?} is no JSON Pointer; write it as {SESSION}"),
        );
        Self {
            retries,
            logout,
            path: format!("{}/", path.trim_end_matches('/')),
            namespace: reading.namespace(target.namespace.as_deref()),
            insecure: target.tls.insecure.unwrap_or_default(),
            headers: reading.plain_headers(target.headers.as_ref()),
            login: login
                .enabled
                .unwrap_or(true)
                .then_some((login_call, session)),
            auth: reading.auth(target.connect.auth.as_deref().unwrap_or(AUTH)),
            query: reading.map("target.connect.query", target.connect.query.as_ref()),
            handshake: reading.headers(
                "target.connect.headers",
                Name::SOCKET,
                target.connect.headers.as_ref(),
            ),
            // What triggers ask for is checked by itself: not every push has it.
            columns: std::mem::take(&mut reading.columns),
            triggers: reading.triggers(target),
            given: target.spoken(),
            shown: shown.unwrap_or(target).shown(target),
        }
    }

    /// Whether a login or a socket shows this.
    pub fn shows(&self, name: Name) -> bool {
        let login = self.login.as_ref();
        let mut shown = self.query.iter().chain(&self.handshake);
        login.is_some_and(|(call, _)| call.has(name))
            || self.auth.has(name)
            || shown.any(|(_, value)| value.has(name))
    }

    /// The same of a target as another process was told of it. The error is in words.
    pub fn of_given(given: &Target, shown: &Target) -> Result<Self, String> {
        let mut problems = Problems::default();
        let contract = Self::new(given, Some(shown), &mut problems);
        match problems.0.first() {
            None => Ok(contract),
            Some(problem) => Err(problem.to_string()),
        }
    }
}

impl Call {
    /// Whether it has a place for this.
    fn has(&self, name: Name) -> bool {
        let mut headers = self.headers.iter();
        self.path.has(name) || self.body.has(name) || headers.any(|(_, value)| value.has(name))
    }

    /// Whether its headers let its body be JSON.
    fn takes_json(&self) -> bool {
        let mut own = self.headers.iter();
        !own.any(|(name, value)| {
            name.eq_ignore_ascii_case("content-type") && !value.to_string().contains("json")
        })
    }

    /// The request with its values, and the headers of every request.
    pub fn fill<'v>(&self, always: &[(String, String)], value: impl Fn(Name) -> &'v str) -> Filled {
        let own = self.headers.iter();
        let own = own.map(|(name, text)| (name.clone(), text.fill(Escape::Plain, &value)));
        Filled {
            method: self.method.clone(),
            path: self.path.fill(Escape::Url, &value),
            headers: always.iter().cloned().chain(own).collect(),
            body: self.body.fill(self.escape, &value),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::file::File;
    use crate::scenario::triggers::Way;

    fn contract(text: &str) -> Result<Contract, Vec<String>> {
        let file = File::parse(text).unwrap();
        let mut problems = Problems::default();
        let contract = Contract::new(&file.target, None, &mut problems);
        if problems.0.is_empty() {
            Ok(contract)
        } else {
            Err(problems.0.iter().map(ToString::to_string).collect())
        }
    }

    fn value(name: Name) -> &'static str {
        match name {
            Name::App => "a&b",
            Name::User => "Zo\"ë",
            Name::Password => "p",
            Name::Session => "s",
            Name::Token | Name::Column(_) => "t",
            Name::From => "f",
            Name::Event => "alert",
            Name::Message | Name::MessageText => "{\"x\": 1}",
            Name::MessageBase64 => "AAE=",
        }
    }

    #[test]
    fn what_is_left_out_is_the_contract_of_the_readme() {
        let contract = contract("").unwrap();
        assert_eq!(contract.path, "/socket.io/");
        let (login, session) = contract.login.unwrap();
        let login = login.fill(&contract.headers, value);
        assert_eq!(login.path, "/good/api/v5/auth?appID=a%26b");
        assert_eq!(
            login.body,
            r#"{"provider":"rest","username":"Zo\"ë","password":"p"}"#
        );
        assert_eq!(session, "/result/token");
        assert_eq!(
            contract.auth.fill(Escape::Json, value),
            r#"{"app_id":"a&b","session_id":"s"}"#
        );
        let Way::Http(http) = &contract.triggers[0].way else {
            panic!()
        };
        let push = http.one.fill(&[], value);
        assert_eq!(
            push.path,
            "/good/api/v5/data/push/send?appID=a%26b&sessionID="
        );
        assert_eq!(
            push.body,
            r#"{"userID":"Zo\"ë","eventName":"alert","message":{"x": 1}}"#
        );
        assert_eq!(http.one, http.all);
        assert_eq!(http.everyone, "*");
    }

    #[test]
    fn everything_can_be_said_otherwise() {
        let contract = contract(
            r#"
[target]
path = "/live"
headers = { X-Tenant = "one" }
[target.login]
path = "/login"
headers = { Content-Type = "application/x-www-form-urlencoded" }
body = "u={{user}}&p={{password}}"
session = "/token"
[target.connect]
auth = ""
query = { token = "{{session}}" }
headers = { Cookie = "sid={{session}}" }
[target.trigger]
method = "PUT"
path = "/users/{{user}}/{{event}}"
body = '{{message}}'
broadcast_path = "/all/{{event}}"
"#,
        )
        .unwrap();
        assert_eq!(contract.path, "/live/");
        let (login, _) = contract.login.as_ref().unwrap();
        let login = login.fill(&contract.headers, value);
        assert_eq!(login.body, "u=Zo%22%C3%AB&p=p");
        assert_eq!(login.headers[0], ("X-Tenant".to_owned(), "one".to_owned()));
        assert!(contract.auth.is_empty());
        assert_eq!(contract.query[0].1.fill(Escape::Url, value), "s");
        let Way::Http(http) = &contract.triggers[0].way else {
            panic!()
        };
        let push = http.one.fill(&[], value);
        assert_eq!(push.method, http::Method::PUT);
        assert_eq!(push.path, "/users/Zo%22%C3%AB/alert");
        assert_eq!(push.body, "{\"x\": 1}");
        assert_eq!(http.all.fill(&[], value).path, "/all/alert");
    }

    #[test]
    fn nobody_has_to_log_in() {
        let contract = contract("[target.login]\nenabled = false\n").unwrap();
        assert!(contract.login.is_none());
    }

    #[test]
    fn what_cannot_be_is_told_with_its_key() {
        for (text, key, says) in [
            ("path = \"live\"", "target.path", "no path"),
            ("headers = { \"a b\" = \"c\" }", "target.headers", "no name"),
            (
                "headers = { Host = \"c\" }",
                "target.headers",
                "sets itself",
            ),
            (
                "login.path = \"login\"",
                "target.login.path",
                "begin it with /",
            ),
            ("login.path = \"/a b\"", "target.login.path", "%20"),
            (
                "login.path = \"/{{sesion}}\"",
                "target.login.path",
                "{{sesion}}",
            ),
            ("login.body = '{\"a\":'", "target.login.body", "not JSON"),
            (
                "login.session = \"token\"",
                "target.login.session",
                "JSON Pointer",
            ),
            (
                "login.method = \"P T\"",
                "target.login.method",
                "HTTP method",
            ),
            ("connect.auth = '[1]'", "target.connect.auth", "JSON object"),
            (
                "connect.query = { a = \"{{b}}\" }",
                "target.connect.query",
                "{{b}}",
            ),
            (
                "connect.headers = { Sec-WebSocket-Key = \"c\" }",
                "target.connect.headers",
                "sets itself",
            ),
            ("trigger.body = '{}'", "target.trigger.body", "{{message}}"),
            (
                "trigger.broadcast_body = '{{message'",
                "target.trigger.broadcast_body",
                "has no `}}`",
            ),
        ] {
            let told = contract(&format!("[target]\n{text}\n")).unwrap_err();
            assert!(
                told.iter()
                    .any(|told| told.starts_with(key) && told.contains(says)),
                "{text}: {told:?}"
            );
        }
    }
}
