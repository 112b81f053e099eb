//! What both sides are asked. Each text of a round begins anew, so that no side has it in a cache from the round before.

use serde_json::Value;

use super::chat::message;

/// The one system text of our runs (`SYSTEM_TEXT` of `crates/engine/src/prompt.rs`).
pub(super) const SYSTEM: &str = "You are an expert programmer. You build software step by step. Put each file into its own \
fenced code block. Write complete code.";

/// A text that small models go on with for long.
pub(super) const TASK: &str = "Write a small library in Python that reads a CSV file, groups its rows by a column and \
writes sums, with tests. Explain each function in a sentence before its code.";

/// What a lone step is asked, another one in each round: guesses from n-grams of all earlier answers (`ngram-mod` keeps them)
/// would otherwise measure how often the same is asked.
const TASKS: [&str; 5] = [
    TASK,
    "Write a shell script that renames the pictures of a folder by the day they were taken, and explain each command.",
    "Write a React component for a calendar of one month, with a button for the next one. Explain its parts.",
    "Write a program in Go that watches a list of web addresses and prints those that do not answer. Explain how it waits.",
    "Write the tables of a library in SQL: books, readers, loans. Then a query for loans that are late, with a sentence for each.",
];

/// Three files, to be repeated.
const FILES: &str = include_str!("copy.md");

/// Small edits that an earlier step made of them.
const EDITS: [(&str, &str); 2] = [("WIDTH = 24", "WIDTH = 32"), ("of a shop", "of a small shop")];

/// The system text of a round.
pub(super) fn system(round: usize) -> Value {
    message("system", format!("Request {round}. {SYSTEM}"))
}

/// One short request.
pub(super) fn short(round: usize) -> Vec<Value> {
    vec![system(round), message("user", TASKS[round % TASKS.len()])]
}

/// The conversation before an Assembler that repeats three files with one more small edit. A step wrote them and another
/// one edited them: a small model repeats what it has seen twice, as a large one does what it has seen once.
pub(super) fn copy(round: usize) -> Vec<Value> {
    let files = FILES.trim_end();
    let edited = EDITS.iter().fold(files.to_owned(), |text, (from, to)| text.replace(from, to));
    vec![
        system(round),
        message(
            "user",
            "Write complete, working code in a fenced code block.\n\nWrite a small inventory with a report and a main \
             program.",
        ),
        message("assistant", files),
        message(
            "user",
            "Transform the code above and write the whole result in a fenced code block.\n\nMake the table wider, and say \
             that the shop is small.",
        ),
        message("assistant", edited),
        message(
            "user",
            "Join the pieces above into the final files.\n\nWrite the complete final code, with a table of width 40: one \
             fenced code block per file, its file name in a comment on the first line.",
        ),
    ]
}

/// The part of an answer's lines that stand in the three files.
pub(super) fn copied(answer: &str) -> f64 {
    let lines: Vec<&str> = answer.lines().map(str::trim_end).filter(|line| !line.is_empty()).collect();
    let known = lines.iter().filter(|line| FILES.lines().any(|known| known == **line)).count();
    known as f64 / lines.len().max(1) as f64
}

/// Notes of about `n_lines` times 22 tokens, other ones for every `first`.
pub(super) fn notes(first: usize, n_lines: usize) -> String {
    let parts = ["reader", "writer", "parser", "index", "cache", "table", "queue"];
    (first..first + n_lines)
        .map(|number| {
            let (from, to) = (parts[number % 7], parts[(number * 3 + 1) % 7]);
            format!(
                "- Note {number}: the {from} passes {} rows to the {to} every {} seconds.\n",
                number * 17 % 97,
                number % 11 + 2
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_edits_change_the_files() {
        for (from, to) in EDITS {
            assert!(FILES.contains(from) && !FILES.contains(to), "{from}");
        }
    }

    #[test]
    fn copied_lines_are_counted() {
        let check = |answer: &str, expected: f64| assert_eq!(copied(answer), expected, "{answer}");
        check(FILES, 1.0);
        check("import csv\nimport something\n", 0.5);
        check("", 0.0);
    }
}
