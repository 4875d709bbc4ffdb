//! One platform of several processes: the real binary, which starts its nodes itself.

use crate::signals::kill;
use crate::support::{Polling, Publisher, Ws, connect, get, log_in, soon};
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStderr, Command};

/// The binary under test, free of the settings of whoever runs the tests.
fn pushproof() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pushproof"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("PUSHPROOF_") {
            command.env_remove(name);
        }
    }
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

fn serve(args: &[&str]) -> Command {
    let mut command = pushproof();
    command.arg("serve").args(args);
    command
}

/// A running platform. Nodes end with the first when it is dropped.
struct Nodes {
    first: Child,
    stderr: Lines<BufReader<ChildStderr>>,
    /// Where each node listens, in the order of its port.
    at: Vec<SocketAddr>,
    /// The processes of all nodes but the first.
    ids: Vec<u32>,
}

impl Nodes {
    async fn start(args: &[&str], nodes: usize) -> Self {
        let mut first = serve(args).spawn().expect("the binary starts");
        let mut stdout = BufReader::new(first.stdout.take().unwrap()).lines();
        let mut stderr = BufReader::new(first.stderr.take().unwrap()).lines();
        let (mut at, mut ids) = (Vec::new(), Vec::new());
        for _ in 1..nodes {
            let line = soon("a node", stderr.next_line()).await.unwrap().unwrap();
            let (_, id) = line.split_once(" (process ").expect(&line);
            ids.push(id.trim_end_matches(')').parse().unwrap());
        }
        // What people may want to try, to its end.
        let mut line = String::new();
        while !line.contains("/data/push/send") {
            line = soon("a hint", stderr.next_line()).await.unwrap().unwrap();
        }
        for _ in 0..nodes {
            let line = soon("a ready line", stdout.next_line()).await.unwrap();
            let line = line.expect("a ready line for each node");
            let url = line.strip_prefix("pushproof platform listening on http://");
            at.push(url.expect(&line).parse().unwrap());
        }
        Self {
            first,
            stderr,
            at,
            ids,
        }
    }

    async fn three() -> Self {
        Self::start(&["--port", "0,0", "--port", "0"], 3).await
    }

    /// Waits for a line on standard error.
    async fn says(&mut self, what: &str) -> String {
        loop {
            let line = soon(what, self.stderr.next_line()).await.unwrap();
            let line = line.unwrap_or_else(|| panic!("it ended before it said {what:?}"));
            assert!(!line.contains("panicked"), "{line}");
            if line.contains(what) {
                return line;
            }
        }
    }

    /// Ends the platform by a signal at the first node; returns what it still said.
    async fn end(self, signal: &str) -> String {
        kill(signal, &self.first.id().unwrap().to_string());
        self.ended().await
    }

    /// Waits until no node is there any more: each holds standard error open.
    async fn ended(mut self) -> String {
        let status = soon("the end", self.first.wait()).await.unwrap();
        assert!(status.success(), "{status}");
        let mut said = String::new();
        while let Some(line) = soon("all nodes' ends", self.stderr.next_line())
            .await
            .unwrap()
        {
            said += &line;
            said.push('\n');
        }
        said
    }
}
#[tokio::test]
async fn a_login_at_one_node_a_socket_at_another_and_a_push_at_a_third() {
    let nodes = Nodes::three().await;
    // Every way round: the first node is not like the others.
    for (login, socket, push) in [(0, 1, 2), (1, 2, 0), (2, 0, 1), (1, 1, 2), (2, 1, 1)] {
        let session = log_in(nodes.at[login], "demo", 1).await;
        let query = format!("appID=demo&sessionID={session}");
        let check = get(nodes.at[push], &format!("/good/api/v4/auth/check?{query}")).await;
        assert_eq!(check.json()["result"]["result"], true);
        let mut ws = Ws::connected(nodes.at[socket], "demo", &session).await;
        let mut publisher = Publisher::new(nodes.at[push], "demo").await;
        let message = r#"{ "b" : 1.0, "text": "Zoë\ud83d" }"#;
        assert_eq!(publisher.push("user-1", "e", Some(message)).await, 1);
        assert_eq!(ws.text().await, format!("42[\"e\",{message}]"));
        assert_eq!(publisher.push("user-1", "none", None).await, 1);
        assert_eq!(ws.text().await, "42[\"none\"]");
        ws.send("41").await;
        while publisher.push("user-1", "gone?", None).await > 0 {}
    }
    assert_eq!(nodes.end("INT").await, "");
}

