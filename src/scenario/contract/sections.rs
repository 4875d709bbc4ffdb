//! The sections of a scenario file that say how the target is spoken to.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::scenario::units::Span;

/// How users log in.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Login {
    /// Whether they do; left out: `true`, unless users have tokens and nothing else is said of logins. Without logins `{{session}}` is empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// HTTP method; left out: `POST`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// Path and query below the target's URL, with `{{app}}`, `{{user}}`, `{{password}}`, `{{token}}` and columns of a list of users as
    /// `{{user.tenant}}`; left out: `/good/api/v5/auth?appID={{app}}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Headers of its own, with the same values.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub headers: Option<BTreeMap<String, String>>,
    /// Body, with the same values: JSON, unless `Content-Type` is `application/x-www-form-urlencoded`; left out:
    /// `{"provider":"rest","username":"{{user}}","password":"{{password}}"}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// Where the session id is in the answer, as a JSON Pointer (RFC 6901); left out: `/result/token`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    /// How often a login is tried again that met 429, a 5xx status or no connection; left out: 3.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retries: Option<u32>,
    /// Longest wait before the first retry, as `500ms`, from which the wait is drawn; doubled for each further one, up to 30 s. What the target
    /// says in `Retry-After`, in seconds or as a date, comes on top, up to 30 s. Left out: `500ms`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backoff: Option<Span>,
}

/// How users log out, where the scenario has some who do.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Logout {
    /// HTTP method; left out: `GET`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// Path and query below the target's URL, with `{{app}}`, `{{user}}`, `{{session}}` and `{{token}}`; left out:
    /// `/good/api/v4/auth/logout?appID={{app}}&sessionID={{session}}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Headers of its own, with the same values.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub headers: Option<BTreeMap<String, String>>,
    /// Body, with the same values; left out: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
}

/// Which certificates are trusted and shown, where the target's URL is `https://`, or that of Redis `rediss://`. Files are looked for from the directory in which the
/// command is run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Tls {
    /// A file of certificates (PEM) whose issuers are trusted besides the usual authorities, which are Mozilla's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca: Option<String>,
    /// A file with a certificate of the generator's own (PEM), and whatever belongs between it and its authority, for targets that ask for
    /// one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cert: Option<String>,
    /// The file with its private key (PEM).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Whether the target's certificate is taken unseen, so that anybody could be in its place; left out: `false`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub insecure: Option<bool>,
}

/// What a socket presents when it connects.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Connect {
    /// The payload of CONNECT, a JSON object, with `{{app}}`, `{{user}}`, `{{password}}`, `{{session}}`, `{{token}}` and columns of a list of
    /// users as `{{user.tenant}}`; empty: none. Left out: `{"app_id":"{{app}}","session_id":"{{session}}"}`, or `{"token":"{{token}}"}` where
    /// users have tokens in place of logins and nothing else is said of how they connect.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth: Option<String>,
    /// Further values of the handshake's query, with the same values.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub query: Option<BTreeMap<String, String>>,
    /// Headers of the handshake, with the same values: `Authorization`, `Cookie`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub headers: Option<BTreeMap<String, String>>,
}

/// How a push is asked for.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Trigger {
    /// HTTP method; left out: `POST`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// Path and query below the target's URL, with `{{app}}`, `{{user}}`, columns of a list of users as `{{user.id}}`, `{{event}}` and
    /// `{{message}}`; left out:
    /// `/good/api/v5/data/push/send?appID={{app}}&sessionID=`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Headers of its own, with the same values.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub headers: Option<BTreeMap<String, String>>,
    /// Body, with the same values: JSON, in which `{{message}}` stands for a JSON value and `{{message_text}}` is that value as a text; left out:
    /// `{"userID":"{{user}}","eventName":"{{event}}","message":{{message}}}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// Path for pushes at everyone; left out: the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub broadcast_path: Option<String>,
    /// Body for pushes at everyone; left out: the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub broadcast_body: Option<String>,
    /// Body for pushes of bytes, in which `{{message_base64}}` is the bytes in base64; left out:
    /// `{"userID":"{{user}}","eventName":"{{event}}","messageBase64":"{{message_base64}}"}` if `body` and `broadcast_body` are left out too, else
    /// no bytes can be pushed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub binary_body: Option<String>,
    /// What `{{user}}` is for pushes at everyone; left out: `*`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub everyone: Option<String>,
}
