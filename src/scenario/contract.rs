//! How the target is spoken to: where its Socket.IO is, how users log in, what sockets present, how a push is asked for.
//!
//! What is left out is the contract of README.md. *Invariant:* what came from the environment is kept apart from how it was written, and only
//! the latter goes into a report or journal.

mod logout;
mod reading;
mod sections;

use std::collections::BTreeMap;

pub use sections::{Connect, Login, Logout, Tls, Trigger};

use super::file::Target;
use super::problems::Problems;
use super::retries::Retries;
use super::template::{Column, Escape, Name, Template};

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
    /// How a push at one user is asked for.
    pub one: Call,
    /// How a push at everyone is.
    pub all: Call,
    /// How a push without a payload is asked for; `None`: as any other, with `null` for one.
    pub bare: Option<Call>,
    /// What the user is called in a push at everyone.
    pub everyone: String,
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
const TRIGGER_PATH: &str = "/good/api/v5/data/push/send?appID={{app}}&sessionID=";
const BARE_BODY: &str = r#"{"userID":"{{user}}","eventName":"{{event}}"}"#;
const TRIGGER_BODY: &str = r#"{"userID":"{{user}}","eventName":"{{event}}","message":{{message}}}"#;

impl Target {
    /// Only what says how the target is spoken to.
    fn spoken(&self) -> Self {
        Self {
            tls: self.tls.clone(),
            path: self.path.clone(),
            namespace: self.namespace.clone(),
            headers: self.headers.clone(),
            login: self.login.clone(),
            logout: self.logout.clone(),
            connect: self.connect.clone(),
            trigger: self.trigger.clone(),
            ..Self::default()
        }
    }
}

impl Target {
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
        let (login, trigger) = (&target.login, &target.trigger);
        let path = target.path.as_deref().unwrap_or(DEFAULT_PATH);
        let fits = path.starts_with('/') && !path.contains(['?', '#', ' ']);
        problems.check(fits, "target.path", || {
            format!("{path:?} is no path; write it as {DEFAULT_PATH}")
        });
        let retries = Retries::new(login, problems);
        let mut reading = Reading {
            problems,
            columns: Vec::new(),
        };
        let login_keys = Keys {
            method: "target.login.method",
            path: "target.login.path",
            headers: "target.login.headers",
            body: "target.login.body",
        };
        let trigger_keys = Keys {
            method: "target.trigger.method",
            path: "target.trigger.path",
            headers: "target.trigger.headers",
            body: "target.trigger.body",
        };
        let broadcast_keys = Keys {
            path: "target.trigger.broadcast_path",
            body: "target.trigger.broadcast_body",
            ..trigger_keys
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
        let one = Written {
            method: trigger.method.as_deref(),
            path: trigger.path.as_deref().unwrap_or(TRIGGER_PATH),
            headers: trigger.headers.as_ref(),
            body: trigger.body.as_deref().unwrap_or(TRIGGER_BODY),
        };
        let all = Written {
            path: trigger.broadcast_path.as_deref().unwrap_or(one.path),
            body: trigger.broadcast_body.as_deref().unwrap_or(one.body),
            ..one
        };
        let one = reading.push(&trigger_keys, &one);
        let all = match (&trigger.broadcast_path, &trigger.broadcast_body) {
            (None, None) => one.clone(),
            _ => reading.push(&broadcast_keys, &all),
        };
        let says_so = trigger.body.is_some() || trigger.broadcast_body.is_some();
        let bare = (!says_so).then(|| Call {
            body: reading.template(trigger_keys.body, Name::PUSH, BARE_BODY),
            ..one.clone()
        });
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
            one,
            all,
            bare,
            everyone: trigger.everyone.clone().unwrap_or_else(|| "*".to_owned()),
            columns: reading.columns,
            given: target.spoken(),
            shown: shown.unwrap_or(target).spoken(),
        }
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

#[derive(Clone, Copy)]
struct Keys {
    method: &'static str,
    path: &'static str,
    headers: &'static str,
    body: &'static str,
}

#[derive(Clone, Copy)]
struct Written<'a> {
    method: Option<&'a str>,
    path: &'a str,
    headers: Option<&'a BTreeMap<String, String>>,
    body: &'a str,
}

