//! What plots share: bars, an axis in powers of ten, and a grid of dots.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::theme::Theme;

/// Bars beside each other, the newest value at the right end; `most` fills the height of the area.
pub(super) fn bars(
    theme: impl Into<Theme>,
    frame: &mut Frame<'_>,
    area: Rect,
    values: impl DoubleEndedIterator<Item = u64>,
    most: u64,
) {
    let theme = theme.into();
    let steps = usize::from(area.height) * 8;
    for (n, value) in values.rev().take(usize::from(area.width)).enumerate() {
        let x = area.width - 1 - n as u16;
        bar(theme, frame, area, x, height(value, most, steps));
    }
}

/// One bar, of so many eighths of a cell.
pub(super) fn bar(
    theme: impl Into<Theme>,
    frame: &mut Frame<'_>,
    area: Rect,
    x: u16,
    eighths: usize,
) {
    let theme = theme.into();
    for y in 0..usize::from(area.height) {
        let sign = theme.eighths(eighths.saturating_sub(y * 8));
        if sign != " " {
            let y = area.height - 1 - y as u16;
            write(frame, area, x, y, sign, theme.plot());
        }
    }
}

/// A value as part of the largest, in so many steps; whatever there is of it takes one at least.
pub(super) fn height(value: u64, most: u64, steps: usize) -> usize {
    if value == 0 || most == 0 || steps == 0 {
        return 0;
    }
    let share = value as f64 / most as f64;
    ((share * steps as f64).round() as usize).clamp(1, steps)
}

/// Latencies on an axis in powers of ten, in microseconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Axis {
    /// Powers of ten at both ends.
    from: f64,
    to: f64,
}

impl Axis {
    /// One that all of these are on; whole powers of ten, one at least. `None`: there are none.
    pub(super) fn over(values: impl Iterator<Item = u64>) -> Option<Self> {
        let (mut least, mut most) = (u64::MAX, 0);
        for value in values {
            least = least.min(value.max(1));
            most = most.max(value.max(1));
        }
        if most == 0 {
            return None;
        }
        let from = (least as f64).log10().floor();
        let to = (most as f64).log10().ceil().max(from + 1.0);
        Some(Self { from, to })
    }

    /// Where a value stands: 0 at the lower end, 1 at the upper.
    pub(super) fn place(self, us: u64) -> f64 {
        let at = (us.max(1) as f64).log10();
        ((at - self.from) / (self.to - self.from)).clamp(0.0, 1.0)
    }

    /// The value at a place.
    pub(super) fn value(self, place: f64) -> u64 {
        let power = self.from + place * (self.to - self.from);
        10_f64.powf(power).round() as u64
    }

    /// The powers of ten on it.
    pub(super) fn ticks(self) -> impl Iterator<Item = u64> {
        let (from, to) = (self.from as u32, self.to as u32);
        (from..=to).map(|power| 10_u64.saturating_pow(power))
    }
}

/// Eight dots in each cell, two beside each other and four above.
#[derive(Debug)]
pub(super) struct Dots {
    width: usize,
    height: usize,
    cells: Vec<u8>,
}

/// The bit of each dot of a cell, by column and row.
const BITS: [[u8; 4]; 2] = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]];

impl Dots {
    /// For a part of the screen.
    pub(super) fn new(area: Rect) -> Self {
        let (width, height) = (usize::from(area.width), usize::from(area.height));
        Self {
            width,
            height,
            cells: vec![0; width * height],
        }
    }

    /// Dots beside each other.
    pub(super) fn columns(&self) -> usize {
        self.width * 2
    }

    /// The row of dots, from the top, that a place on an axis is in.
    pub(super) fn row(&self, place: f64) -> usize {
        let rows = (self.height * 4).saturating_sub(1);
        ((1.0 - place) * rows as f64).round() as usize
    }

    /// A dot, from the top left.
    pub(super) fn set(&mut self, x: usize, y: usize) {
        let (column, row) = (x / 2, y / 4);
        if column < self.width && row < self.height {
            self.cells[row * self.width + column] |= BITS[x % 2][y % 4];
        }
    }

    /// All dots of a column between two rows.
    pub(super) fn line(&mut self, x: usize, from: usize, to: usize) {
        for y in from.min(to)..=from.max(to) {
            self.set(x, y);
        }
    }

    /// Draws the cells that have dots; where Braille cannot be shown, this sign in each.
    pub(super) fn draw(
        &self,
        theme: impl Into<Theme>,
        frame: &mut Frame<'_>,
        area: Rect,
        sign: &str,
        style: Style,
    ) {
        let theme = theme.into();
        for (n, bits) in self.cells.iter().enumerate().filter(|(_, bits)| **bits > 0) {
            let x = area.x + (n % self.width) as u16;
            let y = area.y + (n / self.width) as u16;
            let Some(cell) = frame.buffer_mut().cell_mut((x, y)) else {
                continue;
            };
            if theme.unicode {
                let braille = char::from_u32(0x2800 + u32::from(*bits)).unwrap_or(' ');
                cell.set_char(braille);
            } else {
                cell.set_symbol(sign);
            }
            cell.set_style(style);
        }
    }
}

/// Writes a text at a place within an area, as far as it fits.
pub(super) fn write(frame: &mut Frame<'_>, area: Rect, x: u16, y: u16, text: &str, style: Style) {
    if y < area.height && x < area.width {
        let room = usize::from(area.width - x);
        frame
            .buffer_mut()
            .set_stringn(area.x + x, area.y + y, text, room, style);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_goes_from_one_power_of_ten_to_another() {
        let axis = Axis::over([1_500, 90_000].into_iter()).unwrap();
        assert_eq!(axis.ticks().collect::<Vec<_>>(), [1_000, 10_000, 100_000]);
        assert!((axis.place(10_000) - 0.5).abs() < 1e-9);
        assert_eq!((axis.value(0.5), axis.value(1.0)), (10_000, 100_000));
        assert_eq!((axis.place(1), axis.place(u64::MAX)), (0.0, 1.0));
        assert_eq!(Axis::over([].into_iter()), None);
        let one = Axis::over([0].into_iter()).unwrap();
        assert_eq!(one.ticks().collect::<Vec<_>>(), [1, 10]);
        assert!(Axis::over([u64::MAX].into_iter()).is_some());
    }

    #[test]
    fn what_there_is_of_a_value_is_seen() {
        for (value, most, steps, seen) in [
            (0, 9, 8, 0),
            (1, 1_000_000, 8, 1),
            (9, 9, 8, 8),
            (9, 3, 8, 8),
            (3, 0, 8, 0),
            (3, 9, 0, 0),
        ] {
            assert_eq!(height(value, most, steps), seen);
        }
    }
}
