//! A worker that does several jobs, and the one task that reads what it says.
//!
//! The task owns the process. It passes frames on, gives the worker up when it is silent for too long or owes the answer to a
//! cancel, and tells the jobs that are in it then. Another task writes, so that nobody waits for a worker that does not read.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use brickwork_engine::ports::InferenceError;
use brickwork_worker_protocol::{JobId, ResidentModel, ToWorker, WorkerHello};
use tokio::io::AsyncWriteExt;
use tokio::process::ChildStdin;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

use crate::config::WorkerConfig;
use crate::door::Door;
use crate::fate::Fate;
use crate::process::WorkerProcess;
use crate::routes::{Errand, Refused, Routes, Sign};

/// A running worker; clones share it. It is killed when the last one is dropped.
#[derive(Debug, Clone)]
pub(crate) struct Worker {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    id: Option<u32>,
    routes: Arc<Routes>,
    killed: CancellationToken,
    /// Cancelled when the process has ended.
    gone: CancellationToken,
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.killed.cancel();
    }
}

/// A job in a worker. It is cancelled when this is dropped before its last frame came.
#[derive(Debug)]
pub(crate) struct Seat {
    worker: Worker,
    job: JobId,
    signs: mpsc::UnboundedReceiver<Sign>,
}

impl Seat {
    /// What the job hears next.
    pub(crate) async fn next(&mut self) -> Option<Sign> {
        self.signs.recv().await
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.worker.inner.routes.abandon(self.job);
    }
}

impl Worker {
    /// Starts a worker; returns what it said of itself beside it.
    ///
    /// # Errors
    /// Those of [`WorkerProcess::start`].
    pub(crate) async fn start(
        config: &Arc<WorkerConfig>,
        door: &Arc<Door>,
        memory: &Arc<Mutex<Vec<ResidentModel>>>,
    ) -> Result<(Self, WorkerHello), InferenceError> {
        let (process, input, hello) = WorkerProcess::start(config).await?;
        let (lines, to_write) = mpsc::unbounded_channel();
        let (killed, gone) = (CancellationToken::new(), CancellationToken::new());
        let routes = Arc::new(Routes::new(lines, Arc::clone(door), Arc::clone(memory)));
        let id = process.id();
        let supervisor = Supervisor {
            process,
            routes: Arc::clone(&routes),
            config: Arc::clone(config),
            killed: killed.clone(),
            gone: gone.clone(),
        };
        tokio::spawn(write(input, to_write));
        tokio::spawn(supervisor.run());
        Ok((Self { inner: Arc::new(Inner { id, routes, killed, gone }) }, hello))
    }

    /// Its process id.
    pub(crate) fn id(&self) -> Option<u32> {
        self.inner.id
    }

    /// Sends a job to it.
    ///
    /// # Errors
    /// [`Refused`].
    pub(crate) fn submit(&self, errand: &Errand<'_>) -> Result<Seat, Refused> {
        let (job, signs) = self.inner.routes.submit(errand)?;
        Ok(Seat { worker: self.clone(), job, signs })
    }

    /// Sends it what has no answer.
    pub(crate) fn send(&self, frame: &ToWorker) {
        self.inner.routes.send(frame);
    }

    /// Its jobs.
    pub(crate) fn routes(&self) -> &Routes {
        &self.inner.routes
    }

    /// Whether its process has ended, and its jobs know it.
    pub(crate) fn is_gone(&self) -> bool {
        self.inner.gone.is_cancelled()
    }

    /// Waits until its process has ended.
    pub(crate) async fn gone(&self) {
        self.inner.gone.cancelled().await;
    }

    /// Ends it, in good order if it has no jobs and ends within `limit`, else by force.
    pub(crate) async fn end(&self, limit: Duration) {
        if self.inner.routes.retire() && timeout(limit, self.gone()).await.is_ok() {
            return;
        }
        self.kill();
        self.gone().await;
    }

    /// Ends it by force, soon.
    pub(crate) fn kill(&self) {
        self.inner.killed.cancel();
    }
}

/// Writes lines until the worker ends or nobody has any more for it; its input ends then.
async fn write(mut input: ChildStdin, mut lines: mpsc::UnboundedReceiver<Vec<u8>>) {
    while let Some(line) = lines.recv().await {
        // A worker that reads no more has closed its output too, which is seen elsewhere.
        if input.write_all(&line).await.is_err() {
            return;
        }
    }
}

/// Who owns the process.
struct Supervisor {
    process: WorkerProcess,
    routes: Arc<Routes>,
    config: Arc<WorkerConfig>,
    killed: CancellationToken,
    gone: CancellationToken,
}

/// Why the supervisor stops to listen.
enum Stop {
    Ended,
    GivenUp(Fate),
}

impl Supervisor {
    async fn run(mut self) {
        // However this ends, also with a runtime that stops, nobody waits for it for ever.
        let _gone = self.gone.clone().drop_guard();
        let stop = self.listen().await;
        let mourners = self.routes.close();
        let fate = match stop {
            Stop::Ended => Fate::Ended(self.process.how_it_ended().await),
            Stop::GivenUp(fate) => {
                self.process.kill().await;
                fate
            }
        };
        let fate = Arc::new(fate);
        // The process is gone for all before the first of its jobs is tried again.
        drop(self.process);
        self.gone.cancel();
        mourners.into_iter().for_each(|mourner| mourner.tell(&fate));
    }

    /// Passes frames on until the worker ends or is given up.
    async fn listen(&mut self) -> Stop {
        loop {
            let deadline = self.routes.deadline(&self.config);
            tokio::select! {
                biased;
                () = self.killed.cancelled() => return Stop::GivenUp(Fate::Closed),
                // Before the deadline: what was said in time counts, also when this program was held up.
                read = self.process.read() => {
                    if read.is_err() {
                        return Stop::Ended;
                    }
                    self.routes.note_sign();
                    while let Some(frame) = self.process.next_frame() {
                        self.routes.pass_on(frame);
                    }
                }
                () = self.routes.deadline_changed.notified() => {}
                () = sleep_until(deadline) => return Stop::GivenUp(self.routes.verdict(&self.config)),
            }
        }
    }
}

async fn sleep_until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}
