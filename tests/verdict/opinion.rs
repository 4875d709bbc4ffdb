//! Two drivers' opinions of one target.

use pushproof::scenario::Driver;
use pushproof::summary::opinion::Opinions;
use pushproof::summary::{Summary, Verdict};

use super::fixture::{clean, violated};

fn by(driver: Driver, faulty: bool) -> Summary {
    let mut summary = clean();
    summary.plan.clients.driver = driver;
    if faulty {
        violated(&mut summary);
    }
    summary
}

/// By the first, by the second: what is said of both.
#[test]
fn only_what_both_let_pass_passes() {
    use Verdict::{Fail, Pass, Unknown};
    for (first, second, agree, verdict, code) in [
        (false, false, true, Pass, 0),
        (true, true, true, Fail, 1),
        (true, false, false, Fail, 1),
        (false, true, false, Unknown, 4),
    ] {
        let (first, second) = (by(Driver::Lean, first), by(Driver::RustSocketio, second));
        let opinions = Opinions {
            first: &first,
            second: &second,
        };
        let judged = opinions.judge();
        assert_eq!((judged.verdict, judged.exit_code), (verdict, code));
        assert_eq!(opinions.agree(), agree);
        assert_eq!(opinions.differences().is_empty(), agree);
        let told = judged
            .reasons
            .iter()
            .any(|why| why.starts_with("the second driver, rust_socketio, says"));
        assert_eq!(told, !agree, "{:?}", judged.reasons);
    }
}

#[test]
fn what_was_counted_differently_is_told() {
    let (first, second) = (by(Driver::Lean, false), by(Driver::RustSocketio, true));
    let opinions = Opinions {
        first: &first,
        second: &second,
    };
    let differences = opinions.differences();
    assert_eq!(
        differences[0],
        "verdict: pass by lean, fail by rust_socketio"
    );
    let phantom = "phantom: 0 by lean, 1 by rust_socketio".to_owned();
    assert!(differences.contains(&phantom), "{differences:?}");
}

/// Of a second run that the user ended there is no opinion, and the exit code says so.
#[test]
fn an_interrupted_second_run_leaves_no_proof() {
    let (first, mut second) = (by(Driver::Lean, false), by(Driver::RustSocketio, false));
    second.interrupted = true;
    let opinions = Opinions {
        first: &first,
        second: &second,
    };
    assert_eq!(opinions.judge().exit_code, 130);
}
