//! The verifier against hand-written histories, and against an oracle that works straight from the definitions.

mod boundaries;
mod clean;
mod combined;
mod oracle;
mod random;
mod scale;
mod script;
mod single;

use script::{Case, judged};

/// Judges every history with its sockets spread over one, two and three judges, and compares all counts and examples.
fn check(cases: &[Case]) {
    let mut wrong = Vec::new();
    for case in cases {
        for judges in 1..=3 {
            // A panic is a wrong answer too, and must not hide the other cases.
            let told = std::panic::catch_unwind(|| judged(case.history, judges));
            let told = told.ok();
            let wanted = Some(case.wanted());
            if told != wanted {
                wrong.push(format!(
                    "{} ({judges} judges)\n  wanted {wanted:?}\n  told   {told:?}",
                    case.name
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
fn several_faults() {
    check(combined::CASES);
}

#[test]
fn there_are_enough_cases_and_no_two_of_one_name() {
    let all = [
        single::CASES,
        clean::CASES,
        boundaries::CASES,
        combined::CASES,
    ];
    let names: std::collections::BTreeSet<_> =
        all.iter().copied().flatten().map(|c| c.name).collect();
    assert_eq!(names.len(), all.iter().map(|c| c.len()).sum::<usize>());
    assert!(names.len() >= 60, "{}", names.len());
}
