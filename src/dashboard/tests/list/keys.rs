use std::sync::Arc;

use super::made;
use crate::dashboard::board::Board as _;
use crate::dashboard::keys::Key;
use crate::dashboard::list::keys::BINDINGS;
use crate::dashboard::list::state::Filter;
use crate::dashboard::list::{Item, State, Tried};
use crate::dashboard::state::Order;
use crate::dashboard::tests::{UNICODE, board};

/// Presses these keys, and gives what was asked for.
fn pressed(state: &mut State, tried: &Tried, keys: &[Key]) -> Vec<Order> {
    let mut orders = Vec::new();
    for key in keys {
        // What is seen at a time is known once it is drawn.
        board((80, 24), state, tried, UNICODE);
        orders.extend(state.press(*key, tried));
    }
    orders
}

fn chars(text: &str) -> Vec<Key> {
    text.chars().map(Key::Char).collect()
}

#[test]
fn what_is_chosen_is_not_so_in_the_list_of_another_target() {
    let tried = made::trouble();
    let mut state = State::default();
    pressed(&mut state, &tried, &[Key::Up]);
    assert!(state.chosen(&tried).is_some());
    board((80, 24), &mut state, &Tried::default(), UNICODE);
    assert!(state.chosen(&tried).is_none());
}

/// The name of the one chosen after these keys.
fn chosen(tried: &Tried, keys: &[Key]) -> Option<String> {
    let mut state = State::default();
    pressed(&mut state, tried, keys);
    state.chosen(tried).map(|(_, item)| item.name.clone())
}

#[test]
fn no_key_asks_for_two_things() {
    let all: Vec<_> = BINDINGS.iter().flat_map(|one| one.actions).collect();
    for (n, (key, _)) in all.iter().enumerate() {
        assert!(all[..n].iter().all(|(other, _)| other != key), "{key:?}");
    }
}

#[test]
fn the_newest_is_chosen_first_and_the_choice_stays_within_the_list() {
    let tried = made::trouble();
    for (keys, name) in [
        (vec![], None),
        (vec![Key::Up], Some("RT-06")),
        (vec![Key::Down], Some("RT-06")),
        (chars("kk"), Some("RT-05")),
        (chars("kkkjjjj"), Some("RT-06")),
        (vec![Key::Home], Some("HS-01")),
        (vec![Key::Home, Key::Up, Key::Down], Some("HS-02")),
        (chars("gG"), None),
        (vec![Key::Up, Key::End], None),
        (vec![Key::Home, Key::PageDown, Key::PageUp], Some("HS-01")),
    ] {
        assert_eq!(chosen(&tried, &keys).as_deref(), name, "{keys:?}");
    }
    assert_eq!(chosen(&Tried::default(), &[Key::Up]), None);
}

#[test]
fn the_next_problem_is_a_key_away() {
    let tried = made::trouble();
    for (keys, name) in [
        ("n", Some("HS-04")),
        ("nn", Some("AU-09")),
        ("nnn", Some("LV-07")),
        ("nnnn", Some("RT-05")),
        ("nnnnn", Some("RT-05")),
        ("N", Some("RT-05")),
        ("NN", Some("LV-07")),
        ("gn", Some("HS-04")),
    ] {
        assert_eq!(chosen(&tried, &chars(keys)).as_deref(), name, "{keys}");
    }
    let mut state = State::default();
    pressed(&mut state, &made::calm(), &chars("n"));
    let told = state.around.last_said();
    assert_eq!(told, Some("nothing here is other than it should be so far"));
}

#[test]
fn a_filter_leaves_some_and_the_choice_is_among_them() {
    let tried = made::trouble();
    let mut state = State::default();
    pressed(&mut state, &tried, &chars("f"));
    assert_eq!(
        (state.filter, state.places(&tried).len()),
        (Filter::Problems, 4)
    );
    pressed(&mut state, &tried, &[Key::Home]);
    assert_eq!(
        state.chosen(&tried).map(|(_, item)| &*item.name),
        Some("HS-04")
    );
    pressed(&mut state, &tried, &[Key::Right]);
    assert_eq!(state.filter, Filter::Word("pass"));
    // What is not shown is not chosen.
    assert!(state.chosen(&tried).is_none());
    pressed(&mut state, &tried, &[Key::Right]);
    assert_eq!(
        (state.filter, state.places(&tried).len()),
        (Filter::Word("fail"), 2)
    );
    // There again.
    assert!(state.chosen(&tried).is_some());
    pressed(&mut state, &tried, &[Key::Left; 3]);
    assert_eq!(state.filter, Filter::All);
    pressed(&mut state, &tried, &[Key::Left]);
    assert_eq!(state.filter, Filter::Word("skip"));
    pressed(&mut state, &tried, &chars("l"));
    assert_eq!(state.filter, Filter::All);
}

