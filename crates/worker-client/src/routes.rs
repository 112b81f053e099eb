//! Which frames go to which job, and until when a worker may be silent.
//!
//! One lock holds all there is to know of the jobs in a worker, so that each of them gets either its last frame or word of the
//! worker's loss, and never both. Nothing here waits.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use brickwork_worker_protocol::{FromWorker, JobId, ResidentModel, ToWorker, encode};
use tokio::sync::{Notify, mpsc};
use tokio::time::Instant;

use crate::config::WorkerConfig;
use crate::door::Door;
use crate::fate::{Fate, Loss};

/// What a job hears of its worker.
#[derive(Debug)]
pub(crate) enum Sign {
    Frame(FromWorker),
    /// The last one.
    Lost(Loss),
}

/// What a job asks of a worker.
pub(crate) struct Errand<'a> {
    /// The number of its place, to which it is called back when the worker is lost.
    pub(crate) place: u64,
    /// The id of the model that it generates with; `None` for what has one answer.
    pub(crate) model: Option<&'a str>,
    /// Its frame.
    pub(crate) request: &'a (dyn Fn(JobId) -> ToWorker + Send + Sync),
}

/// Why a job was not taken.
#[derive(Debug)]
pub(crate) enum Refused {
    /// The worker is ending.
    Closed,
    /// Its request is too long for a frame; in words.
    TooLong(String),
}

/// A job that is told of the loss of its worker.
#[derive(Debug)]
pub(crate) struct Mourner {
    inbox: mpsc::UnboundedSender<Sign>,
    is_suspect: bool,
    is_sole: bool,
}

impl Mourner {
    pub(crate) fn tell(self, fate: &Arc<Fate>) {
        let loss = Loss { fate: Arc::clone(fate), is_suspect: self.is_suspect, is_sole: self.is_sole };
        let _ = self.inbox.send(Sign::Lost(loss));
    }
}

/// The jobs in one worker.
#[derive(Debug)]
pub(crate) struct Routes {
    state: Mutex<State>,
    door: Arc<Door>,
    memory: Arc<Mutex<Vec<ResidentModel>>>,
    /// The time at which the worker is given up may have changed.
    pub(crate) deadline_changed: Notify,
    /// A job has left.
    job_left: Notify,
}

#[derive(Debug)]
struct State {
    /// Lines to the worker; `None` once it is ending.
    lines: Option<mpsc::UnboundedSender<Vec<u8>>>,
    jobs: BTreeMap<JobId, Route>,
    last_job: JobId,
    /// Whether the worker had done jobs before the present ones came, and has said nothing since.
    may_be_gone: bool,
    /// When the worker said something last, or the first of the present jobs came.
    last_sign: Instant,
}

#[derive(Debug)]
struct Route {
    /// `None` when nobody wants the answer any more.
    inbox: Option<mpsc::UnboundedSender<Sign>>,
    place: u64,
    model: Option<String>,
    is_begun: bool,
    is_loaded: bool,
    /// Since when the worker owes the answer to a cancel.
    owed_since: Option<Instant>,
}

impl Routes {
    /// No jobs yet. Lines for the worker go to `lines`, what it says of its memory to `memory`.
    pub(crate) fn new(
        lines: mpsc::UnboundedSender<Vec<u8>>,
        door: Arc<Door>,
        memory: Arc<Mutex<Vec<ResidentModel>>>,
    ) -> Self {
        let state = State {
            lines: Some(lines),
            jobs: BTreeMap::new(),
            last_job: 0,
            may_be_gone: false,
            last_sign: Instant::now(),
        };
        Self { state: Mutex::new(state), door, memory, deadline_changed: Notify::new(), job_left: Notify::new() }
    }

    /// Sends a job to the worker, and returns its number and what it will hear.
    ///
    /// # Errors
    /// [`Refused`].
    pub(crate) fn submit(&self, errand: &Errand<'_>) -> Result<(JobId, mpsc::UnboundedReceiver<Sign>), Refused> {
        let job = {
            let mut state = self.state();
            state.last_job += 1;
            state.last_job
        };
        // A long prompt takes a while to encode, during which the frames of other jobs go on.
        let line = encode(&(errand.request)(job)).map_err(|error| Refused::TooLong(error.to_string()))?;
        let mut state = self.state();
        state.send(line).ok_or(Refused::Closed)?;
        if state.jobs.is_empty() {
            state.last_sign = Instant::now();
            state.may_be_gone = job > 1;
        }
        let (inbox, signs) = mpsc::unbounded_channel();
        let route = Route {
            inbox: Some(inbox),
            place: errand.place,
            model: errand.model.map(str::to_owned),
            is_begun: false,
            is_loaded: false,
            owed_since: None,
        };
        state.jobs.insert(job, route);
        drop(state);
        self.deadline_changed.notify_one();
        Ok((job, signs))
    }

    /// Sends what has no answer, if the worker still listens.
    pub(crate) fn send(&self, frame: &ToWorker) {
        if let Ok(line) = encode(frame) {
            self.state().send(line);
        }
    }

    /// Cancels a job that nobody wants any more. One that has ended is no error.
    pub(crate) fn abandon(&self, job: JobId) {
        let mut state = self.state();
        let Some(route) = state.jobs.get_mut(&job) else { return };
        route.inbox = None;
        if let Ok(line) = encode(&ToWorker::Cancel { job }) {
            state.send(line);
        }
        state.note_debts();
        drop(state);
        self.deadline_changed.notify_one();
    }

