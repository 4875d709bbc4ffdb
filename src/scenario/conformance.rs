//! What the conformance suite needs of a target besides the way it is spoken to. No run reads it, and no report repeats it.

mod operate;

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::problems::Problems;
use super::units::Span;
pub use operate::{Act, Operate};

/// What the conformance suite needs of a target besides the way it is spoken to. Cases that need what is left out are skipped, and told.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Section {
    /// Whether sockets that show no good credentials are refused; left out: they are where users log in or show something.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refuses: Option<bool>,
    /// What a socket shows whose session has ended, as the JSON object of its CONNECT; left out: that of a session that was logged out of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expired: Option<String>,
    /// What becomes of the sockets of a session that ends: `disconnect` or `keep`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_end: Option<SessionEnd>,
    /// A password with which users of any name log in. Left out: only the scenario's users do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub any_password: Option<String>,
    /// A second app with users of the same names and passwords; left out: the scenario's second, if it has several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub other_app: Option<String>,
    /// Further namespaces, which ask for credentials of their own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespaces: Option<Vec<String>>,
    /// Events that the target answers with what it was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub echo: Option<Echo>,
    /// What becomes of a push at a user who is not there: `drop`, `refuse` or `store`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offline: Option<Offline>,
    /// Time within which a connection has to join a namespace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connect_timeout: Option<Span>,
    /// Time after which an upgrade that is not finished is dropped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upgrade_timeout: Option<Span>,
    /// Time within which the attachments of a binary packet have to come.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assembly_timeout: Option<Span>,
    /// Time within which a request has to be all there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_timeout: Option<Span>,
    /// Time within which others have their pushes, whatever one client does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bound: Option<Span>,
    /// The origin of a page that may talk to the target, as `https://app.example`, where others may not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    /// Bytes that may wait for a client that reads nothing, before it is disconnected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queue_bytes: Option<u64>,
    /// Connections that one node holds at once, at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connections: Option<u64>,
    /// The base URL of another deployment that uses the same bus under a key of its own, with users of the same names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub neighbour: Option<String>,
    /// The Redis that the nodes share, as `redis://127.0.0.1:6379`: what no node would say is said there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bus: Option<String>,
    /// Commands that end the target, or a part of it, and bring it back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operate: Option<Operate>,
}

/// What becomes of the sockets of a session that ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SessionEnd {
    /// They are disconnected.
    Disconnect,
    /// They stay until they leave.
    Keep,
}

/// What becomes of a push at a user who is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Offline {
    /// It is accepted, and reaches nobody.
    Drop,
    /// It is refused.
    Refuse,
    /// It is delivered when the user comes.
    Store,
}

/// Events that the target answers with what it was sent, by name. Those left out are the ones of the official protocol suites.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Echo {
    /// The event that is sent back: `message`.
    pub event: String,
    /// The name that it comes back by: `message-back`.
    pub back: String,
    /// The event that is acknowledged with its arguments: `message-with-ack`.
    pub ack: String,
}

impl Default for Echo {
    fn default() -> Self {
        Self {
            event: "message".to_owned(),
            back: "message-back".to_owned(),
            ack: "message-with-ack".to_owned(),
        }
    }
}

impl Echo {
    /// A file is read key by key: whoever says one name says nothing of the others.
    fn overlaid(self, over: Self) -> Self {
        let usual = Self::default();
        let name = |own: String, over: String, usual: String| {
            if over == usual { own } else { over }
        };
        Self {
            event: name(self.event, over.event, usual.event),
            back: name(self.back, over.back, usual.back),
            ack: name(self.ack, over.ack, usual.ack),
        }
    }
}

/// Takes of two what says more.
fn or(span: Option<Span>, below: Option<Span>) -> Option<Span> {
    span.or(below)
}

