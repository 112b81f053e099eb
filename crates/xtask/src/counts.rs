//! How many tests passed and failed, read from what the test programs print.

use std::ops::AddAssign;

/// Numbers of tests.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    pub(crate) skipped: u64,
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

/// A program that reports tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reporter {
    Nextest,
    CargoTest,
    Vitest,
    NodeTest,
    Schemathesis,
}

impl Reporter {
    /// The numbers in its output; `None` when it reported none.
    pub(crate) fn read(self, output: &str) -> Option<Counts> {
        let output = without_colour(output);
        match self {
            Self::Nextest => nextest(&output),
            Self::CargoTest => cargo_test(&output),
            Self::Vitest => vitest(&output),
            Self::NodeTest => node_test(&output),
            Self::Schemathesis => schemathesis(&output),
        }
    }
}

/// `Summary [ 0.2s] 12 tests run: 10 passed (1 slow), 1 failed, 1 timed out, 3 skipped`
fn nextest(output: &str) -> Option<Counts> {
    let summary = output.lines().rev().find(|line| line.trim_start().starts_with("Summary ["))?;
    let (_, list) = summary.split_once(" run:")?;
    Some(read_list(list, ','))
}

/// `test result: ok. 4 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s`, once a binary.
fn cargo_test(output: &str) -> Option<Counts> {
    let results = output.lines().filter_map(|line| line.trim_start().strip_prefix("test result:"));
    let each = results.map(|line| read_list(line.split_once(". ").map_or(line, |(_, list)| list), ';'));
    each.reduce(|mut sum, one| {
        sum += one;
        sum
    })
}

/// `Tests  1 failed | 60 passed | 2 skipped (63)`
fn vitest(output: &str) -> Option<Counts> {
    let line = output.lines().rev().find_map(|line| line.trim_start().strip_prefix("Tests "))?;
    Some(read_list(line, '|'))
}

/// `# pass 5` or `ℹ pass 5`, a line for each kind. A cancelled test did not pass.
fn node_test(output: &str) -> Option<Counts> {
    let number = |kind: &str| {
        output.lines().rev().find_map(|line| {
            let rest = line.trim_start().strip_prefix(['#', 'ℹ'])?.trim_start();
            rest.strip_prefix(kind)?.trim().parse::<u64>().ok()
        })
    };
    Some(Counts {
        passed: number("pass ")?,
        failed: number("fail ")? + number("cancelled ").unwrap_or(0),
        skipped: number("skipped ").unwrap_or(0) + number("todo ").unwrap_or(0),
    })
}

/// `✅ 40 passed  ❌  1 failed  🚫  1 error  ⏭  2 skipped`, once a phase; it counts operations, and scenarios of several.
fn schemathesis(output: &str) -> Option<Counts> {
    let mut counts = None;
    for line in output.lines().map(str::trim_start).filter(|line| line.starts_with(['✅', '❌', '🚫', '⏭'])) {
        let words: Vec<&str> = line.split_whitespace().collect();
        for pair in words.windows(2) {
            let Ok(number) = pair[0].parse::<u64>() else { continue };
            let counts: &mut Counts = counts.get_or_insert_default();
            match pair[1] {
                "passed" => counts.passed += number,
                "failed" | "error" | "errors" => counts.failed += number,
                "skipped" => counts.skipped += number,
                _ => {}
            }
        }
    }
    counts
}

/// Entries such as `2 failed`; words in parentheses after them are details of theirs.
fn read_list(list: &str, separator: char) -> Counts {
    let mut counts = Counts::default();
    for entry in list.split(separator) {
        let Some((number, kind)) = entry.trim().split_once(' ') else { continue };
        let Ok(number) = number.parse::<u64>() else { continue };
        match kind.split(" (").next().unwrap_or(kind).trim() {
            "passed" => counts.passed += number,
            "failed" | "timed out" | "exec failed" => counts.failed += number,
            "skipped" | "ignored" | "todo" => counts.skipped += number,
            _ => {}
        }
    }
    counts
}

/// The text without terminal escape sequences.
fn without_colour(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        if letter == '\u{1b}' {
            letters.by_ref().find(char::is_ascii_alphabetic);
        } else {
            plain.push(letter);
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(reporter: Reporter, output: &str, expected: Option<(u64, u64, u64)>) {
        let expected = expected.map(|(passed, failed, skipped)| Counts { passed, failed, skipped });
        assert_eq!(reporter.read(output), expected, "{reporter:?}: {output}");
    }

    #[test]
    fn summaries_are_read() {
        use Reporter::{CargoTest, Nextest, NodeTest, Schemathesis, Vitest};
        check(Nextest, "     Summary [   0.1s] 3 tests run: 3 passed, 0 skipped\n", Some((3, 0, 0)));
        check(
            Nextest,
            "\u{1b}[31m     Summary\u{1b}[0m [   9.1s] \u{1b}[1m16\u{1b}[0m tests run: 10 passed (2 slow, 1 flaky), \
             3 failed, 2 timed out, 1 exec failed, 4 skipped\nFAIL x\nerror: test run failed",
            Some((10, 6, 4)),
        );
        check(
            CargoTest,
            "test result: ok. 2 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out\n\
             test result: FAILED. 1 passed; 3 failed; 0 ignored; 0 measured; 0 filtered out",
            Some((3, 3, 1)),
        );
        check(
            Vitest,
            " Test Files  1 failed | 2 passed (3)\n      Tests  1 failed | 60 passed | 2 todo (63)",
            Some((60, 1, 2)),
        );
        check(Vitest, "      Tests  7 passed (7)\n   Start at 10:00", Some((7, 0, 0)));
        check(
            NodeTest,
            "# tests 7\n# suites 0\n# pass 4\n# fail 1\n# cancelled 1\n# skipped 1\n# todo 0\n",
            Some((4, 2, 1)),
        );
        check(
            Schemathesis,
            " ✅  Loaded specification from x (in 0.6s)\n  Operations: 42 selected / 45 total\n 🚫  Coverage (in 8.50s)\n\n     \
             ✅ 40 passed  ❌  1 failed  🚫  1 error  ⏭  2 skipped\n ✅  Stateful (in 2s)\n     Scenarios:    219\n     \
             ✅ 219 passed\nFailures:\n  ❌ Schema-violating request accepted: 1\n",
            Some((259, 2, 2)),
        );
        check(NodeTest, "ℹ tests 5\nℹ pass 5\nℹ fail 0\n", Some((5, 0, 0)));
    }

    #[test]
    fn no_summary_is_not_zero_tests() {
        for reporter in
            [Reporter::Nextest, Reporter::CargoTest, Reporter::Vitest, Reporter::NodeTest, Reporter::Schemathesis]
        {
            check(reporter, "error: could not compile `brickwork-engine`", None);
        }
    }
}