    /// Takes note that the worker said something.
    pub(crate) fn note_sign(&self) {
        self.state().last_sign = Instant::now();
    }

    /// Passes a frame on to its job.
    pub(crate) fn pass_on(&self, frame: FromWorker) {
        let mut state = self.state();
        state.may_be_gone = false;
        let Some(job) = frame.job() else { return };
        let Some(route) = state.jobs.get_mut(&job) else { return };
        route.is_begun = true;
        route.is_loaded |= matches!(frame, FromWorker::Loaded { .. });
        if let FromWorker::Memory { models, .. } = &frame {
            self.memory.lock().unwrap_or_else(PoisonError::into_inner).clone_from(models);
        }
        let inbox = route.inbox.clone();
        if is_last(&frame) {
            state.jobs.remove(&job);
            self.job_left.notify_waiters();
        }
        state.note_debts();
        drop(state);
        if let Some(inbox) = inbox {
            let _ = inbox.send(Sign::Frame(frame));
        }
    }

    /// When the worker is given up unless it says something, or ends a cancelled job.
    pub(crate) fn deadline(&self, config: &WorkerConfig) -> Option<Instant> {
        let state = self.state();
        let silence = (!state.jobs.is_empty()).then(|| state.last_sign + config.silence_limit);
        let debts = state.jobs.values().filter_map(|route| Some(route.owed_since? + config.cancel_limit));
        debts.chain(silence).min()
    }

    /// Why the worker is given up when the deadline has passed.
    pub(crate) fn verdict(&self, config: &WorkerConfig) -> Fate {
        let is_silent = self.state().last_sign.elapsed() >= config.silence_limit;
        if is_silent { Fate::Silent(config.silence_limit) } else { Fate::Unanswered(config.cancel_limit) }
    }

    /// Takes no more jobs, and calls those that are in the worker back to their places. They are told once it is known what
    /// became of it.
    pub(crate) fn close(&self) -> Vec<Mourner> {
        let mut state = self.state();
        state.lines = None;
        let may_be_gone = state.may_be_gone;
        let mut jobs = std::mem::take(&mut state.jobs);
        if let Some(mut first) = jobs.first_entry() {
            first.get_mut().is_begun = true;
        }
        let is_sole = jobs.values().filter(|route| route.is_begun).count() == 1;
        let mourners = jobs.into_values().filter_map(|route| {
            let inbox = route.inbox?;
            self.door.call_back(route.place);
            Some(Mourner { inbox, is_suspect: route.is_begun && !may_be_gone, is_sole })
        });
        let mourners = mourners.collect();
        self.memory.lock().unwrap_or_else(PoisonError::into_inner).clear();
        self.job_left.notify_waiters();
        mourners
    }

    /// Asks the worker to end, unless it has jobs; tells whether it ends.
    pub(crate) fn retire(&self) -> bool {
        let mut state = self.state();
        if !state.jobs.is_empty() {
            return false;
        }
        if let Ok(line) = encode(&ToWorker::Shutdown) {
            state.send(line);
        }
        state.lines = None;
        true
    }

    /// Whether no more jobs are taken.
    pub(crate) fn is_closed(&self) -> bool {
        self.state().lines.is_none()
    }

    /// Whether jobs are taken and none is there.
    pub(crate) fn is_idle(&self) -> bool {
        let state = self.state();
        state.lines.is_some() && state.jobs.is_empty()
    }

    /// Whether there never was a job.
    pub(crate) fn is_fresh(&self) -> bool {
        self.state().last_job == 0
    }

    /// Waits until no job is there.
    pub(crate) async fn emptied(&self) {
        loop {
            let left = self.job_left.notified();
            tokio::pin!(left);
            left.as_mut().enable();
            if self.state().jobs.is_empty() {
                return;
            }
            left.await;
        }
    }

    /// The id of the model at work, and whether it is in memory: that of the first job whose model is there, else of the
    /// first one.
    pub(crate) fn at_work(&self) -> Option<(String, bool)> {
        let state = self.state();
        let generations = || state.jobs.values().filter_map(|route| Some((route.model.clone()?, route.is_loaded)));
        generations().find(|(_, is_loaded)| *is_loaded).or_else(|| generations().next())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// `None` when the worker is ending.
    fn send(&self, line: Vec<u8>) -> Option<()> {
        self.lines.as_ref()?.send(line).ok()
    }

    /// From now on, the worker owes the answers to the cancels of jobs that it has begun or could begin. A worker that does
    /// one job after another answers for the others only when it comes to them.
    fn note_debts(&mut self) {
        let first = self.jobs.keys().next().copied();
        for (job, route) in &mut self.jobs {
            let could_answer = route.is_begun || Some(*job) == first;
            if route.inbox.is_none() && could_answer && route.owed_since.is_none() {
                route.owed_since = Some(Instant::now());
            }
        }
    }
}

/// Whether a frame ends its job.
pub(crate) const fn is_last(frame: &FromWorker) -> bool {
    match frame {
        FromWorker::Done(_)
        | FromWorker::Failed(_)
        | FromWorker::Cancelled { .. }
        | FromWorker::Devices { .. }
        | FromWorker::TokenCount { .. }
        | FromWorker::Rendered(_)
        | FromWorker::TextCounts { .. } => true,
        FromWorker::Hello(_)
        | FromWorker::LoadProgress { .. }
        | FromWorker::Loaded { .. }
        | FromWorker::Memory { .. }
        | FromWorker::PromptProgress { .. }
        | FromWorker::Text { .. } => false,
    }
}
