//! Charts as inline SVG: points and paths over two axes, drawn from numbers alone.

use std::fmt::Write as _;

use super::Escaped;

const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 320.0;
const LEFT: f64 = 72.0;
const RIGHT: f64 = 16.0;
const TOP: f64 = 20.0;
const BOTTOM: f64 = 44.0;
/// About so many lines of the grid along each axis.
const LINES: f64 = 6.0;

/// How an axis is divided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::report) enum Scale {
    /// Evenly, from 0.
    Linear,
    /// By factors; what is not above 0 is left out.
    Log,
}

/// An axis.
pub(in crate::report) struct Axis<'a> {
    /// What is along it, with its unit.
    pub(in crate::report) label: &'a str,
    pub(in crate::report) scale: Scale,
    /// A number along it, for people.
    pub(in crate::report) shown: fn(f64) -> String,
}

/// A point.
#[derive(Debug, Clone, Default)]
pub(in crate::report) struct Dot {
    pub(in crate::report) x: f64,
    pub(in crate::report) y: f64,
    /// Between which it may be; an open end is drawn to the edge.
    pub(in crate::report) between: Option<(f64, Option<f64>)>,
    /// Drawn as a ring.
    pub(in crate::report) hollow: bool,
    /// What it is, shown at the pointer.
    pub(in crate::report) title: String,
}

/// Points of one kind, joined in their order if they are a path.
pub(in crate::report) struct Series<'a> {
    pub(in crate::report) name: &'a str,
    /// `one`, `two` or `three`: its colour.
    pub(in crate::report) class: &'static str,
    pub(in crate::report) dots: Vec<Dot>,
    pub(in crate::report) path: bool,
    /// Only its path.
    pub(in crate::report) bare: bool,
}

/// A chart.
pub(in crate::report) struct Chart<'a> {
    pub(in crate::report) title: &'a str,
    pub(in crate::report) x: Axis<'a>,
    pub(in crate::report) y: Axis<'a>,
    pub(in crate::report) series: Vec<Series<'a>>,
    /// From where to where along `x` something is, with what.
    pub(in crate::report) band: Option<(f64, f64, &'a str)>,
    /// Where along `x` something is, with what.
    pub(in crate::report) upright: Vec<(f64, String)>,
    /// Where along `y` something is, with what.
    pub(in crate::report) level: Vec<(f64, String)>,
}

/// From a number to its place.
struct Place {
    scale: Scale,
    from: f64,
    to: f64,
    start: f64,
    end: f64,
}

impl Place {
    /// An axis on which all of these are; `None`: none of them can be.
    fn of(scale: Scale, all: impl Iterator<Item = f64>, start: f64, end: f64) -> Option<Self> {
        let usable = all.filter(|n| n.is_finite() && (scale == Scale::Linear || *n > 0.0));
        let (mut from, mut to) = usable.fold((f64::INFINITY, 0.0_f64), |(from, to), n| {
            (from.min(n), to.max(n))
        });
        if !from.is_finite() {
            return None;
        }
        match scale {
            Scale::Linear => {
                from = 0.0;
                to = if to > 0.0 { to * 1.06 } else { 1.0 };
            }
            Scale::Log => {
                let margin = (to / from).powf(0.05).max(1.1);
                (from, to) = (from / margin, to * margin);
            }
        }
        Some(Self {
            scale,
            from,
            to,
            start,
            end,
        })
    }

    fn at(&self, n: f64) -> Option<f64> {
        let share = match self.scale {
            Scale::Linear => (n - self.from) / (self.to - self.from),
            Scale::Log if n > 0.0 => (n / self.from).ln() / (self.to / self.from).ln(),
            Scale::Log => return None,
        };
        // What lies beyond the edge is not drawn.
        let inside = (-0.001..=1.001).contains(&share);
        inside.then_some(self.start + share * (self.end - self.start))
    }

    /// Round numbers along it.
    fn lines(&self) -> Vec<f64> {
        match self.scale {
            Scale::Linear => {
                let step = round_up((self.to - self.from) / LINES);
                let all = (0..).map(|n| f64::from(n) * step);
                all.take_while(|n| *n <= self.to).collect()
            }
            Scale::Log => {
                let decades = (self.to / self.from).log10();
                let within: &[f64] = if decades < 1.2 {
                    &[1.0, 1.5, 2.0, 3.0, 5.0, 7.0]
                } else if decades < 3.0 {
                    &[1.0, 2.0, 5.0]
                } else {
                    &[1.0]
                };
                let first = self.from.log10().floor() as i32;
                let last = self.to.log10().ceil() as i32;
                let all =
                    (first..=last).flat_map(|n| within.iter().map(move |w| w * 10_f64.powi(n)));
                all.filter(|n| (self.from..=self.to).contains(n)).collect()
            }
        }
    }
}

