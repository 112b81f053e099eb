//! The user's settings.

use std::collections::BTreeMap;
use std::time::Duration;

use brickwork_engine::{Diagnostic, MAX_TIMEOUT_S, Phrase};
use brickwork_worker_client::{Compute, Residency};
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::data::Retention;
use crate::error::AppError;
use crate::inference::Orders;
use crate::memory::{MachineMemory, machine_memory};
use crate::role_options::compute_by_path;

const KEY: &str = "window";
const SERVER_KEY: &str = "server";

/// The colours of the window.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Theme {
    /// As the system says.
    #[default]
    System,
    /// Always light.
    Light,
    /// Always dark.
    Dark,
}

/// The language of the window.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// As the system says.
    #[default]
    System,
    /// English.
    En,
    /// Spanish.
    Es,
}

/// The user's settings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Colours of the window.
    pub theme: Theme,
    /// Language of the window.
    pub language: Language,
    /// Whether runs whose program died go on by themselves at the next start.
    pub resume_interrupted: bool,
    /// Seconds that a model may work on a step that sets no limit of its own; no limit when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 86_400)]
    pub step_timeout_s: Option<u64>,
    /// The most runs that are carried out at once, each of another project.
    #[schema(minimum = 1, maximum = 16)]
    pub max_concurrent_runs: u8,
    /// Threads that models are computed with from the next run on; the worker's own choice when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 256)]
    pub threads: Option<u32>,
    /// Layers of models that are put on GPUs from the next run on; as many as fit when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 10_000)]
    pub gpu_layers: Option<u32>,
    /// What models in memory may take together, in MiB; 70 % of the machine's memory when absent. One alone may take more.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 256, maximum = 16_777_216)]
    pub memory_budget_mib: Option<u64>,
    /// Seconds after its last job at which a model is freed from memory; never when 0.
    #[schema(minimum = 0, maximum = 604_800)]
    pub model_idle_s: u64,
    /// What the files of computed prompts may take in the data folder, in MiB; none are kept at 0. With them a run that goes on after
    /// a restart needs not read again what was read before.
    #[schema(minimum = 0, maximum = 1_048_576)]
    pub prompt_cache_mib: u64,
    /// Whether models are loaded that surely do not fit into memory.
    pub allow_overcommit: bool,
    /// Commands that gates may run on this machine: the program and the first arguments, separated by spaces. A gate's command
    /// is run when it begins with these words.
    pub gate_commands: Vec<String>,
    /// Which ended runs are removed by themselves.
    pub retention: Retention,
    /// Whether the window tells the system when a run has ended or waits for the user.
    pub notifications: bool,
    /// Whether the user has been through the window's first start.
    pub first_start_done: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            theme: Theme::default(),
            language: Language::default(),
            resume_interrupted: false,
            step_timeout_s: None,
            max_concurrent_runs: 2,
            threads: None,
            gpu_layers: None,
            memory_budget_mib: None,
            model_idle_s: 600,
            prompt_cache_mib: 2048,
            allow_overcommit: false,
            gate_commands: Vec::new(),
            retention: Retention::default(),
            notifications: true,
            first_start_done: false,
        }
    }
}

impl Settings {
    /// What models are computed with where their roles have no options.
    pub(crate) fn compute(&self) -> Compute {
        Compute { threads: self.threads, gpu_layers: self.gpu_layers, ..Compute::default() }
    }

    /// What models in memory may take together, in bytes; `None` where neither a setting nor the system tells.
    pub(crate) fn memory_budget_bytes(&self, memory: Option<MachineMemory>) -> Option<u64> {
        let chosen = self.memory_budget_mib.map(|mib| mib.saturating_mul(1 << 20));
        chosen.or_else(|| memory.map(MachineMemory::usual_budget_bytes))
    }
}

/// How the window answers the REST interface.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ServerSettings {
    /// Whether it listens.
    pub enabled: bool,
    /// The port on the loopback interface; 7860 unless chosen otherwise.
    #[schema(minimum = 1)]
    pub port: u16,
    /// Absolute path of the file that holds the token which every request must carry; without one, none is asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_file: Option<String>,
}

impl Default for ServerSettings {
    fn default() -> Self {
        Self { enabled: false, port: 7860, token_file: None }
    }
}