#[test]
fn the_one_chosen_stays_while_more_come() {
    let mut tried = made::calm();
    let mut state = State::default();
    pressed(&mut state, &tried, &chars("kk"));
    let before = state.chosen(&tried).map(|(place, _)| place);
    Arc::make_mut(&mut tried.ended).push(Item::default().into());
    assert_eq!(state.chosen(&tried).map(|(place, _)| place), before);
    // Another target begins with none.
    assert!(state.chosen(&made::begins()).is_none());
}

#[test]
fn unchosen_the_details_tell_of_the_newest_of_the_worst() {
    let name = |tried: &Tried| State::default().told(tried).map(|item| item.name.clone());
    assert_eq!(name(&made::trouble()).as_deref(), Some("RT-05"));
    assert_eq!(name(&made::trials(true)).as_deref(), Some("reorder"));
    assert_eq!(name(&made::calm()), None);
}

#[test]
fn open_details_scroll_and_are_closed_again() {
    let mut tried = made::trouble();
    let item = Item {
        details: vec![("x", "word ".repeat(1_000))],
        ..Item::default()
    };
    Arc::make_mut(&mut tried.ended).push(item.into());
    let mut state = State::default();
    pressed(
        &mut state,
        &tried,
        &[Key::Up, Key::Enter, Key::Down, Key::Down],
    );
    assert_eq!((state.open, state.scroll), (true, 2));
    pressed(&mut state, &tried, &[Key::Home, Key::Up]);
    assert_eq!(state.scroll, 0);
    pressed(&mut state, &tried, &[Key::End, Key::Down, Key::PageDown]);
    let end = state.scroll;
    pressed(&mut state, &tried, &[Key::Up]);
    assert_eq!(state.scroll, end - 1);
    pressed(&mut state, &tried, &[Key::Escape]);
    assert!(!state.open);
    assert_eq!(
        chosen(&tried, &[Key::Up, Key::Enter, Key::Enter]).as_deref(),
        Some("")
    );
}

#[test]
fn ending_asks_once_and_an_interrupt_does_not() {
    let tried = made::calm();
    for (keys, orders) in [
        (chars("q"), vec![]),
        (chars("qq"), vec![Order::End]),
        (chars("ey"), vec![Order::End]),
        (chars("qxq"), vec![]),
        (chars("y"), vec![]),
        (chars("qqqq"), vec![Order::End]),
        (chars("?qq"), vec![Order::End]),
        (vec![Key::Ctrl('c')], vec![Order::Interrupt]),
        (vec![Key::Char('?'), Key::Ctrl('c')], vec![Order::Interrupt]),
        (vec![Key::Ctrl('l')], vec![Order::Redraw]),
    ] {
        let mut state = State::default();
        assert_eq!(pressed(&mut state, &tried, &keys), orders, "{keys:?}");
    }
}

#[test]
fn any_key_closes_the_help_and_does_nothing_else() {
    let mut state = State::default();
    let tried = made::trouble();
    pressed(&mut state, &tried, &chars("?f"));
    assert_eq!((state.around.help, state.filter), (false, Filter::All));
}

#[test]
fn no_size_and_no_key_makes_it_panic() {
    let all = [
        Tried::default(),
        made::begins(),
        made::calm(),
        made::trouble(),
        made::trials(true),
        made::mutants(false),
        made::climbs(),
        made::breaks(),
        made::rests(),
        made::extreme(),
    ];
    let keys = BINDINGS.iter().flat_map(|one| one.actions);
    let keys: Vec<_> = keys.map(|(key, _)| *key).chain([Key::Other]).collect();
    let mut seed = 0x5eed_u64;
    let mut any = |n: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        (seed % n as u64) as usize
    };
    let mut state = State::default();
    for turn in 0..400 {
        let tried = &all[any(all.len())];
        state.press(keys[any(keys.len())], tried);
        let size = if turn % 3 == 0 {
            (1 + any(60) as u16, 1 + any(20) as u16)
        } else {
            (1 + any(300) as u16, 1 + any(100) as u16)
        };
        board(size, &mut state, tried, UNICODE);
    }
}
