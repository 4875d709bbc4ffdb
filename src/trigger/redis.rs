//! Asking over Redis, as `@socket.io/redis-emitter` does: a message in the channels that every server with `@socket.io/redis-adapter` hears.
//!
//! Redis answers with how many heard it. None is a no: no server got it. One or more is a yes, though it says nothing of the others: a server
//! that does not listen just then loses the push for its sockets. *Invariant:* a connection that is lost with a message under way leaves
//! that push unknown, and nothing is published twice.

use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, ConnectionAddr, IntoConnectionInfo, RedisError};
use tokio::net::TcpStream;

use super::msgpack::{Argument, emitted_as};
use super::patience::Patience;
use super::{Asked, Wanted};
use crate::client::route::Tls;
use crate::clock::Clock;
use crate::identity;
use crate::scenario::Plan;
use crate::scenario::template::{Escape, Name, Template};
use crate::scenario::triggers::RedisWay;

/// A message as it goes out.
pub(super) struct Message {
    channel: String,
    bytes: Vec<u8>,
}

/// Publishes one lane's pushes over a connection of its own.
pub(super) struct Emitter {
    way: RedisWay,
    /// What speaks TLS, where that is spoken; an error: why it cannot be.
    tls: Option<Result<Tls, String>>,
    timeout: Duration,
    clock: Clock,
    connection: Option<MultiplexedConnection>,
    patience: Patience<String>,
}

impl Emitter {
    pub(super) fn new(plan: &Plan, way: RedisWay, timeout: Duration, clock: Clock) -> Self {
        Self {
            tls: way.tls.then(|| identity::tls(plan)),
            way,
            timeout,
            clock,
            connection: None,
            patience: Patience::new(),
        }
    }

    pub(super) fn message(&self, wanted: &Wanted<'_>) -> Message {
        let fill = |template: &Template, user: &str| {
            template.fill(Escape::Plain, |name| match name {
                Name::App => wanted.app,
                Name::User => user,
                Name::Column(column) => wanted.column(column),
                _ => "",
            })
        };
        let room = match wanted.user {
            Some(user) => Some(fill(&self.way.room, user)),
            None => Some(fill(&self.way.broadcast_room, "")).filter(|room| !room.is_empty()),
        };
        let RedisWay { key, namespace, .. } = &self.way;
        let mut channel = format!("{key}#{namespace}#");
        if let Some(room) = &room {
            channel.extend([room, "#"]);
        }
        let argument = match wanted.bytes {
            Some(bytes) => Argument::Bytes(bytes),
            None => Argument::Json(wanted.message),
        };
        Message {
            channel,
            bytes: emitted_as(namespace, room.as_deref(), wanted.event, argument),
        }
    }

    pub(super) async fn open(&mut self) {
        self.connect().await.ok();
    }

    /// The connection that there is, or a new one. While a wait after a failure lasts there is none. The error is in words.
    async fn connect(&mut self) -> Result<MultiplexedConnection, String> {
        if let Some(connection) = &self.connection {
            return Ok(connection.clone());
        }
        self.patience.may_try(self.clock.now())?;
        let opened = tokio::time::timeout(self.timeout, self.opened()).await;
        let late = || Err(format!("it took longer than {:?}", self.timeout));
        match opened.unwrap_or_else(|_| late()) {
            Ok(connection) => {
                self.patience.succeeded();
                self.connection = Some(connection.clone());
                Ok(connection)
            }
            Err(error) => {
                let why = format!("cannot connect to Redis: {error}");
                Err(self.patience.failed(self.clock.now(), why))
            }
        }
    }

