//! What a threshold can be about: the figures of the report, each with its unit and when it is known.
//!
//! The lists below are the only ones: names are read and suggested from them, docs/thresholds.md is compared with them, and the
//! matches over them in `summary` are exhaustive.

mod reference;

use std::fmt;

pub use reference::reference;

/// What a figure is measured in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Things, counted; `Some`: the name of the whole that `%` is a share of.
    Count(Option<&'static str>),
    /// Microseconds.
    Time,
    /// Bytes.
    Bytes,
    /// Times a second.
    PerSecond,
    /// Percent of one processor.
    Processor,
}

/// From when on a figure can be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    /// While the run goes on.
    Live,
    /// Once every user has arrived or failed to.
    Arrived,
    /// When judging is over.
    End,
}

/// One figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Fact {
    name: &'static str,
    unit: Unit,
    known: Known,
    about: &'static str,
}

macro_rules! figures {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $text:literal, $unit:expr, $known:ident, $about:literal;)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $name {
            $(#[doc = $about] $variant),+
        }

        impl $name {
            const ALL: &[Self] = &[$(Self::$variant),+];

            fn fact(self) -> Fact {
                match self {
                    $(Self::$variant => Fact {
                        name: $text,
                        unit: $unit,
                        known: Known::$known,
                        about: $about,
                    },)+
                }
            }
        }
    };
}

const PLAIN: Unit = Unit::Count(None);
const OF_WANTED: Unit = Unit::Count(Some("sockets.wanted"));
const OF_ATTEMPTED: Unit = Unit::Count(Some("logins.attempted"));
const OF_BAD: Unit = Unit::Count(Some("must_refuse.sockets"));
const OF_SCHEDULED: Unit = Unit::Count(Some("pushes.scheduled"));
const OF_REQUESTED: Unit = Unit::Count(Some("requests.scheduled"));
const OF_ASKED: Unit = Unit::Count(Some("requests.sent"));
const OF_EXPECTED: Unit = Unit::Count(Some("deliveries.expected"));
const OF_PAIRS: Unit = Unit::Count(Some("deliveries.pairs"));

figures! {
    /// Figures of `sockets`.
    SocketFigure {
        Wanted = "wanted", PLAIN, Live, "sockets of the scenario";
        Connected = "connected", OF_WANTED, Arrived, "sockets whose CONNECT was accepted, whatever became of them";
        Refused = "refused", OF_WANTED, Live, "sockets that did not get that far";
        Dropped = "dropped", OF_WANTED, Live, "connected sockets that ended without pushproof's doing";
        Left = "left", OF_WANTED, Live, "times that a socket left because the scenario says so";
        Reconnected = "reconnected", OF_WANTED, Live, "times that a socket came back";
        Recovered = "recovered", OF_WANTED, Live, "of these, the times that it went on where its last connection had ended, as the target said";
        Alive = "alive", OF_WANTED, End, "sockets connected when judging began, without those that had stopped reading";
        Stuck = "stuck", OF_WANTED, Live, "sockets that stopped reading because the scenario says so";
        Evicted = "evicted", OF_WANTED, Live, "times that the target ended a connection for what the scenario had it neglect";
        Overdue = "overdue", OF_WANTED, Live, "times that the target had not ended a connection for `pingInterval` + `pingTimeout` after a ping that was not answered";
    }
}

figures! {
    /// Figures of `logins`.
    LoginFigure {
        Attempted = "attempted", PLAIN, Live, "requests of logins";
        Retried = "retried", OF_ATTEMPTED, Live, "of these, the ones after a request of the same login that had failed";
        Failed = "failed", OF_ATTEMPTED, Live, "logins that gave no session in the end";
    }
}

figures! {
    /// Figures of `must_refuse`: sockets with credentials that are not good.
    RefusedFigure {
        Sockets = "sockets", PLAIN, Live, "sockets that the target has to refuse";
        Refused = "refused", OF_BAD, Live, "those that it refused";
        LetIn = "let_in", OF_BAD, Live, "those that it let in; any of them fails the run";
        Untried = "untried", OF_BAD, Live, "those that could not be tried";
    }
}

