//! What the answers to sockets' own requests decide.

use pushproof::measure::RequestCounts;
use pushproof::scenario::Plan;
use pushproof::scenario::file::File;
use pushproof::summary::Summary;

use crate::fixture::latency;
use crate::{case, check};

/// Has the run ask 50 times, with these answers: right ones, wrong ones, none in time, and acks that nobody asked for.
pub(crate) fn answers(
    summary: &mut Summary,
    sent: u64,
    [answered, wrong, timed_out, unasked]: [u64; 4],
) {
    let file = File::parse("[requests]\nevent = \"echo\"\nrate = \"5/s\"\n").expect("TOML");
    summary.plan.requests = Plan::from_file(&file, 7).expect("a plan").requests;
    summary.requests.counts = RequestCounts {
        sent,
        answered,
        wrong,
        timed_out,
        unasked,
        late: 1,
    };
    summary.requests.latency = latency(&[3, 5]);
    summary.requests.from_send = latency(&[2, 4]);
}

#[test]
fn every_answer_has_to_be_right() {
    const WRONG: &str = "2 of 40 requests had a wrong answer (event \"echo\")";
    const MISSING: &str = "1 of 40 requests had no answer within 1s while the socket stayed connected (event \"echo\")";
    check(&[
        case(
            0,
            &["requests.wrong == 0"],
            |s| answers(s, 40, [40, 0, 0, 0]),
            &[],
        ),
        case(1, &[], |s| answers(s, 40, [38, 2, 0, 0]), &[WRONG]),
        case(1, &[], |s| answers(s, 40, [39, 0, 1, 0]), &[MISSING]),
        case(
            1,
            &[],
            |s| answers(s, 40, [40, 0, 0, 1]),
            &["1 ack that no request explains"],
        ),
        case(1, &[], |s| answers(s, 40, [37, 2, 1, 0]), &[WRONG, MISSING]),
        // Those whose connection ended first say nothing of the target.
        case(0, &[], |s| answers(s, 40, [30, 0, 0, 0]), &[]),
        case(
            4,
            &[],
            |s| answers(s, 40, [0, 0, 0, 0]),
            &["of 40 requests none was answered"],
        ),
        case(
            4,
            &[],
            |s| answers(s, 0, [0, 0, 0, 0]),
            &["no request was emitted"],
        ),
    ]);
}
