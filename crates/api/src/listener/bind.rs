//! Opening the sockets to listen at.

use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use tokio::net::{TcpListener, TcpSocket};

use super::ListenError;

/// Connections that the system keeps waiting until they are accepted.
const BACKLOG: u32 = 2048;

/// How many ports after a taken one are tried.
const TRIED_PORTS: u16 = 64;

/// The sockets for `host`, each with its address. All have the same port.
pub(super) fn sockets(host: IpAddr, port: u16) -> Result<Vec<(SocketAddr, TcpListener)>, ListenError> {
    let asked = SocketAddr::new(host, port);
    let first = open(asked).map_err(|source| match source.kind() {
        ErrorKind::AddrInUse => ListenError::PortTaken { port, next_free: next_free(host, port) },
        _ => ListenError::Address { address: asked, source },
    })?;
    let fault = |source| ListenError::Address { address: asked, source };
    let address = first.local_addr().map_err(fault)?;
    let mut sockets = vec![(address, first)];
    if host == Ipv4Addr::LOCALHOST {
        let second = SocketAddr::new(Ipv6Addr::LOCALHOST.into(), address.port());
        match open(second) {
            Ok(socket) => sockets.push((second, socket)),
            Err(error) => tracing::info!(%second, %error, "localhost is listened at over IPv4 alone"),
        }
    }
    Ok(sockets)
}

fn open(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // On Unix this allows to listen again at once after a restart; on Windows it would allow two programs one port.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// The first free port after `port`, looked for a while.
fn next_free(host: IpAddr, port: u16) -> Option<u16> {
    (1..=TRIED_PORTS)
        .map_while(|step| port.checked_add(step))
        .find(|candidate| open(SocketAddr::new(host, *candidate)).is_ok())
}

/// Lets this program have as many files open as its connections need, where the system's soft limit is lower and its
/// hard limit allows it. Otherwise connections wait until others end.
#[cfg(unix)]
pub(super) fn allow_many_files(connections: usize) {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    /// Files that the rest of the program has open.
    const OTHERS: u64 = 512;
    let needed = connections as u64 + OTHERS;
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current.is_none_or(|current| current >= needed) {
        return;
    }
    let raised = Rlimit { current: Some(maximum.map_or(needed, |maximum| maximum.min(needed))), maximum };
    if let Err(error) = setrlimit(Resource::Nofile, raised) {
        tracing::debug!(%error, "the limit on open files stays as it is");
    }
}

#[cfg(not(unix))]
pub(super) fn allow_many_files(_connections: usize) {}
