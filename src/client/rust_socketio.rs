//! The second driver: sockets of the crate `rust_socketio`, an implementation that shares no line with ours. For a second opinion on a
//! target, never for load: a task and some 30 KiB a socket, and every payload parsed.
//!
//! What it cannot tell is not made up. It gives no sign of life but events, no kernel stamps, and no reason for the end of a connection;
//! `scenario::driver` refuses what it cannot do, and docs/drivers.md says what of it is known to be wrong.
//!
//! It reads in tasks of the runtime that the holder's task is on. So what is heard of it in one turn of that runtime was read in the same
//! turn, and [`Listener::not_before`] holds.

use std::fmt::Write as _;

use std::pin::pin;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use rust_socketio::asynchronous::ClientBuilder;
use rust_socketio::{Event, Payload, TransportType};
use serde_json::Value;
use tokio::sync::{mpsc, watch};

use super::ending;
use super::endpoint::Endpoint;
use super::listener::{ConnectError, Ended, Hello, Listener};
use super::shortage::comes_of_shortage;
use crate::clock::Clock;
use crate::history::{Leave, Stamp};
use crate::protocol::session::refusal_message;
use crate::time::Time;

/// What one connection may have read and the holder not taken: they are on one thread, so it is a turn's worth.
const UNHEARD: usize = 256;
/// How long the library may take to send its goodbye.
const GOODBYE: Duration = Duration::from_secs(1);
/// What it puts before the data of a `CONNECT_ERROR`.
const REFUSED: &str = "Received an ConnectError frame: ";

/// What the library's callbacks tell.
enum Heard {
    Connected(Time),
    Event(Time, Event, Payload),
    /// DISCONNECT came.
    Kicked,
    Error(String),
    /// The connection has ended.
    Over,
}

/// Connects a socket and holds it to its end.
pub async fn hold<H: Listener, O>(
    endpoint: &Endpoint,
    hello: &Hello,
    mut holder: H,
    clock: Clock,
    mut orders: watch::Receiver<O>,
) -> (H, Ended) {
    let (tell, mut heard) = mpsc::channel(UNHEARD);
    holder.connecting(clock.now());
    let came = {
        let coming = builder(endpoint, hello, clock, &tell).connect();
        let mut coming = pin!(tokio::time::timeout(endpoint.connect_timeout, coming));
        loop {
            tokio::select! {
                came = &mut coming => break match came {
                    Ok(came) => came.map_err(|error| not_opened(endpoint, &error)),
                    Err(_) => Err(ConnectError::Timeout(endpoint.connect_timeout)),
                },
                Ok(()) = orders.changed() => if holder.departure(clock.now()).is_some() {
                    break Err(ConnectError::Stopped);
                },
            }
        }
    };
    // From here on only the library's callbacks can tell anything.
    drop(tell);
    let client = match came {
        Ok(client) => client,
        Err(error) => return (holder, Ended::NotConnected(error)),
    };
    let mut talk = Talk {
        holder,
        clock,
        connected: false,
        heard: Time::ZERO,
        args: String::new(),
    };
    let answer_by = clock.now() + endpoint.connect_timeout;
    // Orders may have changed while it was opened.
    orders.mark_changed();
    let ended = loop {
        tokio::select! {
            biased;
            said = heard.recv() => if let Some(ended) = talk.hear(said.unwrap_or(Heard::Over)) {
                break ended;
            },
            Ok(()) = orders.changed() => if let Some(ended) = talk.departs() {
                break ended;
            },
            () = tokio::time::sleep_until(clock.instant(answer_by)), if !talk.connected => {
                break Ended::NotConnected(ConnectError::Timeout(endpoint.connect_timeout));
            }
        }
    };
    // Its own task reads on until the target has closed, and nobody hears that any more.
    drop(heard);
    tokio::time::timeout(GOODBYE, client.disconnect())
        .await
        .ok();
    (talk.holder, ended)
}

