//! What became of a worker that was given up, and what that means for the jobs that were in it.
//!
//! Nobody knows which of several jobs brought a worker down. Suspects are those that it had begun, and the one that came
//! first. A suspect is tried again alone, in a fresh worker, so that it takes no other job down; that counts as one of its
//! attempts, unless the worker was only given up because another job did not stop. Those that it had not begun are tried again
//! together, and nothing counts against them.

use std::sync::Arc;
use std::time::Duration;

use brickwork_engine::Phrase;
use brickwork_engine::ports::{InferenceError, InferenceErrorCode};

use crate::client::closed;

/// How often a job is tried that may have brought its worker down.
const MOST_ATTEMPTS: u32 = 2;

/// How a worker ended, in words, in a form that can be put into another language, and with its own last words.
#[derive(Debug, Clone)]
pub(crate) struct End {
    pub(crate) text: String,
    pub(crate) phrase: Phrase,
    pub(crate) words: Option<String>,
}

/// What became of a worker.
#[derive(Debug)]
pub(crate) enum Fate {
    /// It ended by itself, or somebody else ended it.
    Ended(End),
    /// It said nothing for this long, and was killed.
    Silent(Duration),
    /// A job did not stop within this time of its cancel, and the worker was killed.
    Unanswered(Duration),
    /// The client has no more use for it.
    Closed,
}

impl Fate {
    /// The error of a job whose `n_times`-th attempt ended with this.
    pub(crate) fn error(&self, n_times: u32) -> InferenceError {
        match self {
            Self::Ended(end) => crashed(end, n_times),
            Self::Silent(limit) => {
                let seconds = limit.as_secs_f64();
                let message = format!(
                    "The model worker said nothing for {seconds} s and was ended. Run the step again, or choose a smaller model."
                );
                InferenceError::new(InferenceErrorCode::WorkerSilent, message)
                    .saying(Phrase::new("worker_silent").with("seconds", seconds.to_string()))
            }
            Self::Unanswered(limit) => {
                let seconds = limit.as_secs_f64();
                let message = format!(
                    "The model worker was ended because another job did not stop within {seconds} s. Run the step again."
                );
                InferenceError::new(InferenceErrorCode::WorkerSilent, message)
                    .saying(Phrase::new("worker_ended_for_another_job").with("seconds", seconds.to_string()))
            }
            Self::Closed => closed(),
        }
    }
}

/// A worker that was lost, as one of the jobs in it sees it.
#[derive(Debug)]
pub(crate) struct Loss {
    pub(crate) fate: Arc<Fate>,
    /// Whether this job may have been the cause.
    pub(crate) is_suspect: bool,
    /// Whether no other job may have been.
    pub(crate) is_sole: bool,
}

/// What a job is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Generation,
    /// What has one answer.
    Question,
}

/// The attempts of one job.
#[derive(Debug)]
pub(crate) struct Attempts {
    kind: Kind,
    /// Those that count against it.
    n_counted: u32,
    is_alone: bool,
    error: Option<InferenceError>,
}

impl Attempts {
    /// None so far.
    pub(crate) const fn of(kind: Kind) -> Self {
        Self { kind, n_counted: 0, is_alone: false, error: None }
    }

    /// Whether the next one must have a fresh worker for itself.
    pub(crate) const fn is_alone(&self) -> bool {
        self.is_alone
    }

    /// Why the last one failed that this job may have brought down.
    pub(crate) fn into_error(self) -> Option<InferenceError> {
        self.error
    }

    /// Takes note that the present one ended with the loss of its worker.
    ///
    /// # Errors
    /// The job's error, when there is no further one.
    pub(crate) fn lose(&mut self, loss: &Loss) -> Result<(), InferenceError> {
        if matches!(*loss.fate, Fate::Closed) {
            return Err(closed());
        }
        if !loss.is_suspect {
            return Ok(());
        }
        let is_counted = !matches!(*loss.fate, Fate::Unanswered(_));
        self.n_counted += u32::from(is_counted);
        let error = loss.fate.error(self.n_counted);
        if is_counted && self.n_counted >= self.most(loss) {
            return Err(error);
        }
        tracing::warn!(%error, "the job is tried again with a fresh worker");
        self.error = Some(error);
        self.is_alone = true;
        Ok(())
    }

    /// How many there may be. What hung by itself would hang again, and whoever put a question can put it again.
    fn most(&self, loss: &Loss) -> u32 {
        match (loss.is_sole, self.kind, &*loss.fate) {
            (false, _, _) | (true, Kind::Generation, Fate::Ended(_)) => MOST_ATTEMPTS,
            (true, _, _) => 1,
        }
    }
}

/// The error of a job in whose middle the worker ended for the `n_times`-th time.
fn crashed(end: &End, n_times: u32) -> InferenceError {
    let again = if n_times > 1 { ", also when it was tried again" } else { "" };
    let how = &end.text;
    let message = format!(
        "The model worker ended in the middle of the job ({how}){again}. The next job gets a fresh one: run this step again, or \
         choose another model if it happens again."
    );
    InferenceError::new(InferenceErrorCode::WorkerCrashed, message).saying(crash(end.clone(), n_times))
}

/// A crash for the `n_times`-th time in a form that can be put into another language; how it ended stands within it.
fn crash(end: End, n_times: u32) -> Phrase {
    let reason = match (n_times > 1, end.words.is_some()) {
        (false, false) => "worker_crashed",
        (false, true) => "worker_crashed_with_words",
        (true, false) => "worker_crashed_again",
        (true, true) => "worker_crashed_again_with_words",
    };
    let crash = Phrase { reason: reason.to_owned(), params: end.phrase.params }.with("fault", end.phrase.reason);
    end.words.into_iter().fold(crash, |crash, words| crash.with("words", words))
}
