//! What a target has to have for a case to say anything of it, and whether one has it.

use std::time::Duration;

use crate::scenario::Plan;
use crate::scenario::conformance::Act;
use crate::scenario::profile::Profile;
use crate::scenario::triggers::{Emitter, Way};
use crate::scenario::units::Span;
use crate::summary::conformance::Outcome;

/// What a target has to have for a case to say anything of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Capability {
    /// HTTP long-polling.
    Polling,
    /// WebSocket.
    WebSocket,
    /// Somebody who is let in.
    Login,
    /// That those who show nothing good are refused.
    Refuses,
    /// A way to end a session.
    Logout,
    /// What a socket shows whose session has ended.
    Expired,
    /// That it is said what becomes of the sockets of a session that ends.
    SessionEnd,
    /// That users of any name can log in.
    AnyUser,
    /// A second app with users of the same names.
    OtherApp,
    /// Further namespaces.
    Namespaces,
    /// Events that are answered with what they were sent with.
    Echo,
    /// A way to ask for pushes.
    Push,
    /// That it is said what becomes of a push at who is not there.
    Offline,
    /// Connection state recovery.
    Recovery,
    /// Several nodes.
    Nodes,
    /// A time within which a connection has to join a namespace.
    ConnectTimeout,
    /// A time within which an upgrade has to be finished.
    UpgradeTimeout,
    /// A time within which attachments have to come.
    AssemblyTimeout,
    /// A time within which a request has to be all there.
    RequestTimeout,
    /// A time within which others have their pushes.
    Bound,
    /// Pages that may talk to it, where others may not.
    Origin,
    /// A number of bytes that may wait for a client.
    QueueBytes,
    /// A number of connections that a node holds at most.
    Connections,
    /// A way to end it in order, and to bring it back.
    Stop,
    /// A way to end one node at once.
    KillNode,
    /// A way to end one node in order.
    StopNode,
    /// A way to cut one node off the bus, and to let it back.
    CutNode,
    /// A way to end the bus, and to bring it back.
    StopBus,
    /// A bus that can be spoken to.
    Bus,
    /// Another deployment on the same bus.
    Neighbour,
}

impl Capability {
    /// All of them.
    const ALL: [Self; 30] = [
        Self::Polling,
        Self::WebSocket,
        Self::Login,
        Self::Refuses,
        Self::Logout,
        Self::Expired,
        Self::SessionEnd,
        Self::AnyUser,
        Self::OtherApp,
        Self::Namespaces,
        Self::Echo,
        Self::Push,
        Self::Offline,
        Self::Recovery,
        Self::Nodes,
        Self::ConnectTimeout,
        Self::UpgradeTimeout,
        Self::AssemblyTimeout,
        Self::RequestTimeout,
        Self::Bound,
        Self::Origin,
        Self::QueueBytes,
        Self::Connections,
        Self::Stop,
        Self::KillNode,
        Self::StopNode,
        Self::CutNode,
        Self::StopBus,
        Self::Bus,
        Self::Neighbour,
    ];

    /// Why it is lacking, and what to write if it is not.
    pub const fn lacking(self) -> &'static str {
        match self {
            Self::Polling => "the target has no long-polling",
            Self::WebSocket => "the target has no WebSocket",
            Self::Login => "nobody is let in",
            Self::Refuses => "the target is not said to refuse anybody (conformance.refuses)",
            Self::Logout => "the target is not said to have sessions (target.login, target.logout)",
            Self::Expired => {
                "no session that has ended is named (conformance.expired), and none can be ended (target.logout)"
            }
            Self::SessionEnd => {
                "it is not said what becomes of sockets whose session ends (conformance.session_end)"
            }
            Self::AnyUser => "users of any name cannot log in (conformance.any_password)",
            Self::OtherApp => "no second app is named (conformance.other_app)",
            Self::Namespaces => "no further namespace is named (conformance.namespaces)",
            Self::Echo => "no echo event is named (conformance.echo)",
            Self::Push => "it is not said how a push is asked for (target.trigger)",
            Self::Offline => {
                "it is not said what becomes of pushes at users who are not there (conformance.offline)"
            }
            Self::Recovery => "the target does not offer connection state recovery",
            Self::Nodes => "only one node is named (target.nodes)",
            Self::ConnectTimeout => {
                "no time to join a namespace is stated (conformance.connect_timeout)"
            }
            Self::UpgradeTimeout => {
                "no time for an upgrade is stated (conformance.upgrade_timeout)"
            }
            Self::AssemblyTimeout => {
                "no time for attachments is stated (conformance.assembly_timeout)"
            }
            Self::RequestTimeout => "no time for a request is stated (conformance.request_timeout)",
            Self::Bound => {
                "no time is stated within which others have their pushes (conformance.bound)"
            }
            Self::Origin => {
                "no origin is named that may talk to the target where others may not (conformance.origin)"
            }
            Self::QueueBytes => {
                "it is not stated how much may wait for a client (conformance.queue_bytes)"
            }
            Self::Connections => {
                "it is not stated how many connections a node holds (conformance.connections)"
            }
            Self::Stop => "it is not said how the target is ended (conformance.operate.stop)",
            Self::KillNode => "it is not said how a node is killed (conformance.operate.kill_node)",
            Self::StopNode => "it is not said how a node is ended (conformance.operate.stop_node)",
            Self::CutNode => {
                "it is not said how a node is cut off the bus (conformance.operate.cut_node and join_node)"
            }
            Self::StopBus => {
                "it is not said how the bus is ended (conformance.operate.stop_bus and start_bus)"
            }
            Self::Bus => "no bus is named that can be spoken to (conformance.bus)",
            Self::Neighbour => {
                "no other deployment on the same bus is named (conformance.neighbour)"
            }
        }
    }
}

