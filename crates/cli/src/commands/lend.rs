//! `brickwork lend`.

use std::net::SocketAddr;

use brickwork_app::AppConfig;

use crate::args::LendArgs;
use crate::exit::Failure;
use crate::signals::Signals;

/// Lends this machine's devices until SIGINT or SIGTERM.
pub(crate) async fn lend(config: &AppConfig, args: &LendArgs) -> Result<(), Failure> {
    let mut signals = Signals::listen()?;
    let address = SocketAddr::new(args.host, args.port);
    if !args.host.is_ipv4() {
        return Err(Failure::invalid(format!(
            "{address} cannot be used: llama.cpp's RPC knows IPv4 only. Give another --host."
        )));
    }
    if !args.host.is_loopback() {
        eprintln!("Whoever reaches {address} may use these devices, and nothing is encrypted. Stop with Ctrl+C.");
    }
    let lending = brickwork_app::lend(config, address, &args.devices, |line| println!("{line}"));
    tokio::select! {
        error = lending => Err(Failure::failed(error.message)),
        () = signals.next() => Ok(()),
    }
}
