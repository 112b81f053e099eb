//! Where things lie. Environment variables are read here, but for the log's filter and the server's token.

use std::path::{Path, PathBuf};
use std::time::Duration;

use brickwork_models::found::Surroundings;
use brickwork_worker_client::{WorkerConfig, find_worker_program};
use directories::ProjectDirs;

use crate::error::AppError;
use crate::secrets::{Secret, SecretsKind};

pub use brickwork_store::DEFAULT_PROJECT_ID;

/// What a program does with the queue of its data folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QueueRole {
    /// It carries runs out whenever no other program does.
    Work,
    /// It looks and submits; others carry out.
    Look,
}

/// Places and limits of one running program.
#[derive(Debug, Clone)]
pub struct AppConfig {
    /// Holds the database, logs and, by default, the models.
    pub data_dir: PathBuf,
    /// Holds the model files.
    pub models_dir: PathBuf,
    /// Holds modules of llama.cpp that were added to those that ship with the worker, e.g. for a GPU; it may be missing.
    /// Given by `BRICKWORK_BACKENDS_DIR`.
    pub backends_dir: PathBuf,
    /// The worker program; searched for beside the running program when absent.
    pub worker_program: Option<PathBuf>,
    /// How long a worker may say nothing in the middle of a job before it counts as hung.
    pub silence_limit: Duration,
    /// How long the worker that counts the prompts of previews is kept after its last count.
    pub counter_idle_limit: Duration,
    /// What of the machine's memory models may count on, in bytes; all of it when absent. Given by
    /// `BRICKWORK_MEMORY_LIMIT_MIB`.
    pub memory_limit_bytes: Option<u64>,
    /// What it does with the queue.
    pub queue: QueueRole,
    /// How long the scripted placeholder takes for each of its words; nothing by default. For trying out how a slow model
    /// feels, and for tests.
    pub scripted_pace: Duration,
    /// Where keys and tokens are to be kept. A program that a user starts takes the keyring; what is given its own data
    /// folder, as tests are, touches none.
    pub secrets: SecretsKind,
    /// Address of the hub of models; the settings say when absent.
    pub hub_endpoint: Option<String>,
    /// The token for that hub; the program's secrets hold one when absent.
    pub hub_token: Option<Secret>,
    /// How long a hub may say nothing before a connection counts as dead.
    pub stall_limit: Duration,
    /// Where to look for the models of other programs; nowhere unless the environment was read.
    pub surroundings: Surroundings,
}

impl AppConfig {
    /// The places that the environment names: `BRICKWORK_DATA_DIR`, `BRICKWORK_MODELS_DIR`, or this system's app-data folder.
    /// The hub is that of `HF_ENDPOINT`, with the token `HF_TOKEN`, where these are set. `BRICKWORK_SECRETS=memory` leaves the system's keyring alone.
    ///
    /// # Errors
    /// [`AppError::NoHome`] when the system knows no home folder and no variable names one.
    pub fn from_environment() -> Result<Self, AppError> {
        let data_dir = match env_path("BRICKWORK_DATA_DIR") {
            Some(dir) => dir,
            None => {
                ProjectDirs::from("dev", "brickwork", "brickwork").ok_or(AppError::NoHome)?.data_dir().to_path_buf()
            }
        };
        let mut config = Self::new(data_dir);
        if let Some(dir) = env_path("BRICKWORK_MODELS_DIR") {
            config.models_dir = dir;
        }
        if let Some(dir) = env_path("BRICKWORK_BACKENDS_DIR") {
            config.backends_dir = dir;
        }
        config.worker_program = env_path("BRICKWORK_WORKER");
        let limit_mib = std::env::var("BRICKWORK_MEMORY_LIMIT_MIB").ok().and_then(|text| text.parse::<u64>().ok());
        config.memory_limit_bytes = limit_mib.map(|mib| mib.saturating_mul(1 << 20));
        let pace_ms = std::env::var("BRICKWORK_SCRIPTED_PACE_MS").ok().and_then(|text| text.parse().ok());
        config.scripted_pace = Duration::from_millis(pace_ms.unwrap_or(0));
        let only_memory = std::env::var_os("BRICKWORK_SECRETS").is_some_and(|value| value == "memory");
        config.secrets = if only_memory { SecretsKind::Memory } else { SecretsKind::Keyring };
        config.hub_endpoint = env_text("HF_ENDPOINT");
        config.hub_token = env_text("HF_TOKEN").map(Secret::new);
        config.surroundings =
            Surroundings::of_process(directories::BaseDirs::new().map(|dirs| dirs.home_dir().to_owned()));
        Ok(config)
    }

    /// Everything below `data_dir`.
    #[must_use]
    pub fn new(data_dir: impl AsRef<Path>) -> Self {
        let data_dir = std::path::absolute(data_dir.as_ref()).unwrap_or_else(|_| data_dir.as_ref().to_path_buf());
        Self {
            models_dir: data_dir.join("models"),
            backends_dir: data_dir.join("backends"),
            data_dir,
            worker_program: None,
            silence_limit: Duration::from_mins(3),
            counter_idle_limit: Duration::from_mins(1),
            memory_limit_bytes: None,
            queue: QueueRole::Work,
            scripted_pace: Duration::ZERO,
            secrets: SecretsKind::Memory,
            hub_endpoint: None,
            hub_token: None,
            stall_limit: Duration::from_secs(30),
            surroundings: Surroundings::nowhere(),
        }
    }

    /// The worker's program, wherever it is; `None` when there is none.
    pub(crate) fn find_worker(&self) -> Option<PathBuf> {
        self.worker_program.clone().or_else(|| find_worker_program().ok())
    }

    /// The worker, with what belongs to this program's places. One that was not found is told when it is started.
    pub(crate) fn worker(&self) -> WorkerConfig {
        let mut worker = WorkerConfig::new(self.find_worker().unwrap_or_else(|| PathBuf::from("brickwork-worker")));
        worker.environment = vec![("BRICKWORK_BACKENDS_DIR".to_owned(), self.backends_dir.display().to_string())];
        worker
    }

    /// The database file.
    #[must_use]
    pub fn database(&self) -> PathBuf {
        self.data_dir.join("brickwork.db")
    }

    /// The folder of log files.
    #[must_use]
    pub fn logs(&self) -> PathBuf {
        self.data_dir.join("logs")
    }
}

fn env_text(name: &str) -> Option<String> {
    std::env::var(name).ok().map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
}

fn env_path(name: &str) -> Option<PathBuf> {
    std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from)
}
