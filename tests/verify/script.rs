//! Hand-written histories as text, and what the verifier says of them as text.
//!
//! One event to a line, each beginning with its time in nanoseconds, in the order in which things happen:
//!
//! ```text
//! rules deadline=100 settle=200 order=realtime      (these are what holds without the line; order may be lane or none)
//!  0 connect ann.1                                  socket 1 of the user ann; `open` takes it in without connecting it
//! 10 push p1 ann lane=0 as=alert shape=object       `*` is everyone; `two:ann`, `two:*` are of another app; shape: object, array, text
//! 11 arrive p1 ann.1 name=… payload=… tag=…         premature if the socket has not connected, or with the word `premature`
//!                                                   not-before=… if it may have waited to be read since then
//! 12 accept p1                                      or `reject`, `unknown`; without a line the push is never answered
//! 20 leave ann.1 after=… by=… cause=…               cause: ours, abrupt, lost, kick, close, ping, overload, protocol
//! ```
//!
//! A push `as=ping` carries no tag, and arrives as the `null` that it is.
//!
//! `connecting` stands before `connect`, where it is told. `heard` is a sign of life. `leaving` begins a polite leave that `leave` ends.
//! `leave … for-now` lets the next connection go on, which `goes-on` in place of `connect` does.
//! A socket that connects after it left has a new connection; after `again` it has one although the old one lingers.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use pushproof::history::{Leave, Left, Outcome, Push};
use pushproof::ids::{AppId, Audience, EventId, Lane, PushId, Seq, SocketId, UserId};
use pushproof::time::Time;
use pushproof::verify::{
    Answer, Arrival, Class, Example, Findings, Judge, LaneWriter, Ledger, Ordering, Rules,
    Settling, Slot, Source, Streams, TAG_LEN, Tag, Tagger,
};

/// A history with what has to be said of it.
pub(crate) struct Case {
    /// What it shows.
    pub(crate) name: &'static str,
    /// The history; see the module.
    pub(crate) history: &'static str,
    /// The counts that are not zero, in the order of [`judged`].
    pub(crate) counts: &'static str,
    /// All examples, in the notation of [`judged`].
    pub(crate) examples: &'static [&'static str],
}

impl Case {
    /// In the form of [`judged`].
    pub(crate) fn wanted(&self) -> Told {
        Told {
            counts: self.counts.to_owned(),
            examples: self.examples.iter().map(|e| (*e).to_owned()).collect(),
        }
    }
}

/// What the verifier said.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Told {
    counts: String,
    examples: Vec<String>,
}

impl Told {
    /// Whether this is what had to be said. Of a push that was let go before it came again, the examples tell no times.
    pub(crate) fn fits(&self, case: &Case, way: Way) -> bool {
        let wanted = case.wanted();
        let is_like = |told: &String, wanted: &String| {
            let words = told.split(' ').zip(wanted.split(' '));
            let let_go = |word: &str| way.settling && ["sent=-", "answered=-"].contains(&word);
            told == wanted || words.into_iter().all(|(a, b)| a == b || let_go(a))
        };
        self.counts == wanted.counts
            && self.examples.len() == wanted.examples.len()
            && self
                .examples
                .iter()
                .zip(&wanted.examples)
                .all(|(told, wanted)| is_like(told, wanted))
    }
}

/// The last is of pushes without a tag: `null`.
const EVENTS: [&str; 3] = ["alert", "news", "ping"];
const PING: EventId = EventId(2);
const LANES: u32 = 4;

/// How a history is judged: by so many judges, all at once or as it goes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Way {
    pub(crate) judges: usize,
    pub(crate) settling: bool,
}

impl Way {
    pub(crate) const fn at_once(judges: usize) -> Self {
        Self {
            judges,
            settling: false,
        }
    }

    pub(crate) const fn as_it_goes(judges: usize) -> Self {
        Self {
            judges,
            settling: true,
        }
    }
}

/// Judges a history.
pub(crate) fn judged(history: &str, way: Way) -> Told {
    let mut stage = Stage::new(rules(history), way);
    let lines = history.lines().map(str::trim);
    let lines = lines.filter(|line| !line.is_empty() && !line.starts_with("rules"));
    let lines: Vec<_> = lines.map(Line::parse).collect();
    for name in lines.iter().flat_map(|line| &line.words) {
        if name.contains('.') {
            stage.plan(name);
        }
    }
    for line in &lines {
        stage.settle(line.at);
        stage.event(line);
    }
    stage.told()
}

