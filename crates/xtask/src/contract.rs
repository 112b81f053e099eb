//! The suite `API contract`: a client that invents requests tries a running server against its own OpenAPI document.
//!
//! What it tries, and what it leaves out and why, stands in `crates/api/schemathesis.toml`.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use tempfile::TempDir;

use crate::process;
use crate::workspace::Workspace;

/// The client's version, which decides what is tried.
const VERSION: &str = "4.32.5";

/// The roles, all of which the scripted placeholder plays here.
const ROLES: [&str; 4] = ["CodeLlama", "CodeGemma", "T5Gemma", "Assembler"];

/// How long a server may take until it listens.
const START_LIMIT: Duration = Duration::from_secs(60);

/// A server on a data folder of its own. It ends with this value.
pub(crate) struct Server {
    child: Child,
    url: String,
    /// Removed after the server has ended.
    _data: TempDir,
}

/// The line that `brickwork serve --json` prints when it listens.
#[derive(Deserialize)]
struct Listening {
    url: String,
}

impl Server {
    /// Starts one and waits until it listens.
    ///
    /// # Errors
    /// When a role cannot be bound, or the server does not say in time where it listens.
    pub(crate) fn start(workspace: &Workspace) -> Result<Self> {
        let data = tempfile::tempdir().context("a temporary folder could not be made")?;
        let brickwork = || {
            let mut command = workspace.command(workspace.binary("debug", "brickwork"));
            command.env("BRICKWORK_DATA_DIR", data.path()).env("BRICKWORK_MODELS_DIR", data.path().join("models"));
            command.env_remove("BRICKWORK_TOKEN");
            command
        };
        for role in ROLES {
            process::run(brickwork().args(["models", "bind", role, "scripted"]))?;
        }
        let mut command = brickwork();
        command.args(["serve", "--port", "0", "--json"]).stdin(Stdio::null()).stdout(Stdio::piped());
        process::announce(&command);
        let mut child = command.spawn().context("the server could not be started")?;
        let lines = child.stdout.take().map(BufReader::new).context("the server has no output")?;
        // From here on the server is ended whatever happens.
        let mut server = Self { child, url: String::new(), _data: data };
        let line = first_line(lines)?;
        let listening: Listening =
            serde_json::from_str(&line).with_context(|| format!("`brickwork serve --json` printed: {line}"))?;
        server.url = listening.url.trim_end_matches('/').to_owned();
        Ok(server)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself, which the suite has noticed then.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The first line of a program's output; the rest is read and dropped, so that the program never waits for a reader.
fn first_line(mut output: impl BufRead + Send + 'static) -> Result<String> {
    let (send, receive) = mpsc::channel();
    std::thread::spawn(move || {
        let mut line = String::new();
        let read = output.read_line(&mut line).map(|_| line);
        let _ = send.send(read);
        let _ = std::io::copy(&mut output, &mut std::io::sink());
    });
    let line = receive.recv_timeout(START_LIMIT).context("the server did not say in time where it listens")??;
    if line.trim().is_empty() {
        bail!("the server ended before it listened");
    }
    Ok(line)
}

/// The command that tries `server`.
///
/// # Errors
/// When the client cannot be installed.
pub(crate) fn command(workspace: &Workspace, server: &Server) -> Result<Command> {
    let mut command = workspace.command(installed(workspace)?);
    command.args(["--config-file", "crates/api/schemathesis.toml", "run", "--no-color"]);
    command.arg(format!("{}/openapi.json", server.url));
    // Python would otherwise hold back what it prints until its end.
    command.env("PYTHONUNBUFFERED", "1").env("PYTHONUTF8", "1");
    Ok(command)
}

/// The client's program, in a Python environment in the build folder that is made when it is missing.
fn installed(workspace: &Workspace) -> Result<PathBuf> {
    let folder = workspace.target.join(format!("schemathesis-{VERSION}"));
    let programs = folder.join(if cfg!(windows) { "Scripts" } else { "bin" });
    let program = programs.join(format!("schemathesis{}", std::env::consts::EXE_SUFFIX));
    let is_installed =
        || process::capture(Command::new(&program).arg("--version")).is_ok_and(|said| said.contains(VERSION));
    if is_installed() {
        return Ok(program);
    }
    let python = if cfg!(windows) { "python" } else { "python3" };
    process::run(workspace.command(python).args(["-m", "venv", "--clear"]).arg(&folder))
        .context("Python's module `venv` is needed (Debian: python3-venv)")?;
    let mut pip = workspace.command(programs.join(format!("python{}", std::env::consts::EXE_SUFFIX)));
    process::run(
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"])
            .arg(format!("schemathesis=={VERSION}")),
    )?;
    Ok(program)
}
