//! Runs whose way to the target leads through a proxy that the environment names, and hosts that nobody else can resolve.

use super::faults::Served;
use super::front::{Authority, Front, Proxy, Speaks};
use super::support::{Done, Report, Scratch, done, run};

const RIGHT: &str = "drop=1/1000000000";
const LOAD: &str = "[users]\ncount = 12\n[pushes]\nrate = \"50/s\"\nduration = \"1s\"\n[verify]\nsettle = \"4s\"\n[clients.transports]\nwebsocket = 0.4\npolling = 0.3\nupgrade = 0.3\n";
const PLAIN: &str = "platform.test:3000";
const SECURE: &str = "secure.test:443";

/// A run with these variables.
async fn with(env: &[(&str, &str)], args: &[&str]) -> (Done, Option<Report>) {
    let scratch = Scratch::new();
    let (file, path) = (scratch.file("s.toml", LOAD), scratch.path("report.json"));
    let mut command = run(&[&file, "--seed", "7", "--json", &path]);
    for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"] {
        command.env_remove(name).env_remove(name.to_lowercase());
    }
    command.args(args).envs(env.iter().copied());
    let done = done(command).await;
    let report = std::fs::exists(&path).unwrap().then(|| Report::read(&path));
    (done, report)
}

#[tokio::test]
async fn a_run_goes_through_the_proxy_plain_and_with_tls() {
    let served = Served::start(RIGHT).await;
    let authority = Authority::new();
    let shows = authority.issue(&["secure.test"], 2999);
    let front = Front::start(&served.address, shows, Speaks::default()).await;
    let scratch = Scratch::new();
    let ca = scratch.file("ca.pem", &authority.pem);
    let hosts = [
        (PLAIN, served.address.clone()),
        (SECURE, front.address.to_string()),
    ];
    let proxy = Proxy::start(&hosts).await;
    let named = format!("http://someone:s3cret@{}", proxy.address);
    for (variable, target, asked) in [
        ("HTTP_PROXY", "http://platform.test:3000", PLAIN),
        ("https_proxy", "https://secure.test", SECURE),
    ] {
        let mut args = vec!["--target", target, "--workers", "2"];
        if target.starts_with("https:") {
            args.extend(["--ca", &ca]);
        }
        let (done, report) = with(&[(variable, &named)], &args).await;
        assert_eq!(done.code, Some(0), "{done:?}");
        let says = format!(
            "{target} is reached through the proxy http://{} ({variable})",
            proxy.address
        );
        assert!(done.stderr.contains(&says), "{done:?}");
        let report = report.unwrap();
        let expected = report.number("/deliveries/expected");
        assert!(expected > 0);
        assert_eq!(report.number("/deliveries/delivered"), expected);
        let asked = format!("CONNECT {asked} HTTP/1.1 [Basic c29tZW9uZTpzM2NyZXQ=]");
        assert!(proxy.asked()[&asked] > 12, "{:?}", proxy.asked());
        let told = format!("{done:?} {:#}", report.0);
        assert!(
            !told.contains("s3cret") && !told.contains("c29tZW9uZT"),
            "{told}"
        );
    }
}

#[tokio::test]
async fn the_machine_itself_is_reached_without_a_proxy() {
    let served = Served::start(RIGHT).await;
    let target = format!("http://{}", served.address);
    let (done, _) = with(
        &[("ALL_PROXY", "http://127.0.0.1:1")],
        &["--target", &target],
    )
    .await;
    assert_eq!(done.code, Some(0), "{done:?}");
    assert!(!done.stderr.contains("proxy"), "{done:?}");
}

#[tokio::test]
async fn a_proxy_that_is_no_help_is_named() {
    let proxy = Proxy::start(&[]).await;
    let named = proxy.address.to_string();
    let target = ["--target", "http://nowhere.test"];
    let (done, report) = with(&[("http_proxy", &named)], &target).await;
    assert_eq!(done.code, Some(4), "{done:?}");
    let says = format!(
        "the proxy http://{named} does not connect to nowhere.test:80: HTTP 502 No such host"
    );
    let reasons = report.unwrap().reasons();
    assert!(reasons.contains(&says), "{reasons}");
    let (done, _) = with(&[("HTTP_PROXY", "socks5://u:s3cret@p:1")], &target).await;
    assert_eq!(done.code, Some(2), "{done:?}");
    assert!(done.stderr.contains("HTTP_PROXY: only proxies"), "{done:?}");
    assert!(!done.stderr.contains("s3cret"), "{done:?}");
}

#[tokio::test]
async fn a_dry_run_says_which_proxy_would_be_used() {
    let args = ["--target", "http://platform.test", "--dry-run"];
    let (done, _) = with(&[("HTTP_PROXY", "p.test:8080")], &args).await;
    assert_eq!(done.code, Some(0), "{done:?}");
    let says = "http://platform.test is reached through the proxy http://p.test:8080 (HTTP_PROXY)";
    assert!(done.stdout.contains(says), "{done:?}");
}
