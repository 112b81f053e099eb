//! A `brickwork serve` of its own for a bench: a fresh data folder, the scripted placeholder, any free port.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

use anyhow::{Context, Result};
use serde_json::Value;
use tempfile::TempDir;

use crate::process;
use crate::workspace::Workspace;

const ROLES: [&str; 4] = ["CodeLlama", "CodeGemma", "T5Gemma", "Assembler"];

/// A server that ends with this value.
pub(crate) struct Served {
    child: Child,
    /// Host and port.
    pub(crate) authority: String,
    _data: TempDir,
}

impl Served {
    /// Starts the release build's server, whose scripted answers take `pace_ms` for each word.
    ///
    /// # Errors
    /// When it cannot be started or does not say where it listens.
    pub(crate) fn start(workspace: &Workspace, pace_ms: u32) -> Result<Self> {
        let data = tempfile::Builder::new().prefix("brickwork-bench-").tempdir()?;
        let command = || {
            let mut command = workspace.command(workspace.binary("release", "brickwork"));
            command.env("BRICKWORK_DATA_DIR", data.path()).env("BRICKWORK_SCRIPTED_PACE_MS", pace_ms.to_string());
            command
        };
        for role in ROLES {
            process::capture(command().args(["models", "bind", role, "scripted"]))?;
        }
        let mut child = command()
            .args(["serve", "--port", "0", "--json"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .context("the server cannot be started")?;
        let mut line = String::new();
        let read = child.stdout.take().context("the server has no output").and_then(|output| {
            BufReader::new(output).read_line(&mut line).context("the server's first line cannot be read")
        });
        let mut served = Self { child, authority: String::new(), _data: data };
        read?;
        let said: Value = serde_json::from_str(&line).context("the server does not say where it listens")?;
        let url = said["url"].as_str().context("the server names no address")?;
        served.authority = url.trim_start_matches("http://").to_owned();
        Ok(served)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It may have ended by itself; a bench has nothing to lose in its data folder.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
