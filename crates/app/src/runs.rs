//! Submitting runs, waiting for them and looking at one.

use brickwork_engine::{
    Clock, Diagnostic, Journal, Phrase, Pipeline, RunId, RunPlan, parse_pipeline, validate_pipeline,
};
use brickwork_store::{Creation, IdempotencyKey, NewRun, Origin, Project, Standing, StoredArtifact};
use serde_json::Value;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::app::{App, SystemClock};
use crate::checking::forbidden_commands;
use crate::error::AppError;
use crate::project_files::attached_files;
use crate::request::invalid;
use crate::views::RunView;

/// The longest idempotency key, in bytes.
const MAX_KEY_BYTES: usize = 255;

/// A pipeline to be run.
#[derive(Debug, Clone, PartialEq)]
pub struct StartRun<'a> {
    /// The project that the run belongs to.
    pub project_id: Uuid,
    /// The pipeline, in the shape of the specification's request body.
    pub body: &'a Value,
    /// The client's word for this request: sent again with the same word, it makes no second run.
    pub idempotency_key: Option<String>,
}

/// A run that was accepted.
#[derive(Debug, Clone, PartialEq)]
pub struct StartedRun {
    /// The run; PENDING, unless it was accepted before.
    pub run: RunView,
    /// Whether an earlier request with the same key made it.
    pub replayed: bool,
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
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn validate(&self, body: &Value) -> Result<Vec<Diagnostic>, AppError> {
        let mut pipeline = match parse_pipeline(body) {
            Ok(pipeline) => pipeline,
            Err(found) => return Ok(found),
        };
        // What the project's context knows is no unknown variable.
        let project_id = pipeline.project_id.unwrap_or(crate::config::DEFAULT_PROJECT_ID);
        let mut folder = None;
        if let Some(project) = self.store().project(project_id).await? {
            for (key, value) in project.global_context {
                pipeline.global_context.entry(key).or_insert(value);
            }
            folder = project.folder;
        }
        let mut found = validate_pipeline(&pipeline);
        found.extend(attached_files(folder, &pipeline).await?.found);
        found.extend(forbidden_commands(&pipeline, &self.settings().await?.gate_commands));
        Ok(found)
    }

    /// Accepts a pipeline, which then waits in the queue. Returns the run, PENDING.
    ///
    /// # Errors
    /// [`AppError::UnknownProject`], [`AppError::InvalidPipeline`] with every fault, [`AppError::ModelProblem`] when a
    /// role has no model that can run, [`AppError::IdempotencyKeyReused`], or a fault of the database. Nothing is stored
    /// then.
    pub async fn start_run(&self, request: StartRun<'_>) -> Result<StartedRun, AppError> {
        self.start(request, None).await
    }

    /// [`App::start_run`] from a saved pipeline: what is run is kept as its next version, unless it is the newest one, and
    /// the run says which it was made from. Its draft stays.
    ///
    /// # Errors
    /// As [`App::start_run`], and [`AppError::InvalidRequest`] at `pipeline_id` when there is no such pipeline.
    pub async fn start_run_of_pipeline(
        &self,
        pipeline_id: Uuid,
        request: StartRun<'_>,
    ) -> Result<StartedRun, AppError> {
        self.start(request, Some(pipeline_id)).await
    }

    async fn start(&self, request: StartRun<'_>, pipeline_id: Option<Uuid>) -> Result<StartedRun, AppError> {
        let plan = self.plan(request.project_id, request.body).await?;
        let key = request.idempotency_key.map(|key| fingerprinted(key, &plan.pipeline, pipeline_id)).transpose()?;
        let (run_id, at) = (Uuid::now_v7(), SystemClock.now());
        let document = request.body.as_object().cloned().unwrap_or_default();
        let origin = pipeline_id.map(|pipeline_id| Origin { pipeline_id, document });
        self.submit_from(NewRun { run_id, at, plan, reused: Vec::new(), key }, origin).await
    }

    /// Puts a run into the queue.
    pub(crate) async fn submit(&self, new: NewRun) -> Result<StartedRun, AppError> {
        self.submit_from(new, None).await
    }

    async fn submit_from(&self, new: NewRun, origin: Option<Origin>) -> Result<StartedRun, AppError> {
        let (run_id, key) = (new.run_id, new.key.as_ref().map(|key| key.key.clone()).unwrap_or_default());
        self.keeper().submitted(run_id);
        let created = self.store().create_run_from(new, origin).await;
        if !matches!(created, Ok(Creation::Created)) {
            self.keeper().forget(run_id);
        }
        let (run_id, replayed) = match created? {
            Creation::Created => (run_id, false),
            Creation::Replayed(earlier) => (earlier, true),
            Creation::KeyReused(run_id) => return Err(AppError::IdempotencyKeyReused { key, run_id }),
            Creation::UnknownPipeline(id) => {
                return Err(invalid(
                    "unknown_pipeline",
                    "pipeline_id",
                    format!("There is no saved pipeline {id}."),
                    "List the pipelines to find its id, or leave `pipeline_id` out.",
                )
                .saying(Phrase::new("unknown_source_pipeline").with("id", id.to_string())));
            }
        };
        // Read before the queue is told, so that what is returned is the run as it was accepted.
        let run = self.run(run_id).await?;
        self.wake_queue();
        Ok(StartedRun { run, replayed })
    }

    /// Waits until the run has ended, whichever program carries it out, and returns it. Dropping the future detaches; the
    /// run goes on.
    ///
    /// # Errors
    /// [`AppError::UnknownRun`], [`AppError::Stopping`] when this program stops before the run has ended, or a fault of
    /// the database.
    pub async fn wait(&self, run_id: RunId) -> Result<RunView, AppError> {
        self.wait_until(run_id, false).await
    }

