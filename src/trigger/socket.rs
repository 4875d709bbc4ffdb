//! Asking by an event that a publisher's socket emits. The publisher logs in and connects as the contract says, once in each app that a lane
//! pushes in, and comes back after a wait when it was lost.
//!
//! The ack is the answer. Without one asked for, a push counts as accepted when it has been written, which says nothing of what became of
//! it: what the target dropped shows as lost.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::{Asked, Wanted, fill};
use crate::client::endpoint::Endpoint;
use crate::client::http::{Call, Http, query_value};
use crate::client::listener::Hello;
use crate::client::login::{self, Login};
use crate::client::publisher::Publisher as Socket;
use crate::clock::Clock;
use crate::scenario::Contract;
use crate::scenario::template::{Escape, Name};
use crate::scenario::triggers::SocketWay;
use crate::time::Time;

/// The wait after the first attempt to connect that failed; doubled for each further one.
const WAIT: Duration = Duration::from_millis(50);
const WAIT_MAX: Duration = Duration::from_secs(1);
/// Letters of an ack that are told.
const TOLD: usize = 200;

/// One lane's publisher, in every app.
pub(super) struct Publisher {
    way: SocketWay,
    contract: Arc<Contract>,
    http: Http,
    endpoint: Endpoint,
    timeout: Duration,
    clock: Clock,
    sockets: HashMap<String, Socket>,
    failed: u32,
    /// No attempt before this, and why the last one failed.
    pause: Option<(Time, Asked)>,
}

impl Publisher {
    pub(super) fn new(
        way: SocketWay,
        contract: Arc<Contract>,
        http: Http,
        endpoint: Endpoint,
        timeout: Duration,
        clock: Clock,
    ) -> Self {
        Self {
            way,
            contract,
            http,
            endpoint,
            timeout,
            clock,
            sockets: HashMap::new(),
            failed: 0,
            pause: None,
        }
    }

    /// What stands between the brackets of the event's arguments.
    pub(super) fn args(&self, wanted: &Wanted<'_>) -> String {
        let list = fill(&self.way.args, Escape::Json, wanted, &self.way.everyone);
        let list = list.trim();
        let inside = list
            .strip_prefix('[')
            .and_then(|list| list.strip_suffix(']'));
        inside.unwrap_or(list).to_owned()
    }

    pub(super) async fn open(&mut self, apps: &[String]) {
        for app in apps {
            if self.socket(app).await.is_err() {
                return;
            }
        }
    }

    /// The socket in an app. While a wait after a failure lasts there is no new one.
    async fn socket(&mut self, app: &str) -> Result<(), Asked> {
        if self.sockets.contains_key(app) {
            return Ok(());
        }
        if let Some((until, asked)) = &self.pause
            && self.clock.now() < *until
        {
            return Err(asked.clone());
        }
        match self.connect(app).await {
            Ok(socket) => {
                self.failed = 0;
                self.sockets.insert(app.to_owned(), socket);
                Ok(())
            }
            Err(asked) => {
                let wait = WAIT.saturating_mul(1 << self.failed.min(8)).min(WAIT_MAX);
                self.failed += 1;
                self.pause = Some((self.clock.now() + wait, asked.clone()));
                Err(asked)
            }
        }
    }

    async fn connect(&self, app: &str) -> Result<Socket, Asked> {
        let contract = &self.contract;
        let mut session = String::new();
        if let Some((call, pointer)) = &contract.login {
            let filled = call.fill(&contract.headers, |name| match name {
                Name::App => app,
                Name::User => &self.way.user,
                Name::Password => &self.way.password,
                _ => "",
            });
            let login = Login {
                user: &self.way.user,
                app,
                call: Call {
                    method: filled.method,
                    path: filled.path,
                    headers: filled.headers,
                    body: filled.body,
                },
                session: pointer,
            };
            let logged_in = login::login(&self.http, login).await;
            session = logged_in.map_err(|error| Asked {
                shortage: error.shortage().map(str::to_owned),
                ..Asked::unknown(format!("the publisher cannot log in: {error}"))
            })?;
        }
        let mut endpoint = self.endpoint.clone();
        let (user, password) = (self.way.user.as_str(), self.way.password.as_str());
        let known = |name| match name {
            Name::App => app,
            Name::User => user,
            Name::Password => password,
            Name::Session => &session,
            Name::Event | Name::Message | Name::MessageText | Name::Token | Name::Column(_) => "",
        };
        for (name, text) in &contract.query {
            let (name, text) = (query_value(name), text.fill(Escape::Plain, known));
            let query = &mut endpoint.presents.query;
            query.extend(["&", &name, "=", &query_value(&text)]);
        }
        for (name, text) in &contract.handshake {
            let mut text = text.fill(Escape::Plain, known);
            // A session id is the target's own words: a line break in it must not begin another header.
            text.retain(|c| !c.is_control());
            endpoint.presents.headers.push((name.clone(), text));
        }
        let namespace = &contract.namespace;
        let hello = Hello {
            namespace: (!namespace.is_empty()).then(|| namespace.fill(Escape::Plain, known)),
            auth: contract.auth.fill(Escape::Json, known),
        };
        let socket = Socket::connect(&endpoint, &hello, 0, self.timeout).await;
        socket.map_err(|error| Asked {
            shortage: error.shortage().map(str::to_owned),
            ..Asked::unknown(format!("the publisher cannot connect: {error}"))
        })
    }

    pub(super) async fn emit(&mut self, app: &str, args: &str) -> Asked {
        if let Err(asked) = self.socket(app).await {
            return asked;
        }
        let socket = &self.sockets[app];
        match socket.emit(&self.way.emit, args, self.way.ack).await {
            Ok(acked) => self.judge(&acked),
            Err(error) => {
                // An ack that comes later would be that of another push.
                self.sockets.remove(app);
                Asked::unknown(error.to_string())
            }
        }
    }

    fn judge(&self, acked: &str) -> Asked {
        let Some((pointer, accepts)) = &self.way.answer else {
            return Asked::accepted();
        };
        let all = serde_json::from_str::<Value>(acked).unwrap_or_default();
        let said = match all.pointer(pointer) {
            Some(Value::String(text)) => text.clone(),
            Some(value) => value.to_string(),
            None => String::new(),
        };
        if said == *accepts {
            return Asked::accepted();
        }
        let told: String = acked.chars().take(TOLD).collect();
        Asked::rejected(format!("the ack says {told}"))
    }
}