impl Section {
    pub(super) fn overlaid(self, over: Self) -> Self {
        Self {
            refuses: over.refuses.or(self.refuses),
            expired: over.expired.or(self.expired),
            session_end: over.session_end.or(self.session_end),
            any_password: over.any_password.or(self.any_password),
            other_app: over.other_app.or(self.other_app),
            namespaces: over.namespaces.or(self.namespaces),
            echo: match (self.echo, over.echo) {
                (Some(echo), Some(over)) => Some(echo.overlaid(over)),
                (echo, over) => over.or(echo),
            },
            offline: over.offline.or(self.offline),
            connect_timeout: or(over.connect_timeout, self.connect_timeout),
            upgrade_timeout: or(over.upgrade_timeout, self.upgrade_timeout),
            assembly_timeout: or(over.assembly_timeout, self.assembly_timeout),
            request_timeout: or(over.request_timeout, self.request_timeout),
            bound: or(over.bound, self.bound),
            origin: over.origin.or(self.origin),
            queue_bytes: over.queue_bytes.or(self.queue_bytes),
            connections: over.connections.or(self.connections),
            neighbour: over.neighbour.or(self.neighbour),
            bus: over.bus.or(self.bus),
            operate: match (self.operate, over.operate) {
                (Some(own), Some(over)) => Some(own.overlaid(over)),
                (own, over) => over.or(own),
            },
        }
    }

    /// Nothing is said.
    pub(super) fn is_none(&self) -> bool {
        *self == Self::default()
    }

    pub(super) fn check(&self, problems: &mut Problems) {
        let object = |text: &String| {
            serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(text).is_ok()
        };
        let expired = self.expired.as_ref();
        problems.check(expired.is_none_or(object), "conformance.expired", || {
            "what a socket shows is a JSON object, as {\"session_id\":\"one that has ended\"}"
                .to_owned()
        });
        for name in self.namespaces.iter().flatten() {
            let can = name.len() > 1 && name.starts_with('/') && !name.contains([',', '?']);
            problems.check(can, "conformance.namespaces", || {
                format!("{name:?} is no further namespace; write one as /custom, without a comma or a question mark")
            });
        }
        for (key, span) in [
            ("conformance.connect_timeout", self.connect_timeout),
            ("conformance.upgrade_timeout", self.upgrade_timeout),
            ("conformance.assembly_timeout", self.assembly_timeout),
            ("conformance.request_timeout", self.request_timeout),
            ("conformance.bound", self.bound),
        ] {
            problems.check(span.is_none_or(|span| !span.0.is_zero()), key, || {
                "nothing happens in no time; write one above zero, as 10s".to_owned()
            });
        }
        let origin = self.origin.as_deref();
        let is_origin = |text: &str| {
            let host = text
                .strip_prefix("https://")
                .or_else(|| text.strip_prefix("http://"));
            host.is_some_and(|host| !host.is_empty() && !host.contains('/'))
        };
        problems.check(origin.is_none_or(is_origin), "conformance.origin", || {
            "an origin is a scheme and a host, as https://app.example".to_owned()
        });
        let (least, most) = (1, 20_000);
        let connections = self.connections.is_none_or(|n| (least..=most).contains(&n));
        problems.check(connections, "conformance.connections", || {
            format!("as many connections are made as a node holds; name from {least} to {most}")
        });
        let is_url = |url: &str, schemes: &[&str]| {
            let rest = schemes.iter().find_map(|scheme| url.strip_prefix(scheme));
            rest.is_some_and(|rest| !rest.is_empty())
        };
        let neighbour = self.neighbour.as_deref();
        let web = neighbour.is_none_or(|url| is_url(url, &["http://", "https://"]));
        problems.check(web, "conformance.neighbour", || {
            "a base URL begins with http:// or https://".to_owned()
        });
        let redis = self
            .bus
            .as_deref()
            .is_none_or(|url| is_url(url, &["redis://"]));
        problems.check(redis, "conformance.bus", || {
            "only a Redis without TLS can be spoken to, as redis://127.0.0.1:6379".to_owned()
        });
        if let Some(operate) = &self.operate {
            operate.check(problems);
        }
    }

