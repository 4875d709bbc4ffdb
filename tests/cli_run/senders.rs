//! Pushes that sockets of the run ask for themselves: a messenger, whose clients are judged by what they receive and are who sends.

use super::faults::Served;
use super::requests::ended;
use super::support::Report;
use super::target::{Harm, Manners, Target};

/// A hundred and twenty pushes by six lanes in two apps, on every transport, with requests on the same connections.
const CHAT: &str = r#"
seed = 5
[target]
apps = ["demo", "other"]
[[target.triggers]]
name = "client"
kind = "socket"
from = "users"
emit = "push/send"
args = '[{"userID":"{{user}}","eventName":"{{event}}","message":{{message}},"by":"{{from}}"}]'
answer = "/0/status"
[users]
count = 20
sockets_per_user = 2
[clients.transports]
websocket = 0.4
polling = 0.3
upgrade = 0.3
[pushes]
rate = "60/s"
duration = "2s"
lanes = 6
[verify]
deadline = "3s"
settle = "3s"
[requests]
rate = "50/s"
timeout = "1500ms"
"#;

const PUSHES: [&str; 4] = ["sent", "accepted", "rejected", "unknown"];
const REQUESTS: [&str; 6] = ["sent", "answered", "wrong", "timed_out", "unasked", "late"];

fn pushes(report: &Report) -> [u64; 4] {
    PUSHES.map(|count| report.number(&format!("/pushes/{count}")))
}

fn requests(report: &Report) -> [u64; 6] {
    REQUESTS.map(|count| report.number(&format!("/requests/{count}")))
}

#[tokio::test]
async fn the_sockets_that_are_judged_push_to_their_peers_on_every_transport() {
    let (done, report) = ended(CHAT, &[]).await;
    assert_eq!(done.code, Some(0), "{}", report.at("/reasons"));
    assert_eq!(pushes(&report), [120, 120, 0, 0]);
    assert_eq!(requests(&report), [100, 100, 0, 0, 0, 0]);
    assert_eq!(report.number("/by_trigger/client/accepted"), 120);
    // Whoever sends hears what is for everyone, too.
    assert_eq!(report.number("/deliveries/expected"), 492);
    assert_eq!(report.number("/deliveries/delivered"), 492);
    // Nobody connected but the users of the run.
    assert_eq!(report.number("/sockets/connected"), 40);
}

/// Acks that go wrong are the requests' own, and deliveries that are dropped are found, whoever asked for them.
#[tokio::test]
async fn as_many_as_go_wrong_are_found_on_the_connections_that_send() {
    let served = Served::start("drop=1/12,ack-wrong=1/10,ack-drop=1/9,ack-twice=1/8").await;
    let url = format!("http://{}", served.address);
    let (done, report) = ended(CHAT, &["--target", &url]).await;
    let truth = served.truth().await;
    assert_eq!(truth["drop"], 41);
    assert_eq!(report.number("/deliveries/lost"), 41);
    assert_eq!(report.number("/deliveries/violations"), 41);
    assert_eq!(pushes(&report), [120, 120, 0, 0]);
    assert_eq!(requests(&report), [100, 80, 10, 10, 10, 0]);
    assert_eq!(done.code, Some(1), "{}", report.at("/reasons"));
}

#[tokio::test]
async fn senders_that_leave_and_come_back_are_waited_for_and_nobody_is_blamed() {
    let churn = format!("{CHAT}[churn]\nrate = \"20/s\"\naway = \"150ms\"\nabrupt = 0.5\n");
    let (done, report) = ended(&churn, &[]).await;
    assert_eq!(done.code, Some(0), "{}", report.at("/reasons"));
    let [sent, accepted, rejected, unknown] = pushes(&report);
    assert_eq!((sent, accepted + unknown, rejected), (120, 120, 0));
    assert_eq!(report.number("/deliveries/violations"), 0);
    assert!(report.number("/sockets/left") > 0);
}

/// One lane has one sender: its pushes come to the target one after the other, each once, though the connection is cut in place of an ack.
#[tokio::test]
async fn a_sender_that_is_cut_off_leaves_one_push_unknown_and_order_holds() {
    let target = Target::start(Manners {
        harm: Harm::CutDelivered,
        from: 20,
        ..Manners::default()
    })
    .await;
    let text = r#"
seed = 7
[target]
apps = ["demo"]
[[target.triggers]]
kind = "socket"
from = "users"
args = '["{{user}}","{{event}}",{{message}},"{{from}}"]'
answer = "/0/status"
[users]
count = 10
[pushes]
rate = "50/s"
duration = "1s"
lanes = 1
broadcast = 0.0
payloads = [{ json = '{"n":{{seq}}}' }]
[verify]
ordering = "realtime"
deadline = "5s"
settle = "5s"
"#;
    let (done, report) = ended(text, &["--target", target.url()]).await;
    assert_eq!(pushes(&report), [50, 49, 0, 1]);
    assert_eq!(report.number("/deliveries/violations"), 0);
    assert_eq!(report.number("/sockets/dropped"), 1);
    assert_eq!(report.number("/sockets/reconnected"), 1);
    // What is unknown may have come, and has.
    let allowed = report.number("/deliveries/allowed");
    assert!(allowed > 0, "{}", report.at("/deliveries"));
    let lost = "connection lost: the sender's socket was closed before the ack";
    let reasons = report.at("/reasons").to_string();
    assert!(reasons.contains(lost), "{reasons}");
    let asked = target.pushes();
    let numbers: Vec<_> = asked.iter().map(|push| number_of(&push.message)).collect();
    assert!(numbers.is_sorted_by(|one, next| one < next), "{numbers:?}");
    assert_eq!(numbers.len(), 50);
    let sender = |body: &str| body.rsplit_once(',').map(|(_, from)| from.to_owned());
    let from = sender(&asked[0].body).expect("a name");
    assert!(from.starts_with("\"user-"), "{from}");
    assert!(
        asked
            .iter()
            .all(|push| sender(&push.body).as_ref() == Some(&from))
    );
    // What the one socket missed while it was away cannot be told.
    assert_eq!(done.code, Some(4), "{}", report.at("/reasons"));
}

fn number_of(message: &str) -> u64 {
    let message: serde_json::Value = serde_json::from_str(message).expect("JSON");
    message["n"].as_u64().expect("a number")
}
