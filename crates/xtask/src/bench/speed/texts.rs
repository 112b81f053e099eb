//! What both sides are asked. Each text of a round begins anew, so that no side has it in a cache from the round before.

use serde_json::Value;

use super::chat::message;

/// The one system text of our runs (`SYSTEM_TEXT` of `crates/engine/src/prompt.rs`).
pub(super) const SYSTEM: &str = "You are an expert programmer. You build software step by step. Put each file into its own \
fenced code block. Write complete code.";

/// What a step is asked to write, another thing each time: guesses from earlier answers, which both sides make, would otherwise
/// measure how often the same is asked.
const PURPOSES: [&str; 24] = [
    "reads a CSV file, groups its rows by a column and writes sums",
    "renames the pictures of a folder by the day they were taken",
    "draws a calendar of one month as text, with a way to the next one",
    "watches a list of web addresses and tells which do not answer",
    "keeps the books, readers and loans of a library and finds loans that are late",
    "takes the order for a cake from a form and checks each field",
    "counts the words of a file and prints the ten most frequent ones",
    "runs a queue of jobs with a limit, retries and a way to cancel",
    "solves a sudoku and shows each step",
    "packs files into one archive and unpacks them again",
    "parses arithmetic with brackets and computes it",
    "finds the shortest way through a maze",
    "converts temperatures, lengths and weights between units",
    "plays tic-tac-toe against the user without ever losing",
    "splits a restaurant's bill among friends who ate different things",
    "compares two texts line by line and marks what changed",
    "draws a bar chart of numbers with plain characters",
    "schedules meetings so that no two of a person overlap",
    "keeps a cache of values that expire after some time",
    "reads a log file and reports errors by the hour",
    "checks passwords against rules and says what is missing",
    "rotates, mirrors and crops an image that is a list of rows",
    "simulates an elevator that serves ten floors",
    "translates Morse code to text and back",
];

const LANGUAGES: [&str; 7] = ["Python", "JavaScript", "Go", "Rust", "Java", "TypeScript", "C"];

/// Three files, to be repeated.
const FILES: &str = include_str!("copy.md");

/// What small edits of an earlier step make of them, other ones in each round.
const KINDS_OF_SHOP: [&str; 6] = ["small", "busy", "large", "quiet", "new", "little"];

/// The edits of a round.
fn edits(round: usize) -> [(&'static str, String); 2] {
    let kind = KINDS_OF_SHOP[round % KINDS_OF_SHOP.len()];
    [("WIDTH = 24", format!("WIDTH = {}", 31 + round)), ("of a shop", format!("of a {kind} shop"))]
}

/// The system text of a round.
pub(super) fn system(round: usize) -> Value {
    message("system", format!("Request {round}. {SYSTEM}"))
}

/// One short request.
pub(super) fn short(round: usize) -> Vec<Value> {
    vec![system(round), message("user", task(round * 4))]
}

/// The task of this number.
pub(super) fn task(number: usize) -> String {
    let (purpose, language) = (PURPOSES[number % PURPOSES.len()], LANGUAGES[number % LANGUAGES.len()]);
    format!(
        "Write a small library in {language} that {purpose}, with tests. Explain each function in a sentence before its code."
    )
}

/// The language after that of the task of this number.
pub(super) const fn next_language(number: usize) -> &'static str {
    LANGUAGES[(number + 1) % LANGUAGES.len()]
}

/// The conversation before an Assembler that repeats three files with one more small edit. A step wrote them and another
/// one edited them: a small model repeats what it has seen twice, as a large one does what it has seen once.
pub(super) fn copy(round: usize) -> Vec<Value> {
    let files = FILES.trim_end();
    let edited = edits(round).iter().fold(files.to_owned(), |text, (from, to)| text.replace(from, to));
    let kind = KINDS_OF_SHOP[round % KINDS_OF_SHOP.len()];
    let width = 41 + round;
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
            format!(
                "Transform the code above and write the whole result in a fenced code block.\n\nMake the table wider, and \
                 say that the shop is {kind}."
            ),
        ),
        message("assistant", edited),
        message(
            "user",
            format!(
                "Join the pieces above into the final files.\n\nWrite the complete final code, with a table of width \
                 {width}: one fenced code block per file, its file name in a comment on the first line."
            ),
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
        for (from, to) in (0..12).flat_map(edits) {
            assert!(FILES.contains(from) && !FILES.contains(&to), "{from}");
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
