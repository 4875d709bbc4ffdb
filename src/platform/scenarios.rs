//! Scenarios: named lists of steps that run on an object: that of a call of an API endpoint, of a webhook or of a client's event, or one that was
//! created or changed in a data structure.

mod interpret;

use super::said::Said;
use super::template::{Fields, Template};
use crate::protocol::socket::RESERVED_EVENTS;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

pub(crate) use interpret::{World, run};

/// How deep scenarios may trigger each other.
pub(crate) const MOST_DEPTH: usize = 8;
/// Most steps that one call may lead to, those of triggered scenarios among them.
pub(crate) const MOST_STEPS: usize = 1_000;

/// A scenario of an app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scenario {
    /// Its name, for people.
    pub name: String,
    /// When it runs.
    pub on: Trigger,
    /// Fields that must be there, and neither `null` nor empty, or the call is refused and nothing is done.
    pub needs: Vec<String>,
    /// What it does, in order.
    pub steps: Vec<Step>,
}

/// What makes a scenario run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trigger {
    /// A call of an API endpoint.
    Endpoint(Endpoint),
    /// An object was created in this data structure.
    Created(String),
    /// An object of this data structure was changed.
    Changed(String),
    /// A call of the webhook of this name.
    Webhook(String),
    /// An event of this name that a client's socket sends.
    Event(String),
}

/// An API endpoint that runs a scenario.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// The data structure in its path.
    pub structure: String,
    /// The method in its path.
    pub method: String,
    /// Whether only somebody who is logged in may call it.
    pub session: bool,
    /// Whether the call is answered once the scenario has run, with what it made; if not, at once and with nothing.
    pub sync: bool,
}

/// One step of a scenario. All of its templates are filled from the object that the scenario runs on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Sends an event to the sockets of one user, or of all users (`*`), of the scenario's app.
    SendPush(SendPush),
    /// Makes an object.
    Create(Create),
    /// Changes an object.
    Change(Change),
    /// Adds to what the caller gets, in place of the object made last.
    Reply(Template),
}

/// The parameters of a step that sends an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SendPush {
    /// The user's id, or `*` for every connected user.
    pub user_id: Template,
    /// The first parameter of the event.
    pub event_name: Template,
    /// The second parameter of the event, if it is to have one.
    pub message: Option<Template>,
    /// The same as bytes, in base64; with it goes no message.
    pub message_base64: Option<Template>,
}

/// The parameters of a step that makes an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Create {
    /// The data structure.
    pub structure: String,
    /// Values of its fields; those that are not named are `null`.
    pub fields: Vec<(String, Template)>,
}

/// The parameters of a step that changes an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The data structure.
    pub structure: String,
    /// The object's id.
    pub id: Template,
    /// New values of fields; those that are not named stay.
    pub fields: Vec<(String, Template)>,
}

impl Trigger {
    /// The endpoint, if it is the one of this path.
    pub(crate) fn endpoint(&self, structure: &str, method: &str) -> Option<&Endpoint> {
        match self {
            Self::Endpoint(one) if one.structure == structure && one.method == method => Some(one),
            _ => None,
        }
    }
}

impl Scenario {
    /// The scenario `push/send`: sends what its object's fields `userID`, `eventName` and `message` say, or `messageBase64` in place
    /// of the last.
    pub fn push_send() -> Self {
        Self {
            name: "send a push".to_owned(),
            on: Trigger::Endpoint(Endpoint {
                structure: "push".to_owned(),
                method: "send".to_owned(),
                session: false,
                sync: true,
            }),
            needs: Vec::new(),
            steps: vec![Step::SendPush(SendPush {
                user_id: Template::new("{{userID}}"),
                event_name: Template::new("{{eventName}}"),
                message: Some(Template::new("{{message}}")),
                message_base64: Some(Template::new("{{messageBase64}}")),
            })],
        }
    }

    /// Whether it matters who calls it: if not, nobody has to find out.
    pub(crate) fn asks_who(&self) -> bool {
        let is_needed = self.needs.iter().any(|name| name == "@user");
        is_needed
            || self.steps.iter().any(|step| match step {
                Step::SendPush(push) => {
                    let names = [&push.user_id, &push.event_name].into_iter();
                    let more = push.message.iter().chain(&push.message_base64);
                    names.chain(more).any(|one| one.names("@user"))
                }
                // Whatever it triggers may ask.
                Step::Create(_) | Step::Change(_) => true,
                Step::Reply(reply) => reply.names("@user"),
            })
    }