figures! {
    /// Figures of `pushes`.
    PushFigure {
        Scheduled = "scheduled", PLAIN, Live, "pushes of the schedule";
        Sent = "sent", OF_SCHEDULED, End, "pushes asked for";
        Accepted = "accepted", OF_SCHEDULED, End, "pushes that the target said yes to";
        Rejected = "rejected", OF_SCHEDULED, Live, "pushes that the target said no to";
        Unknown = "unknown", OF_SCHEDULED, Live, "pushes of which nobody knows: time-out, 5xx, connection lost";
        Absent = "absent", OF_SCHEDULED, End, "pushes sent at users whom no app has";
        Foreign = "foreign", OF_SCHEDULED, End, "pushes sent at users of another app than was asked";
        RejectedAtNobody = "rejected_at_nobody", OF_SCHEDULED, Live, "of those rejected, the ones at users of either kind";
        Missed = "missed", OF_SCHEDULED, End, "pushes never sent because their lanes waited for the target's answers";
        Rate = "rate", Unit::PerSecond, End, "accepted pushes for each second of pushing";
    }
}

figures! {
    /// Figures of `deliveries`.
    DeliveryFigure {
        Expected = "expected", PLAIN, End, "(push, socket) pairs that had to happen";
        Delivered = "delivered", OF_EXPECTED, End, "pairs in the audience that happened, each counted once";
        Allowed = "allowed", OF_EXPECTED, End, "pairs that were free to happen or not";
        Recovered = "recovered", OF_EXPECTED, End, "of those that happened, the ones that the socket had missed and got when it went on";
        Pairs = "pairs", PLAIN, End, "accepted pushes × sockets of their audience, connected or not: the five below and `lost` together";
        Came = "came", OF_PAIRS, End, "pairs that came at a connection of the socket";
        MissedAtDeath = "missed_at_death", OF_PAIRS, End, "pairs that did not come at a connection that died meanwhile";
        MissedAtChurn = "missed_at_churn", OF_PAIRS, End, "pairs that did not come at a connection that began or left meanwhile";
        MissedAtNeglect = "missed_at_neglect", OF_PAIRS, End, "pairs that did not come because the socket had stopped reading, or was ended for what it neglected";
        Away = "away", OF_PAIRS, End, "pairs pushed while the socket was away";
        Rate = "rate", Unit::PerSecond, End, "deliveries for each second of pushing";
        Violations = "violations", OF_EXPECTED, Live, "the nine classes below together";
        Lost = "lost", OF_EXPECTED, End, "violations of this class";
        Duplicated = "duplicated", OF_EXPECTED, Live, "violations of this class";
        Misdelivered = "misdelivered", OF_EXPECTED, Live, "violations of this class";
        Misrouted = "misrouted", OF_EXPECTED, Live, "violations of this class";
        Corrupted = "corrupted", OF_EXPECTED, Live, "violations of this class";
        Reordered = "reordered", OF_EXPECTED, Live, "violations of this class";
        Late = "late", OF_EXPECTED, Live, "violations of this class";
        Phantom = "phantom", OF_EXPECTED, Live, "violations of this class";
        Premature = "premature", OF_EXPECTED, Live, "violations of this class";
    }
}

figures! {
    /// Figures of `requests`: events that sockets emitted.
    RequestFigure {
        Scheduled = "scheduled", PLAIN, End, "requests of the schedule";
        Sent = "sent", OF_REQUESTED, End, "requests emitted; none is while its socket is away";
        Answered = "answered", OF_ASKED, End, "requests with the right answer";
        Wrong = "wrong", OF_ASKED, End, "requests with another answer; any of them fails the run";
        TimedOut = "timed_out", OF_ASKED, End, "requests without an answer in time although the socket stayed connected; any of them fails the run";
        Unanswered = "unanswered", OF_ASKED, End, "requests whose connection, or the run, ended before their answer";
        Unasked = "unasked", OF_ASKED, End, "acks that no request explains, or that had come before; any of them fails the run";
        Late = "late", OF_ASKED, End, "answers to requests that had timed out";
    }
}

