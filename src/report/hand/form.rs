//! The lines that `push --json` and `listen --json` print, as other programs read them.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::value::RawValue;

/// An event that arrived: one line of `pushproof listen --json`.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Event")]
pub struct Event<'a> {
    /// When it reached this machine, in RFC 3339 with microseconds.
    pub at: String,
    /// Whose socket it arrived at; left out where one session is listened to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<&'a str>,
    /// The event name.
    #[schemars(with = "String")]
    pub event: Box<RawValue>,
    /// The arguments, as the target wrote them but for white space; `null`: they are no JSON.
    #[schemars(with = "Option<Vec<serde_json::Value>>")]
    pub args: Option<Vec<Box<RawValue>>>,
    /// The text of arguments that are no JSON.
    #[schemars(with = "Option<String>")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub raw: Option<Box<RawValue>>,
    /// The attachments in base64, in the order of the placeholders' `num`; left out if there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub binary: Vec<String>,
    /// It came before CONNECT was accepted; left out if it did not.
    #[serde(skip_serializing_if = "is_false")]
    pub premature: bool,
    /// It came in a namespace that was never asked for; left out if it did not.
    #[serde(skip_serializing_if = "is_false")]
    pub stray: bool,
}

/// The answer to a push: the object of `pushproof push --json`.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Push")]
pub struct Push<'a> {
    /// `pushproof.push/1`.
    pub schema: &'static str,
    /// What is known of the push: `accepted`, `rejected` or `unknown`.
    pub outcome: &'static str,
    /// The exit code of the command.
    pub exit_code: u8,
    /// Base URL of the target.
    pub target: &'a str,
    /// The app id.
    pub app: &'a str,
    /// A user, or `*`.
    pub user: &'a str,
    /// The event name.
    pub event: &'a str,
    /// From the first byte to the answer, or to when it was given up, in microseconds.
    pub took_us: u64,
    /// Why it is not accepted.
    pub why: Option<&'a str>,
    /// The HTTP status, if there was an answer.
    pub status: Option<u16>,
    /// The answer's body, as a string if it is no JSON.
    #[schemars(with = "Option<serde_json::Value>")]
    pub answer: Option<Box<RawValue>>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
fn is_false(flag: &bool) -> bool {
    !flag
}
