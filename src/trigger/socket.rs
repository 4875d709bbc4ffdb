//! Asking by an event that a publisher's socket emits, and what the ack of any event says. The publisher logs in and connects as the contract says, once in each app that a lane
//! pushes in, and comes back after a wait when it was lost.
//!
//! The ack is the answer. Without one asked for, a push counts as accepted when it has been written, which says nothing of what became of
//! it: what the target dropped shows as lost.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::patience::Patience;
use super::{Asked, Wanted, fill_from};
use crate::client::endpoint::Endpoint;
use crate::client::http::Http;
use crate::client::publisher::Publisher as Socket;
use crate::clock::{self, Clock};
use crate::identity::Identity;
use crate::ids::AppId;
use crate::scenario::Plan;
use crate::scenario::template::Escape;
use crate::scenario::triggers::SocketWay;

/// Letters of an ack that are told.
const TOLD: usize = 200;

/// One lane's publisher, in every app.
pub(super) struct Publisher {
    way: SocketWay,
    plan: Arc<Plan>,
    http: Http,
    endpoint: Endpoint,
    timeout: Duration,
    clock: Clock,
    sockets: HashMap<String, Socket>,
    patience: Patience<Asked>,
}

impl Publisher {
    pub(super) fn new(
        way: SocketWay,
        plan: Arc<Plan>,
        http: Http,
        endpoint: Endpoint,
        timeout: Duration,
        clock: Clock,
    ) -> Self {
        Self {
            way,
            plan,
            http,
            endpoint,
            timeout,
            clock,
            sockets: HashMap::new(),
            patience: Patience::new(),
        }
    }

    /// What stands between the brackets of the event's arguments.
    pub(super) fn args(&self, wanted: &Wanted<'_>) -> String {
        args(&self.way, wanted, "")
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
        self.patience.may_try(self.clock.now())?;
        match self.connect(app).await {
            Ok(socket) => {
                self.patience.succeeded();
                self.sockets.insert(app.to_owned(), socket);
                Ok(())
            }
            Err(asked) => Err(self.patience.failed(self.clock.now(), asked)),
        }
    }

    async fn connect(&self, app: &str) -> Result<Socket, Asked> {
        let contract = &self.plan.contract;
        let place = self.plan.apps.iter().position(|known| known == app);
        let place = AppId(place.unwrap_or_default() as u32);
        let publisher = self.plan.somebody(place, &self.way.user);
        // One who is none of the users has what the trigger says, and what needs neither number nor list.
        let password = self.way.password.clone().or_else(|| publisher.password());
        let password = password.unwrap_or_default();
        let signed = || publisher.token(clock::unix_millis() / 1_000);
        let token = self.way.token.clone().or_else(signed).unwrap_or_default();
        let identity = |session| Identity {
            app,
            user: &self.way.user,
            password: &password,
            session,
            token: &token,
            listed: publisher.listed(),
        };
        let session = identity("").log_in(contract, &self.http).await;
        let session = session.map_err(|error| Asked {
            shortage: error.shortage().map(str::to_owned),
            ..Asked::unknown(format!("the publisher cannot log in: {error}"))
        })?;
        let publisher = identity(&session);
        let own = publisher.endpoint(contract, &self.endpoint);
        let endpoint = own.as_deref().unwrap_or(&self.endpoint);
        let hello = publisher.hello(contract);
        let socket = Socket::connect(endpoint, &hello, 0, self.timeout).await;
        socket.map_err(|error| Asked {
            shortage: error.shortage().map(str::to_owned),
            ..Asked::unknown(format!("the publisher cannot connect: {error}"))
        })
    }

    pub(super) async fn emit(&mut self, app: &str, args: &str, bytes: Option<Vec<u8>>) -> Asked {
        if let Err(asked) = self.socket(app).await {
            return asked;
        }
        let socket = &self.sockets[app];
        match socket.emit(&self.way.emit, args, bytes, self.way.ack).await {
            Ok(acked) => judge(&self.way, &acked),
            Err(error) => {
                // An ack that comes later would be that of another push.
                self.sockets.remove(app);
                Asked::unknown(error.to_string())
            }
        }
    }
}

/// What stands between the brackets of an event's arguments, `from` being who emits it.
pub(super) fn args(way: &SocketWay, wanted: &Wanted<'_>, from: &str) -> String {
    let list = fill_from(&way.args, Escape::Json, wanted, &way.everyone, from);
    let list = list.trim();
    let inside = list
        .strip_prefix('[')
        .and_then(|list| list.strip_suffix(']'));
    inside.unwrap_or(list).to_owned()
}

/// What an ack says, given the list of its arguments.
pub(super) fn judge(way: &SocketWay, acked: &str) -> Asked {
    let Some((pointer, accepts)) = &way.answer else {
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
