//! The settings of the platform that its flags ask for.

use std::time::Duration;

use super::ServeArgs;
use crate::cli::seed::random_name;
use crate::platform::{AppConfig, FaultConfig, Limits, Origins, PlatformConfig, QueueBounds};

/// Files that are not sockets: the process's own, and requests that log in or push while all sockets are taken.
const OTHER_FILES: u64 = 256;

/// The settings of this node, one of so many.
pub(super) fn config(args: &ServeArgs, nodes: usize, files: u64) -> Result<PlatformConfig, String> {
    if nodes > 1 && !args.faults.is_empty() {
        return Err(
            "a platform that misbehaves has one port: with several, nobody could count its harms exactly"
                .to_owned(),
        );
    }
    if nodes > 1 && args.admin {
        return Err(
            "--admin: the view shows one process, so a platform that has one has one port"
                .to_owned(),
        );
    }
    let place = args.node.unwrap_or_default();
    let share = |flag, limit| share(flag, limit, place, nodes);
    let limits = Limits {
        deliveries_per_s: share("--limit-deliveries-per-s", args.limit_deliveries_per_s)?,
        sockets: share("--limit-sockets", args.limit_sockets)?.map(|most| most as usize),
    };
    let defaults = PlatformConfig::default();
    let affordable = usize::try_from(files.saturating_sub(OTHER_FILES)).unwrap_or(usize::MAX);
    Ok(PlatformConfig {
        apps: apps(args, nodes)?,
        namespaces: namespaces(args),
        official_echo: args.official_echo,
        admin: args.admin.then(|| admin_token(args)).transpose()?,
        ping_interval: Duration::from_millis(args.ping_interval_ms),
        ping_timeout: Duration::from_millis(args.ping_timeout_ms),
        connect_timeout: Duration::from_millis(args.connect_timeout_ms),
        upgrade_timeout: Duration::from_millis(args.upgrade_timeout_ms),
        assembly_timeout: Duration::from_millis(args.assembly_timeout_ms),
        request_timeout: Duration::from_millis(args.request_timeout_ms),
        queue: QueueBounds {
            bytes: args.queue_bytes,
            ..defaults.queue
        },
        any_password: args.any_password.clone(),
        origins: if args.origins.is_empty() {
            Origins::Any
        } else {
            Origins::Only(args.origins.clone())
        },
        max_payload: args.max_payload,
        session_ttl: args.session_ttl,
        max_sockets: args
            .max_sockets
            .unwrap_or(defaults.max_sockets.min(affordable).max(1)),
        faults: FaultConfig {
            rates: args.faults.clone(),
            seed: args.fault_seed,
            users: args.fault_users.clone(),
            delay: args.fault_delay.unwrap_or(FaultConfig::DELAY),
        },
        mutants: args.mutants.iter().copied().collect(),
        limits,
        recovery: args.recovery_ms.map(Duration::from_millis),
        node_timeout: args.node_timeout,
        ..defaults
    })
}

/// Fewest characters of a token: what is shorter can be guessed.
const TOKEN: usize = 16;

/// What shows the view of `/admin`.
fn admin_token(args: &ServeArgs) -> Result<String, String> {
    let Some(token) = &args.admin_token else {
        return random_name().map_err(|error| format!("--admin: {error:#}"));
    };
    let plain = token
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || b"-._~".contains(&b));
    if token.len() < TOKEN || !plain {
        return Err(format!(
            "PUSHPROOF_ADMIN_TOKEN must be {TOKEN} characters or more, of letters, digits and - . _ ~"
        ));
    }
    Ok(token.clone())
}

/// The apps that are asked for.
fn apps(args: &ServeArgs, nodes: usize) -> Result<Vec<AppConfig>, String> {
    let Some(path) = &args.platform else {
        let built_in = || AppConfig::built_in().into_iter();
        return Ok(match &args.apps[..] {
            [] if args.official_echo => vec![AppConfig::named("demo"), AppConfig::named("other")],
            [] if nodes > 1 => built_in().map(AppConfig::without_data).collect(),
            [] => built_in().collect(),
            names => names.iter().map(AppConfig::named).collect(),
        });
    };
    let name = path.display().to_string();
    let text = std::fs::read_to_string(path)
        .map_err(|e| format!("--platform {name}: cannot be read: {e}"))?;
    let apps = AppConfig::read_all(&name, &text)
        .map_err(|e| format!("the platform cannot be served:\n{e}"))?;
    let stores = apps.iter().find(|app| !app.structures.is_empty());
    if let Some(app) = stores.filter(|_| nodes > 1) {
        return Err(format!(
            "--platform {name}: app {:?} has data structures, which are kept in one process: with several ports there can be none",
            app.name
        ));
    }
    Ok(apps)
}

/// The namespaces that are asked for, and the one of the official suites.
fn namespaces(args: &ServeArgs) -> Vec<String> {
    const OFFICIAL: &str = "/custom";
    let mut all = args.namespaces.clone();
    if args.official_echo && !all.iter().any(|name| name == OFFICIAL) {
        all.push(OFFICIAL.to_owned());
    }
    all
}

/// What a node has of a limit of the platform: all shares together are the limit, and the first ones have what does not divide.
pub(super) fn share(
    flag: &str,
    limit: Option<u32>,
    place: usize,
    nodes: usize,
) -> Result<Option<u32>, String> {
    let (Some(limit), Ok(nodes)) = (limit, u32::try_from(nodes)) else {
        return Ok(limit);
    };
    if limit < nodes {
        return Err(format!(
            "{flag} {limit} cannot be shared by {nodes} nodes; ask for at least {nodes}"
        ));
    }
    let more = u32::from(place < (limit % nodes) as usize);
    Ok(Some(limit / nodes + more))
}
