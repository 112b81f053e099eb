//! Sources in colour. What was coloured before is known by its hash, so that the same file is not read by a grammar again.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{OnceLock, mpsc};

use brickwork_highlight::{Highlighted, MAX_SOURCE_BYTES, Slices, highlight};
use sha2::{Digest, Sha256};
use tokio::sync::oneshot;

use crate::error::AppError;

/// Sources that are known.
const MAX_KNOWN: usize = 32;

/// The most lines of one slice.
const MAX_SLICE_LINES: usize = 5_000;

/// Which lines of a source: `from` to before `to`, from 0.
pub type LineRange = (usize, usize);

struct Known {
    sha256: [u8; 32],
    slices: Slices,
    whole: Option<Highlighted>,
}

/// The least recently used first.
#[derive(Default)]
struct Colourer(VecDeque<Known>);

/// A source to be coloured, and where the answer goes.
struct Job {
    kind: String,
    source: String,
    range: Option<LineRange>,
    reply: oneshot::Sender<Highlighted>,
}

/// A source coloured by the grammar for the file extension `kind`: all of it, or the lines of a range, of which at most
/// 5,000 are given. Whole sources of more than 512 KiB are plain; ranges of them are not.
///
/// # Errors
/// [`AppError::Internal`] when the work broke off.
pub async fn coloured(kind: String, source: String, range: Option<LineRange>) -> Result<Highlighted, AppError> {
    let broke_off = || AppError::Internal("colouring a source broke off".to_owned());
    let (reply, answer) = oneshot::channel();
    jobs().send(Job { kind, source, range, reply }).map_err(|_| broke_off())?;
    answer.await.map_err(|_| broke_off())
}

/// The way to the one thread that colours: the state of a grammar may not go from thread to thread.
fn jobs() -> &'static mpsc::Sender<Job> {
    static JOBS: OnceLock<mpsc::Sender<Job>> = OnceLock::new();
    JOBS.get_or_init(|| {
        let (jobs, wanted) = mpsc::channel::<Job>();
        // It ends with the program, which waits for nothing of it.
        std::thread::spawn(move || {
            let mut colourer = Colourer::default();
            for Job { kind, source, range, reply } in wanted {
                let found = catch_unwind(AssertUnwindSafe(|| colourer.colour(&kind, &source, range)));
                // Whoever asked may have gone; what a grammar broke is told by the reply that never comes.
                found.map_or_else(|_| colourer = Colourer::default(), |found| drop(reply.send(found)));
            }
        });
        jobs
    })
}

impl Colourer {
    fn colour(&mut self, kind: &str, source: &str, range: Option<LineRange>) -> Highlighted {
        if range.is_none() && source.len() > MAX_SOURCE_BYTES {
            return highlight(kind, source);
        }
        let sha256 = hash(kind, source);
        let at = self.0.iter().position(|known| known.sha256 == sha256);
        let known = at.and_then(|at| self.0.remove(at));
        let mut known = known.unwrap_or_else(|| Known { sha256, slices: Slices::new(kind), whole: None });
        let found = match range {
            Some((from, to)) => known.slices.lines(source, from, to.min(from.saturating_add(MAX_SLICE_LINES))),
            None => known.whole.get_or_insert_with(|| highlight(kind, source)).clone(),
        };
        self.0.push_back(known);
        while self.0.len() > MAX_KNOWN {
            self.0.pop_front();
        }
        found
    }
}

fn hash(kind: &str, source: &str) -> [u8; 32] {
    Sha256::new().chain_update(kind).chain_update([0]).chain_update(source).finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_coloured_is_known_until_others_were() {
        let mut colourer = Colourer::default();
        let source = "let a = 1;\nlet b = 'x';\n";
        let whole = colourer.colour("js", source, None);
        assert_eq!(whole, highlight("js", source));
        let is_known = |colourer: &Colourer| colourer.0.iter().any(|known| known.sha256 == hash("js", source));
        assert!(is_known(&colourer));
        assert_eq!(colourer.colour("js", source, None), whole);
        assert_eq!(colourer.colour("js", source, Some((1, 2))).lines, whole.lines[1..2]);
        assert_eq!(colourer.0.len(), 1, "the whole and its slices are one source");
        let _ = colourer.colour("txt", source, None);
        assert_eq!(colourer.0.len(), 2, "of another kind it is another");
        for number in 0..MAX_KNOWN {
            let _ = colourer.colour("js", &format!("let c = {number};"), None);
        }
        assert!(!is_known(&colourer) && colourer.0.len() == MAX_KNOWN, "the least recently used goes");
        assert_eq!(colourer.colour("js", source, Some((0, 2))).lines, whole.lines[..2]);
    }

    #[tokio::test]
    async fn several_ask_at_once() {
        let ask = |number: usize| coloured("js".to_owned(), format!("let c = {number};"), None);
        let found = futures::future::join_all((0..20).map(ask)).await;
        assert!(found.into_iter().enumerate().all(|(number, found)| {
            found.is_ok_and(|found| found == highlight("js", &format!("let c = {number};")))
        }));
    }
}
