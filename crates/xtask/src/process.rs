//! Running programs: shown, captured, or both.

use std::io::{Read, Write};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result, bail};

/// How much of a stream is read at once.
const CHUNK_BYTES: usize = 8192;

/// Prints the command line that is about to run.
pub(crate) fn announce(command: &Command) {
    println!("$ {}", line(command));
}

/// The command as one would type it, without quoting.
pub(crate) fn line(command: &Command) -> String {
    let program = std::path::Path::new(command.get_program());
    let mut text = program.file_stem().unwrap_or(program.as_os_str()).to_string_lossy().into_owned();
    for argument in command.get_args() {
        text.push(' ');
        text.push_str(&argument.to_string_lossy());
    }
    text
}

/// Runs the command with its output on the terminal.
///
/// # Errors
/// When it cannot be started or ends with a failure.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    announce(command);
    let status = command.status().with_context(|| missing(command))?;
    if !status.success() {
        bail!("`{}` failed ({status})", line(command));
    }
    Ok(())
}

/// Runs the command silently and returns what it printed to standard output.
///
/// # Errors
/// When it cannot be started or ends with a failure; the message holds all that it printed.
pub(crate) fn capture(command: &mut Command) -> Result<String> {
    let output = command.stdin(Stdio::null()).output().with_context(|| missing(command))?;
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!("`{}` failed ({}): {} {}", line(command), output.status, said.trim(), printed.trim());
    }
    Ok(printed)
}

/// Whether the command can be started and succeeds; its output is dropped.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    let quiet = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    quiet.status().is_ok_and(|status| status.success())
}

/// Runs the command with its output on the terminal and returns that output too, both streams in one text.
///
/// # Errors
/// When it cannot be started. How it ended is in the status.
pub(crate) fn tee(command: &mut Command) -> Result<(ExitStatus, String)> {
    announce(command);
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| missing(command))?;
    let seen = Arc::new(Mutex::new(Vec::new()));
    let outputs = [
        child.stdout.take().map(|stream| copy(stream, std::io::stdout(), &seen)),
        child.stderr.take().map(|stream| copy(stream, std::io::stderr(), &seen)),
    ];
    let status = child.wait().with_context(|| format!("`{}` was lost", line(command)))?;
    for output in outputs.into_iter().flatten() {
        if output.join().is_err() {
            bail!("the output of `{}` could not be read", line(command));
        }
    }
    let bytes = std::mem::take(&mut *seen.lock().unwrap_or_else(PoisonError::into_inner));
    Ok((status, String::from_utf8_lossy(&bytes).into_owned()))
}

/// Passes a stream on while it is collected. A closed terminal does not stop the collecting.
fn copy(
    mut from: impl Read + Send + 'static,
    mut to: impl Write + Send + 'static,
    seen: &Arc<Mutex<Vec<u8>>>,
) -> std::thread::JoinHandle<()> {
    let seen = Arc::clone(seen);
    std::thread::spawn(move || {
        let mut chunk = [0; CHUNK_BYTES];
        while let Ok(count @ 1..) = from.read(&mut chunk) {
            let _ = to.write_all(&chunk[..count]).and_then(|()| to.flush());
            seen.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(&chunk[..count]);
        }
    })
}

fn missing(command: &Command) -> String {
    format!("`{}` could not be started; is it installed and on the PATH?", command.get_program().to_string_lossy())
}