/// The next of 1, 2, 5, 10, 20 …
fn round_up(n: f64) -> f64 {
    let decade = 10_f64.powf(n.log10().floor());
    let times = [1.0, 2.0, 5.0]
        .into_iter()
        .find(|t| t * decade >= n * 0.999);
    times.unwrap_or(10.0) * decade
}

impl Chart<'_> {
    /// The chart with its title and legend. Empty if it has no point.
    pub(in crate::report) fn draw(&self) -> String {
        let mut out = String::new();
        let dots = || self.series.iter().flat_map(|series| &series.dots);
        let ends = |dot: &Dot| {
            let (low, high) = dot
                .between
                .map_or((None, None), |(low, high)| (Some(low), high));
            [Some(dot.y), low, high]
        };
        let band = self.band.into_iter().flat_map(|(from, to, _)| [from, to]);
        let uprights = self.upright.iter().map(|(x, _)| *x);
        let xs = dots().map(|dot| dot.x).chain(band).chain(uprights);
        let levels = self.level.iter().map(|(y, _)| *y);
        let ys = dots().flat_map(ends).flatten().chain(levels);
        let x = Place::of(self.x.scale, xs, LEFT, WIDTH - RIGHT);
        let y = Place::of(self.y.scale, ys, HEIGHT - BOTTOM, TOP);
        let (Some(x), Some(y)) = (x.filter(|_| dots().next().is_some()), y) else {
            return out;
        };
        self.fill(&mut out, &x, &y)
            .expect("writing to memory does not fail");
        out
    }

    fn fill(&self, out: &mut String, x: &Place, y: &Place) -> std::fmt::Result {
        let title = Escaped(self.title);
        writeln!(out, "<figure>\n<figcaption>{title}</figcaption>")?;
        writeln!(
            out,
            "<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{title}\">"
        )?;
        self.ground(out, x, y)?;
        for series in &self.series {
            draw_series(out, series, x, y)?;
        }
        writeln!(out, "</svg>\n<ul class=\"legend\">")?;
        for series in &self.series {
            let (class, name) = (series.class, Escaped(series.name));
            let sample = if series.bare {
                format!("<path class=\"path {class}\" d=\"M0 6H24\"/>")
            } else {
                format!("<circle class=\"dot {class}\" cx=\"12\" cy=\"6\" r=\"4\"/>")
            };
            writeln!(
                out,
                "<li><svg viewBox=\"0 0 24 12\" aria-hidden=\"true\">{sample}</svg> {name}</li>"
            )?;
        }
        if let Some((_, _, what)) = self.band {
            let what = Escaped(what);
            writeln!(
                out,
                "<li><svg viewBox=\"0 0 24 12\" aria-hidden=\"true\"><rect class=\"band\" width=\"24\" height=\"12\"/></svg> {what}</li>"
            )?;
        }
        writeln!(out, "</ul>\n</figure>")
    }

    /// What is behind the points: grid, labels, band and marks.
    fn ground(&self, out: &mut String, x: &Place, y: &Place) -> std::fmt::Result {
        let (right, floor) = (WIDTH - RIGHT, HEIGHT - BOTTOM);
        if let Some((from, to, _)) = self.band
            && let Some((from, to)) = x.at(from).zip(x.at(to))
        {
            let (wide, high) = ((to - from).max(1.0), floor - TOP);
            writeln!(
                out,
                "<rect class=\"band\" x=\"{from:.1}\" y=\"{TOP}\" width=\"{wide:.1}\" height=\"{high}\"/>"
            )?;
        }
        for line in y.lines() {
            let Some(at) = y.at(line) else { continue };
            let shown = (self.y.shown)(line);
            writeln!(
                out,
                "<path class=\"grid\" d=\"M{LEFT} {at:.1}H{right}\"/><text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
                LEFT - 8.0,
                at + 4.0,
                Escaped(&shown)
            )?;
        }
        for line in x.lines() {
            let Some(at) = x.at(line) else { continue };
            let shown = (self.x.shown)(line);
            writeln!(
                out,
                "<path class=\"grid\" d=\"M{at:.1} {TOP}V{floor}\"/><text x=\"{at:.1}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
                floor + 16.0,
                Escaped(&shown)
            )?;
        }
        let (middle, below) = (f64::midpoint(LEFT, right), HEIGHT - 8.0);
        let (along, up) = (Escaped(self.x.label), Escaped(self.y.label));
        writeln!(
            out,
            "<text x=\"{middle}\" y=\"{below}\" text-anchor=\"middle\">{along}</text><text x=\"{LEFT}\" y=\"12\">{up}</text>"
        )?;
        for (at, what) in &self.upright {
            let Some(at) = x.at(*at) else { continue };
            // Towards the middle, so that no label is cut.
            let (side, by) = if at > middle {
                ("end", -5.0)
            } else {
                ("start", 5.0)
            };
            writeln!(
                out,
                "<path class=\"mark\" d=\"M{at:.1} {TOP}V{floor}\"/><text x=\"{:.1}\" y=\"{}\" text-anchor=\"{side}\">{}</text>",
                at + by,
                TOP + 12.0,
                Escaped(what)
            )?;
        }
        for (at, what) in &self.level {
            let Some(at) = y.at(*at) else { continue };
            writeln!(
                out,
                "<path class=\"mark\" d=\"M{LEFT} {at:.1}H{right}\"/><text x=\"{}\" y=\"{:.1}\">{}</text>",
                LEFT + 6.0,
                at - 5.0,
                Escaped(what)
            )?;
        }
        Ok(())
    }
}

