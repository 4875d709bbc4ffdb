//! Runs against a target behind TLS: right ones pass over every transport and with workers, wrong ones are found exactly, and whatever
//! keeps a connection from being made is named.

use super::faults::{Served, held_to_the_truth};
use super::front::{Authority, Front, Issued, Speaks};
use super::library::shortened;
use super::support::{Done, Report, SMALL, Scratch, done, run};

const RIGHT: &str = "drop=1/1000000000";
const LOAD: &str = "[users]\ncount = 24\nsockets_per_user = 2\n[pushes]\nrate = \"150/s\"\nduration = \"2s\"\n[verify]\nsettle = \"4s\"\n";
/// Later than any run of this test.
const LATER: i32 = 2999;

/// A platform behind TLS.
struct Secured {
    served: Served,
    front: Front,
    scratch: Scratch,
    ca: String,
}

impl Secured {
    async fn start(faults: &str) -> Self {
        let authority = Authority::new();
        let shows = authority.issue(&["localhost", "127.0.0.1"], LATER);
        Self::with(faults, &authority, shows, Speaks::default()).await
    }

    async fn with(faults: &str, authority: &Authority, shows: Issued, speaks: Speaks<'_>) -> Self {
        let served = Served::start(faults).await;
        let front = Front::start(&served.address, shows, speaks).await;
        let scratch = Scratch::new();
        let ca = scratch.file("ca.pem", &authority.pem);
        Self {
            served,
            front,
            scratch,
            ca,
        }
    }

    fn url(&self) -> String {
        format!("https://127.0.0.1:{}", self.front.address.port())
    }

    /// A small run that is to end without having begun.
    async fn refused(&self, args: &[&str]) -> (Done, Report) {
        let path = self.scratch.path("report.json");
        let mut command = run(&SMALL);
        command.args(["--json", &path]).args(args);
        let done = done(command).await;
        let report = Report::read(&path);
        (done, report)
    }
}

/// A run that has to pass, with everything that was expected.
async fn clean(at: &Secured, load: &str, args: &[&str]) -> (Done, Report) {
    let path = at.scratch.path("report.json");
    let file = at.scratch.file("scenario.toml", load);
    let mut command = run(&[&file, "--seed", "7", "--json", &path]);
    command.args(["--target", &at.url()]).args(args);
    let done = done(command).await;
    let report = Report::read(&path);
    let context = format!("{done:?} {:#}", report.at("/deliveries"));
    assert_eq!(done.code, Some(0), "{context}");
    report.adds_up();
    assert_eq!(report.number("/deliveries/violations"), 0, "{context}");
    let expected = report.number("/deliveries/expected");
    assert!(expected > 0, "{context}");
    assert_eq!(report.number("/deliveries/delivered"), expected);
    (done, report)
}

#[tokio::test]
async fn a_run_over_tls_passes_with_stamps_of_the_kernel() {
    let at = Secured::start(RIGHT).await;
    let (_, report) = clean(&at, LOAD, &["--ca", &at.ca]).await;
    assert!(!report.at("/target/insecure").as_bool().unwrap());
    assert_eq!(report.text("/scenario/plan/target/tls/ca"), at.ca);
    // The first may be without: the kernel needs a moment before it stamps.
    if cfg!(target_os = "linux") {
        assert!(report.number("/latency/network/count") > 0);
    }
}

#[tokio::test]
async fn every_transport_travels_over_tls_and_workers_are_told_whom_to_trust() {
    let at = Secured::start(RIGHT).await;
    let mix =
        format!("{LOAD}[clients.transports]\nwebsocket = 0.3\npolling = 0.4\nupgrade = 0.3\n");
    let (_, report) = clean(&at, &mix, &["--ca", &at.ca, "--workers", "2"]).await;
    let by = |one: &str| report.number(&format!("/sockets/by_transport/{one}"));
    assert!(by("websocket") > 0 && by("polling") > 0 && by("upgrade") > 0);
    assert_eq!(report.number("/sockets/upgraded"), by("upgrade"));
}

