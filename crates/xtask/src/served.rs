//! A `brickwork serve` on any free port: with the scripted placeholder in all roles on a data folder of its own, or with a
//! model on a given one.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use tempfile::TempDir;

use crate::process;
use crate::workspace::Workspace;

/// The roles, all of which one model plays here.
const ROLES: [&str; 4] = ["CodeLlama", "CodeGemma", "T5Gemma", "Assembler"];

/// An address of this machine at which no hub listens.
const NO_HUB: &str = "http://127.0.0.1:9";

/// How long a server may take until it listens.
const START_LIMIT: Duration = Duration::from_secs(60);

/// How long a server may take to end when it is asked to.
const STOP_LIMIT: Duration = Duration::from_secs(20);

/// A server on a data folder. It ends with this value.
pub(crate) struct Server {
    child: Child,
    /// Where it listens, without a slash at the end.
    pub(crate) url: String,
    /// When its process was started.
    pub(crate) started: Instant,
    /// A data folder of its own, removed after the server has ended.
    _data: Option<TempDir>,
}

/// The line that `brickwork serve --json` prints when it listens.
#[derive(Deserialize)]
struct Listening {
    url: String,
}

impl Server {
    /// Starts the program of a profile (`debug` or `release`) on a data folder of its own and waits until it listens. Its
    /// models folder is empty, unless one of `variables` names another.
    ///
    /// # Errors
    /// When a role cannot be bound, or the server does not say in time where it listens.
    pub(crate) fn start(workspace: &Workspace, profile_folder: &str, variables: &[(&str, &OsStr)]) -> Result<Self> {
        let data = tempfile::tempdir().context("a temporary folder could not be made")?;
        bind(workspace, profile_folder, data.path(), "scripted", variables)?;
        let mut server = Self::on(workspace, profile_folder, data.path(), variables)?;
        server._data = Some(data);
        Ok(server)
    }

    /// Starts it on the data folder `data`, whose roles are bound.
    ///
    /// # Errors
    /// When the server does not say in time where it listens.
    pub(crate) fn on(
        workspace: &Workspace,
        profile_folder: &str,
        data: &Path,
        variables: &[(&str, &OsStr)],
    ) -> Result<Self> {
        let mut command = brickwork(workspace, profile_folder, data, variables);
        command.args(["serve", "--port", "0", "--json"]).stdin(Stdio::null()).stdout(Stdio::piped());
        process::announce(&command);
        let started = Instant::now();
        let mut child = command.spawn().context("the server could not be started")?;
        let lines = child.stdout.take().map(BufReader::new).context("the server has no output")?;
        // From here on the server is ended whatever happens.
        let mut server = Self { child, url: String::new(), started, _data: None };
        let line = first_line(lines)?;
        let listening: Listening =
            serde_json::from_str(&line).with_context(|| format!("`brickwork serve --json` printed: {line}"))?;
        server.url = listening.url.trim_end_matches('/').to_owned();
        Ok(server)
    }

    /// Host and port.
    pub(crate) fn authority(&self) -> &str {
        self.url.trim_start_matches("http://")
    }

    /// Asks it to end and waits until it has, so that it keeps what it keeps at its end. Where a process cannot be asked, it
    /// is ended.
    pub(crate) fn stop(mut self) {
        if cfg!(unix) && process::succeeds(Command::new("kill").arg(self.child.id().to_string())) {
            let asked = Instant::now();
            while asked.elapsed() < STOP_LIMIT && matches!(self.child.try_wait(), Ok(None)) {
                std::thread::sleep(Duration::from_millis(20));
            }
        }
    }
}

/// Lets the model with this id serve all roles in the data folder `data`.
///
/// # Errors
/// When a role cannot be bound.
pub(crate) fn bind(
    workspace: &Workspace,
    profile_folder: &str,
    data: &Path,
    model: &str,
    variables: &[(&str, &OsStr)],
) -> Result<()> {
    ROLES.iter().try_for_each(|role| {
        let mut command = brickwork(workspace, profile_folder, data, variables);
        process::capture(command.args(["models", "bind", role, model])).map(|_| ())
    })
}

/// The program on a data folder.
fn brickwork(workspace: &Workspace, profile_folder: &str, data: &Path, variables: &[(&str, &OsStr)]) -> Command {
    let mut command = workspace.command(workspace.binary(profile_folder, "brickwork"));
    command.env("BRICKWORK_DATA_DIR", data).env("BRICKWORK_MODELS_DIR", data.join("models"));
    // Nothing beyond this machine is asked, and nothing is put into the keyring of the person who runs this.
    command.env("HF_ENDPOINT", NO_HUB).env("BRICKWORK_SECRETS", "memory").env_remove("HF_TOKEN");
    command.env_remove("BRICKWORK_TOKEN").envs(variables.iter().copied());
    command
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself, which whoever used it has noticed then.
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
