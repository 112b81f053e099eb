//! Questions of syntax, answered in a process that may die of what it reads.
//!
//! One line of JSON is a question ([`SyntaxRequest`]), one line of JSON its answer. The end of the input is the end.

use std::io::{BufRead, Write};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use brickwork_syntax::{SyntaxRequest, answer};

/// How long the checks of one question may take together before they give up.
const TIME_MAX: Duration = Duration::from_secs(8);

/// Answers questions until their source is closed.
pub(crate) fn serve(questions: impl BufRead, mut answers: impl Write) -> ExitCode {
    for line in questions.lines() {
        let Ok(line) = line else { break };
        let request: SyntaxRequest = match serde_json::from_str(&line) {
            Ok(request) => request,
            Err(error) => {
                eprintln!("this is no question of syntax: {error}");
                return ExitCode::FAILURE;
            }
        };
        let begun = Instant::now();
        let answer = answer(&request, &mut || begun.elapsed() > TIME_MAX);
        let Ok(mut text) = serde_json::to_vec(&answer) else { return ExitCode::FAILURE };
        text.push(b'\n');
        if answers.write_all(&text).and_then(|()| answers.flush()).is_err() {
            break;
        }
    }
    ExitCode::SUCCESS
}
