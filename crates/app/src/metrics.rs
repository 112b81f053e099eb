//! Numbers for a monitoring system, in the OpenMetrics text format (<https://prometheus.io/docs/specs/om/open_metrics_spec/>).
//!
//! Counters count what was carried out by this program since it started. Labels are words of fixed lists, so their number
//! is bounded; no name that a user gave is among them.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use brickwork_engine::{Pipeline, Role, RunChange, RunEvent, RunEventKind, RunId, Timings};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;

use crate::app::App;
use crate::error::AppError;

/// The media type of [`Metrics::render`]'s text.
pub const METRICS_CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Runs whose roles are remembered. A run that goes on elsewhere never ends here, so the oldest must go at some time.
const MAX_REMEMBERED: usize = 10_000;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RunLabels {
    status: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct StepLabels {
    model_type: &'static str,
    status: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RoleLabels {
    model_type: &'static str,
}

/// What is so at the moment of asking.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Gauges {
    /// Runs that compute.
    pub running: usize,
    /// Runs that wait for their turn.
    pub waiting: usize,
    /// Runs that are paused or interrupted.
    pub held: usize,
    /// Whether the worker loads a model or generates.
    pub worker_busy: bool,
    /// Size of the database file.
    pub database_bytes: u64,
}

/// The counters of one program. Clones of a metric share its value, so the registry reads what is counted here.
pub struct Metrics {
    registry: Registry,
    runs: Family<RunLabels, Counter>,
    steps: Family<StepLabels, Counter>,
    step_seconds: Family<RoleLabels, Histogram>,
    prompt_tokens: Counter,
    cached_tokens: Counter,
    generated_tokens: Counter,
    /// The roles of each run under way, by list position, the Assembler's last.
    roles: Mutex<HashMap<RunId, Vec<Role>>>,
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    /// All counters at 0.
    #[must_use]
    pub fn new() -> Self {
        let mut registry = Registry::with_prefix("brickwork");
        let runs = Family::<RunLabels, Counter>::default();
        registry.register("runs", "Runs that ended, by status", runs.clone());
        let steps = Family::<StepLabels, Counter>::default();
        registry.register("steps", "Steps that ended, by role and status", steps.clone());
        // From a tenth of a second to an hour and a half.
        let step_seconds =
            Family::<RoleLabels, Histogram>::new_with_constructor(|| Histogram::new(exponential_buckets(0.1, 2.0, 16)));
        registry.register("step_duration_seconds", "Seconds that a step took, by role", step_seconds.clone());
        let counter = |registry: &mut Registry, name: &str, help: &str| {
            let counter = Counter::default();
            registry.register(name, help, counter.clone());
            counter
        };
        let prompt_tokens = counter(&mut registry, "prompt_tokens", "Tokens of prompts, cached ones included");
        let cached_tokens = counter(&mut registry, "cached_tokens", "Tokens of prompts taken from the cache");
        let generated_tokens = counter(&mut registry, "generated_tokens", "Tokens generated");
        let version = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
        registry.register("build", "The program", version);
        Self {
            registry,
            runs,
            steps,
            step_seconds,
            prompt_tokens,
            cached_tokens,
            generated_tokens,
            roles: Mutex::default(),
        }
    }

    /// Learns the roles of a run that this program is about to carry out: an event names a step by its position only.
    pub fn begin(&self, run_id: RunId, pipeline: &Pipeline) {
        let of_steps = pipeline.steps.iter().map(|step| step.model_type);
        let roles = of_steps.chain([Role::Assembler]).collect();
        let mut known = self.roles.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MAX_REMEMBERED
            && let Some(oldest) = known.keys().min().copied()
        {
            known.remove(&oldest);
        }
        known.insert(run_id, roles);
    }

    /// Counts an event of a run that this program carries out.
    pub fn observe(&self, event: &RunEvent) {
        let RunEventKind::Change { change } = &event.kind else { return };
        match change {
            RunChange::Created { plan } => self.begin(event.run_id, &plan.pipeline),
            RunChange::StepFinished { position, outcome, execution_time, timings, .. } => {
                let model_type = self.role(event.run_id, *position).map_or("unknown", Role::name);
                let status = outcome.status().as_str();
                self.steps.get_or_create(&StepLabels { model_type, status }).inc();
                self.step_seconds.get_or_create(&RoleLabels { model_type }).observe(*execution_time);
                if let Some(timings) = timings {
                    self.count_tokens(timings);
                }
            }
            RunChange::Finished { status, .. } => {
                self.runs.get_or_create(&RunLabels { status: status.as_str() }).inc();
                self.roles.lock().unwrap_or_else(PoisonError::into_inner).remove(&event.run_id);
            }
            _ => {}
        }
    }

    /// All numbers as text.
    #[must_use]
    pub fn render(&self, gauges: Gauges) -> String {
        // The gauges are read by whoever asks, so they stand in a registry of this one answer.
        let mut now = Registry::with_prefix("brickwork");
        let mut gauge = |name: &str, help: &str, value: u64| {
            now.register(name, help, ConstGauge::new(i64::try_from(value).unwrap_or(i64::MAX)));
        };
        gauge("runs_running", "Runs that compute", gauges.running as u64);
        gauge("runs_waiting", "Runs that wait for their turn", gauges.waiting as u64);
        gauge("runs_held", "Runs that are paused or interrupted", gauges.held as u64);
        gauge("worker_busy", "Whether the worker loads a model or generates", gauges.worker_busy.into());
        gauge("database_size_bytes", "Size of the database file", gauges.database_bytes);
        let mut text = String::new();
        let written = encode(&mut text, &self.registry);
        // Two registries make one text: the first one's end mark goes.
        text.truncate(text.strip_suffix(END).map_or(text.len(), str::len));
        if written.and_then(|()| encode(&mut text, &now)).is_err() {
            tracing::error!("the metrics could not be written");
        }
        text
    }

    fn role(&self, run_id: RunId, position: usize) -> Option<Role> {
        let known = self.roles.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(&run_id)?.get(position).copied()
    }

    fn count_tokens(&self, timings: &Timings) {
        self.prompt_tokens.inc_by(timings.prompt_tokens.into());
        self.cached_tokens.inc_by(timings.cached_tokens.into());
        self.generated_tokens.inc_by(timings.generated_tokens.into());
    }
}

/// The last line of every text in this format.
const END: &str = "# EOF\n";

impl App {
    /// The counters of this program and the state of the queue, in the form of [`METRICS_CONTENT_TYPE`].
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn metrics_text(&self) -> Result<String, AppError> {
        let (health, size) = (self.health().await?, self.store().size().await?);
        Ok(self.metrics().render(Gauges {
            running: health.queue.running,
            waiting: health.queue.waiting,
            held: health.queue.held,
            worker_busy: health.worker.state != "idle",
            database_bytes: size.file_bytes,
        }))
    }
}

#[cfg(test)]
mod tests {
    use brickwork_engine::compliance::journal::{at, happy_changes, plan};
    use uuid::Uuid;

    use super::*;

    fn tell(metrics: &Metrics, number: u128, changes: Vec<RunChange>) {
        for (index, change) in changes.into_iter().enumerate() {
            let kind = RunEventKind::Change { change };
            metrics.observe(&RunEvent { run_id: Uuid::from_u128(number), seq: None, at: at(index), kind });
        }
    }

    #[test]
    fn counts_by_role_and_status() {
        let metrics = Metrics::new();
        tell(&metrics, 1, happy_changes(&plan(2)));
        // A run that an earlier program created and this one goes on with.
        metrics.begin(Uuid::from_u128(2), &plan(1).pipeline);
        tell(&metrics, 2, happy_changes(&plan(1)).into_iter().skip(1).collect());
        let gauges = Gauges { running: 1, waiting: 2, held: 3, worker_busy: true, database_bytes: 4096 };
        let text = metrics.render(gauges);
        for line in [
            "# TYPE brickwork_runs counter",
            "brickwork_runs_total{status=\"SUCCESS\"} 2",
            "brickwork_steps_total{model_type=\"CodeLlama\",status=\"SUCCESS\"} 2",
            "brickwork_steps_total{model_type=\"CodeGemma\",status=\"SUCCESS\"} 1",
            "brickwork_steps_total{model_type=\"Assembler\",status=\"SUCCESS\"} 2",
            "# TYPE brickwork_step_duration_seconds histogram",
            "brickwork_step_duration_seconds_count{model_type=\"CodeLlama\"} 2",
            "brickwork_prompt_tokens_total 1605",
            "brickwork_cached_tokens_total 1500",
            "brickwork_generated_tokens_total 210",
            "brickwork_runs_running 1",
            "brickwork_runs_waiting 2",
            "brickwork_runs_held 3",
            "brickwork_worker_busy 1",
            "brickwork_database_size_bytes 4096",
            concat!("brickwork_build_info{version=\"", env!("CARGO_PKG_VERSION"), "\"} 1"),
        ] {
            assert!(text.lines().any(|found| found == line), "{line} is missing in:\n{text}");
        }
        assert_eq!((text.matches(END).count(), text.ends_with(END)), (1, true));
        assert!(!text.contains("unknown"), "every step's role is known:\n{text}");
    }
}
