//! Pages of the history in a database of 100,000 runs, by `crates/store/examples/history.rs`.

use anyhow::{Context, Result};

use super::rounds;
use super::rows::Figure;
use crate::process;
use crate::workspace::{Workspace, variable};

const RUNS: &str = "100000";

/// Milliseconds that 95 of 100 pages may take.
const LIMIT_MS: f64 = 5.0;

/// Milliseconds of 95 of 100 pages of a kind.
#[derive(Debug, PartialEq)]
struct Page {
    name: String,
    p95_ms: f64,
}

/// Measures each kind of page. The database is made once, and kept in the build folder.
///
/// # Errors
/// When the example cannot be built or run.
pub(super) fn measure(workspace: &Workspace) -> Result<Vec<Figure>> {
    let runs = variable("BRICKWORK_BENCH_RUNS").map_or_else(|| RUNS.into(), |runs| runs.to_string_lossy().into_owned());
    let folder = workspace.target.join("bench").join(format!("history-{runs}"));
    let mut figures: Vec<Figure> = Vec::new();
    for _ in 0..rounds() {
        let mut cargo = workspace.cargo();
        cargo.args(["run", "--release", "-p", "brickwork-store", "--example", "history", "--"]).arg(&folder).arg(&runs);
        let said = process::capture(&mut cargo)?;
        for page in pages(&said)? {
            let arm = format!("store: 1 / ms, page: {}", page.name);
            let found = figures.iter_mut().find(|figure| figure.arm == arm);
            let (ours, theirs) = (1.0 / page.p95_ms, 1.0 / LIMIT_MS);
            if let Some(figure) = found {
                figure.ours.push(ours);
                figure.theirs.push(theirs);
            } else {
                let peer = format!("{LIMIT_MS} ms, 95 % of {runs} runs' pages");
                figures.push(Figure { arm, peer, goal: Some(1.0), ours: vec![ours], theirs: vec![theirs] });
            }
        }
    }
    Ok(figures)
}

/// Reads the table of pages: a name, a number of runs, and four times.
fn pages(said: &str) -> Result<Vec<Page>> {
    let lines = said.lines().skip_while(|line| !line.starts_with("page of 50")).skip(1);
    let pages: Vec<Page> = lines.map_while(page).collect();
    (!pages.is_empty()).then_some(pages).context("the example shows no pages")
}

fn page(line: &str) -> Option<Page> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let (name, numbers) = words.split_at_checked(words.len().checked_sub(5)?)?;
    let numbers: Vec<f64> = numbers.iter().map(|word| word.parse().ok()).collect::<Option<_>>()?;
    (!name.is_empty()).then(|| Page { name: name.join(" "), p95_ms: numbers[2].max(0.01) })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

    use super::*;

    #[test]
    fn the_table_of_the_example_is_read() {
        let said = "10 runs made in 1.0 s\npage of 50    runs    p50 ms    p95 ms p50 cpu ms p95 cpu ms\n\
                    first          50      0.20      0.31       0.19       0.30\n\
                    status FAILED (1 in 1000)  50  0.40  6.50  0.39  0.60\ncount\nall 10 1.00 2.00 1.00 2.00\n";
        let expected = [("first", 0.31), ("status FAILED (1 in 1000)", 6.5)];
        let found = pages(said).unwrap();
        assert_eq!(found.iter().map(|page| (&*page.name, page.p95_ms)).collect::<Vec<_>>(), expected);
        assert!(pages("nothing").is_err());
    }
}