    /// What an object lacks that the scenario needs.
    pub(crate) fn check(&self, fields: &Fields<'_>) -> Result<(), StepError> {
        let lacks = |name: &&String| {
            let value = fields.get(name.as_str()).map(|value| value.get());
            value.is_none_or(|json| matches!(json, "null" | "\"\""))
        };
        match self.needs.iter().find(lacks) {
            Some(name) => Err(StepError::Lacks(name.clone())),
            None => Ok(()),
        }
    }
}

/// Why a step was refused. Nothing of it was done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum StepError {
    #[error("{0} must be there, and not be empty")]
    Lacks(String),
    #[error("no such structure: {0}")]
    NoStructure(String),
    #[error("no such object")]
    NoObject,
    #[error("scenarios trigger each other more than {MOST_DEPTH} deep")]
    TooDeep,
    #[error("the call leads to more than {MOST_STEPS} steps")]
    TooManySteps,
    #[error("scenario {scenario:?}: {error}")]
    Triggered {
        scenario: String,
        error: Box<StepError>,
    },
    #[error("{0} must be a string that is not empty")]
    NotAName(&'static str),
    #[error("event name {0:?} is reserved")]
    ReservedEvent(String),
    #[error("message of {size} bytes is longer than {limit} bytes")]
    MessageTooLong { size: usize, limit: usize },
    #[error("messageBase64 must be a string of base64")]
    NotBase64,
    #[error("message and messageBase64 cannot both be there")]
    TwoMessages,
}

/// A push that is ready to be sent: its parts as JSON, checked.
#[derive(Debug)]
struct Prepared<'a> {
    user: String,
    event: std::borrow::Cow<'a, str>,
    message: Option<std::borrow::Cow<'a, str>>,
    bytes: Option<Vec<u8>>,
}

/// What a push may be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    /// Most bytes of its message.
    pub(crate) max_payload: usize,
    /// Whether it may have any name.
    pub(crate) any_name: bool,
}

impl StepError {
    /// Whether it is the scenarios that are wrong, not what they were called with.
    pub(crate) fn is_of_the_scenarios(&self) -> bool {
        match self {
            Self::TooDeep | Self::TooManySteps | Self::NoStructure(_) => true,
            Self::Triggered { error, .. } => error.is_of_the_scenarios(),
            _ => false,
        }
    }
}

impl Prepared<'_> {
    fn said(&self) -> Option<Said<'_>> {
        match &self.bytes {
            Some(bytes) => Some(Said::Bytes(bytes)),
            None => self.message.as_deref().map(Said::Json),
        }
    }
}

impl SendPush {
    fn prepare<'a>(&self, fields: &Fields<'a>, bounds: Bounds) -> Result<Prepared<'a>, StepError> {
        let user = name(self.user_id.fill(fields).as_deref(), "userID")?;
        let event = self.event_name.fill(fields);
        let event_name = name(event.as_deref(), "eventName")?;
        if !bounds.any_name && RESERVED_EVENTS.contains(&event_name.as_str()) {
            return Err(StepError::ReservedEvent(event_name));
        }
        let message = self.message.as_ref().and_then(|m| m.fill(fields));
        let base64 = self.message_base64.as_ref().and_then(|m| m.fill(fields));
        let bytes = base64.as_deref().map(decoded).transpose()?;
        if message.is_some() && bytes.is_some() {
            return Err(StepError::TwoMessages);
        }
        let size = message.as_deref().map_or(0, str::len);
        let size = size.max(bytes.as_ref().map_or(0, Vec::len));
        let limit = bounds.max_payload;
        if size > limit || event_name.len() > limit {
            return Err(StepError::MessageTooLong { size, limit });
        }
        Ok(Prepared {
            user,
            event: event.unwrap_or_default(),
            message,
            bytes,
        })
    }
}

/// A filled parameter as bytes.
fn decoded(json: &str) -> Result<Vec<u8>, StepError> {
    let text = serde_json::from_str::<String>(json).ok();
    text.and_then(|text| STANDARD.decode(text).ok())
        .ok_or(StepError::NotBase64)
}

