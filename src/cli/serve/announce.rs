//! What a platform says when it begins.

use std::io::Write as _;
use std::net::SocketAddr;

use anyhow::Context as _;

use crate::cli::files;
use crate::platform::{FaultRate, PlatformConfig};

/// One line for each node, for programs, on standard output, and what people may want to know on standard error.
pub(super) fn announce(addresses: &[SocketAddr], config: &PlatformConfig) -> anyhow::Result<()> {
    let address = addresses[0];
    let app = &config.apps[0].name;
    if !config.faults.rates.is_empty() {
        let rates: Vec<_> = config
            .faults
            .rates
            .iter()
            .map(FaultRate::to_string)
            .collect();
        files::say(&format!(
            "misbehaving: {} (seed {}); http://{address}/admin/faults tells what was done",
            rates.join(", "),
            config.faults.seed
        ));
    }
    if !address.ip().is_loopback() {
        files::say(
            "warning: other machines can reach this platform, over HTTP without TLS, and everybody knows the passwords of its users: it is for tests, in a network that you trust",
        );
    }
    files::say(&format!("the page: http://{address}/{}", people(config)));
    if let Some(token) = &config.admin {
        files::say(&format!("admin: http://{address}/admin#{token}"));
    }
    files::say("users user-0, user-1, … with passwords password-0, password-1, …; try:");
    files::say(&format!(
        "  curl 'http://{address}/good/api/v5/auth?appID={app}' -d '{{\"username\":\"user-0\",\"password\":\"password-0\"}}'"
    ));
    files::say(&format!(
        "  curl 'http://{address}/good/api/v5/data/push/send?appID={app}' -d '{{\"userID\":\"*\",\"eventName\":\"alert\",\"message\":\"hello\"}}'"
    ));
    let mut stdout = std::io::stdout().lock();
    addresses
        .iter()
        .try_for_each(|a| writeln!(stdout, "pushproof platform listening on http://{a}"))
        .and_then(|()| stdout.flush())
        .context("cannot write to standard output")
}

/// Who can log in at the page, if everybody is told how.
fn people(config: &PlatformConfig) -> String {
    let app = config.apps.iter().find(|app| app.hints);
    let user = app.and_then(|app| app.users.first());
    user.map_or_else(String::new, |(user, password)| {
        format!(" (log in as {user} with the password {password})")
    })
}
