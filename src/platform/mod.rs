//! The embedded push platform: the reference server of the harness, exact by construction.
//!
//! Users log in to an app over HTTP, hold authenticated Socket.IO sockets, and get the pushes that scenarios send: to one user or to
//! everyone of the app.
//!
//! # Layers
//! ```text
//! serve       accepts, starts, stops             websocket   drives one WebSocket
//! http/       requests: sockets, login, pushes   shared      what a request leads to
//! entering    who is let in                      calls       scenarios that run
//! nodes/      the other processes of the platform, if it has several
//! ---------------------------------------------- below: no I/O, time is an argument
//! conn        both protocol layers of one connection behind one lock, and the wakers of its drivers
//! engine      Engine.IO: transports, heartbeat, upgrade, closing       frame, packets  encoded once, queues
//! socket      Socket.IO: namespaces, events, attachments               events  answers to client events
//! hub         who is connected, who gets a push                        scenarios, template  what is done, and what a push says
//! recovery    sockets that may come back, and what they miss meanwhile
//! limit       an artificial capacity: deliveries a second, sockets
//! accounts    who may log in and is logged in                          attempts, config, token, clock
//! store       the objects of data structures                           file/  apps as a file says them
//! faults/     misbehaviour at a rate, asked by the hub                 mutants  switches that break the protocol; wrong/ has the long ones
//! ```
//!
//! # Invariants
//! Unless faults or mutants are on:
//! - A push reaches exactly the sockets of its app and audience that are joined while it is queued, each once.
//! - Of two pushes, the second asked for after the first was answered, no socket sees the second first.
//! - No event reaches a socket before its CONNECT answer, but for what it had missed if it is recovered; none that is answered after it is
//!   missed.
//! - What is queued for a connection goes out in order, or the connection ends: nothing is ever skipped. Queues are bounded.
//! - All of this holds over all nodes of a platform; [`nodes`] says how.
//! - Nothing a client sends ends anything but its own connection, and nothing behind a fatal packet is handled.
//!
//! # Concurrency
//! One task per TCP connection serves its HTTP requests, and goes on as the driver of a WebSocket if it becomes one. A session on
//! polling has one more task that keeps its time. There are four kinds of lock, each held for one state change and never across an
//! await: an app's register, what is kept of an app where connections can be recovered, a connection, the tables of connections and logins.
//! They are taken in this order, never the other way round. A push takes the register for reading and locks each receiving connection for the length of
//! one queue operation (with faults on, all of this under the lock of theirs); the drivers write on their own time, so a slow reader
//! delays nobody.

mod accounts;
mod admin;
mod attempts;
mod calls;
mod clock;
mod config;
mod conn;
mod engine;
mod entering;
mod events;
mod faults;
mod file;
mod frame;
mod http;
mod hub;
mod limit;
mod mutants;
pub mod nodes;
mod packets;
mod recovery;
mod said;
mod scenarios;
mod serve;
mod shared;
mod socket;
mod store;
mod template;
mod token;
mod websocket;
mod wrong;

pub use config::{AppConfig, ConfigError, Limits, Origins, PlatformConfig, QueueBounds};
pub use faults::{Fault, FaultConfig, FaultError, FaultRate, UserGlob};
pub use file::FileError;
pub use mutants::{Mutant, Mutants, UnknownMutant};
pub use nodes::Role;
pub use scenarios::{Change, Create, Endpoint, Scenario, SendPush, Step, Trigger};
pub use serve::{Platform, StartError, serve};
pub use store::{Reading, Structure};
pub use template::Template;