struct Line<'a> {
    text: &'a str,
    at: Time,
    words: Vec<&'a str>,
    options: HashMap<&'a str, &'a str>,
}

impl<'a> Line<'a> {
    fn parse(text: &'a str) -> Self {
        let (options, words): (Vec<_>, Vec<_>) =
            text.split_whitespace().partition(|word| word.contains('='));
        let at = words[0].parse().map(Time::from_nanos);
        Self {
            text,
            at: at.unwrap_or_else(|_| panic!("a line begins with its time: {text}")),
            words: words[1..].to_vec(),
            options: options.iter().filter_map(|o| o.split_once('=')).collect(),
        }
    }
}

impl Line<'_> {
    /// A time told by the line; its own if it tells none.
    fn time(&self, key: &str) -> Time {
        let time = self.options.get(key);
        time.map_or(self.at, |nanos| Time::from_nanos(nanos.parse().unwrap()))
    }

    fn left(&self) -> Left {
        let cause = match self.options.get("cause").copied() {
            None | Some("lost") => Leave::ConnectionLost,
            Some("ours") => Leave::Ours,
            Some("abrupt") => Leave::OursAbrupt,
            Some("kick") => Leave::ServerDisconnect,
            Some("close") => Leave::ServerClose,
            Some("ping") => Leave::PingTimeout,
            Some("overload") => Leave::Overload,
            Some("protocol") => Leave::ProtocolError,
            Some("stuck") => Leave::Stuck,
            Some("evicted") => Leave::Evicted,
            other => panic!("unknown cause {other:?}"),
        };
        Left {
            after: self.time("after"),
            by: self.time("by"),
            cause,
        }
    }
}

fn rules(history: &str) -> Rules {
    let mut rules = Rules {
        triggers: Vec::new(),
        tagger: Tagger::new(7),
        events: EVENTS.map(str::to_owned).to_vec(),
        untagged: vec![(PING, "null".to_owned())],
        ordering: Ordering::Realtime,
        deadline: Duration::from_nanos(100),
        settle: Duration::from_nanos(200),
    };
    let line = history
        .lines()
        .map(str::trim)
        .find(|l| l.starts_with("rules"));
    for word in line.unwrap_or_default().split_whitespace().skip(1) {
        match word.split_once('=').expect("rules are key=value") {
            ("deadline", nanos) => rules.deadline = Duration::from_nanos(nanos.parse().unwrap()),
            ("settle", "for_ever") => rules.settle = Duration::MAX,
            ("settle", nanos) => rules.settle = Duration::from_nanos(nanos.parse().unwrap()),
            ("order", "lane") => rules.ordering = Ordering::Lane,
            ("order", "none") => rules.ordering = Ordering::None,
            other => panic!("unknown rule {other:?}"),
        }
    }
    rules
}

/// The payloads of a history.
struct Payloads {
    tagger: Tagger,
    shapes: Mutex<HashMap<PushId, &'static str>>,
}

impl Payloads {
    fn around(&self, push: PushId) -> (&'static str, &'static str) {
        match self.shapes.lock().unwrap().get(&push).copied() {
            Some("array") => ("[\"", "\",{\"text\":\"Zoë\"},null,2.5]"),
            Some("text") => ("\"", " Zoë\""),
            _ => (
                "{\"text\":\"Zoë\",\"n\":7,\"pp\":\"",
                "\",\"list\":[1,2.5,null]}",
            ),
        }
    }
}

impl Source for Payloads {
    fn payload(&self, tag: &Tag) -> String {
        let (before, after) = self.around(tag.push);
        let mut payload = format!("{before}{}{after}", self.tagger.blank(tag));
        self.tagger.seal(&mut payload, before.len());
        payload
    }

    fn is_binary(&self, tag: &Tag) -> bool {
        self.shapes.lock().unwrap().get(&tag.push) == Some(&"bytes")
    }
}

struct Stage {
    ledger: Arc<Ledger>,
    settling: Option<Settling>,
    writers: Vec<LaneWriter>,
    judges: Vec<Judge>,
    payloads: Arc<Payloads>,
    users: Vec<String>,
    /// By their ids: the name, and the connection that it has.
    sockets: Vec<(String, Option<Slot>)>,
    connected: Vec<String>,
    pushes: Vec<(String, Tag)>,
}

