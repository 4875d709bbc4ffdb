//! Scenarios that lie over others: what a file, variables, flags and settings say, one over the other.

use std::collections::BTreeMap;

use super::contract::{Connect, Login, Logout, Tls, Trigger};
use super::file::{Churn, Clients, File, Generator, Platform, Pushes, Target, Users, Verify};
use super::neglect::{Mute, Slow, Stuck};
use super::phases::Phases;
use super::{jwt, refused, requests};

impl File {
    /// This scenario with every key that `over` sets taken from there. Thresholds and conditions add up: what lies over a scenario
    /// takes none of its gates away.
    #[must_use]
    pub fn overlaid(self, over: Self) -> Self {
        Self {
            seed: over.seed.or(self.seed),
            thresholds: both(self.thresholds, over.thresholds),
            abort_on: both(self.abort_on, over.abort_on),
            target: self.target.overlaid(over.target.clone()),
            shown: match (self.shown, over.shown) {
                (Some(shown), Some(over)) => Some(Box::new(shown.overlaid(*over))),
                (Some(shown), None) => Some(Box::new(shown.overlaid(over.target))),
                (None, shown) => shown,
            },
            loaded: over.loaded.or(self.loaded),
            by_hand: over.by_hand.or(self.by_hand),
            users: Users {
                login_rate: over.users.login_rate.or(self.users.login_rate),
                list: over.users.list.or(self.users.list),
                file: over.users.file.or(self.users.file),
                command: over.users.command.or(self.users.command),
                token: over.users.token.or(self.users.token),
                jwt: match (self.users.jwt, over.users.jwt) {
                    (Some(jwt), Some(over)) => Some(jwt.overlaid(over)),
                    (jwt, over) => over.or(jwt),
                },
                refused: match (self.users.refused, over.users.refused) {
                    (Some(refused), Some(over)) => Some(refused.overlaid(over)),
                    (refused, over) => over.or(refused),
                },
                count: over.users.count.or(self.users.count),
                sockets_per_user: over.users.sockets_per_user.or(self.users.sockets_per_user),
                connect_rate: over.users.connect_rate.or(self.users.connect_rate),
                name: over.users.name.or(self.users.name),
                password: over.users.password.or(self.users.password),
            },
            pushes: Pushes {
                mode: over.pushes.mode.or(self.pushes.mode),
                count: over.pushes.count.or(self.pushes.count),
                rate: over.pushes.rate.or(self.pushes.rate),
                lanes: over.pushes.lanes.or(self.pushes.lanes),
                duration: over.pushes.duration.or(self.pushes.duration),
                stages: over.pushes.stages.or(self.pushes.stages),
                arrivals: over.pushes.arrivals.or(self.pushes.arrivals),
                burst: over.pushes.burst.or(self.pushes.burst),
                broadcast: over.pushes.broadcast.or(self.pushes.broadcast),
                audience: over.pushes.audience.or(self.pushes.audience),
                zipf_exponent: over.pushes.zipf_exponent.or(self.pushes.zipf_exponent),
                user: over.pushes.user.or(self.pushes.user),
                absent: over.pushes.absent.or(self.pushes.absent),
                foreign: over.pushes.foreign.or(self.pushes.foreign),
                events: over.pushes.events.or(self.pushes.events),
                shapes: over.pushes.shapes.or(self.pushes.shapes),
                payloads: over.pushes.payloads.or(self.pushes.payloads),
                size: over.pushes.size.or(self.pushes.size),
            },
            phases: Phases {
                ramp: over.phases.ramp.or(self.phases.ramp),
                ramp_from: over.phases.ramp_from.or(self.phases.ramp_from),
                steady: over.phases.steady.or(self.phases.steady),
                settle: over.phases.settle.or(self.phases.settle),
            },
            report: self.report.overlaid(over.report),
            verify: Verify {
                ordering: over.verify.ordering.or(self.verify.ordering),
                deadline: over.verify.deadline.or(self.verify.deadline),
                settle: over.verify.settle.or(self.verify.settle),
            },
            platform: Platform {
                nodes: over.platform.nodes.or(self.platform.nodes),
                recovery: over.platform.recovery.or(self.platform.recovery),
                faults: over.platform.faults.or(self.platform.faults),
                fault_seed: over.platform.fault_seed.or(self.platform.fault_seed),
                fault_users: over.platform.fault_users.or(self.platform.fault_users),
                fault_delay: over.platform.fault_delay.or(self.platform.fault_delay),
                limit_deliveries_per_s: over
                    .platform
                    .limit_deliveries_per_s
                    .or(self.platform.limit_deliveries_per_s),
                limit_sockets: over.platform.limit_sockets.or(self.platform.limit_sockets),
            },
            generator: Generator {
                workers: over.generator.workers.or(self.generator.workers),
                source_addrs: over.generator.source_addrs.or(self.generator.source_addrs),
            },
            clients: self.clients.overlaid(&over.clients),
            churn: match (self.churn, over.churn) {
                (Some(churn), Some(over)) => Some(churn.overlaid(&over)),
                (churn, over) => over.or(churn),
            },
            requests: both_of(self.requests, over.requests, requests::Section::overlaid),
            conformance: self.conformance.overlaid(over.conformance),
        }
    }
}