figures! {
    /// The latencies of `latency`, each with the figures of [`Stat`].
    Timing {
        Push = "push", Unit::Time, Live, "deliveries, from the time the schedule wanted the push";
        PushFromSend = "push_from_send", Unit::Time, End, "deliveries, from when the push was sent";
        Network = "network", Unit::Time, End, "deliveries, from when the push was sent to the kernel's receive stamp; no samples where there are no such stamps";
        GeneratorDelay = "generator_delay", Unit::Time, End, "the same deliveries, from that stamp to when pushproof had them: how long they waited in the generator";
        Trigger = "trigger", Unit::Time, End, "from asking for a push to the answer";
        Request = "request", Unit::Time, End, "answers to requests of sockets, right or wrong, from the time the schedule wanted the request";
        RequestFromSend = "request_from_send", Unit::Time, End, "the same, from when the request was sent";
        Login = "login", Unit::Time, Live, "logins that gave a session, from the first request to the last answer";
        LoginAttempt = "login_attempt", Unit::Time, Live, "each request of a login, retries among them, to its answer or failure";
        Connect = "connect", Unit::Time, Live, "from the first byte of a socket's connection to the answer to CONNECT";
        FanoutFirst = "fanout_first", Unit::Time, Live, "broadcasts, from the time the schedule wanted the push to its first recipient";
        FanoutMedian = "fanout_median", Unit::Time, Live, "to its median recipient";
        FanoutLast = "fanout_last", Unit::Time, Live, "to its last recipient";
    }
}

figures! {
    /// The figures of one latency.
    Stat {
        Count = "count", PLAIN, End, "how many samples";
        Min = "min", Unit::Time, Live, "the smallest";
        Mean = "mean", Unit::Time, Live, "the mean";
        P50 = "p50", Unit::Time, Live, "the median";
        P90 = "p90", Unit::Time, Live, "90th percentile";
        P95 = "p95", Unit::Time, Live, "95th percentile";
        P99 = "p99", Unit::Time, Live, "99th percentile";
        P999 = "p999", Unit::Time, Live, "99.9th percentile";
        Max = "max", Unit::Time, Live, "the largest";
    }
}

figures! {
    /// Ways to split the deliveries.
    By {
        Event = "by_event", PLAIN, End, "an event name of the scenario";
        Audience = "by_audience", PLAIN, End, "`*` for broadcasts, `user` for pushes at one user";
        Trigger = "by_trigger", PLAIN, End, "a [trigger](triggers.md): `http`, or its name";
    }
}

figures! {
    /// Figures of `generator`. One that does not hold says that the generator was the limit.
    GeneratorFigure {
        Cpu = "cpu", Unit::Processor, End, "CPU used while pushing and settling, in percent of one processor";
        BusiestThread = "busiest_thread", Unit::Processor, End, "CPU used by its busiest thread while pushing";
        ScheduleLag = "schedule_lag_p99", Unit::Time, End, "how late pushes left that could have left, 99th percentile";
        LoopDelay = "loop_delay_p99", Unit::Time, End, "how late its event loops were, 99th percentile";
        Missed = "missed", OF_SCHEDULED, End, "pushes never sent because the generator was behind";
        Rss = "rss", Unit::Bytes, End, "resident memory at the end";
        BytesPerSocket = "bytes_per_socket", Unit::Bytes, End, "growth of resident memory while sockets connected, for each of them";
        OpenFiles = "open_files", PLAIN, End, "most file descriptors seen open";
    }
}

/// A figure of a part of the deliveries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PartFigure {
    /// Pushes sent.
    Pushes,
    /// Deliveries.
    Delivered,
    /// Their latency, from the time the schedule wanted the push.
    Push(Stat),
}

/// One figure of the report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Metric {
    /// `sockets.…`
    Sockets(SocketFigure),
    /// `logins.…`
    Logins(LoginFigure),
    /// `must_refuse.…`
    MustRefuse(RefusedFigure),
    /// `pushes.…`
    Pushes(PushFigure),
    /// `deliveries.…`
    Deliveries(DeliveryFigure),
    /// `requests.…`
    Requests(RequestFigure),
    /// `latency.<which>.…`
    Latency(Timing, Stat),
    /// `by_event.<name>.…` and its relatives.
    Part(By, String, PartFigure),
    /// `generator.…`
    Generator(GeneratorFigure),
}

/// The kinds of audience, as reports name them: broadcasts, and pushes at one user.
pub const AUDIENCES: [&str; 2] = ["*", "user"];
/// What the trigger is called if there is but one.
pub const TRIGGERS: [&str; 1] = ["http"];

impl Metric {
    /// Every metric of a run with these event names, in the order of the documentation.
    pub fn all(events: &[String]) -> Vec<Self> {
        Self::of(events, &TRIGGERS.map(str::to_owned))
    }