impl App {
    /// The settings, or their defaults.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn settings(&self) -> Result<Settings, AppError> {
        Ok(self.store().setting(KEY).await?.unwrap_or_default())
    }

    /// Keeps the settings, which hold from then on.
    ///
    /// # Errors
    /// [`AppError::InvalidRequest`] with every value out of its range, or when the database cannot be written.
    pub async fn set_settings(&self, settings: Settings) -> Result<Settings, AppError> {
        let faults = faults(&settings);
        if !faults.is_empty() {
            return Err(AppError::InvalidRequest(faults));
        }
        self.store().set_setting(KEY, &settings).await?;
        self.wake_queue();
        Ok(settings)
    }

    /// Lets generations that begin from now on be computed as the settings say.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub(crate) async fn adopt_compute(&self) -> Result<(), AppError> {
        self.inner().models.peers.adopt(&self.bindings().await?);
        let settings = self.settings().await?;
        let compute = settings.compute();
        let options = self.role_options().await?;
        let compute_of = if options.is_empty() {
            BTreeMap::new()
        } else {
            compute_by_path(&options, &self.bindings().await?, &self.scan_models(), &compute)
        };
        let budget_bytes = settings.memory_budget_bytes(machine_memory(self.config()));
        let idle = (settings.model_idle_s > 0).then(|| Duration::from_secs(settings.model_idle_s));
        let prompt_cache_bytes = Some(settings.prompt_cache_mib.saturating_mul(1 << 20));
        let residency = Residency { budget_bytes, idle, prompt_cache_bytes };
        let allow_overcommit = settings.allow_overcommit;
        self.inner().models.set_orders(Orders { compute, compute_of, residency, allow_overcommit });
        Ok(())
    }

    /// How the window answers the REST interface.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn server_settings(&self) -> Result<ServerSettings, AppError> {
        Ok(self.store().setting(SERVER_KEY).await?.unwrap_or_default())
    }

    /// Keeps how the window answers the REST interface.
    ///
    /// # Errors
    /// [`AppError::InvalidRequest`] for port 0, or when the database cannot be written.
    pub async fn set_server_settings(&self, settings: ServerSettings) -> Result<ServerSettings, AppError> {
        if settings.port == 0 {
            return Err(AppError::InvalidRequest(vec![out_of_range("$.port", 1, u64::from(u16::MAX))]));
        }
        self.store().set_setting(SERVER_KEY, &settings).await?;
        Ok(settings)
    }
}

fn faults(settings: &Settings) -> Vec<Diagnostic> {
    let check = |path: &str, value: Option<u64>, least: u64, most: u64| {
        value.filter(|value| !(least..=most).contains(value)).map(|_| out_of_range(path, least, most))
    };
    let Settings { step_timeout_s, max_concurrent_runs, threads, gpu_layers, retention, .. } = settings;
    let Settings { memory_budget_mib, model_idle_s, prompt_cache_mib, .. } = settings;
    [
        check("$.step_timeout_s", *step_timeout_s, 1, MAX_TIMEOUT_S),
        check("$.max_concurrent_runs", Some(u64::from(*max_concurrent_runs)), 1, 16),
        check("$.threads", threads.map(u64::from), 1, 256),
        check("$.gpu_layers", gpu_layers.map(u64::from), 0, 10_000),
        check("$.memory_budget_mib", *memory_budget_mib, 256, 1 << 24),
        check("$.model_idle_s", Some(*model_idle_s), 0, 604_800),
        check("$.prompt_cache_mib", Some(*prompt_cache_mib), 0, 1 << 20),
        check("$.retention.max_age_days", retention.max_age_days.map(u64::from), 1, 36_500),
        check("$.retention.max_size_mib", retention.max_size_mib, 1, 1 << 20),
    ]
    .into_iter()
    .flatten()
    .collect()
}

pub(crate) fn out_of_range(path: &str, least: u64, most: u64) -> Diagnostic {
    Diagnostic::error(
        "out_of_range",
        path,
        format!("This must be a whole number from {least} to {most}."),
        "Give a number in that range.",
    )
    .saying(Phrase::new("number_out_of_range").with("least", least).with("most", most))
}
