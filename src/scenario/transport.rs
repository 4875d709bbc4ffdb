//! Which Engine.IO transport a socket speaks: one for all, or a mix by share.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::draws;
use super::problems::Problems;
use crate::ids::SocketId;

/// Tells the draws of this module from all others of a seed.
const DRAWS: u64 = 0x7472_616e_7370_6f72;
/// How far the shares of a mix may be from adding up to one: what is lost in writing them as decimals.
const SLACK: f64 = 1e-6;

/// How a socket's packets travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Transport {
    /// A WebSocket from the first byte on.
    #[default]
    WebSocket,
    /// HTTP long-polling for the socket's whole life.
    Polling,
    /// Long-polling first, then a WebSocket for the same session: what browsers do.
    Upgrade,
}

impl Transport {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::WebSocket, Self::Polling, Self::Upgrade];

    /// As it is written.
    pub fn name(self) -> &'static str {
        match self {
            Self::WebSocket => "websocket",
            Self::Polling => "polling",
            Self::Upgrade => "upgrade",
        }
    }
}

impl fmt::Display for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Transport {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|one| one.name() == text);
        found
            .ok_or_else(|| format!("{text:?} is no transport; write websocket, polling or upgrade"))
    }
}

/// A mix of transports, as written: the share of the sockets that speak each, 0 to 1; together 1. What is left out is 0.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Shares {
    /// A WebSocket from the first byte on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub websocket: Option<f64>,
    /// HTTP long-polling for the socket's whole life.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub polling: Option<f64>,
    /// Long-polling first, then a WebSocket for the same session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upgrade: Option<f64>,
}

impl Shares {
    pub(super) fn overlaid(self, over: Self) -> Self {
        Self {
            websocket: over.websocket.or(self.websocket),
            polling: over.polling.or(self.polling),
            upgrade: over.upgrade.or(self.upgrade),
        }
    }

    fn of(&self, transport: Transport) -> Option<f64> {
        match transport {
            Transport::WebSocket => self.websocket,
            Transport::Polling => self.polling,
            Transport::Upgrade => self.upgrade,
        }
    }
}

/// Who speaks which.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Transports {
    /// All sockets the same.
    One(Transport),
    /// By share.
    Mix(Shares),
}

impl Transports {
    /// What a scenario says. Should it say both, [`Transports::check`] tells.
    pub(super) fn new(transport: Option<Transport>, shares: Option<Shares>) -> Self {
        match (transport, shares) {
            (_, Some(shares)) => Self::Mix(shares),
            (one, None) => Self::One(one.unwrap_or_default()),
        }
    }

    /// As it would be written: one of the two keys.
    pub(super) fn written(self) -> (Option<Transport>, Option<Shares>) {
        match self {
            Self::One(one) => (Some(one), None),
            Self::Mix(shares) => (None, Some(shares)),
        }
    }

    pub(super) fn check(
        transport: Option<Transport>,
        shares: Option<&Shares>,
        problems: &mut Problems,
    ) {
        const MIX: &str = "clients.transports";
        let Some(shares) = shares else { return };
        if let Some(one) = transport {
            problems.add(
                "clients.transport",
                format!("{one} for all sockets, beside the mix in clients.transports; leave one of the two out"),
            );
        }
        let told = Transport::ALL.map(|one| (one, shares.of(one).unwrap_or_default()));
        for (one, share) in told {
            problems.check((0.0..=1.0).contains(&share), MIX, || {
                format!("{one} = {share} is no share; write a number from 0 to 1")
            });
        }
        let sum: f64 = told.iter().map(|(_, share)| share).sum();
        problems.check((sum - 1.0).abs() <= SLACK, MIX, || {
            format!("the shares add up to {sum}; make them add up to 1")
        });
    }

    /// The transport of a socket: nothing but the seed and the socket decides.
    pub fn of(&self, seed: u64, socket: SocketId) -> Transport {
        let shares = match self {
            Self::One(one) => return *one,
            Self::Mix(shares) => shares,
        };
        let drawn = draws::unit(&mut draws::of(seed, DRAWS, socket, 0));
        let mut sum = 0.0;
        let mut last = Transport::WebSocket;
        for one in Transport::ALL {
            let share = shares.of(one).unwrap_or_default();
            if share > 0.0 {
                last = one;
            }
            sum += share;
            if drawn < sum {
                return one;
            }
        }
        // Decimals that fall short of one by a hair.
        last
    }

    /// How many of the first so many sockets speak each.
    pub fn count(&self, seed: u64, sockets: u32) -> [(Transport, u64); 3] {
        let mut counts = Transport::ALL.map(|one| (one, 0));
        if let Self::One(one) = self {
            counts[*one as usize].1 = u64::from(sockets);
            return counts;
        }
        for socket in (0..sockets).map(SocketId) {
            counts[self.of(seed, socket) as usize].1 += 1;
        }
        counts
    }

