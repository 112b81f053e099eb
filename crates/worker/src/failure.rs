//! How a job ends when it does not end well.

use brickwork_worker_protocol::FailureCode;

/// A job did not end well.
#[derive(Debug)]
pub(crate) enum Stopped {
    /// The program asked for it.
    Cancelled,
    /// It failed.
    Failed(Failure),
}

/// A failure that is told to the program; the worker goes on.
#[derive(Debug)]
pub(crate) struct Failure {
    /// The kind.
    pub(crate) code: FailureCode,
    /// What happened, to which thing, and what to do next.
    pub(crate) message: String,
}

impl Failure {
    pub(crate) fn new(code: FailureCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }
}

impl From<Failure> for Stopped {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}