fn draw_series(out: &mut String, series: &Series<'_>, x: &Place, y: &Place) -> std::fmt::Result {
    let class = series.class;
    let placed = |dot: &Dot| x.at(dot.x).zip(y.at(dot.y));
    if series.path {
        let mut path = String::new();
        for (across, up) in series.dots.iter().filter_map(placed) {
            let to = if path.is_empty() { 'M' } else { 'L' };
            write!(path, "{to}{across:.1} {up:.1}")?;
        }
        writeln!(out, "<path class=\"path {class}\" d=\"{path}\"/>")?;
    }
    if series.bare {
        return Ok(());
    }
    for dot in &series.dots {
        let Some((across, up)) = placed(dot) else {
            continue;
        };
        if let Some((low, high)) = dot.between {
            let low = y.at(low).unwrap_or(HEIGHT - BOTTOM);
            // Where it is open, it is not told from here on.
            let (open, high) = match high {
                Some(high) => ("", y.at(high).unwrap_or(TOP)),
                None => (" open", TOP),
            };
            writeln!(
                out,
                "<path class=\"bar {class}{open}\" d=\"M{across:.1} {low:.1}V{high:.1}\"/>"
            )?;
        }
        let hollow = if dot.hollow { " hollow" } else { "" };
        let title = Escaped(&dot.title);
        writeln!(
            out,
            "<circle class=\"dot {class}{hollow}\" cx=\"{across:.1}\" cy=\"{up:.1}\" r=\"4\"><title>{title}</title></circle>"
        )?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dot(x: f64, y: f64) -> Dot {
        Dot {
            x,
            y,
            title: "a < b".to_owned(),
            ..Dot::default()
        }
    }

    fn chart(dots: Vec<Dot>, scale: Scale) -> String {
        let axis = |label| Axis {
            label,
            scale,
            shown: |n| n.to_string(),
        };
        let chart = Chart {
            title: "t",
            x: axis("x"),
            y: axis("y"),
            series: vec![Series {
                name: "s",
                class: "one",
                dots,
                path: true,
                bare: false,
            }],
            band: Some((2.0, 3.0, "between")),
            upright: vec![(2.0, "here".to_owned())],
            level: vec![(5.0, "limit".to_owned())],
        };
        chart.draw()
    }

    #[test]
    fn what_cannot_be_drawn_is_left_out() {
        assert_eq!(chart(Vec::new(), Scale::Linear), "");
        let drawn = chart(
            vec![dot(1.0, 1.0), dot(0.0, 4.0), dot(f64::NAN, 3.0)],
            Scale::Log,
        );
        assert_eq!(
            drawn.matches("<circle class=\"dot one\" cx=").count(),
            2,
            "{drawn}"
        );
        assert!(
            drawn.contains("a &lt; b") && !drawn.contains("NaN"),
            "{drawn}"
        );
        for what in ["between", "here", "limit"] {
            assert!(drawn.contains(what), "{drawn}");
        }
    }

    #[test]
    fn axes_have_round_numbers() {
        let lines = |scale, from: f64, to: f64| {
            let all = [from, to].into_iter();
            Place::of(scale, all, 0.0, 100.0).unwrap().lines()
        };
        assert_eq!(
            lines(Scale::Linear, 3.0, 97.0),
            [0.0, 20.0, 40.0, 60.0, 80.0, 100.0]
        );
        let decade = lines(Scale::Log, 9.0, 90.0);
        assert_eq!(decade, [10.0, 15.0, 20.0, 30.0, 50.0, 70.0, 100.0]);
        assert_eq!(
            lines(Scale::Log, 9.0, 900.0),
            [10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1_000.0]
        );
        assert_eq!(lines(Scale::Log, 1.0, 100_000.0).len(), 6);
        let place = Place::of(Scale::Log, [1.0, 100.0].into_iter(), 0.0, 100.0).unwrap();
        assert!((place.at(10.0).unwrap() - 50.0).abs() < 1e-9);
        assert_eq!((place.at(1e9), place.at(-1.0)), (None, None));
        // One point, or nothing but nought, is no reason to divide by it.
        assert!(!lines(Scale::Linear, 0.0, 0.0).is_empty());
        assert!(!lines(Scale::Log, 5.0, 5.0).is_empty());
    }
}
