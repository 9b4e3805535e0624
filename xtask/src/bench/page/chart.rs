// SPDX-License-Identifier: MIT OR Apache-2.0

//! Curves as SVG: steps to the right, instructions upwards, on a scale of powers of ten.

use std::fmt::Write;

/// Pixels; the right margin holds the names of the curves.
const WIDTH: f64 = 490.0;
const HEIGHT: f64 = 270.0;
const LEFT: f64 = 52.0;
const RIGHT: f64 = 158.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = 42.0;

/// Between the names of two curves.
const LINE: f64 = 14.0;

/// A curve.
pub(super) struct Curve {
    /// What stands at its end.
    pub(super) name: String,
    /// The style sheet's class of it.
    pub(super) class: String,
    /// A cost at each step.
    pub(super) costs: Vec<i64>,
}

/// Several curves over the same steps.
pub(super) struct Chart {
    pub(super) title: String,
    /// What the steps count.
    pub(super) unit: String,
    pub(super) steps: Vec<u32>,
    pub(super) curves: Vec<Curve>,
}

/// From instructions to pixels.
struct Scale {
    /// Powers of ten.
    from: i32,
    to: i32,
}

impl Scale {
    /// Whole decades around all costs; costs below 1 stand at 1.
    fn of(curves: &[Curve]) -> Self {
        let costs = || curves.iter().flat_map(|curve| &curve.costs).copied();
        let decade = |cost: i64| f64::from(u32::try_from(cost.max(1)).unwrap_or(u32::MAX)).log10();
        let from = decade(costs().min().unwrap_or(1)).floor() as i32;
        let to = decade(costs().max().unwrap_or(1)).ceil() as i32;
        Self {
            from,
            to: to.max(from + 1),
        }
    }

    fn y(&self, cost: f64) -> f64 {
        let part = (cost.max(1.0).log10() - f64::from(self.from)) / f64::from(self.to - self.from);
        HEIGHT - BOTTOM - part * (HEIGHT - BOTTOM - TOP)
    }
}

impl Chart {
    /// The chart by itself, without its title.
    pub(super) fn svg(&self) -> String {
        let scale = Scale::of(&self.curves);
        let mut svg = format!(
            "<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{}\">\n",
            self.title
        );
        self.axes(&scale, &mut svg);
        for curve in &self.curves {
            let points = curve.costs.iter().enumerate().map(|(step, cost)| {
                let y = scale.y(*cost as f64);
                format!("{:.1},{y:.1}", self.x(step))
            });
            let points: Vec<_> = points.collect();
            // A string takes everything.
            let _ = writeln!(
                svg,
                "<polyline class=\"{}\" points=\"{}\"/>",
                curve.class,
                points.join(" ")
            );
        }
        self.names(&scale, &mut svg);
        svg + "</svg>\n"
    }

    fn x(&self, step: usize) -> f64 {
        let gaps = self.steps.len().saturating_sub(1).max(1) as f64;
        LEFT + step as f64 / gaps * (WIDTH - LEFT - RIGHT)
    }

    fn axes(&self, scale: &Scale, svg: &mut String) {
        for power in scale.from..=scale.to {
            let cost = 10f64.powi(power);
            let y = scale.y(cost);
            let end = WIDTH - RIGHT;
            let _ = writeln!(
                svg,
                "<path class=\"grid\" d=\"M{LEFT} {y:.1}H{end}\"/>\
                 <text class=\"tick\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{cost}</text>",
                LEFT - 6.0,
                y + 4.0
            );
        }
        let y = HEIGHT - BOTTOM + 17.0;
        for (step, count) in self.steps.iter().enumerate() {
            let x = self.x(step);
            let _ = writeln!(
                svg,
                "<text class=\"tick\" x=\"{x:.1}\" y=\"{y}\" text-anchor=\"middle\">{count}</text>"
            );
        }
        let middle = (LEFT + WIDTH - RIGHT) / 2.0;
        let _ = writeln!(
            svg,
            "<text class=\"tick\" x=\"{middle}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
            HEIGHT - 6.0,
            self.unit
        );
    }

    /// The names at the ends of the curves, moved apart where they would lie upon each other.
    fn names(&self, scale: &Scale, svg: &mut String) {
        let ends = self.curves.iter().filter_map(|curve| {
            let last = *curve.costs.last()?;
            Some((scale.y(last as f64), last, curve))
        });
        let mut ends: Vec<_> = ends.collect();
        ends.sort_by(|one, other| one.0.total_cmp(&other.0));
        let places = apart(&ends.iter().map(|end| end.0).collect::<Vec<_>>());
        for ((_, last, curve), y) in ends.iter().zip(places) {
            let _ = writeln!(
                svg,
                "<text class=\"name {}\" x=\"{}\" y=\"{:.1}\">{} {last}</text>",
                curve.class,
                WIDTH - RIGHT + 8.0,
                y + 4.0,
                curve.name
            );
        }
    }
}

/// Places at least a line apart, in the same order, none below the axis.
fn apart(wanted: &[f64]) -> Vec<f64> {
    let mut places: Vec<f64> = Vec::new();
    for &y in wanted {
        let after = places.last().map_or(TOP, |last| last + LINE);
        places.push(y.max(after));
    }
    let mut limit = HEIGHT - BOTTOM;
    for place in places.iter_mut().rev() {
        *place = place.min(limit);
        limit = *place - LINE;
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(costs: [i64; 2]) -> Chart {
        Chart {
            title: "add".to_owned(),
            unit: "ids".to_owned(),
            steps: vec![1, 4096],
            curves: vec![Curve {
                name: "c".to_owned(),
                class: "c".to_owned(),
                costs: costs.to_vec(),
            }],
        }
    }

    #[test]
    fn a_curve_goes_up_with_its_costs_within_the_chart() {
        let svg = chart([100, 1000]).svg();
        let bottom = HEIGHT - BOTTOM;
        let end = WIDTH - RIGHT;
        let points = format!("points=\"{LEFT:.1},{bottom:.1} {end:.1},{TOP:.1}\"");
        assert!(svg.contains(&points), "{svg}");
        assert!(svg.contains(">c 1000</text>"), "{svg}");
        assert!(svg.contains(">4096</text>"), "{svg}");
        // Nothing costs less than nothing.
        assert!(!chart([-5, 0]).svg().contains("NaN"));
    }

    #[test]
    fn names_that_would_lie_upon_each_other_are_moved_apart() {
        let bottom = HEIGHT - BOTTOM;
        assert_eq!(apart(&[50.0, 100.0]), [50.0, 100.0]);
        assert_eq!(apart(&[50.0, 51.0]), [50.0, 50.0 + LINE]);
        assert_eq!(apart(&[bottom, bottom]), [bottom - LINE, bottom]);
    }
}