fn builder(
    endpoint: &Endpoint,
    hello: &Hello,
    clock: Clock,
    tell: &mpsc::Sender<Heard>,
) -> ClientBuilder {
    let query = endpoint.presents.query.trim_start_matches('&');
    let path = endpoint.uri.path();
    let url = format!("http://{}{path}?{query}", endpoint.host());
    let [connected, event, kicked, error, over] = [(); 5].map(|()| tell.clone());
    let mut builder = ClientBuilder::new(url)
        .transport_type(TransportType::Websocket)
        .on(Event::Connect, move |_, _| {
            send(&connected, Heard::Connected(clock.now()))
        })
        .on_any(move |name, payload, _| send(&event, Heard::Event(clock.now(), name, payload)))
        .on(Event::Close, move |_, _| send(&kicked, Heard::Kicked))
        .on(Event::Error, move |payload, _| {
            send(&error, Heard::Error(text_of(&payload)))
        })
        // It says nothing when a connection ends, but asks for this before it connects again. It shall not: whether and when is the
        // scenario's matter. Its task has no other way to end, and nobody waits for it; unwinding it says nothing and frees all of it.
        .reconnect(true)
        .reconnect_on_disconnect(false)
        .on_reconnect(move || {
            let over = over.clone();
            async move {
                over.send(Heard::Over).await.ok();
                std::panic::resume_unwind(Box::new("the connection has ended"))
            }
            .boxed()
        });
    for (name, value) in &endpoint.presents.headers {
        builder = builder.opening_header(name.clone(), value.as_str());
    }
    if let Some(namespace) = &hello.namespace {
        builder = builder.namespace(namespace.as_str());
    }
    match serde_json::from_str::<Value>(&hello.auth) {
        Ok(auth) => builder.auth(auth),
        // No payload.
        Err(_) => builder,
    }
}

fn send(tell: &mpsc::Sender<Heard>, heard: Heard) -> BoxFuture<'static, ()> {
    let tell = tell.clone();
    async move {
        // Nobody hears: the socket is over.
        tell.send(heard).await.ok();
    }
    .boxed()
}

/// Why there is no connection.
fn not_opened(endpoint: &Endpoint, error: &rust_socketio::Error) -> ConnectError {
    if comes_of_shortage(error) {
        return ConnectError::Tcp {
            address: endpoint.address,
            cause: error.to_string(),
            ours: true,
        };
    }
    ConnectError::Closed(format!("rust_socketio: {error}"))
}

fn text_of(payload: &Payload) -> String {
    match payload {
        Payload::Text(values) => match values.as_slice() {
            [Value::String(text)] => text.clone(),
            values => Value::from(values).to_string(),
        },
        other => format!("{other:?}"),
    }
}

struct Talk<H> {
    holder: H,
    clock: Clock,
    connected: bool,
    /// The last sign of life.
    heard: Time,
    /// The arguments of the event that is being told.
    args: String,
}

impl<H: Listener> Talk<H> {
    /// Hands on what there is to hear. `Some`: it is over.
    fn hear(&mut self, heard: Heard) -> Option<Ended> {
        match heard {
            Heard::Connected(at) => {
                self.alive(at);
                if !self.connected {
                    self.connected = true;
                    self.holder.connected(at);
                    return self.departs();
                }
            }
            Heard::Event(at, event, payload) => {
                self.alive(at);
                self.event(Stamp::new(at, None), &event, &payload);
            }
            Heard::Kicked => return Some(self.ended(Leave::ServerDisconnect, "")),
            Heard::Error(words) => {
                return Some(match words.strip_prefix(REFUSED) {
                    Some(data) if !self.connected => {
                        let why = refusal_message(data).unwrap_or_else(|| data.to_owned());
                        Ended::NotConnected(ConnectError::Refused(why))
                    }
                    // Whether the network or the target's words are to blame it does not say.
                    _ => self.ended(Leave::ConnectionLost, &format!("rust_socketio: {words}")),
                });
            }
            Heard::Over => {
                let why = "rust_socketio does not say why";
                return Some(self.ended(Leave::ConnectionLost, why));
            }
        }
        None
    }

    fn alive(&mut self, at: Time) {
        self.heard = self.heard.max(self.holder.not_before().min(at));
    }

    fn event(&mut self, at: Stamp, event: &Event, payload: &Payload) {
        self.args.clear();
        match payload {
            Payload::Text(values) => {
                for (i, value) in values.iter().enumerate() {
                    let comma = if i > 0 { "," } else { "" };
                    // A String takes whatever is written.
                    write!(self.args, "{comma}{value}").ok();
                }
            }
            // One attachment is all that it hands on. Nobody pushes any: it is something that nobody asked for.
            other => self
                .args
                .push_str(&Value::from(format!("{other:?}")).to_string()),
        }
        let (name, premature) = (event.as_str(), !self.connected);
        self.holder.event(at, name, &self.args, premature);
    }

    /// Whether the socket is to leave: then with its goodbye.
    fn departs(&mut self) -> Option<Ended> {
        let now = self.clock.now();
        let departure = self.holder.departure(now)?;
        if !self.connected {
            return Some(Ended::NotConnected(ConnectError::Stopped));
        }
        // Nobody churns by this driver, so the run is over, and that is at once.
        debug_assert!(departure.at <= now);
        self.holder.leaving(now);
        Some(self.ended(Leave::Ours, ""))
    }

    fn ended(&self, leave: Leave, detail: &str) -> Ended {
        if !self.connected {
            return ending::not_connected(leave, detail);
        }
        ending::left(leave, detail, false, self.heard, self.holder.not_before())
    }
}
