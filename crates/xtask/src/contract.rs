//! The suite `API contract`: a client that invents requests tries a running server against its own OpenAPI document.
//!
//! What it tries, and what it leaves out and why, stands in `crates/api/schemathesis.toml`.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use crate::process;
use crate::served::Server;
use crate::workspace::Workspace;

/// The client's version, which decides what is tried.
const VERSION: &str = "4.32.5";

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
