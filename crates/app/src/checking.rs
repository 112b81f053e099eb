//! How what models made is looked at: syntax in a process that may die of it, and a gate's command in a folder of its own.

use std::path::Path;
use std::process::Stdio;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use brickwork_artifacts::Artifact;
use brickwork_engine::{Checker, CommandOutcome, Diagnostic, GateCommand, Phrase, Pipeline};
use brickwork_export::check_name;
use brickwork_store::Store;
use brickwork_syntax::{SyntaxAnswer, SyntaxRequest};
use brickwork_worker_client::SyntaxClient;
use futures::FutureExt;
use futures::future::BoxFuture;
use process_wrap::tokio::{CommandWrap, KillOnDrop};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::sync::OnceCell;
use uuid::Uuid;

use crate::app::App;
use crate::project_files::folder_names;

/// Of what a command prints, this much from its end is kept, in bytes.
const OUTPUT_KEPT_BYTES: usize = 4 * 1024;

/// Variables that a command may need to find its tools. No other one reaches it, so that it sees no secret.
const PASSED_VARIABLES: [&str; 9] =
    ["PATH", "HOME", "LANG", "LC_ALL", "USERPROFILE", "SYSTEMROOT", "PATHEXT", "COMSPEC", "APPDATA"];

/// What makes a process without a network on Linux, where the system lets users do that; it and all that it starts end with it.
const WITHOUT_NETWORK: [&str; 7] = ["unshare", "--map-current-user", "--net", "--pid", "--fork", "--kill-child", "--"];

/// Looks at what the models of one run make.
pub(crate) struct AppChecker {
    syntax: SyntaxClient,
    allowed: Arc<Vec<String>>,
    store: Store,
    /// The files of the first project's folder that was asked for: a checker serves one run, whose look at them is one.
    files: Arc<OnceCell<(Uuid, Vec<String>)>>,
}

impl Checker for AppChecker {
    fn ask(&self, request: SyntaxRequest) -> BoxFuture<'static, Option<SyntaxAnswer>> {
        let syntax = self.syntax.clone();
        async move { syntax.ask(&request).await }.boxed()
    }

    fn run(&self, command: GateCommand) -> BoxFuture<'static, CommandOutcome> {
        let allowed = Arc::clone(&self.allowed);
        async move {
            if !is_allowed(&command.command, &allowed) {
                // The run was accepted while it was; nothing is run that the user has forbidden since.
                return failed(format!("The command `{}` is not allowed by the settings.", shown(&command.command)));
            }
            run(command).await
        }
        .boxed()
    }

    fn project_files(&self, project_id: Uuid) -> BoxFuture<'static, Vec<String>> {
        let (store, files) = (self.store.clone(), Arc::clone(&self.files));
        async move {
            let look = || async { (project_id, names_in_project(&store, project_id).await) };
            match files.get_or_init(look).await {
                (known, names) if *known == project_id => names.clone(),
                _ => names_in_project(&store, project_id).await,
            }
        }
        .boxed()
    }
}

/// The files in a project's folder. Without the list an import of theirs would be told as a conflict, which is no fault that
/// a run should fail for.
async fn names_in_project(store: &Store, project_id: Uuid) -> Vec<String> {
    match store.project(project_id).await {
        Ok(project) => folder_names(project.and_then(|project| project.folder)).await,
        Err(error) => {
            tracing::warn!(%error, "the project could not be read; its folder's files count as not there");
            Vec::new()
        }
    }
}

impl App {
    /// What looks at artifacts, with the commands that the settings allow now.
    pub(crate) async fn checker(&self) -> AppChecker {
        let allowed = match self.settings().await {
            Ok(settings) => settings.gate_commands,
            Err(error) => {
                tracing::warn!(%error, "the settings could not be read; no command of a gate is run");
                Vec::new()
            }
        };
        AppChecker {
            syntax: self.inner().models.syntax.clone(),
            allowed: Arc::new(allowed),
            store: self.store().clone(),
            files: Arc::default(),
        }
    }
}

/// Whether a command begins with the words of an allowed one.
pub(crate) fn is_allowed(command: &[String], allowed: &[String]) -> bool {
    allowed.iter().any(|line| {
        let mut words = line.split_whitespace().peekable();
        words.peek().is_some() && words.enumerate().all(|(at, word)| command.get(at).is_some_and(|one| one == word))
    })
}

/// A finding for each gate whose command the settings do not allow.
pub(crate) fn forbidden_commands(pipeline: &Pipeline, allowed: &[String]) -> Vec<Diagnostic> {
    let steps = pipeline.steps.iter().enumerate().filter(|(_, step)| step.enabled);
    let commands = steps.filter_map(|(at, step)| Some((at, step.gate.as_ref()?.command.as_ref()?)));
    commands
        .filter(|(_, command)| !is_allowed(command, allowed))
        .map(|(at, command)| {
            Diagnostic::error(
                "command_not_allowed",
                format!("$.steps[{at}].gate.command"),
                format!("The settings do not allow the command `{}`.", shown(command)),
                "Add it under Settings, Gates, if you trust it to run on this machine; or remove it from the gate.",
            )
            .saying(Phrase::new("command_not_allowed").with("command", shown(command)))
        })
        .collect()
}

fn shown(command: &[String]) -> String {
    command.join(" ")
}