    /// What the suite may take of the embedded platform, which is started with flags to match.
    #[must_use]
    pub fn embedded() -> Self {
        let span = |ms| Some(Span(Duration::from_millis(ms)));
        Self {
            refuses: Some(true),
            expired: None,
            session_end: Some(SessionEnd::Disconnect),
            any_password: Some("any".to_owned()),
            other_app: Some("other".to_owned()),
            namespaces: Some(vec!["/custom".to_owned(), "/admin".to_owned()]),
            echo: Some(Echo::default()),
            offline: Some(Offline::Drop),
            connect_timeout: span(2_000),
            upgrade_timeout: span(2_000),
            assembly_timeout: span(2_000),
            request_timeout: span(3_000),
            bound: span(1_000),
            origin: Some("https://app.example".to_owned()),
            queue_bytes: Some(8 << 20),
            connections: Some(600),
            neighbour: None,
            bus: None,
            operate: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::scenario::Plan;
    use crate::scenario::file::File;

    fn told(text: &str) -> Vec<String> {
        let file = File::parse(&format!("[conformance]\n{text}\n")).unwrap();
        match Plan::from_file(&file, 1) {
            Ok(_) => Vec::new(),
            Err(problems) => problems.iter().map(ToString::to_string).collect(),
        }
    }

    #[test]
    fn what_cannot_be_is_told_with_its_key() {
        for (text, says) in [
            ("expired = 'x'", "conformance.expired: what a socket shows"),
            (
                "namespaces = [\"custom\"]",
                "conformance.namespaces: \"custom\"",
            ),
            ("bound = \"0s\"", "conformance.bound: nothing happens"),
            ("origin = \"app.example\"", "conformance.origin: an origin"),
            ("connections = 0", "conformance.connections: as many"),
            ("neighbour = \"a:1\"", "conformance.neighbour: a base URL"),
            ("bus = \"rediss://a\"", "conformance.bus: only a Redis"),
            (
                "operate.start = []",
                "conformance.operate.start: a command is",
            ),
            (
                "operate.stop = [\"x\"]",
                "conformance.operate.start: what is ended",
            ),
            (
                "operate = { start = [\"x\"], kill_node = [\"kill\"] }",
                "conformance.operate.kill_node: it does not say which",
            ),
            (
                "operate.within = \"0s\"",
                "conformance.operate.within: nothing happens",
            ),
        ] {
            let told = told(text);
            assert!(told.len() == 1 && told[0].starts_with(says), "{told:?}");
        }
        assert_eq!(
            told("echo = {}\nexpired = '{}'\noffline = \"store\""),
            [""; 0]
        );
    }

    #[test]
    fn a_command_names_the_node() {
        let file =
            "[conformance.operate]\nstart = [\"up\"]\nkill_node = [\"kill\", \"app-{node}\"]\n";
        let operate = File::parse(file).unwrap().conformance.operate.unwrap();
        let words = |act| operate.command(act).map(|words| words.join(" "));
        assert_eq!(words(super::Act::KillNode(1)).unwrap(), "kill app-2");
        assert_eq!(words(super::Act::Start).unwrap(), "up");
        assert_eq!(words(super::Act::StopBus), None);
        assert_eq!(super::Act::KillNode(1).to_string(), "kill node 2");
    }

    #[test]
    fn each_name_of_an_echo_is_read() {
        let file = File::parse("[conformance.echo]\nevent = \"a\"\nack = \"c\"\n").unwrap();
        let echo = file.conformance.echo.unwrap();
        assert_eq!(
            (&*echo.event, &*echo.back, &*echo.ack),
            ("a", "message-back", "c")
        );
    }

    /// A file that says of its target what is right is right as well, and lies over another key by key.
    #[test]
    fn what_is_said_of_the_embedded_platform_can_be_written() {
        let own = super::Section::embedded();
        let file = File {
            conformance: own.clone(),
            ..File::default()
        };
        assert_eq!(Plan::from_file(&file, 1).unwrap().conformance, own);
        let over = super::Section {
            bound: Some("3s".parse().unwrap()),
            ..super::Section::default()
        };
        let both = own.clone().overlaid(over);
        assert_eq!(both.bound.unwrap().0.as_secs(), 3);
        assert_eq!(both.echo, own.echo);
    }
}
