//! A platform whose capacity is known.

use crate::support::{Polling, Publisher, Ws, connect, log_in, soon, start};
use pushproof::platform::{ConfigError, Limits, PlatformConfig};
use std::time::{Duration, Instant};

fn limited(limits: Limits) -> PlatformConfig {
    PlatformConfig {
        limits,
        ..PlatformConfig::default()
    }
}

#[tokio::test]
async fn what_is_beyond_the_rate_waits_in_order_and_is_not_lost() {
    const RATE: u32 = 400;
    const PUSHES: u64 = 40;
    let platform = start(limited(Limits {
        deliveries_per_s: Some(RATE),
        sockets: None,
    }))
    .await;
    let to = platform.address();
    let mut one = Ws::user(to, "demo", 1).await;
    let mut other = Ws::user(to, "other", 1).await;
    let mut polling = Polling::user(to, "demo", 2).await;
    let mut here = Publisher::new(to, "demo").await;
    let mut there = Publisher::new(to, "other").await;

    let begun = Instant::now();
    for n in 0..PUSHES {
        let n = n.to_string();
        assert_eq!(here.push("*", "e", Some(&n)).await, 2);
        assert_eq!(there.push("*", "e", Some(&n)).await, 1);
    }
    let mut polled = Vec::new();
    for n in 0..PUSHES {
        let due = format!("42[\"e\",{n}]");
        assert_eq!(one.text().await, due);
        assert_eq!(other.text().await, due);
        while polled.len() <= n as usize {
            polled.extend(polling.packets().await);
        }
        assert_eq!(polled[n as usize], due);
    }
    // The last of them cannot have left before its turn, however slow this machine is: all apps stand in one line.
    let turns = u32::try_from(3 * PUSHES - 1).unwrap();
    assert!(begun.elapsed() >= Duration::from_secs(1) * turns / RATE);
    one.quiet().await;
    platform.stop().await;
}

#[tokio::test]
async fn who_is_gone_when_its_turn_comes_gets_nothing_and_holds_nobody_up() {
    let platform = start(limited(Limits {
        deliveries_per_s: Some(20),
        sockets: None,
    }))
    .await;
    let to = platform.address();
    let mut stays = Ws::user(to, "demo", 1).await;
    let mut leaves = Ws::user(to, "demo", 2).await;
    let mut publisher = Publisher::new(to, "demo").await;
    for n in 0..3 {
        assert_eq!(publisher.push("*", "e", Some(&n.to_string())).await, 2);
    }
    leaves.send("41").await;
    drop(leaves);
    for n in 0..3 {
        assert_eq!(stays.text().await, format!("42[\"e\",{n}]"));
    }
    stays.quiet().await;
    platform.stop().await;
}

#[tokio::test]
async fn one_socket_too_many_is_refused_until_another_leaves() {
    let platform = start(limited(Limits {
        deliveries_per_s: None,
        sockets: Some(3),
    }))
    .await;
    let to = platform.address();
    // Over all apps.
    let mut first = Ws::user(to, "demo", 1).await;
    let _second = Ws::user(to, "demo", 1).await;
    let mut third = Ws::user(to, "other", 1).await;
    let session = log_in(to, "demo", 2).await;
    for _ in 0..2 {
        let mut refused = Ws::session(to).await;
        refused.send(&connect("demo", &session)).await;
        assert_eq!(
            refused.text().await,
            "44{\"message\":\"too many sockets\"}",
            "as a middleware of a Socket.IO server says it"
        );
    }
    let mut publisher = Publisher::new(to, "demo").await;
    assert_eq!(publisher.push("*", "e", None).await, 2);

    // A socket that leaves, one whose connection ends, and one that is logged out each make room for exactly one more.
    first.send("41").await;
    let mut again = joins(to, "demo", &session).await;
    third.0.close(None).await.ok();
    let _other = joins(to, "demo", &session).await;
    let mut full = Ws::session(to).await;
    full.send(&connect("demo", &session)).await;
    assert!(full.text().await.starts_with("44"));
    let path = format!("/good/api/v5/auth/logout?appID=demo&sessionID={session}");
    crate::support::get(to, &path).await;
    assert_eq!(again.text().await, "41");
    let session = log_in(to, "other", 3).await;
    let _a = joins(to, "other", &session).await;
    let _b = joins(to, "other", &session).await;
    let mut full = Ws::session(to).await;
    full.send(&connect("other", &session)).await;
    assert!(full.text().await.starts_with("44"));
    platform.stop().await;
}

/// Joins as soon as there is a place.
async fn joins(to: std::net::SocketAddr, app: &str, session: &str) -> Ws {
    soon("a place", async {
        loop {
            let mut ws = Ws::session(to).await;
            ws.send(&connect(app, session)).await;
            if ws.text().await.starts_with("40") {
                return ws;
            }
        }
    })
    .await
}

#[test]
fn a_limit_of_nothing_is_none() {
    let nothing = [
        Limits {
            deliveries_per_s: Some(0),
            sockets: None,
        },
        Limits {
            deliveries_per_s: None,
            sockets: Some(0),
        },
    ];
    for limits in nothing {
        assert!(matches!(
            limited(limits).validate(),
            Err(ConfigError::Bound(_, 1))
        ));
    }
}
