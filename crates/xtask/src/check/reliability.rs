//! `tests/reliability.toml`: every fault and threat that the project promises to survive, with the tests that show it.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde::Deserialize;

use super::{Faults, sources};
use crate::workspace::Workspace;

/// How many rows the table must have, numbered from 1 without a gap.
const ROWS: usize = 36;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    row: Vec<Row>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    number: usize,
    area: String,
    fault: String,
    holds: String,
    /// `path/to/file::test name`; empty only with `later`.
    #[serde(default)]
    tests: Vec<String>,
    /// What is still to be shown, for a row that the project has not reached or has reached in part.
    #[serde(default)]
    later: Option<String>,
}

/// The table has every row, every test that it names exists, and every test named after a row is in it.
pub(super) fn table(workspace: &Workspace) -> Result<Faults> {
    let text = fs::read_to_string(workspace.root.join("tests").join("reliability.toml"))
        .context("tests/reliability.toml could not be read")?;
    let table: Table = toml::from_str(&text).context("tests/reliability.toml is not as it should be")?;
    for row in &table.row {
        let shown = match (&row.later, row.tests.len()) {
            (Some(later), 0) => format!("later: {later}"),
            (Some(later), _) => format!("{}; later: {later}", row.tests.join(", ")),
            (None, _) => row.tests.join(", "),
        };
        println!("{:>3}  {:<9} {} -> {shown}", row.number, row.area, row.fault);
    }
    let mut faults = faults(&table, &workspace.root);
    for (path, source) in sources::rust_texts(workspace)? {
        faults.extend(unlisted(&table, &path, &source));
    }
    Ok(faults)
}

/// The tests whose names begin with `row_N_` and that row N does not list.
fn unlisted(table: &Table, path: &str, source: &str) -> Faults {
    let mut faults = Faults::new();
    for line in source.lines() {
        let Some(name) = line.split_once("fn ").and_then(|(_, rest)| rest.split_once('(')).map(|(name, _)| name) else {
            continue;
        };
        let number = name.strip_prefix("row_").and_then(|rest| rest.split('_').next()?.parse::<usize>().ok());
        let test = format!("{path}::{name}");
        if let Some(number) = number
            && !table.row.iter().any(|row| row.number == number && row.tests.contains(&test))
        {
            faults.push(format!("row {number} does not list \"{test}\""));
        }
    }
    faults
}

fn faults(table: &Table, root: &Path) -> Faults {
    let mut faults = Faults::new();
    for number in 1..=ROWS {
        let count = table.row.iter().filter(|row| row.number == number).count();
        if count != 1 {
            faults.push(format!("row {number} is there {count} times instead of once"));
        }
    }
    for row in &table.row {
        if row.number == 0 || row.number > ROWS {
            faults.push(format!("row {} is beyond the table's {ROWS} rows", row.number));
        }
        if row.fault.is_empty() || row.holds.is_empty() || row.area.is_empty() {
            faults.push(format!("row {} must say its area, its fault and what holds", row.number));
        }
        if row.tests.is_empty() && row.later.as_ref().is_none_or(String::is_empty) {
            faults.push(format!("row {} has no test, and no `later` that says what is missing", row.number));
        }
        faults.extend(
            row.tests.iter().filter_map(|test| unknown(test, root)).map(|why| format!("row {}: {why}", row.number)),
        );
    }
    faults
}

/// Why a test cannot be found, if it cannot.
fn unknown(test: &str, root: &Path) -> Option<String> {
    let Some((path, name)) = test.split_once("::") else {
        return Some(format!("`{test}` is not `path::test name`"));
    };
    let Ok(source) = fs::read_to_string(root.join(path)) else {
        return Some(format!("{path} does not exist"));
    };
    // A Rust test is a function; in JavaScript its name is a string.
    let found = if path.ends_with(".rs") {
        source.contains(&format!("fn {name}("))
    } else {
        ['\'', '"', '`'].iter().any(|quote| source.contains(&format!("{quote}{name}{quote}")))
    };
    (!found).then(|| format!("{path} has no test `{name}`"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

    use super::*;

    fn row(number: usize, tests: &[&str], later: Option<&str>) -> Row {
        let tests = tests.iter().map(|test| (*test).to_owned()).collect();
        let (area, fault, holds) = ("a".to_owned(), "f".to_owned(), "h".to_owned());
        Row { number, area, fault, holds, tests, later: later.map(str::to_owned) }
    }

    fn full(first: Row) -> Table {
        let rest = (2..=ROWS).map(|number| row(number, &[], Some("all of it")));
        Table { row: std::iter::once(first).chain(rest).collect() }
    }

    #[test]
    fn gaps_and_unknown_tests_are_found() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.rs"), "#[test]\nfn survives() {}").unwrap();
        fs::write(folder.path().join("b.mjs"), "test('shows it', () => {})").unwrap();
        let check = |table: &Table, expected: usize| {
            let found = faults(table, folder.path());
            assert_eq!(found.len(), expected, "{found:?}");
        };
        check(&full(row(1, &["a.rs::survives", "b.mjs::shows it"], None)), 0);
        check(&full(row(1, &["a.rs::surviv", "b.mjs::shows", "c.rs::x", "no path"], None)), 4);
        check(&full(row(1, &[], None)), 1);
        check(&full(row(2, &[], Some("all of it"))), 2);
        check(&full(row(37, &[], Some("all of it"))), 2);
    }

    #[test]
    fn a_test_named_after_a_row_must_be_listed() {
        let table = full(row(1, &["a.rs::row_1_survives"], None));
        assert!(unlisted(&table, "a.rs", "fn row_1_survives() {}\nfn row_of_bricks() {}").is_empty());
        assert_eq!(unlisted(&table, "a.rs", "async fn row_1_recovers() {}\n    fn row_2_x() {}").len(), 2);
    }
}