impl Stage {
    fn new(rules: Rules, way: Way) -> Self {
        let judges = way.judges;
        let ledger = Arc::new(Ledger::with_chunks(LANES, 100, 2));
        let settle = rules.settle;
        let payloads = Arc::new(Payloads {
            tagger: rules.tagger.clone(),
            shapes: Mutex::default(),
        });
        let rules = Arc::new(rules);
        let judge = || {
            let source = Arc::clone(&payloads);
            Judge::new(Arc::clone(&rules), Arc::clone(&ledger), source)
        };
        let settling = Settling::new(Arc::clone(&ledger), settle, judges as u32);
        Self {
            settling: way.settling.then_some(settling),
            judges: (0..judges).map(|_| judge()).collect(),
            writers: (0..LANES)
                .map(|lane| LaneWriter::new(Arc::clone(&ledger), Lane(lane)))
                .collect(),
            ledger,
            payloads,
            users: Vec::new(),
            sockets: Vec::new(),
            connected: Vec::new(),
            pushes: Vec::new(),
        }
    }

    fn event(&mut self, line: &Line<'_>) {
        match line.words[..] {
            ["open", socket] => drop(self.socket(socket)),
            ["connect", socket] => {
                let (judge, slot) = self.socket(socket);
                self.judges[judge].connected(slot, line.at);
                self.connected.push(socket.to_owned());
            }
            ["goes-on", socket] => {
                let (judge, slot) = self.socket(socket);
                self.judges[judge].went_on(slot, line.at);
                self.connected.push(socket.to_owned());
            }
            ["leave", socket, "for-now"] => {
                let (judge, slot) = self.socket(socket);
                self.judges[judge].left_for_now(slot, line.left());
                self.judges[judge].left_for_now(slot, line.left());
                self.end(socket);
            }
            ["connecting", socket] => {
                let (judge, slot) = self.socket(socket);
                self.judges[judge].connecting(slot, line.at);
            }
            ["leaving", socket] => {
                let (judge, slot) = self.socket(socket);
                self.judges[judge].leaving(slot, line.at);
            }
            // The old connection is still there; what follows is of the next.
            ["again", socket] => self.end(socket),
            ["heard", socket] => {
                let (judge, slot) = self.socket(socket);
                self.judges[judge].heard(slot, line.at);
            }
            ["leave", socket] => {
                let (judge, slot) = self.socket(socket);
                self.judges[judge].left(slot, line.left());
                self.judges[judge].left(slot, line.left());
                self.end(socket);
            }
            ["push", push, audience] => self.push(line, push, audience),
            ["accept", push] => self.answer(line, push, Outcome::Accepted),
            ["reject", push] => self.answer(line, push, Outcome::Rejected),
            ["unknown", push] => self.answer(line, push, Outcome::Unknown),
            ["arrive", push, socket] => self.arrive(line, push, socket, false),
            ["arrive", push, socket, "premature"] => self.arrive(line, push, socket, true),
            _ => panic!("what is this? {}", line.text),
        }
    }

    fn user(&mut self, name: &str) -> UserId {
        let at = self.users.iter().position(|user| user == name);
        UserId(at.unwrap_or_else(|| {
            self.users.push(name.to_owned());
            self.users.len() - 1
        }) as u32)
    }

    fn plan(&mut self, name: &str) -> SocketId {
        let at = self.sockets.iter().position(|socket| socket.0 == name);
        let id = SocketId(at.unwrap_or(self.sockets.len()) as u32);
        if at.is_none() {
            let (user, _) = name.split_once('.').expect("a socket is user.number");
            let user_id = self.user(user);
            let judge = id.index() % self.judges.len();
            self.judges[judge].plan(id, user_id, app(user));
            self.sockets.push((name.to_owned(), None));
        }
        id
    }

    /// The connection of a socket, a new one if it has none.
    fn socket(&mut self, name: &str) -> (usize, Slot) {
        let id = self.plan(name);
        let (user, _) = name.split_once('.').expect("a socket is user.number");
        let user_id = self.user(user);
        let judge = id.index() % self.judges.len();
        let judge_ = &mut self.judges[judge];
        let slot = &mut self.sockets[id.index()].1;
        let slot = slot.get_or_insert_with(|| judge_.open(id, user_id, app(user)));
        (judge, *slot)
    }

    fn end(&mut self, name: &str) {
        let id = self.plan(name);
        self.sockets[id.index()].1 = None;
        self.connected.retain(|socket| socket != name);
    }