#[tokio::test]
async fn a_push_reaches_its_audience_at_all_nodes_once_and_nobody_else() {
    let nodes = Nodes::three().await;
    let mut everyone = Vec::new();
    for at in &nodes.at {
        for user in [1, 2] {
            everyone.push((user, Ws::user(*at, "demo", user).await));
        }
    }
    let mut polling = Polling::user(nodes.at[1], "demo", 2).await;
    let mut namesake = Ws::user(nodes.at[1], "other", 1).await;
    for at in &nodes.at {
        let mut publisher = Publisher::new(*at, "demo").await;
        assert_eq!(publisher.push("*", "all", Some("1")).await, 7);
        assert_eq!(publisher.push("user-1", "one", Some("2")).await, 3);
        assert_eq!(publisher.push("user-9", "none", Some("3")).await, 0);
        for (user, ws) in &mut everyone {
            assert_eq!(ws.text().await, "42[\"all\",1]");
            if *user == 1 {
                assert_eq!(ws.text().await, "42[\"one\",2]");
            }
            ws.quiet().await;
        }
        assert_eq!(polling.packets().await, ["42[\"all\",1]"]);
        // What is refused at one node happens at none.
        let refused = publisher
            .call("{\"userID\":\"*\",\"eventName\":\"connect\"}")
            .await;
        assert_eq!(refused.status, 400);
    }
    let mut publisher = Publisher::new(nodes.at[2], "other").await;
    assert_eq!(publisher.push("*", "theirs", None).await, 1);
    assert_eq!(namesake.text().await, "42[\"theirs\"]");
    namesake.quiet().await;
    for (_, ws) in &mut everyone {
        ws.quiet().await;
    }
    assert_eq!(nodes.end("TERM").await, "");
}

#[tokio::test]
async fn a_logout_at_one_node_ends_the_login_and_its_sockets_at_all() {
    let nodes = Nodes::three().await;
    for out in [1, 0] {
        let session = log_in(nodes.at[2], "demo", 1).await;
        let other = log_in(nodes.at[2], "demo", 1).await;
        let mut sockets = Vec::new();
        for at in &nodes.at {
            sockets.push(Ws::connected(*at, "demo", &session).await);
        }
        let mut stays = Ws::connected(nodes.at[1], "demo", &other).await;
        let path = format!("/good/api/v4/auth/logout?appID=demo&sessionID={session}");
        assert_eq!(get(nodes.at[out], &path).await.status, 200);
        for (at, mut ws) in nodes.at.iter().zip(sockets) {
            assert_eq!(ws.text().await, "41");
            ws.ends().await;
            let mut late = Ws::session(*at).await;
            late.send(&connect("demo", &session)).await;
            assert_eq!(late.text().await, r#"44{"message":"not authorized"}"#);
        }
        let mut publisher = Publisher::new(nodes.at[0], "demo").await;
        assert_eq!(publisher.push("user-1", "e", None).await, 1);
        assert_eq!(stays.text().await, "42[\"e\"]");
    }
}

#[tokio::test]
async fn a_publisher_that_alternates_between_nodes_is_heard_in_order() {
    let nodes = Nodes::three().await;
    let mut sockets = Vec::new();
    for at in &nodes.at {
        sockets.push(Ws::user(*at, "demo", 1).await);
        sockets.push(Ws::user(*at, "demo", 2).await);
    }
    let at = nodes.at.clone();
    // Two at once: what one of them was answered before it asks on is ordered at every socket, whatever the other does.
    let publish = async |name: &'static str, shift: usize| {
        let mut publishers = Vec::new();
        for at in &at {
            publishers.push(Publisher::new(*at, "demo").await);
        }
        for n in 0..200_usize {
            let audience = if n % 3 == 0 { "*" } else { "user-1" };
            let due = if audience == "*" { 6 } else { 3 };
            let publisher = &mut publishers[(n + shift) % 3];
            let sent = publisher.push(audience, name, Some(&n.to_string())).await;
            assert_eq!(sent, due);
        }
    };
    tokio::join!(publish("a", 0), publish("b", 1));
    for (place, ws) in sockets.iter_mut().enumerate() {
        let mut heard = Vec::new();
        let due = if place % 2 == 0 { 400 } else { 2 * 67 };
        for _ in 0..due {
            heard.push(ws.text().await);
        }
        ws.quiet().await;
        for name in ["a", "b"] {
            let numbers = heard.iter().filter_map(|text| {
                let number = text.strip_prefix(&format!("42[\"{name}\","))?;
                number.strip_suffix("]")?.parse::<usize>().ok()
            });
            let wanted = (0..200).filter(|n| place % 2 == 0 || n % 3 == 0);
            assert!(numbers.eq(wanted), "{name} at {place}");
        }
    }
}

