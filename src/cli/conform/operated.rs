//! The embedded platform, which cases can end and bring back.

use std::sync::Arc;

use tokio::sync::Mutex;

use super::super::shown::Voice;
use super::targets::FLAGS;
use crate::conform::operate::{Acting, Operates};
use crate::run::embedded::{Embedded, EmbeddedError};
use crate::scenario::Plan;
use crate::scenario::conformance::Act;

/// A platform. It keeps its addresses.
pub(super) struct Operated {
    plan: Arc<Plan>,
    voice: Voice,
    urls: Vec<String>,
    /// It, while it is there.
    embedded: Mutex<Option<Embedded>>,
}

impl Operated {
    /// Starts the platform of a plan.
    pub(super) async fn start(plan: &Arc<Plan>, voice: Voice) -> Result<Arc<Self>, EmbeddedError> {
        let embedded = Embedded::start_with(plan, voice.says(), &FLAGS, &[]).await?;
        Ok(Arc::new(Self {
            plan: Arc::clone(plan),
            voice,
            urls: embedded.urls().to_vec(),
            embedded: Mutex::new(Some(embedded)),
        }))
    }

    /// The base URL of each node, the first one first.
    pub(super) fn urls(&self) -> &[String] {
        &self.urls
    }

    /// Ends it and waits until it is gone.
    pub(super) async fn end(&self) {
        if let Some(embedded) = self.embedded.lock().await.take() {
            embedded.stop().await;
        }
    }

    fn ports(&self) -> Vec<u16> {
        let ports = self.urls.iter().filter_map(|url| url.rsplit(':').next());
        ports.filter_map(|port| port.parse().ok()).collect()
    }

    async fn carry_out(&self, act: Act) -> Result<(), String> {
        match act {
            Act::Stop => self.end().await,
            Act::Start => {
                self.end().await;
                let embedded =
                    Embedded::start_with(&self.plan, self.voice.says(), &FLAGS, &self.ports())
                        .await;
                *self.embedded.lock().await = Some(embedded.map_err(|error| error.to_string())?);
            }
            Act::KillNode(node) | Act::StopNode(node) => {
                let mut embedded = self.embedded.lock().await;
                let embedded = embedded.as_mut().ok_or("the platform has ended")?;
                let in_order = matches!(act, Act::StopNode(_));
                let told = embedded.end_node(node, in_order).await;
                told.map_err(|error| format!("{act}: {error}"))?;
            }
            _ => return Err(format!("{act}: there is no such thing here")),
        }
        Ok(())
    }
}

impl Operates for Operated {
    fn can(&self, act: Act) -> bool {
        match act {
            Act::Stop | Act::Start => true,
            // All others end with the first.
            Act::KillNode(node) | Act::StopNode(node) => node > 0 && node < self.urls.len(),
            _ => false,
        }
    }

    fn act(&self, act: Act) -> Acting<'_> {
        Box::pin(self.carry_out(act))
    }
}
