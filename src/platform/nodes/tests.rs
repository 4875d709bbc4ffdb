//! The first node of a platform, with the test as the others.

use super::*;
use crate::platform::shared::Shared;

/// A node that the test plays.
struct Played {
    stream: UnixStream,
    /// Whether the first wants it ended.
    put_out: oneshot::Receiver<()>,
    gone: oneshot::Sender<()>,
}

fn played(name: &str) -> (Peer, Played) {
    let (ours, stream) = UnixStream::pair().unwrap();
    let (put_out, to_end) = oneshot::channel();
    let (gone, is_gone) = oneshot::channel();
    let peer = Peer {
        name: name.to_owned(),
        stream: ours,
        put_out,
        gone: is_gone,
    };
    let played = Played {
        stream,
        put_out: to_end,
        gone,
    };
    (peer, played)
}

impl Played {
    async fn hears(&mut self) -> (u64, Vec<u8>) {
        let mut head = [0; message::HEAD];
        self.stream.read_exact(&mut head).await.unwrap();
        let mut body = vec![0; u32::from_le_bytes(head) as usize];
        self.stream.read_exact(&mut body).await.unwrap();
        match message::decode(&body).unwrap() {
            Message::Ask { id, .. } => (id, body),
            other => panic!("wanted an ask, got {other:?}"),
        }
    }

    async fn says(&mut self, message: &Message<'_>) {
        let frame = message::encode(message, 1_000).unwrap();
        self.stream.write_all(&frame).await.unwrap();
    }
}

const PUSH: Ask<'_> = Ask::Push {
    app: 0,
    user: None,
    event: "\"e\"",
    message: Some(crate::platform::said::Said::Json("1")),
};

/// A first node with two others.
fn first(node_timeout: Duration) -> (Arc<Shared>, JoinSet<()>, Played, Played) {
    let (one, second) = played("one");
    let (other, third) = played("other");
    let config = PlatformConfig {
        node_timeout,
        ..PlatformConfig::default()
    };
    let (shared, ways) = Shared::new(config, Role::First(vec![one, other]));
    let mut kept = JoinSet::new();
    let keeper = Arc::clone(&shared);
    kept.spawn(async move { keep(&keeper, ways).await });
    (shared, kept, second, third)
}

fn nodes(shared: &Shared) -> &Nodes {
    shared.nodes.as_ref().unwrap()
}

#[tokio::test]
async fn an_ask_goes_to_all_others_and_their_sum_comes_back() {
    let (shared, _kept, mut second, mut third) = first(Duration::from_secs(60));
    second.says(&Message::Ask { id: 5, ask: PUSH }).await;
    let (id, _) = third.hears().await;
    third
        .says(&Message::Answer {
            id,
            sockets: Some(3),
        })
        .await;
    let mut answer = [0; 8];
    second.stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(answer, [4, 0, 0, 0, 2, 5, 1, 3]);

    let elsewhere = nodes(&shared).ask(PUSH);
    for (node, sockets) in [(&mut second, 1), (&mut third, 2)] {
        let (id, _) = node.hears().await;
        let sockets = Some(sockets);
        node.says(&Message::Answer { id, sockets }).await;
    }
    assert_eq!(elsewhere.answer(nodes(&shared)).await, Ok(3));
}

#[tokio::test]
async fn one_that_says_nonsense_is_ended_and_only_its_death_settles_what_it_was_asked() {
    let (shared, _kept, mut second, mut third) = first(Duration::from_secs(60));
    let nodes = nodes(&shared);
    let elsewhere = nodes.ask(PUSH);
    let (id, _) = third.hears().await;
    let sockets = Some(1);
    third.says(&Message::Answer { id, sockets }).await;
    second.stream.write_all(&[7; 64]).await.unwrap();
    (&mut second.put_out).await.unwrap();
    // It is to die, and is not dead yet: what it was asked, and is asked now, waits.
    let later = nodes.ask(PUSH);
    let (id, _) = third.hears().await;
    third.says(&Message::Answer { id, sockets }).await;
    let mut answer = std::pin::pin!(elsewhere.answer(nodes));
    assert!(futures_util::poll!(&mut answer).is_pending());
    second.gone.send(()).unwrap();
    assert_eq!(answer.await, Ok(1));
    assert_eq!(later.answer(nodes).await, Ok(1));
    let without = nodes.ask(PUSH);
    assert_eq!(without.asked.len(), 1, "it is no node any more");
}

#[tokio::test]
async fn one_that_is_silent_makes_the_outcome_unknown_and_is_ended() {
    let (shared, _kept, mut second, mut third) = first(Duration::from_millis(50));
    second.says(&Message::Ask { id: 5, ask: PUSH }).await;
    third.hears().await;
    let mut answer = [0; 7];
    second.stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(answer, [3, 0, 0, 0, 2, 5, 0], "nobody knows");
    third.put_out.await.unwrap();
    third.gone.send(()).unwrap();

    let elsewhere = nodes(&shared).ask(PUSH);
    second.hears().await;
    assert_eq!(elsewhere.answer(nodes(&shared)).await, Err(Unknown));
    second.put_out.await.unwrap();
}

#[tokio::test]
async fn without_a_way_to_the_first_node_nothing_is_known() {
    let (ours, theirs) = UnixStream::pair().unwrap();
    let (shared, ways) = Shared::new(PlatformConfig::default(), Role::Other(ours));
    let before = nodes(&shared).ask(PUSH);
    drop(theirs);
    keep(&shared, ways).await;
    assert_eq!(before.answer(nodes(&shared)).await, Err(Unknown));
    let after = nodes(&shared).ask(PUSH);
    assert_eq!(after.answer(nodes(&shared)).await, Err(Unknown));
}
