//! Whatever is done to a journal: no panic, no pass, and no violation that the run did not have.

use proptest::prelude::*;
use pushproof::journal::{HEAD, Head, Kind, PREAMBLE, Unreadable};
use pushproof::summary::Verdict;

use crate::story::{Manners, Story, cases, judged, live};

fn story(seed: u64, harmed: u64, churn: bool) -> Story {
    live(Manners {
        seed,
        pushes: 30,
        harmed,
        churn,
    })
}

/// Where each block begins.
fn blocks(bytes: &[u8]) -> Vec<(usize, Head)> {
    let (mut at, mut blocks) = (PREAMBLE, Vec::new());
    while at < bytes.len() {
        let head = Head::read(&bytes[at..]).unwrap();
        blocks.push((at, head));
        at += HEAD + head.length as usize;
    }
    blocks
}

/// Judges a journal that has been tampered with.
fn is_sound(story: &Story, bytes: &[u8], what: &str) {
    let verified = match judged(bytes) {
        Err(Unreadable::Io(error)) => panic!("{what}: {error}"),
        Err(_) => return,
        Ok(verified) => verified,
    };
    let judgement = verified.summary.judge();
    assert!(!verified.damage.is_empty(), "{what}: unseen");
    assert_ne!(judgement.verdict, Verdict::Pass, "{what}");
    assert!(!judgement.reasons.is_empty(), "{what}");
    let (found, real) = (
        &verified.summary.findings.counts,
        &story.said.findings.counts,
    );
    assert!(
        found.violations() <= real.violations(),
        "{what}: {found:?} of {real:?}, {:?}",
        verified.damage
    );
    if real.violations() == 0 {
        assert_eq!(judgement.verdict, Verdict::Unknown, "{what}");
    }
}

/// Cuts a story's journal at each block's edges, through its head, and here and there within it.
fn cut_anywhere(story: &Story) {
    let starts = blocks(&story.bytes);
    let near = |at: usize| {
        starts
            .iter()
            .any(|(start, _)| at.abs_diff(*start) <= 1 || at.checked_sub(*start) == Some(HEAD))
    };
    for end in 0..story.bytes.len() {
        if end % 97 == 0 || near(end) {
            is_sound(story, &story.bytes[..end], &format!("cut at {end}"));
        }
    }
}

#[test]
fn a_clean_run_cut_anywhere_is_judged_as_far_as_it_is_whole() {
    cut_anywhere(&story(1, 0, false));
}

#[test]
fn a_harmed_run_cut_anywhere_is_judged_as_far_as_it_is_whole() {
    cut_anywhere(&story(2, 6, true));
}

#[test]
fn without_any_one_block_nothing_is_made_up() {
    for seed in 0..8 {
        let story = story(seed, if seed % 2 == 0 { 0 } else { 6 }, seed % 4 > 1);
        for (at, head) in blocks(&story.bytes) {
            let mut bytes = story.bytes.clone();
            bytes.drain(at..at + HEAD + head.length as usize);
            is_sound(&story, &bytes, &format!("seed {seed}, without {head:?}"));
            // The same block with a byte changed, which leaves it where it was.
            let mut bytes = story.bytes.clone();
            bytes[at + HEAD + head.length as usize / 2] ^= 1;
            is_sound(&story, &bytes, &format!("seed {seed}, damaged {head:?}"));
        }
    }
}

#[test]
fn a_clean_run_that_is_cut_before_its_end_is_told_with_its_place() {
    let story = story(3, 0, false);
    let starts = blocks(&story.bytes);
    let (footer, head) = starts.last().unwrap();
    assert_eq!(head.source.kind, Kind::Footer);
    let verified = judged(&story.bytes[..*footer]).unwrap();
    assert_eq!(verified.damage.len(), 1);
    let (found, real) = (
        &verified.summary.findings.counts,
        &story.said.findings.counts,
    );
    assert_eq!(found, real, "all that was seen is there");
    let reasons = verified.summary.judge().reasons;
    assert!(
        reasons[0].contains("the last block is missing"),
        "{reasons:?}"
    );
    let verified = judged(&story.bytes[..footer + 7]).unwrap();
    let told = verified.damage[0].to_string();
    assert!(
        told.starts_with(&format!("byte {footer}: the file is cut short")),
        "{told}"
    );
}

#[test]
fn without_its_first_block_the_last_one_has_the_plan() {
    let story = story(3, 0, false);
    let mut bytes = story.bytes.clone();
    bytes[PREAMBLE + HEAD + 3] ^= 1;
    is_sound(&story, &bytes, "a damaged header");
    let verified = judged(&bytes).unwrap();
    assert_eq!(verified.summary.findings.counts, story.said.findings.counts);
    let (footer, _) = *blocks(&story.bytes).last().unwrap();
    let error = judged(&bytes[..footer]).unwrap_err();
    assert!(matches!(error, Unreadable::NoPlan), "{error}");
}

#[test]
fn what_is_no_journal_is_said_to_be_none() {
    let story = story(3, 0, false);
    for bytes in [
        &b""[..],
        b"{}",
        &story.bytes[1..],
        &story.bytes[..PREAMBLE - 1],
    ] {
        let error = judged(bytes).unwrap_err();
        assert!(matches!(error, Unreadable::NotAJournal), "{error}");
    }
    let mut later = story.bytes.clone();
    later[8] = 9;
    let error = judged(&later).unwrap_err();
    assert!(error.to_string().contains("version 9"), "{error}");
}

proptest! {
    #![proptest_config(cases(150))]

    #[test]
    fn flipped_bits_make_nothing_up(seed in 0..6_u64, churn: bool, harmed in 0..2_u64, flips in proptest::collection::vec((any::<prop::sample::Index>(), 0..8_u8), 1..6)) {
        let story = story(seed, harmed * 6, churn);
        let mut bytes = story.bytes.clone();
        for (at, bit) in flips {
            let at = at.index(bytes.len());
            bytes[at] ^= 1 << bit;
        }
        if bytes != story.bytes {
            is_sound(&story, &bytes, "bits flipped");
        }
    }

    #[test]
    fn bytes_taken_out_or_put_in_make_nothing_up(seed in 0..6_u64, at: prop::sample::Index, taken in 0..3_000_usize, put in proptest::collection::vec(any::<u8>(), 1..80)) {
        let story = story(seed, 6, true);
        let mut bytes = story.bytes.clone();
        let at = at.index(bytes.len());
        let end = (at + taken).min(bytes.len());
        bytes.splice(at..end, put);
        if bytes != story.bytes {
            is_sound(&story, &bytes, "bytes exchanged");
        }
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400), seed in 0..3_u64) {
        judged(&bytes).ok();
        // Behind a true beginning, and as the body of a block whose checksums fit.
        let story = story(seed, 0, false);
        let (first, _) = blocks(&story.bytes)[1];
        let mut behind = story.bytes[..first].to_vec();
        behind.extend(&bytes);
        judged(&behind).ok();
        let mut nonsense = story.bytes[..first].to_vec();
        for (at, head) in blocks(&story.bytes).into_iter().skip(1) {
            let body = &story.bytes[at + HEAD..at + HEAD + head.length as usize];
            let mut body = body.to_vec();
            if head.source.kind != Kind::Footer {
                let at = bytes.len() * 7 % (body.len() + 1);
                body.splice(at..(at + bytes.len() / 3).min(body.len()), bytes.iter().copied());
            }
            let head = Head::of(head.source, head.last, head.sequence, head.from, head.through, &body);
            nonsense.extend(head.bytes());
            nonsense.extend(body);
        }
        judged(&nonsense).ok();
    }
}
