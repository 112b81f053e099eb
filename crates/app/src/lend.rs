//! Lending this machine's devices to Brickwork, or llama.cpp, on other machines.

use std::net::SocketAddr;

use brickwork_engine::InferenceError;

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
    brickwork_worker_client::lend(&config.worker(), address, devices, on_line).await
}
