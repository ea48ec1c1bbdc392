//! Plots of latency against the number of users, both logarithmic, as SVG that is written by hand.

use std::fmt::Write as _;

use crate::results::{Point, Results};

const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 420.0;
const LEFT: f64 = 70.0;
const RIGHT: f64 = 220.0;
const TOP: f64 = 40.0;
const BOTTOM: f64 = 50.0;
const COLOURS: &[&str] = &[
    "#1b6ca8", "#c8553d", "#588157", "#8a4f9e", "#b8860b", "#444444",
];

/// A plot for each store that has a curve.
pub(super) fn all(results: &Results) -> Vec<(String, String)> {
    let mut stores: Vec<_> = results
        .curve
        .iter()
        .map(|point| point.store.clone())
        .collect();
    stores.dedup();
    stores.sort();
    stores.dedup();
    stores
        .into_iter()
        .map(|store| {
            let points: Vec<_> = results
                .curve
                .iter()
                .filter(|point| point.store == store && point.organizations == 1)
                .collect();
            let svg = svg(&store, &points);
            (store, svg)
        })
        .collect()
}

/// From the smallest power of ten to the largest.
struct Axis {
    low: i32,
    high: i32,
    from: f64,
    to: f64,
}

impl Axis {
    fn over(values: impl Iterator<Item = f64>, from: f64, to: f64) -> Self {
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for value in values.filter(|value| *value > 0.0) {
            low = low.min(value.log10());
            high = high.max(value.log10());
        }
        if low > high {
            (low, high) = (0.0, 1.0);
        }
        #[expect(clippy::cast_possible_truncation, reason = "powers of ten")]
        let (low, high) = (low.floor() as i32, high.ceil() as i32);
        Self {
            low,
            high: high.max(low + 1),
            from,
            to,
        }
    }

    fn place(&self, value: f64) -> f64 {
        let low = f64::from(self.low);
        let part = (value.max(f64::MIN_POSITIVE).log10() - low) / (f64::from(self.high) - low);
        self.from + part.clamp(0.0, 1.0) * (self.to - self.from)
    }

    fn ticks(&self) -> impl Iterator<Item = f64> {
        (self.low..=self.high).map(|power| 10_f64.powi(power))
    }
}

#[expect(clippy::cast_precision_loss, reason = "numbers of users")]
fn users(point: &Point) -> f64 {
    point.users as f64
}

fn svg(store: &str, points: &[&Point]) -> String {
    let x = Axis::over(points.iter().map(|point| users(point)), LEFT, WIDTH - RIGHT);
    let latencies = points.iter().flat_map(|point| [point.median, point.p99]);
    let y = Axis::over(latencies, HEIGHT - BOTTOM, TOP);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"white\"/>\n\
         <text x=\"{LEFT}\" y=\"22\" font-size=\"14\">{store}: latency at 64 connections against users in one organization</text>\n"
    );
    axes(&mut svg, &x, &y);
    let mut queries: Vec<&str> = Vec::new();
    for point in points {
        if !queries.contains(&point.query.as_str()) {
            queries.push(&point.query);
        }
    }
    for (place, query) in queries.iter().enumerate() {
        let colour = COLOURS[place % COLOURS.len()];
        let mut of_query: Vec<_> = points
            .iter()
            .filter(|point| point.query == *query)
            .collect();
        of_query.sort_by_key(|point| point.users);
        of_query.dedup_by_key(|point| point.users);
        for (tail, style) in [(false, ""), (true, " stroke-dasharray=\"4 3\"")] {
            let path: Vec<_> = of_query
                .iter()
                .map(|point| {
                    let latency = if tail { point.p99 } else { point.median };
                    format!("{:.1},{:.1}", x.place(users(point)), y.place(latency))
                })
                .collect();
            // Writing to a String cannot fail.
            let _ = writeln!(
                svg,
                "<polyline fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"{style} points=\"{}\"/>",
                path.join(" ")
            );
        }
        let at = TOP + 10.0 + 20.0 * f64::from(u32::try_from(place).unwrap_or(0));
        let left = WIDTH - RIGHT + 15.0;
        let _ = writeln!(
            svg,
            "<rect x=\"{left}\" y=\"{:.1}\" width=\"12\" height=\"4\" fill=\"{colour}\"/><text x=\"{:.1}\" y=\"{at:.1}\">{}</text>",
            at - 6.0,
            left + 18.0,
            escape(query)
        );
    }
    let _ = writeln!(
        svg,
        "<text x=\"{:.1}\" y=\"{:.1}\">solid: median, dashed: p99</text>\n</svg>",
        WIDTH - RIGHT + 15.0,
        HEIGHT - BOTTOM
    );
    svg
}

fn axes(svg: &mut String, x: &Axis, y: &Axis) {
    let (bottom, right) = (HEIGHT - BOTTOM, WIDTH - RIGHT);
    for tick in x.ticks() {
        let at = x.place(tick);
        let _ = writeln!(
            svg,
            "<line x1=\"{at:.1}\" y1=\"{TOP}\" x2=\"{at:.1}\" y2=\"{bottom}\" stroke=\"#dddddd\"/>\
             <text x=\"{at:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
            bottom + 18.0,
            super::figures::thousands(tick)
        );
    }
    for tick in y.ticks() {
        let at = y.place(tick);
        let _ = writeln!(
            svg,
            "<line x1=\"{LEFT}\" y1=\"{at:.1}\" x2=\"{right}\" y2=\"{at:.1}\" stroke=\"#dddddd\"/>\
             <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{tick} ms</text>",
            LEFT - 6.0,
            at + 4.0
        );
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(users: u64, median: f64) -> Point {
        Point {
            store: "postgres".to_owned(),
            users,
            organizations: 1,
            query: "search <prefix>".to_owned(),
            median,
            p99: median * 10.0,
            ..Point::default()
        }
    }

    #[test]
    fn axes_reach_from_power_to_power() {
        let axis = Axis::over([20.0, 3000.0].into_iter(), 0.0, 300.0);
        assert_eq!((axis.low, axis.high), (1, 4));
        assert!((axis.place(100.0) - 100.0).abs() < 1e-9);
        assert_eq!(
            axis.ticks().collect::<Vec<_>>(),
            [10.0, 100.0, 1000.0, 10_000.0]
        );
    }

    #[test]
    fn a_line_goes_through_every_size() {
        let results = Results {
            curve: vec![point(10_000, 1.0), point(1_000_000, 10.0)],
            ..Results::default()
        };
        let plots = all(&results);
        assert_eq!(plots.len(), 1);
        let svg = &plots[0].1;
        assert!(svg.contains("points=\"70.0,370.0 540.0,205.0\""), "{svg}");
        assert!(svg.contains("search &lt;prefix&gt;"));
        assert_eq!(svg.matches("<polyline").count(), 2);
    }

    #[test]
    fn nothing_is_plotted_of_nothing() {
        assert!(all(&Results::default()).is_empty());
    }
}