    fn settle(&mut self, now: Time) {
        let step = self.settling.as_mut().and_then(|s| s.step(now));
        if let Some(streams) = step {
            for judge in &mut self.judges {
                judge.settle(&streams);
            }
        }
    }

    fn push(&mut self, line: &Line<'_>, name: &str, audience: &str) {
        let option = |key| line.options.get(key).copied();
        let writer: usize = option("lane").map_or(0, |n| n.parse().unwrap());
        let event = option("as").unwrap_or(EVENTS[0]);
        let to = if audience.ends_with('*') {
            Audience::Everyone
        } else {
            Audience::User(self.user(audience))
        };
        let of = option("in").unwrap_or(audience);
        let push = Push {
            intended: line.at,
            sent: line.at,
            app: app(of),
            audience: to,
            event: EventId(EVENTS.iter().position(|e| *e == event).unwrap() as u32),
            stream_seq: self.writers[writer].next_in_stream(app(of), to),
        };
        let id = self.writers[writer]
            .send(&push)
            .expect("the ledger has room");
        if let Some(shape) = option("shape") {
            let shape = ["array", "text", "bytes"].into_iter().find(|s| *s == shape);
            let shape = shape.unwrap_or("object");
            self.payloads.shapes.lock().unwrap().insert(id, shape);
        }
        let tag = Tag::of(id, &push);
        self.pushes.push((name.to_owned(), tag));
    }

    fn tag(&self, push: &str) -> Tag {
        let found = self.pushes.iter().find(|(name, _)| name == push);
        found.unwrap_or_else(|| panic!("no push {push}")).1
    }

    fn answer(&self, line: &Line<'_>, push: &str, outcome: Outcome) {
        let id = self.tag(push).push;
        let answer = Answer {
            outcome,
            at: line.at,
        };
        self.writers[id.lane.index()].answer(id, answer);
    }

    fn arrive(&mut self, line: &Line<'_>, push: &str, socket: &str, premature: bool) {
        let option = |key| line.options.get(key).copied().unwrap_or_default();
        let tag = self.tag(push);
        let (judge, slot) = self.socket(socket);
        let payload = self.payload(tag, option("tag"), option("payload"));
        let long = "x".repeat(5_000);
        let event = match option("name") {
            "" => EVENTS[tag.event.index()],
            "long" => &long,
            name => name,
        };
        let arrival = Arrival {
            not_before: line.time("not-before"),
            at: line.at,
            event,
            payload: &payload,
            premature: premature || !self.connected.iter().any(|s| s == socket),
        };
        let judge = &mut self.judges[judge];
        match option("payload") {
            how @ ("attached" | "changed" | "doubled" | "within" | "respelled") => {
                let placeholder = Arrival {
                    payload: match how {
                        "within" => r#"[{"_placeholder":true,"num":0}]"#,
                        "respelled" => r#"{"num": 0, "_placeholder": true}"#,
                        _ => r#"{"_placeholder":true,"num":0}"#,
                    },
                    ..arrival
                };
                let changed = format!("{payload} ");
                let attachments = match how {
                    "changed" => vec![changed.as_bytes()],
                    "doubled" => vec![payload.as_bytes(), b"more"],
                    _ => vec![payload.as_bytes()],
                };
                judge.arrived_binary(slot, placeholder, &attachments);
            }
            "attachment" => drop(judge.arrived_binary(slot, arrival, &[b"bytes"])),
            _ => drop(judge.arrived(slot, arrival)),
        }
    }