    /// The same of a run with these triggers.
    pub fn of(events: &[String], triggers: &[String]) -> Vec<Self> {
        let mut all = Vec::new();
        all.extend(SocketFigure::ALL.iter().copied().map(Self::Sockets));
        all.extend(LoginFigure::ALL.iter().copied().map(Self::Logins));
        all.extend(RefusedFigure::ALL.iter().copied().map(Self::MustRefuse));
        all.extend(PushFigure::ALL.iter().copied().map(Self::Pushes));
        all.extend(DeliveryFigure::ALL.iter().copied().map(Self::Deliveries));
        all.extend(RequestFigure::ALL.iter().copied().map(Self::Requests));
        for timing in Timing::ALL {
            let stats = Stat::ALL.iter();
            all.extend(stats.map(|stat| Self::Latency(*timing, *stat)));
        }
        let owned = |names: &[&str]| names.iter().map(ToString::to_string).collect();
        for by in By::ALL {
            let names: Vec<String> = match by {
                By::Event => events.to_vec(),
                By::Audience => owned(&AUDIENCES),
                By::Trigger => triggers.to_vec(),
            };
            for name in names {
                for figure in PartFigure::all() {
                    all.push(Self::Part(*by, name.clone(), figure));
                }
            }
        }
        all.extend(GeneratorFigure::ALL.iter().copied().map(Self::Generator));
        all
    }

    /// Its name in parts.
    pub fn path(&self) -> Vec<&str> {
        let path: &[&str] = match self {
            Self::Sockets(figure) => &["sockets", figure.fact().name],
            Self::Logins(figure) => &["logins", figure.fact().name],
            Self::MustRefuse(figure) => &["must_refuse", figure.fact().name],
            Self::Pushes(figure) => &["pushes", figure.fact().name],
            Self::Deliveries(figure) => &["deliveries", figure.fact().name],
            Self::Requests(figure) => &["requests", figure.fact().name],
            Self::Latency(timing, stat) => &["latency", timing.fact().name, stat.fact().name],
            Self::Part(by, name, PartFigure::Push(stat)) => {
                &[by.fact().name, name, "push", stat.fact().name]
            }
            Self::Part(by, name, PartFigure::Pushes) => &[by.fact().name, name, "pushes"],
            Self::Part(by, name, PartFigure::Delivered) => &[by.fact().name, name, "delivered"],
            Self::Generator(figure) => &["generator", figure.fact().name],
        };
        path.to_vec()
    }

    /// What it is measured in.
    pub fn unit(&self) -> Unit {
        self.fact().unit
    }

    /// From when on it can be told.
    pub fn known(&self) -> Known {
        match self {
            Self::Latency(timing, stat) => match timing.fact().known {
                Known::Live => stat.fact().known,
                known => known,
            },
            Self::Part(..) => Known::End,
            _ => self.fact().known,
        }
    }

    fn fact(&self) -> Fact {
        match self {
            Self::Sockets(figure) => figure.fact(),
            Self::Logins(figure) => figure.fact(),
            Self::MustRefuse(figure) => figure.fact(),
            Self::Pushes(figure) => figure.fact(),
            Self::Deliveries(figure) => figure.fact(),
            Self::Requests(figure) => figure.fact(),
            Self::Latency(_, stat) | Self::Part(_, _, PartFigure::Push(stat)) => stat.fact(),
            Self::Part(_, _, PartFigure::Pushes | PartFigure::Delivered) => Stat::Count.fact(),
            Self::Generator(figure) => figure.fact(),
        }
    }
}

impl PartFigure {
    fn all() -> impl Iterator<Item = Self> {
        let stats = Stat::ALL.iter().copied().map(Self::Push);
        [Self::Pushes, Self::Delivered].into_iter().chain(stats)
    }
}

/// Whether a part of a name needs no quotes.
pub(super) fn is_bare(c: char) -> bool {
    !c.is_whitespace() && !".\"'<>=!".contains(c)
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, part) in self.path().iter().enumerate() {
            if n > 0 {
                f.write_str(".")?;
            }
            if !part.is_empty() && part.chars().all(is_bare) {
                f.write_str(part)?;
            } else {
                write!(f, "{part:?}")?;
            }
        }
        Ok(())
    }
}
