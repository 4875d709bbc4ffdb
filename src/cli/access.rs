//! What of this machine the way to a target takes: the files of certificates that a scenario names, and the proxies that the environment
//! names.

use std::sync::Arc;

use clap::Args;

use super::files;
use crate::run::check_certificates;
use crate::scenario::access::{Access, Proxies};
use crate::scenario::contract::Tls;
use crate::scenario::{Plan, Problem};

/// Whom to trust, where the target's URL is `https://`.
#[derive(Debug, Args)]
pub(super) struct TlsArgs {
    /// A file of certificates (PEM) whose issuers are trusted besides the usual authorities, where the target is https://.
    #[arg(long, value_name = "FILE", env = "PUSHPROOF_CA")]
    ca: Option<String>,
    /// Take the certificate of an https:// target unseen: anybody could be in its place. The reports say so.
    #[arg(long, env = "PUSHPROOF_INSECURE", value_parser = clap::builder::FalseyValueParser::new())]
    insecure: bool,
}

impl TlsArgs {
    /// The same as a section of a scenario that lies over another.
    pub(super) fn section(&self) -> Tls {
        Tls {
            ca: self.ca.clone(),
            insecure: self.insecure.then_some(true),
            ..Tls::default()
        }
    }
}

/// What a plan takes of this machine, or what is wrong with that.
pub(super) fn gather(plan: &Plan) -> Result<Arc<Access>, Vec<Problem>> {
    let tls = &plan.contract.given.tls;
    let mut problems = Vec::new();
    let mut read = |key: &'static str, path: &Option<String>| {
        let path = path.as_ref()?;
        let read = std::fs::read(path);
        read.map_err(|error| {
            let why = format!("{} cannot be read: {error}", named(plan, key));
            problems.push(Problem::new(key, why));
        })
        .ok()
    };
    let ca = read("target.tls.ca", &tls.ca);
    let cert = read("target.tls.cert", &tls.cert);
    let key = read("target.tls.key", &tls.key);
    let urls = plan.target.iter().chain(&plan.nodes);
    let proxies = if urls.clone().next().is_some() {
        Proxies::of(&|name| std::env::var(name).ok())
    } else {
        Ok(Proxies::default())
    };
    let proxies = proxies.unwrap_or_else(|why| {
        problems.push(Problem::new("target.url", why));
        Proxies::default()
    });
    if !problems.is_empty() {
        return Err(problems);
    }
    let access = Arc::new(Access {
        ca,
        identity: cert.zip(key),
        proxies,
    });
    let whole = Plan {
        access: Arc::clone(&access),
        ..plan.clone()
    };
    match check_certificates(&whole) {
        Ok(()) => Ok(access),
        Err((key, why)) => {
            let why = format!("{}: {why}", named(plan, key));
            Err(vec![Problem::new(key, why)])
        }
    }
}

/// The file under a key, as it was written: what a variable had in it is not shown.
fn named(plan: &Plan, key: &str) -> String {
    let tls = &plan.contract.shown.tls;
    let path = match key {
        "target.tls.ca" => &tls.ca,
        "target.tls.cert" => &tls.cert,
        _ => &tls.key,
    };
    path.clone().unwrap_or_default()
}

/// Says by which way the target is reached, where that is not what one would think.
pub(super) fn announce(plan: &Plan) {
    for line in plan.ways() {
        files::say(&line);
    }
    if let Some(unused) = plan.unused_tls() {
        files::say(&format!("note: {unused}"));
    }
    if plan.is_insecure() {
        files::say(
            "warning: the target's certificate is not verified (--insecure): whoever is in its place is measured, and gets the passwords",
        );
    }
}
