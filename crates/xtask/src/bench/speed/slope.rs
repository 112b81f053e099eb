//! How the time to first token of a conversation's next step grows with what stands before it, against the same
//! conversations when nothing of them is reused.

use anyhow::Result;

use super::chat::{self, Question, message};
use super::rows::Figure;
use super::{Bench, texts};
use crate::models;

const STEPS: usize = 8;
/// What a conversation grows by: mostly what was answered, as in a pipeline.
const MAX_TOKENS: u64 = 320;
/// About 100 tokens of a step's own turn.
const LINES: usize = 4;

/// A slope is held to be at least this part of the other: below it lies the clock.
const LEAST_PART: f64 = 1e-3;

/// Length of the prompt in tokens, and seconds to the first token.
type Point = (f64, f64);

/// Measures conversations of our own alone.
///
/// # Errors
/// When our server cannot be started, or does not answer.
pub(super) fn measure(bench: &Bench<'_>) -> Result<Vec<Figure>> {
    let (ours, _data) = bench.ours(models::DEFAULT_NAME)?;
    let taken = bench.in_turn(2, |round, side| {
        let reused = side == 0;
        let points = conversation(ours.authority(), round, reused)?;
        let shown: Vec<String> = points.iter().map(|(tokens, s)| format!("{tokens}: {:.0} ms", s * 1e3)).collect();
        println!("round {round}, {}: {}", if reused { "grown" } else { "new" }, shown.join(", "));
        Ok(slope(&points))
    })?;
    let grown: Vec<f64> = taken[0].iter().zip(&taken[1]).map(|(ours, new)| ours.max(new * LEAST_PART)).collect();
    let sides = (&*grown, &*taken[1]);
    let inverse = |slope: &f64| 1e-3 / slope;
    Ok(vec![Figure::of("slope: tokens of context per ms more", "ours, nothing reused", 20.0, sides, inverse)])
}

/// One conversation, step by step. When nothing is to be reused, each step begins with other words.
fn conversation(authority: &str, round: usize, reused: bool) -> Result<Vec<Point>> {
    let mut messages = vec![texts::system(round * 100)];
    let mut points = Vec::new();
    for step in 0..STEPS {
        if !reused {
            messages[0] = texts::system(round * 100 + 50 + step);
        }
        let notes = texts::notes(step * LINES, LINES);
        messages.push(message("user", format!("{notes}\nRetell these notes at length, in many sentences.")));
        let question = Question { messages: messages.clone(), max_tokens: MAX_TOKENS, stop: &[] };
        let answer = chat::ask(authority, &question)?;
        points.push((answer.prompt_tokens as f64, answer.first_s));
        messages.push(message("assistant", answer.text));
    }
    Ok(points)
}

/// Seconds per token: the line of least squares. The first step, which has nothing before it, counts for both.
fn slope(points: &[Point]) -> f64 {
    let n = points.len() as f64;
    let mean = |of: fn(&Point) -> f64| points.iter().map(of).sum::<f64>() / n;
    let (x, y) = (mean(|point| point.0), mean(|point| point.1));
    let (above, below) = points.iter().fold((0.0, 0.0), |(above, below), point| {
        ((point.0 - x).mul_add(point.1 - y, above), (point.0 - x).mul_add(point.0 - x, below))
    });
    above / below
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_its_slope() {
        let check = |points: &[Point], expected: f64| assert!((slope(points) - expected).abs() < 1e-12, "{points:?}");
        check(&[(100.0, 1.0), (200.0, 2.0), (300.0, 3.0)], 0.01);
        check(&[(100.0, 1.0), (200.0, 1.0)], 0.0);
        check(&[(0.0, 0.0), (1.0, 2.0), (2.0, 1.0), (3.0, 3.0)], 0.8);
    }
}
