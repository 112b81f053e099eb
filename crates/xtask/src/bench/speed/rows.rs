//! Figures as ratios, of which more is better: the table, the rows that are kept, and the plot beside them.

use std::fs;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use serde::Serialize;
use serde_json::{Value, json};

use super::super::Machine;
use super::plot;
use crate::workspace::Workspace;

/// What was measured of both sides, in the same rounds. Of each value more is better.
#[derive(Debug)]
pub(super) struct Figure {
    pub(super) arm: String,
    /// What ours is held against.
    pub(super) peer: String,
    /// What our part of it is to be.
    pub(super) goal: Option<f64>,
    pub(super) ours: Vec<f64>,
    pub(super) theirs: Vec<f64>,
}

/// A figure as it is kept.
#[derive(Debug, Serialize)]
pub(super) struct Row {
    pub(super) arm: String,
    pub(super) peer: String,
    pub(super) goal: Option<f64>,
    pub(super) ratio: f64,
    pub(super) min: f64,
    pub(super) max: f64,
    n: usize,
    machine: Machine,
    /// Seconds since 1970.
    date: u64,
    ours: Vec<f64>,
    theirs: Vec<f64>,
}

impl Figure {
    /// A figure of all answers of both sides.
    pub(super) fn of<T>(
        arm: &str,
        peer: &str,
        goal: impl Into<Option<f64>>,
        (ours, theirs): (&[T], &[T]),
        value: fn(&T) -> f64,
    ) -> Self {
        let all = |side: &[T]| side.iter().map(value).collect();
        Self { arm: arm.to_owned(), peer: peer.to_owned(), goal: goal.into(), ours: all(ours), theirs: all(theirs) }
    }

    /// Its ratios, one a round; `None` when nothing was measured.
    fn row(self) -> Option<Row> {
        let mut ratios: Vec<f64> = self.ours.iter().zip(&self.theirs).map(|(ours, theirs)| ours / theirs).collect();
        ratios.sort_by(f64::total_cmp);
        let date = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        Some(Row {
            ratio: median(&ratios)?,
            min: *ratios.first()?,
            max: *ratios.last()?,
            n: ratios.len(),
            machine: Machine::this(),
            date,
            arm: self.arm,
            peer: self.peer,
            goal: self.goal,
            ours: self.ours,
            theirs: self.theirs,
        })
    }
}

/// The middle value; of an even number the mean of both.
pub(super) fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let (low, high) = (sorted.get(sorted.len().checked_sub(1)? / 2)?, sorted.get(sorted.len() / 2)?);
    Some(f64::midpoint(*low, *high))
}

/// Prints the table, writes the plot, and gives the rows.
///
/// # Errors
/// When the plot cannot be written.
pub(super) fn finish(workspace: &Workspace, arm: &str, figures: Vec<Figure>) -> Result<Value> {
    let rows: Vec<Row> = figures.into_iter().filter_map(Figure::row).collect();
    println!(
        "\n{:<44} {:<46} {:>9} {:>9} {:>7} {:>7} {:>7} {:>6}",
        "figure, more is better", "against", "ours", "theirs", "ratio", "min", "max", "goal"
    );
    for row in &rows {
        let side = |values: &[f64]| shown(median(values).unwrap_or_default());
        let goal = row.goal.map_or(String::new(), |goal| format!("{goal:.1}"));
        println!(
            "{:<44} {:<46} {:>9} {:>9} {:>7.2} {:>7.2} {:>7.2} {goal:>6}",
            row.arm,
            row.peer,
            side(&row.ours),
            side(&row.theirs),
            row.ratio,
            row.min,
            row.max
        );
    }
    let folder = workspace.target.join("bench");
    fs::create_dir_all(&folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    let file = folder.join(format!("{arm}.svg"));
    fs::write(&file, plot::svg(&rows)).with_context(|| format!("{} cannot be written", file.display()))?;
    println!("\nDrawn in {}", file.display());
    Ok(json!(rows))
}

/// A number with three digits that count.
fn shown(value: f64) -> String {
    match value.abs() {
        large if large >= 100.0 => format!("{value:.0}"),
        middle if middle >= 10.0 => format!("{value:.1}"),
        small if small >= 0.1 => format!("{value:.2}"),
        _ => format!("{value:.4}"),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

    use super::*;

    fn row(ours: &[f64], theirs: &[f64]) -> Option<Row> {
        let figure = Figure::of("a", "b", 2.0, (ours, theirs), |value| *value);
        figure.row()
    }

    #[test]
    fn a_ratio_is_of_one_round() {
        let check = |ours: &[f64], theirs: &[f64], expected: (f64, f64, f64, usize)| {
            let row = row(ours, theirs).unwrap();
            assert_eq!((row.ratio, row.min, row.max, row.n), expected, "{ours:?} {theirs:?}");
        };
        check(&[3.0, 8.0, 5.0], &[1.0, 2.0, 5.0], (3.0, 1.0, 4.0, 3));
        check(&[1.0, 3.0], &[1.0, 1.0], (2.0, 1.0, 3.0, 2));
        assert!(row(&[], &[]).is_none());
    }

    #[test]
    fn a_row_has_what_is_kept_of_a_figure() {
        let kept = json!(row(&[2.0], &[1.0]).unwrap());
        for key in ["arm", "peer", "goal", "ratio", "min", "max", "n", "machine", "date"] {
            assert!(!kept[key].is_null(), "{key}");
        }
    }
}
