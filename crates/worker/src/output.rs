//! The way to the program: frames on what was standard output.

use std::collections::HashSet;
use std::fs::File;
use std::io::Write;
use std::sync::{Mutex, PoisonError};

use brickwork_worker_protocol::{FromWorker, JobId, encode};

use crate::os;

/// Writes frames, from any thread, each whole.
#[derive(Debug)]
pub(crate) struct Output {
    pipe: Mutex<File>,
}

impl Output {
    pub(crate) const fn new(pipe: File) -> Self {
        Self { pipe: Mutex::new(pipe) }
    }

    /// Sends one frame. When nobody reads any more the process ends, since it has nobody to work for.
    pub(crate) fn send(&self, frame: &FromWorker) {
        match encode(frame) {
            Ok(line) => {
                let mut pipe = self.pipe.lock().unwrap_or_else(PoisonError::into_inner);
                if pipe.write_all(&line).is_err() {
                    os::end_now(0);
                }
            }
            Err(error) => eprintln!("a frame could not be written: {error}"),
        }
    }
}

/// The jobs that the program no longer wants. Job numbers grow, so entries below the oldest job that is left are dropped.
#[derive(Debug, Default)]
pub(crate) struct Cancels {
    jobs: Mutex<HashSet<JobId>>,
}

impl Cancels {
    pub(crate) fn add(&self, job: JobId) {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner).insert(job);
    }

    pub(crate) fn contains(&self, job: JobId) -> bool {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner).contains(&job)
    }

    /// Forgets the cancel of `job`, which has ended, and those of all jobs before `oldest`, the oldest one that has not;
    /// without any, those of all jobs up to `job`.
    pub(crate) fn forget(&self, job: JobId, oldest: Option<JobId>) {
        let least = oldest.unwrap_or(job + 1);
        let mut jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        jobs.retain(|cancelled| *cancelled != job && *cancelled >= least);
    }
}
