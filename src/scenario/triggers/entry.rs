//! The section of a scenario file that says how pushes are asked for in several ways side by side.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::scenario::units::Span;

/// One of several ways of asking for a push, side by side: `[[target.triggers]]`, once for each. docs/triggers.md has them all.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Entry {
    /// What it is called in reports; left out: its kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// How it asks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<Kind>,
    /// Its share of the pushes, compared with the others; left out: 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weight: Option<u32>,
    /// How long an answer is waited for, as `10s`; what has none by then is unknown. Left out: `10s`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout: Option<Span>,
    /// `http`: base URL; left out: the target's, and its nodes' in turn. `redis`: where Redis is, as
    /// `redis://127.0.0.1:6379`, or `rediss://` for TLS, to which `[target.tls]` applies.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// `http`: as in `[target.trigger]`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// `http`: as in `[target.trigger]`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// `http`: as in `[target.trigger]`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub headers: Option<BTreeMap<String, String>>,
    /// `http`: as in `[target.trigger]`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// `http`: as in `[target.trigger]`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub broadcast_path: Option<String>,
    /// `http`: as in `[target.trigger]`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub broadcast_body: Option<String>,
    /// `http`: as in `[target.trigger]`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub binary_body: Option<String>,
    /// `http`, `socket`, `command`: what `{{user}}` is for pushes at everyone; left out: `*`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub everyone: Option<String>,
    /// `socket`: who emits: `publisher`, a socket of the trigger's own that logs in as `user` and is no part of any audience, or `users`,
    /// sockets of the run's users, one for each lane and app. Left out: `publisher`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Emitter>,
    /// `socket`: the event that is emitted; left out: `push`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub emit: Option<String>,
    /// `socket`: its arguments, a JSON array with `{{app}}`, `{{user}}`, `{{event}}` and `{{message}}`; left out:
    /// `["{{user}}","{{event}}",{{message}}]`. With `from = "users"` there is `{{from}}` too, the name of who emits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub args: Option<String>,
    /// `socket`: who publishes: the name of a user who is none of the run's, for `[target.login]` and `[target.connect]`. Not with `from = "users"`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// `socket`: that user's password; left out: that of a list of users, or what `users.password` is for the user's number. In no report.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
    /// `socket`: that user's token; left out: that of a list of users, one signed by `users.jwt`, or what `users.token` is for the user's
    /// number. In no report.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// `socket`: whether an ack is asked for and waited for; left out: `true`. Without one a push counts as accepted once it is written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ack: Option<bool>,
    /// `socket`: where the ack says whether, as a JSON Pointer (RFC 6901) into the list of its arguments: `/0/status`. Left out: any ack is a yes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
    /// `socket`: what stands there if it is a yes, a text or a JSON value as text; anything else is a no. Left out: `ok`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accepts: Option<String>,
    /// `redis`: what its channels begin with; left out: `socket.io`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// `redis`: the namespace; left out: `/`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// `redis`: the room of a user, with `{{app}}`, `{{user}}` and columns of a list of users as `{{user.id}}`; left out: `{{user}}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub room: Option<String>,
    /// `redis`: the room of everyone in an app, with `{{app}}`; left out: none, which is every socket of the namespace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub broadcast_room: Option<String>,
    /// `command`: the program and its arguments, with `{{app}}`, `{{user}}`, `{{event}}` and `{{message}}`. No shell reads it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command: Option<Vec<String>>,
    /// `command`: what it gets on its standard input, with the same values; left out: `{{message}}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stdin: Option<String>,
}

/// A kind of trigger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// An HTTP request.
    Http,
    /// An event that a socket emits.
    Socket,
    /// A message in the channels of `@socket.io/redis-adapter`, as `@socket.io/redis-emitter` writes it.
    Redis,
    /// A program that is started for each push.
    Command,
}

/// Whose sockets emit for a trigger.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Emitter {
    /// One of its own, which is no part of any audience.
    #[default]
    Publisher,
    /// Those of the run's users, which are judged by what they receive.
    Users,
}

impl Kind {
    /// The kind as it is written.
    pub fn name(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Socket => "socket",
            Self::Redis => "redis",
            Self::Command => "command",
        }
    }

    /// The keys that only some kinds have, of this one.
    pub(super) fn keys(self) -> &'static [&'static str] {
        match self {
            Self::Http => &[
                "url",
                "method",
                "path",
                "headers",
                "body",
                "broadcast_path",
                "broadcast_body",
                "binary_body",
                "everyone",
            ],
            Self::Socket => &[
                "from", "emit", "args", "user", "password", "token", "ack", "answer", "accepts",
                "everyone",
            ],
            Self::Redis => &["url", "key", "namespace", "room", "broadcast_room"],
            Self::Command => &["command", "stdin", "everyone"],
        }
    }
}
