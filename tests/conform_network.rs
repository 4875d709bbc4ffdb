//! A network that is not what it should be: a proxy between the suite and a platform that is right delays, swallows, cuts, or leaves
//! connections half open. What it does is never blamed on the target, and what it leaves alone comes to what it comes to without it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use pushproof::conform::case::Case;
use pushproof::conform::select::Selection;
use pushproof::conform::target::Target;
use pushproof::conform::{Options, run};
use pushproof::platform::Platform;
use pushproof::pool::Running;
use pushproof::scenario::Plan;
use pushproof::selftest::mutation;
use pushproof::summary::conformance::{Conformance, Outcome};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// What the network does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Network {
    /// What it should.
    Clean,
    /// It takes this long, each way.
    Slow(Duration),
    /// It takes connections, and nothing ever comes out.
    Silent,
    /// One connection in so many is reset when the target first says something.
    Resets(usize),
    /// One connection in so many carries nothing of the target any more once that many bytes came, and stays open.
    HalfOpen(usize, usize),
}

/// A proxy, and the way to change what it does.
struct Proxy {
    address: SocketAddr,
    network: watch::Sender<Network>,
    _accepting: JoinSet<()>,
}

impl Proxy {
    async fn before(target: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let network = watch::Sender::new(Network::Clean);
        let mut accepting = JoinSet::new();
        let now = network.subscribe();
        accepting.spawn(async move {
            let mut carried = JoinSet::new();
            let seen = Arc::new(AtomicUsize::new(0));
            while let Ok((from, _)) = listener.accept().await {
                let n = seen.fetch_add(1, Ordering::Relaxed) + 1;
                carried.spawn(carry(from, target, n, now.clone()));
                while carried.try_join_next().is_some() {}
            }
        });
        Self {
            address,
            network,
            _accepting: accepting,
        }
    }
}

/// Carries the `n`th connection as the network does when it begins, and swallows everything once that is silent.
async fn carry(
    mut from: TcpStream,
    target: SocketAddr,
    n: usize,
    network: watch::Receiver<Network>,
) {
    let Ok(mut to) = TcpStream::connect(target).await else {
        return;
    };
    from.set_nodelay(true).expect("an option");
    to.set_nodelay(true).expect("an option");
    let own = *network.borrow();
    let (mut up, mut down) = (vec![0; 64 * 1024], vec![0; 64 * 1024]);
    let mut came = 0;
    loop {
        tokio::select! {
            read = from.read(&mut up) => {
                let Ok(read @ 1..) = read else { return };
                if let Network::Slow(span) = own {
                    tokio::time::sleep(span).await;
                }
                let swallowed = *network.borrow() == Network::Silent;
                if !swallowed && to.write_all(&up[..read]).await.is_err() {
                    return;
                }
            }
            read = to.read(&mut down) => {
                let Ok(read @ 1..) = read else { return };
                came += read;
                let swallowed = match own {
                    Network::Slow(span) => {
                        tokio::time::sleep(span).await;
                        false
                    }
                    Network::Resets(one_in) if n.is_multiple_of(one_in) => {
                        from.set_zero_linger().expect("an option");
                        return;
                    }
                    Network::HalfOpen(one_in, bytes) => n.is_multiple_of(one_in) && came > bytes,
                    _ => false,
                };
                let swallowed = swallowed || *network.borrow() == Network::Silent;
                if !swallowed && from.write_all(&down[..read]).await.is_err() {
                    return;
                }
            }
        }
    }
}

/// Cases of many kinds: requests, sessions, sockets, pushes.
fn cases(only: &[&str]) -> Vec<&'static Case> {
    let selection = Selection {
        only: only.iter().map(|id| (*id).to_owned()).collect(),
        ..Selection::default()
    };
    selection.cases().expect("cases")
}

const SOME: [&str; 10] = [
    "HS-01", "HS-03", "HS-16", "AU-01", "AU-03", "TR-05", "RT-01", "OR-01", "PL-01", "LV-13",
];