    /// Waits until the run has ended or waits for the user, and returns it as it then is. Dropping the future detaches; the
    /// run goes on.
    ///
    /// # Errors
    /// As [`App::wait`].
    pub async fn wait_for_end_or_user(&self, run_id: RunId) -> Result<RunView, AppError> {
        self.wait_until(run_id, true).await
    }

    async fn wait_until(&self, run_id: RunId, or_paused: bool) -> Result<RunView, AppError> {
        loop {
            // Subscribed before the look, so that no change falls between the two.
            let mut changes = self.changes().subscribe();
            let standing = self.standing(run_id).await?;
            if standing.status.has_ended() {
                self.keeper().forget(run_id);
                return self.run(run_id).await;
            }
            if or_paused && standing.held {
                // One that was interrupted is resumed by whoever waits for it.
                let run = self.run(run_id).await?;
                if run.paused {
                    return Ok(run);
                }
            }
            tokio::select! {
                // The state that sends the changes lives as long as this call.
                _ = changes.changed() => {}
                () = self.keeper().stopped() => {
                    return if self.standing(run_id).await?.status.has_ended() {
                        self.run(run_id).await
                    } else {
                        Err(AppError::Stopping(run_id))
                    };
                }
            }
        }
    }

    /// The run as it is now.
    ///
    /// # Errors
    /// [`AppError::UnknownRun`], or a fault of the database.
    pub async fn run(&self, run_id: RunId) -> Result<RunView, AppError> {
        let record = self.store().load(run_id).await?.ok_or_else(|| AppError::UnknownRun(run_id.to_string()))?;
        let marks = self.store().run_marks(run_id).await?.unwrap_or_default();
        Ok(RunView::from(record).with(marks))
    }

    /// All artifacts of a run, final ones included.
    ///
    /// # Errors
    /// [`AppError::UnknownRun`], or a fault of the database.
    pub async fn artifacts(&self, run_id: RunId) -> Result<Vec<StoredArtifact>, AppError> {
        self.standing(run_id).await?;
        Ok(self.store().artifacts(run_id).await?)
    }

    /// All projects, the oldest first.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn projects(&self) -> Result<Vec<Project>, AppError> {
        Ok(self.store().projects().await?)
    }

    /// Where the run stands.
    ///
    /// # Errors
    /// [`AppError::UnknownRun`], or a fault of the database.
    pub(crate) async fn standing(&self, run_id: RunId) -> Result<Standing, AppError> {
        self.store().standing(run_id).await?.ok_or_else(|| AppError::UnknownRun(run_id.to_string()))
    }

    /// Fixes everything about a run of the pipeline in `body`, as the project, the settings and the models are now.
    pub(crate) async fn plan(&self, project_id: Uuid, body: &Value) -> Result<RunPlan, AppError> {
        let unknown = || AppError::UnknownProject(project_id.to_string());
        let project = self.store().project(project_id).await?.ok_or_else(unknown)?;
        let pipeline = parse_pipeline(body).map_err(AppError::InvalidPipeline)?;
        check_project(&pipeline, project_id)?;
        let attached = attached_files(project.folder, &pipeline).await?;
        let settings = self.settings().await?;
        let mut faults = attached.errors();
        faults.extend(forbidden_commands(&pipeline, &settings.gate_commands));
        if !faults.is_empty() {
            return Err(AppError::InvalidPipeline(faults));
        }
        let seeds = seeds_of(&pipeline);
        let models = self.models_of(&pipeline).await?;
        let mut plan = RunPlan::new(project_id, pipeline, models, seeds);
        plan.files = attached.files;
        plan.project_context = project.global_context;
        plan.step_timeout_s = settings.step_timeout_s;
        Ok(plan)
    }
}

/// Refuses a pipeline that names another project than the one it was sent to.
pub(crate) fn check_project(pipeline: &Pipeline, project_id: Uuid) -> Result<(), AppError> {
    let Some(own) = pipeline.project_id.filter(|own| *own != project_id) else { return Ok(()) };
    Err(AppError::InvalidPipeline(vec![
        Diagnostic::error(
            "project_mismatch",
            "$.project_id",
            format!("The pipeline belongs to project {own}, but it was sent to project {project_id}."),
            "Send it to its own project, or remove `project_id` from it.",
        )
        .saying(Phrase::new("project_mismatch").with("own", own.to_string()).with("other", project_id.to_string())),
    ]))
}

/// The client's key with what its request says: the pipeline, whatever its white space, and the saved one that it is of.
fn fingerprinted(key: String, pipeline: &Pipeline, id: Option<Uuid>) -> Result<IdempotencyKey, AppError> {
    if key.is_empty() || key.len() > MAX_KEY_BYTES || !key.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        return Err(invalid(
            "invalid_idempotency_key",
            "Idempotency-Key",
            format!("An idempotency key has 1 to {MAX_KEY_BYTES} printable ASCII characters."),
            "Send a fresh UUID for each new request.",
        )
        .saying(Phrase::new("invalid_idempotency_key").with("limit", MAX_KEY_BYTES)));
    }
    let mut json = serde_json::to_vec(pipeline).map_err(|error| AppError::Internal(error.to_string()))?;
    json.extend(id.iter().flat_map(Uuid::as_bytes));
    let fingerprint = Sha256::digest(json).iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(IdempotencyKey { key, fingerprint })
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
