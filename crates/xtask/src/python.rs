//! Programs that come as Python packages, each in an environment of its own below the build folder.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::process;
use crate::workspace::Workspace;

/// An environment with some packages, each in one version.
#[derive(Debug)]
pub(crate) struct Environment {
    programs: PathBuf,
}

impl Environment {
    /// The environment of `packages`, names and versions, which is made when `is_there` does not find what it looks for in it.
    /// Its folder is named after the first one.
    ///
    /// # Errors
    /// When Python's module `venv` is missing, or a package cannot be had.
    pub(crate) fn with(
        workspace: &Workspace,
        packages: &[(&str, &str)],
        is_there: impl Fn(&Self) -> bool,
    ) -> Result<Self> {
        Self::built_with(workspace, packages, &[], is_there)
    }

    /// The same; what is built of the packages is built with `variables`.
    ///
    /// # Errors
    /// Those of [`Environment::with`].
    pub(crate) fn built_with(
        workspace: &Workspace,
        packages: &[(&str, &str)],
        variables: &[(&str, OsString)],
        is_there: impl Fn(&Self) -> bool,
    ) -> Result<Self> {
        let name = packages.first().map(|(package, version)| format!("{package}-{version}"));
        let folder = workspace.target.join(name.context("no package is named")?);
        let environment = Self { programs: folder.join(if cfg!(windows) { "Scripts" } else { "bin" }) };
        if is_there(&environment) {
            return Ok(environment);
        }
        let python = if cfg!(windows) { "python" } else { "python3" };
        process::run(workspace.command(python).args(["-m", "venv", "--clear"]).arg(&folder))
            .context("Python's module `venv` is needed (Debian: python3-venv)")?;
        let mut pip = workspace.command(environment.program("python"));
        pip.envs(variables.iter().map(|(name, value)| (name, value)));
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
        process::run(pip.args(packages.iter().map(|(package, version)| format!("{package}=={version}"))))?;
        Ok(environment)
    }

    /// A program of it.
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.programs.join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
    }

    /// The folder of its packages.
    ///
    /// # Errors
    /// When its Python does not tell.
    pub(crate) fn packages(&self) -> Result<PathBuf> {
        let ask = "import sysconfig; print(sysconfig.get_paths()['purelib'])";
        let told = process::capture(Command::new(self.program("python")).args(["-c", ask]))?;
        Ok(PathBuf::from(told.trim()))
    }

    /// Whether `program` runs with `arguments` and says `word`.
    pub(crate) fn says(program: &Path, arguments: &[&str], word: &str) -> bool {
        process::capture(Command::new(program).args(arguments)).is_ok_and(|said| said.contains(word))
    }
}
