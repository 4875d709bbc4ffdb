use std::fmt::Write as _;

use super::made;
use crate::dashboard::board::Board as _;
use crate::dashboard::keys::Key;
use crate::dashboard::list::{State, Tried};
use crate::dashboard::tests::golden::is_as_kept;
use crate::dashboard::tests::{ASCII, UNICODE, board};
use crate::dashboard::theme::Theme;

const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (200, 60)];

/// What is seen after these keys, each pressed on what had been drawn before.
fn after(size: (u16, u16), tried: &Tried, keys: &[Key], theme: Theme) -> String {
    let mut state = State::default();
    let mut drawn = board(size, &mut state, tried, theme);
    for key in keys {
        state.press(*key, tried);
        drawn = board(size, &mut state, tried, theme);
    }
    drawn
}

fn at_all_sizes(name: &str, tried: &Tried) {
    for (width, height) in SIZES {
        let drawn = after((width, height), tried, &[], UNICODE);
        is_as_kept(&format!("list/{name}-{width}x{height}"), &drawn);
    }
}

#[test]
fn cases_in_calm_and_in_trouble_at_three_sizes() {
    at_all_sizes("cases-calm", &made::calm());
    at_all_sizes("cases-trouble", &made::trouble());
}

#[test]
fn trials_in_calm_and_in_trouble_at_three_sizes() {
    at_all_sizes("trials-calm", &made::trials(false));
    at_all_sizes("trials-trouble", &made::trials(true));
}

#[test]
fn known_bad_servers_one_of_which_lives() {
    at_all_sizes("mutants-trouble", &made::mutants(true));
}

#[test]
fn a_search_in_calm_and_in_trouble_at_three_sizes() {
    at_all_sizes("search-calm", &made::climbs());
    at_all_sizes("search-trouble", &made::breaks());
}

#[test]
fn a_search_that_rests_and_a_step_that_is_looked_at() {
    let mut drawn = after((80, 24), &made::rests(), &[], UNICODE);
    drawn += &after((80, 24), &made::breaks(), &[Key::Char('n')], UNICODE);
    drawn += &after(
        (80, 24),
        &made::breaks(),
        &[Key::Char('n'), Key::Enter],
        UNICODE,
    );
    is_as_kept("list/search-others-80x24", &drawn);
}

#[test]
fn what_keys_bring_up() {
    let mut drawn = String::new();
    let tried = made::trouble();
    for (what, keys) in [
        ("a line is chosen", vec![Key::Up]),
        ("details", vec![Key::Char('n'), Key::Enter]),
        (
            "only what came to this",
            vec![Key::Right, Key::Right, Key::Right, Key::Right],
        ),
        ("nothing came to this", vec![Key::Left, Key::Left]),
        ("only problems", vec![Key::Char('f')]),
        ("the keys", vec![Key::Char('?')]),
        ("the end is asked for", vec![Key::Char('q')]),
        ("it ends", vec![Key::Char('q'), Key::Char('q')]),
        ("paused", vec![Key::Char(' ')]),
    ] {
        writeln!(drawn, "--- {what} ---").unwrap();
        drawn += &after((80, 24), &tried, &keys, UNICODE);
    }
    is_as_kept("list/keys-80x24", &drawn);
}

#[test]
fn how_it_begins_and_a_failure_that_may_have_been_expected() {
    let mut drawn = after((80, 24), &made::begins(), &[], UNICODE);
    drawn += &after((80, 24), &Tried::default(), &[], UNICODE);
    let mut tried = made::trouble();
    let mut about = (*tried.about).clone();
    about.held_against = "expected: node.toml".to_owned();
    tried.about = about.into();
    drawn += &after((80, 24), &tried, &[], UNICODE);
    is_as_kept("list/others-80x24", &drawn);
}

#[test]
fn a_view_that_is_paused_tells_of_failures() {
    let mut state = State::default();
    board((80, 24), &mut state, &made::calm(), UNICODE);
    state.press(Key::Char('p'), &made::calm());
    let drawn = board((80, 24), &mut state, &made::trouble(), UNICODE);
    assert!(
        drawn.contains("view paused at 0:08; 2 more failures since then"),
        "{drawn}"
    );
    assert!(drawn.contains("FAIL: 2 cases"), "{drawn}");
    assert!(!drawn.contains("RT-05"), "{drawn}");
}

#[test]
fn a_small_terminal_still_tells_what_matters() {
    let mut drawn = String::new();
    for (size, tried) in [
        ((40, 14), made::trouble()),
        ((40, 12), made::calm()),
        ((30, 20), made::trials(true)),
        ((40, 12), made::breaks()),
    ] {
        write!(
            drawn,
            "--- {size:?} ---\n{}",
            after(size, &tried, &[], UNICODE)
        )
        .unwrap();
    }
    assert!(drawn.contains("FAIL: 2") && drawn.contains("!! fail RT-05"));
    is_as_kept("list/small", &drawn);
}

#[test]
fn nothing_is_told_by_colour_alone_and_ascii_is_enough() {
    let plain = Theme {
        colour: false,
        unicode: true,
    };
    for tried in [
        made::calm(),
        made::trouble(),
        made::trials(true),
        made::breaks(),
    ] {
        let with = after((120, 40), &tried, &[Key::Up], UNICODE);
        assert_eq!(with, after((120, 40), &tried, &[Key::Up], plain));
        assert!(with.contains("> "), "the one chosen has a mark");
    }
    for tried in [
        made::trouble(),
        made::extreme(),
        made::mutants(true),
        made::breaks(),
    ] {
        assert!(after((120, 40), &tried, &[], ASCII).is_ascii());
        assert!(after((120, 40), &tried, &[Key::Up, Key::Enter], ASCII).is_ascii());
    }
    let drawn = after((80, 24), &made::trouble(), &[], ASCII);
    is_as_kept("list/cases-trouble-ascii-80x24", &drawn);
}

#[test]
fn what_the_network_sends_is_shown_harmlessly() {
    let harmful =
        |c: char| c != '\n' && c.is_control() || matches!(c, '\u{202e}' | '\u{5d0}' | '\u{200b}');
    for keys in [vec![], vec![Key::Up], vec![Key::Up, Key::Enter]] {
        let drawn = after((120, 40), &made::extreme(), &keys, UNICODE);
        assert!(!drawn.contains(harmful), "{keys:?}\n{drawn}");
    }
}
