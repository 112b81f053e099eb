//! Starting, watching, cancelling and listing runs.

use std::sync::Arc;

use brickwork_engine::{
    CancelSignal, Clock, Diagnostic, Journal, JournalError, Pipeline, RunChange, RunEvent, RunEventKind, RunId,
    RunPlan, RunStatus, Runner, cancel_pair, parse_pipeline, validate_pipeline,
};
use brickwork_store::{Cursor, Project, RunFilter, StoredArtifact};
use serde_json::Value;
use uuid::Uuid;

use crate::app::{App, SystemClock};
use crate::error::AppError;
use crate::live::{LiveRun, RunLock};
use crate::views::{RunPage, RunView};

/// The most runs of a page.
const MAX_PAGE: usize = 500;

/// Which runs to list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RunListRequest {
    /// Runs of a page; 50 when absent.
    pub limit: Option<usize>,
    /// The `next` of the page before.
    pub before: Option<String>,
    /// Only runs of this status.
    pub status: Option<RunStatus>,
    /// Only runs of this project.
    pub project_id: Option<Uuid>,
    /// Only runs whose name holds this text.
    pub text: Option<String>,
}

/// The run id that `text` spells.
///
/// # Errors
/// [`AppError::UnknownRun`] when it is no UUID: such a run cannot exist.
pub fn run_id_of(text: &str) -> Result<RunId, AppError> {
    Uuid::parse_str(text).map_err(|_| AppError::UnknownRun(text.to_owned()))
}

impl App {
    /// Everything that is wrong with a pipeline, warnings included. Nothing is stored.
    #[must_use]
    pub fn validate(&self, body: &Value) -> Vec<Diagnostic> {
        match parse_pipeline(body) {
            Ok(pipeline) => validate_pipeline(&pipeline),
            Err(found) => found,
        }
    }

    /// Accepts a pipeline and starts it as soon as it is its turn. Returns the run, PENDING.
    ///
    /// # Errors
    /// [`AppError::InvalidPipeline`] with every fault, [`AppError::UnknownProject`], [`AppError::ModelProblem`] when a
    /// role has no model that can run, or a fault of the database. Nothing is stored then.
    pub async fn start_run(&self, project_id: Uuid, body: &Value) -> Result<RunView, AppError> {
        let plan = self.plan(project_id, body).await?;
        let run_id = Uuid::now_v7();
        let lock = RunLock::try_acquire(&self.config().running(), run_id)?
            .ok_or_else(|| AppError::Internal(format!("the new run {run_id} is locked already")))?;
        self.store().record(run_id, SystemClock.now(), RunChange::Created { plan }).await?;
        let (handle, signal) = cancel_pair();
        let live = Arc::new(LiveRun::new(handle));
        self.live().insert(run_id, Arc::clone(&live));
        let (app, run) = (self.clone(), Arc::clone(&live));
        let task = tokio::spawn(async move {
            app.carry_out(run_id, &run, signal).await;
            app.live().remove(&run_id);
            run.set_ended();
            drop(lock);
        });
        live.set_task(task.abort_handle());
        self.run(run_id).await
    }

    /// Waits until the run has ended, and returns it. Dropping the future detaches; the run goes on.
    ///
    /// # Errors
    /// When there is no such run, or the database cannot be read.
    pub async fn wait(&self, run_id: RunId) -> Result<RunView, AppError> {
        let live = self.live().get(&run_id).cloned();
        if let Some(live) = live {
            live.ended().await;
        }
        self.run(run_id).await
    }

    /// The run as it is now.
    ///
    /// # Errors
    /// [`AppError::UnknownRun`], or a fault of the database.
    pub async fn run(&self, run_id: RunId) -> Result<RunView, AppError> {
        let record = self.store().load(run_id).await?.ok_or_else(|| AppError::UnknownRun(run_id.to_string()))?;
        Ok(record.into())
    }

    /// Cancels a run: a running one stops within its next token, a waiting one never starts.
    ///
    /// # Errors
    /// [`AppError::UnknownRun`], [`AppError::RunEnded`], or a fault of the database.
    pub async fn cancel_run(&self, run_id: RunId) -> Result<RunView, AppError> {
        let run = self.run(run_id).await?;
        if run.status.has_ended() {
            return Err(AppError::RunEnded { run_id, status: run.status.as_str() });
        }
        let live = self.live().get(&run_id).cloned();
        match live {
            Some(live) if live.is_running() => {
                live.cancel();
                self.wait(run_id).await
            }
            waiting => {
                if let Some(live) = &waiting {
                    live.cancel();
                }
                self.finish(run_id, RunStatus::Cancelled, None).await?;
                self.run(run_id).await
            }
        }
    }

