//! Ratios with their spreads and goals as a picture (SVG 1.1).

use std::fmt::Write;

use super::rows::Row;

/// Measures in pixels: a row, the names beside it, the scale, and the room around.
const ROW: f64 = 34.0;
const NAMES: f64 = 430.0;
const SCALE: f64 = 420.0;
const MARGIN: f64 = 16.0;

/// The picture of some rows. The scale is logarithmic, since a half and the double are equally far from the same.
pub(super) fn svg(rows: &[Row]) -> String {
    let (low, high) = range(rows);
    let place = |ratio: f64| {
        let part = (ratio.max(low).min(high) / low).ln() / (high / low).ln();
        NAMES + part * SCALE
    };
    let height = MARGIN.mul_add(3.0, ROW * rows.len() as f64);
    let width = NAMES + SCALE + 90.0;
    let mut picture = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" font-family=\"sans-serif\" \
         font-size=\"12\">\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n"
    );
    let bottom = height - MARGIN * 1.5;
    for mark in marks(low, high) {
        let x = place(mark);
        let colour = if mark == 1.0 { "#555" } else { "#ddd" };
        let _ = write!(
            picture,
            "<line x1=\"{x:.1}\" y1=\"{MARGIN}\" x2=\"{x:.1}\" y2=\"{bottom:.1}\" stroke=\"{colour}\"/>\n<text x=\"{x:.1}\" \
             y=\"{:.1}\" text-anchor=\"middle\" fill=\"#555\">{mark}</text>\n",
            height - MARGIN / 2.0
        );
    }
    for (index, row) in rows.iter().enumerate() {
        let y = MARGIN + ROW * (index as f64 + 0.5);
        let (min, ratio, max) = (place(row.min), place(row.ratio), place(row.max));
        let met = row.goal.is_none_or(|goal| row.ratio >= goal);
        let colour = if met { "#1b7f4b" } else { "#b3421f" };
        let _ = write!(
            picture,
            "<text x=\"{MARGIN}\" y=\"{:.1}\">{}</text>\n<text x=\"{MARGIN}\" y=\"{:.1}\" fill=\"#555\">against \
             {}</text>\n<line x1=\"{min:.1}\" y1=\"{y:.1}\" x2=\"{max:.1}\" y2=\"{y:.1}\" stroke=\"{colour}\" \
             stroke-width=\"2\"/>\n<circle cx=\"{ratio:.1}\" cy=\"{y:.1}\" r=\"4\" fill=\"{colour}\"/>\n<text x=\"{:.1}\" \
             y=\"{:.1}\" fill=\"{colour}\">{:.2}</text>\n",
            y - 3.0,
            escaped(&row.arm),
            y + 11.0,
            escaped(&row.peer),
            NAMES + SCALE + 12.0,
            y + 4.0,
            row.ratio
        );
        if let Some(goal) = row.goal {
            let x = place(goal);
            let _ = writeln!(
                picture,
                "<line x1=\"{x:.1}\" y1=\"{:.1}\" x2=\"{x:.1}\" y2=\"{:.1}\" stroke=\"#2a5db0\" \
                 stroke-width=\"3\"><title>goal {goal}</title></line>",
                y - 9.0,
                y + 9.0
            );
        }
    }
    picture.push_str("</svg>\n");
    picture
}

/// The ends of the scale: everything shown lies within, and the same (1) too.
fn range(rows: &[Row]) -> (f64, f64) {
    let shown = rows.iter().flat_map(|row| [row.min, row.max, row.goal.unwrap_or(1.0)]).filter(|ratio| *ratio > 0.0);
    let (low, high) = shown.fold((0.8, 1.25), |(low, high): (f64, f64), ratio| (low.min(ratio), high.max(ratio)));
    (low / 1.1, high.min(1e6) * 1.1)
}

/// Round ratios on the scale.
fn marks(low: f64, high: f64) -> impl Iterator<Item = f64> {
    [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 20.0, 50.0, 100.0, 1000.0]
        .into_iter()
        .filter(move |mark| (low..=high).contains(mark))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