#[tokio::test]
async fn a_session_on_polling_belongs_to_its_node() {
    let nodes = Nodes::start(&["--port", "0,0"], 2).await;
    let polling = Polling::session(nodes.at[0]).await;
    let answer = get(nodes.at[1], &polling.path).await;
    assert_eq!(answer.status, 400);
    assert_eq!(answer.json()["message"], "Session ID unknown");
}

#[tokio::test]
async fn a_node_that_dies_is_told_and_the_others_go_on() {
    let mut nodes = Nodes::three().await;
    let mut dies = Ws::user(nodes.at[1], "demo", 1).await;
    let mut first = Ws::user(nodes.at[0], "demo", 1).await;
    let mut third = Ws::user(nodes.at[2], "demo", 2).await;
    let mut publisher = Publisher::new(nodes.at[2], "demo").await;
    assert_eq!(publisher.push("*", "e", None).await, 3);
    kill("KILL", &nodes.ids[0].to_string());
    let said = nodes.says("has ended").await;
    let name = format!("node 2 of 3 at http://{} has ended", nodes.at[1]);
    assert!(said.starts_with(&name), "{said}");
    assert!(said.ends_with("the others go on"), "{said}");
    assert_eq!(dies.text().await, "42[\"e\"]");
    dies.ends().await;
    for (n, at) in [nodes.at[0], nodes.at[2]].into_iter().enumerate() {
        let session = log_in(at, "demo", 3).await;
        let mut late = Ws::connected(nodes.at[2 - 2 * n], "demo", &session).await;
        let mut publisher = Publisher::new(at, "demo").await;
        assert_eq!(publisher.push("*", "on", None).await, 3);
        assert_eq!(late.text().await, "42[\"on\"]");
        let path = format!("/good/api/v4/auth/logout?appID=demo&sessionID={session}");
        get(at, &path).await;
        assert_eq!(late.text().await, "41");
    }
    for ws in [&mut first, &mut third] {
        for due in ["42[\"e\"]", "42[\"on\"]", "42[\"on\"]"] {
            assert_eq!(ws.text().await, due);
        }
        ws.quiet().await;
    }
    assert_eq!(nodes.end("TERM").await, "");
}