    /// A new connection. The error is in words.
    async fn opened(&self) -> Result<MultiplexedConnection, String> {
        let told = |error: RedisError| error.to_string();
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(self.timeout))
            .set_response_timeout(Some(self.timeout));
        let Some(tls) = &self.tls else {
            let client = Client::open(self.way.url.as_str()).map_err(told)?;
            let connection = client.get_multiplexed_async_connection_with_config(&config);
            return connection.await.map_err(told);
        };
        // The TLS is that of everything else here: the crate's own would bring another list of authorities along.
        let tls = tls.as_ref().map_err(String::clone)?;
        let info = self.way.url.as_str().into_connection_info().map_err(told)?;
        let ConnectionAddr::Tcp(host, port) = info.addr() else {
            return Err("its URL names no host".to_owned());
        };
        let tcp = TcpStream::connect((host.as_str(), *port)).await;
        let tcp = tcp.map_err(|error| error.to_string())?;
        tcp.set_nodelay(true).ok();
        let line = tls.secure(tcp, host).await?;
        let redis = info.redis_settings();
        let opened = MultiplexedConnection::new_with_config(redis, line, config).await;
        let (connection, serve) = opened.map_err(told)?;
        // It ends with the last of the connection's handles.
        tokio::spawn(serve);
        Ok(connection)
    }

    pub(super) async fn publish(&mut self, message: &Message) -> Asked {
        let mut connection = match self.connect().await {
            Ok(connection) => connection,
            Err(why) => return Asked::unknown(why),
        };
        let mut publish = redis::cmd("PUBLISH");
        publish.arg(&message.channel).arg(&message.bytes);
        let heard: Result<u64, RedisError> = publish.query_async(&mut connection).await;
        match heard {
            Ok(0) => Asked::rejected("Redis: no server listens"),
            Ok(_) => Asked::accepted(),
            // Redis itself said no, and has not published it.
            Err(error) if error.code().is_some() => Asked::rejected(format!("Redis: {error}")),
            Err(error) => {
                self.connection = None;
                Asked::unknown(format!("Redis: {error}"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::file::File;
    use crate::scenario::people::{Loaded, Row};

    fn emitter(broadcast: &str) -> Emitter {
        let template = |text: &str| Template::parse(text, &[Name::App, Name::User]).unwrap();
        let way = RedisWay {
            url: "redis://127.0.0.1:1".to_owned(),
            tls: false,
            key: "socket.io".to_owned(),
            namespace: "/".to_owned(),
            room: template("{{app}}:{{user}}"),
            broadcast_room: template(broadcast),
        };
        let plan = Plan::from_file(&File::default(), 1).unwrap();
        Emitter::new(&plan, way, Duration::from_secs(1), Clock::start())
    }

    fn wanted(user: Option<&str>) -> Wanted<'_> {
        Wanted {
            app: "demo",
            user,
            listed: None,
            event: "e",
            message: "1",
            bytes: None,
        }
    }

    #[test]
    fn channels_are_those_of_the_adapter() {
        let channel = |broadcast, user| emitter(broadcast).message(&wanted(user)).channel;
        assert_eq!(channel("", Some("u")), "socket.io#/#demo:u#");
        assert_eq!(channel("", None), "socket.io#/#");
        assert_eq!(channel("all-{{app}}", None), "socket.io#/#all-demo#");
    }

    #[test]
    fn a_room_is_called_after_a_column_of_the_list() {
        let row = Row {
            name: "u".to_owned(),
            more: vec!["17".to_owned()],
            ..Row::default()
        };
        let loaded = Loaded {
            rows: Some(vec![row]),
            columns: vec!["id".to_owned()],
            key: None,
        };
        let text = "[target]\napps = [\"demo\"]\n[users]\nfile = \"u.csv\"\n";
        let file = File {
            loaded: Some(loaded.into()),
            ..File::parse(text).unwrap()
        };
        let plan = Plan::from_file(&file, 1).unwrap();
        let mut emitter = emitter("");
        emitter.way.room = Template::parse("user:{{user.id}}", Name::ROOM).unwrap();
        let listed = plan.people.listed(crate::ids::UserId(0));
        let wanted = Wanted {
            listed,
            ..wanted(Some("u"))
        };
        assert_eq!(emitter.message(&wanted).channel, "socket.io#/#user:17#");
    }
}
