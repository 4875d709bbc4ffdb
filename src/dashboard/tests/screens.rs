use std::fmt::Write as _;

use super::golden::is_as_kept;
use super::{ASCII, UNICODE, made, screen};
use crate::dashboard::state::keys::Key;
use crate::dashboard::state::{Of, State, Tab};
use crate::dashboard::theme::Theme;
use crate::summary::Snapshot;

const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (200, 60)];

/// Every page of a snapshot at a size.
fn pages(size: (u16, u16), snapshot: &Snapshot, theme: Theme) -> String {
    let mut drawn = String::new();
    for tab in Tab::ALL {
        let mut state = State::new(Of::Run);
        state.tab = tab;
        writeln!(drawn, "--- {} ---", tab.name()).unwrap();
        drawn += &screen(size, snapshot, &state, theme).0;
    }
    drawn
}

fn at_all_sizes(name: &str, snapshot: &Snapshot) {
    for (width, height) in SIZES {
        let drawn = pages((width, height), snapshot, UNICODE);
        is_as_kept(&format!("{name}-{width}x{height}"), &drawn);
    }
}

#[test]
fn a_calm_run_at_three_sizes() {
    at_all_sizes("calm", &made::calm());
}

#[test]
fn a_run_in_trouble_at_three_sizes() {
    at_all_sizes("trouble", &made::trouble());
}

#[test]
fn a_run_that_begins() {
    let mut drawn = String::new();
    for snapshot in [Snapshot::default(), made::connecting()] {
        drawn += "---\n";
        drawn += &screen((80, 24), &snapshot, &State::default(), UNICODE).0;
    }
    is_as_kept("begins-80x24", &drawn);
}

#[test]
fn what_the_network_sends_is_shown_harmlessly() {
    let snapshot = made::extreme();
    let drawn = pages((120, 40), &snapshot, UNICODE);
    let harmful =
        |c: char| c != '\n' && c.is_control() || matches!(c, '\u{202e}' | '\u{5d0}' | '\u{200b}');
    assert!(!drawn.contains(harmful));
    is_as_kept("extreme-120x40", &drawn);
}

#[test]
fn a_terminal_that_knows_only_ascii_gets_only_that() {
    for snapshot in [made::calm(), made::trouble(), made::extreme()] {
        assert!(pages((120, 40), &snapshot, ASCII).is_ascii());
    }
    is_as_kept(
        "trouble-ascii-80x24",
        &pages((80, 24), &made::trouble(), ASCII),
    );
}

#[test]
fn what_lies_above_the_view() {
    let snapshot = made::calm();
    let mut drawn = String::new();
    for key in [Key::Char('?'), Key::Char('q'), Key::Char(' ')] {
        let mut state = State::default();
        state.press(key, &snapshot, 0);
        let newest = made::trouble();
        writeln!(drawn, "--- {key:?} ---").unwrap();
        drawn += &screen((80, 24), &newest, &state, UNICODE).0;
    }
    is_as_kept("above-80x24", &drawn);
}

#[test]
fn what_is_watched_has_other_keys() {
    let snapshot = made::trouble();
    let mut drawn = String::new();
    for key in [Key::Char('?'), Key::Char('+')] {
        let mut state = State::new(Of::Watched);
        state.press(key, &snapshot, 0);
        writeln!(drawn, "--- {key:?} ---").unwrap();
        drawn += &screen((80, 24), &snapshot, &state, UNICODE).0;
    }
    is_as_kept("watched-80x24", &drawn);
}

#[test]
fn a_small_terminal_still_tells_the_verdict_and_the_violations() {
    let mut drawn = String::new();
    for (size, snapshot) in [
        ((40, 12), made::trouble()),
        ((40, 12), made::calm()),
        ((30, 20), made::trouble()),
        ((60, 20), made::trouble()),
    ] {
        let told = screen(size, &snapshot, &State::default(), UNICODE).0;
        write!(drawn, "--- {size:?} ---\n{told}").unwrap();
    }
    assert!(drawn.contains("FAIL: 55 violations") && drawn.contains("31 late"));
    is_as_kept("small", &drawn);
}

#[test]
fn nothing_is_told_by_colour_alone() {
    let plain = Theme {
        colour: false,
        unicode: true,
    };
    for snapshot in [made::calm(), made::trouble()] {
        let with = pages((120, 40), &snapshot, UNICODE);
        assert_eq!(with, pages((120, 40), &snapshot, plain));
    }
    let trouble = pages((120, 40), &made::trouble(), plain);
    for sign in [
        "FAIL",
        "!! 31",
        "!! breached",
        "! 493",
        "GENERATOR",
        "Generator: the limit",
    ] {
        assert!(sign == "GENERATOR" || trouble.contains(sign), "{sign}");
    }
}
