//! The end of judging must not look at every push for every socket: ten thousand sockets of which each lost nearly all of a hundred
//! thousand broadcasts are a thousand million losses, and have to be counted all the same.

use std::sync::Arc;
use std::time::Duration;

use pushproof::history::{Leave, Left, Outcome, Push};
use pushproof::ids::{AppId, Audience, EventId, Lane, SocketId, UserId};
use pushproof::time::Time;
use pushproof::verify::{
    Answer, Arrival, Class, EXAMPLES_PER_CLASS, Judge, LaneWriter, Ledger, Ordering, Rules, Source,
    Streams, Tag, Tagger,
};

struct Bare(Tagger);

impl Source for Bare {
    fn payload(&self, tag: &Tag) -> String {
        let mut payload = format!("\"{}\"", self.0.blank(tag));
        self.0.seal(&mut payload, 1);
        payload
    }
}

#[test]
fn a_thousand_million_losses_are_counted() {
    let (sockets, pushes) = (10_000_u64, 100_000_u64);
    let ledger = Arc::new(Ledger::new(1, pushes as u32));
    let mut writer = LaneWriter::new(Arc::clone(&ledger), Lane(0));
    let source = Arc::new(Bare(Tagger::new(1)));
    let rules = Rules {
        triggers: Vec::new(),
        tagger: source.0.clone(),
        events: vec!["e".to_owned()],
        untagged: Vec::new(),
        ordering: Ordering::Realtime,
        deadline: Duration::from_nanos(100),
        settle: Duration::from_nanos(0),
    };
    let mut judge = Judge::new(
        Arc::new(rules),
        Arc::clone(&ledger),
        Arc::clone(&source) as _,
    );
    let slots: Vec<_> = (0..sockets as u32)
        .map(|n| judge.open(SocketId(n), UserId(n), AppId(0)))
        .collect();
    for slot in &slots {
        judge.connected(*slot, Time::ZERO);
    }
    // One in ten is refused, one in ten unknown; push n is sent at 10 n + 1 and answered at 10 n + 2.
    for n in 0..pushes {
        let time = |nanos| Time::from_nanos(10 * n + nanos);
        let push = Push {
            intended: time(1),
            sent: time(1),
            app: AppId(0),
            audience: Audience::Everyone,
            event: EventId(0),
            stream_seq: n as u32,
        };
        let id = writer.send(&push).unwrap();
        // Socket 0 gets the even pushes, and so half of the refused, whose answers it does not know yet.
        if n % 2 == 0 {
            let tag = Tag::of(id, &push);
            let arrival = Arrival {
                not_before: time(1),
                at: time(1),
                event: "e",
                payload: &source.payload(&tag),
                premature: false,
            };
            judge.arrived(slots[0], arrival);
        }
        let outcome = match n % 20 {
            0 | 1 => Outcome::Rejected,
            2 | 3 => Outcome::Unknown,
            _ => Outcome::Accepted,
        };
        writer.answer(
            id,
            Answer {
                outcome,
                at: time(2),
            },
        );
    }
    // Every second of the other sockets left when half of the pushes had been sent.
    for slot in slots[1..].iter().step_by(2) {
        let at = Time::from_nanos(10 * pushes / 2);
        let left = Left {
            after: at,
            by: at,
            cause: Leave::ServerClose,
        };
        judge.left(*slot, left);
    }
    let findings = judge.finish(&Streams::of(&ledger));
    let (accepted, tenth) = (pushes / 10 * 8, pushes / 10);
    let (leavers, stayers) = (sockets / 2, sockets / 2 - 1);
    let counts = &findings.counts;
    assert_eq!(
        counts.expected,
        accepted * (1 + stayers) + accepted / 2 * leavers
    );
    assert_eq!(counts.allowed, tenth * (1 + stayers) + tenth / 2 * leavers);
    assert_eq!(counts.delivered, pushes / 2 - tenth / 2);
    assert_eq!(counts.of(Class::Lost), counts.expected - accepted / 2);
    assert_eq!(counts.of(Class::Phantom), tenth / 2);
    assert_eq!(
        counts.violations(),
        counts.of(Class::Lost) + counts.of(Class::Phantom)
    );
    let examples = findings.examples().len();
    assert!((EXAMPLES_PER_CLASS..=2 * EXAMPLES_PER_CLASS).contains(&examples));
}
