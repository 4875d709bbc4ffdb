//! The cases of the conformance suite that are about nodes which are not the embedded platform's: two of Node's, with Redis between them,
//! which are ended, cut off and lied to.

use std::sync::Arc;

use pushproof::conform::case::{self, Case};
use pushproof::conform::operate::{Acting, Operates};
use pushproof::conform::target::Target;
use pushproof::conform::{Options, run};
use pushproof::pool::Running;
use pushproof::scenario::Plan;
use pushproof::scenario::conformance::{Act, Operate, Section};
use pushproof::scenario::file::File;
use pushproof::summary::conformance::Outcome;
use support::peers::Peer;
use support::redis::Redis;
use tokio::sync::{Mutex, watch};

mod support;

/// The users of Redis that the nodes are.
const USERS: [&str; 2] = ["first", "second"];

/// Two nodes, and another deployment beside them.
struct Nodes {
    redis: Mutex<Redis>,
    both: [Peer; 2],
    neighbour: Peer,
}

impl Nodes {
    async fn start(flags: &[&str], key: &str) -> Arc<Self> {
        let redis = Redis::start().await;
        for user in USERS {
            redis.let_in(user).await;
        }
        let node = async |user: &str, key: &str| {
            let url = redis.url_of(user);
            let own = ["--redis", url.as_str(), "--key", key];
            Peer::spawn_node("cluster.mjs", &[&own[..], flags].concat()).await
        };
        let both = [node(USERS[0], "ours").await, node(USERS[1], "ours").await];
        let neighbour = node(USERS[0], key).await;
        Arc::new(Self {
            redis: Mutex::new(redis),
            both,
            neighbour,
        })
    }

    /// Another Redis, in place of what is there.
    async fn start_bus(redis: &mut Redis) {
        redis.kill().await;
        redis.restart().await;
        for user in USERS {
            redis.let_in(user).await;
        }
    }

    async fn carry_out(&self, act: Act) -> Result<(), String> {
        let mut redis = self.redis.lock().await;
        match act {
            Act::StopBus => redis.kill().await,
            // The nodes live on, and know nobody who was let in before the bus was ended.
            Act::Start | Act::StartBus => Self::start_bus(&mut redis).await,
            Act::CutNode(node) => redis.lock_out(USERS[node]).await,
            Act::JoinNode(node) => redis.let_in(USERS[node]).await,
            other => return Err(format!("{other}: not here")),
        }
        Ok(())
    }
}

impl Operates for Nodes {
    fn can(&self, act: Act) -> bool {
        use Act::{CutNode, JoinNode, Start, StartBus, StopBus};
        matches!(act, Start | StopBus | StartBus | CutNode(_) | JoinNode(_))
    }

    fn act(&self, act: Act) -> Acting<'_> {
        Box::pin(self.carry_out(act))
    }
}

fn of_the_bus() -> Vec<&'static Case> {
    let ids = ["MN-06", "MN-07", "MN-10", "MN-11"];
    case::all()
        .filter(|case| ids.contains(&case.about.id))
        .collect()
}

/// What comes of these cases at nodes with these flags: each with its outcome's name.
async fn come_to(cases: &[&'static Case], flags: &[&str], key: &str) -> Vec<String> {
    let nodes = Nodes::start(flags, key).await;
    let file = File {
        conformance: Section {
            bus: Some(nodes.redis.lock().await.url()),
            neighbour: Some(nodes.neighbour.url().to_owned()),
            operate: Some(Operate {
                within: Some("20s".parse().expect("a time")),
                ..Operate::default()
            }),
            ..Section::default()
        },
        ..File::default()
    };
    let plan = Plan {
        nodes: vec![nodes.both[1].url().to_owned()],
        ..Plan::from_file(&file, 1).expect("a plan")
    };
    let by: Arc<dyn Operates> = nodes.clone();
    let target = Target::operated(nodes.both[0].url(), &Arc::new(plan), true, Some(by)).await;
    let options = Options {
        destructive: true,
        ..Options::default()
    };
    let (_stop, stopped) = watch::channel(false);
    let target = target.expect("a target");
    let running = Running::default();
    let suite = run(cases, target, options, &running, stopped, |_| {}).await;
    let rows = suite.rows.iter().map(|row| match &row.outcome {
        Outcome::Pass => format!("{} pass", row.about.id),
        other => {
            eprintln!("{} {}: {}", row.about.id, other.name(), other.detail());
            format!("{} {}", row.about.id, other.name())
        }
    });
    rows.collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Node and Python peers: run ci/check (or ci/install-peers, then cargo test -- --ignored)"]
async fn what_happens_on_a_bus_is_told() {
    let all = of_the_bus();
    assert_eq!(
        come_to(&all, &["--strict"], "theirs").await,
        ["MN-06 pass", "MN-07 pass", "MN-10 pass", "MN-11 pass"]
    );
    // As it comes, what a node takes while it is cut off reaches nobody elsewhere.
    let alone = |id: &str| -> Vec<_> {
        let all = all.iter().copied();
        all.filter(|case| case.about.id == id).collect()
    };
    for (id, flags, key, due) in [
        ("MN-07", &[][..], "theirs", "MN-07 non-strict"),
        (
            "MN-06",
            &["--fault", "swallow-when-bus-down"],
            "theirs",
            "MN-06 fail",
        ),
        ("MN-10", &[], "ours", "MN-10 fail"),
        (
            "MN-11",
            &["--strict", "--fault", "unsafe-decode"],
            "theirs",
            "MN-11 non-strict",
        ),
    ] {
        assert_eq!(come_to(&alone(id), flags, key).await, [due], "{flags:?}");
    }
}