#[tokio::test]
async fn payloads_of_many_records_arrive_over_the_older_version_too() {
    let authority = Authority::new();
    let shows = authority.issue(&["127.0.0.1"], LATER);
    let speaks = Speaks {
        old: true,
        ..Speaks::default()
    };
    let at = Secured::with(RIGHT, &authority, shows, speaks).await;
    let big = "[users]\ncount = 8\n[pushes]\nrate = \"5/s\"\nduration = \"4s\"\nbroadcast = 0.4\nsize = 80000\n[verify]\ndeadline = \"10s\"\nsettle = \"10s\"\n";
    clean(&at, big, &["--ca", &at.ca]).await;
}

#[tokio::test]
async fn what_is_said_of_tls_where_there_is_none_is_noted_and_no_mistake() {
    let at = Secured::start(RIGHT).await;
    let plain = format!("http://{}", at.served.address);
    let args = [&["--target", &plain, "--ca", &at.ca], &SMALL[..]].concat();
    let ended = done(run(&args)).await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let note = "note: target.tls.ca not used: no URL begins with https://";
    assert!(ended.stderr.contains(note), "{ended:?}");
    let mut command = run(&SMALL);
    command.env("PUSHPROOF_INSECURE", "1");
    let ended = done(command).await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let note = "note: target.tls.insecure not used: the embedded platform speaks plain HTTP";
    assert!(ended.stderr.contains(note), "{ended:?}");
    assert!(!ended.stderr.contains("warning"), "{ended:?}");
}

#[tokio::test]
async fn nodes_may_speak_tls_or_not() {
    let at = Secured::start(RIGHT).await;
    let plain = format!("http://{}", at.served.address);
    clean(&at, LOAD, &["--ca", &at.ca, "--target", &plain]).await;
}

#[tokio::test]
async fn faults_are_counted_exactly_over_tls() {
    let at = Secured::start("drop=1/40,duplicate=1/50,corrupt-digit=1/60").await;
    let args = ["--ca", &at.ca];
    let (truth, report) = held_to_the_truth(&at.served, &at.url(), &args, LOAD).await;
    assert!(truth.values().all(|injected| *injected > 0), "{truth:?}");
    assert!(report.number("/deliveries/lost") > 0);
}

#[tokio::test]
async fn an_insecure_run_says_so_everywhere() {
    let at = Secured::start(RIGHT).await;
    let (done, report) = clean(&at, LOAD, &["--insecure", "-q"]).await;
    assert!(
        done.stderr
            .contains("warning: the target's certificate is not verified")
    );
    assert!(report.at("/target/insecure").as_bool().unwrap());
    let (done, _) = clean(&at, LOAD, &["--insecure"]).await;
    assert!(done.stdout.contains("INSECURE"), "{done:?}");
}

#[tokio::test]
async fn a_certificate_of_ones_own_is_shown_to_who_asks() {
    let authority = Authority::new();
    let speaks = Speaks {
        asks: Some(&authority),
        ..Speaks::default()
    };
    let shows = authority.issue(&["127.0.0.1"], LATER);
    let at = Secured::with(RIGHT, &authority, shows, speaks).await;
    let own = authority.issue(&["generator"], LATER);
    let cert = at.scratch.file("own.pem", &own.pem);
    let key = at.scratch.file("own.key", &own.key_pem);
    let load = format!("{LOAD}[target.tls]\ncert = {cert:?}\nkey = {key:?}\n");
    clean(&at, &load, &["--ca", &at.ca, "--workers", "2"]).await;
    let url = at.url();
    let (done, report) = at.refused(&["--target", &url, "--ca", &at.ca]).await;
    assert_eq!(done.code, Some(4), "{done:?}");
    assert!(report.reasons().contains("target.tls.cert"), "{report:?}");
}

