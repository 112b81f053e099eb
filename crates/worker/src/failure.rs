//! How a job ends when it does not end well.

use std::collections::BTreeMap;

use brickwork_worker_protocol::{Failed, FailureCode, FailureParam, JobId};

/// A job did not end well.
#[derive(Debug)]
pub(crate) enum Stopped {
    /// The program asked for it.
    Cancelled,
    /// It failed.
    Failed(Failure),
}

/// A failure that is told to the program; the worker goes on.
#[derive(Debug, Clone)]
pub(crate) struct Failure {
    /// The kind.
    pub(crate) code: FailureCode,
    /// What happened, to which thing, and what to do next.
    pub(crate) message: String,
    /// The stable word of that very message, for those who put it into another language.
    reason: Option<&'static str>,
    /// What the message names, by name.
    params: BTreeMap<String, FailureParam>,
}

impl Failure {
    pub(crate) fn new(code: FailureCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), reason: None, params: BTreeMap::new() }
    }

    /// The same failure with the stable word of its message.
    pub(crate) fn saying(mut self, reason: &'static str) -> Self {
        self.reason = Some(reason);
        self
    }

    /// The same failure, whose message names `text` as `name`.
    pub(crate) fn text(mut self, name: &str, text: impl Into<String>) -> Self {
        self.params.insert(name.to_owned(), FailureParam::Text(text.into()));
        self
    }

    /// The same failure, whose message names `count` as `name`.
    pub(crate) fn count(mut self, name: &str, count: u32) -> Self {
        self.params.insert(name.to_owned(), FailureParam::Count(count.into()));
        self
    }

    /// The frame that tells of it.
    pub(crate) fn of_job(self, job: JobId) -> Failed {
        let Self { code, message, reason, params } = self;
        Failed { job, code, message, reason: reason.map(str::to_owned), params }
    }
}

impl From<Failure> for Stopped {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}
