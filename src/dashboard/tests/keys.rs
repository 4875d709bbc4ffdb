use super::made;
use crate::dashboard::state::keys::{Action, BINDINGS, Key, action};
use crate::dashboard::state::{Of, Order, State, Tab};
use crate::summary::Snapshot;
use crate::verify::Class;

/// Lines of every page here.
const LINES: usize = 50;

/// What comes of these keys, pressed one after the other.
fn pressed(state: &mut State, keys: &[Key]) -> Vec<Order> {
    let newest = made::calm();
    keys.iter()
        .filter_map(|key| state.press(*key, &newest, LINES))
        .collect()
}

fn chars(text: &str) -> Vec<Key> {
    text.chars().map(Key::Char).collect()
}

#[test]
fn no_key_asks_for_two_things() {
    let all: Vec<_> = BINDINGS.iter().flat_map(|one| one.actions).collect();
    for (n, (key, _)) in all.iter().enumerate() {
        assert!(all[..n].iter().all(|(other, _)| other != key), "{key:?}");
    }
    assert_eq!(action(Key::Char('x')), None);
    assert_eq!(action(Key::Ctrl('c')), Some(Action::Interrupt));
}

#[test]
fn digits_and_tab_choose_a_page() {
    for (keys, tab) in [
        (chars("1"), Tab::Overview),
        (chars("2"), Tab::Latency),
        (chars("3"), Tab::Violations),
        (chars("4"), Tab::Parts),
        (chars("5"), Tab::Generator),
        (vec![Key::Tab], Tab::Latency),
        (vec![Key::Tab; 5], Tab::Overview),
        (vec![Key::BackTab], Tab::Generator),
        (vec![Key::Tab, Key::BackTab], Tab::Overview),
    ] {
        let mut state = State::default();
        assert_eq!(pressed(&mut state, &keys), []);
        assert_eq!(state.tab, tab, "{keys:?}");
    }
}

#[test]
fn a_paused_view_stays_while_the_run_goes_on() {
    let mut state = State::default();
    pressed(&mut state, &chars(" "));
    let newer = made::trouble();
    assert_eq!(state.shown(&newer).counts.violations(), 0);
    pressed(&mut state, &chars("p"));
    assert_eq!(state.shown(&newer).counts.violations(), 55);
}

#[test]
fn scrolling_stays_within_the_page() {
    for (keys, line) in [
        (vec![Key::Down], 1),
        (chars("jjk"), 1),
        (vec![Key::Up], 0),
        (vec![Key::PageDown], 10),
        (vec![Key::PageDown, Key::PageUp, Key::PageUp], 0),
        (vec![Key::End], LINES - 1),
        (chars("G"), LINES - 1),
        (vec![Key::End, Key::Down, Key::PageDown], LINES - 1),
        (vec![Key::End, Key::Home], 0),
        (chars("Gg"), 0),
    ] {
        let mut state = State::default();
        state.page = 10;
        pressed(&mut state, &keys);
        assert_eq!(state.line(LINES), line, "{keys:?}");
        // A page may become shorter.
        assert_eq!(state.line(0), 0);
    }
}

#[test]
fn each_page_keeps_its_own_line() {
    let mut state = State::default();
    pressed(&mut state, &chars("3jjj4j"));
    assert_eq!(state.line(LINES), 1);
    pressed(&mut state, &chars("3"));
    assert_eq!(state.line(LINES), 3);
}

#[test]
fn left_and_right_choose_a_class_of_violations() {
    let mut state = State::default();
    pressed(&mut state, &[Key::Right]);
    assert_eq!(state.class, None, "there are none on this page");
    pressed(&mut state, &chars("3jjl"));
    assert_eq!((state.class, state.line(LINES)), (Some(Class::Lost), 0));
    pressed(&mut state, &chars("hh"));
    assert_eq!(state.class, Some(Class::Premature));
    pressed(&mut state, &[Key::Right]);
    assert_eq!(state.class, None);
}

#[test]
fn ending_asks_once() {
    for (keys, orders) in [
        ("q", vec![]),
        ("qq", vec![Order::End]),
        ("ey", vec![Order::End]),
        ("qx", vec![]),
        ("qxq", vec![]),
        ("qnqy", vec![Order::End]),
        ("y", vec![]),
        // What is ending is not ended again.
        ("qqqq", vec![Order::End]),
        ("?qq", vec![Order::End]),
    ] {
        assert_eq!(
            pressed(&mut State::default(), &chars(keys)),
            orders,
            "{keys}"
        );
    }
}

#[test]
fn the_key_after_the_question_does_nothing_but_answer_it() {
    let mut state = State::default();
    pressed(&mut state, &chars("q3"));
    assert!(!state.asking);
    // Another page may be looked at meanwhile.
    assert_eq!(state.tab, Tab::Violations);
}

#[test]
fn an_interrupt_is_passed_on_each_time_whatever_is_shown() {
    let mut state = State::default();
    let keys = [Key::Char('?'), Key::Ctrl('c'), Key::Ctrl('c')];
    assert_eq!(pressed(&mut state, &keys), [Order::Interrupt; 2]);
    assert!(state.ending);
}

#[test]
fn the_rate_changes_by_tenths_of_the_schedules() {
    let mut state = State::new(Of::Run);
    let orders = pressed(&mut state, &chars("++-"));
    assert_eq!(orders, [1.1, 1.2, 1.1].map(Order::Rate));
    assert_eq!(
        state.messages().last(),
        Some("asked for 110 % of the schedule's rate")
    );
    pressed(&mut state, &vec![Key::Char('-'); 99]);
    assert!((state.factor() - 0.1).abs() < 1e-9);
    pressed(&mut state, &vec![Key::Char('+'); 999]);
    assert!((state.factor() - 10.0).abs() < 1e-9);
}

#[test]
fn a_rate_that_cannot_change_says_so() {
    let mut state = State::new(Of::Run);
    assert_eq!(state.press(Key::Char('+'), &Snapshot::default(), 0), None);
    assert!(
        state
            .messages()
            .last()
            .unwrap()
            .contains("nothing is pushed")
    );
}

#[test]
fn what_is_watched_is_left_and_not_steered() {
    for (keys, orders, said) in [
        ("q", vec![Order::End], 0),
        ("?q", vec![Order::End], 0),
        ("ey+=-_", vec![], 5),
    ] {
        let mut state = State::new(Of::Watched);
        assert_eq!(pressed(&mut state, &chars(keys)), orders, "{keys}");
        assert!(!state.asking && !state.ending);
        let told = state.messages().filter(|told| told.contains("not steered"));
        assert_eq!(told.count(), state.messages().count());
        assert_eq!(state.messages().count(), said, "{keys}");
    }
    let mut state = State::new(Of::Watched);
    let left = pressed(&mut state, &[Key::Char(' '), Key::Ctrl('c')]);
    assert_eq!(left, [Order::Interrupt]);
    assert!(!state.ending);
}

#[test]
fn any_key_closes_the_help() {
    let mut state = State::default();
    pressed(&mut state, &chars("?"));
    assert!(state.help);
    pressed(&mut state, &chars("3"));
    assert_eq!((state.help, state.tab), (false, Tab::Overview));
}

#[test]
fn messages_are_bounded() {
    let mut state = State::default();
    for n in 0..1_000 {
        state.say(&n.to_string());
    }
    assert_eq!(state.messages().count(), 100);
    assert_eq!(state.messages().last(), Some("999"));
}
