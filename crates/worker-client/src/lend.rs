//! Lending this machine's devices to other machines, through a worker that does nothing else.

use std::net::SocketAddr;

use brickwork_engine::ports::{InferenceError, InferenceErrorCode};
use tokio::io::{AsyncBufReadExt, BufReader};

use crate::config::WorkerConfig;
use crate::process::{command, spawn};

/// The argument that makes a worker lend.
const LEND: &str = "lend";

/// Lends the devices with the names `devices`, or all GPUs (the processor where there are none) without any, at `address`
/// through llama.cpp's RPC server. Lasts until it is dropped; `on_line` gets what the server prints.
///
/// # Errors
/// [`InferenceErrorCode::WorkerUnavailable`] when the worker cannot be started, or has ended: the address is taken, or there
/// is no such device.
pub async fn lend(
    config: &WorkerConfig,
    address: SocketAddr,
    devices: &[String],
    mut on_line: impl FnMut(&str),
) -> InferenceError {
    let arguments: Vec<String> =
        [LEND.to_owned(), address.to_string()].into_iter().chain(devices.iter().cloned()).collect();
    let unavailable = |reason: &str| {
        let message = format!("The devices of this machine cannot be lent: {reason}");
        InferenceError::new(InferenceErrorCode::WorkerUnavailable, message)
    };
    let (mut child, _starter) = match spawn(command(config, &arguments)).await {
        Ok(started) => started,
        Err(error) => return unavailable(&format!("{} could not be started ({error}).", config.program.display())),
    };
    // The worker ends when its input does, so that is kept until this is dropped.
    let _input = child.stdin().take();
    let Some(errors) = child.stderr().take() else { return unavailable("its standard streams are missing.") };
    let mut lines = BufReader::new(errors).lines();
    let mut last = String::new();
    while let Ok(Some(line)) = lines.next_line().await {
        if !line.trim().is_empty() {
            on_line(&line);
            last = line;
        }
    }
    unavailable(&last)
}