    fn payload(&self, tag: Tag, tag_option: &str, option: &str) -> String {
        if tag.event == PING {
            return match option {
                "" | "attachment" => "null".to_owned(),
                "spelled" => " null ".to_owned(),
                "other" => "false".to_owned(),
                "argument" => "null,1".to_owned(),
                other => panic!("unknown payload {other}"),
            };
        }
        let sent = match tag_option {
            "invented" => self.payloads.payload(&Tag {
                push: PushId {
                    seq: Seq(tag.push.seq.0 + 1_000),
                    ..tag.push
                },
                ..tag
            }),
            "misfit" => self.payloads.payload(&Tag {
                stream_seq: tag.stream_seq + 1,
                ..tag
            }),
            "foreign" => {
                let payload = self.payloads.payload(&tag);
                let foreign = Tagger::new(8).blank(&tag);
                let at = payload.find("pp1.").unwrap();
                format!("{}{foreign}{}", &payload[..at], &payload[at + TAG_LEN..])
            }
            _ => self.payloads.payload(&tag),
        };
        let at = sent.find("pp1.").expect("a payload carries its tag");
        let text = &sent[at..at + TAG_LEN];
        let changed = |n: usize| {
            let other = if &text[n..=n] == "Q" { "R" } else { "Q" };
            format!(
                "{}{}{}{}",
                &sent[..at],
                &text[..n],
                other,
                &sent[at + n..][1..]
            )
        };
        match tag_option {
            "" | "invented" | "misfit" | "foreign" => {}
            "damaged" => return changed(20),
            "digest" => return changed(50),
            "cut" => return sent[..at + 30].to_owned(),
            "gone" => return r#"{"text":"hello"}"#.to_owned(),
            "decoys" => return format!("[\"pp1.pp1.pp1.\",{sent}]"),
            other => panic!("unknown tag option {other}"),
        }
        match option {
            "" | "attachment" | "attached" | "changed" | "doubled" | "within" | "respelled" => sent,
            "spelled" => {
                format!(
                    r#" {{ "list" : [1.0, 25e-1, null], "pp":"{text}","n":70E-1,"text":"Zo\u00eb" }} "#
                )
            }
            "other" => sent.replace("Zoë", "Zoe"),
            "missing" => sent.replace("\"n\":7,", ""),
            "grown" => sent.replace("\"n\":7,", "\"n\":7,\"m\":8,"),
            "retyped" => sent.replace("\"n\":7,", "\"n\":\"7\","),
            "argument" => format!("{sent},1"),
            "wrapped" => format!("[{sent}]"),
            "stringified" => serde_json::to_string(&sent).unwrap(),
            "twice" => format!("[{sent},{sent}]"),
            other => panic!("unknown payload {other}"),
        }
    }

    /// Counts that are not zero, and all examples:
    /// `class push socket user as event sent=… answered=… arrived=…`.
    fn told(mut self) -> Told {
        let streams = match &mut self.settling {
            Some(settling) => settling.rest(),
            None => Streams::of(&self.ledger),
        };
        let mut findings = Findings::default();
        for judge in std::mem::take(&mut self.judges) {
            findings.merge(judge.finish(&streams));
        }
        let counts = &findings.counts;
        let mut words = vec![
            ("expected", counts.expected),
            ("delivered", counts.delivered),
            ("allowed", counts.allowed),
            ("by_name", counts.by_name),
            ("by_count", counts.by_count),
            ("held_up", counts.held_up),
            ("recovered", counts.recovered),
            ("missed_at_death", counts.missed_at_death),
            ("missed_at_neglect", counts.missed_at_neglect),
            ("missed_at_churn", counts.missed_at_churn),
            ("away", counts.away),
        ];
        let missed = counts.missed_at_death + counts.missed_at_neglect + counts.missed_at_churn;
        let accounted = counts.came + counts.of(Class::Lost) + missed + counts.away;
        assert_eq!(counts.pairs, accounted, "each pair is in one account");
        words.extend(Class::ALL.map(|class| (class.name(), counts.of(class))));
        let words = words.iter().filter(|(_, n)| *n > 0);
        let words: Vec<_> = words.map(|(word, n)| format!("{word}={n}")).collect();
        Told {
            counts: words.join(" "),
            examples: findings.examples().iter().map(|e| self.line(e)).collect(),
        }
    }

    fn line(&self, example: &Example) -> String {
        let name = |id| self.pushes.iter().find(|(_, tag)| tag.push == id);
        let push = example
            .push
            .map(|id| name(id).expect("a push of the history"));
        let (socket, ..) = &self.sockets[example.socket.index()];
        let user = &self.users[example.user.index()];
        assert_eq!(example.app, app(user), "{example:?}");
        assert!(!example.detail.is_empty() && example.detail.len() < 300);
        let time = |time: Option<Time>| time.map_or("-".to_owned(), |t| t.as_nanos().to_string());
        format!(
            "{} {} {socket} {user} as {} sent={} answered={} arrived={}",
            example.class.name(),
            push.map_or("-", |(name, _)| name),
            example.event,
            time(example.sent.map(|push| push.sent)),
            time(example.answered),
            time(example.arrived),
        )
    }
}

fn app(name: &str) -> AppId {
    AppId(u32::from(name.starts_with("two:")))
}