/// A filled parameter as a name.
fn name(json: Option<&str>, what: &'static str) -> Result<String, StepError> {
    json.and_then(|json| serde_json::from_str::<String>(json).ok())
        .filter(|name| !name.is_empty())
        .ok_or(StepError::NotAName(what))
}

#[cfg(test)]
mod tests {
    use super::{Bounds, Scenario, SendPush, Step, StepError};

    fn up_to(max_payload: usize) -> Bounds {
        Bounds {
            max_payload,
            any_name: false,
        }
    }

    fn push_send() -> SendPush {
        match Scenario::push_send().steps.remove(0) {
            Step::SendPush(step) => step,
            other => panic!("{other:?}"),
        }
    }

    fn prepare(object: &str) -> Result<(String, String, Option<String>), StepError> {
        let step = &push_send();
        let fields = serde_json::from_str(object).unwrap();
        step.prepare(&fields, up_to(1_024)).map(|p| {
            (
                p.user,
                p.event.into_owned(),
                p.message.map(std::borrow::Cow::into_owned),
            )
        })
    }

    #[test]
    fn the_default_scenario_takes_its_parts_as_they_stand() {
        assert_eq!(
            prepare(r#"{"userID":"\u0075ser-1","eventName":"a\u0041","message":{"k":1.0}}"#),
            Ok((
                "user-1".into(),
                r#""a\u0041""#.into(),
                Some(r#"{"k":1.0}"#.into())
            ))
        );
        assert_eq!(
            prepare(r#"{"userID":"*","eventName":"e","message":null,"more":1}"#),
            Ok(("*".into(), "\"e\"".into(), Some("null".into())))
        );
        assert_eq!(
            prepare(r#"{"userID":"*","eventName":"e"}"#),
            Ok(("*".into(), "\"e\"".into(), None))
        );
    }

    #[test]
    fn bytes_come_in_base64_and_alone() {
        let step = &push_send();
        let bytes = |rest: &str| {
            let object = format!(r#"{{"userID":"u","eventName":"e",{rest}}}"#);
            let fields = serde_json::from_str(&object).unwrap();
            step.prepare(&fields, up_to(8)).map(|p| p.bytes)
        };
        assert_eq!(bytes(r#""messageBase64":"AP8=""#), Ok(Some(vec![0, 255])));
        assert_eq!(bytes(r#""messageBase64": "" "#), Ok(Some(vec![])));
        for wrong in ["1", "null", "\"AP8\"", "\"A_8=\""] {
            let told = bytes(&format!(r#""messageBase64":{wrong}"#));
            assert_eq!(told, Err(StepError::NotBase64), "{wrong}");
        }
        let both = bytes(r#""message":1,"messageBase64":"AP8=""#);
        assert_eq!(both, Err(StepError::TwoMessages));
        let long = bytes(r#""messageBase64":"AAAAAAAAAAAA""#);
        assert_eq!(long, Err(StepError::MessageTooLong { size: 9, limit: 8 }));
    }

    #[test]
    fn names_must_be_names() {
        for id in ["", "1", "null", "[\"*\"]", "{}", "true"] {
            let field = if id.is_empty() { "\"\"" } else { id };
            assert_eq!(
                prepare(&format!("{{\"userID\":{field},\"eventName\":\"e\"}}")),
                Err(StepError::NotAName("userID"))
            );
            assert_eq!(
                prepare(&format!("{{\"userID\":\"u\",\"eventName\":{field}}}")),
                Err(StepError::NotAName("eventName"))
            );
        }
        assert_eq!(
            prepare(r#"{"eventName":"e"}"#),
            Err(StepError::NotAName("userID"))
        );
        assert_eq!(
            prepare(r#"{"userID":"u","eventName":"\u0063onnect"}"#),
            Err(StepError::ReservedEvent("connect".into()))
        );
        let long = "x".repeat(1_023);
        assert!(matches!(
            prepare(&format!(
                "{{\"userID\":\"u\",\"eventName\":\"e\",\"message\":\"{long}\"}}"
            )),
            Err(StepError::MessageTooLong {
                size: 1_025,
                limit: 1_024
            })
        ));
    }
}
