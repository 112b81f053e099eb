//! Lending this machine's devices to Brickwork, or llama.cpp, on other machines.

use std::net::SocketAddr;
use std::path::PathBuf;

use brickwork_engine::InferenceError;
use brickwork_worker_client::find_worker_program;

use crate::config::AppConfig;

/// Lends the devices with the names `devices`, or all GPUs (the processor where there are none) without any, at `address`
/// through llama.cpp's RPC server, until it is dropped. `on_line` gets what the server prints. Neither the database nor the
/// queue is touched.
///
/// # Errors
/// It returns only when nothing can be lent: no worker, no such device, an address that is taken.
pub async fn lend(
    config: &AppConfig,
    address: SocketAddr,
    devices: &[String],
    on_line: impl FnMut(&str),
) -> InferenceError {
    let program = config.worker_program.clone().or_else(|| find_worker_program().ok());
    let worker = config.worker(program.unwrap_or_else(|| PathBuf::from("brickwork-worker")));
    brickwork_worker_client::lend(&worker, address, devices, on_line).await
}
