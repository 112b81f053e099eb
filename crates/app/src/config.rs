//! Where things lie. Environment variables are read here, but for the log's filter and the server's token.

use std::path::{Path, PathBuf};
use std::time::Duration;

use directories::ProjectDirs;

use crate::error::AppError;

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
    /// The worker program; searched for beside the running program when absent.
    pub worker_program: Option<PathBuf>,
    /// How long a worker may say nothing in the middle of a job before it counts as hung.
    pub silence_limit: Duration,
    /// How long the worker that counts the prompts of previews is kept after its last count.
    pub counter_idle_limit: Duration,
    /// What it does with the queue.
    pub queue: QueueRole,
    /// How long the scripted placeholder takes for each of its words; nothing by default. For trying out how a slow model
    /// feels, and for tests.
    pub scripted_pace: Duration,
}

impl AppConfig {
    /// The places that the environment names: `BRICKWORK_DATA_DIR`, `BRICKWORK_MODELS_DIR`, or this system's app-data folder.
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
        config.worker_program = env_path("BRICKWORK_WORKER");
        let pace_ms = std::env::var("BRICKWORK_SCRIPTED_PACE_MS").ok().and_then(|text| text.parse().ok());
        config.scripted_pace = Duration::from_millis(pace_ms.unwrap_or(0));
        Ok(config)
    }

    /// Everything below `data_dir`.
    #[must_use]
    pub fn new(data_dir: impl AsRef<Path>) -> Self {
        let data_dir = std::path::absolute(data_dir.as_ref()).unwrap_or_else(|_| data_dir.as_ref().to_path_buf());
        Self {
            models_dir: data_dir.join("models"),
            data_dir,
            worker_program: None,
            silence_limit: Duration::from_mins(3),
            counter_idle_limit: Duration::from_mins(1),
            queue: QueueRole::Work,
            scripted_pace: Duration::ZERO,
        }
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

fn env_path(name: &str) -> Option<PathBuf> {
    std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from)
}
