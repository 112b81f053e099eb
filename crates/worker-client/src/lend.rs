//! Lending this machine's devices to other machines, through a worker that does nothing else.

use std::net::SocketAddr;

use brickwork_engine::ports::{InferenceError, InferenceErrorCode};

use crate::config::WorkerConfig;
use crate::task;

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
    on_line: impl FnMut(&str),
) -> InferenceError {
    let arguments: Vec<String> =
        [LEND.to_owned(), address.to_string()].into_iter().chain(devices.iter().cloned()).collect();
    let reason = match task::run(config, &arguments, on_line).await {
        Ok(ended) => ended.last,
        Err(error) => format!("{} could not be started ({error}).", config.program.display()),
    };
    let message = format!("The devices of this machine cannot be lent: {reason}");
    InferenceError::new(InferenceErrorCode::WorkerUnavailable, message)
}