    /// A page of runs, newest first.
    ///
    /// # Errors
    /// A fault of the database, or a cursor that no page gave.
    pub async fn runs(&self, request: RunListRequest) -> Result<RunPage, AppError> {
        let before = match &request.before {
            None => None,
            Some(text) => Some(text.parse::<Cursor>().map_err(|_| AppError::Unknown {
                what: "page",
                id: text.clone(),
                remedy: "Use the `next` of the page before it.".into(),
            })?),
        };
        let filter = RunFilter { project_id: request.project_id, status: request.status, text: request.text };
        let limit = request.limit.unwrap_or(50).clamp(1, MAX_PAGE);
        let page = self.store().runs_page(filter, before, limit).await?;
        Ok(RunPage { runs: page.runs, next: page.next.map(|cursor| cursor.to_string()) })
    }

    /// All artifacts of a run, final ones included.
    ///
    /// # Errors
    /// [`AppError::UnknownRun`], or a fault of the database.
    pub async fn artifacts(&self, run_id: RunId) -> Result<Vec<StoredArtifact>, AppError> {
        self.run(run_id).await?;
        Ok(self.store().artifacts(run_id).await?)
    }

    /// All projects, the oldest first.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn projects(&self) -> Result<Vec<Project>, AppError> {
        Ok(self.store().projects().await?)
    }

    async fn plan(&self, project_id: Uuid, body: &Value) -> Result<RunPlan, AppError> {
        let pipeline = parse_pipeline(body).map_err(AppError::InvalidPipeline)?;
        if let Some(own) = pipeline.project_id.filter(|own| *own != project_id) {
            return Err(AppError::InvalidPipeline(vec![Diagnostic::error(
                "project_mismatch",
                "$.project_id",
                format!("The pipeline belongs to project {own}, but it was sent to project {project_id}."),
                "Send it to its own project, or remove `project_id` from it.",
            )]));
        }
        if self.store().project(project_id).await?.is_none() {
            return Err(AppError::UnknownProject(project_id.to_string()));
        }
        let seeds = seeds_of(&pipeline);
        let models = self.models_of(&pipeline).await?;
        Ok(RunPlan { project_id, pipeline, models, seeds })
    }

    async fn carry_out(&self, run_id: RunId, live: &Arc<LiveRun>, signal: CancelSignal) {
        let Ok(_turn) = self.inner().turn.acquire().await else { return };
        live.set_running();
        let announce = |event| live.announce(event);
        let runner =
            Runner { inference: &self.inner().models, journal: self.store(), clock: &SystemClock, announce: &announce };
        match runner.run(run_id, signal).await {
            Ok(record) => tracing::info!(%run_id, status = record.status.as_str(), "run ended"),
            // A run that was cancelled while it waited has ended already, so it cannot start.
            Err(JournalError::Illegal(refused)) => tracing::debug!(%run_id, %refused, "run did not start"),
            Err(error) => {
                tracing::error!(%run_id, %error, "the run stopped because it could not be recorded");
                let text = format!("The run stopped because it could not be recorded: {error}");
                if let Err(error) = self.finish(run_id, RunStatus::Failed, Some(text)).await {
                    tracing::error!(%run_id, %error, "nor could its end be recorded");
                }
            }
        }
    }

    async fn finish(&self, run_id: RunId, status: RunStatus, error: Option<String>) -> Result<(), AppError> {
        let change = RunChange::Finished { status, error, final_artifacts: Vec::new(), final_artifacts_from: None };
        let at = SystemClock.now();
        let seq = self.store().record(run_id, at, change.clone()).await?;
        let live = self.live().get(&run_id).cloned();
        if let Some(live) = live {
            live.announce(RunEvent { run_id, seq: Some(seq), at, kind: RunEventKind::Change { change } });
        }
        Ok(())
    }
}

/// The pipeline's own seeds, and one drawn where it leaves a seed open, so that the record says how to make the run again.
fn seeds_of(pipeline: &Pipeline) -> Vec<u32> {
    (0..=pipeline.steps.len())
        .map(|position| pipeline.parameters_at(position).seed.unwrap_or_else(random_seed))
        .collect()
}

/// The last 32 bits of a version 7 UUID, which are random.
fn random_seed() -> u32 {
    let [.., a, b, c, d] = Uuid::now_v7().into_bytes();
    u32::from_be_bytes([a, b, c, d])
}
