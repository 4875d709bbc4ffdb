//! How it looks: a few styles of the sixteen colours that every terminal has, and signs of Unicode or ASCII.

use ratatui::style::{Color, Modifier, Style};
use ratatui::symbols::border;

/// What the terminal can show, and whoever looks at it wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Theme {
    /// Colours; without them bold, dim and reversed text still tell things apart.
    pub colour: bool,
    /// Signs beyond ASCII.
    pub unicode: bool,
}

/// Steps of a bar, from nothing to all of a cell.
const EIGHTHS: [&str; 9] = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];
/// The same in ASCII: how much ink a cell has.
const INK: [&str; 9] = [" ", ".", ":", "-", "=", "+", "*", "#", "@"];

const ASCII_BORDER: border::Set<'_> = border::Set {
    top_left: "+",
    top_right: "+",
    bottom_left: "+",
    bottom_right: "+",
    vertical_left: "|",
    vertical_right: "|",
    horizontal_top: "-",
    horizontal_bottom: "-",
};

impl Theme {
    fn coloured(self, colour: Color) -> Style {
        if self.colour {
            Style::new().fg(colour)
        } else {
            Style::new()
        }
    }

    /// What is as it should be.
    pub fn good(self) -> Style {
        self.coloured(Color::Green)
    }

    /// What is not.
    pub fn bad(self) -> Style {
        self.coloured(Color::Red).add_modifier(Modifier::BOLD)
    }

    /// What may turn bad, or takes from the evidence.
    pub fn warning(self) -> Style {
        self.coloured(Color::Yellow).add_modifier(Modifier::BOLD)
    }

    /// What says what something else is.
    pub fn label(self) -> Style {
        Style::new().add_modifier(Modifier::DIM)
    }

    /// Titles of panels, names of keys.
    pub fn title(self) -> Style {
        self.coloured(Color::Cyan).add_modifier(Modifier::BOLD)
    }

    /// Frames of panels.
    pub fn frame(self) -> Style {
        Style::new().add_modifier(Modifier::DIM)
    }

    /// A line, bar or point of a plot.
    pub fn plot(self) -> Style {
        self.coloured(Color::Cyan)
    }

    /// A threshold in a plot.
    pub fn limit(self) -> Style {
        self.coloured(Color::Magenta)
    }

    /// What is chosen.
    pub fn chosen(self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }

    /// What must not be overlooked, in this style.
    pub fn loud(self, style: Style) -> Style {
        style.add_modifier(Modifier::REVERSED | Modifier::BOLD)
    }

    /// The border of a panel.
    pub fn border(self) -> border::Set<'static> {
        if self.unicode {
            border::PLAIN
        } else {
            ASCII_BORDER
        }
    }

    /// A cell that is full to so many eighths.
    pub fn eighths(self, n: usize) -> &'static str {
        let steps = if self.unicode { &EIGHTHS } else { &INK };
        steps[n.min(8)]
    }

    /// The full and the empty cell of a progress bar.
    pub fn progress(self) -> (&'static str, &'static str) {
        if self.unicode {
            ("█", "░")
        } else {
            ("#", ".")
        }
    }

    /// One of two texts, by what the terminal can show.
    pub fn sign(self, unicode: &'static str, ascii: &'static str) -> &'static str {
        if self.unicode { unicode } else { ascii }
    }
}