/// Tries these cases through a proxy; `network` comes over it once the suite has found its target.
async fn through(network: Network, only: &[&str]) -> Conformance {
    let address = "127.0.0.1:0".parse().expect("an address");
    let platform = Platform::start(address, mutation::platform(None)).await;
    let platform = platform.expect("a platform");
    let proxy = Proxy::before(platform.address()).await;
    let plan: Arc<Plan> = mutation::plan();
    let url = format!("http://{}", proxy.address);
    let target = Target::find(&url, &plan, true).await.expect("a target");
    proxy.network.send_replace(network);
    let (_stop, stopped) = watch::channel(false);
    let suite = run(
        &cases(only),
        target,
        Options::default(),
        &Running::default(),
        stopped,
        |_| {},
    )
    .await;
    platform.stop().await;
    suite
}

fn told(suite: &Conformance) -> Vec<String> {
    let rows = suite.rows.iter();
    let told = rows.map(|row| {
        let (id, outcome) = (row.about.id, &row.outcome);
        format!("{id} {}: {}", outcome.name(), outcome.detail())
    });
    told.collect()
}

fn count(suite: &Conformance, is: impl Fn(&Outcome) -> bool) -> usize {
    suite.rows.iter().filter(|row| is(&row.outcome)).count()
}

#[tokio::test]
async fn what_takes_longer_changes_nothing() {
    for network in [Network::Clean, Network::Slow(Duration::from_millis(20))] {
        let suite = through(network, &SOME).await;
        let kept = count(&suite, |outcome| *outcome == Outcome::Pass);
        assert_eq!(kept, SOME.len(), "{network:?}: {:#?}", told(&suite));
    }
}

#[tokio::test]
async fn where_nothing_comes_through_there_is_no_telling() {
    let suite = through(Network::Silent, &SOME).await;
    let unknown = count(&suite, |outcome| matches!(outcome, Outcome::Unknown(_)));
    assert_eq!(unknown, SOME.len(), "{:#?}", told(&suite));
}

#[tokio::test]
async fn what_is_cut_is_no_fault_of_the_target() {
    // Every connection: nothing can be told. Some: what was tried over others is.
    let suite = through(Network::Resets(1), &SOME).await;
    let unknown = count(&suite, |outcome| matches!(outcome, Outcome::Unknown(_)));
    assert_eq!(unknown, SOME.len(), "{:#?}", told(&suite));
    let suite = through(Network::Resets(5), &SOME).await;
    assert_eq!(count(&suite, Outcome::is_missed), 0, "{:#?}", told(&suite));
    assert!(
        count(&suite, |outcome| *outcome == Outcome::Pass) > 0,
        "{:#?}",
        told(&suite)
    );
}

#[tokio::test]
async fn a_connection_that_is_half_open_is_no_fault_of_the_target() {
    let suite = through(Network::HalfOpen(6, 200), &SOME).await;
    assert_eq!(count(&suite, Outcome::is_missed), 0, "{:#?}", told(&suite));
    assert!(
        count(&suite, |outcome| *outcome == Outcome::Pass) > 0,
        "{:#?}",
        told(&suite)
    );
}

/// With a network that is right, what does not come is the target's doing, and tried twice before that is said.
#[tokio::test]
async fn what_never_comes_over_a_good_network_is_missed() {
    let address = "127.0.0.1:0".parse().expect("an address");
    let mutant = "hang".parse().expect("a mutant");
    let platform = Platform::start(address, mutation::platform(Some(mutant))).await;
    let platform = platform.expect("a platform");
    let plan = mutation::plan();
    let url = format!("http://{}", platform.address());
    let target = Target::find(&url, &plan, true).await.expect("a target");
    let (_stop, stopped) = watch::channel(false);
    let suite = run(
        &cases(&["HS-19"]),
        target,
        Options::default(),
        &Running::default(),
        stopped,
        |_| {},
    )
    .await;
    platform.stop().await;
    assert!(suite.rows[0].outcome.is_missed(), "{:#?}", told(&suite));
}
