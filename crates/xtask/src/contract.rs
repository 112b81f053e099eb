//! The suite `API contract`: a client that invents requests tries a running server against its own OpenAPI document.
//!
//! What it tries, and what it leaves out and why, stands in `crates/api/schemathesis.toml`.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use crate::python::Environment;
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
    let program = |environment: &Environment| environment.program("schemathesis");
    let is_there = |environment: &Environment| Environment::says(&program(environment), &["--version"], VERSION);
    Ok(program(&Environment::with(workspace, &[("schemathesis", VERSION)], is_there)?))
}
