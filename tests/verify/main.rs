//! The verifier against hand-written histories, and against an oracle that works straight from the definitions.

mod boundaries;
mod bytes;
mod churn;
mod clean;
mod combined;
mod going_on;
mod oracle;
#[path = "../support/payloads.rs"]
mod payloads;
mod random;
mod scale;
mod script;
mod single;
mod untagged;

use script::{Case, Way, judged};

const WAYS: [Way; 6] = [
    Way::at_once(1),
    Way::at_once(2),
    Way::at_once(3),
    Way::as_it_goes(1),
    Way::as_it_goes(2),
    Way::as_it_goes(3),
];

/// Judges every history with its sockets spread over one, two and three judges, all at once and as it goes, and compares all counts and
/// examples.
fn check(cases: &[Case]) {
    let mut wrong = Vec::new();
    for case in cases {
        for way in WAYS {
            // A panic is a wrong answer too, and must not hide the other cases.
            let told = std::panic::catch_unwind(|| judged(case.history, way));
            let told = told.ok();
            if !told.as_ref().is_some_and(|told| told.fits(case, way)) {
                wrong.push(format!(
                    "{} ({way:?})\n  wanted {:?}\n  told   {told:?}",
                    case.name,
                    case.wanted()
                ));
                break;
            }
        }
    }
    let report = wrong.join("\n");
    assert!(
        wrong.is_empty(),
        "{} of {}:\n{report}",
        wrong.len(),
        cases.len()
    );
}

#[test]
fn bytes_are_told_by_what_is_attached() {
    check(bytes::CASES);
}

#[test]
fn each_class_alone() {
    check(single::CASES);
}

#[test]
fn what_only_looks_wrong() {
    check(clean::CASES);
}

#[test]
fn to_the_nanosecond() {
    check(boundaries::CASES);
}

#[test]
fn connections_that_end_and_begin() {
    check(churn::CASES);
}

#[test]
fn connections_that_go_on() {
    check(going_on::CASES);
}

#[test]
fn pushes_without_a_tag() {
    check(untagged::CASES);
}

#[test]
fn several_faults() {
    check(combined::CASES);
}

#[test]
fn there_are_enough_cases_and_no_two_of_one_name() {
    let all = [
        single::CASES,
        clean::CASES,
        boundaries::CASES,
        churn::CASES,
        combined::CASES,
        going_on::CASES,
        untagged::CASES,
    ];
    let names: std::collections::BTreeSet<_> =
        all.iter().copied().flatten().map(|c| c.name).collect();
    assert_eq!(names.len(), all.iter().map(|c| c.len()).sum::<usize>());
    assert!(names.len() >= 60, "{}", names.len());
}
