use super::{ASCII, UNICODE, made, screen};
use crate::dashboard::state::keys::{BINDINGS, Key};
use crate::dashboard::state::{Of, State};
use crate::summary::Snapshot;

/// A seeded source of what happens next.
struct Any(u64);

impl Any {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % n as u64) as usize
    }
}

/// Turns of the test: each is a key, perhaps another size or snapshot, and a frame.
const TURNS: usize = 300;

#[test]
fn no_size_and_no_key_makes_it_panic() {
    let snapshots = [
        Snapshot::default(),
        made::connecting(),
        made::calm(),
        made::trouble(),
        made::extreme(),
    ];
    let keys = BINDINGS
        .iter()
        .flat_map(|one| one.actions)
        .map(|(key, _)| *key);
    let keys: Vec<_> = keys
        .chain([Key::Other, Key::Enter, Key::Char('x')])
        .collect();
    let mut any = Any(0x5eed);
    let mut state = State::new(Of::Run);
    let (mut lines, mut newest) = (0, &snapshots[0]);
    for turn in 0..TURNS {
        if any.below(3) == 0 {
            newest = &snapshots[any.below(snapshots.len())];
        }
        state.press(keys[any.below(keys.len())], newest, lines);
        if any.below(5) == 0 {
            state.say(&"\u{1b}[2Jsaid ".repeat(any.below(40)));
        }
        let size = if turn % 4 == 0 {
            (1 + any.below(60), 1 + any.below(20))
        } else {
            (1 + any.below(300), 1 + any.below(100))
        };
        let theme = if any.below(4) == 0 { ASCII } else { UNICODE };
        let (_, page) = screen((size.0 as u16, size.1 as u16), newest, &state, theme);
        (lines, state.page) = (page.lines, page.seen);
    }
}

#[test]
fn the_smallest_sizes_are_drawn_one_by_one() {
    for snapshot in [made::trouble(), made::extreme()] {
        for width in 1..=12 {
            for height in 1..=12 {
                screen((width, height), &snapshot, &State::default(), UNICODE);
            }
        }
    }
}
