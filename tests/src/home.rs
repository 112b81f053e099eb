//! A data folder of one's own, and `brickwork` run in it.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use crate::places;
use crate::program::{Ended, Watched};

/// A temporary folder that holds the data folder and whatever else a test writes; removed with this value.
#[derive(Debug)]
pub struct Home {
    dir: TempDir,
    models_dir: PathBuf,
    pace_ms: u32,
    log_filter: Option<&'static str>,
    variables: Vec<(&'static str, String)>,
}

impl Home {
    /// An empty data folder and the shared models. A machine that never ran Brickwork looks like this.
    ///
    /// # Panics
    /// When the default model is missing or no temporary folder can be made.
    #[must_use]
    pub fn new() -> Self {
        drop(places::model(places::DEFAULT_MODEL));
        Self::with_models(places::models_dir())
    }

    /// An empty data folder, and models elsewhere.
    ///
    /// # Panics
    /// When no temporary folder can be made.
    #[must_use]
    pub fn with_models(models_dir: impl Into<PathBuf>) -> Self {
        let dir = tempfile::Builder::new().prefix("brickwork-e2e-").tempdir().expect("a temporary folder can be made");
        Self { dir, models_dir: models_dir.into(), pace_ms: 0, log_filter: None, variables: Vec::new() }
    }

    /// An empty data folder in which the scripted placeholder serves all four roles, so that runs take no time.
    ///
    /// # Panics
    /// When a role cannot be bound.
    #[must_use]
    pub fn scripted() -> Self {
        let home = Self::new();
        for role in ["CodeLlama", "CodeGemma", "T5Gemma", "Assembler"] {
            home.run(&["models", "bind", role, "scripted"]).expect_code(0);
        }
        home
    }

    /// The same home, in which the scripted placeholder takes about `pace_ms` milliseconds for each word.
    #[must_use]
    pub fn paced(mut self, pace_ms: u32) -> Self {
        self.pace_ms = pace_ms;
        self
    }

    /// The same home, whose programs have this variable in their environment.
    #[must_use]
    pub fn with_variable(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.variables.push((name, value.into()));
        self
    }

    /// The same home, whose programs log what `filter` lets through.
    #[must_use]
    pub fn logging(mut self, filter: &'static str) -> Self {
        self.log_filter = Some(filter);
        self
    }

    /// The path of `name` in the temporary folder, as text for an argument.
    ///
    /// # Panics
    /// When the system's temporary folder has a name that is not Unicode.
    #[must_use]
    pub fn path(&self, name: &str) -> String {
        self.dir.path().join(name).to_str().expect("temporary folders have Unicode names").to_owned()
    }

    /// The data folder.
    #[must_use]
    pub fn data_dir(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    /// Writes a file into the temporary folder and returns its path.
    ///
    /// # Panics
    /// When it cannot be written.
    #[must_use]
    pub fn write(&self, name: &str, text: impl AsRef<[u8]>) -> String {
        let path = self.path(name);
        std::fs::write(&path, text).unwrap_or_else(|error| panic!("{path} cannot be written: {error}"));
        path
    }

    /// Writes a pipeline file and returns its path.
    #[must_use]
    pub fn write_pipeline(&self, name: &str, pipeline: &Value) -> String {
        self.write(name, pipeline.to_string())
    }

    /// The text of a file in the temporary folder.
    ///
    /// # Panics
    /// When it cannot be read.
    #[must_use]
    pub fn read(&self, name: &str) -> String {
        let path = self.path(name);
        std::fs::read_to_string(Path::new(&path)).unwrap_or_else(|error| panic!("{path} cannot be read: {error}"))
    }

    /// Runs `brickwork ARGS` to its end with nothing on its standard input.
    #[must_use]
    pub fn run(&self, args: &[&str]) -> Ended {
        self.watch(args).wait()
    }

    /// Runs `brickwork ARGS` to its end with `input` on its standard input.
    #[must_use]
    pub fn run_with_input(&self, args: &[&str], input: &str) -> Ended {
        Watched::start(self.command(args), input).wait()
    }

    /// Starts `brickwork ARGS` and leaves it running.
    #[must_use]
    pub fn watch(&self, args: &[&str]) -> Watched {
        Watched::start(self.command(args), "")
    }

    /// The newest run as `runs show` gives it.
    #[must_use]
    pub fn latest_run(&self) -> Value {
        self.run(&["runs", "show", "latest", "--json"]).expect_code(0).json()
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(places::program("brickwork"));
        // The worker lies beside the program; naming it here only gives a clear message when it was not built.
        drop(places::program("brickwork-worker"));
        command
            .args(args)
            .current_dir(self.dir.path())
            .env("BRICKWORK_DATA_DIR", self.data_dir())
            .env("BRICKWORK_MODELS_DIR", &self.models_dir)
            .env("BRICKWORK_SCRIPTED_PACE_MS", self.pace_ms.to_string())
            // What a test keeps secret does not go into the keyring of whoever runs it.
            .env("BRICKWORK_SECRETS", "memory")
            .env_remove("BRICKWORK_WORKER")
            .env_remove("BRICKWORK_TOKEN")
            .env_remove("BRICKWORK_LOG")
            .env_remove("HF_ENDPOINT")
            .env_remove("HF_TOKEN")
            .envs(self.variables.iter().map(|(name, value)| (name, value)));
        if let Some(filter) = self.log_filter {
            command.env("BRICKWORK_LOG", filter);
        }
        command
    }
}

impl Default for Home {
    fn default() -> Self {
        Self::new()
    }
}
