//! A thread that owns one connection and does one job after another on it.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread::{Builder, JoinHandle};

use futures::SinkExt;
use futures::channel::{mpsc, oneshot};
use futures::executor::block_on_stream;
use rusqlite::Connection;

use crate::error::Fault;

type Job = Box<dyn FnOnce(&mut Connection) + Send>;

/// Callers wait when this many jobs are queued, so a flood of calls cannot fill the memory.
const QUEUE_LENGTH: usize = 64;

/// A connection with its thread. Dropping it does the jobs still queued, ends the thread and closes the connection.
pub(crate) struct Lane {
    jobs: Option<mpsc::Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl Lane {
    /// Gives `connection` a thread called `name`.
    pub(crate) fn start(name: &str, mut connection: Connection) -> io::Result<Self> {
        let (jobs, queue) = mpsc::channel::<Job>(QUEUE_LENGTH);
        let thread = Builder::new().name(name.into()).spawn(move || {
            for job in block_on_stream(queue) {
                job(&mut connection);
            }
            if let Err((_, err)) = connection.close() {
                tracing::warn!(%err, "a database connection did not close cleanly");
            }
        })?;
        Ok(Self { jobs: Some(jobs), thread: Some(thread) })
    }

    /// Does `work` on the lane's connection. Once queued it is done even if the returned future is dropped.
    pub(crate) async fn call<T, F>(&self, work: F) -> Result<T, Fault>
    where
        T: Send + 'static,
        F: FnOnce(&mut Connection) -> Result<T, Fault> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let job: Job = Box::new(move |connection| {
            // A panic is a bug in one query; its transaction was rolled back by unwinding, and others go on.
            let done = catch_unwind(AssertUnwindSafe(|| work(connection)));
            let done = done.unwrap_or_else(|_| Err(Fault::storage("an internal error; see the log")));
            // The caller may have lost interest; what was done stays done.
            let _ = reply.send(done);
        });
        let stopped = || Fault::storage("the database's thread has ended");
        let mut jobs = self.jobs.clone().ok_or_else(stopped)?;
        jobs.send(job).await.map_err(|_| stopped())?;
        answer.await.map_err(|_| stopped())?
    }
}

impl Drop for Lane {
    fn drop(&mut self) {
        drop(self.jobs.take());
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("a database thread panicked");
        }
    }
}
