//! `tests/peers/cluster.mjs`, twice, and the Redis between them.

use serde_json::Value;

use super::peers::{Peer, within};
use super::redis::Redis;
use super::rest::Rest;

fn count(of: &Value, key: &str) -> u64 {
    of[key].as_u64().expect("a count")
}

/// Two nodes that are one system by way of Redis.
pub(crate) struct Cluster {
    pub(crate) redis: Redis,
    nodes: [Peer; 2],
}

impl Cluster {
    pub(crate) async fn start() -> Self {
        let redis = Redis::start().await;
        let url = redis.url();
        let flags = ["--redis", url.as_str()];
        let nodes = [
            Peer::spawn_node("cluster.mjs", &flags).await,
            Peer::spawn_node("cluster.mjs", &flags).await,
        ];
        Self { redis, nodes }
    }

    pub(crate) fn urls(&self) -> [&str; 2] {
        self.nodes.each_ref().map(Peer::url)
    }

    pub(crate) async fn truths(&self) -> [Value; 2] {
        let [one, other] = self.nodes.each_ref().map(|node| Rest::new(node.url()));
        let one = one.call("GET", "/truth", None).await.1;
        [one, other.call("GET", "/truth", None).await.1]
    }

    /// Events written to sockets by both nodes.
    pub(crate) async fn emitted(&self) -> u64 {
        self.truths()
            .await
            .iter()
            .map(|truth| count(truth, "emitted"))
            .sum()
    }

    /// Waits until the nodes have taken so many pushes more.
    pub(crate) async fn pushed(&self, more: u64) {
        let pushes = async || -> u64 {
            let truths = self.truths().await;
            truths.iter().map(|truth| count(truth, "pushes")).sum()
        };
        let begun = pushes().await;
        within("more pushes", async {
            while pushes().await < begun + more {
                tokio::task::yield_now().await;
            }
        })
        .await;
    }
}