impl Clients {
    fn overlaid(self, over: &Self) -> Self {
        // Whichever of the two lies over takes the place of both.
        Self {
            driver: over.driver.or(self.driver),
            transport: over.transport.or(self.transport),
            transports: match (self.transports, over.transports) {
                (Some(under), Some(over)) => Some(under.overlaid(over)),
                (under, over) => over.or(under),
            },
            reconnect: over.reconnect.or(self.reconnect),
            reconnect_delay: over.reconnect_delay.or(self.reconnect_delay),
            reconnect_delay_max: over.reconnect_delay_max.or(self.reconnect_delay_max),
            reconnect_jitter: over.reconnect_jitter.or(self.reconnect_jitter),
            reconnect_attempts: over.reconnect_attempts.or(self.reconnect_attempts),
            recovery: over.recovery.or(self.recovery),
            drops: over.drops.or(self.drops),
            slow: both_of(self.slow, over.slow, |under, over| Slow {
                share: over.share.or(under.share),
                read_rate: over.read_rate.or(under.read_rate),
            }),
            stuck: both_of(self.stuck, over.stuck, |under, over| Stuck {
                share: over.share.or(under.share),
                after: over.after.or(under.after),
            }),
            mute: both_of(self.mute, over.mute, |under, over| Mute {
                share: over.share.or(under.share),
                after: over.after.or(under.after),
            }),
        }
    }
}

impl jwt::Section {
    fn overlaid(self, over: Self) -> Self {
        Self {
            algorithm: over.algorithm.or(self.algorithm),
            secret: over.secret.or(self.secret),
            key: over.key.or(self.key),
            claims: over.claims.or(self.claims),
            lifetime: over.lifetime.or(self.lifetime),
        }
    }
}

impl refused::Section {
    fn overlaid(self, over: Self) -> Self {
        Self {
            share: over.share.or(self.share),
            kind: over.kind.or(self.kind),
            after: over.after.or(self.after),
        }
    }
}

impl Churn {
    fn overlaid(self, over: &Self) -> Self {
        Self {
            rate: over.rate.or(self.rate),
            away: over.away.or(self.away),
            share: over.share.or(self.share),
            abrupt: over.abrupt.or(self.abrupt),
            linger: over.linger.or(self.linger),
            storm_every: over.storm_every.or(self.storm_every),
            storm_share: over.storm_share.or(self.storm_share),
        }
    }
}

fn both_of<T>(under: Option<T>, over: Option<T>, overlaid: impl FnOnce(T, T) -> T) -> Option<T> {
    match (under, over) {
        (Some(under), Some(over)) => Some(overlaid(under, over)),
        (under, over) => over.or(under),
    }
}

fn both(under: Option<Vec<String>>, over: Option<Vec<String>>) -> Option<Vec<String>> {
    match (under, over) {
        (Some(under), Some(over)) => Some([under, over].concat()),
        (under, over) => under.or(over),
    }
}

type Map = Option<BTreeMap<String, String>>;

impl Target {
    fn overlaid(self, over: Self) -> Self {
        Self {
            url: over.url.or(self.url),
            profile: over.profile.or(self.profile),
            apps: over.apps.or(self.apps),
            nodes: over.nodes.or(self.nodes),
            tls: Tls {
                ca: over.tls.ca.or(self.tls.ca),
                cert: over.tls.cert.or(self.tls.cert),
                key: over.tls.key.or(self.tls.key),
                insecure: over.tls.insecure.or(self.tls.insecure),
            },
            path: over.path.or(self.path),
            namespace: over.namespace.or(self.namespace),
            headers: maps(self.headers, over.headers),
            login: Login {
                enabled: over.login.enabled.or(self.login.enabled),
                method: over.login.method.or(self.login.method),
                path: over.login.path.or(self.login.path),
                headers: maps(self.login.headers, over.login.headers),
                body: over.login.body.or(self.login.body),
                session: over.login.session.or(self.login.session),
                retries: over.login.retries.or(self.login.retries),
                backoff: over.login.backoff.or(self.login.backoff),
            },
            logout: Logout {
                method: over.logout.method.or(self.logout.method),
                path: over.logout.path.or(self.logout.path),
                headers: maps(self.logout.headers, over.logout.headers),
                body: over.logout.body.or(self.logout.body),
            },
            connect: Connect {
                auth: over.connect.auth.or(self.connect.auth),
                query: maps(self.connect.query, over.connect.query),
                headers: maps(self.connect.headers, over.connect.headers),
            },
            trigger: Trigger {
                method: over.trigger.method.or(self.trigger.method),
                path: over.trigger.path.or(self.trigger.path),
                headers: maps(self.trigger.headers, over.trigger.headers),
                body: over.trigger.body.or(self.trigger.body),
                broadcast_path: over.trigger.broadcast_path.or(self.trigger.broadcast_path),
                broadcast_body: over.trigger.broadcast_body.or(self.trigger.broadcast_body),
                binary_body: over.trigger.binary_body.or(self.trigger.binary_body),
                everyone: over.trigger.everyone.or(self.trigger.everyone),
            },
            triggers: over.triggers.or(self.triggers),
        }
    }
}

/// Name by name.
fn maps(under: Map, over: Map) -> Map {
    match (under, over) {
        (Some(mut under), Some(over)) => {
            under.extend(over);
            Some(under)
        }
        (under, over) => over.or(under),
    }
}