#[tokio::test]
async fn what_is_wrong_with_a_certificate_is_named() {
    let authority = Authority::new();
    for (shows, host, trusts, says) in [
        (
            authority.issue(&["127.0.0.1"], LATER),
            "127.0.0.1",
            false,
            "issued by nobody who is trusted here; name the issuer's certificate with --ca FILE",
        ),
        (
            authority.issue(&["127.0.0.1"], 2021),
            "127.0.0.1",
            true,
            "its certificate has expired",
        ),
        (
            authority.issue(&["a.example", "b.example"], LATER),
            "localhost",
            true,
            "its certificate is for a.example, b.example, and not for localhost",
        ),
        (
            authority.issue(&["localhost"], LATER),
            "127.0.0.1",
            true,
            "its certificate is for localhost, and not for 127.0.0.1",
        ),
    ] {
        let at = Secured::with(RIGHT, &authority, shows, Speaks::default()).await;
        let url = format!("https://{host}:{}", at.front.address.port());
        let mut args = vec!["--target", &url];
        if trusts {
            args.extend(["--ca", &at.ca]);
        }
        let (done, report) = at.refused(&args).await;
        assert_eq!(done.code, Some(4), "{done:?}");
        assert!(report.reasons().contains(says), "{}", report.reasons());
    }
}

#[tokio::test]
async fn the_wrong_scheme_is_named() {
    let at = Secured::start(RIGHT).await;
    let plain_to_tls = format!("http://{}", at.front.address);
    let (done, report) = at.refused(&["--target", &plain_to_tls]).await;
    assert_eq!(done.code, Some(4), "{done:?}");
    let says = "speaks TLS at this port; write https:// in place of http://";
    assert!(report.reasons().contains(says), "{}", report.reasons());
    let tls_to_plain = format!("https://{}", at.served.address);
    let (done, report) = at.refused(&["--target", &tls_to_plain]).await;
    assert_eq!(done.code, Some(4), "{done:?}");
    let says = "Then write http:// in place of https://";
    assert!(report.reasons().contains(says), "{}", report.reasons());
}

#[tokio::test]
async fn files_without_certificates_are_refused_before_anything_begins() {
    let scratch = Scratch::new();
    let missing = scratch.path("missing.pem");
    let empty = scratch.file("empty.pem", "nothing here\n");
    let other = scratch.file(
        "other.pem",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    );
    let target = ["--target", "https://127.0.0.1:1"];
    for (file, says) in [
        (&missing, "cannot be read: No such file"),
        (&empty, "no certificate in it; it has to be PEM"),
        (&other, "no usable certificate"),
    ] {
        let mut command = run(&target);
        command.args(["--ca", file]);
        let done = done(command).await;
        assert_eq!(done.code, Some(2), "{done:?}");
        assert!(done.stderr.contains("--ca (target.tls.ca): "), "{done:?}");
        assert!(done.stderr.contains(says), "{done:?}");
    }
    let mut command = run(&target);
    let set = format!("target.tls.cert={empty}");
    command.args(["--set", &set]);
    let done = done(command).await;
    assert_eq!(done.code, Some(2), "{done:?}");
    assert!(done.stderr.contains("target.tls.key"), "{done:?}");
}

#[tokio::test]
async fn the_scenario_for_directual_passes_behind_tls() {
    let at = Secured::start(RIGHT).await;
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios/directual.toml");
    let text = std::fs::read_to_string(file).expect("a readable file");
    let path = at.scratch.path("report.json");
    let mut command = run(&[file, "--ca", &at.ca, "--seed", "7", "--json", &path]);
    command.args(shortened(&text).expect("a shortened form"));
    command.env("DIRECTUAL_URL", at.url());
    let done = done(command).await;
    let report = Report::read(&path);
    // How quick it is is no matter of a test: 3 is a threshold.
    assert!(matches!(done.code, Some(0 | 3)), "{done:?}");
    let delivered = report.number("/deliveries/delivered");
    assert!(delivered > 0);
    assert_eq!(report.number("/deliveries/expected"), delivered);
    let shown = report.text("/scenario/plan/target/url");
    assert!(shown.starts_with("https://"), "{shown}");
}
