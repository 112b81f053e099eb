//! llama.cpp's own server, against which models on servers are tested. `crates/remote/tests/peer.py` starts it.

use anyhow::Result;

use crate::python::Environment;
use crate::workspace::Workspace;

/// The package that carries the server, prebuilt. The tests look for it under both names.
const PACKAGE: &str = "xllamacpp";
const VERSION: &str = "2026.10.11549";

/// Installs it below the build folder, unless it is there.
///
/// # Errors
/// When Python's module `venv` is missing, or the package cannot be had.
pub(crate) fn install(workspace: &Workspace) -> Result<()> {
    let ask = format!("import importlib.metadata as m, {PACKAGE}; print(m.version('{PACKAGE}'))");
    let is_there =
        |environment: &Environment| Environment::says(&environment.program("python"), &["-c", &ask], VERSION);
    Environment::with(workspace, &[(PACKAGE, VERSION)], is_there).map(|_| ())
}