#[tokio::test]
async fn a_node_that_hangs_is_ended_and_its_push_is_not_answered_with_success() {
    let args = ["--port", "0,0,0", "--node-timeout", "300ms"];
    let mut nodes = Nodes::start(&args, 3).await;
    let mut hangs = Ws::user(nodes.at[1], "demo", 1).await;
    let mut third = Ws::user(nodes.at[2], "demo", 1).await;
    kill("STOP", &nodes.ids[0].to_string());
    let mut publisher = Publisher::new(nodes.at[2], "demo").await;
    let body = "{\"userID\":\"*\",\"eventName\":\"e\"}";
    let answer = publisher.call(body).await;
    assert_eq!(answer.status, 503, "{answer:?}");
    nodes.says("did not answer in time; it is ended").await;
    nodes.says("has ended").await;
    hangs.ends().await;
    assert_eq!(publisher.push("*", "on", None).await, 1);
    assert_eq!(third.text().await, "42[\"e\"]");
    assert_eq!(third.text().await, "42[\"on\"]");
    assert_eq!(nodes.end("INT").await, "");
}

#[tokio::test]
async fn no_node_outlives_the_first() {
    // Told by its standard input, in order: sockets are closed with a goodbye.
    let mut nodes = Nodes::start(&["--port", "0,0,0", "--until-stdin-closes"], 3).await;
    let mut ws = Ws::user(nodes.at[2], "demo", 1).await;
    drop(nodes.first.stdin.take());
    assert_eq!(ws.close_code().await, Some(1001));
    assert_eq!(nodes.ended().await, "");

    // Not at all.
    let mut nodes = Nodes::three().await;
    let mut ws = Ws::user(nodes.at[1], "demo", 1).await;
    nodes.first.kill().await.unwrap();
    assert_eq!(ws.close_code().await, Some(1001));
    let mut said = Vec::new();
    while let Some(line) = soon("both ends", nodes.stderr.next_line()).await.unwrap() {
        said.push(line);
    }
    said.retain(|line| line.contains("this node ends"));
    assert_eq!(said.len(), 2, "{said:?}");
}

#[tokio::test]
async fn a_run_has_an_embedded_platform_of_several_nodes() {
    let mut command = pushproof();
    command.args(["run", "-v", "--platform-nodes", "3", "--users", "12"]);
    command.args(["--rate", "50/s", "--duration", "1s", "--json", "-"]);
    command.args(["--deadline", "2s", "--settle", "2s"]);
    let output = soon("the run", command.output()).await.unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("the platform is 3 nodes"), "{said}");
    assert!(said.contains("node 3 of 3 at http://"), "{said}");
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["verdict"], "pass", "{said}");
    assert_eq!(report["scenario"]["plan"]["platform"]["nodes"], 3);
}

#[tokio::test]
async fn limits_are_shared() {
    let args = ["--port", "0,0", "--limit-sockets", "3"];
    let nodes = Nodes::start(&args, 2).await;
    let session = log_in(nodes.at[1], "demo", 1).await;
    let mut joined = Vec::new();
    let mut places = Vec::new();
    for at in &nodes.at {
        let mut free = 0;
        loop {
            let mut ws = Ws::session(*at).await;
            ws.send(&connect("demo", &session)).await;
            if !ws.text().await.starts_with("40") {
                break;
            }
            joined.push(ws);
            free += 1;
        }
        places.push(free);
    }
    assert_eq!(places, [2, 1]);
}

/// What `serve` says that does not come up.
async fn refused(args: &[&str]) -> String {
    let mut child = serve(args).spawn().unwrap();
    let mut said = String::new();
    let mut stderr = child.stderr.take().unwrap();
    let read = stderr.read_to_string(&mut said);
    soon("its words", read).await.unwrap();
    let status = soon("its end", child.wait()).await.unwrap();
    assert_eq!(status.code(), Some(2), "{said}");
    let mut stdout = String::new();
    let mut out = child.stdout.take().unwrap();
    soon("no ready line", out.read_to_string(&mut stdout))
        .await
        .unwrap();
    assert_eq!(stdout, "");
    said
}

