//! Reads what a scenario says of requests and templates, and gathers what is wrong with it.

use std::collections::BTreeMap;

use super::{Call, Trigger};
use crate::scenario::file::Target;
use crate::scenario::problems::Problems;
use crate::scenario::template::{Column, Escape, Name, Template};
use crate::scenario::triggers::{self, Entry, HttpWay, Trigger as Asker, Way};

const TRIGGER_BODY: &str = r#"{"userID":"{{user}}","eventName":"{{event}}","message":{{message}}}"#;
const BARE_BODY: &str = r#"{"userID":"{{user}}","eventName":"{{event}}"}"#;
const BINARY_BODY: &str =
    r#"{"userID":"{{user}}","eventName":"{{event}}","messageBase64":"{{message_base64}}"}"#;
const TRIGGER_PATH: &str = "/good/api/v5/data/push/send?appID={{app}}&sessionID=";

/// What a trigger of several says of its requests.
pub(in crate::scenario) fn http(entry: &Entry, problems: &mut Problems) -> HttpWay {
    const KEYS: [Keys; 2] = [
        Keys {
            method: "method",
            path: "path",
            headers: "headers",
            body: "body",
        },
        Keys {
            method: "method",
            path: "broadcast_path",
            headers: "headers",
            body: "broadcast_body",
        },
    ];
    let entry = entry.clone();
    let url = entry.url.and_then(|url| problems.url("url", &url));
    let trigger = Trigger {
        method: entry.method,
        path: entry.path,
        headers: entry.headers,
        body: entry.body,
        broadcast_path: entry.broadcast_path,
        broadcast_body: entry.broadcast_body,
        binary_body: entry.binary_body,
        everyone: entry.everyone,
    };
    let way = Reading::new(problems).http(&trigger, &KEYS, "binary_body");
    HttpWay { url, ..way }
}

/// The same calls with another body.
fn with_body(body: &Template, calls: [&Call; 2]) -> [Call; 2] {
    calls.map(|call| Call {
        body: body.clone(),
        ..call.clone()
    })
}

#[derive(Clone, Copy)]
pub(in crate::scenario) struct Keys {
    pub(super) method: &'static str,
    pub(super) path: &'static str,
    pub(super) headers: &'static str,
    pub(super) body: &'static str,
}

#[derive(Clone, Copy)]
pub(super) struct Written<'a> {
    pub(super) method: Option<&'a str>,
    pub(super) path: &'a str,
    pub(super) headers: Option<&'a BTreeMap<String, String>>,
    pub(super) body: &'a str,
}

/// Reads templates, and gathers what is wrong with them.
pub(in crate::scenario) struct Reading<'p> {
    pub(in crate::scenario) problems: &'p mut Problems,
    /// The columns of a list of users that are asked for, with the keys that do.
    pub(super) columns: Vec<(&'static str, Column)>,
}

impl<'p> Reading<'p> {
    pub(in crate::scenario) fn new(problems: &'p mut Problems) -> Self {
        Self {
            problems,
            columns: Vec::new(),
        }
    }
}

impl Reading<'_> {
    /// One trigger, or those that stand side by side.
    pub(super) fn triggers(&mut self, target: &Target) -> Vec<Asker> {
        const KEYS: [Keys; 2] = [
            Keys {
                method: "target.trigger.method",
                path: "target.trigger.path",
                headers: "target.trigger.headers",
                body: "target.trigger.body",
            },
            Keys {
                method: "target.trigger.method",
                path: "target.trigger.broadcast_path",
                headers: "target.trigger.headers",
                body: "target.trigger.broadcast_body",
            },
        ];
        let entries = target.triggers.as_deref().unwrap_or_default();
        if !entries.is_empty() {
            let alone = target.trigger == Trigger::default();
            self.problems.check(alone, "target.trigger", || {
                "one trigger beside several; make it one of them: [[target.triggers]] with kind = \"http\"".to_owned()
            });
            return triggers::several(entries, self.problems);
        }
        vec![Asker {
            name: triggers::Kind::Http.name().to_owned(),
            weight: 1,
            timeout: None,
            way: Way::Http(self.http(&target.trigger, &KEYS, "target.trigger.binary_body")),
        }]
    }

    /// Keys of pushes at one user, and at everyone, and of the body of those that carry bytes.
    fn http(
        &mut self,
        trigger: &Trigger,
        [keys, broadcast]: &[Keys; 2],
        binary: &'static str,
    ) -> HttpWay {
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
        let one = self.push(keys, &one);
        let all = match (&trigger.broadcast_path, &trigger.broadcast_body) {
            (None, None) => one.clone(),
            _ => self.push(broadcast, &all),
        };
        let says_so = trigger.body.is_some() || trigger.broadcast_body.is_some();
        let bare = (!says_so).then(|| {
            let body = self.template(keys.body, Name::PUSH, BARE_BODY);
            with_body(&body, [&one, &all]).into()
        });
        let binary_body = trigger.binary_body.as_deref();
        let binary_body = binary_body.or((!says_so).then_some(BINARY_BODY));
        let binary = binary_body.map(|text| self.binary(binary, text, [&one, &all]).into());
        HttpWay {
            url: None,
            one,
            all,
            bare,
            binary,
            everyone: trigger.everyone.clone().unwrap_or_else(|| "*".to_owned()),
        }
    }

    /// A JSON array with the values of a push.
    pub(in crate::scenario) fn array(
        &mut self,
        key: &'static str,
        known: &[Name],
        text: &str,
    ) -> Template {
        let template = self.template(key, known, text);
        let sample = |name| if name == Name::Message { "null" } else { "x" };
        let filled = template.fill(Escape::Json, sample);
        let fits = serde_json::from_str::<Vec<serde_json::Value>>(&filled).is_ok();
        self.problems.check(fits, key, || {
            "not a JSON array once its values are filled in".to_owned()
        });
        template
    }

    pub(super) fn template(&mut self, key: &'static str, known: &[Name], text: &str) -> Template {
        let template = Template::parse(text, known).unwrap_or_else(|why| {
            self.problems.add(key, why);
            Template::default()
        });
        self.columns
            .extend(template.columns().map(|column| (key, column)));
        template
    }

    pub(super) fn call(&mut self, keys: &Keys, known: &[Name], written: &Written<'_>) -> Call {
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

    /// The same calls with another body, for bytes.
    fn binary(&mut self, key: &'static str, text: &str, calls: [&Call; 2]) -> [Call; 2] {
        let body = self.template(key, Name::BINARY, text);
        let placed = body.has(Name::MessageBase64);
        self.problems.check(placed, key, || {
            "the bytes have no place in it; write {{message_base64}} where they go".to_owned()
        });
        if calls.iter().all(|call| call.takes_json()) {
            self.is_json(key, &body, "JSON");
        }
        with_body(&body, calls)
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

    pub(super) fn auth(&mut self, text: &str) -> Template {
        const KEY: &str = "target.connect.auth";
        let auth = self.template(KEY, Name::SOCKET, text);
        if !auth.is_empty() {
            self.is_json(KEY, &auth, "a JSON object");
        }
        auth
    }
}
