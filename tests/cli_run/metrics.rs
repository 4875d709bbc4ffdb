//! `--metrics`: what is served while a run goes on, and who is told when it cannot be.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::support::{self, Run, SMALL, done, pushproof, run, within};
use super::target::{Manners, Target};

/// A run whose metrics are at a port of its own, and where.
async fn served(flags: &[&str]) -> (Run, String) {
    let mut command = run(&SMALL);
    command
        .args(["--seed", "3", "--metrics", "127.0.0.1:0"])
        .args(flags);
    let mut run = Run::start(command);
    let line = run.hears("metrics at http://").await;
    let address = line
        .split("http://")
        .nth(1)
        .and_then(|rest| rest.split('/').next());
    (run, address.expect("an address").to_owned())
}

/// The answer to one request, head and body.
async fn ask(address: &str, request: &str) -> (String, String) {
    let mut tcp = TcpStream::connect(address).await.expect("it listens");
    tcp.write_all(request.as_bytes()).await.expect("it reads");
    let mut answer = String::new();
    within("an answer", tcp.read_to_string(&mut answer))
        .await
        .expect("UTF-8");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
    (head.to_ascii_lowercase(), body.to_owned())
}

async fn get(address: &str, path: &str) -> (String, String) {
    let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    ask(address, &request).await
}

fn sample(page: &str, name: &str) -> f64 {
    let start = format!("{name} ");
    let found = page.lines().find_map(|line| line.strip_prefix(&start));
    let found = found.unwrap_or_else(|| panic!("no {name} in {page}"));
    found.parse().expect("a number")
}

#[tokio::test]
async fn the_figures_of_a_run_are_served_until_it_is_over() {
    let (run, address) = served(&[]).await;
    let pushing = async {
        loop {
            let (head, page) = get(&address, "/metrics").await;
            assert!(head.starts_with("http/1.1 200"), "{head}");
            assert!(
                head.contains("content-type: text/plain; version=0.0.4"),
                "{head}"
            );
            if sample(&page, "pushproof_deliveries_total") > 0.0 {
                return page;
            }
        }
    };
    let page = within("deliveries", pushing).await;
    assert!(
        page.contains(",scenario=\"first-proof\",seed=\"3\",target=\"http://127.0.0.1:"),
        "{page}"
    );
    assert!(sample(&page, "pushproof_sockets_connected") > 0.0);
    assert!(sample(&page, "pushproof_push_latency_seconds_count") > 0.0);
    assert!((sample(&page, "pushproof_violations_total{class=\"lost\"}")).abs() < 0.5);

    let open = "GET /metrics HTTP/1.1\r\nhost: x\r\nconnection: close\r\naccept: application/openmetrics-text; version=1.0.0\r\n\r\n";
    let (head, page) = ask(&address, open).await;
    assert!(
        head.contains("content-type: application/openmetrics-text"),
        "{head}"
    );
    assert!(page.ends_with("# EOF\n"), "{page}");

    let (head, text) = get(&address, "/snapshot?since=1").await;
    assert!(head.contains("content-type: application/json"), "{head}");
    let snapshot = pushproof::report::snapshot::read(text.as_bytes()).expect("a snapshot");
    assert!(snapshot.counts.delivered > 0);
    assert!(snapshot.past.iter().all(|second| second.second >= 1));

    let (head, page) = get(&address, "/").await;
    assert!(
        head.starts_with("http/1.1 200") && page.contains("/metrics"),
        "{page}"
    );
    let (head, _) = get(&address, "/other").await;
    assert!(head.starts_with("http/1.1 404"), "{head}");
    let (head, _) = ask(
        &address,
        "POST /metrics HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 0\r\n\r\n",
    )
    .await;
    assert!(
        head.starts_with("http/1.1 405") && head.contains("allow: get, head"),
        "{head}"
    );
    let long = format!(
        "GET /metrics HTTP/1.1\r\nhost: {}\r\n\r\n",
        "x".repeat(40_000)
    );
    let mut tcp = TcpStream::connect(&address).await.expect("it listens");
    // It may close before it has read it all.
    tcp.write_all(long.as_bytes()).await.ok();
    let mut answer = Vec::new();
    within("an end", tcp.read_to_end(&mut answer)).await.ok();
    let answer = String::from_utf8_lossy(&answer);
    assert!(
        answer.is_empty() || answer.starts_with("HTTP/1.1 4"),
        "{answer}"
    );

    // Whoever holds a connection, or says nothing, keeps no run from its end.
    let idle = TcpStream::connect(&address).await.expect("it listens");
    let done = run.end().await;
    drop(idle);
    assert_eq!(done.code, Some(0), "{done:?}");
    assert!(
        TcpStream::connect(&address).await.is_err(),
        "it still listens"
    );
}

#[tokio::test]
async fn an_address_that_cannot_be_had_is_told_before_anything_begins() {
    let taken = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = taken.local_addr().expect("an address").to_string();
    let target = Target::start(Manners::default()).await;
    let mut command = run(&["--target", target.url(), "--metrics", &address]);
    command.args(SMALL);
    let refused = done(command).await;
    assert_eq!(refused.code, Some(2), "{refused:?}");
    for words in ["error: --metrics: cannot listen at ", &address, "port 0"] {
        assert!(refused.stderr.contains(words), "{words:?} in {refused:?}");
    }
    for (text, words) in [
        ("nowhere", "is no address; write for example 127.0.0.1:9464"),
        ("127.0.0.1", "is no address"),
        ("99999", "is no address"),
    ] {
        let refused = done(run(&["--metrics", text])).await;
        assert_eq!(refused.code, Some(2), "{refused:?}");
        assert!(refused.stderr.contains(words), "{words:?} in {refused:?}");
    }
}

#[tokio::test]
async fn a_run_is_watched_from_elsewhere_to_its_end() {
    let (run, address) = served(&["--set", "pushes.duration=4s"]).await;
    let mut command = pushproof();
    command.args(["watch", &address, "-v"]);
    let mut watching = Run::start(command);
    watching
        .hears("first-proof against http://127.0.0.1:")
        .await;
    watching.hears("arrivals/s, p99").await;
    let watched = watching.end().await;
    assert_eq!(watched.code, Some(0), "{watched:?}");
    assert!(
        watched.stderr.ends_with("pass, exit code 0\n"),
        "{watched:?}"
    );
    let done = run.end().await;
    assert_eq!(done.code, Some(0), "{done:?}");

    // Nobody is there any more.
    let mut command = pushproof();
    command.args(["watch", &format!("http://{address}/metrics")]);
    let alone = support::done(command).await;
    assert_eq!(alone.code, Some(2), "{alone:?}");
    let told = format!("error: no run serves its metrics at {address}; start one with --metrics");
    assert!(alone.stderr.starts_with(&told), "{alone:?}");
    for (what, words) in [
        ("https://127.0.0.1:1", "is no address of metrics"),
        ("http://127.0.0.1:1/other", "is no address of metrics"),
    ] {
        let mut command = pushproof();
        command.args(["watch", what]);
        let refused = support::done(command).await;
        assert_eq!(refused.code, Some(2), "{refused:?}");
        assert!(refused.stderr.contains(words), "{refused:?}");
    }
}
