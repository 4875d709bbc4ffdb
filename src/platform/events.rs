//! What the platform does with events that clients send.
//!
//! One that a scenario waits for, or that is named as a scenario's endpoint is, `structure/method`, runs that scenario on its argument, an object,
//! as a request at the HTTP API would: so a client's event can push to its peers. `echo` is answered with its own arguments, any other event with an empty ack, if an
//! ack is wanted. Nothing else of it reaches another client, and none triggers anything of a connection's life.

use super::calls::{self, CallError, Caller};
use super::config::PlatformConfig;
use super::conn::{array, encode, encode_binary, with_offset};
use super::faults::Fault;
use super::frame::Frame;
use super::mutants::{Mutant, Mutants};
use super::scenarios::{Scenario, Trigger};
use super::shared::Shared;
use super::socket::{ClientEvent, Membership};
use super::template::Fields;
use super::wrong::{self, payload};
use crate::protocol::socket::{MAIN_NAMESPACE, PacketType};
use serde_json::json;
use std::sync::Arc;

/// A call of a scenario that a client's event makes.
#[derive(Debug)]
pub(crate) struct Call {
    caller: Caller,
    /// The first one of the scenarios that run, among those of the app; others that wait for the same follow it.
    first: usize,
    namespace: usize,
    /// The ack id, if an answer is wanted.
    id: Option<u64>,
    args: String,
}

impl Call {
    /// The call that an event of a socket makes, if it makes one.
    pub(crate) fn of(shared: &Shared, sender: Membership, event: &ClientEvent<'_>) -> Option<Self> {
        let scenarios = &shared.config.apps[sender.app].scenarios;
        let path = event.name.split_once('/');
        let first = scenarios.iter().position(|one| match &one.on {
            Trigger::Event(name) => *name == event.name,
            on => path.is_some_and(|(structure, method)| on.endpoint(structure, method).is_some()),
        })?;
        let user = same(scenarios, first).any(Scenario::asks_who);
        let user = user.then(|| shared.hub.user(sender)).flatten();
        Some(Self {
            caller: Caller {
                app: sender.app,
                user,
            },
            first,
            namespace: event.namespace,
            id: event.id,
            args: event.args.clone().into_owned(),
        })
    }

    /// Makes it, and gives the ack, if one is wanted.
    pub(crate) async fn make(self, shared: &Arc<Shared>) -> Option<Frame> {
        let app = &shared.config.apps[self.caller.app];
        let refused = |why: &str| json!({"msg": why, "status": "ERROR"}).to_string();
        let said = match serde_json::from_str::<Fields<'_>>(&self.args) {
            Err(_) => refused("the one argument has to be a JSON object"),
            Ok(fields) => {
                let (caller, object) = (&self.caller, self.args.as_bytes());
                let scenarios = same(&app.scenarios, self.first);
                match calls::asked(shared, caller, self.first, scenarios, object, fields).await {
                    Ok(result) => calls::answer(&result),
                    // Whoever asked waits in vain, and does not know either.
                    Err(CallError::Unknown) => return None,
                    Err(error) => refused(&error.to_string()),
                }
            }
        };
        let namespace = shared.config.namespace_name(self.namespace);
        let data = format!("[{said}]");
        Some(encode(PacketType::Ack, namespace, Some(self.id?), &data))
    }
}

/// A scenario, and those behind it that wait for the same.
fn same(scenarios: &[Scenario], first: usize) -> impl Iterator<Item = &Scenario> {
    let on = &scenarios[first].on;
    scenarios[first..].iter().filter(move |one| one.on == *on)
}

/// The name, as JSON, of the event that answers an event; `None`: no event does.
pub(crate) fn answer_name(
    config: &PlatformConfig,
    event: &ClientEvent<'_>,
) -> Option<&'static str> {
    let comes_back = config.echo && event.name == "message" && event.id.is_none();
    comes_back.then_some("\"message-back\"")
}

/// The packets that answer an event, to go out next to each other. `fault`: what is to be wrong with the ack; `offset`: that of an answer that
/// is an event and kept.
pub(crate) fn acknowledge(
    config: &PlatformConfig,
    event: &ClientEvent<'_>,
    fault: Option<Fault>,
    offset: Option<u64>,
) -> Vec<Frame> {
    let mutants = config.mutants;
    let fault = match event.id {
        Some(_) if mutants.has(Mutant::AckTwice) => Some(Fault::AckTwice),
        Some(id) if mutants.has(Mutant::AckLost) && id % 10 == 9 => Some(Fault::AckDrop),
        _ => fault,
    };
    match (fault, event.id) {
        (Some(Fault::AckDrop), _) => Vec::new(),
        (Some(Fault::AckWrong), Some(id)) => {
            let namespace = config.namespace_name(event.namespace);
            vec![encode(
                PacketType::Ack,
                namespace,
                Some(id),
                r#"["wrong","answer"]"#,
            )]
        }
        (Some(Fault::AckTwice), _) => {
            let mut frames = answer(config, event, offset);
            frames.extend(answer(config, event, offset));
            frames
        }
        _ => answer(config, event, offset),
    }
}

/// The packets that answer an event as they should.
fn answer(config: &PlatformConfig, event: &ClientEvent<'_>, offset: Option<u64>) -> Vec<Frame> {
    let namespace = if config.mutants.has(Mutant::LeakOtherNamespace) {
        MAIN_NAMESPACE
    } else {
        config.namespace_name(event.namespace)
    };
    if let Some(name) = answer_name(config, event) {
        return echo(
            [PacketType::Event, PacketType::BinaryEvent],
            (config.mutants, namespace),
            event,
            (name, offset),
        );
    }
    match (config.echo, event.name.as_str(), event.id) {
        (true, "message-with-ack", Some(_)) | (_, "echo", Some(_)) => echo(
            [PacketType::Ack, PacketType::BinaryAck],
            (config.mutants, namespace),
            event,
            ("", wrong::recovery::leaked(config)),
        ),
        (_, _, Some(id)) => vec![encode(PacketType::Ack, namespace, Some(id), "[]")],
        (_, _, None) => Vec::new(),
    }
}

/// The event's arguments, behind a name if there is one, with the same attachments under the same numbers.
fn echo(
    [plain, binary]: [PacketType; 2],
    (mutants, namespace): (Mutants, &str),
    event: &ClientEvent<'_>,
    (name, offset): (&str, Option<u64>),
) -> Vec<Frame> {
    let count = event.attachments.len();
    let wrong;
    let args = if mutants.any() {
        let Some(args) = payload::args(mutants, &event.args, count) else {
            return Vec::new();
        };
        wrong = args;
        &wrong
    } else {
        &*event.args
    };
    let data = array(name, &with_offset(args, offset));
    let kind = if count == 0 { plain } else { binary };
    let head = encode_binary(kind, namespace, event.id, &data, count);
    let attachments = event.attachments.iter().map(|a| Frame::binary(a));
    let mut frames: Vec<_> = std::iter::once(head).chain(attachments).collect();
    payload::attached(mutants, &mut frames);
    frames
}
