//! A push over Redis behind TLS, at Debian's `redis-server`.

use super::front::Authority;
use super::redis::Redis;
use super::support::{Scratch, done, within};
use super::{command, push};

#[tokio::test]
#[ignore = "needs Node and Python peers: run ci/check (or ci/install-peers, then cargo test -- --ignored)"]
async fn redis_is_reached_over_tls_as_the_target_is_trusted() {
    let (authority, other) = (Authority::new(), Authority::new());
    let shows = authority.issue(&["localhost", "127.0.0.1"], 2999);
    let scratch = Scratch::new();
    let cert = scratch.file("redis.pem", &shows.pem);
    let key = scratch.file("redis.key", &shows.key_pem);
    let ca = scratch.file("ca.pem", &authority.pem);
    let wrong = scratch.file("other.pem", &other.pem);
    let (redis, tls_port) = Redis::start_tls(&cert, &key).await;
    let text = format!(
        "[[target.triggers]]\nkind = \"redis\"\nurl = \"${{REDIS}}:{tls_port}\"\n[target]\napps = [\"demo\"]\n"
    );
    let file = scratch.file(
        "scenario.toml",
        &text.replace("${REDIS}", "rediss://localhost"),
    );
    let address = scratch.file(
        "address.toml",
        &text.replace("${REDIS}", "rediss://127.0.0.1"),
    );

    // Somebody has to listen, or it is a no.
    let client = redis::Client::open(redis.url()).expect("a URL");
    let mut listens = client.get_async_pubsub().await.expect("Redis is there");
    listens
        .psubscribe("socket.io#/#*")
        .await
        .expect("it subscribes");
    let mut heard = listens.into_on_message();
    let at = ["--scenario", file.as_str(), "--message", "1"];
    for (user, trust) in [("ann", ["--ca", &ca].as_slice()), ("bob", &["--insecure"])] {
        let mut at = at.to_vec();
        at.extend(trust);
        if user == "ann" {
            at[1] = &address;
            let said = push("http://127.0.0.1:1", user, "e", &at).await;
            assert!(said.starts_with("accepted"), "{said}");
        } else {
            // It says that anybody could be in Redis's place.
            let args = [&["--user", user, "--event", "e"], at.as_slice()].concat();
            let done = done(command("push", "http://127.0.0.1:1", &args)).await;
            assert_eq!(done.code, Some(0), "{done:?}");
            assert!(done.stderr.contains("not verified"), "{done:?}");
        }
        let message = within("the message", futures_util::StreamExt::next(&mut heard)).await;
        let message = message.expect("Redis is there");
        assert_eq!(message.get_channel_name(), format!("socket.io#/#{user}#"));
    }
    for (args, says) in [
        // Both authorities of the test have the same name.
        (&["--ca", &wrong][..], "its certificate is not taken"),
        (&[], "issued by nobody who is trusted here"),
    ] {
        let args = [&["--user", "ann", "--event", "e"], &at[..], args].concat();
        let done = done(command("push", "http://127.0.0.1:1", &args)).await;
        assert_eq!(done.code, Some(4), "{done:?}");
        let said = format!("{}{}", done.stdout, done.stderr);
        assert!(
            said.contains("cannot connect to Redis: ") && said.contains(says),
            "{said}"
        );
    }
    // What speaks no TLS there is told too.
    let plain = text.replace("${REDIS}", "rediss://localhost");
    let plain = plain.replace(
        &format!(":{tls_port}"),
        &redis.url()["redis://127.0.0.1".len()..],
    );
    let plain = scratch.file("plain.toml", &plain);
    let args = [
        "--scenario",
        &plain,
        "--ca",
        &ca,
        "--user",
        "ann",
        "--event",
        "e",
    ];
    let done = done(command("push", "http://127.0.0.1:1", &args)).await;
    assert_eq!(done.code, Some(4), "{done:?}");
    assert!(
        done.stdout.contains("cannot connect to Redis: "),
        "{done:?}"
    );
}
