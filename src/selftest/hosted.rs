//! A platform inside this process, which cases can end and bring back.

use core::net::SocketAddr;
use std::sync::Arc;

use tokio::sync::Mutex;

use crate::conform::operate::{Acting, Operates};
use crate::platform::{Platform, PlatformConfig};
use crate::scenario::conformance::Act;

/// A platform of several nodes. They keep their addresses.
pub(super) struct Hosted {
    config: PlatformConfig,
    addresses: Vec<SocketAddr>,
    /// The nodes that are there, the first one first.
    nodes: Mutex<Vec<Option<Platform>>>,
}

impl Hosted {
    /// Starts so many nodes.
    pub(super) async fn start(nodes: usize, config: PlatformConfig) -> Result<Arc<Self>, String> {
        let started = Platform::start_nodes(nodes, &config).await;
        let started = started.map_err(|error| error.to_string())?;
        Ok(Arc::new(Self {
            config,
            addresses: started.iter().map(Platform::address).collect(),
            nodes: Mutex::new(started.into_iter().map(Some).collect()),
        }))
    }

    /// The base URL of each node.
    pub(super) fn urls(&self) -> Vec<String> {
        let urls = self.addresses.iter();
        urls.map(|address| format!("http://{address}")).collect()
    }

    /// Ends it.
    pub(super) async fn end(&self) {
        // The others end with the first.
        let nodes = std::mem::take(&mut *self.nodes.lock().await);
        for node in nodes.into_iter().flatten() {
            node.stop().await;
        }
    }

    async fn carry_out(&self, act: Act) -> Result<(), String> {
        let mut take = None;
        if let Some(node) = act.node() {
            take = self.nodes.lock().await.get_mut(node).and_then(Option::take);
        }
        match (act, take) {
            (Act::Stop, _) => self.end().await,
            (Act::Start, _) => {
                self.end().await;
                let started = Platform::start_nodes_at(&self.addresses, &self.config).await;
                let started = started.map_err(|error| error.to_string())?;
                *self.nodes.lock().await = started.into_iter().map(Some).collect();
            }
            (Act::KillNode(_), Some(node)) => node.kill().await,
            (Act::StopNode(_), Some(node)) => node.stop().await,
            _ => return Err(format!("{act}: there is no such thing here")),
        }
        Ok(())
    }
}

impl Operates for Hosted {
    fn can(&self, act: Act) -> bool {
        match act {
            Act::Stop | Act::Start => true,
            // All others end with the first.
            Act::KillNode(node) | Act::StopNode(node) => node > 0 && node < self.addresses.len(),
            _ => false,
        }
    }

    fn act(&self, act: Act) -> Acting<'_> {
        Box::pin(self.carry_out(act))
    }
}
