//! A worker that does one thing, says so line by line, and ends.

use std::io;

use tokio::io::{AsyncBufReadExt, BufReader};

use crate::config::WorkerConfig;
use crate::spawn::{command, spawn};

/// How such a worker ended.
pub(crate) struct Ended {
    pub(crate) is_success: bool,
    /// What it said last.
    pub(crate) last: String,
}

/// Runs the worker with `arguments`; `on_line` gets what it says. It is ended when this is dropped.
///
/// # Errors
/// When it cannot be started.
pub(crate) async fn run(
    config: &WorkerConfig,
    arguments: &[String],
    mut on_line: impl FnMut(&str),
) -> io::Result<Ended> {
    let (mut child, _starter) = spawn(command(config, arguments)).await?;
    // The worker ends when its input does, so that is kept until this is dropped.
    let _input = child.stdin().take();
    let errors = child.stderr().take().ok_or_else(|| io::Error::other("its standard streams are missing"))?;
    let mut lines = BufReader::new(errors).lines();
    let mut last = String::new();
    while let Ok(Some(line)) = lines.next_line().await {
        if !line.trim().is_empty() {
            on_line(&line);
            last = line;
        }
    }
    Ok(Ended { is_success: child.wait().await?.success(), last })
}