/// Reads templates, and gathers what is wrong with them.
struct Reading<'p> {
    problems: &'p mut Problems,
    columns: Vec<(&'static str, Column)>,
}

impl Reading<'_> {
    fn template(&mut self, key: &'static str, known: &[Name], text: &str) -> Template {
        let template = Template::parse(text, known).unwrap_or_else(|why| {
            self.problems.add(key, why);
            Template::default()
        });
        self.columns
            .extend(template.columns().map(|column| (key, column)));
        template
    }

    fn call(&mut self, keys: &Keys, known: &[Name], written: &Written<'_>) -> Call {
        let method = written.method.unwrap_or("POST");
        let path = self.template(keys.path, known, written.path);
        let sample = path.fill(Escape::Url, |_| "x");
        let fits = path.is_empty() || sample.parse::<http::uri::PathAndQuery>().is_ok();
        self.problems.check(fits, keys.path, || {
            format!(
                "{:?} has characters that no path has; write them encoded, as %20",
                written.path
            )
        });
        self.problems
            .check(written.path.starts_with('/'), keys.path, || {
                format!(
                    "{:?} is no path below the target's URL; begin it with /",
                    written.path
                )
            });
        let headers = self.headers(keys.headers, known, written.headers);
        let form = headers.iter().any(|(name, value)| {
            let value = value.to_string().to_ascii_lowercase();
            name.eq_ignore_ascii_case("content-type") && value.contains("x-www-form-urlencoded")
        });
        let text = headers.iter().any(|(name, value)| {
            name.eq_ignore_ascii_case("content-type") && !value.to_string().contains("json")
        });
        let escape = if form { Escape::Url } else { Escape::Json };
        let call = Call {
            method: method.parse().unwrap_or_else(|_| {
                let why = format!("{method:?} is no HTTP method; write it as POST");
                self.problems.add(keys.method, why);
                http::Method::POST
            }),
            body: self.template(keys.body, known, written.body),
            path,
            headers,
            escape,
        };
        if !text && !call.body.is_empty() {
            self.is_json(keys.body, &call.body, "JSON");
        }
        call
    }

    /// A push whose payload goes nowhere cannot be verified.
    fn push(&mut self, keys: &Keys, written: &Written<'_>) -> Call {
        let call = self.call(keys, Name::PUSH, written);
        let has =
            |template: &Template| template.has(Name::Message) || template.has(Name::MessageText);
        let headers = call.headers.iter().any(|(_, value)| has(value));
        self.problems.check(
            has(&call.body) || has(&call.path) || headers,
            keys.body,
            || "the payload has no place in it; write {{message}} where it goes".to_owned(),
        );
        call
    }

    fn is_json(&mut self, key: &'static str, template: &Template, what: &str) {
        let sample = |name| match name {
            Name::Message => "null",
            _ => "x",
        };
        let filled = template.fill(Escape::Json, sample);
        let read = serde_json::from_str::<serde_json::Value>(&filled);
        let fits = read
            .as_ref()
            .is_ok_and(|value| what == "JSON" || value.is_object());
        self.problems.check(fits, key, || match read {
            Err(why) => format!("not {what} once its values are filled in: {why}"),
            Ok(_) => format!("not {what} once its values are filled in"),
        });
    }

    fn auth(&mut self, text: &str) -> Template {
        const KEY: &str = "target.connect.auth";
        let auth = self.template(KEY, Name::SOCKET, text);
        if !auth.is_empty() {
            self.is_json(KEY, &auth, "a JSON object");
        }
        auth
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::file::File;

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
            Name::Event => "alert",
            Name::Message | Name::MessageText => "{\"x\": 1}",
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
        let push = contract.one.fill(&[], value);
        assert_eq!(
            push.path,
            "/good/api/v5/data/push/send?appID=a%26b&sessionID="
        );
        assert_eq!(
            push.body,
            r#"{"userID":"Zo\"ë","eventName":"alert","message":{"x": 1}}"#
        );
        assert_eq!(contract.one, contract.all);
        assert_eq!(contract.everyone, "*");
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
        let push = contract.one.fill(&[], value);
        assert_eq!(push.method, http::Method::PUT);
        assert_eq!(push.path, "/users/Zo%22%C3%AB/alert");
        assert_eq!(push.body, "{\"x\": 1}");
        assert_eq!(contract.all.fill(&[], value).path, "/all/alert");
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
