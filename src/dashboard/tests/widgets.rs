use std::fmt::Write as _;

use ratatui::Frame;
use ratatui::layout::Rect;

use super::golden::is_as_kept;
use super::{UNICODE, made, widget};
use crate::dashboard::render::{View, WIDGETS};

const SIZES: [(u16, u16); 3] = [(26, 7), (40, 12), (90, 16)];

#[test]
fn every_widget_at_three_sizes_in_calm_and_in_trouble() {
    for (name, draw) in WIDGETS {
        let mut drawn = String::new();
        for (what, snapshot) in [("calm", made::calm()), ("trouble", made::trouble())] {
            for (width, height) in SIZES {
                writeln!(drawn, "--- {what}, {width}x{height} ---").unwrap();
                let draw: fn(View<'_>, &mut Frame<'_>, Rect) = draw;
                drawn += &widget((width, height), &snapshot, UNICODE, draw);
            }
        }
        is_as_kept(&format!("widgets/{name}"), &drawn);
    }
}