    /// Whether every socket is a WebSocket from the first byte on.
    pub fn is_websocket(&self) -> bool {
        match self {
            Self::One(one) => *one == Transport::WebSocket,
            Self::Mix(shares) => [shares.polling, shares.upgrade]
                .into_iter()
                .flatten()
                .all(|share| share <= 0.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::file::File;
    use crate::scenario::{Plan, Reader};

    fn plan(text: &str) -> Result<Plan, Vec<String>> {
        let problems = Plan::from_file(&File::parse(text).unwrap(), 1);
        problems.map_err(|all| all.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn a_mix_is_the_seeds_and_keeps_its_shares() {
        let mix = "[clients.transports]\nwebsocket = 0.5\npolling = 0.2\nupgrade = 0.3\n";
        let transports = plan(mix).unwrap().clients.transports;
        let counts = transports.count(7, 10_000);
        for ((_, count), share) in counts.iter().zip([0.5, 0.2, 0.3]) {
            let off = (*count as f64 / 10_000.0 - share).abs();
            assert!(off < 0.02, "{counts:?}");
        }
        assert_eq!(counts.iter().map(|(_, count)| count).sum::<u64>(), 10_000);
        assert_eq!(counts, transports.count(7, 10_000));
        let differ = |socket| {
            let socket = SocketId(socket);
            transports.of(7, socket) != transports.of(8, socket)
        };
        assert!((0..100).any(differ));
        assert!(!transports.is_websocket());
    }

    #[test]
    fn one_for_all() {
        assert!(plan("").unwrap().clients.transports.is_websocket());
        let plan = plan("[clients]\ntransport = \"polling\"\n").unwrap();
        let polling = (Transport::Polling, 1_000);
        assert_eq!(plan.clients.transports.count(7, 1_000)[1], polling);
        let mix = Transports::Mix(Shares {
            upgrade: Some(1.0),
            ..Shares::default()
        });
        assert_eq!(mix.count(1, 500)[2], (Transport::Upgrade, 500));
    }

    #[test]
    fn what_cannot_be_is_told_with_its_key() {
        for (text, says) in [
            (
                "[clients]\ntransport = \"polling\"\n[clients.transports]\npolling = 1.0\n",
                "clients.transport: polling for all sockets, beside the mix",
            ),
            (
                "[clients.transports]\npolling = 0.2\nupgrade = 0.3\n",
                "clients.transports: the shares add up to 0.5; make them add up to 1",
            ),
            (
                "[clients.transports]\npolling = 1.5\nupgrade = -0.5\n",
                "clients.transports: polling = 1.5 is no share",
            ),
            (
                "[clients.transports]\npolling = nan\n",
                "clients.transports: polling = NaN is no share",
            ),
            (
                "[clients.transports]\n",
                "clients.transports: the shares add up to 0",
            ),
        ] {
            let told = plan(text).unwrap_err();
            assert!(told.iter().any(|one| one.contains(says)), "{told:?}");
        }
        let unknown = File::parse("[clients]\ntransport = \"sse\"\n").unwrap_err();
        assert!(
            unknown
                .to_string()
                .contains("`websocket`, `polling`, `upgrade`")
        );
        assert!(
            "ws".parse::<Transport>()
                .unwrap_err()
                .contains("polling or upgrade")
        );
    }

    #[test]
    fn a_plan_says_it_again() {
        for text in [
            "[clients]\ntransport = \"upgrade\"\n",
            "[clients.transports]\nwebsocket = 0.1\npolling = 0.2\nupgrade = 0.7\n",
        ] {
            let plan = plan(text).unwrap();
            let json = serde_json::to_string(&plan).unwrap();
            assert_eq!(serde_json::from_str::<Plan>(&json).unwrap(), plan, "{json}");
        }
    }

    #[test]
    fn a_flag_for_all_takes_the_place_of_a_mix_and_a_file_says_one_thing() {
        let file = |text| File::parse(text).unwrap();
        let mix = "[clients.transports]\nwebsocket = 0.5\npolling = 0.5\n";
        let mut reader = Reader::default();
        reader.read("mix.toml", mix, &|_| None);
        assert_eq!(reader.mistakes(), []);
        assert_eq!(reader.file(), &file(mix));
        reader.lay(file("[clients]\ntransport = \"polling\"\n"));
        assert_eq!(reader.file().clients.transports, None);
        assert!(Plan::from_file(reader.file(), 1).is_ok());
        let shares = file(mix).overlaid(file("[clients.transports]\nwebsocket = 0.2\n"));
        let told = Plan::from_file(&shares, 1).unwrap_err();
        assert!(told[0].to_string().contains("add up to 0.7"), "{told:?}");
    }
}
