//! Starting the worker's program, whatever it is to do.

use std::io;
use std::process::Stdio;

use process_wrap::tokio::{ChildWrapper, CommandWrap, KillOnDrop};

use crate::config::WorkerConfig;
use crate::environment;
use crate::variants;

/// Environment variable in which the worker finds the id of its parent.
const PARENT_VARIABLE: &str = "BRICKWORK_WORKER_PARENT";

/// The worker with `arguments`; it is killed when what is spawned of this is dropped.
pub(crate) fn command(config: &WorkerConfig, arguments: &[String]) -> CommandWrap {
    let mut command = CommandWrap::with_new(&config.program, |command| {
        command
            .args(arguments)
            .env_clear()
            .envs(environment::for_worker(std::env::vars_os()))
            .envs(variants::variable())
            .envs(config.environment.iter().map(|(name, value)| (name, value)))
            .env(PARENT_VARIABLE, std::process::id().to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        // An interrupt typed into a terminal is for this program, which then ends the worker in good order.
        #[cfg(unix)]
        command.process_group(0);
    });
    command.wrap(KillOnDrop);
    #[cfg(windows)]
    command.wrap(process_wrap::tokio::JobObject);
    command
}

/// Starts `command` from a thread that lives until the returned sender is dropped: Linux kills the worker when the
/// thread that started it ends, and a runtime's threads may end early.
pub(crate) async fn spawn(
    mut command: CommandWrap,
) -> io::Result<(Box<dyn ChildWrapper>, std::sync::mpsc::Sender<()>)> {
    let runtime = tokio::runtime::Handle::current();
    let (send, receive) = tokio::sync::oneshot::channel();
    let (starter, until_dropped) = std::sync::mpsc::channel::<()>();
    std::thread::Builder::new().name("worker starter".to_owned()).spawn(move || {
        let entered = runtime.enter();
        let outcome = command.spawn();
        drop(entered);
        drop(runtime);
        if send.send(outcome).is_ok() {
            // Nothing is ever sent; this returns when the sender is gone.
            let _ = until_dropped.recv();
        }
    })?;
    let child = receive.await.map_err(|_| io::Error::other("the starting thread ended"))??;
    Ok((child, starter))
}