#[tokio::test]
async fn what_makes_no_platform_is_refused() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = format!("0,{},0", taken.local_addr().unwrap().port());
    for (args, why) in [
        (
            &["--port", "0,0", "--fault", "drop=1/9"][..],
            "has one port",
        ),
        (&["--port", "4000-4001,4001"], "port 4001 is named twice"),
        (&["--port", "4000-4999"], "at most 64"),
        (&["--port", "x"], "no port"),
        (
            &["--port", "0,0,0", "--limit-deliveries-per-s", "2"],
            "cannot be shared by 3 nodes",
        ),
        (&["--port", &taken], "the port is in use"),
        (&["--port", &taken], "node 2 of 3 did not come up"),
        (&["--port", "0,0", "--node", "1"], "leave it out"),
    ] {
        let said = refused(args).await;
        assert!(said.contains(why), "{args:?}: {said}");
        assert!(!said.contains("panicked"), "{said}");
    }
}

/// A node whose first node is this test.
struct Forged {
    child: Child,
    link: UnixStream,
}

impl Forged {
    fn start() -> Self {
        let (link, theirs) = UnixStream::pair().unwrap();
        link.set_read_timeout(Some(crate::support::PATIENCE))
            .unwrap();
        let mut command = serve(&["--port", "0,0", "--node", "1"]);
        let child = command.stdin(OwnedFd::from(theirs)).spawn().unwrap();
        let mut forged = Self { child, link };
        forged.frame();
        forged
    }

    /// The next message of the node.
    fn frame(&mut self) -> Vec<u8> {
        let mut head = [0; 4];
        self.link.read_exact(&mut head).unwrap();
        let mut body = vec![0; u32::from_le_bytes(head) as usize];
        self.link.read_exact(&mut body).unwrap();
        body
    }

    fn send(&mut self, body: &[u8]) {
        let head = u32::try_from(body.len()).unwrap().to_le_bytes();
        self.link.write_all(&[&head, body].concat()).unwrap();
    }

    /// Waits until it has ended; in order, whatever it was sent.
    async fn ends(mut self, why: &str) {
        let output = soon("its end", async {
            let mut said = String::new();
            let mut stderr = self.child.stderr.take().unwrap();
            stderr.read_to_string(&mut said).await.unwrap();
            (self.child.wait().await.unwrap(), said)
        });
        let (status, said) = output.await;
        assert_eq!(status.code(), Some(0), "{said}");
        assert!(said.contains(why), "{why}: {said}");
        assert!(!said.contains("panicked"), "{said}");
    }
}

#[tokio::test]
async fn a_forged_message_ends_a_node_in_order() {
    // An ask (1) with number 9 for a push (2) in app 0 at everyone (0): the event "e" as JSON, no message.
    let push: &[u8] = &[1, 9, 2, 0, 0, 3, b'"', b'e', b'"', 0];
    let mut forged = Forged::start();
    forged.send(push);
    assert_eq!(forged.frame(), [2, 9, 1, 0], "answered: at no socket");
    // An answer that nobody waits for is nobody's.
    forged.send(&[2, 7, 1, 1]);
    forged.send(push);
    assert_eq!(forged.frame(), [2, 9, 1, 0]);
    drop(forged.link.shutdown(std::net::Shutdown::Both));
    forged.ends("it is gone").await;

    let no_app: &[u8] = &[1, 9, 2, 7, 0, 3, b'"', b'e', b'"', 0];
    let no_json: &[u8] = &[1, 9, 2, 0, 0, 3, b'e', b'"', b'"', 0];
    for (body, why) in [
        (&[0xff; 40][..], "bytes that are no message"),
        (&[], "bytes that are no message"),
        (&push[..6], "bytes that are no message"),
        (no_app, "an app that there is not"),
        (no_json, "an event that is not JSON"),
        (&[0, 0, 127, 0, 0, 1, 80], "nothing that is said there"),
    ] {
        let mut forged = Forged::start();
        forged.send(body);
        forged.ends(why).await;
    }

    // A length that nobody could mean, and the end in the middle of a message.
    let mut forged = Forged::start();
    forged.link.write_all(&[0xff; 12]).unwrap();
    forged.ends("a message longer than any").await;
    let mut forged = Forged::start();
    forged.link.write_all(&[200, 0, 0, 0, 1, 2]).unwrap();
    drop(forged.link.shutdown(std::net::Shutdown::Write));
    forged.ends("it is gone").await;
}