/// What a target lacks, and why.
#[derive(Debug, Default)]
pub(super) struct Offers {
    lacks: Vec<(Capability, Outcome)>,
}

impl Offers {
    /// What a plan says of it. What has to be tried is taken to be there.
    pub(super) fn said(plan: &Plan) -> Self {
        let mut offers = Self::default();
        for what in Capability::ALL {
            if !says(plan, what) {
                offers.lack(what, Outcome::Skip(what.lacking().to_owned()));
            }
        }
        offers
    }

    /// It is not there after all; what comes of cases that need it.
    pub(super) fn lack(&mut self, what: Capability, outcome: Outcome) {
        if self.lacking(what).is_none() {
            self.lacks.push((what, outcome));
        }
    }

    /// It is there after all.
    pub(super) fn have(&mut self, what: Capability) {
        self.lacks.retain(|(lack, _)| *lack != what);
    }

    /// What comes of a case that needs this, if it is not there.
    pub(super) fn lacking(&self, what: Capability) -> Option<&Outcome> {
        let mut lacks = self.lacks.iter();
        lacks.find(|(lack, _)| *lack == what).map(|(_, why)| why)
    }
}

impl Capability {
    /// What has to be possible for this, where it is something that can be done to a target.
    pub(super) const fn acts(self) -> &'static [Act] {
        match self {
            Self::Stop => &[Act::Stop, Act::Start],
            // No node is asked for but those behind the first.
            Self::KillNode => &[Act::KillNode(1), Act::Start],
            Self::StopNode => &[Act::StopNode(1), Act::Start],
            Self::CutNode => &[Act::CutNode(1), Act::JoinNode(1), Act::Start],
            Self::StopBus => &[Act::StopBus, Act::StartBus, Act::Start],
            _ => &[],
        }
    }

    /// Those that are something that can be done to a target.
    pub(super) fn of_acts() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(|what| !what.acts().is_empty())
    }
}

fn says(plan: &Plan, what: Capability) -> bool {
    let (section, contract) = (&plan.conformance, &plan.contract);
    let stated = |span: Option<Span>| span.is_some_and(|span| span.0 > Duration::ZERO);
    let shows = contract.login.is_some()
        || !contract.auth.is_empty()
        || !contract.query.is_empty()
        || !contract.handshake.is_empty();
    match what {
        // These are tried.
        Capability::Polling | Capability::WebSocket | Capability::Login | Capability::Recovery => {
            true
        }
        Capability::Refuses => section.refuses.unwrap_or(shows),
        Capability::Logout => contract.login.is_some(),
        Capability::Expired => section.expired.is_some() || contract.login.is_some(),
        Capability::SessionEnd => section.session_end.is_some(),
        Capability::AnyUser => section.any_password.is_some(),
        Capability::OtherApp => section.other_app.is_some() || plan.apps.len() > 1,
        Capability::Namespaces => section
            .namespaces
            .as_ref()
            .is_some_and(|all| !all.is_empty()),
        Capability::Echo => section.echo.is_some(),
        Capability::Push => {
            let given = &contract.given;
            let by_users =
                matches!(&contract.triggers[0].way, Way::Socket(way) if way.from == Emitter::Users);
            !by_users && (given.profile != Some(Profile::Socketio) || given.says_how_to_push())
        }
        Capability::Offline => section.offline.is_some(),
        Capability::Nodes => !plan.nodes.is_empty() || plan.platform_nodes > 1,
        Capability::ConnectTimeout => stated(section.connect_timeout),
        Capability::UpgradeTimeout => stated(section.upgrade_timeout),
        Capability::AssemblyTimeout => stated(section.assembly_timeout),
        Capability::RequestTimeout => stated(section.request_timeout),
        Capability::Bound => stated(section.bound),
        Capability::Origin => section.origin.is_some(),
        Capability::QueueBytes => section.queue_bytes.is_some(),
        Capability::Connections => section.connections.is_some(),
        Capability::Stop
        | Capability::KillNode
        | Capability::StopNode
        | Capability::CutNode
        | Capability::StopBus => {
            let said = |act: &Act| {
                section
                    .operate
                    .as_ref()
                    .is_some_and(|by| by.command(*act).is_some())
            };
            what.acts().iter().all(said)
        }
        Capability::Bus => section.bus.is_some(),
        Capability::Neighbour => section.neighbour.is_some(),
    }
}