fn failed(message: String) -> CommandOutcome {
    CommandOutcome::Failed { message, output: String::new() }
}

/// Runs a command in a fresh folder that holds its files.
async fn run(gate: GateCommand) -> CommandOutcome {
    let name = shown(&gate.command);
    let folder = match tempfile::Builder::new().prefix("brickwork-gate-").tempdir() {
        Ok(folder) => folder,
        Err(error) => return failed(format!("The command `{name}` was not run: no folder could be made ({error}).")),
    };
    if let Err(why) = write_files(folder.path(), &gate.files) {
        return failed(format!("The command `{name}` was not run: {why}."));
    }
    let mut words = gate.command.clone();
    if is_network_separable().await {
        words.splice(0..0, WITHOUT_NETWORK.map(str::to_owned));
    }
    let started = command(&words, folder.path()).spawn();
    let mut child = match started {
        Ok(child) => child,
        Err(error) => return failed(format!("The command `{name}` could not be started: {error}.")),
    };
    let (out, err) = (child.stdout().take(), child.stderr().take());
    let work = async {
        let (out, err, status) = tokio::join!(tail(out), tail(err), child.wait());
        (format!("{out}{err}"), status)
    };
    let limit = Duration::from_secs(gate.timeout_s);
    let Ok((output, status)) = tokio::time::timeout(limit, work).await else {
        return failed(format!("The command `{name}` did not end within {} s and was stopped.", gate.timeout_s));
    };
    let output = output.replace(&format!("{}/", folder.path().display()), "");
    match status {
        Ok(status) if status.success() => CommandOutcome::Passed,
        Ok(status) => {
            let how = status
                .code()
                .map_or_else(|| "was stopped by the system".to_owned(), |code| format!("exited with {code}"));
            CommandOutcome::Failed { message: format!("The command `{name}` {how}."), output }
        }
        Err(error) => failed(format!("The end of the command `{name}` is unknown: {error}.")),
    }
}

/// The command in its folder, with the process and all that it started ended when it is dropped.
fn command(words: &[String], folder: &Path) -> CommandWrap {
    let program = words.first().map_or("", String::as_str);
    let mut command = CommandWrap::with_new(program, |command| {
        command.args(&words[1..]).current_dir(folder).env_clear();
        for name in PASSED_VARIABLES {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    });
    command.wrap(KillOnDrop);
    #[cfg(unix)]
    command.wrap(process_wrap::tokio::ProcessGroup::leader());
    #[cfg(windows)]
    command.wrap(process_wrap::tokio::JobObject);
    command
}

/// Writes the files below `folder`, which is fresh; names that a file may not have on every system are refused.
fn write_files(folder: &Path, files: &[Artifact]) -> Result<(), String> {
    for file in files {
        let name = &file.name;
        check_name(name).map_err(|fault| format!("`{name}` cannot be a file's name: {fault}"))?;
        let path = folder.join(name);
        let written =
            path.parent().map_or(Ok(()), std::fs::create_dir_all).and_then(|()| std::fs::write(&path, &file.content));
        written.map_err(|error| format!("`{name}` could not be written ({error})"))?;
    }
    Ok(())
}

/// Everything that is printed until its end, of which the last bytes are kept.
async fn tail(stream: Option<impl AsyncRead + Unpin>) -> String {
    let Some(mut stream) = stream else { return String::new() };
    let (mut kept, mut bytes) = (Vec::new(), vec![0; 8 * 1024]);
    while let Ok(count) = stream.read(&mut bytes).await {
        if count == 0 {
            break;
        }
        kept.extend_from_slice(&bytes[..count]);
        let surplus = kept.len().saturating_sub(OUTPUT_KEPT_BYTES);
        kept.drain(..surplus);
    }
    String::from_utf8_lossy(&kept).into_owned()
}

/// Whether this system lets a user start a process without a network. Asked once.
async fn is_network_separable() -> bool {
    static ANSWER: OnceLock<bool> = OnceLock::new();
    if let Some(answer) = ANSWER.get() {
        return *answer;
    }
    let words: Vec<String> = WITHOUT_NETWORK.into_iter().chain(["true"]).map(str::to_owned).collect();
    let is_linux = cfg!(target_os = "linux");
    let works = is_linux
        && match command(&words, Path::new("/")).spawn() {
            Ok(mut child) => child.wait().await.is_ok_and(|status| status.success()),
            Err(_) => false,
        };
    *ANSWER.get_or_init(|| works)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<String> {
        line.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn a_command_is_allowed_by_its_first_words() {
        let check = |command: &str, allowed: &[&str], expected: bool| {
            let allowed: Vec<String> = allowed.iter().map(|line| (*line).to_owned()).collect();
            assert_eq!(is_allowed(&words(command), &allowed), expected, "{command} {allowed:?}");
        };
        check("npx tsc --noEmit", &["npx tsc"], true);
        check("npx tsc", &["npx tsc"], true);
        check("npx", &["npx tsc"], false);
        check("npx rimraf /", &["npx tsc"], false);
        check("npxx tsc", &["npx"], false);
        check("python3 -m py_compile a.py", &["", "  ", "python3  -m py_compile"], true);
        check("sh", &[], false);
        check("sh", &["", " "], false);
    }
}
